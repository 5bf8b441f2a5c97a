"""The outbox: nothing added is lost, nothing delivered comes twice, nothing grows without bound."""

import sqlite3
import subprocess
import sys
import threading

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from device.messages.shot import shot_from_json
from device.mqtt import outbox as outbox_module
from device.mqtt.outbox import Outbox, OutboxError


@pytest.fixture
def box(tmp_path):
    box = Outbox(tmp_path / "outbox.sqlite", 5)
    yield box
    box.close()


def fill(box, kit):
    for number in range(100):
        box.add(kit.make_shot(f"n{number}"))


def ids(box):
    return [shot.id for shot in box.waiting(limit=100)]


def test_shots_wait_in_the_order_they_came(box, kit):
    for name in ("c", "a", "b"):
        assert box.add(kit.make_shot(name))
    assert ids(box) == ["c", "a", "b"]
    assert box.depth == 3


def test_the_event_comes_out_as_it_went_in(box, kit):
    import json

    shot = kit.make_shot("ä-1")
    box.add(shot)
    assert shot_from_json(json.loads(box.waiting(limit=1)[0].event)) == shot


def test_the_same_id_is_taken_once_while_it_waits_and_after_it_was_delivered(box, kit):
    shot = kit.make_shot("a")
    assert box.add(shot)
    assert not box.add(shot)
    box.mark_done(["a"])
    assert not box.add(shot)
    assert ids(box) == []


def test_waiting_can_be_read_on_from_a_place_in_the_order(box, kit):
    for name in "abcd":
        box.add(kit.make_shot(name))
    first, second = box.waiting(limit=2)
    assert [s.id for s in box.waiting(after=second.sequence, limit=9)] == ["c", "d"]
    assert first.sequence < second.sequence


def test_a_full_outbox_drops_the_oldest_counts_it_and_does_not_take_it_again(box, kit):
    for number in range(8):
        box.add(kit.make_shot(str(number)))
    assert ids(box) == ["3", "4", "5", "6", "7"]
    assert box.dropped == 3
    assert not box.add(kit.make_shot("0"))
    assert ids(box) == ["3", "4", "5", "6", "7"]


def test_everything_is_there_again_after_reopening(tmp_path, kit):
    path = tmp_path / "outbox.sqlite"
    box = Outbox(path, 3)
    for name in "abcde":
        box.add(kit.make_shot(name))
    box.mark_done(["c"])
    box.close()
    again = Outbox(path, 3)
    assert ids(again) == ["d", "e"]
    assert (again.depth, again.dropped) == (2, 2)
    assert not again.add(kit.make_shot("c"))
    assert again.latest() is not None
    again.close()


def test_marking_done_what_was_dropped_meanwhile_harms_nothing(box, kit):
    box.add(kit.make_shot("a"))
    box.mark_done(["a", "a", "unknown"])
    assert box.depth == 0
    assert box.dropped == 0
    assert box.add(kit.make_shot("unknown"))


def test_only_so_many_settled_ids_are_remembered(box, kit, monkeypatch):
    monkeypatch.setattr(outbox_module, "SETTLED_REMEMBERED", 3)
    for name in "abcdef":
        box.add(kit.make_shot(name))
        box.mark_done([name])
    assert box.add(kit.make_shot("a")), "forgotten long ago"
    assert not box.add(kit.make_shot("f"))


def test_writes_reach_the_disk_before_they_return(box):
    (mode,) = box._database.execute("PRAGMA journal_mode").fetchone()
    (synchronous,) = box._database.execute("PRAGMA synchronous").fetchone()
    assert (mode, synchronous) == ("wal", 2)


def test_a_process_killed_right_after_add_has_lost_nothing(tmp_path, kit):
    path = tmp_path / "outbox.sqlite"
    script = (
        "import os, sys; from pathlib import Path; from device.mqtt.outbox import Outbox\n"
        "from device.messages.shot import shot_from_json; import json\n"
        "box = Outbox(Path(sys.argv[1]), 10)\n"
        "box.add(shot_from_json(json.loads(sys.argv[2])))\n"
        "os.kill(os.getpid(), 9)\n"
    )
    from device.messages.shot import shot_to_json
    from device.mqtt.payloads import encode_json

    text = encode_json(shot_to_json(kit.make_shot("a"))).decode()
    ended = subprocess.run(
        [sys.executable, "-c", script, str(path), text], cwd=kit.ROOT, check=False
    )
    assert ended.returncode == -9
    box = Outbox(path, 10)
    assert ids(box) == ["a"]
    box.close()


