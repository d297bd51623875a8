"""The firewall: numbered rules, states, and what the one who is turned away hears."""

from __future__ import annotations

from typing import Any

import pytest
from network import Line, Mailbox, Network, Pinger, S, datagram, ip, plug_of, sniff

from michinori.host.conntrack import Conntrack
from michinori.host.firewall import Firewall, Rule
from michinori.host.nat import Napt
from michinori.inet import Internet
from michinori.wire import checksum, icmp, ipv4, tcp

CLIENT, SERVER = "10.0.1.2", "10.0.3.2"


class Wall:
    """A line whose first router is a firewall, and mailboxes at its ends."""

    def __init__(self, *rules: Rule, network: Network | None = None, **policies: Any) -> None:
        self.line = Line(network or Network())
        self.router = self.line.r1
        self.tracker = Conntrack(self.router)
        self.firewall = Firewall(self.tracker, rules, **policies)
        self.at_client, self.at_server = Mailbox(self.line.client), Mailbox(self.line.server)

    def out(self, port: int = 53, src_port: int = 1000) -> bool:
        """Whether a datagram of the client reaches the server."""
        return self._arrives(self.line.client, SERVER, datagram(CLIENT, src_port, SERVER, port), self.at_server)

    def back(self, port: int = 1000, src_port: int = 53) -> bool:
        return self._arrives(self.line.server, CLIENT, datagram(SERVER, src_port, CLIENT, port), self.at_client)

    def _arrives(self, host: Internet, dst: str, octets: bytes, mail: Mailbox) -> bool:
        before = len(mail.packets)
        host.send(ip(dst), 17, octets)
        self.line.queue.run_until(self.line.queue.now_ns + S)
        return len(mail.packets) > before

    def pings(self, host: Internet, dst: str) -> bool:
        pinger = Pinger(host)
        pinger.ask(dst)
        self.line.queue.run_until(self.line.queue.now_ns + S)
        return bool(pinger.answers)


ANSWERS = Rule("accept", state="established")
ERRORS = Rule("accept", state="related")
FROM_INSIDE = Rule("accept", in_interface="eth0")


def test_answers_come_in_and_questions_do_not() -> None:
    wall = Wall(ANSWERS, FROM_INSIDE)
    assert not wall.back()
    assert wall.out()
    assert wall.back()
    assert not wall.back(port=1001)
    assert wall.router.drops == {"firewall:default": 2}
    assert wall.firewall.hits == [2, 1, 1]


def test_the_first_rule_that_matches_decides_and_its_number_is_the_reason() -> None:
    wall = Wall(
        Rule("accept", protocol="udp", port=53),
        Rule("accept", protocol="udp", port=(100, 200)),
        Rule("drop", protocol="udp", destination=SERVER),
        forward="accept",
    )
    assert [wall.out(port) for port in (53, 54, 99, 100, 150, 200, 201)] == [
        True,
        False,
        False,
        True,
        True,
        True,
        False,
    ]
    assert wall.router.drops == {"firewall:rule-3": 3}


