"""A thread that makes calls which may never come back: camera stacks hang in native code."""

import queue
import threading
from collections.abc import Callable
from typing import Any, TypeVar

Result = TypeVar("Result")


class CallHungError(Exception):
    """A call did not come back in time; the thread is lost with it."""


class CallInterruptedError(Exception):
    """The wait for a call was interrupted; the call itself goes on."""


class _Call:
    def __init__(self, function: Callable[[], Any], discard: Callable[[Any], None] | None) -> None:
        self.function = function
        self.discard = discard
        self.finished = False
        self.abandoned = False
        self.result: Any = None
        self.error: BaseException | None = None


class CallThread:
    """Runs calls one after another on one thread and waits for each with a deadline.

    A camera is so used by one owning thread only, and its user is never the one that hangs.
    """

    def __init__(self, name: str) -> None:
        self._calls: queue.SimpleQueue[_Call | None] = queue.SimpleQueue()
        self._changed = threading.Condition()
        self._interrupted = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def call(
        self,
        function: Callable[[], Result],
        timeout_s: float,
        *,
        interruptible: bool = True,
        discard: Callable[[Result], None] | None = None,
    ) -> Result:
        """Run `function` on the thread and return what it returns, or raise what it raises.

        Args:
            function: what to call.
            timeout_s: when to give it up.
            interruptible: whether `interrupt` ends the wait.
            discard: gets a result that comes after the wait has ended.

        Raises:
            CallHungError: it did not come back within `timeout_s`.
            CallInterruptedError: `interrupt` was called.
        """
        call = _Call(function, discard)
        self._calls.put(call)
        with self._changed:
            self._changed.wait_for(
                lambda: call.finished or (interruptible and self._interrupted), timeout_s
            )
            if not call.finished:
                call.abandoned = True
                if interruptible and self._interrupted:
                    raise CallInterruptedError
                raise CallHungError
        if call.error is not None:
            raise call.error
        result: Result = call.result
        return result

    def interrupt(self) -> None:
        """End the wait for the interruptible call in progress and all to come; any thread."""
        with self._changed:
            self._interrupted = True
            self._changed.notify_all()

    def finish(self) -> None:
        """Let the thread end after the calls it has; does not wait for it."""
        self._calls.put(None)

    def _run(self) -> None:
        while (call := self._calls.get()) is not None:
            try:
                call.result = call.function()
            except BaseException as error:  # noqa: BLE001 - it is raised again by the caller
                call.error = error
            with self._changed:
                call.finished = True
                late = call.abandoned
                self._changed.notify_all()
            if late and call.error is None and call.discard is not None:
                call.discard(call.result)
            del call  # a frame in it must not outlive its reader's use
