"""The packets of an experiment, read back from the capture that it leaves."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final, TypeAlias

import msgspec

from michinori.report.capture import Frame, read_frames
from michinori.wire import Malformed, ethernet, ipv4, sequence, tcp, udp
from michinori.wire.checksum import internet, pseudo
from michinori.wire.protocols import PROTOCOL_TCP, PROTOCOL_UDP

_ETHERNET_OCTETS: Final = 14
_CHECKSUM_AT: Final = 16

_Ends: TypeAlias = tuple[int, int, bool]
"""The client's port, the server's, and whether it goes to the server."""


class Packet(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One TCP segment or UDP datagram as an adapter saw it. Sequence numbers count from the initial one, as in
    Wireshark."""

    number: int
    """The number of its frame in the capture."""
    t: int
    """Nanoseconds since the experiment began."""
    to_server: bool
    sent: bool
    """Whether the adapter sent it, not received it."""
    client_port: int
    server_port: int
    kind: str
    """``tcp`` or ``udp``."""
    flags: str = ""
    seq: int = 0
    ack: int | None = None
    length: int = 0
    text: str = ""
    """What it carries, where that is Japanese text."""
    sack: tuple[tuple[int, int], ...] = ()
    dropped: str = ""
    """Why it did not arrive, if so."""

    def has(self, *flags: str) -> bool:
        """Whether all of these flags are set."""
        return set(flags) <= set(self.flags.split(","))


def read_packets(capture: bytes, epoch_ns: int, ports: Collection[int]) -> list[Packet]:
    """The packets to and from a server's ports, in order."""
    reader = _Reader(epoch_ns, ports)
    found = (reader.packet(frame) for frame in read_frames(capture))
    return [packet for packet in found if packet is not None]


class _Reader:
    """Reads one capture; remembers the initial sequence numbers by connection and direction."""

    def __init__(self, epoch_ns: int, ports: Collection[int]) -> None:
        self._epoch_ns = epoch_ns
        self._ports = ports
        self._isns: dict[tuple[int, int, bool], int] = {}

    def packet(self, frame: Frame) -> Packet | None:
        if int.from_bytes(frame.octets[12:14], "big") != ethernet.ETHERTYPE_IPV4:
            return None
        try:
            packet = ipv4.Packet.parse(frame.octets[_ETHERNET_OCTETS:])
            if packet.protocol == PROTOCOL_TCP:
                return self._segment(frame, packet)
            if packet.protocol == PROTOCOL_UDP:
                return self._datagram(frame, packet)
        except Malformed:
            pass
        return None

    def _segment(self, frame: Frame, packet: ipv4.Packet) -> Packet | None:
        octets, partial = bytes(packet.payload), pseudo(packet.src, packet.dst, PROTOCOL_TCP)
        try:
            segment = tcp.Segment.parse(octets, partial)
        except Malformed as malformed:
            # A kernel leaves the sum over a segment to the adapter, and a loopback has none: it stays unfinished.
            if malformed.reason != "checksum":
                raise
            segment = tcp.Segment.parse(_with_sum(octets, partial), partial)
        ends = self._ends(segment.src_port, segment.dst_port)
        if ends is None:
            return None
        client_port, server_port, to_server = ends
        if segment.flags & tcp.SYN:
            self._isns[client_port, server_port, to_server] = segment.seq
        own = self._isns.get((client_port, server_port, to_server), segment.seq)
        other = self._isns.get((client_port, server_port, not to_server), segment.ack)
        return self._packet(
            frame,
            ends,
            "tcp",
            bytes(segment.payload),
            flags=tcp.flag_names(segment.flags),
            seq=(segment.seq - own) & sequence.MASK,
            ack=(segment.ack - other) & sequence.MASK if segment.flags & tcp.ACK else None,
            sack=tuple(
                ((start - other) & sequence.MASK, (end - other) & sequence.MASK) for start, end in segment.options.sack
            ),
        )

    def _datagram(self, frame: Frame, packet: ipv4.Packet) -> Packet | None:
        datagram = udp.Datagram.parse(packet.payload, pseudo(packet.src, packet.dst, PROTOCOL_UDP))
        ends = self._ends(datagram.src_port, datagram.dst_port)
        if ends is None:
            return None
        return self._packet(frame, ends, "udp", bytes(datagram.payload))

    def _packet(self, frame: Frame, ends: _Ends, kind: str, payload: bytes, **of_tcp: Any) -> Packet:
        client_port, server_port, to_server = ends
        return Packet(
            number=frame.number,
            t=frame.date_ns - self._epoch_ns,
            to_server=to_server,
            sent=frame.sent,
            client_port=client_port,
            server_port=server_port,
            kind=kind,
            length=len(payload),
            text=_text(payload),
            dropped=frame.comment,
            **of_tcp,
        )

    def _ends(self, src_port: int, dst_port: int) -> _Ends | None:
        if dst_port in self._ports:
            return src_port, dst_port, True
        if src_port in self._ports:
            return dst_port, src_port, False
        return None


def _with_sum(octets: bytes, partial: int) -> bytes:
    zeroed = octets[:_CHECKSUM_AT] + b"\0\0" + octets[_CHECKSUM_AT + 2 :]
    total = internet(zeroed, partial + len(octets))
    return octets[:_CHECKSUM_AT] + total.to_bytes(2, "big") + octets[_CHECKSUM_AT + 2 :]


def _text(payload: bytes) -> str:
    """Japanese text, if it is nothing else."""
    try:
        text = payload.decode()
    except UnicodeDecodeError:
        return ""
    return text if text and all("ぁ" <= letter <= "ん" for letter in text) else ""
