"""The index as the album uses it: mended whenever it is damaged."""

import sqlite3

import pytest

from device.album.catalogue import Catalogue
from device.album.errors import AlbumError
from device.album.index import AlbumIndex, is_disks_fault


@pytest.fixture
def catalogue(tmp_path):
    opened = Catalogue(tmp_path, tmp_path / "index.sqlite3")
    yield opened
    opened.close()


def disk_full(index):
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorcode = sqlite3.SQLITE_FULL
    raise error


def test_numbers_grow_and_survive_a_restart(catalogue, tmp_path):
    assert [catalogue.take_number() for _ in range(3)] == [1, 2, 3]
    catalogue.close()
    (tmp_path / "0000007_x.jpg").write_bytes(b"")
    assert Catalogue(tmp_path, tmp_path / "index.sqlite3").take_number() == 8


def test_a_change_the_disk_refuses_is_mended_at_the_next_question(catalogue, monkeypatch):
    mended = []
    catalogue.note(disk_full)
    monkeypatch.setattr("device.album.catalogue.reconcile", lambda *_: mended.append(1))
    assert catalogue.read(AlbumIndex.totals) == (0, 0)
    assert catalogue.read(AlbumIndex.totals) == (0, 0)
    assert mended == [1]


def test_while_the_disk_refuses_questions_are_answered_and_mending_waits(catalogue, monkeypatch):
    tried = []

    def refuse(*_):
        tried.append(1)
        disk_full(None)

    monkeypatch.setattr("device.album.catalogue.reconcile", refuse)
    catalogue.note(disk_full)
    for _ in range(5):
        assert catalogue.read(AlbumIndex.totals) == (0, 0)
    assert tried == [1], "not at every question"


def test_without_room_for_a_new_index_it_lives_in_memory(catalogue, monkeypatch):
    connect = sqlite3.connect

    def only_memory(path, **options):
        if path != ":memory:":
            disk_full(None)
        return connect(path, **options)

    monkeypatch.setattr(sqlite3, "connect", only_memory)
    catalogue.rebuild()
    assert catalogue.read(AlbumIndex.totals) == (0, 0)


def test_a_question_that_no_index_can_answer_is_an_album_error(catalogue):
    def impossible(index):
        raise sqlite3.DatabaseError("malformed")

    with pytest.raises(AlbumError, match="cannot be read: malformed"):
        catalogue.read(impossible)


def test_a_closed_catalogue_says_so(catalogue):
    catalogue.close()
    with pytest.raises(AlbumError, match="the album is closed"):
        catalogue.read(AlbumIndex.totals)


def test_the_disk_s_faults_are_told_from_the_index_s_own():
    with pytest.raises(sqlite3.OperationalError) as full:
        disk_full(None)
    with pytest.raises(sqlite3.OperationalError) as missing:
        sqlite3.connect(":memory:").execute("SELECT * FROM nothing")
    assert is_disks_fault(full.value)
    assert not is_disks_fault(missing.value)
