"""Files that appear whole and together, or not at all."""

import errno
import os
import stat
import subprocess

import pytest

from device.album.errors import AlbumError, AlbumFullError
from device.album.staged_files import StagedFiles, remove_leftovers


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_nothing_is_to_be_seen_before_commit_and_all_of_it_after(tmp_path):
    with StagedFiles(tmp_path) as staged:
        staged.write("a.jpg", [b"one", memoryview(b"two")])
        staged.write("b.jpg", [b"three"])
        assert names(tmp_path) == [".a.jpg.part", ".b.jpg.part"]
        staged.commit()
    assert names(tmp_path) == ["a.jpg", "b.jpg"]
    assert (tmp_path / "a.jpg").read_bytes() == b"onetwo"


def test_without_commit_nothing_remains(tmp_path):
    with StagedFiles(tmp_path) as staged:
        staged.write("a.jpg", [b"one"])
    assert names(tmp_path) == []


def test_an_error_between_two_files_leaves_nothing(tmp_path):
    def stage_two():
        with StagedFiles(tmp_path) as staged:
            staged.write("a.jpg", [b"one"])
            raise KeyError

    with pytest.raises(KeyError):
        stage_two()
    assert names(tmp_path) == []


def test_a_file_that_exists_is_never_replaced(tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"a memory")
    with StagedFiles(tmp_path) as staged:
        staged.write("a.jpg", [b"one"])
        with pytest.raises(AlbumError, match="exists already"):
            staged.commit()
    assert (tmp_path / "a.jpg").read_bytes() == b"a memory"
    assert names(tmp_path) == ["a.jpg"]


def test_a_disk_that_writes_only_a_part_at_a_time_gets_all_of_it(tmp_path, monkeypatch):
    write = os.write
    monkeypatch.setattr(os, "write", lambda handle, data: write(handle, data[:3]))
    with StagedFiles(tmp_path) as staged:
        staged.write("a.jpg", [b"0123456789"])
        staged.commit()
    assert (tmp_path / "a.jpg").read_bytes() == b"0123456789"


@pytest.mark.parametrize(
    ("code", "kind", "sentence"),
    [
        (errno.ENOSPC, AlbumFullError, "is full"),
        (errno.EDQUOT, AlbumFullError, "is full"),
        (errno.EROFS, AlbumError, "read-only; Linux does this to a failing SD card"),
        (errno.EACCES, AlbumError, "no permission to write"),
        (errno.EIO, AlbumError, "Input/output error"),
    ],
)
def test_what_the_disk_refuses_is_explained_and_nothing_remains(
    tmp_path, monkeypatch, code, kind, sentence
):
    write = os.write

    def fail_after_a_while(handle, data):
        if len(data) > 8:
            return write(handle, data[:8])
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "write", fail_after_a_while)
    with StagedFiles(tmp_path) as staged, pytest.raises(kind, match=sentence):
        staged.write("a.jpg", [b"x" * 20])
    assert names(tmp_path) == []


def test_content_is_on_the_disk_before_the_name_and_the_name_before_commit_returns(
    tmp_path, monkeypatch
):
    """Recorded, as no test can cut the power: fsync of the file, rename, fsync of the folder."""
    done = []
    fsync, rename = os.fsync, type(tmp_path).rename

    def noting_fsync(handle):
        done.append("folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "file")
        fsync(handle)

    def noting_rename(path, target):
        done.append("name")
        return rename(path, target)

    monkeypatch.setattr(os, "fsync", noting_fsync)
    monkeypatch.setattr(type(tmp_path), "rename", noting_rename)
    with StagedFiles(tmp_path) as staged:
        staged.write("a.jpg", [b"one"])
        staged.commit()
    assert done == ["file", "name", "folder"]


def test_what_a_crash_left_is_removed_and_nothing_else(tmp_path):
    for name in (".a.jpg.part", "b.jpg", ".hidden", "c.part"):
        (tmp_path / name).write_bytes(b"x")
    assert remove_leftovers(tmp_path) == 1
    assert names(tmp_path) == [".hidden", "b.jpg", "c.part"]


@pytest.fixture
def tiny_disk(tmp_path):
    """A real file system of one megabyte, where this process may mount one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode != 0:
        pytest.skip("only root may mount a file system; the faults above are injected")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


def test_a_real_full_disk_leaves_nothing_and_its_space_is_free_again(tiny_disk):
    free = os.statvfs(tiny_disk).f_bavail
    with StagedFiles(tiny_disk) as staged:
        staged.write("a.jpg", [b"x" * 700_000])
        with pytest.raises(AlbumFullError):
            staged.write("b.jpg", [b"x" * 700_000])
    assert names(tiny_disk) == []
    assert os.statvfs(tiny_disk).f_bavail == free
