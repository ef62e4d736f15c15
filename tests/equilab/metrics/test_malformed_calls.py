"""Malformed calls end in an error of equilab that names the argument: no foreign traceback, no silent number."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def test_no_malformed_call_ends_in_a_number_or_a_foreign_traceback():
    """In a process of its own, without the type checks that the tests put into the metrics."""
    command = [sys.executable, "-m", "tests.equilab.metrics.malformed"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    lines = done.stdout.splitlines()
    assert done.returncode == 0, done.stderr
    assert lines[:-1] == []
    assert int(lines[-1]) > 600  # calls
