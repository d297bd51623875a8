"""Header prediction leaves a connection as the steps of SEGMENT ARRIVES would, to the last attribute."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from enum import Enum
from random import Random
from typing import Any

import pytest

from michinori.tcp import Connection, State, TcpConfig
from michinori.wire.tcp import ACK, PSH, SYN, Options, Segment

US = (bytes((192, 0, 2, 1)), 40000)
PEER = (bytes((198, 51, 100, 2)), 80)
#: Whom a connection has to do with, and what it only keeps at hand to find it again.
_LEFT_OUT = {"effects", "config", "options", "options_key", "_view", "_at", "_to"}
_MS = 1_000_000


def everything(thing: Any, name: str = "") -> dict[str, Any]:
    """All that it holds, by name, as values that can be compared."""
    if isinstance(thing, list | tuple | deque):
        return {name: len(thing)} | _of_all((f"{name}[{number}]", one) for number, one in enumerate(thing))
    if isinstance(thing, dict):
        return _of_all((f"{name}[{key}]", value) for key, value in thing.items())
    slots = [slot for one in type(thing).__mro__ for slot in getattr(one, "__slots__", ())]
    if not slots or isinstance(thing, Enum):
        return {name: bytes(thing) if isinstance(thing, memoryview | bytearray) else thing}
    return _of_all((f"{name}.{slot}", getattr(thing, slot)) for slot in slots if slot not in _LEFT_OUT)


def _of_all(named: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    return {path: value for name, thing in named for path, value in everything(thing, name).items()}


class Side:
    """A connection alone, by the short way or by the steps."""

    def __init__(self, *, predicts: bool, config: TcpConfig, window: int, shift: int | None) -> None:
        self.now = 0
        self.did: list[Any] = []
        self.connection = Connection(US, PEER, config, self, isn=0xFFFF_FF00)
        self.predicts = predicts
        self.connection.connect(0)
        self.now = 50 * _MS
        stamps = (0xFFFF_FFF0, 0) if config.timestamps else None
        options = Options(mss=1000, window_scale=shift, sack_permitted=config.sack, timestamps=stamps)
        self.receive(Segment(80, 40000, 0xFFFF_FE00, 0xFFFF_FF01, SYN | ACK, window, b"", options))
        assert self.connection.state is State.ESTABLISHED

    def receive(self, segment: Segment) -> None:
        take = self.connection.receive if self.predicts else self.connection.receive_unpredicted
        take(segment, self.now)

    def wait_until(self, when_ns: int) -> None:
        while (deadline_ns := self.connection.timer_ns) is not None and deadline_ns <= when_ns:
            self.now = max(deadline_ns, self.now)
            self.connection.on_deadline(self.now)
        self.now = when_ns

    def standing(self) -> dict[str, Any]:
        return everything(self.connection._tcb)

    # The effects

    def send(self, segment: Segment, ecn: int = 0) -> None:
        self.did.append((self.now, segment.emit(0), ecn))

    def readable(self) -> None:
        self.did.append("readable")

    def writable(self) -> None:
        self.did.append("writable")

    def established(self) -> None:
        self.did.append("established")

    def time_wait(self) -> None:
        self.did.append("time-wait")

    def report(self, what: str) -> None:
        self.did.append(what)

    def closed(self, error: Any) -> None:
        self.did.append(("closed", str(error)))

    def event(self, what: str, data: dict[str, Any]) -> None:
        raise AssertionError("nobody watches")


def likely(dice: Random, side: Side) -> Segment:
    """A segment as a peer could send it, or nearly so: mostly what comes next."""
    tcb = side.connection._tcb
    snd, rcv = tcb.snd, tcb.rcv
    flight, same, room = snd.nxt - snd.una, snd.wnd >> snd.shift, rcv.edge - rcv.nxt
    size = dice.choice((0, 0, 0, 1, 300, 1000, 1000, 2500))
    ahead, acked, window = 0, 0 if size else dice.choice((flight, flight // 2)), same
    if dice.random() < 0.4:
        ahead = dice.choice((0, 0, 1000, 2000, -500, -1000, room, room - size))
        acked = dice.choice((0, flight, flight // 2, 1000, -1000, snd.max - snd.una))
    if dice.random() < 0.4:
        window = min(dice.choice((same, 0, 1, 500, 5000, 60000, same + 1000)), 65535)
    stamps = None
    if tcb.stamped:
        clock = tcb.stamp_now(side.now)
        value = rcv.stamp + dice.choice((0, 0, 0, 0, 0, 1, 1, 5, 16, -1))
        stamps = (value & 0xFFFF_FFFF, clock - dice.choice((0, 0, 5, 40)) & 0xFFFF_FFFF)
    elif not dice.randrange(10):
        stamps = (dice.choice((0, 7)), 3)
    blocks = ()
    if tcb.recovery.sack and not dice.randrange(30) and flight > 1000:
        start = snd.una + dice.choice((100, 1000))
        blocks = ((snd.wire(start), snd.wire(min(start + 1000, snd.nxt))),)
    return Segment(
        80,
        40000,
        rcv.wire(rcv.nxt + ahead),
        snd.wire(snd.una + acked),
        ACK | dice.choice((0, PSH)),
        window,
        bytes(size),
        Options(sack=blocks, timestamps=stamps),
    )


def nothing_but_an_ack(dice: Random, side: Side) -> Segment:
    """What a peer sends that only listens: most of it acknowledges a part of what is under way."""
    tcb = side.connection._tcb
    snd, rcv = tcb.snd, tcb.rcv
    flight = snd.nxt - snd.una
    acked = dice.choice((min(1000, flight), flight // 2, flight // 3, flight - 1, flight))
    stamps = (rcv.stamp + 1 & 0xFFFF_FFFF, tcb.stamp_now(side.now)) if tcb.stamped else None
    seq, ack = rcv.wire(rcv.nxt), snd.wire(snd.una + acked)
    return Segment(80, 40000, seq, ack, ACK, 60000, b"", Options(timestamps=stamps))


def what_came_beyond_a_gap(dice: Random, side: Side) -> Segment:
    """What a peer sends that only listens and misses something: what it holds, mostly more than before, and sometimes
    what came twice.
    """
    tcb = side.connection._tcb
    snd, rcv = tcb.snd, tcb.rcv
    acked = dice.choice((0, 0, 0, 0, 1000, 300, -1000)) if snd.una < snd.nxt else 0
    start = snd.una + max(acked, 0)
    edges = sorted(dice.sample(range(start + 1, start + 4000, 100), 2 * dice.choice((1, 1, 2, 3))))
    blocks = [(low, min(high, snd.nxt)) for low, high in zip(edges[::2], edges[1::2], strict=True) if low < snd.nxt]
    if dice.randrange(3):
        blocks.reverse()
    if not dice.randrange(5):
        blocks.insert(0, (start - 300, start) if dice.randrange(2) else (start + 200, start + 300))
    stamps = (rcv.stamp + dice.choice((0, 1, 1, -1)) & 0xFFFF_FFFF, tcb.stamp_now(side.now)) if tcb.stamped else None
    sack = tuple((snd.wire(low), snd.wire(high)) for low, high in blocks[:3])
    seq, ack = rcv.wire(rcv.nxt + dice.choice((0,) * 9 + (500,))), snd.wire(snd.una + acked)
    window = dice.choice((60000, 60000, 5000, 0))
    return Segment(80, 40000, seq, ack, ACK, window, b"", Options(sack=sack, timestamps=stamps))


def drawn(dice: Random) -> TcpConfig:
    """Settings that let buffers fill and windows close."""
    receive_buffer, send_buffer = dice.choice((1500, 4000, 30_000)), dice.choice((3000, 100_000))
    return TcpConfig(
        timestamps=dice.random() < 0.7,
        sack=dice.random() < 0.7,
        rack=dice.random() < 0.7,
        tlp=dice.random() < 0.7,
        nagle=dice.choice((True, "minshall", False)),
        limited_transmit=dice.random() < 0.7,
        mss=dice.choice((400, 1000, 1460)),
        receive_buffer=receive_buffer,
        receive_buffer_max=4 * receive_buffer,
        send_buffer=send_buffer,
        send_buffer_max=2 * send_buffer,
        delayed_ack_ns=dice.choice((0, 40 * _MS)),
        quick_acks=dice.choice((0, 3, 16)),
        quick_acks_at_start=dice.choice((0, 16)),
        slow_start_limit=dice.choice((0, 1, 100)),
        congestion=dice.choice(("cubic", "reno")),
    )


@pytest.mark.parametrize("seed", [*range(50), 72, 243])  # these two once found something
def test_the_short_way_leaves_what_the_steps_leave(seed):
    dice = Random(seed)
    config, window, shift = drawn(dice), dice.choice((300, 5000, 60000)), dice.choice((None, 2))
    short, long = (Side(predicts=predicts, config=config, window=window, shift=shift) for predicts in (True, False))
    closes_at, ends = dice.choice((10, 30, 60)), dice.choice((Connection.close, Connection.abandon))
    for turn in range(60):
        what = dice.randrange(10)
        if turn == closes_at:
            for side in (short, long):
                side.connection.write(bytes(20_000), side.now)
                ends(side.connection, side.now)
        elif what < 6:
            is_plain = turn > closes_at and dice.randrange(5)
            segment = nothing_but_an_ack(dice, short) if is_plain else likely(dice, short)
            if short.connection._tcb.recovery.sack and dice.randrange(2):
                segment = what_came_beyond_a_gap(dice, short)
            for side in (short, long):
                side.receive(segment)
        elif what == 6 and turn < closes_at:
            octets = dice.choice((1, 700, 5000, 20_000))
            for side in (short, long):
                side.connection.write(bytes(octets), side.now)
        elif what == 7:
            octets = dice.choice((10, 100_000))
            for side in (short, long):
                side.connection.read(octets, side.now)
        else:
            until_ns = short.now + dice.choice((1, 20, 50, 300, 1500)) * _MS
            for side in (short, long):
                side.wait_until(until_ns)
        assert short.did == long.did
        if short.connection.state not in (State.ESTABLISHED, State.FIN_WAIT_1):
            break
        left = long.standing()
        assert {name: (got, left.get(name)) for name, got in short.standing().items() if got != left.get(name)} == {}
