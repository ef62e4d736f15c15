"""The page on groups: its snippets run, and its errors of turned pictures are measured."""

import re
from pathlib import Path

import pytest
import torch

from equilab.groups import SO2, move

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "groups.md").read_text()


def test_the_snippets_run_in_the_order_of_the_page():
    names: dict = {}
    snippets = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
    for snippet in snippets:
        exec(compile(snippet, "docs/groups.md", "exec"), names)
    assert len(snippets) == 5


@pytest.mark.parametrize("deviation", [2.5, 1.5, 1.0, 0.5])
def test_the_errors_of_turned_blobs_are_those_of_the_page(deviation):
    place = torch.arange(33, dtype=torch.float64) - 16
    y, x = torch.meshgrid(-place, place, indexing="ij")

    def blob(x, y):
        return torch.exp(-((x - 5) ** 2 + (y - 3) ** 2) / (2 * deviation**2))

    half = 0.5**0.5
    truth = blob(half * (x + y), half * (y - x))
    found = move(SO2.element("1/8"), blob(x, y))
    row = next(line for line in PAGE.splitlines() if line.startswith("|") and f"deviation {deviation} " in line)
    assert float((found - truth).norm() / truth.norm()) == pytest.approx(float(row.split("|")[2]), rel=0.06)
