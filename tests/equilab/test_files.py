"""Files are plain, bounded, never reached through a planted link, and complete or as they were."""

import os
import stat
import sys
from pathlib import Path

import pytest

from equilab.errors import DataError
from equilab.files import append_to, make_folder, open_plain, read_plain, refuse_link, write_atomically, written_beside
from tests.refused import refused

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no FIFO, and links for administrators only")


def plain_names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_plain_file_is_read_whole_up_to_its_bound(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"12345")
    assert read_plain(path, most=5) == b"12345"
    with refused(DataError, str(path), expected="at most 4 bytes", got="5"):
        read_plain(path, most=4)


def test_a_missing_file_is_an_error_of_the_system(tmp_path):
    for function in (open_plain, lambda path: read_plain(path, most=1)):
        with pytest.raises(FileNotFoundError):
            function(tmp_path / "none")


@posix
def test_a_pipe_a_device_and_a_folder_are_refused_without_waiting(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(IsADirectoryError):
        open_plain(tmp_path)
    for path in (tmp_path / "pipe", Path("/dev/zero"), Path("/dev/null")):
        with refused(DataError, str(path), expected="a plain file"):
            read_plain(path, most=10)
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)  # else opening it for writing is an OSError
    with refused(DataError, str(tmp_path / "pipe"), expected="a plain file"):
        append_to(tmp_path / "pipe")
    os.close(reader)


@posix
def test_a_file_is_read_through_a_link_and_never_written_through_one(tmp_path):
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_bytes(b"theirs")
    link.symlink_to(target)
    assert read_plain(link, most=10) == b"theirs"
    with refused(DataError, str(link), got="a symbolic link"):
        append_to(link)
    with refused(DataError, str(link), got="a symbolic link"):
        refuse_link(link)
    write_atomically(link, b"ours")
    assert target.read_bytes() == b"theirs"
    assert link.read_bytes() == b"ours"
    assert not link.is_symlink()
    away = tmp_path / "away"
    away.symlink_to(tmp_path)
    with refused(DataError, str(away), got="a symbolic link"):
        make_folder(away)


def test_what_is_appended_stands_behind_what_was_there(tmp_path):
    path = tmp_path / "rows"
    for content in (b"a", b"b"):
        with append_to(path) as file:
            file.write(content)
    assert path.read_bytes() == b"ab"


def test_a_block_that_fails_leaves_the_file_as_it_was(tmp_path):
    path = tmp_path / "file"
    write_atomically(path, b"old")

    def fail():
        with written_beside(path) as file:
            file.write(b"new")
            file.flush()
            assert path.read_bytes() == b"old"
            assert len(plain_names(tmp_path)) == 2
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert path.read_bytes() == b"old"
    assert plain_names(tmp_path) == ["file"]


@posix
def test_a_written_file_has_the_permissions_that_open_gives(tmp_path):
    """Else colleagues could not read a run in a shared folder, as with the files of tempfile."""
    (tmp_path / "opened").write_bytes(b"")
    write_atomically(tmp_path / "written", b"")
    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("opened", "written")]
    assert modes[0] == modes[1]


def test_two_writers_of_one_file_use_two_temporary_files(tmp_path):
    path = tmp_path / "file"
    with written_beside(path) as first, written_beside(path) as second:
        first.write(b"first")
        second.write(b"second")
        assert len(plain_names(tmp_path)) == 2
    assert path.read_bytes() == b"first"  # renamed last


def test_a_folder_is_made_with_its_parents_once(tmp_path):
    for _ in range(2):
        assert make_folder(tmp_path / "a" / "b").is_dir()


@posix
def test_a_named_temporary_file_replaces_what_a_killed_process_left_and_a_planted_link(tmp_path):
    path, target = tmp_path / "file", tmp_path / "target"
    target.write_bytes(b"theirs")
    for plant in (lambda left: left.write_bytes(b"half"), lambda left: left.symlink_to(target)):
        plant(tmp_path / ".file.partial")
        with written_beside(path, under=".file.partial") as file:
            file.write(b"ours")
        assert path.read_bytes() == b"ours"
        assert target.read_bytes() == b"theirs"
        assert plain_names(tmp_path) == ["file", "target"]
