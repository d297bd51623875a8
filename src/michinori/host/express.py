"""The short way in and out for the frames of a connection: header prediction across all layers.

The long way in is Interface, Receiver, ``Packet.parse``, ``TcpTable``, ``Segment.parse``, ``Connection.receive``, and
each of them finds out again what the last segment of the same connection has shown. Linux knows the flow as soon as a
frame is in (early demux), and so do we: the internet floor looks the addresses and ports up in ``Internet.express`` and
hands the frame over whole. Nothing is left out: the length, both checksums and the fields are looked at as on the long
way, with one ``Struct``. A segment that is not the predicted one only spares the packet's value; and a frame that is
unusual in its IPv4 header is given back, for the careful way. The internet floor takes that way by itself where a hook
or a recorder watches.

The way out is the mirror of it: all plain segments of a connection have most of their three headers in common, so one
template packs them at once, for as long as the internet floor's path stays good (``inet.Path``). Nobody sees a
difference: the octets are the same, and the test that compares them draws worlds of all kinds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from michinori.wire.checksum import number_of
from michinori.wire.malformed import Malformed, Octets
from michinori.wire.protocols import PROTOCOL_TCP
from michinori.wire.tcp import PSH, Options, Segment
from michinori.wire.tcp_frame import (
    DONT_FRAGMENT,
    FRAGMENTED,
    HEADS_AT,
    PLAIN_ACK,
    SEGMENT_AT,
    TEXT_AT,
    TIMESTAMPS,
    Template,
    sack_blocks,
    sack_option,
    unpack_heads,
    words_of_options,
)

if TYPE_CHECKING:
    from michinori.host.flow import Flow
    from michinori.host.tcp_table import TcpTable
    from michinori.inet import Path

_CE: Final = 3
#: Of the field that was the type of service, the two bits of ECN are the transport's (RFC 3168 section 5).
WITHOUT_ECN: Final = 0xFC
_ETHERNET: Final = 14
_IPV4: Final = 20
_IPV4_HEADER: Final = slice(_ETHERNET, SEGMENT_AT)
_TCP_HEADER: Final = slice(SEGMENT_AT, TEXT_AT)
_SEGMENT: Final = slice(SEGMENT_AT, None)
_TEXT: Final = slice(TEXT_AT, None)


class _Way:
    """The path that plain segments with one TOS take, and what they have in common."""

    __slots__ = ("fragment", "path", "room", "template", "tos", "ttl")

    def __init__(self, path: Path, template: Template, fragment: int, ttl: int, tos: int) -> None:
        self.path = path
        self.template = template
        self.fragment = fragment
        self.room = path.mtu + _ETHERNET - TEXT_AT
        self.ttl = ttl
        self.tos = tos


class Express:
    """Takes and sends the frames of one connection."""

    __slots__ = ("_connection", "_flow", "_predicted", "_pseudo", "_queue", "_sacking", "_table", "_timers", "_ways")

    def __init__(self, table: TcpTable, flow: Flow) -> None:
        self._table = table
        self._queue = table.queue
        self._flow = flow
        self._pseudo = flow.pseudo
        self._connection = flow.connection
        self._timers = flow.connection.timers
        self._predicted, self._sacking = flow.connection.shorten(self.send)
        self._ways: dict[int, _Way] = {}  # by the ECN field

    def take(self, frame: bytes) -> bool:
        """Take a frame whose packet has a header of 20 octets and is for us; False if it is left to the careful way."""
        size = len(frame) - _ETHERNET
        if size < TEXT_AT - _ETHERNET:
            return False
        tos, total, fragment, protocol, seq, ack, flags, window, block, value, echo = unpack_heads(frame, HEADS_AT)
        if (
            total > size
            or total < TEXT_AT - _ETHERNET
            or protocol != PROTOCOL_TCP
            or fragment & FRAGMENTED
            or number_of(frame[_IPV4_HEADER]) % 0xFFFF
        ):
            return False
        flow, now_ns = self._flow, self._queue.now_ns
        is_taken = is_refused = False
        if block == TIMESTAMPS and total == size and tos & _CE != _CE:
            if flags | PSH == PLAIN_ACK:
                words = number_of(frame[_TCP_HEADER]) + self._pseudo + total - _IPV4
                is_taken = self._predicted(seq, ack, window, value, echo, frame[_TEXT], words, now_ns)
                is_refused = not is_taken
            elif blocks := sack_blocks(frame, flags):
                words = number_of(frame[_SEGMENT]) + self._pseudo + total - _IPV4
                is_taken = self._sacking(seq, ack, window, value, echo, blocks, words, now_ns)
                is_refused = not is_taken
        if not is_taken:
            try:
                segment = Segment.parse(memoryview(frame)[SEGMENT_AT : total + _ETHERNET], self._pseudo)
            except Malformed as malformed:
                self._table.drop(malformed.reason)
                return True
            if is_refused:
                self._connection.receive_unpredicted(segment, now_ns)
            else:
                self._connection.receive(segment, now_ns, is_marked=tos & _CE == _CE)
        if self._timers.next_ns < flow.armed_ns:
            flow.rearm()
        if now_ns >= flow.confirm_ns:
            flow.confirm()
        return True

    def send(self, seq: int, ack: int, flags: int, window: int, options: Options, text: Octets, ecn: int) -> None:
        """Send a segment with time stamps and maybe SACK blocks, but no other option."""
        way, flow = self._ways.get(ecn) or self._find_way(ecn), self._flow
        sack = sack_option(options.sack) if options.sack else b""
        if way is not None:
            path, options_of_socket = way.path, flow.options
            if (
                path.neighbour.usable_until_ns > self._queue.now_ns < path.valid_until_ns
                and len(sack) + len(text) <= way.room
                and not path.hooks.output
                and not path.hooks.postrouting
                and options_of_socket.ttl == way.ttl
                and options_of_socket.tos == way.tos
            ):
                counter = path.counter
                counter.last = identification = (counter.last + 1) & 0xFFFF
                assert options.timestamps is not None
                if sack:
                    flags |= words_of_options(sack)
                    text = sack + text if text else sack
                path.adapter.put(
                    way.template.emit(identification, way.fragment, seq, ack, flags, window, options.timestamps, text)
                )
                return
            del self._ways[ecn]  # the careful way makes another path ready
        flow.send(Segment(flow.local[1], flow.remote[1], seq, ack, flags, window, text, options), ecn)

    def _find_way(self, ecn: int) -> _Way | None:
        """Make ready what the segments have in common; None where no packet like them has been sent yet."""
        flow = self._flow
        (src, src_port), (dst, dst_port) = flow.local, flow.remote
        ttl, tos = flow.options.ttl, flow.options.tos
        packet_tos = tos & WITHOUT_ECN | ecn
        path = self._table.internet.ready_path(dst, src, PROTOCOL_TCP, ttl, packet_tos)
        if path is None:
            return None
        ports = (src_port, dst_port)
        template = Template(
            path.neighbour.header, src, dst, ports, self._pseudo, ttl=ttl, protocol=PROTOCOL_TCP, tos=packet_tos
        )
        fragment = DONT_FRAGMENT if self._table.path_mtu_discovery and not path.too_narrow else 0
        way = self._ways[ecn] = _Way(path, template, fragment, ttl, tos)
        return way