@pytest.mark.parametrize("damage", [b"this is no database at all, it is text" * 200, b"\0" * 8192])
def test_a_damaged_file_is_put_aside_and_a_new_one_begun(tmp_path, kit, caplog, damage):
    path = tmp_path / "outbox.sqlite"
    path.write_bytes(damage)
    box = Outbox(path, 5)
    assert box.add(kit.make_shot("a"))
    assert [p.name for p in tmp_path.glob("*.damaged-*")]
    assert "damaged" in caplog.text
    box.close()


def test_a_file_damaged_in_the_middle_is_noticed_at_the_start(tmp_path, kit, caplog):
    path = tmp_path / "outbox.sqlite"
    box = Outbox(path, 500)
    for number in range(200):
        box.add(kit.make_shot(str(number)))
    box.close()
    data = bytearray(path.read_bytes())
    data[8192 : len(data) - 4096] = b"\xa5" * (len(data) - 12288)
    path.write_bytes(data)
    again = Outbox(path, 500)
    assert again.add(kit.make_shot("new"))
    assert "damaged" in caplog.text
    again.close()


def test_a_folder_that_cannot_be_written_is_explained(tmp_path):
    place = tmp_path / "file"
    place.write_text("not a folder")
    with pytest.raises(OutboxError, match=r"outbox .*file/outbox.sqlite cannot be opened"):
        Outbox(place / "outbox.sqlite", 5)


def test_a_full_disk_is_an_error_that_leaves_the_outbox_usable(tmp_path, kit):
    box = Outbox(tmp_path / "outbox.sqlite", 1000)
    box.add(kit.make_shot("a"))
    box._database.execute("PRAGMA max_page_count = 1")
    with pytest.raises(OutboxError, match="cannot be written"):
        fill(box, kit)
    box._database.execute("PRAGMA max_page_count = 1000000")
    assert box.depth == len(ids(box))
    assert box.add(kit.make_shot("later"))
    box.close()


def test_many_threads_may_use_it_at_once(tmp_path, kit):
    box = Outbox(tmp_path / "outbox.sqlite", 1000)

    def add(prefix):
        for number in range(20):
            box.add(kit.make_shot(f"{prefix}{number}"))
            box.mark_done([f"{prefix}{number - 1}"])

    threads = [threading.Thread(target=add, args=(prefix,)) for prefix in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ids(box)) == ["a19", "b19", "c19", "d19"]
    box.close()


def test_sqlites_own_errors_do_not_escape(box, kit):
    box.close()
    with pytest.raises(OutboxError):
        box.add(kit.make_shot("a"))
    with pytest.raises(OutboxError):
        box.waiting(limit=1)
    with pytest.raises(sqlite3.ProgrammingError):
        box._database.execute("SELECT 1")


def test_any_sequence_of_calls_behaves_like_a_bounded_list(tmp_path_factory, kit):  # noqa: C901
    """A model of the outbox in plain Python, compared with it after every call."""

    class Model(RuleBasedStateMachine):
        def __init__(self):
            super().__init__()
            self.path = tmp_path_factory.mktemp("outbox") / "outbox.sqlite"
            self.box = Outbox(self.path, 4)
            self.box._database.execute("PRAGMA synchronous=OFF")
            self.waiting = []
            self.settled = set()
            self.dropped = 0

        @rule(name=st.integers(0, 9).map(str))
        def add(self, name):
            new = name not in self.waiting and name not in self.settled
            assert self.box.add(kit.make_shot(name)) == new
            if new:
                self.waiting.append(name)
            if len(self.waiting) > 4:
                self.settled.add(self.waiting.pop(0))
                self.dropped += 1

        @rule(names=st.lists(st.integers(0, 9).map(str), max_size=3))
        def done(self, names):
            self.box.mark_done(names)
            for name in names:
                if name in self.waiting:
                    self.waiting.remove(name)
                    self.settled.add(name)

        @rule()
        def reopen(self):
            self.box.close()
            self.box = Outbox(self.path, 4)
            self.box._database.execute("PRAGMA synchronous=OFF")

        @invariant()
        def same(self):
            assert ids(self.box) == self.waiting
            assert (self.box.depth, self.box.dropped) == (len(self.waiting), self.dropped)

        def teardown(self):
            self.box.close()

    machine = Model.TestCase
    machine.settings = settings(max_examples=20, stateful_step_count=20, deadline=None)
    machine().runTest()
