"""Commands as a person would type them, for messages."""

import os
import shlex
import shutil
import sys
from pathlib import Path

from equilab.runs.folder import recipe_of
from equilab.runs.own_files import module_name
from equilab.runs.run import Run
from equilab.runs.serial import modules_of, to_tree


def python() -> str:
    """The interpreter that runs this, relative to the folder where the person stands if it lies below."""
    running, here = Path(sys.executable), Path.cwd()
    return shlex.quote(os.fspath(running.relative_to(here) if running.is_relative_to(here) else running))


def equilab() -> str:
    """The command `equilab` where it is the one of the interpreter that runs this, else `python -m equilab`."""
    script = shutil.which("equilab")
    own = script is not None and Path(script).parent == Path(sys.executable).parent
    return "equilab" if own else f"{python()} -m equilab"


def resume_command(folder: Path, run: Run) -> str:
    """What goes on with the run in a folder: its own modules included, and the file that the run was started from."""
    modules = own_modules(folder, run)
    words = ["train", "--resume", os.fspath(folder), *(["--modules", *modules] if modules else [])]
    return f"{equilab()} {shlex.join(words)}"


def own_modules(folder: Path, run: Run) -> list[str]:
    """The modules of one's own whose classes a run has, the file that it was started from by its path."""
    modules, recipe = modules_of(to_tree(run)), recipe_of(folder)
    if not modules or recipe is None:
        return modules
    return [os.fspath(recipe), *(name for name in modules if name != module_name(recipe))]
