"""Taking packets apart that a link cannot carry, and putting fragments together again: RFC 791 section 3.2, RFC 815.

Fragments belong together by source, destination, protocol and identification; the last one has "more fragments" off.
They are kept for 30 seconds and within a bound of memory. Fragments that overlap are dropped with the whole packet,
those still to come included: no honest sender makes them, and which copy wins has long been a way past firewalls
(RFC 5722 forbids them for IPv6, RFC 1858 and RFC 3128 tell of the attacks on IPv4). Exact repetitions are harmless, as
networks do duplicate packets.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable
from typing import Final, TypeAlias

from msgspec.structs import replace

from michinori.inet import addresses
from michinori.inet.node import Node
from michinori.sim import Timer
from michinori.trace import NS_PER_S
from michinori.wire import ipv4, protocols

#: RFC 1122 section 3.3.2 asks for 60 to 120 seconds; Linux and RFC 791 itself have less, and memory is kept short.
TIMEOUT_NS: Final = 30 * NS_PER_S
#: Octets of fragments kept at one time, as in Linux.
MOST_OCTETS: Final = 4 * 1024 * 1024
_COST_OF_A_FRAGMENT: Final = 64
_COST_OF_A_PACKET: Final = 256

_CE: Final = 0x03
Key: TypeAlias = tuple[bytes, bytes, int, int]


def fragment(packet: ipv4.Packet, mtu: int) -> list[ipv4.Packet]:
    """The packet in pieces of at most that many octets. It may be a fragment itself. Options go with the first piece,
    those that must be copied with the others too. Raises ``ValueError`` when not even 8 octets fit.
    """
    size = len(packet.payload)
    later_options = ipv4.options_for_fragments(packet.options)
    pieces: list[ipv4.Packet] = []
    at = 0
    options = packet.options
    while at < size:
        room = mtu - ipv4.HEADER_OCTETS - len(options)
        if room < 8:
            raise ValueError(f"an MTU of {mtu} octets leaves no room for fragments")
        end = size if size - at <= room else at + (room & ~7)
        more = packet.more_fragments or end < size
        pieces.append(
            replace(
                packet,
                payload=packet.payload[at:end],
                offset=packet.offset + at,
                more_fragments=more,
                options=options,
            )
        )
        at = end
        options = later_options
    return pieces


class _Assembly:
    """The fragments of one packet so far; ``starts`` in order, so that only two have to be compared with a new one."""

    __slots__ = ("cause", "congested", "first", "largest", "octets", "parts", "poisoned", "starts", "timer", "total")

    def __init__(self, timer: Timer, cause: int) -> None:
        self.timer = timer
        self.cause = cause
        self.starts: list[int] = []
        self.parts: dict[int, bytes] = {}
        self.first: ipv4.Packet | None = None
        self.total: int | None = None
        self.octets = 0
        self.largest = 0
        self.congested = False
        self.poisoned = False

    @property
    def cost(self) -> int:
        return _COST_OF_A_PACKET + self.octets + _COST_OF_A_FRAGMENT * len(self.parts)

    @property
    def is_whole(self) -> bool:
        return self.octets == self.total

    def insert(self, piece: ipv4.Packet, data: bytes) -> str:
        """Put the fragment in its place, or say why not."""
        start, end = piece.offset, piece.offset + len(data)
        if piece.more_fragments and (not data or len(data) & 7):
            return "fragment-length"
        if self.parts.get(start) == data and piece.more_fragments == (end != self.total):
            return "fragment-repeated"
        if self._overlaps(start, end) or not self._fits(end, last=not piece.more_fragments):
            return "fragment-overlap"
        insort(self.starts, start)
        self.parts[start] = data
        self.octets += len(data)
        self.largest = max(self.largest, piece.header_octets + len(data))
        self.congested |= piece.tos & _CE == _CE  # RFC 3168 section 5.3
        if not piece.more_fragments:
            self.total = end
        if start == 0:
            self.first = piece
        return ""

    def _overlaps(self, start: int, end: int) -> bool:
        index = bisect_left(self.starts, start)
        if index < len(self.starts) and (self.starts[index] == start or self.starts[index] < end):
            return True
        before = self.starts[index - 1] if index else 0
        return bool(index) and before + len(self.parts[before]) > start

    def _fits(self, end: int, *, last: bool) -> bool:
        """Whether it agrees with the others about where the packet ends."""
        if last:
            furthest = self.starts[-1] if self.starts else 0
            return self.total is None and furthest + len(self.parts.get(furthest, b"")) <= end
        return self.total is None or end <= self.total


class Reassembler:
    """The fragments that one host keeps. ``on_timeout`` gets the first fragment of a packet that never became whole."""

    def __init__(self, node: Node, on_timeout: Callable[[ipv4.Packet], None]) -> None:
        self._node = node
        self._on_timeout = on_timeout
        self._assemblies: dict[Key, _Assembly] = {}
        self._octets = 0

    @property
    def octets(self) -> int:
        """How much memory the fragments take, about."""
        return self._octets

    def __len__(self) -> int:
        return len(self._assemblies)

    def add(self, piece: ipv4.Packet) -> tuple[ipv4.Packet, int] | None:
        """Add a fragment. Gives the whole packet and the size of the largest fragment, or None if parts are missing."""
        key = (piece.src, piece.dst, piece.protocol, piece.identification)
        assembly = self._assemblies.get(key)
        if assembly is None:
            timer = self._node.queue.call_in(TIMEOUT_NS, self._time_out, key)
            assembly = self._assemblies[key] = _Assembly(timer, self._node.cause)
        else:
            self._octets -= assembly.cost
        # The octets are copied: a slice would keep the whole frame.
        problem = "fragment-overlap" if assembly.poisoned else assembly.insert(piece, bytes(piece.payload))
        if problem:
            self._node.drop(problem, _describe(piece))
        if problem == "fragment-overlap":
            _poison(assembly)
        self._octets += assembly.cost
        if assembly.is_whole:
            return self._finish(key, assembly)
        self._keep_within_bounds(key)
        return None

    def _finish(self, key: Key, assembly: _Assembly) -> tuple[ipv4.Packet, int] | None:
        first = assembly.first
        assert first is not None, "ranges that do not overlap and add up to the total begin at 0"
        self._remove(key)
        payload = b"".join(assembly.parts[start] for start in assembly.starts)
        if first.header_octets + len(payload) > ipv4.LARGEST_PACKET:
            self._node.drop("fragment-too-large", _describe(first))
            return None
        tos = first.tos | _CE if assembly.congested else first.tos
        whole = replace(first, payload=payload, more_fragments=False, tos=tos)
        if self._node.watched:
            data = _describe(whole) | {"fragments": len(assembly.parts)}
            self._node.note("ip", "reassembled", data)
        return whole, assembly.largest

    def _keep_within_bounds(self, newest: Key) -> None:
        while self._octets > MOST_OCTETS:
            oldest = next(key for key in self._assemblies if key != newest or len(self._assemblies) == 1)
            self._remove(oldest)
            self._node.drop("fragment-memory", frame=oldest == newest)

    def _time_out(self, key: Key) -> None:
        assembly = self._assemblies[key]
        self._remove(key)
        if assembly.poisoned:
            return
        with self._node.acting(assembly.cause):
            first = assembly.first
            self._node.drop("fragment-timeout", _describe(first) if first else _describe_key(key), frame=False)
            if first is not None:
                self._on_timeout(first)

    def _remove(self, key: Key) -> None:
        assembly = self._assemblies.pop(key)
        assembly.timer.cancel()
        self._octets -= assembly.cost


def _poison(assembly: _Assembly) -> None:
    """Drop what has come, and remember until the timeout to drop what still comes."""
    assembly.starts.clear()
    assembly.parts.clear()
    assembly.octets = 0
    assembly.total = None
    assembly.poisoned = True


def _describe(packet: ipv4.Packet) -> dict[str, str | int]:
    key = (packet.src, packet.dst, packet.protocol, packet.identification)
    return _describe_key(key) | {"offset": packet.offset, "length": packet.header_octets + len(packet.payload)}


def _describe_key(key: Key) -> dict[str, str | int]:
    src, dst, protocol, identification = key
    return {
        "src": addresses.text(src),
        "dst": addresses.text(dst),
        "protocol": protocols.name(protocol),
        "id": identification,
    }
