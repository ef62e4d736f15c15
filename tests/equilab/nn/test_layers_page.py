"""The page on layers: its snippets run, and every layer is in its table."""

import re
from pathlib import Path

import torch

import equilab as eq

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "layers.md").read_text()


def test_every_snippet_of_the_page_runs():
    torch.manual_seed(0)
    snippets = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
    assert len(snippets) == 5
    exec("\n".join(snippets), {"__name__": "layers_page"})


def test_every_layer_is_on_the_page():
    parts = {"EquivariantBias", "EquivariantKernel", "Layer"}  # of which layers are made
    assert not [
        name for name in eq.nn.__all__ if name not in parts and f"`{name}" not in PAGE and f".{name}" not in PAGE
    ]
