"""SIGTERM and SIGINT as a request: the loop finishes its step, saves, and leaves."""

import signal
import threading
from types import FrameType
from typing import Any


class Interrupted(Exception):
    """A stop was requested while something long was under way."""


class StoppedAtOnce(KeyboardInterrupt):
    """A second Ctrl-C ended a training in the middle of what it did: the updates since its last checkpoint are lost."""


class StopRequest:
    """While entered, the first SIGTERM or SIGINT is only noted; a second one acts as it always does.

    Ctrl-C then leaves the block as StoppedAtOnce.

    In a thread other than the main one signals cannot be handled, and none is noted.
    """

    def __init__(self) -> None:
        self.signal: signal.Signals | None = None
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> "StopRequest":
        is_main = threading.current_thread() is threading.main_thread()
        for number in (signal.SIGTERM, signal.SIGINT) if is_main else ():
            self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._restore()
        if kind is KeyboardInterrupt:
            raise StoppedAtOnce

    def _restore(self) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before.clear()

    def _note(self, number: int, _: FrameType | None) -> None:
        self.signal = signal.Signals(number)
        self._restore()

    def check(self) -> None:
        """Raises Interrupted when a stop was requested."""
        if self.signal is not None:
            raise Interrupted
