"""The progress bar: on a real terminal it shows the rate and the losses; anywhere else there is nothing."""

import os
import pty
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from processes import ROOT, TINY, command, environment, finish

from equilab.runs.progress import Progress
from equilab.runs.stop import Interrupted, StopRequest

pytestmark = pytest.mark.slow
SHORT = ("--steps", 40)


@pytest.fixture
def unmeasured(tmp_path: Path) -> Path:
    """The tiny recipe without evaluations."""
    found = tmp_path / "unmeasured.py"
    found.write_text(TINY.read_text().replace("evaluations=(", "evaluations=() and ("))
    return found


def test_without_a_terminal_stderr_holds_the_folder_alone(unmeasured, tmp_path):
    done = finish(unmeasured, "--folder", tmp_path / "run", *SHORT)
    assert done.returncode == 0
    assert done.stderr == f"run folder: {tmp_path / 'run'}\n"


def test_the_second_bar_is_shown_while_images_are_encoded_and_no_longer():
    """An evaluation that encodes nothing leaves none behind, however often it is made."""
    progress, stop = Progress(steps=10, start=0), StopRequest()
    reports = [progress.evaluation(stop) for _ in range(3)]
    assert [task.description for task in progress._bars.tasks if task.visible] == ["train"]
    reports[0](1, 4)
    assert [task.description for task in progress._bars.tasks if task.visible] == ["train", "evaluate"]
    reports[0](4, 4)
    assert [task.description for task in progress._bars.tasks if task.visible] == ["train"]
    stop.signal = signal.SIGTERM
    with pytest.raises(Interrupted):
        reports[2](1, 4)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals")
def test_on_a_terminal_the_bar_shows_rate_time_and_losses(unmeasured, tmp_path):
    terminal, process_end = pty.openpty()
    words = command(unmeasured, "--folder", tmp_path / "run", *SHORT)
    known = environment() | {"TERM": "xterm-256color", "COLUMNS": "150"}
    process = subprocess.Popen(words, cwd=ROOT, env=known, stdout=subprocess.DEVNULL, stderr=process_end)
    os.close(process_end)
    shown = b""
    try:
        while part := os.read(terminal, 65536):
            shown += part
    except OSError:  # the other end is closed: the process has ended
        pass
    os.close(terminal)
    assert process.wait(60) == 0
    text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown.decode())
    assert re.search(r"40/40 +[\d.]+ steps/s +0:00:0\d", text)  # done, rate, time left
    assert re.search(r"loss [\d.]+ +reconstruction [\d.]+ +kl [\d.]+ +total_correlation", text)
