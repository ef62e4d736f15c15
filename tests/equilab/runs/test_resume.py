"""Killed, stopped, damaged, out of disk: a run goes on as if nothing had happened. Real processes throughout."""

import random
import shutil
import signal
from pathlib import Path

import pytest
import torch
from processes import DIE, TINY, assert_identical, at_step, finish, newest_checkpoint, rows, start, wait_for_step

pytestmark = pytest.mark.slow


def kill_at_any_step(folder: Path, name: str) -> Path:
    """The folder of a tiny run, killed with -9 at a step between its second checkpoint and its end."""
    step = random.Random(name).randrange(45, 100)
    process = start(TINY, "--folder", folder)
    wait_for_step(process, folder, step)
    process.kill()
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    return folder


@pytest.fixture(scope="module")
def killed_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return kill_at_any_step(tmp_path_factory.mktemp("killed") / "run", "once")


@pytest.fixture
def killed_run(killed_once: Path, tmp_path: Path) -> Path:
    """A copy of a killed run, to damage and to resume."""
    return shutil.copytree(killed_once, tmp_path / "killed")


def test_another_seed_is_another_run(finished_run, tmp_path):
    assert finish(TINY, "--folder", tmp_path / "other", "--seed", 1).returncode == 0
    with pytest.raises(AssertionError):
        assert_identical(finished_run, tmp_path / "other")


@pytest.mark.parametrize("attempt", ["first", pytest.param("second", marks=pytest.mark.exhaustive)])
def test_a_run_killed_at_any_step_resumes_bit_by_bit(finished_run, tmp_path, attempt):
    folder = kill_at_any_step(tmp_path / "killed", attempt)
    resumed = finish("--resume", folder)
    assert resumed.returncode == 0, resumed.stderr
    assert_identical(finished_run, folder)


# Python for a training process: where in its work it is killed with -9, or stopped.
MORTAL = f"import os, signal; die = lambda: {DIE}\n"
PLACES = {
    "between the writing of a checkpoint and its renaming": MORTAL
    + "real, calls = os.replace, []\n"
    + "def replace(*paths):\n    calls.append(paths)\n    die() if len(calls) == 4 else real(*paths)\n"
    + "os.replace = replace",
    "in an evaluation": MORTAL + "import equilab.runs.loop as loop\nloop.evaluate = lambda *_: die()",
    "between the pictures of an evaluation": MORTAL
    + "import equilab.runs.sinks.sinks as sinks; real, calls = sinks.save_picture, []\n"
    + "def save_picture(*found):\n    calls.append(found)\n    die() if len(calls) == 2 else real(*found)\n"
    + "sinks.save_picture = save_picture",
    "between the last evaluation and its checkpoint": MORTAL
    + "import equilab.runs.loop as loop; real, steps = loop.checkpoint, []\n"
    + "def checkpoint(state, *further):\n"
    + "    steps.append(state.step)\n    return die() if steps.count(120) == 2 else real(state, *further)\n"
    + "loop.checkpoint = checkpoint",
}


def largest_file(num_bytes: int) -> str:
    """Python that lets no file of the process grow past this, as on a full disk."""
    return f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({num_bytes}, {num_bytes}))"


@pytest.mark.parametrize("place", PLACES)
def test_a_run_killed_at_an_awkward_place_resumes_bit_by_bit(finished_run, tmp_path, place):
    folder = tmp_path / "killed"
    assert finish(TINY, "--folder", folder, before=PLACES[place]).returncode == -signal.SIGKILL
    resumed = finish("--resume", folder)
    assert resumed.returncode == 0, resumed.stderr
    assert_identical(finished_run, folder)
    assert not list((folder / "checkpoints").glob(".*"))  # nothing half written is left


def test_a_run_stopped_before_its_first_row_after_a_resume_goes_on(finished_run, killed_run):
    step = torch.load(newest_checkpoint(killed_run), weights_only=True)["step"]
    stop = at_step(step, DIE.replace("SIGKILL", "SIGTERM"))
    assert finish("--resume", killed_run, before=stop).returncode == 128 + signal.SIGTERM
    resumed = finish("--resume", killed_run / "run.json")
    assert resumed.returncode == 0, resumed.stderr
    assert_identical(finished_run, killed_run)


def test_a_full_disk_in_the_log_is_a_clear_error_too(finished_run, killed_run):
    size = (killed_run / "metrics.jsonl").stat().st_size
    full = finish("--resume", killed_run, before=largest_file(size))
    assert full.returncode == 1
    assert "cannot be written" in full.stderr
    assert f"equilab train --resume {killed_run}" in full.stderr
    assert "Traceback" not in full.stderr
    assert finish("--resume", killed_run).returncode == 0
    assert_identical(finished_run, killed_run)


def test_another_machine_is_warned_of(finished_run, tmp_path):
    folder = shutil.copytree(finished_run, tmp_path / "elsewhere")
    text = (folder / "run.json").read_text()
    (folder / "run.json").write_text(text.replace('"torch": "', '"torch": "0.'))
    resumed = finish("--resume", folder)
    assert "warning: torch was 0." in resumed.stderr
    assert "may differ in the last bits" in resumed.stderr


