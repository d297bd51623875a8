"""One line a frame, in the notation that capture tools have made common: who to whom, which protocol, what it says."""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import Final

import msgspec

from michinori.report.capture import Frame
from michinori.report.text import visible
from michinori.wire import Malformed, arp, checksum, ethernet, icmp, ipv4, protocols, tcp, udp
from michinori.wire.sequence import diff

_HTTP_LINE: Final = re.compile(rb"[A-Z]{3,8} \S+ HTTP/1\.[01]|HTTP/1\.[01] [0-9]{3}[^\r\n]*")
_DNS_PORT: Final = 53


class Line(msgspec.Struct, frozen=True, gc=False):
    """What is told of one frame."""

    source: str
    destination: str
    protocol: str
    info: str
    own_port: int = 0
    """Of TCP and UDP, the port at the adapter's own end."""


class Summary:
    """Tells frames one after the other; keeps the initial sequence numbers, so that later ones can count from them."""

    def __init__(self) -> None:
        self._isn: dict[tuple[bytes, int, bytes, int], int] = {}

    def of(self, frame: Frame) -> Line:
        """The line of a frame. What cannot be parsed says so; nothing is raised."""
        octets = frame.octets
        try:
            outer = ethernet.Frame.parse(octets)
            if outer.ethertype == ethernet.ETHERTYPE_ARP:
                return _arp(outer)
            if outer.ethertype == ethernet.ETHERTYPE_IPV4:
                return self._ipv4(ipv4.Packet.parse(outer.payload), frame.sent)
        except Malformed as error:
            return Line(ethernet.text(octets[6:12]), ethernet.text(octets[:6]), "?", visible(str(error)))
        return Line(
            ethernet.text(outer.src), ethernet.text(outer.dst), f"{outer.ethertype:#06x}", f"{len(octets)} octets"
        )

    def _ipv4(self, packet: ipv4.Packet, sent: bool) -> Line:
        source, destination = str(ip_address(packet.src)), str(ip_address(packet.dst))
        name = protocols.name(packet.protocol).upper()
        if packet.is_fragment:
            more = ", MF" if packet.more_fragments else ""
            info = f"fragment: id {packet.identification}, offset {packet.offset}, {len(packet.payload)} octets{more}"
            return Line(source, destination, "IPv4", info)
        pseudo = checksum.pseudo(packet.src, packet.dst, packet.protocol)
        if packet.protocol == protocols.PROTOCOL_TCP:
            segment = tcp.Segment.parse(packet.payload, pseudo)
            protocol, info = self._tcp(packet, segment)
            return Line(source, destination, protocol, info, segment.src_port if sent else segment.dst_port)
        if packet.protocol == protocols.PROTOCOL_UDP:
            datagram = udp.Datagram.parse(packet.payload, pseudo)
            protocol, info = _udp(datagram)
            return Line(source, destination, protocol, info, datagram.src_port if sent else datagram.dst_port)
        if packet.protocol == protocols.PROTOCOL_ICMP:
            message = icmp.Message.parse(packet.payload)
            return Line(source, destination, "ICMP", _icmp(message))
        return Line(source, destination, name, f"{len(packet.payload)} octets")

    def _tcp(self, packet: ipv4.Packet, segment: tcp.Segment) -> tuple[str, str]:
        way = (packet.src, segment.src_port, packet.dst, segment.dst_port)
        back = (way[2], way[3], way[0], way[1])
        if segment.flags & tcp.SYN:
            self._isn[way] = segment.seq
        size = len(segment.payload)
        seq = diff(segment.seq, self._isn.get(way, segment.seq))
        said = [f"{segment.src_port} → {segment.dst_port}", f"[{tcp.flag_names(segment.flags).replace(',', ', ')}]"]
        said.append(f"Seq={seq}")
        if segment.flags & tcp.ACK:
            said.append(f"Ack={diff(segment.ack, self._isn.get(back, segment.ack))}")
        said.append(f"Win={segment.window} Len={size}")
        said.extend(_tcp_options(segment.options))
        line = _HTTP_LINE.match(bytes(segment.payload[:200])) if size else None
        if line is not None:
            said.append("· " + visible(line[0].decode("latin-1"), limit=80))
        return ("HTTP" if line else "TCP"), " ".join(said)


def _tcp_options(options: tcp.Options) -> list[str]:
    said = []
    if options.mss is not None:
        said.append(f"MSS={options.mss}")
    if options.window_scale is not None:
        said.append(f"WS={1 << min(options.window_scale, 14)}")
    if options.sack_permitted:
        said.append("SACK_PERM")
    if options.sack:
        said.append("SACK")
    return said


def _arp(frame: ethernet.Frame) -> Line:
    message = arp.Message.parse(frame.payload)
    sender, target = str(ip_address(message.sender_ip)), str(ip_address(message.target_ip))
    if message.operation == arp.REPLY:
        info = f"{sender} is at {ethernet.text(message.sender_mac)}"
    elif sender == target:
        info = f"announcement for {sender}"
    else:
        info = f"Who has {target}? Tell {sender}"
    destination = "broadcast" if frame.dst == ethernet.BROADCAST else ethernet.text(frame.dst)
    return Line(ethernet.text(frame.src), destination, "ARP", info)


def _icmp(message: icmp.Message) -> str:
    said = message.meaning
    if message.type == icmp.UNREACHABLE and message.code == icmp.FRAGMENTATION_NEEDED:
        return f"{said} (MTU {message.mtu})"
    return said


def _udp(datagram: udp.Datagram) -> tuple[str, str]:
    ports = f"{datagram.src_port} → {datagram.dst_port}"
    if _DNS_PORT in (datagram.src_port, datagram.dst_port):
        said = _dns(bytes(datagram.payload))
        if said:
            return "DNS", f"{ports} {said}"
    return "UDP", f"{ports} Len={len(datagram.payload)}"


def _dns(octets: bytes) -> str:
    import dns.exception
    import dns.message
    import dns.rdatatype

    try:
        message = dns.message.from_wire(octets)
    except (dns.exception.DNSException, ValueError):
        return ""
    asked = " ".join(f"{dns.rdatatype.to_text(entry.rdtype)} {entry.name}" for entry in message.question)
    kind = "response" if message.flags & 0x8000 else "query"
    answers = [
        f"{dns.rdatatype.to_text(entry.rdtype)} {' '.join(item.to_text() for item in entry)}"
        for entry in message.answer or message.authority
    ]
    return visible(f"{kind} {message.id:#06x} {asked}" + ("".join(f" · {answer}" for answer in answers)), limit=160)