@pytest.mark.parametrize(
    ("rule", "matches"),
    [
        (Rule("drop"), True),
        (Rule("drop", source="10.0.1.0/24"), True),
        (Rule("drop", source="10.0.2.0/24"), False),
        (Rule("drop", source=CLIENT, destination="10.0.3.0/24"), True),
        (Rule("drop", destination="10.0.3.3"), False),
        (Rule("drop", protocol="udp"), True),
        (Rule("drop", protocol="tcp"), False),
        (Rule("drop", protocol="icmp"), False),
        (Rule("drop", protocol="udp", source_port=1000), True),
        (Rule("drop", protocol="udp", source_port=1001), False),
        (Rule("drop", in_interface="eth0", out_interface="eth1"), True),
        (Rule("drop", in_interface="eth1"), False),
        (Rule("drop", out_interface="eth0"), False),
        (Rule("drop", state="new"), True),
        (Rule("drop", state="established"), False),
        (Rule("drop", state="invalid"), False),
        (Rule("drop", hook="input"), False),
        (Rule("drop", hook="output"), False),
    ],
)
def test_what_a_rule_matches(rule: Rule, matches: bool) -> None:
    assert Wall(rule, forward="accept").out() is not matches


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"protocol": "mail"}, "one of tcp, udp, icmp"),
        ({"port": 80}, "for tcp or udp"),
        ({"protocol": "icmp", "port": 80}, "for tcp or udp"),
        ({"source": "10.0.0.1/24"}, "host bits"),
        ({"source": "2001:db8::/32"}, "no IPv4 network"),
        ({"destination": "somewhere"}, "does not appear"),
    ],
)
def test_wrong_rules_are_found_out_at_once(settings: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        Rule("drop", **settings)


def test_the_router_itself_is_guarded_at_input_and_output() -> None:
    wall = Wall(Rule("accept", hook="input", in_interface="eth0"), forward="accept", input="drop")
    assert wall.pings(wall.line.client, "10.0.1.1")
    assert not wall.pings(wall.line.server, "10.0.2.1")
    assert wall.router.drops == {"firewall:default": 1}
    quiet = Wall(Rule("drop", hook="output", protocol="icmp"), forward="accept")
    assert not quiet.pings(quiet.line.client, "10.0.1.1")
    assert quiet.pings(quiet.line.client, SERVER)
    assert quiet.router.drops == {"firewall:rule-1": 1}


def test_errors_about_what_was_let_out_come_in() -> None:
    for rules, told in (((ANSWERS, FROM_INSIDE), 0), ((ANSWERS, ERRORS, FROM_INSIDE), 1)):
        wall = Wall(*rules)
        del wall.line.server.protocols[17]
        pinger = Pinger(wall.line.client)
        wall.out()
        assert len(pinger.errors) == told


def test_the_rejected_are_told() -> None:
    wall = Wall(Rule("reject", protocol="udp"), forward="accept")
    pinger = Pinger(wall.line.client)
    assert not wall.out()
    assert pinger.errors == [(icmp.UNREACHABLE, icmp.ADMINISTRATIVELY_PROHIBITED)]
    assert wall.router.drops == {"firewall:rule-1": 1}


def syn(src: str, dst: str) -> bytes:
    return tcp.Segment(1000, 80, 77, 0, tcp.SYN, 1000).emit(checksum.pseudo(ip(src), ip(dst), 6))


def test_a_rejected_connection_can_be_reset() -> None:
    wall = Wall(Rule("reject", protocol="tcp", reject_with="tcp-reset"), forward="accept")
    mail = Mailbox(wall.line.client, 6)
    wall.line.client.send(ip(SERVER), 6, syn(CLIENT, SERVER))
    wall.line.queue.run_until(S)
    (packet,) = mail.packets
    answer = tcp.Segment.parse(packet.payload, checksum.pseudo(packet.src, packet.dst, 6))
    assert (packet.src, answer.flags, answer.ack) == (ip(SERVER), tcp.RST | tcp.ACK, 78)
    assert (answer.src_port, answer.dst_port) == (80, 1000)
    # A damaged segment is not answered, nor is a reset.
    wall.line.client.send(ip(SERVER), 6, syn(CLIENT, "10.0.3.3"))
    reset = tcp.Segment(1000, 80, 77, 0, tcp.RST, 0).emit(checksum.pseudo(ip(CLIENT), ip(SERVER), 6))
    wall.line.client.send(ip(SERVER), 6, reset)
    wall.line.queue.run_until(2 * S)
    assert len(mail.packets) == 1


@pytest.mark.parametrize("reject_with", ["icmp", "tcp-reset"])
def test_rejection_is_translated_like_anything_else(reject_with: str) -> None:
    """Who is turned away at a forwarded port hears it from the outside address, and learns nothing of the inside."""
    wall = Wall(Rule("reject", in_interface="eth1", reject_with=reject_with), forward="accept")  # type: ignore[arg-type]
    napt = Napt(wall.tracker, wall.router.interfaces[1])
    napt.forward_port("tcp", 8080, ip(CLIENT), 80)
    frames = sniff(plug_of(wall.line.server.interfaces[0]))
    segment = tcp.Segment(5555, 8080, 77, 0, tcp.SYN, 1000)
    wall.line.server.send(ip("10.0.2.1"), 6, segment.emit(checksum.pseudo(ip(SERVER), ip("10.0.2.1"), 6)))
    wall.line.queue.run_until(S)
    packets = [ipv4.Packet.parse(frame[14:]) for frame in frames if frame[12:14] == b"\x08\x00"]
    (answer,) = packets
    assert answer.src == ip("10.0.2.1")
    assert ip(CLIENT) not in bytes(answer.payload)
    if reject_with == "tcp-reset":
        reset = tcp.Segment.parse(answer.payload, checksum.pseudo(answer.src, answer.dst, 6))
        assert (reset.src_port, reset.flags) == (8080, tcp.RST | tcp.ACK)


def test_drops_carry_their_rule_into_the_capture(recorder: Any) -> None:
    wall = Wall(Rule("accept", protocol="tcp"), Rule("drop", protocol="udp"), network=Network(recorder=recorder))
    wall.out()
    (dropped,) = wall.line.network.events("dropped", "r1")
    assert dropped.why == "firewall:rule-2"
    assert dropped.data["dst"] == SERVER
    frames = [event for event in wall.line.network.events("frame-received", "r1") if event.why]
    assert [event.why for event in frames] == ["firewall:rule-2"]
