"""The snippets of docs/data.md run, one after the other."""

import re
from pathlib import Path

PAGE = Path(__file__).resolve().parents[3] / "docs" / "data.md"


def test_every_snippet_of_the_page_runs(tmp_path, monkeypatch):
    snippets = re.findall(r"```python\n(.*?)```", PAGE.read_text(), flags=re.DOTALL)
    assert len(snippets) == 6
    monkeypatch.chdir(tmp_path)
    exec("\n".join(snippets), {"__name__": "data_page"})
