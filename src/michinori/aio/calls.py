"""The calls by which applications use sockets, noted in the trace: with what, how long they waited, what they gave.

What a call causes below names the call as its cause.
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from michinori.host import Host
    from michinori.sim import Nanos


class Call:
    """One call, as a context manager around it: ``gave`` says its result, and leaving notes that it returned, or what
    it raised. Without the context manager, ``returned`` or ``failed`` is called when it is over.

    Nothing of it is noted, and it costs little, where no events are recorded: what makes the connection's name may be
    given in its place.
    """

    __slots__ = ("_before", "_began_ns", "_host", "_name", "_result", "connection", "number")

    def __init__(self, host: Host, name: str, connection: str | Callable[[], str] = "", /, **arguments: Any) -> None:
        self._host = host
        self._name = name
        self.connection = ""
        self._began_ns: Nanos = host.queue.now_ns
        self._result: dict[str, Any] = {}
        self._before = 0
        self.number = 0
        recorder = host.recorder
        if recorder is not None and recorder.events:
            self.connection = connection if isinstance(connection, str) else connection()
            data = {"call": name, **arguments}
            self.number = recorder.event(
                self._began_ns, host.name, "socket", "called", connection=self.connection, data=data
            )

    def __enter__(self) -> Call:
        recorder = self._host.recorder
        if recorder is not None and self.number:
            self._before, recorder.cause = recorder.cause, self.number
        return self

    def __exit__(self, _: type[BaseException] | None, error: BaseException | None, __: TracebackType | None) -> None:
        recorder = self._host.recorder
        if recorder is not None and self.number:
            if recorder.cause == self.number:
                recorder.cause = self._before
            # Else the call has waited, and goes on because of what ended the waiting.
            if error is not None:
                self.failed(error)
            else:
                self.returned(**self._result)

    def gave(self, **result: Any) -> None:
        """Its result, to be noted when it returns."""
        self._result = result

    def returned(self, **result: Any) -> None:
        """It is over; ``waited_ns`` is added to what it gave."""
        host = self._host
        recorder = host.recorder
        if recorder is not None and self.number:
            now_ns = host.queue.now_ns
            data = {"call": self._name, "waited_ns": now_ns - self._began_ns, **result}
            recorder.event(
                now_ns, host.name, "socket", "returned", connection=self.connection, cause=self.number, data=data
            )

    def failed(self, error: BaseException) -> None:
        """It is over, and raised that."""
        number = error.errno if isinstance(error, OSError) else None
        name = type(error).__name__ if number is None else errno.errorcode.get(number, type(error).__name__)
        self.returned(error=name)