def test_a_run_killed_before_its_first_checkpoint_starts_again(finished_run, tmp_path):
    folder = tmp_path / "early"
    process = start(TINY, "--folder", folder, "--log.checkpoint-every", 120)
    wait_for_step(process, folder, 5)
    process.kill()
    process.communicate()
    assert not (folder / "checkpoints").exists()
    assert finish("--resume", folder).returncode == 0
    assert_identical(finished_run, folder)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_saves_the_run_and_says_how_to_resume(finished_run, tmp_path, number):
    folder = tmp_path / "stopped"
    process = start(TINY, "--folder", folder)
    wait_for_step(process, folder, 25)
    process.send_signal(number)
    out, err = process.communicate()
    assert process.returncode == 128 + number, err
    assert "Traceback" not in err
    assert f"equilab train --resume {folder}" in out
    step = torch.load(newest_checkpoint(folder), weights_only=True)["step"]
    assert f"stopped by {number.name} at step {step} of 120" in out
    assert step >= 25
    assert finish("--resume", folder).returncode == 0
    assert_identical(finished_run, folder)


def test_a_truncated_checkpoint_is_passed_over_with_a_warning(finished_run, killed_run):
    newest = newest_checkpoint(killed_run)
    newest.write_bytes(newest.read_bytes()[:-1000])
    resumed = finish("--resume", killed_run)
    assert resumed.returncode == 0, resumed.stderr
    assert f"{newest.name}: damaged" in resumed.stderr
    assert "trying the checkpoint before it" in resumed.stderr
    assert_identical(finished_run, killed_run)


def test_one_flipped_bit_in_a_checkpoint_is_noticed(finished_run, killed_run):
    newest = newest_checkpoint(killed_run)
    content = bytearray(newest.read_bytes())
    content[len(content) // 2] ^= 1
    newest.write_bytes(content)
    resumed = finish("--resume", killed_run)
    assert f"{newest.name}: damaged" in resumed.stderr
    assert_identical(finished_run, killed_run)


def test_only_damaged_checkpoints_are_an_error(killed_run):
    for path in (killed_run / "checkpoints").glob("*.pt"):
        path.write_bytes(b"")
    resumed = finish("--resume", killed_run)
    assert resumed.returncode == 2
    assert "expected an intact checkpoint, got 2 damaged" in resumed.stderr
    assert "Traceback" not in resumed.stderr


def test_a_full_disk_is_a_clear_error_and_leaves_the_old_checkpoint(finished_run, killed_run):
    before = {path.name: path.read_bytes() for path in (killed_run / "checkpoints").iterdir()}
    full = finish("--resume", killed_run, before=largest_file(2**20))
    assert full.returncode == 1
    assert "cannot write the checkpoint of step" in full.stderr
    assert f"{newest_checkpoint(killed_run).name} is intact" in full.stderr
    assert f"equilab train --resume {killed_run}" in full.stderr
    assert "Traceback" not in full.stderr
    assert {path.name: path.read_bytes() for path in (killed_run / "checkpoints").iterdir()} == before
    assert finish("--resume", killed_run).returncode == 0
    assert_identical(finished_run, killed_run)


def test_a_folder_is_trained_in_by_one_process_at_a_time(tmp_path):
    folder = tmp_path / "busy"
    process = start(TINY, "--folder", folder, "--steps", 100_000)
    try:
        wait_for_step(process, folder, 25)  # beyond its first checkpoint, which run.json notes
        before = (folder / "run.json").read_bytes()
        busy = f"process {process.pid}"
        for arguments, said in (
            (("--resume", folder), busy),
            (("--resume", folder, "--steps", 200_000), busy),
            ((TINY, "--folder", folder), f"--resume {folder}"),
        ):
            second = finish(*arguments)
            assert second.returncode == 2
            assert said in second.stderr
        assert (folder / "run.json").read_bytes() == before
    finally:
        process.kill()
        process.communicate()


def test_a_finished_run_is_left_as_it_is(finished_run, tmp_path):
    folder = tmp_path / "finished"
    shutil.copytree(finished_run, folder)
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.name not in (".lock", ".owner")}
    again = finish("--resume", folder)
    assert again.returncode == 0, again.stderr
    assert "Mutual information gap" in again.stdout
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_the_run_json_of_a_finished_run_repeats_it_bit_by_bit(finished_run, tmp_path):
    again = finish(finished_run / "run.json", "--folder", tmp_path / "again")
    assert again.returncode == 0, again.stderr
    assert_identical(finished_run, tmp_path / "again")


def test_weights_that_are_not_finite_are_not_evaluated(tmp_path):
    words = ("--steps", 1, "--optimizer.learning-rate", 1e38, "--optimizer.clip-norm", 0)
    diverged = finish(TINY, "--folder", tmp_path / "run", *words)
    assert diverged.returncode == 1
    assert "step 1: a weight is not finite; last good checkpoint: none yet" in diverged.stderr


def test_a_loss_that_is_not_finite_stops_the_run(tmp_path):
    folder = tmp_path / "diverged"
    diverged = finish(TINY, "--folder", folder, "--optimizer.learning-rate", 1e30, "--optimizer.clip-norm", 0)
    assert diverged.returncode == 1
    assert "the loss is not finite" in diverged.stderr
    assert "train/reconstruction" in diverged.stderr
    assert "last good checkpoint: none yet" in diverged.stderr
    assert "Traceback" not in diverged.stderr


def test_every_row_of_a_run_has_its_step(finished_run):
    steps = [row["step"] for row in rows(finished_run)]
    assert steps == sorted(steps)
    assert set(steps) == set(range(5, 121, 5))
