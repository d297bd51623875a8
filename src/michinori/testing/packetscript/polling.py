"""``poll``: whether descriptors are ready, and for what."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from michinori.host import KernelSocket, TcpSocket
from michinori.sim import EventQueue
from michinori.tcp import State
from michinori.testing.packetscript.script import Call
from michinori.testing.packetscript.values import number

_IN, _OUT, _ERR, _HUP, _RDHUP = 1, 4, 8, 16, 0x2000
_FOR_EVER_MS: Final = 1 << 30
_PEER_HAS_ENDED: Final = {State.CLOSE_WAIT, State.LAST_ACK, State.CLOSING, State.TIME_WAIT}


def poll(call: Call, sockets: Mapping[int, KernelSocket], queue: EventQueue) -> Callable[[], int | None]:
    """The attempt of a ``poll`` that begins now; it raises ``AssertionError`` where other events are told."""
    wanted = call.arguments[0]
    patience_ms = number(call.arguments[2])
    deadline_ns = queue.now_ns + (patience_ms if patience_ms >= 0 else _FOR_EVER_MS) * 1_000_000
    queue.call_at(deadline_ns, int)  # nothing happens then but that it is tried again

    def attempt() -> int | None:
        ready = [(number(one["events"]), _events(sockets.get(one["fd"]))) for one in wanted]
        told = [now & (asked | _ERR | _HUP) for asked, now in ready]
        count = sum(1 for one in told if one)
        if not count and queue.now_ns < deadline_ns:
            return None
        for one, got in zip(wanted, told, strict=True):
            if one.get("revents", ...) is not ... and number(one["revents"]) != got:
                raise AssertionError(f"poll tells {got:#x} of {one['fd']}, not {number(one['revents']):#x}")
        return count

    return attempt


def _events(kernel: KernelSocket | None) -> int:
    if kernel is None:
        return 0
    told = (_IN if kernel.readable else 0) | (_OUT if kernel.writable else 0)
    if kernel.error is not None:
        told |= _ERR
    if isinstance(kernel, TcpSocket) and kernel.flow is not None:
        if kernel.flow.gone:
            told |= _HUP
        if kernel.flow.connection.state in _PEER_HAS_ENDED:
            told |= _RDHUP
    return told
