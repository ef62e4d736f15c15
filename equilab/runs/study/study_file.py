"""Study files: Python that defines `study`, of this project by name or of your own by path."""

from difflib import get_close_matches
from pathlib import Path

from equilab.errors import DataError, SettingError
from equilab.runs.own_files import loaded_file
from equilab.runs.recipes import FOLDER
from equilab.runs.study.study import Study


def study_names() -> list[str]:
    """The study files of this project, by name."""
    return sorted(path.stem for path in (FOLDER / "studies").glob("*.py") if not path.stem.startswith("_"))


def find_study(name: str) -> Path:
    """The file of a study: one of this project by its name, or a .py file by its path.

    Raises SettingError, with the studies there are, when nothing of that name exists.
    """
    if name in study_names():
        return FOLDER / "studies" / f"{name}.py"
    if Path(name).suffix == ".py" and Path(name).is_file():
        return Path(name)
    near = get_close_matches(name, study_names(), n=1, cutoff=0.5)
    raise SettingError(
        "FILE",
        expected=f"a .py file that defines `study`, or one of {', '.join(study_names())}",
        got=repr(name),
        hint=f"did you mean {near[0]}?" if near else "",
    )


def load_study(path: Path) -> Study:
    """The object called `study` of a Python file, which is executed once; modules beside it can be imported.

    Raises DataError for a file without one, or that does not run.
    """
    study = getattr(loaded_file(path), "study", None)
    if not isinstance(study, Study):
        raise DataError(str(path), expected="an equilab.runs.Study called `study`", got=type(study).__name__)
    return study
