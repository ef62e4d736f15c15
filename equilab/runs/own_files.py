"""Python files of a user's own, such as recipes: executed as modules that hide no other module."""

import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType

from equilab.errors import DataError, EquilabError

PREFIX = "equilab_recipe_"
"""Of the name of a file whose own name belongs to another module: a recipe wandb.py is never the module wandb."""


def make_importable(folder: Path) -> None:
    """The modules of a folder can be imported from now on, unless another module has the name."""
    if os.fspath(folder.absolute()) not in sys.path:
        sys.path.append(os.fspath(folder.absolute()))
        importlib.invalidate_caches()


def load_file(path: Path) -> ModuleType:
    """The module of a Python file, executed anew at every call.

    Its name is that of the file where an import of that name would find this file, else a private one.
    Raises DataError for a file that cannot be loaded, with the line that failed.
    """
    name, path = module_name(path), path.absolute()
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise DataError(str(path), expected="a Python module", got="a file that cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    before = sys.modules.get(name)
    sys.modules[name] = module  # dataclasses look their module up by name
    try:
        spec.loader.exec_module(module)
    except (EquilabError, KeyboardInterrupt):
        _put_back(name, before)
        raise
    except Exception as error:
        _put_back(name, before)
        raise DataError(str(path), expected="a Python file that runs", got=_reason(error, path)) from error
    return module


def loaded_file(path: Path) -> ModuleType:
    """The module of a Python file, which is executed, with its folder importable, unless it was already."""
    make_importable(path.parent)
    known = sys.modules.get(module_name(path))
    return known if known is not None and known.__file__ == os.fspath(path.absolute()) else load_file(path)


def module_name(path: Path) -> str:
    """The name of the module of a file."""
    try:
        spec = importlib.util.find_spec(path.stem) if path.stem.isidentifier() else None
    except ValueError:  # of a module without a spec, such as __main__
        spec = None
    return path.stem if spec is not None and spec.origin == os.fspath(path.absolute()) else PREFIX + path.stem


def _put_back(name: str, before: ModuleType | None) -> None:
    del sys.modules[name]
    if before is not None:
        sys.modules[name] = before


def _reason(error: Exception, path: Path) -> str:
    """What an error says, and the last line of the file that it came from."""
    lines, trace = [getattr(error, "lineno", None)], error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == os.fspath(path):
            lines.append(trace.tb_lineno)
        trace = trace.tb_next
    known = [line for line in lines if line is not None]
    place = f" (line {known[-1]})" if known else ""
    return f"{type(error).__name__}: {' '.join(str(error).split())}{place}"
