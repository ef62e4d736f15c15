"""The cache file is complete and right or not there: after kill -9, damage, a full disk, with two builders at once."""

import os
import signal
import subprocess
import sys
import time
from hashlib import sha256
from pathlib import Path

import pytest

from equilab.data.cache import cache_folder, cached_file
from equilab.errors import DataError
from tests.refused import refused

BLOCKS = [bytes([number]) * 2**14 for number in range(100)]
DIGEST = sha256(b"".join(BLOCKS)).hexdigest()
# A slow build in a process of its own: 100 blocks in about a second; every build leaves a line in `builds`.
PROGRAM = """
import sys, time
from pathlib import Path
from equilab.data.cache import cached_file
from equilab.errors import DataError
path, digest = Path(sys.argv[1]), sys.argv[2]
def build():
    with open(path.with_name("builds"), "a") as file:
        file.write("build\\n")
    for number in range(100):
        time.sleep(0.01)
        yield bytes([number]) * 2**14
if len(sys.argv) > 3:
    import resource
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]),) * 2)
try:
    cached_file(path, build, digest=digest, num_bytes=100 * 2**14, title="blocks")
except DataError as error:
    sys.exit(f"DataError {error.argument} {error.got}\\n{error.expected}\\n{error.hint}")
"""


def start(path: Path, *limit: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", PROGRAM, str(path), DIGEST, *map(str, limit)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def cached(path: Path, blocks: list[bytes] = BLOCKS, digest: str = DIGEST) -> Path:
    return cached_file(path, lambda: iter(blocks), digest=digest, num_bytes=100 * 2**14, title="blocks")


def refuse_to_build():
    raise AssertionError("built a file that is there")


def visible(folder: Path) -> list[str]:
    """What is in a folder beside lock files."""
    return sorted(path.name for path in folder.iterdir() if path.suffix != ".lock")


def test_a_file_is_built_once_with_its_folder(tmp_path):
    path = cached(tmp_path / "new" / "folder" / "blocks.bits")
    assert path.read_bytes() == b"".join(BLOCKS)
    assert visible(path.parent) == ["blocks.bits"]
    assert cached_file(path, refuse_to_build, digest=DIGEST, num_bytes=0, title="blocks") == path


def test_a_file_that_is_right_is_used_without_writing_anything(tmp_path):
    path = tmp_path / "blocks.bits"
    path.write_bytes(b"".join(BLOCKS))
    cached_file(path, refuse_to_build, digest=DIGEST, num_bytes=0, title="blocks")
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("damage", ["one bit", "cut short", "too long", "empty"])
def test_a_damaged_file_is_built_again_with_a_warning(tmp_path, damage):
    content = bytearray(b"".join(BLOCKS))
    content[12345] ^= damage == "one bit"
    kept = {"cut short": len(content) - 1, "empty": 0}.get(damage, len(content))
    path = tmp_path / "blocks.bits"
    path.write_bytes(bytes(content[:kept]) + b"more" * (damage == "too long"))
    with pytest.warns(RuntimeWarning, match=r"blocks.bits: damaged \(wrong checksum\), it is built again"):
        cached(path)
    assert path.read_bytes() == b"".join(BLOCKS)


def test_a_build_killed_at_once_leaves_nothing_that_is_taken_for_the_file(tmp_path):
    path, partial = tmp_path / "blocks.bits", tmp_path / ".blocks.bits.partial"
    process = start(path)
    for _ in range(3000):
        if partial.exists() and partial.stat().st_size > 2**17:
            break
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert 2**17 < partial.stat().st_size < 100 * 2**14
    assert not path.exists()
    cached(path)
    assert path.read_bytes() == b"".join(BLOCKS)
    assert visible(tmp_path) == ["blocks.bits", "builds"]


def test_of_two_processes_one_builds_and_both_succeed(tmp_path):
    path = tmp_path / "blocks.bits"
    processes = [start(path), start(path)]
    errors = [process.communicate(timeout=60)[1] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], errors
    assert (tmp_path / "builds").read_text() == "build\n"
    assert path.read_bytes() == b"".join(BLOCKS)


def test_a_full_disk_is_an_error_that_says_how_much_and_where(tmp_path):
    process = start(tmp_path / "blocks.bits", 2**18)
    error = process.communicate(timeout=60)[1]
    assert process.returncode == 1
    assert error.splitlines()[0] == f"DataError {tmp_path / 'blocks.bits'} File too large"
    assert "blocks, 2 MiB" in error.splitlines()[1]
    assert "EQUILAB_CACHE" in error.splitlines()[2]
    assert visible(tmp_path) == ["builds"]


def test_a_folder_that_cannot_be_made_is_an_error_that_says_where(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    path = tmp_path / "file" / "folder" / "blocks.bits"
    with refused(DataError, str(path), expected="blocks", got="Not a directory", hint="EQUILAB_CACHE"):
        cached(path)


def test_a_build_with_another_result_is_refused(tmp_path):
    path, built = tmp_path / "blocks.bits", sha256(b"".join(BLOCKS[:-1])).hexdigest()
    with refused(DataError, str(path), expected=DIGEST, got=built):
        cached(path, BLOCKS[:-1])
    assert visible(tmp_path) == []


def test_a_build_that_fails_leaves_nothing(tmp_path):
    def fail():
        yield BLOCKS[0]
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        cached_file(tmp_path / "blocks.bits", fail, digest=DIGEST, num_bytes=0, title="blocks")
    assert visible(tmp_path) == []


def test_nothing_is_shown_where_there_is_no_terminal(tmp_path, capfd):
    cached(tmp_path / "blocks.bits")
    assert capfd.readouterr() == ("", "")


def test_a_bar_is_shown_on_a_terminal(tmp_path):
    pty = pytest.importorskip("pty")
    leader, follower = pty.openpty()
    command = [sys.executable, "-c", PROGRAM, str(tmp_path / "blocks.bits"), DIGEST]
    process = subprocess.Popen(command, stderr=follower, stdout=subprocess.PIPE, env=os.environ | {"TERM": "xterm"})
    assert process.communicate(timeout=60)[0] == b""
    os.close(follower)
    shown = os.read(leader, 2**20).decode()
    os.close(leader)
    assert "building blocks" in shown
    assert "%" in shown


def test_the_folder_is_that_of_the_environment_or_the_users(monkeypatch, tmp_path):
    monkeypatch.setenv("EQUILAB_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path
    monkeypatch.setenv("EQUILAB_CACHE", "~/pictures")
    assert cache_folder() == Path.home() / "pictures"
    monkeypatch.setenv("EQUILAB_CACHE", "")
    assert cache_folder().name == "equilab"
    assert cache_folder().is_relative_to(Path.home())


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no FIFO, and links for administrators only")
@pytest.mark.parametrize("name", [".blocks.bits.partial", "blocks.bits", ".blocks.bits.lock"])
def test_a_planted_link_is_never_written_through(tmp_path, name):
    path, target = tmp_path / "cache" / "blocks.bits", tmp_path / "target"
    target.write_bytes(b"theirs")
    path.parent.mkdir()
    (path.parent / name).symlink_to(target)
    if name.endswith(".lock"):
        with refused(DataError, str(path.parent / name), got="a symbolic link"):
            cached(path)
    elif name == "blocks.bits":
        with pytest.warns(RuntimeWarning, match="damaged"):
            cached(path)
    else:
        cached(path)
    assert target.read_bytes() == b"theirs"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no FIFO")
def test_a_pipe_in_place_of_the_file_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "blocks.bits")
    with refused(DataError, str(tmp_path / "blocks.bits"), expected="a plain file"):
        cached(tmp_path / "blocks.bits")
