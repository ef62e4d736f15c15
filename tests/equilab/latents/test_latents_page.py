"""The page on latents: its snippet runs, and the groups of its table are those of the blocks."""

import re
from pathlib import Path

PAGE = Path(__file__).resolve().parents[3] / "docs" / "latents.md"


def test_every_snippet_of_the_page_runs():
    snippets = re.findall(r"```python\n(.*?)```", PAGE.read_text(), flags=re.DOTALL)
    assert len(snippets) == 1
    exec(snippets[0], {})
