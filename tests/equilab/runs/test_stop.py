"""A first signal is a request; a second Ctrl-C ends the training at once, and says what is lost."""

import os
import signal

import pytest
from processes import TINY, assert_identical, at_step, finish

from equilab.runs.stop import Interrupted, StoppedAtOnce, StopRequest


@pytest.fixture(autouse=True)
def usual_handler():
    """Python's own, which it does not install where the tests run in the background of a shell."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def interrupt() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def test_a_first_signal_is_noted_and_the_handlers_come_back():
    before = signal.getsignal(signal.SIGINT)
    with StopRequest() as stop:
        interrupt()
        assert stop.signal is signal.SIGINT
        with pytest.raises(Interrupted):
            stop.check()
    assert signal.getsignal(signal.SIGINT) is before


def test_a_second_ctrl_c_leaves_the_block_at_once():
    done = []

    def work():
        with StopRequest():
            for name in ("first", "second", "third"):
                interrupt()
                done.append(name)

    with pytest.raises(StoppedAtOnce):
        work()
    assert done == ["first"]


def test_ctrl_c_before_the_block_is_none_of_its_business():
    with pytest.raises(KeyboardInterrupt) as found:
        interrupt()
    assert type(found.value) is KeyboardInterrupt


@pytest.mark.slow
def test_a_second_ctrl_c_says_what_is_lost_and_how_to_go_on(finished_run, tmp_path):
    folder = tmp_path / "stopped"
    twice = at_step(50, "[os.kill(os.getpid(), signal.SIGINT) for _ in range(2)]")
    stopped = finish(TINY, "--folder", folder, before=twice)
    assert stopped.returncode == 130
    assert "stopped at once, by a second Ctrl-C" in stopped.stderr
    assert "step_000000040_" in stopped.stderr
    assert f"equilab train --resume {folder}" in stopped.stderr
    assert "no run was changed" not in stopped.stderr
    assert "Traceback" not in stopped.stderr
    assert finish("--resume", folder).returncode == 0
    assert_identical(finished_run, folder)
