"""The page on escnn and e3nn: its snippets run, and its install lines are those of the error."""

import re
import sys
from pathlib import Path

import pytest
import torch
from escnn_cases import needs_escnn, slow_disk

from equilab.interop import escnn

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "interop.md").read_text()


@needs_escnn
@slow_disk
def test_every_snippet_of_the_page_runs():
    torch.manual_seed(0)
    snippets = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
    assert len(snippets) == 3
    exec("\n".join(snippets), {"__name__": "interop_page"})


def test_the_install_lines_are_those_of_the_error(monkeypatch):
    monkeypatch.setitem(sys.modules, "escnn.nn", None)
    with pytest.raises(ModuleNotFoundError) as told:
        escnn.load_escnn()
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, flags=re.DOTALL | re.MULTILINE)
    (lines,) = (text for language, text in blocks if not language)
    assert all(line in str(told.value) for line in lines.splitlines())
