"""Calls that may never come back, and a caller that always does."""

import threading
import time

import pytest

from device.camera.call_thread import CallHungError, CallInterruptedError, CallThread


@pytest.fixture
def thread():
    made = CallThread("test")
    yield made
    made.finish()


def test_results_and_errors_come_back_to_the_caller(thread):
    assert thread.call(lambda: 42, 5) == 42
    with pytest.raises(ZeroDivisionError):
        thread.call(lambda: 1 // 0, 5)
    assert thread.call(lambda: 43, 5) == 43


def test_all_calls_run_on_one_other_thread(thread):
    idents = {thread.call(threading.get_ident, 5) for _ in range(5)}
    assert len(idents) == 1
    assert threading.get_ident() not in idents


def test_a_hung_call_is_given_up_and_its_late_result_discarded(thread):
    go, discarded = threading.Event(), []

    def hang():
        go.wait(5)
        return "late"

    started_s = time.monotonic()
    with pytest.raises(CallHungError):
        thread.call(hang, 0.05, discard=discarded.append)
    assert time.monotonic() - started_s < 2
    go.set()
    assert thread.call(lambda: "next", 5) == "next"
    assert discarded == ["late"]


def test_interruption_ends_the_wait_now_and_from_now_on_except_where_it_must_not(thread):
    go = threading.Event()
    threading.Timer(0.05, thread.interrupt).start()
    with pytest.raises(CallInterruptedError):
        thread.call(lambda: go.wait(5), 10)
    with pytest.raises(CallInterruptedError):
        thread.call(lambda: go.wait(5), 10)
    go.set()
    assert thread.call(lambda: "closed", 5, interruptible=False) == "closed"


def test_the_thread_ends_when_it_is_finished():
    thread = CallThread("finished")
    thread.call(lambda: None, 5)
    thread.finish()
    thread._thread.join(5)
    assert not thread._thread.is_alive()
