"""ICMP: what is reported to the senders of packets, and what is done with reports and questions that come in.

Sources: RFC 792; RFC 1122 section 3.2.2 (about what no error is sent); RFC 1812 section 4.3 (quotation, source address,
type of service, rate limits); RFC 1191 (path MTU). The rate limits are those of Linux: about each destination six at
once and one a second after that, and fifty at once and a thousand a second in all; "fragmentation needed" is never
held back, because without it a path is a black hole.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from michinori.inet import addresses
from michinori.inet.errors import IcmpError, Unreachable
from michinori.inet.interface import Interface
from michinori.inet.ipv4.description import describe
from michinori.inet.ipv4.options import answered
from michinori.inet.ipv4.sending import Sender
from michinori.inet.node import Node
from michinori.inet.own_addresses import OwnAddresses
from michinori.inet.path_mtu import PathMtus
from michinori.inet.token_bucket import TokenBucket
from michinori.sim import Nanos
from michinori.trace import NS_PER_S
from michinori.wire import icmp, ipv4, protocols
from michinori.wire.malformed import Malformed

_BURST_OF_ONE: Final = 6
_BURST_OF_ALL: Final = 50
_MOST_BUCKETS: Final = 1024

#: RFC 1812 section 4.3.2.5: errors travel with the precedence of internetwork control.
_INTERNETWORK_CONTROL: Final = 0xC0
_TOS_BITS: Final = 0x1E

#: The address mask reply of RFC 950.
_LAST_QUERY: Final = 18

EchoListener = Callable[[icmp.Message, ipv4.Packet], None]


class Icmp:
    """ICMP of one host."""

    def __init__(
        self,
        node: Node,
        sender: Sender,
        path_mtus: PathMtus,
        own: OwnAddresses,
    ) -> None:
        self.on_error: list[Callable[[IcmpError], None]] = []
        self.on_echo_reply: list[EchoListener] = []
        self.on_redirect: Callable[[bytes, bytes, bytes], None] | None = None
        self.vouchers: dict[int, Callable[[IcmpError], bool]] = {}
        self._node = node
        self._sender = sender
        self._path_mtus = path_mtus
        self._own = own
        self._all = TokenBucket(NS_PER_S // 1000, _BURST_OF_ALL)
        self._buckets: dict[bytes, TokenBucket] = {}
        self._interval_ns = NS_PER_S

    @property
    def interval_ns(self) -> Nanos:
        """How long until one more error may go to the same host, after the first few."""
        return self._interval_ns

    @interval_ns.setter
    def interval_ns(self, interval_ns: Nanos) -> None:
        self._interval_ns = interval_ns
        self._buckets.clear()

    # -- Reporting -----------------------------------------------------------------------------------------------------

    def unreachable(self, packet: ipv4.Packet, code: int, mtu: int = 0) -> None:
        """Report that a packet could not go on, or found nobody."""
        if self._may_report(packet, limited=code != icmp.FRAGMENTATION_NEEDED):
            self._report(packet, icmp.unreachable(code, packet.emit(), mtu))

    def time_exceeded(self, packet: ipv4.Packet, code: int) -> None:
        """Report that a packet had no hops left, or its fragments no time."""
        if self._may_report(packet):
            self._report(packet, icmp.time_exceeded(code, packet.emit()))

    def parameter_problem(self, packet: ipv4.Packet, pointer: int) -> None:
        """Report that an octet of a packet's header is wrong."""
        if self._may_report(packet):
            self._report(packet, icmp.parameter_problem(icmp.POINTER_INDICATES, packet.emit(), pointer))

    def redirect(self, packet: ipv4.Packet, gateway: bytes) -> None:
        """Report that there is a better next hop."""
        if self._may_report(packet):
            self._report(packet, icmp.redirect(icmp.REDIRECT_HOST, gateway, packet.emit()))

    def _may_report(self, packet: ipv4.Packet, *, limited: bool = True) -> bool:
        """RFC 1122 section 3.2.2: never about an error, a broadcast, a later fragment, or to nobody in particular."""
        if packet.offset or not self._is_one_host(packet.src) or self._own.is_to_many(packet.dst):
            return False
        if packet.protocol == protocols.PROTOCOL_ICMP:
            # Unknown types may be errors too (RFC 1812 section 4.3.2.7).
            kind = packet.payload[0] if packet.payload else icmp.UNREACHABLE
            if kind in icmp.ERRORS or kind > _LAST_QUERY:
                return False
        return not limited or self._within_limits(packet.src)

    def _is_one_host(self, address: bytes) -> bool:
        return self._own.is_mine(address) or not (addresses.is_reserved(address) or self._own.is_to_many(address))

    def _within_limits(self, dst: bytes) -> bool:
        now_ns = self._node.queue.now_ns
        bucket = self._buckets.get(dst)
        if bucket is None:
            if len(self._buckets) >= _MOST_BUCKETS:
                del self._buckets[next(iter(self._buckets))]
            bucket = self._buckets[dst] = TokenBucket(self._interval_ns, _BURST_OF_ONE)
        if bucket.take(now_ns) and self._all.take(now_ns):
            return True
        self._node.note("icmp", "held-back", {"dst": addresses.text(dst)}, why="rate-limit")
        return False

    def _report(self, about: ipv4.Packet, message: icmp.Message) -> None:
        tos = about.tos & _TOS_BITS | _INTERNETWORK_CONTROL
        source = about.dst if about.dst in self._own else None
        self._send(about.src, message, source, tos, about=describe(about))

    def _send(
        self,
        dst: bytes,
        message: icmp.Message,
        src: bytes | None,
        tos: int,
        about: dict[str, Any] | None = None,
        options: bytes = b"",
    ) -> None:
        cause = 0
        if self._node.watched:
            cause = self._node.note("icmp", "sent", _data(message, dst) | ({"about": about} if about else {}))
        with self._node.acting(cause or self._node.cause):
            try:
                if src is None:
                    src = self._sender.source_for(dst, self._sender.find_route(dst))
                packet = ipv4.Packet(src, dst, protocols.PROTOCOL_ICMP, message.emit(), tos=tos, options=options)
                self._sender.launch(packet)
            except Unreachable as error:
                self._node.drop(error.reason, frame=False)

    # -- What comes in -------------------------------------------------------------------------------------------------

    def receive(self, packet: ipv4.Packet, _interface: Interface) -> None:
        """Take a packet that carries ICMP."""
        try:
            message = icmp.Message.parse(packet.payload)
            quoted = ipv4.Packet.parse_quoted(message.quoted) if message.is_error else None
        except Malformed as error:
            self._node.drop(error.reason, describe(packet), layer="icmp")
            return
        cause = 0
        if self._node.watched:
            about = {} if quoted is None else {"about": describe(quoted)}
            cause = self._node.note("icmp", "received", _data(message, packet.src, "from") | about)
        with self._node.acting(cause or self._node.cause):
            if quoted is not None:
                self._take_error(message, quoted, packet)
            elif message.type == icmp.ECHO_REQUEST:
                self._answer_echo(message, packet)
            elif message.type == icmp.ECHO_REPLY:
                for listener in self.on_echo_reply:
                    listener(message, packet)
            else:  # RFC 1122 section 3.2.2: in silence
                self._node.drop("icmp-type", _data(message, packet.src, "from"), layer="icmp")

    def _answer_echo(self, message: icmp.Message, packet: ipv4.Packet) -> None:
        # Questions to everybody may be ignored (RFC 1122 section 3.2.2.6) and should be, or one answers with a flood.
        if not self._own.is_mine(packet.dst):
            self._node.drop("echo-to-many", _data(message, packet.src, "from"), layer="icmp")
            return
        options = answered(packet.options, packet.dst, self._node.date_ns) if packet.options else b""
        self._send(packet.src, icmp.echo_reply(message), packet.dst, packet.tos, options=options)

    def _take_error(self, message: icmp.Message, quoted: ipv4.Packet, packet: ipv4.Packet) -> None:
        if not self._own.is_mine(quoted.src):
            self._node.drop("icmp-not-ours", _data(message, packet.src, "from"), layer="icmp")
            return
        if message.type == icmp.REDIRECT:
            if self.on_redirect is not None:
                self.on_redirect(quoted.dst, message.gateway, packet.src)
            else:
                self._node.drop("icmp-redirect", _data(message, packet.src, "from"), layer="icmp")
            return
        octets = bytes(quoted.payload)
        report = IcmpError(
            message.type, message.code, quoted.src, quoted.dst, quoted.protocol, octets, reporter=packet.src
        )
        if message.type == icmp.UNREACHABLE and message.code == icmp.FRAGMENTATION_NEEDED:
            mtu = self._learn_path_mtu(message, quoted, report)
            if mtu is None:
                return
            report = IcmpError(
                message.type, message.code, quoted.src, quoted.dst, quoted.protocol, octets, mtu, packet.src
            )
        self.tell(report)

    def tell(self, report: IcmpError) -> None:
        """Pass a report on to the transports."""
        for listener in self.on_error:
            listener(report)

    def _learn_path_mtu(self, message: icmp.Message, quoted: ipv4.Packet, report: IcmpError) -> int | None:
        """The new MTU of the path; None if the report is not to be believed, as anybody can send one (RFC 5927)."""
        vouch = self.vouchers.get(quoted.protocol)
        if not self._sender.has_sent_to(quoted.src, quoted.dst, quoted.protocol) or (vouch and not vouch(report)):
            self._node.drop("icmp-not-believed", _data(message, report.reporter, "from"), layer="icmp")
            return None
        try:
            current = self._sender.path_mtu(quoted.dst)
        except Unreachable:
            return None
        refused = int.from_bytes(message.quoted[2:4], "big")
        mtu = self._path_mtus.learn(quoted.dst, message.mtu, refused, current, self._node.queue.now_ns)
        if mtu is None:
            return current if message.mtu >= current else None
        self._sender.forget()
        self._node.note("ip", "path-mtu", {"dst": addresses.text(quoted.dst), "mtu": mtu, "before": current})
        return mtu


def _data(message: icmp.Message, address: bytes, role: str = "to") -> dict[str, Any]:
    data = {
        role: addresses.text(address),
        "type": message.type,
        "code": message.code,
        "meaning": message.meaning,
    }
    if message.type in (icmp.ECHO_REQUEST, icmp.ECHO_REPLY):
        return data | {"id": message.identifier, "seq": message.sequence}
    if message.type == icmp.UNREACHABLE and message.code == icmp.FRAGMENTATION_NEEDED:
        return data | {"mtu": message.mtu}
    return data
