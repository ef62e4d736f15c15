"""The page on metrics: its snippets run, and its ceilings are those of the benchmark's data."""

import re
from pathlib import Path

import numpy as np
import pytest

from equilab.metrics import PROTOCOLS, CodeTable
from equilab.metrics.metric import generator_of
from equilab.metrics.references import factor_codes

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "metrics.md").read_text()


def test_the_snippets_run_in_the_order_of_the_page(capsys):
    names: dict = {}
    snippets = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
    for snippet in snippets:
        exec(compile(snippet, "docs/metrics.md", "exec"), names)
    assert len(snippets) == 3
    assert names["scores"]["mig"].per_factor["factor2"] > 0.9  # the circle, which scores nothing without blocks
    assert names["report"].value < 1e-9


@pytest.mark.parametrize("name", ["factor_vae_score", "mig", "sap", "modularity", "irs", "infomec", "mcc", "dcimig"])
def test_the_ceilings_of_dsprites_are_those_of_the_page(name):
    factors = np.stack(np.unravel_index(np.arange(737_280), (1, 3, 6, 40, 32, 32)), axis=1).astype(np.int32)
    table = factor_codes(CodeTable(np.zeros((len(factors), 1), np.float32), factors))
    metric = {metric.name: metric for protocol in PROTOCOLS.values() for metric in protocol}[name]
    row = next(line for line in PAGE.splitlines() if line.startswith(f"| `{name}` |"))
    assert metric(table, rng=generator_of(metric, seed=0)).value == pytest.approx(float(row.split("|")[5]), abs=0.003)
