"""The snippets of docs/data.md run, one after the other."""

import re
from pathlib import Path

PAGE = Path(__file__).resolve().parents[3] / "docs" / "data.md"


def test_every_snippet_of_the_page_runs():
    snippets = re.findall(r"```python\n(.*?)```", PAGE.read_text(), flags=re.DOTALL)
    assert len(snippets) == 5
    exec("\n".join(snippets), {"__name__": "data_page"})
