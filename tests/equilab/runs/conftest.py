"""One finished tiny run, shared by the tests of this folder and never changed by them."""

from pathlib import Path

import pytest
from processes import TINY, finish


@pytest.fixture(scope="session")
def finished_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("finished") / "run"
    done = finish(TINY, "--folder", folder)
    assert done.returncode == 0, done.stderr
    return folder
