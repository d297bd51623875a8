"""The painter in a process of its own, as in every browser: it is C++ that reads whatever came from the network.

If it breaks, runs for ever or eats all memory, the page is not drawn, and nothing else happens. Where processes cannot
be forked safely (not Linux, or other threads are running) it works in this one.
"""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any, Final, TypeVar

import msgspec

from michinori.browser.errors import NotDrawn
from michinori.browser.picture import Picture

_CPU_S: Final = 60
_MEMORY_OCTETS: Final = 8 << 30


T = TypeVar("T")


class _Answer(msgspec.Struct):
    """What the process says before it ends: what came of it, or why nothing did."""

    done: msgspec.Raw = msgspec.Raw(b"\xc0")  # nil
    reason: str = ""


def can_fork() -> bool:
    """Whether a process of its own is to be had here."""
    return sys.platform == "linux" and threading.active_count() == 1


def paint_apart(paint: Callable[[], Picture]) -> Picture:
    """Call ``paint`` in a forked process. Raises ``NotDrawn``."""
    return begin_apart(paint, Picture)()


def begin_apart(work: Callable[[], T], kind: type[T]) -> Callable[[], T]:
    """Begin ``work``, which gives a ``kind``, in a forked process. What is returned waits for it and is to be called
    once; it raises ``NotDrawn``.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _work(work, writing)
    os.close(writing)

    def wait() -> T:
        try:
            with open(reading, "rb") as pipe:
                said = pipe.read()
        finally:
            _, status = os.waitpid(child, 0)
        code = os.waitstatus_to_exitcode(status)
        if code != 0 or not said:
            raise NotDrawn(f"the page was not drawn: the painter broke down over it ({_ending(code)})")
        answer = msgspec.msgpack.decode(said, type=_Answer)
        if answer.reason:
            raise NotDrawn(answer.reason)
        return msgspec.msgpack.decode(answer.done, type=kind)

    return wait


def _work(work: Callable[[], Any], writing: int) -> None:
    """In the child: do it, say what came of it, and end without a trace of the parent's business."""
    code = 1
    try:
        _bound()
        faulthandler.disable()
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # the library writes there whatever it dislikes
        try:
            answer = _Answer(msgspec.Raw(msgspec.msgpack.encode(work())))
        except NotDrawn as error:
            answer = _Answer(reason=str(error))
        with open(writing, "wb") as pipe:
            pipe.write(msgspec.msgpack.encode(answer))
        code = 0
    finally:
        os._exit(code)


def _bound() -> None:
    import resource

    for what, bound in ((resource.RLIMIT_CPU, _CPU_S), (resource.RLIMIT_AS, _MEMORY_OCTETS)):
        _, hard = resource.getrlimit(what)
        if hard == resource.RLIM_INFINITY or hard > bound:
            resource.setrlimit(what, (bound, hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))


def _ending(code: int) -> str:
    try:
        return signal.Signals(-code).name if code < 0 else f"exit status {code}"
    except ValueError:
        return f"signal {-code}"
