"""Output that nobody reads any more: the command ends quietly, with the status that it had."""

import subprocess
import sys

import pytest

CLOSED = "import os, sys; reader, writer = os.pipe(); os.close(reader); os.dup2(writer, 1); "


@pytest.mark.parametrize("words", [["--help"], ["show", "--help"], ["keys"], ["train", "--help"], ["--version"]])
def test_a_reader_that_went_away_is_no_error(words):
    program = f"{CLOSED}from equilab.__main__ import main; sys.exit(main({words!r}))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_wrong_command_keeps_its_status():
    program = f"{CLOSED}from equilab.__main__ import main; sys.exit(main(['trane']))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
    assert done.returncode == 2
    assert "Did you mean train?" in done.stderr
