"""The remote end of a script: the wire itself, in the place of a cable. It answers ARP and nothing else by itself."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final

import msgspec

from michinori.link import Adapter
from michinori.link.plug import Tell
from michinori.sim import EventQueue, Nanos
from michinori.testing.packetscript import option_octets
from michinori.testing.packetscript.numbers import Endpoint, Numbers, pattern
from michinori.testing.packetscript.script import IcmpPacket, Option, TcpPacket, UdpPacket
from michinori.wire import Malformed, arp, checksum, ethernet, icmp, ipv4, udp
from michinori.wire.protocols import PROTOCOL_ICMP, PROTOCOL_TCP, PROTOCOL_UDP
from michinori.wire.tcp import ACK, RST, SYN, Options, Segment

MAC: Final = bytes((2, 0, 0, 0, 0, 0xFE))
#: The port that the remote listens at, as a script connects to it.
REMOTE_PORT: Final = 8080
#: The port that a script's ``bind`` means.
LOCAL_PORT: Final = 8080
_FIRST_REMOTE_PORT: Final = 40_000
_ETHERTYPE_IPV4: Final = 0x0800
_ETHERTYPE_ARP: Final = 0x0806
_DEFAULT_WINDOW: Final = 65_535


class Sent(msgspec.Struct, frozen=True):
    """A packet that the host sent, in the numbers of the script. ``kind``: ``tcp``, ``udp`` or ``icmp``."""

    time_ns: Nanos
    kind: str
    tos: int
    ttl: int
    ports: tuple[int, int] = (0, 0)
    flags: int = 0
    seq: int = 0
    ack: int = 0
    window: int = 0
    urgent: int = 0
    payload: bytes = b""
    options: tuple[Option, ...] = ()
    numbers: Numbers | None = None
    text: str = ""


class Remote:
    """What stands at the other end of the host's cable. ``sent`` are the packets that the script has not met yet."""

    def __init__(
        self,
        queue: EventQueue,
        adapter: Adapter,
        local: bytes,
        remote: bytes,
        cookie: Callable[[Endpoint, Endpoint], bytes],
    ) -> None:
        self._cable_before = adapter.cable_end
        adapter.cable_end = self
        self.sent: deque[Sent] = deque()
        self.local = local
        self.remote = remote
        self.current: Numbers | None = None
        """The connection that lines without ports are about: the last that began."""
        self._queue = queue
        self._cookie = cookie
        self._adapter = adapter
        self._numbers: dict[tuple[Endpoint, Endpoint], Numbers] = {}
        self._next_port = _FIRST_REMOTE_PORT
        self._identification = 0
        self._cause = 0

    def unplug(self) -> None:
        """Leave the host's adapter as it was."""
        self._adapter.cable_end = self._cable_before

    # What the adapter asks

    @property
    def has_carrier(self) -> bool:
        """There is always somebody at the other end."""
        return True

    def send(self, frame: bytes, tell: Tell | None = None) -> str:
        """Take a frame of the host's."""
        if tell is not None:
            self._cause = tell(frame, "")
        whole = ethernet.Frame.parse(frame)
        if whole.ethertype == _ETHERTYPE_ARP:
            self._answer(arp.Message.parse(whole.payload))
        elif whole.ethertype == _ETHERTYPE_IPV4:
            self.sent.append(self._seen(ipv4.Packet.parse(whole.payload)))
        return ""

    def _answer(self, question: arp.Message) -> None:
        """Everybody else is on this wire. An address that is being probed is nobody's (RFC 5227)."""
        if question.operation != arp.REQUEST or not any(question.sender_ip):
            return
        answer = arp.Message(arp.REPLY, MAC, question.target_ip, question.sender_mac, question.sender_ip)
        octets = ethernet.header(question.sender_mac, MAC, _ETHERTYPE_ARP) + answer.emit()
        self._queue.post(self._queue.now_ns, self._deliver, octets)

    def _deliver(self, frame: bytes) -> None:
        self._adapter.receive(frame.ljust(ethernet.LEAST_OCTETS, b"\0"), None, self._cause)

    # What the host sends, in the script's words

    def _seen(self, packet: ipv4.Packet) -> Sent:
        now_ns, tos, ttl = self._queue.now_ns, packet.tos, packet.ttl
        try:
            if packet.is_fragment:
                text = f"a fragment of protocol {packet.protocol}, {packet.offset}+{len(packet.payload)}"
                return Sent(now_ns, "other", tos, ttl, text=text)
            pseudo = checksum.pseudo(packet.src, packet.dst, packet.protocol)
            if packet.protocol == PROTOCOL_TCP:
                return self._seen_segment(packet, Segment.parse(packet.payload, pseudo))
            if packet.protocol == PROTOCOL_UDP:
                datagram = udp.Datagram.parse(packet.payload, pseudo)
                ports = datagram.src_port, datagram.dst_port
                return Sent(now_ns, "udp", tos, ttl, ports, payload=bytes(datagram.payload))
            if packet.protocol == PROTOCOL_ICMP:
                return Sent(now_ns, "icmp", tos, ttl, text=f"icmp {icmp.Message.parse(packet.payload).meaning}")
        except Malformed as malformed:
            return Sent(now_ns, "other", tos, ttl, text=f"malformed: {malformed}")
        return Sent(now_ns, "other", tos, ttl, text=f"protocol {packet.protocol}")

    def _seen_segment(self, packet: ipv4.Packet, segment: Segment) -> Sent:
        local, remote = (packet.src, segment.src_port), (packet.dst, segment.dst_port)
        numbers = self._numbers.get((local, remote))
        if numbers is None:
            numbers = self._begin(local, remote)
        if segment.flags & SYN:
            numbers.host_sent_syn(segment.seq)
        options = option_octets.read(bytes(packet.payload[20 : packet.payload[12] >> 2]), numbers)
        # A RST for what had no acknowledgment begins at 0, whatever the numbers were (RFC 9293 section 3.10.7.1).
        at_zero = segment.flags & (RST | ACK) == RST | ACK and not segment.seq
        return Sent(
            self._queue.now_ns,
            "tcp",
            packet.tos,
            packet.ttl,
            (segment.src_port, segment.dst_port),
            segment.flags,
            0 if at_zero else numbers.local_to_script(segment.seq),
            numbers.remote_to_script(segment.ack, on_syn=bool(segment.flags & SYN)) if segment.flags & ACK else 0,
            segment.window,
            segment.urgent,
            bytes(segment.payload),
            options,
            numbers,
        )

    # What the script sends

    def inject(self, packet: TcpPacket | UdpPacket | IcmpPacket) -> None:
        """Let a packet of the script's arrive at the host now. Raises ``ValueError`` when it cannot be made."""
        if isinstance(packet, TcpPacket):
            octets = self._segment(packet)
        elif isinstance(packet, UdpPacket):
            octets = self._datagram(packet)
        else:
            octets = self._complaint(packet)
        self._deliver(ethernet.header(self._adapter.mac, MAC, _ETHERTYPE_IPV4) + octets)

    def _segment(self, packet: TcpPacket) -> bytes:
        flags = packet.flags
        begins = flags & (SYN | ACK) == SYN
        numbers = self._for_inbound(packet, begins)
        on_syn = bool(flags & SYN)
        if begins:
            numbers.remote_sends_syn(packet.seq)
        elif on_syn:
            numbers.remote_answers(packet.seq)
        else:
            numbers.remote_speaks()
        if flags & SYN:
            numbers.largest_segment = next((v[0] for name, v in packet.options or () if name == "mss"), 536)
        segment = Segment(
            numbers.remote[1],
            numbers.local[1],
            numbers.seq_to_host(packet.seq, on_syn=on_syn),
            numbers.ack_to_host(packet.ack, on_syn=on_syn) if packet.ack is not None else 0,
            flags,
            _DEFAULT_WINDOW if packet.window is None else packet.window,
            pattern(numbers.position(packet.seq, on_syn=on_syn), packet.length),
            # The script says what stands there, octet by octet.
            Options(malformed=option_octets.emit(packet.options or (), numbers)),
            packet.urgent,
        )
        payload = segment.emit(checksum.pseudo(numbers.remote[0], numbers.local[0], PROTOCOL_TCP))
        return self._packet(PROTOCOL_TCP, payload, packet)

    def _for_inbound(self, packet: TcpPacket, begins: bool) -> Numbers:
        """Which connection it is for: that of its ports, else the current one, else a new one to the port that scripts
        bind to. A SYN 0:0 begins a new one when the remote has said more than a SYN in the current.
        """
        if packet.ports is not None:
            local, remote = (self.local, packet.ports[1]), (self.remote, packet.ports[0])
            return self._numbers.get((local, remote)) or self._begin(local, remote)
        current = self.current
        if current is None or (begins and packet.seq == 0 and current.spoke_after_syn):
            self._next_port += 1
            return self._begin((self.local, LOCAL_PORT), (self.remote, self._next_port - 1))
        return current

    def _begin(self, local: Endpoint, remote: Endpoint) -> Numbers:
        numbers = self._numbers[local, remote] = Numbers(local, remote, self._cookie(local, remote))
        self.current = numbers
        return numbers

    def numbers_of(self, local: Endpoint, remote: Endpoint) -> Numbers:
        """Those of the connection between these ends."""
        return self._numbers.get((local, remote)) or self._begin(local, remote)

    def _datagram(self, packet: UdpPacket) -> bytes:
        ports = packet.ports or (REMOTE_PORT, LOCAL_PORT)
        datagram = udp.Datagram(ports[0], ports[1], pattern(0, packet.length))
        return self._packet(PROTOCOL_UDP, datagram.emit(checksum.pseudo(self.remote, self.local, PROTOCOL_UDP)), packet)

    def _complaint(self, packet: IcmpPacket) -> bytes:
        """An error about a packet of the host's: its IP header and eight octets behind are quoted (RFC 792)."""
        numbers = self.current or self._begin((self.local, LOCAL_PORT), (self.remote, REMOTE_PORT))
        seq, length = packet.quoted or (0, 0)
        if packet.protocol == "udp":
            payload = udp.Datagram(numbers.local[1], numbers.remote[1], bytes(length)).emit(0)
            quoted = ipv4.Packet(self.local, self.remote, PROTOCOL_UDP, payload).emit()
        else:
            segment = Segment(numbers.local[1], numbers.remote[1], numbers.ack_to_host(seq), 0, ACK, 0, bytes(length))
            quoted = ipv4.Packet(self.local, self.remote, PROTOCOL_TCP, segment.emit(0), dont_fragment=True).emit()
        rest = bytes(2) + packet.mtu.to_bytes(2, "big")
        message = icmp.Message(packet.type, packet.code, rest, quoted[: ipv4.HEADER_OCTETS + 8])
        return ipv4.Packet(self.remote, self.local, PROTOCOL_ICMP, message.emit()).emit()

    def _packet(self, protocol: int, payload: bytes, packet: TcpPacket | UdpPacket) -> bytes:
        marks = packet.marks
        tos = marks.tos if marks.tos is not None else min(marks.ecn or (0,))
        self._identification = (self._identification + 1) & 0xFFFF
        return ipv4.Packet(
            self.remote, self.local, protocol, payload, marks.ttl or 64, self._identification, tos=tos
        ).emit()
