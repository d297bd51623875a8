"""What RFC 791, RFC 792 and RFC 1122 section 3 ask of a host and no other test here shows."""

from __future__ import annotations

import pytest
from network import Line, Mailbox, Network, Pinger, S, default_route, ip, plug_of, sniff

from michinori.inet import IcmpError
from michinori.inet.addresses import ALL_HOSTS
from michinori.inet.redirects import MOST_REDIRECTED
from michinori.wire import ethernet, icmp, ipv4
from michinori.wire.ipv4_options import RECORD_ROUTE, WITH_ADDRESSES, NoOperation, Route, Timestamp, UnknownOption

CLIENT, SERVER = "10.0.1.2", "10.0.3.2"


def deliver(line: Line, packet: ipv4.Packet) -> None:
    """Let the server's adapter take a packet."""
    adapter = plug_of(line.server.interfaces[0])
    router = line.r2.interfaces[1].mac
    adapter.receive(ethernet.Frame(adapter.mac, router, ethernet.ETHERTYPE_IPV4, packet.emit()).emit())


def redirect(line: Line, reporter: str, gateway: str, dst: str = SERVER, code: int = icmp.REDIRECT_HOST) -> None:
    """Let a router tell the client of a better first hop."""
    quoted = ipv4.Packet(ip(CLIENT), ip(dst), 17, bytes(8)).emit()
    message = icmp.redirect(code, ip(gateway), quoted)
    adapter = plug_of(line.client.interfaces[0])
    octets = ipv4.Packet(ip(reporter), ip(CLIENT), 1, message.emit()).emit()
    adapter.receive(ethernet.Frame(adapter.mac, bytes(6), ethernet.ETHERTYPE_IPV4, octets).emit())


def packets(frames: list[bytes]) -> list[ipv4.Packet]:
    return [ipv4.Packet.parse(frame[14:]) for frame in frames if frame[12:14] == b"\x08\x00"]


@pytest.mark.rfc("1122", "3.2.1.7-2")
@pytest.mark.parametrize("ttl", [0, 1])
def test_a_packet_for_us_is_taken_however_little_it_has_to_live(line: Line, ttl: int) -> None:
    mail = Mailbox(line.server)
    for _ in range(3):
        deliver(line, ipv4.Packet(ip(CLIENT), ip(SERVER), 17, b"hello", ttl=ttl))
    assert mail.payloads == [b"hello"] * 3


@pytest.mark.rfc("1122", "3.2.1.7-1")
def test_nothing_is_sent_with_no_time_to_live(line: Line) -> None:
    with pytest.raises(ValueError, match="not sent"):
        line.client.send(ip(SERVER), 17, b"hello", ttl=0)
    line.client.send(ip(SERVER), 17, b"hello", ttl=1)
    assert len(line.queue)


@pytest.mark.rfc("1122", "3.2.1.6-2", "3.2.1.8-2", "3.2.1.8-3")
def test_options_are_handed_to_the_transport_and_unknown_ones_do_no_harm(line: Line) -> None:
    mail = Mailbox(line.server)
    stream_id = UnknownOption(136, b"\x01\x02")
    options = ipv4.emit_options((UnknownOption(94, b"\x07\x08"), stream_id, NoOperation()))
    deliver(line, ipv4.Packet(ip(CLIENT), ip(SERVER), 17, b"hello", options=options, tos=0xB8))
    (packet,) = mail.packets
    assert packet.options == options
    assert packet.tos == 0xB8
    assert line.server.drops == {}


@pytest.mark.rfc("1122", "3.1-1", "3.1-2", "3.2.2.2-1")
def test_a_host_with_two_interfaces_is_no_router_unless_told_so(network: Network) -> None:
    line = Line(network)
    middle = network.host("middle")
    assert not middle.forwarding
    network.join(middle, "10.7.0.1/24", network.host("left"), "10.7.0.2/24")
    network.join(middle, "10.8.0.1/24", network.host("right"), "10.8.0.2/24")
    assert not middle.forwarding
    adapter = plug_of(middle.interfaces[0])
    stray = ipv4.Packet(ip("10.7.0.2"), ip("10.8.0.2"), 17, b"x").emit()
    adapter.receive(ethernet.Frame(adapter.mac, bytes(6), ethernet.ETHERTYPE_IPV4, stray).emit())
    assert middle.drops == {"not-for-me": 1}
    assert not middle.sends_redirects
    network.queue.run()
    assert adapter.counters.tx_frames == 0
    assert line.r1.forwarding


@pytest.mark.rfc("1122", "3.1-3")
def test_dropped_packets_are_counted_and_told(watched: Network) -> None:
    line = Line(watched)
    deliver(line, ipv4.Packet(ip(CLIENT), ip("10.0.9.9"), 17, b"x"))
    assert line.server.drops == {"not-for-me": 1}
    (event,) = watched.events("dropped", "server")
    assert (event.why, event.data["dst"]) == ("not-for-me", "10.0.9.9")


