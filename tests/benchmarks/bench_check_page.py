"""The outputs and pictures of docs/check.md, made by its own snippets and written back into it."""

import contextlib
import io
import os
import re
import warnings
from pathlib import Path

import torch

PAGE = Path(__file__).resolve().parents[2] / "docs" / "check.md"
_BLOCK = re.compile(r"```python\n(?P<code>.*?)```(?:\n\n```text\n(?P<shown>.*?)```)?", re.DOTALL)


def printed(page: str) -> list[tuple[str, str | None, str]]:
    """(code, output shown, output now) of every snippet, run one after the other in the working directory."""
    names: dict[str, object] = {"__name__": "check_page"}
    found = []
    for block in _BLOCK.finditer(page):
        output = io.StringIO()
        with contextlib.redirect_stdout(output), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # those of escnn and e3nn while they are imported
            exec(compile(block["code"], "docs/check.md", "exec"), names)
        found.append((block["code"], block["shown"], output.getvalue()))
    return found


def main() -> None:
    torch.manual_seed(0)
    pictures = PAGE.parent / "pictures"
    page = PAGE.read_text()
    with contextlib.chdir(pictures):
        outputs = iter(printed(page))

    def filled(block: re.Match[str]) -> str:
        code, shown, now = next(outputs)
        return f"```python\n{code}```" + ("" if shown is None else f"\n\n```text\n{now}```")

    PAGE.write_text(_BLOCK.sub(filled, page))
    print(f"wrote {os.path.relpath(PAGE)} and", ", ".join(sorted(path.name for path in pictures.glob("check_*.svg"))))


if __name__ == "__main__":
    main()
