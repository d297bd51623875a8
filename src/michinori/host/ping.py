"""ICMP echo as an application uses it: questions sent, answers and errors told apart (RFC 792, RFC 1122 3.2.2.6)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from michinori.inet import IcmpError, Internet
from michinori.sim import EventQueue, Nanos, Stream
from michinori.wire import icmp, ipv4
from michinori.wire.protocols import PROTOCOL_ICMP

_SIXTEEN_BITS: Final = 0xFFFF


class Answer(msgspec.Struct, frozen=True):
    """What came back for one question."""

    sequence: int
    source: bytes
    """Who answered: the host itself, or a router that tells of an error."""
    round_trip_ns: Nanos
    error: str = ""
    """What the error says, for example ``host unreachable``; empty for an answer."""


OnAnswer = Callable[[Answer], None]


class Echoes:
    """The echo questions of one host that wait for an answer."""

    def __init__(self, queue: EventQueue, internet: Internet, dice: Stream) -> None:
        self._queue = queue
        self._internet = internet
        self._next_identifier = dice.randrange(1 << 16)
        self._series: dict[int, Echo] = {}
        internet.on_echo_reply.append(self._replied)
        internet.on_icmp_error.append(self._failed)

    def open(self, destination: bytes, on_answer: OnAnswer) -> Echo:
        """Begin a series of questions to that address."""
        identifier = self._next_identifier
        while identifier in self._series:
            identifier = (identifier + 1) % (1 << 16)
        self._next_identifier = (identifier + 1) % (1 << 16)
        series = self._series[identifier] = Echo(self, identifier, destination, on_answer)
        return series

    def _replied(self, message: icmp.Message, packet: ipv4.Packet) -> None:
        series = self._series.get(message.identifier)
        if series is not None:
            series.answered(message.sequence, packet.src, "")

    def _failed(self, error: IcmpError) -> None:
        octets = bytes(error.octets)
        if error.protocol != PROTOCOL_ICMP or len(octets) < 8 or octets[0] != icmp.ECHO_REQUEST:
            return
        series = self._series.get(int.from_bytes(octets[4:6], "big"))
        if series is not None and series.destination == error.dst:
            sequence = int.from_bytes(octets[6:8], "big")
            series.answered(sequence, error.reporter, icmp.meaning(error.type, error.code))


class Echo:
    """One series of questions; close it when it is over."""

    def __init__(self, echoes: Echoes, identifier: int, destination: bytes, on_answer: OnAnswer) -> None:
        self._echoes = echoes
        self._identifier = identifier
        self._on_answer = on_answer
        self._asked_ns: dict[int, Nanos] = {}
        self.destination = destination

    def ask(self, sequence: int, payload: bytes = b"", *, ttl: int = 64, dont_fragment: bool = False) -> None:
        """Send one question; of its number 16 bits are sent. Raises ``michinori.inet.Unreachable`` without a route."""
        echoes = self._echoes
        sequence &= _SIXTEEN_BITS
        self._asked_ns[sequence] = echoes._queue.now_ns
        message = icmp.echo_request(self._identifier, sequence, payload)
        echoes._internet.send(self.destination, PROTOCOL_ICMP, message.emit(), ttl=ttl, dont_fragment=dont_fragment)

    def answered(self, sequence: int, source: bytes, error: str) -> None:
        """Something came back."""
        asked_ns = self._asked_ns.pop(sequence, None)
        if asked_ns is not None:
            self._on_answer(Answer(sequence, source, self._echoes._queue.now_ns - asked_ns, error))

    def close(self) -> None:
        """No more questions: answers that still come are for nobody."""
        self._echoes._series.pop(self._identifier, None)