@pytest.mark.rfc("1122", "3.3.1.2-2", "3.2.2.2-3", "3.2.2.2-4")
@pytest.mark.parametrize("code", [icmp.REDIRECT_NET, icmp.REDIRECT_HOST])
@pytest.mark.parametrize(
    ("gateway", "reporter", "followed"),
    [
        ("10.0.1.77", "10.0.1.1", True),
        ("10.9.9.9", "10.0.1.1", False),  # not a neighbour
        ("10.0.1.2", "10.0.1.1", False),  # ourselves
        ("10.0.1.77", "10.0.1.50", False),  # not from the router in use
    ],
)
def test_redirects_for_hosts_and_networks_move_one_destination(
    line: Line, code: int, gateway: str, reporter: str, followed: bool
) -> None:
    line.client.accepts_redirects = True
    redirect(line, reporter, gateway, code=code)
    route, other = line.client.routes.lookup(ip(SERVER)), line.client.routes.lookup(ip("10.0.3.3"))
    assert route is not None
    assert other is not None
    assert route.next_hop == ip(gateway if followed else "10.0.1.1")
    assert other.next_hop == ip("10.0.1.1")


def test_a_later_redirect_takes_the_place_of_the_earlier(line: Line) -> None:
    line.client.accepts_redirects = True
    before = len(line.client.routes)
    redirect(line, "10.0.1.1", "10.0.1.77")
    redirect(line, "10.0.1.77", "10.0.1.78")
    assert line.client.routes.lookup(ip(SERVER)).next_hop == ip("10.0.1.78")  # type: ignore[union-attr]
    assert len(line.client.routes) == before + 1


def test_a_router_told_of_that_does_not_answer_is_left_again(line: Line) -> None:
    line.client.accepts_redirects = True
    pinger = Pinger(line.client)
    redirect(line, "10.0.1.1", "10.0.1.77")
    pinger.ask(SERVER)
    line.queue.run_until(5 * S)
    assert len(pinger.answers) == 1
    assert line.client.routes.lookup(ip(SERVER)).next_hop == ip("10.0.1.1")  # type: ignore[union-attr]


def test_redirects_do_not_fill_the_table_of_routes(line: Line) -> None:
    line.client.accepts_redirects = True
    before = len(line.client.routes)
    for number in range(MOST_REDIRECTED + 5):
        redirect(line, "10.0.1.1", "10.0.1.77", f"10.8.{number >> 8}.{number & 255}")
    assert len(line.client.routes) == before + MOST_REDIRECTED
    assert line.client.routes.lookup(ip("10.8.0.4")).next_hop == ip("10.0.1.1")  # type: ignore[union-attr]


@pytest.mark.rfc("1122", "3.2.2-1", "3.2.2.7-1", "3.2.2.9-2")
def test_messages_of_unknown_types_are_passed_over(line: Line) -> None:
    pinger = Pinger(line.server)
    at_r2 = sniff(plug_of(line.r2.interfaces[1]))
    for kind in (1, 2, 7, 19, 44, 255, 15, 17):  # 15: information request, 17: address mask request
        deliver(line, ipv4.Packet(ip(CLIENT), ip(SERVER), 1, icmp.Message(kind, 0, bytes(4), bytes(28)).emit()))
    line.queue.run_until(10 * S)
    assert pinger.errors == []
    assert packets(at_r2) == []
    assert line.server.drops == {"icmp-type": 8}


@pytest.mark.rfc("1122", "3.2.2-3", "3.2.2.1-2", "3.2.2.1-3", "3.2.2.4-1", "3.2.2.5-2")
@pytest.mark.parametrize(
    ("kind", "code"),
    [*((icmp.UNREACHABLE, code) for code in range(16) if code != 4), (icmp.TIME_EXCEEDED, 0), (icmp.TIME_EXCEEDED, 1),
     (icmp.PARAMETER_PROBLEM, 0)],
)  # fmt: skip
def test_errors_are_handed_up_with_what_they_quote(line: Line, kind: int, code: int) -> None:
    reports: list[IcmpError] = []
    line.server.on_icmp_error.append(reports.append)
    quoted = ipv4.Packet(ip(SERVER), ip(CLIENT), 17, bytes(range(200))).emit()
    deliver(line, ipv4.Packet(ip("10.0.2.1"), ip(SERVER), 1, icmp.Message(kind, code, bytes(4), quoted).emit()))
    (report,) = reports
    assert (report.type, report.code, report.protocol, report.dst) == (kind, code, 17, ip(CLIENT))
    assert report.octets == bytes(range(200))
    assert report.reporter == ip("10.0.2.1")
    assert line.server.routes.lookup(ip(CLIENT)) is not None  # a hint, no more


