"""NAPT: one address outside for many inside; what RFC 4787, RFC 5382 and RFC 5508 ask of it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from network import Network, S, default_route, ip, plug_of

from michinori.host.conntrack import Conntrack
from michinori.host.nat import Napt
from michinori.inet import IcmpError, Internet
from michinori.link import Switch
from michinori.wire import checksum, icmp, ipv4, tcp, udp

INSIDE, ROUTER, OUTSIDE = "192.168.1.10", "192.168.1.1", "198.51.100.2"
SERVER, OTHER = "203.0.113.80", "203.0.113.81"


class Home:
    """Two machines at home, the router that translates, and two servers behind another router."""

    def __init__(self, network: Network | None = None, access_mtu: int = 1500, **settings: Any) -> None:
        self.network = network or Network()
        self.queue = self.network.queue
        self.pc, self.tv = self.network.host("pc"), self.network.host("tv")
        self.router = self.network.host("router", forwarding=True)
        self.isp = self.network.host("isp", forwarding=True)
        self.server, self.other = self.network.host("server"), self.network.host("other")
        switch = Switch("switch", self.queue)
        for host, address in ((self.pc, INSIDE), (self.tv, "192.168.1.11"), (self.router, ROUTER)):
            self.network.cable(plug_of(self.network.interface(host, f"{address}/24")), switch.free_port())
        self.access = self.network.join(self.router, f"{OUTSIDE}/24", self.isp, "198.51.100.1/24", access_mtu)
        far = Switch("far", self.queue)
        for host, address in ((self.isp, "203.0.113.1"), (self.server, SERVER), (self.other, OTHER)):
            self.network.cable(plug_of(self.network.interface(host, f"{address}/24")), far.free_port())
        for host, gateway in (
            (self.pc, ROUTER),
            (self.tv, ROUTER),
            (self.router, "198.51.100.1"),
            (self.server, "203.0.113.1"),
            (self.other, "203.0.113.1"),
        ):
            default_route(host, gateway)
        self.tracker = Conntrack(self.router)
        self.napt = Napt(self.tracker, self.router.interfaces[1], **settings)
        self.mail = {host.node.host: Mail(host) for host in (self.pc, self.tv, self.router, self.server, self.other)}

    def udp(self, src: Internet, port: int, dst: str, dst_port: int, payload: bytes = b"hello") -> None:
        source = src.source_for(ip(dst))
        octets = udp.Datagram(port, dst_port, payload).emit(checksum.pseudo(source, ip(dst), 17))
        src.send(ip(dst), 17, octets)
        self.queue.run_until(self.queue.now_ns + S)

    def outside_port(self, port: int = 1000, src: Internet | None = None, dst: str = SERVER) -> int:
        """The port that a server sees of a machine inside (the PC)."""
        mail = self.mail["server" if dst == SERVER else "other"]
        mail.clear()
        self.udp(src or self.pc, port, dst, 53)
        ((address, seen, _, _),) = mail
        assert address == OUTSIDE
        return seen


class Mail(list[tuple[str, int, int, bytes]]):
    """The datagrams that reach a host: from where, by which port, to which port, with what."""

    def __init__(self, host: Internet) -> None:
        super().__init__()
        host.protocols[17] = self._take
        self.errors: list[IcmpError] = []
        host.on_icmp_error.append(self.errors.append)

    def _take(self, packet: ipv4.Packet, _interface: object) -> None:
        got = udp.Datagram.parse(packet.payload, checksum.pseudo(packet.src, packet.dst, 17))
        text = ".".join(str(octet) for octet in packet.src)
        self.append((text, got.src_port, got.dst_port, bytes(got.payload)))


def test_what_leaves_wears_the_outside_address_and_answers_find_back() -> None:
    home = Home()
    home.udp(home.pc, 2000, SERVER, 53, b"question")
    assert home.mail["server"] == [(OUTSIDE, 2000, 53, b"question")]
    home.udp(home.server, 53, OUTSIDE, 2000, b"answer")
    assert home.mail["pc"] == [(SERVER, 53, 2000, b"answer")]
    (row,) = home.napt.rows()
    assert (row.protocol, row.inside, row.outside, row.connections) == (
        "udp",
        f"{INSIDE}:2000",
        f"{OUTSIDE}:2000",
        1,
    )


def test_one_mapping_whatever_it_talks_to() -> None:
    home = Home()
    home.outside_port(5000, home.tv)
    first = home.outside_port(5000)  # the port is taken, so it gets another one
    assert first != 5000
    assert home.outside_port(5000, dst=OTHER) == first
    assert [row.connections for row in home.napt.rows()] == [1, 2]


def test_a_port_that_is_taken_is_replaced_by_one_of_the_same_parity() -> None:
    home = Home()
    ports = set()
    for port in range(5000, 5020):
        assert home.outside_port(port, home.tv) == port
        other = home.outside_port(port)
        assert other != port
        assert other % 2 == port % 2
        assert other >= 1024
        ports.add(other)
    assert len(ports) == 20


def test_low_ports_stay_with_the_router() -> None:
    home = Home()
    assert home.outside_port(53) >= 1024


def test_the_router_s_own_ports_and_those_inside_do_not_collide() -> None:
    home = Home()
    home.udp(home.router, 6000, SERVER, 53)
    assert home.mail["server"] == [(OUTSIDE, 6000, 53, b"hello")]
    assert home.outside_port(6000) != 6000
    home.udp(home.server, 53, OUTSIDE, 6000, b"for the router")
    assert home.mail["router"] == [(SERVER, 53, 6000, b"for the router")]
    assert home.mail["pc"] == []


def test_the_router_s_own_traffic_steps_aside_for_a_mapping() -> None:
    home = Home()
    home.outside_port(6000)
    home.mail["server"].clear()
    home.udp(home.router, 6000, SERVER, 53)
    ((_, port, _, _),) = home.mail["server"]
    assert port != 6000
    home.udp(home.server, 53, OUTSIDE, port, b"for the router")
    assert home.mail["router"] == [(SERVER, 53, 6000, b"for the router")]


@pytest.mark.parametrize(
    ("filtering", "let_in"),
    [
        ("endpoint-independent", [True, True, True]),
        ("address-dependent", [True, True, False]),
        ("address-and-port-dependent", [True, False, False]),
    ],
)
def test_who_may_come_in_by_a_mapping(filtering: str, let_in: list[bool]) -> None:
    home = Home(filtering=filtering)
    port = home.outside_port()
    came = []
    for host, from_port in ((home.server, 53), (home.server, 54), (home.other, 53)):
        before = len(home.mail["pc"])
        home.udp(host, from_port, OUTSIDE, port)
        came.append(len(home.mail["pc"]) > before)
    assert came == let_in
    assert home.router.drops.get("nat:filtered", 0) == let_in.count(False)


def test_a_mapping_ends_with_its_connections() -> None:
    home = Home()
    port = home.outside_port(5000)
    home.queue.run_until(home.queue.now_ns + 301 * S)
    assert home.napt.rows() == []
    assert home.outside_port(5000, home.tv) == 5000
    home.queue.run_until(home.queue.now_ns + 301 * S)
    home.udp(home.server, 53, OUTSIDE, port)
    assert home.mail["pc"] == home.mail["tv"] == []
    # What came from outside meanwhile is a connection of the router's, which a new mapping must not run into.
    assert home.outside_port(5000) != 5000


def test_a_mapping_in_use_stays() -> None:
    home = Home()
    for _ in range(5):
        home.outside_port(5000)
        home.queue.run_until(home.queue.now_ns + 290 * S)
        home.udp(home.server, 53, OUTSIDE, 5000)
    assert len(home.mail["pc"]) == 5


def test_forwarded_ports_lead_inside() -> None:
    home = Home()
    home.napt.forward_port("udp", 8080, ip(INSIDE), 80)
    home.udp(home.other, 7777, OUTSIDE, 8080, b"knock")
    assert home.mail["pc"] == [(OTHER, 7777, 80, b"knock")]
    home.udp(home.pc, 80, OTHER, 7777, b"who is there?")
    assert home.mail["other"] == [(OUTSIDE, 8080, 7777, b"who is there?")]
    assert home.outside_port(8080, home.tv) != 8080  # reserved
    with pytest.raises(ValueError, match="tcp or udp"):
        home.napt.forward_port("icmp", 1, ip(INSIDE), 1)


@pytest.mark.parametrize("hairpin", [False, True])
def test_machines_inside_meet_by_their_outside_ports_on_request(hairpin: bool) -> None:
    home = Home(hairpin=hairpin)
    home.napt.forward_port("udp", 8080, ip(INSIDE), 80)
    home.udp(home.tv, 7777, OUTSIDE, 8080, b"knock")
    if not hairpin:
        assert home.mail["pc"] == []
        return
    assert home.mail["pc"] == [(OUTSIDE, 7777, 80, b"knock")]
    home.udp(home.pc, 80, OUTSIDE, 7777, b"who is there?")
    assert home.mail["tv"] == [(OUTSIDE, 8080, 7777, b"who is there?")]


def test_echoes_are_mapped_by_their_identifier() -> None:
    home = Home()
    answers: dict[str, list[int]] = {"pc": [], "tv": []}
    for host in (home.pc, home.tv):
        name = host.node.host
        host.on_echo_reply.append(lambda message, packet, name=name: answers[name].append(message.identifier))
        host.send(ip(SERVER), 1, icmp.echo_request(7, 1, b"ping").emit())
    home.queue.run_until(home.queue.now_ns + S)
    assert answers == {"pc": [7], "tv": [7]}
    assert len({row.outside for row in home.napt.rows()}) == 2


def test_tcp_keeps_its_checksum_right_and_a_wrong_one_wrong() -> None:
    home = Home()
    seen: list[tuple[int, str]] = []

    def take(packet: ipv4.Packet, _interface: object) -> None:
        pseudo = checksum.pseudo(packet.src, packet.dst, 6)
        try:
            seen.append((tcp.Segment.parse(packet.payload, pseudo).src_port, "right"))
        except ValueError:
            seen.append((0, "wrong"))

    home.server.protocols[6] = take
    octets = tcp.Segment(5000, 80, 1, 0, tcp.SYN, 1000).emit(checksum.pseudo(ip(INSIDE), ip(SERVER), 6))
    home.tv.send(
        ip(SERVER), 6, tcp.Segment(5000, 80, 1, 0, tcp.SYN, 9).emit(checksum.pseudo(ip("192.168.1.11"), ip(SERVER), 6))
    )
    home.pc.send(ip(SERVER), 6, octets)
    damaged = octets[:5] + bytes((octets[5] ^ 4,)) + octets[6:]
    home.pc.send(ip(SERVER), 6, damaged)
    home.queue.run_until(home.queue.now_ns + S)
    assert [state for _, state in seen] == ["right", "right", "wrong"]
    assert seen[0][0] == 5000
    assert seen[1][0] != 5000


def test_a_datagram_without_a_checksum_stays_without_one() -> None:
    home = Home()
    got: list[bytes] = []
    home.server.protocols[17] = lambda packet, _: got.append(bytes(packet.payload))
    home.pc.send(ip(SERVER), 17, bytes.fromhex("03e80035000d0000") + b"hello")
    home.queue.run_until(home.queue.now_ns + S)
    assert got == [got[0][:2] + bytes.fromhex("0035000d0000") + b"hello"]


def test_errors_and_what_they_quote_are_translated_back() -> None:
    home = Home()
    del home.server.protocols[17]
    home.udp(home.tv, 5000, OTHER, 53)  # so that the PC's port is changed
    home.udp(home.pc, 5000, SERVER, 53, bytes(100))
    (error,) = home.mail["pc"].errors
    assert (error.type, error.code) == (icmp.UNREACHABLE, icmp.PROTOCOL_UNREACHABLE)
    assert (error.src, error.dst, error.reporter) == (ip(INSIDE), ip(SERVER), ip(SERVER))
    sent = udp.Datagram(5000, 53, bytes(100)).emit(checksum.pseudo(ip(INSIDE), ip(SERVER), 17))
    assert error.octets == sent  # ports and checksum as the PC had sent them


def test_a_router_on_the_way_reports_through_the_translation_too() -> None:
    home = Home()
    home.pc.send(ip(SERVER), 17, udp.Datagram(1000, 53, b"x").emit(checksum.pseudo(ip(INSIDE), ip(SERVER), 17)), ttl=2)
    home.pc.send(ip(SERVER), 1, icmp.echo_request(9, 1).emit(), ttl=2)
    home.queue.run_until(home.queue.now_ns + S)
    assert [(error.type, error.reporter) for error in home.mail["pc"].errors] == [
        (icmp.TIME_EXCEEDED, ip("198.51.100.1"))
    ] * 2
    assert home.mail["pc"].errors[1].octets[4:6] == b"\0\x09"


def test_the_translator_s_own_reports_to_the_inside() -> None:
    home = Home()
    home.udp(home.pc, 1000, "203.0.113.99", 53)  # nobody there: the ISP reports
    home.pc.send(ip(SERVER), 17, udp.Datagram(1000, 53, b"x").emit(checksum.pseudo(ip(INSIDE), ip(SERVER), 17)), ttl=1)
    home.queue.run()
    errors = [(error.type, error.src, error.reporter) for error in home.mail["pc"].errors]
    assert errors == [
        (icmp.TIME_EXCEEDED, ip(INSIDE), ip(ROUTER)),
        (icmp.UNREACHABLE, ip(INSIDE), ip("198.51.100.1")),
    ]


def test_nothing_of_the_inside_is_seen_outside_in_reports() -> None:
    home = Home()
    home.napt.forward_port("udp", 8080, ip("192.168.1.99"), 80)  # nobody has that address
    home.napt.forward_port("udp", 8081, ip(INSIDE), 81)
    del home.pc.protocols[17]
    for port in (8080, 8081):
        home.udp(home.other, 7777, OUTSIDE, port)
    home.queue.run()
    errors = home.mail["other"].errors
    assert [(error.code, error.reporter, error.src, error.dst) for error in errors] == [
        (icmp.PROTOCOL_UNREACHABLE, ip(OUTSIDE), ip(OTHER), ip(OUTSIDE)),
        (icmp.HOST_UNREACHABLE, ip(OUTSIDE), ip(OTHER), ip(OUTSIDE)),
    ]
    assert [error.octets[2:4] for error in errors] == [(8081).to_bytes(2, "big"), (8080).to_bytes(2, "big")]


def test_the_path_mtu_is_found_through_the_translation() -> None:
    home = Home(access_mtu=1454)
    home.pc.send(ip(SERVER), 17, bytes.fromhex("07d0003505d40000") + bytes(1472 - 8), dont_fragment=True)
    home.udp(home.server, 53, OUTSIDE, 2000)
    home.server.send(ip(OUTSIDE), 17, bytes.fromhex("003507d005d40000") + bytes(1472 - 8), dont_fragment=True)
    home.queue.run_until(home.queue.now_ns + S)
    assert home.pc.path_mtu(ip(SERVER)) == 1454
    assert home.server.path_mtu(ip(OUTSIDE)) == 1454


def test_what_belongs_to_no_connection_does_not_leak() -> None:
    home = Home()
    home.pc.send(
        ip(SERVER), 6, tcp.Segment(5000, 80, 1, 1, tcp.ACK, 9).emit(checksum.pseudo(ip(INSIDE), ip(SERVER), 6))
    )
    home.queue.run_until(home.queue.now_ns + S)
    assert home.router.drops == {"nat:no-connection": 1}


def test_other_protocols_have_one_user_at_a_time() -> None:
    home = Home()
    home.pc.send(ip(SERVER), 47, b"tunnel")
    home.queue.run_until(home.queue.now_ns + S)
    home.tv.send(ip(SERVER), 47, b"tunnel")
    home.queue.run_until(home.queue.now_ns + S)
    assert home.router.drops == {"nat:no-port": 1}


def test_fragments_are_translated_whole() -> None:
    home = Home(access_mtu=600)
    home.udp(home.pc, 5000, SERVER, 53, bytes(4000))
    home.udp(home.server, 53, OUTSIDE, 5000, bytes(3000))
    assert home.mail["server"] == [(OUTSIDE, 5000, 53, bytes(4000))]
    assert home.mail["pc"] == [(SERVER, 53, 5000, bytes(3000))]


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 65535), st.booleans()), min_size=1, max_size=12))
def test_every_answer_finds_who_asked(questions: list[tuple[bool, int, bool]]) -> None:
    home = Home()
    for number, (by_tv, port, to_other) in enumerate(questions):
        src, dst = (home.tv if by_tv else home.pc), (OTHER if to_other else SERVER)
        at = home.mail["other" if to_other else "server"]
        home.udp(src, port, dst, 53, bytes((number,)))
        address, outside_port, _, payload = at[-1]
        assert (address, payload) == (OUTSIDE, bytes((number,)))
        home.udp(home.other if to_other else home.server, 53, OUTSIDE, outside_port, payload)
        assert home.mail["tv" if by_tv else "pc"][-1] == (dst, 53, port, bytes((number,)))
    endpoints = {(by_tv, port) for by_tv, port, _ in questions}
    assert len({row.outside for row in home.napt.rows()}) == len(home.napt.rows()) == len(endpoints)


def test_what_is_translated_is_written_down(recorder: Any) -> None:
    home = Home(Network(recorder=recorder))
    home.udp(home.pc, 2000, SERVER, 53)
    (mapped,) = home.network.events("nat-mapped")
    assert mapped.data == {"protocol": "udp", "inside": f"{INSIDE}:2000", "outside": f"{OUTSIDE}:2000"}
    (translated,) = home.network.events("translated")
    assert translated.data["from"] == f"{INSIDE}:2000 > {SERVER}:53"
    assert translated.data["to"] == f"{OUTSIDE}:2000 > {SERVER}:53"


def test_connections_from_outside_that_are_over_are_forgotten() -> None:
    """One mapping, and a server that comes back to it from ever other ports."""
    home = Home()
    outside = home.outside_port()
    mapping = home.napt._by_inside[17, (ip(INSIDE), 1000)]
    for port in range(2000, 2400):
        home.udp(home.server, port, OUTSIDE, outside)
        if port % 40 == 0:
            home.outside_port()
            home.queue.run_until(home.queue.now_ns + 240 * S)
    assert len(home.mail["pc"]) > 390, "they were let in"
    assert len(mapping.connections) < 200


def test_a_search_for_a_free_port_ends_though_all_are_taken() -> None:
    home = Home()
    asked = []
    home.napt._is_free = lambda *about: bool(asked.append(about))  # type: ignore[method-assign]
    home.udp(home.pc, 1000, SERVER, 53)
    assert home.router.drops == {"nat:no-port": 1}
    assert len(asked) < 1200
