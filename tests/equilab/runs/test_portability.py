"""What is known of Windows and macOS without having them: no module that they lack, no folder that is opened."""

import ast
import importlib
import os
import sys
from pathlib import Path

import pytest

import equilab
from equilab.files import write_atomically
from equilab.runs import memory

UNIX_ONLY = {"resource", "fcntl", "pwd", "grp", "termios", "tty", "pty", "syslog", "posix", "curses"}
FILES = sorted(Path(equilab.__file__).parent.rglob("*.py"))


def unguarded(tree: ast.Module) -> set[str]:
    """The modules that a file imports wherever it runs: imports under a condition on sys.platform are left out."""
    guarded = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "sys.platform" in ast.unparse(node.test)
        for inner in ast.walk(node)
    }
    nodes = [node for node in ast.walk(tree) if id(node) not in guarded]
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    return {name.split(".")[0] for name in names}


def test_no_module_of_unix_alone_is_imported_everywhere():
    found = {path.name: unguarded(ast.parse(path.read_text(encoding="utf-8"))) & UNIX_ONLY for path in FILES}
    assert {name: modules for name, modules in found.items() if modules} == {}


def test_an_unguarded_import_would_be_found():
    assert unguarded(ast.parse("def f():\n    import resource")) == {"resource"}
    assert unguarded(ast.parse("import sys\nif sys.platform != 'win32':\n    import resource")) == {"sys"}


@pytest.fixture
def windows(monkeypatch):
    """sys.platform is that of Windows, and there is no module `resource`."""
    with monkeypatch.context() as patched:
        patched.setattr(sys, "platform", "win32")
        patched.setitem(sys.modules, "resource", None)
        yield
    importlib.reload(memory)


def test_memory_is_read_without_the_module_resource(windows):
    found = importlib.reload(memory)
    assert found.machine_memory() is None


def test_the_peak_of_this_process_lies_between_its_array_and_the_machine():
    block = bytearray(50 * 2**20)
    total = memory.machine_memory()
    assert total is not None
    assert len(block) < memory.peak_memory() * 2**20 < total


@pytest.mark.usefixtures("windows")
def test_no_folder_is_opened_on_windows(tmp_path, monkeypatch):
    opened, real = [], os.open

    def remember(path, *further):
        opened.append(Path(path))
        return real(path, *further)

    monkeypatch.setattr(os, "open", remember)
    write_atomically(tmp_path / "file", b"content")
    assert opened
    assert not [path for path in opened if path.is_dir()]