@pytest.mark.rfc("1122", "3.2.2-7")
@pytest.mark.rfc("792", "0-1")
@pytest.mark.parametrize(("offset", "reports"), [(0, 1), (8, 0)])
def test_of_fragments_only_the_first_is_reported(line: Line, offset: int, reports: int) -> None:
    pinger = Pinger(line.client)
    piece = ipv4.Packet(ip(CLIENT), ip(SERVER), 17, bytes(16), ttl=1, offset=offset, more_fragments=True)
    adapter, router = plug_of(line.client.interfaces[0]), line.r1.interfaces[0].mac
    adapter.send(ethernet.Frame(router, adapter.mac, ethernet.ETHERTYPE_IPV4, piece.emit()).emit())
    line.queue.run_until(S)
    assert line.r1.drops == {"ttl": 1}
    assert len(pinger.errors) == reports


@pytest.mark.rfc("1122", "3.3.4.2-1", "3.2.2.6-3")
def test_an_echo_comes_from_the_address_that_was_asked(line: Line) -> None:
    line.server.add_address(line.server.interfaces[0], ip("10.0.3.77"), 24)
    sources: list[bytes] = []
    line.client.on_echo_reply.append(lambda message, packet: sources.append(packet.src))
    pinger = Pinger(line.client)
    for address in ("10.0.3.77", SERVER):
        pinger.ask(address)
        line.queue.run_until(line.queue.now_ns + S)
    assert sources == [ip("10.0.3.77"), ip(SERVER)]


@pytest.mark.rfc("1122", "3.2.2.6-6")
def test_an_echo_carries_recorded_routes_and_time_stamps_back(line: Line) -> None:
    asked = (Route(RECORD_ROUTE, (bytes(4),) * 5), UnknownOption(94, b"\x01\x02"))
    got: list[ipv4.Packet] = []
    line.client.on_echo_reply.append(lambda message, packet: got.append(packet))
    for options in (asked, (Timestamp(WITH_ADDRESSES, ((bytes(4), 0),) * 4),)):
        packet = ipv4.Packet(
            ip(CLIENT), ip(SERVER), 1, icmp.echo_request(1, 1).emit(), options=ipv4.emit_options(options)
        )
        adapter, router = plug_of(line.client.interfaces[0]), line.r1.interfaces[0].mac
        adapter.send(ethernet.Frame(router, adapter.mac, ethernet.ETHERTYPE_IPV4, packet.emit()).emit())
        line.queue.run_until(line.queue.now_ns + S)
    (route,) = ipv4.parse_options(got[0].options)
    assert isinstance(route, Route)
    wanted = ["10.0.2.1", "10.0.3.1", SERVER, "10.0.2.2", "10.0.1.1"]
    assert list(route.addresses) == [ip(address) for address in wanted]
    (stamps,) = ipv4.parse_options(got[1].options)
    assert isinstance(stamps, Timestamp)
    assert [address for address, _ in stamps.entries] == [ip(address) for address in wanted[:4]]


@pytest.mark.rfc("1122", "3.3.7-2")
def test_every_host_is_in_the_group_of_all_hosts(line: Line) -> None:
    mail = Mailbox(line.r1, 200)
    line.client.send(ALL_HOSTS, 200, b"everybody")
    line.client.send(ip("224.0.0.9"), 200, b"some")
    line.queue.run_until(S)
    assert mail.payloads == [b"everybody"]


@pytest.mark.rfc("1122", "3.3.1.1-2")
def test_a_network_without_a_router_will_do(network: Network) -> None:
    a, b = network.host("a"), network.host("b")
    network.join(a, "10.0.0.1/24", b, "10.0.0.2/24")
    mail = Mailbox(b)
    a.send(ip("10.0.0.2"), 17, b"hello")
    network.queue.run()
    assert mail.payloads == [b"hello"]


@pytest.mark.rfc("1122", "3.2.1.3-1", "3.3.1.1-1", "3.3.1.2-3", "3.3.1.6-1", "3.2.2.9-1")
def test_the_mask_decides_who_is_near_and_far_ones_go_by_the_router(network: Network) -> None:
    host, router = network.host("host"), network.host("router", forwarding=True)
    network.join(host, "10.0.0.1/25", router, "10.0.0.2/25")
    default_route(host, "10.0.0.2")
    near, far = host.routes.lookup(ip("10.0.0.127")), host.routes.lookup(ip("10.0.0.128"))
    assert near is not None
    assert far is not None
    assert (near.next_hop, far.next_hop) == (None, ip("10.0.0.2"))


@pytest.mark.rfc("791", "3.1-4")
@pytest.mark.rfc("1122", "3.2.1.8-4")
def test_in_transit_only_ttl_and_checksum_change(line: Line) -> None:
    at_r1, at_server = sniff(plug_of(line.r1.interfaces[0])), sniff(plug_of(line.server.interfaces[0]))
    Mailbox(line.server)
    line.client.send(ip(SERVER), 17, bytes(range(100)), tos=0x28)
    line.queue.run_until(S)
    (before,), (after,) = packets(at_r1), packets(at_server)
    assert after.ttl == before.ttl - 2
    assert before.options == b""  # of our own there are none
    for name in ("src", "dst", "protocol", "payload", "identification", "tos", "options", "dont_fragment"):
        assert getattr(after, name) == getattr(before, name)
