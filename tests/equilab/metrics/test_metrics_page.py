"""The page on metrics: its snippets run, and its ceilings are those of the benchmark's data."""

import re
from pathlib import Path

import numpy as np
import pytest

from equilab.metrics import CodeTable, score_table
from equilab.metrics.references import factor_codes

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "metrics.md").read_text()


def test_the_snippets_run_in_the_order_of_the_page(capsys):
    names: dict = {}
    snippets = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
    for snippet in snippets:
        exec(compile(snippet, "docs/metrics.md", "exec"), names)
    assert len(snippets) == 3
    assert names["scores"]["mig_factor2"] > 0.9  # the circle of the last snippet, which scores nothing without blocks


def test_the_ceilings_of_dsprites_are_those_of_the_page():
    factors = np.stack(np.unravel_index(np.arange(737_280), (1, 3, 6, 40, 32, 32)), axis=1).astype(np.int32)
    found = score_table(factor_codes(CodeTable(np.zeros((len(factors), 1), np.float32), factors)))
    for name, score in found.items():
        row = next(line for line in PAGE.splitlines() if line.startswith(f"| `{name}`"))
        assert score.value == pytest.approx(float(row.split("|")[-2]), abs=0.001)
