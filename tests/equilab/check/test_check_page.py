"""The page on the check: its snippets run, what they print is what is shown, its pictures and options are there."""

import inspect
import re
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch

import equilab as eq
from tests.benchmarks.bench_check_page import PAGE, printed

TEXT = PAGE.read_text()
_FINDINGS = re.compile(r"^(?:(?:PASS|FAIL|VACUOUS|INCONCLUSIVE)\b.*|  (?:cause|  why|  mend): .*)$", re.MULTILINE)


@pytest.fixture
def outputs(tmp_path, monkeypatch):
    """(code, output shown, output now) of every snippet, with the files that they write in a folder of their own."""
    monkeypatch.chdir(tmp_path)
    torch.manual_seed(0)
    return printed(TEXT)


@pytest.mark.slow
@pytest.mark.skipif(find_spec("escnn") is None, reason="the page has a module of escnn")
def test_every_snippet_prints_the_verdicts_and_causes_that_are_shown(outputs, tmp_path):
    assert len(outputs) == 15
    for code, shown, now in outputs:
        assert _FINDINGS.findall(shown or "") == _FINDINGS.findall(now), code
        assert len((shown or "").splitlines()) == len(now.splitlines()), code
    written = {path.name for path in tmp_path.glob("*.svg")}
    assert written == {name for name in re.findall(r"pictures/(\w+\.svg)", TEXT)}
    for name in written:  # the same picture, whose numbers differ by round-off
        kept = (PAGE.parent / "pictures" / name).read_text()
        assert re.findall(r"<(\w+)", kept) == re.findall(r"<(\w+)", (tmp_path / name).read_text())


def test_every_option_of_the_check_is_on_the_page():
    options = set(inspect.signature(eq.check.equivariance).parameters) - {
        "fn",
        "inputs",
        "in_type",
        "out_type",
        "group",
    }
    assert not [name for name in options if f"`{name}=" not in TEXT]


def test_every_link_leads_to_a_file():
    links = re.findall(r"\]\((?!http)([^)#]+)", TEXT)
    assert links
    assert all((PAGE.parent / link).is_file() for link in links)
    assert Path(PAGE).name == "check.md"
