"""A stateful packet filter: numbered rules at three of the five hooks; the first that matches decides.

What it drops says by which rule: ``firewall:rule-3``, or ``firewall:default`` when none matched. What it rejects is
answered, by "communication administratively prohibited" (RFC 1812 section 5.2.7.1) or, for TCP, by a reset.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from ipaddress import IPv4Network, ip_network
from typing import Final, Literal, TypeAlias

import msgspec

from michinori.host.conntrack import Conntrack, Tracked
from michinori.host.rewriting import endpoints
from michinori.inet import ACCEPT, Passing, Unreachable, Verdict
from michinori.inet.hooks import Hook
from michinori.tcp import answer_closed
from michinori.wire import checksum, icmp, ipv4, protocols, tcp
from michinori.wire.malformed import Malformed

Decision: TypeAlias = Literal["accept", "drop", "reject"]
HookName: TypeAlias = Literal["input", "forward", "output"]
Ports: TypeAlias = int | tuple[int, int]

_NUMBERS: Final = {
    "tcp": protocols.PROTOCOL_TCP,
    "udp": protocols.PROTOCOL_UDP,
    "icmp": protocols.PROTOCOL_ICMP,
}


class Rule(msgspec.Struct, frozen=True, dict=True):
    """What is left out matches everything. Networks as text (``"192.168.1.0/24"``, ``"10.0.0.1"``); ``port`` is that
    of the destination, one or from … to; ``reject_with`` ``tcp-reset`` counts for TCP alone.
    """

    verdict: Decision
    hook: HookName = "forward"
    state: Literal["new", "established", "related", "invalid", ""] = ""
    in_interface: str = ""
    out_interface: str = ""
    protocol: str = ""
    source: str = ""
    destination: str = ""
    port: Ports = 0
    source_port: Ports = 0
    reject_with: Literal["icmp", "tcp-reset"] = "icmp"

    def __post_init__(self) -> None:
        if self.protocol not in ("", *_NUMBERS):
            raise ValueError(f"a rule's protocol is one of {', '.join(_NUMBERS)}, not {self.protocol!r}")
        if (self.port or self.source_port) and self.protocol not in ("tcp", "udp"):
            raise ValueError("a rule with a port is for tcp or udp")
        _ = self._source, self._destination  # so that a wrong address is found out now

    @cached_property
    def _source(self) -> IPv4Network | None:
        return _network(self.source)

    @cached_property
    def _destination(self) -> IPv4Network | None:
        return _network(self.destination)

    def matches(self, passing: Passing) -> bool:
        """Whether it is about this packet."""
        packet = passing.packet
        if self.state and not _has_state(passing, self.state):
            return False
        if self.in_interface and (passing.incoming is None or passing.incoming.name != self.in_interface):
            return False
        if self.out_interface and (passing.outgoing is None or passing.outgoing.name != self.out_interface):
            return False
        if self.protocol and packet.protocol != _NUMBERS[self.protocol]:
            return False
        if not _is_in(packet.src, self._source) or not _is_in(packet.dst, self._destination):
            return False
        return not (self.port or self.source_port) or self._matches_ports(packet)

    def _matches_ports(self, packet: ipv4.Packet) -> bool:
        ends = endpoints(packet)
        if ends is None:
            return False
        (_, src_port), (_, dst_port) = ends
        return _covers(self.source_port, src_port) and _covers(self.port, dst_port)


class Firewall:
    """The rules of one host, numbered from 1 in their order, and what becomes of the rest at each hook."""

    def __init__(
        self,
        tracker: Conntrack,
        rules: Iterable[Rule],
        *,
        forward: Decision = "drop",
        input: Decision = "accept",  # noqa: A002 - the hook's name
        output: Decision = "accept",
    ) -> None:
        self.rules = list(rules)
        self.hits = [0] * (len(self.rules) + 1)
        """How often each rule decided, by its number; at 0 how often none did."""
        self._tracker = tracker
        self._internet = tracker.internet
        hooks = tracker.internet.hooks
        hooks.input.insert(0, self._filter("input", input))
        hooks.forward.append(self._filter("forward", forward))
        hooks.output.append(self._filter("output", output))

    def _filter(self, name: HookName, default: Decision) -> Hook:
        numbered = [(number, rule) for number, rule in enumerate(self.rules, 1) if rule.hook == name]

        def judge(passing: Passing) -> Verdict:
            for number, rule in numbered:
                if rule.matches(passing):
                    self.hits[number] += 1
                    return self._carry_out(passing, rule.verdict, f"firewall:rule-{number}", rule.reject_with)
            self.hits[0] += 1
            return self._carry_out(passing, default, "firewall:default", "icmp")

        return judge

    def _carry_out(self, passing: Passing, verdict: Decision, why: str, reject_with: str) -> Verdict:
        if verdict == "accept":
            return ACCEPT
        if verdict == "reject" and passing.incoming is not None:
            # The answer is translated back like any other, so the connection must be known.
            self._tracker.enter(passing)
            if reject_with == "tcp-reset" and passing.packet.protocol == protocols.PROTOCOL_TCP:
                self._reset(passing.packet)
            else:
                self._internet.answer_unreachable(passing.packet, icmp.ADMINISTRATIVELY_PROHIBITED)
        return why

    def _reset(self, packet: ipv4.Packet) -> None:
        """Answer a segment as a host would where nobody listens (RFC 9293 section 3.10.7.1)."""
        try:
            segment = tcp.Segment.parse(packet.payload, checksum.pseudo(packet.src, packet.dst, protocols.PROTOCOL_TCP))
        except Malformed:
            return
        answer = answer_closed(segment)
        if answer is not None:
            octets = answer.emit(checksum.pseudo(packet.dst, packet.src, protocols.PROTOCOL_TCP))
            try:
                self._internet.send(packet.src, protocols.PROTOCOL_TCP, octets, src=packet.dst, dont_fragment=True)
            except Unreachable as error:
                self._internet.node.drop(error.reason, frame=False)


def _network(text: str) -> IPv4Network | None:
    if not text:
        return None
    network = ip_network(text)
    if not isinstance(network, IPv4Network):
        raise ValueError(f"{text} is no IPv4 network")
    return network


def _is_in(address: bytes, network: IPv4Network | None) -> bool:
    if network is None:
        return True
    mask = int(network.netmask)
    return len(address) == 4 and int.from_bytes(address, "big") & mask == int(network.network_address)


def _has_state(passing: Passing, state: str) -> bool:
    tracked = passing.connection
    return isinstance(tracked, Tracked) and tracked.state.value == state


def _covers(wanted: Ports, port: int) -> bool:
    if isinstance(wanted, tuple):
        return wanted[0] <= port <= wanted[1]
    return not wanted or wanted == port
