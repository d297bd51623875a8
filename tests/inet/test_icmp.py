"""ICMP: what is answered and reported, what is believed, and about what nothing is said."""

from __future__ import annotations

from typing import Any

import pytest
from network import Line, Mailbox, Network, Pinger, S, datagram, ip, plug_of, sniff

from michinori.inet import IcmpError, PacketTooBig, Unreachable
from michinori.wire import ethernet, icmp, ipv4, protocols

CLIENT, SERVER = "10.0.1.2", "10.0.3.2"


def inject(line: Line, packet: ipv4.Packet, mac: bytes | None = None) -> None:
    """Let the server receive a packet from its router."""
    dst = mac or line.server.interfaces[0].mac
    frame = ethernet.Frame(dst, line.r2.interfaces[1].mac, ethernet.ETHERTYPE_IPV4, packet.emit()).emit()
    plug_of(line.server.interfaces[0]).receive(frame)


def answers(line: Line) -> int:
    """How many frames the server has sent beside ARP."""
    line.queue.run_until(line.queue.now_ns + 10 * S)
    return sum(frame[12:14] == b"\x08\x00" for frame in line.__dict__["at_r2"])


@pytest.fixture
def server_line(line: Line) -> Line:
    line.__dict__["at_r2"] = sniff(plug_of(line.r2.interfaces[1]))
    return line


@pytest.mark.rfc("791", "3.2-9")
@pytest.mark.rfc("1122", "3.3.2-2", "3.2.2.6-1", "3.2.2.6-4", "3.2.2.6-5")
@pytest.mark.rfc("792", "8-1")
@pytest.mark.row("B21")
def test_an_echo_comes_back_as_it_was(line: Line) -> None:
    pinger = Pinger(line.client)
    for sequence, size in enumerate((0, 1, 56, 1472, 5000)):
        pinger.ask(SERVER, sequence, size)
    line.queue.run_until(S)
    assert [(sequence, size, ttl) for sequence, size, ttl, _ in pinger.answers] == [
        (0, 0, 62),
        (1, 1, 62),
        (2, 56, 62),
        (3, 1472, 62),
        (4, 5000, 62),
    ]


@pytest.mark.rfc("1812", "4.3.2.5-2", "4.3.2.5-3")
def test_an_echo_is_answered_as_urgently_as_it_asked(line: Line) -> None:
    replies: list[int] = []
    line.client.on_echo_reply.append(lambda _message, packet: replies.append(packet.tos))
    for tos in (0, 0x10, 0xA0):
        line.client.send(ip(SERVER), 1, icmp.Message(icmp.ECHO_REQUEST, 0, bytes(4), b"").emit(), tos=tos)
    line.queue.run()
    assert replies == [0, 0x10, 0xA0]


@pytest.mark.rfc("1122", "3.2.2.6-5")
def test_a_host_answers_itself(line: Line) -> None:
    pinger = Pinger(line.client)
    for address in (CLIENT, "127.0.0.1", "127.1.2.3"):
        pinger.ask(address)
        assert len(pinger.answers) == 0  # never inside of the call
        line.queue.run()
        assert len(pinger.answers) == 1
        pinger.answers.clear()
    assert plug_of(line.client.interfaces[0]).counters.tx_frames == 0


@pytest.mark.rfc("792", "3-2")
@pytest.mark.rfc("1122", "3.2.2-3", "3.2.2-9", "3.2.2.1-1")
@pytest.mark.row("B21")
def test_a_protocol_that_nobody_takes_is_reported(watched: Network) -> None:
    line = Line(watched)
    reports: list[IcmpError] = []
    line.client.on_icmp_error.append(reports.append)
    line.client.send(ip(SERVER), 99, b"hello")
    watched.queue.run()
    assert reports == [
        IcmpError(
            icmp.UNREACHABLE,
            icmp.PROTOCOL_UNREACHABLE,
            ip(CLIENT),
            ip(SERVER),
            99,
            b"hello",
            reporter=ip(SERVER),
        )
    ]
    (sent,), (received,) = watched.events("sent", "server")[:1], watched.events("received", "client")[-1:]
    assert sent.layer == received.layer == "icmp"
    assert sent.data["meaning"] == received.data["meaning"] == "protocol unreachable"
    assert sent.data["about"]["dst"] == SERVER
    assert [event.why for event in watched.events("dropped", "server")] == ["no-protocol"]


@pytest.mark.rfc("1122", "3.2.2-2")
def test_a_transport_can_have_its_port_reported(line: Line) -> None:
    line.server.protocols[17] = lambda packet, _: line.server.answer_unreachable(packet, icmp.PORT_UNREACHABLE)
    reports: list[IcmpError] = []
    line.client.on_icmp_error.append(reports.append)
    sent = datagram(CLIENT, 1000, SERVER, 2000)
    line.client.send(ip(SERVER), 17, sent)
    line.queue.run()
    assert [(report.code, report.octets) for report in reports] == [(icmp.PORT_UNREACHABLE, sent)]


@pytest.mark.rfc("792", "0-3")
@pytest.mark.rfc("1122", "3.2.2-2")
@pytest.mark.rfc("1812", "4.3.2.3-1", "4.3.2.5-1", "4.3.2.2-1", "4.3.2.3-2")
def test_a_report_quotes_as_much_as_fits_into_576_octets(server_line: Line) -> None:
    line = server_line
    line.client.send(ip(SERVER), 99, bytes(1400))
    assert answers(line) == 1
    packet = ipv4.Packet.parse(next(f for f in line.__dict__["at_r2"] if f[12:14] == b"\x08\x00")[14:])
    assert packet.header_octets + len(packet.payload) == 576
    assert (packet.tos, packet.ttl) == (0xC0, 64)
    message = icmp.Message.parse(packet.payload)
    quoted = ipv4.Packet.parse_quoted(message.payload)
    assert (quoted.src, quoted.dst, quoted.protocol, quoted.ttl) == (ip(CLIENT), ip(SERVER), 99, 62)


@pytest.mark.rfc("1122", "3.2.2-9")
def test_one_report_more_is_sent_than_none_about_each_kind_of_silence(server_line: Line) -> None:
    inject(server_line, ipv4.Packet(ip(CLIENT), ip(SERVER), 99, b"x"))
    assert answers(server_line) == 1


@pytest.mark.rfc("1122", "3.2.1.3-3", "3.2.2-6", "3.2.2-7", "3.2.2-8")
@pytest.mark.rfc("792", "0-1")
@pytest.mark.rfc("1812", "4.3.2.7-1")
@pytest.mark.row("B21")
@pytest.mark.parametrize(
    "packet",
    [
        ipv4.Packet(ip(CLIENT), ip("10.0.3.255"), 99, b"x"),
        ipv4.Packet(ip(CLIENT), ip("255.255.255.255"), 99, b"x"),
        ipv4.Packet(ip(CLIENT), ip("224.0.0.1"), 99, b"x"),
        ipv4.Packet(ip("10.0.3.255"), ip(SERVER), 99, b"x"),
        ipv4.Packet(ip("0.0.0.0"), ip("255.255.255.255"), 99, b"x"),
        ipv4.Packet(ip(CLIENT), ip(SERVER), 99, b"x", offset=8),
        ipv4.Packet(ip(CLIENT), ip("10.0.9.9"), 17, b"x"),  # for somebody else
        ipv4.Packet(ip(CLIENT), ip("10.0.3.255"), 1, icmp.echo_request(1, 1).emit()),
    ],
)
def test_there_is_no_report_about(server_line: Line, packet: ipv4.Packet) -> None:
    server_line.server.interfaces[0].join(ip("224.0.0.1"))
    broadcast = packet.dst not in (ip(SERVER), ip("10.0.9.9"))
    inject(server_line, packet, ethernet.BROADCAST if broadcast else None)
    assert answers(server_line) == 0


@pytest.mark.rfc("791", "3.1-1")
@pytest.mark.rfc("1122", "3.2.1.1-1", "3.2.1.2-1")
@pytest.mark.rfc("1812", "4.3.2.7-1")
@pytest.mark.row("B21")
def test_a_bad_header_or_checksum_is_dropped_in_silence(server_line: Line) -> None:
    whole = ipv4.Packet(ip(CLIENT), ip(SERVER), 99, b"hello").emit()
    adapter = plug_of(server_line.server.interfaces[0])
    reasons = []
    for at, value in ((0, 0x65), (0, 0x44), (2, 0xFF), (10, 0x77), (8, 0x01)):
        octets = bytearray(whole)
        octets[at] = value
        adapter.receive(ethernet.Frame(adapter.mac, bytes(6), 0x0800, bytes(octets)).emit())
        reasons.append(list(server_line.server.drops)[-1])
    assert reasons == ["version", "header-length", "checksum", "checksum", "checksum"]
    assert answers(server_line) == 0


@pytest.mark.rfc("792", "0-1")
@pytest.mark.rfc("1122", "3.2.2-5")
@pytest.mark.rfc("1812", "4.3.2.7-1")
@pytest.mark.parametrize(
    "message",
    [
        icmp.unreachable(icmp.PORT_UNREACHABLE, bytes(28)),
        icmp.time_exceeded(0, bytes(28)),
        icmp.redirect(1, bytes(4), bytes(28)),
        icmp.Message(77, 0, bytes(4), b""),
    ],
)
def test_there_is_no_report_about_a_report(line: Line, message: icmp.Message) -> None:
    pinger = Pinger(line.client)
    line.client.send(ip(SERVER), 1, message.emit(), ttl=1)
    line.queue.run()
    assert line.r1.drops == {"ttl": 1}
    assert pinger.errors == []


@pytest.mark.rfc("1122", "3.2.2.4-1")
def test_but_there_is_one_about_an_echo(line: Line) -> None:
    pinger = Pinger(line.client)
    pinger.ask(SERVER, ttl=1)
    line.queue.run()
    assert pinger.errors == [(icmp.TIME_EXCEEDED, 0)]


@pytest.mark.rfc("1812", "4.3.2.8-1")
def test_reports_are_limited_for_each_destination(line: Line) -> None:
    pinger = Pinger(line.client)
    for _ in range(20):
        line.client.send(ip(SERVER), 99, b"x")
    line.queue.run_until(S // 2)
    assert len(pinger.errors) == 6
    line.queue.run_until(5 * S)  # a token a second
    for _ in range(20):
        line.client.send(ip(SERVER), 99, b"x")
    line.queue.run_until(6 * S)
    assert len(pinger.errors) in (10, 11)


@pytest.mark.rfc("1812", "4.3.2.8-2")
def test_how_often_one_is_told_can_be_set(line: Line) -> None:
    line.server.icmp_interval_ns = S // 10
    pinger = Pinger(line.client)
    for second in (1, 2):
        for _ in range(40):
            line.client.send(ip(SERVER), 99, b"x")
        line.queue.run_until(second * S)
    assert len(pinger.errors) == 12  # as many as have gathered by then, but no more than a few
    for _ in range(20):
        line.client.send(ip(SERVER), 99, b"x")
        line.queue.run_until(line.queue.now_ns + S // 8)
    assert len(pinger.errors) == 32
    assert line.server.icmp_interval_ns == S // 10


@pytest.mark.rfc("1812", "4.3.2.8-1")
def test_but_not_those_that_find_the_path_mtu(network: Network) -> None:
    line = Line(network, mtu=600)
    pinger = Pinger(line.client)
    line.client.send(ip(SERVER), 99, b"x")
    network.queue.run_until(S)
    for number in range(20):
        packet = ipv4.Packet(ip(CLIENT), ip(SERVER), 99, bytes(1000), dont_fragment=True, identification=number)
        mac = line.r1.interfaces[0].mac
        adapter = plug_of(line.client.interfaces[0])
        adapter.send(ethernet.Frame(mac, adapter.mac, 0x0800, packet.emit()).emit())
    network.queue.run_until(2 * S)
    assert pinger.errors.count((icmp.UNREACHABLE, icmp.FRAGMENTATION_NEEDED)) == 20


# -- Path MTU ----------------------------------------------------------------------------------------------------------


@pytest.mark.rfc("791", "3.1-6")
@pytest.mark.rfc("1122", "3.3.3-1")
@pytest.mark.rfc("792", "3-3")
@pytest.mark.row("B21")
def test_the_path_mtu_is_found_and_forgotten_after_ten_minutes(watched: Network) -> None:
    line = Line(watched, mtu=1454)
    mail = Mailbox(line.server)
    reports: list[IcmpError] = []
    line.client.on_icmp_error.append(reports.append)
    assert line.client.path_mtu(ip(SERVER)) == 1500
    line.client.send(ip(SERVER), 17, bytes(1480), dont_fragment=True)
    watched.queue.run_until(S)
    assert [(report.code, report.mtu) for report in reports] == [(icmp.FRAGMENTATION_NEEDED, 1454)]
    assert line.client.path_mtu(ip(SERVER)) == 1454
    with pytest.raises(PacketTooBig, match="1454") as caught:
        line.client.send(ip(SERVER), 17, bytes(1480), dont_fragment=True)
    assert caught.value.mtu == 1454
    line.client.send(ip(SERVER), 17, bytes(1434), dont_fragment=True)
    line.client.send(ip(SERVER), 17, bytes(1480))  # in pieces, by ourselves
    watched.queue.run_until(2 * S)
    assert [len(payload) for payload in mail.payloads] == [1434, 1480]
    assert [event.host for event in watched.events("fragmented")] == ["client"]
    (learned,) = watched.events("path-mtu")
    assert (learned.data["mtu"], learned.data["before"]) == (1454, 1500)
    watched.queue.run_until(602 * S)
    assert line.client.path_mtu(ip(SERVER)) == 1500


def test_a_ready_path_follows_the_path_mtu(network: Network) -> None:
    line = Line(network, mtu=1454)
    mail = Mailbox(line.server)
    for _ in range(3):
        line.client.send(ip(SERVER), 17, bytes(1000), dont_fragment=True)
        network.queue.run_until(network.queue.now_ns + S)
    line.client.send(ip(SERVER), 17, bytes(1480), dont_fragment=True)
    network.queue.run_until(network.queue.now_ns + S)
    with pytest.raises(PacketTooBig):
        line.client.send(ip(SERVER), 17, bytes(1480), dont_fragment=True)
    network.queue.run_until(network.queue.now_ns + 601 * S)
    line.client.send(ip(SERVER), 17, bytes(1480), dont_fragment=True)  # tried anew
    network.queue.run()
    assert len(mail.packets) == 3
    assert line.client.path_mtu(ip(SERVER)) == 1454


def test_on_a_line_narrower_than_the_floor_routers_may_fragment(network: Network) -> None:
    line = Line(network, mtu=300)
    mail = Mailbox(line.server)
    line.client.send(ip(SERVER), 17, bytes(1480), dont_fragment=True)
    network.queue.run_until(S)
    assert line.client.path_mtu(ip(SERVER)) == 552
    for _ in range(3):
        line.client.send(ip(SERVER), 17, bytes(532), dont_fragment=True)
        network.queue.run_until(network.queue.now_ns + S)
    assert [len(payload) for payload in mail.payloads] == [532] * 3


def needed(mtu: int, quoted: ipv4.Packet) -> bytes:
    return icmp.unreachable(icmp.FRAGMENTATION_NEEDED, quoted.emit(), mtu).emit()


@pytest.mark.parametrize(
    ("mtu", "fields", "believed"),
    [
        (1400, {}, 1400),
        (0, {}, 1492),  # an old router: the next plateau
        (1500, {}, 1500),  # no news
        (9000, {}, 1500),
        (67, {}, 1500),  # impossible
        (100, {}, 552),
        (1400, {"dst": ip("10.0.3.77")}, 1500),  # never sent there
        (1400, {"src": ip("10.0.1.77")}, 1500),  # not our address
        (1400, {"protocol": 6}, 1500),  # never sent such
    ],
)
def test_what_is_believed_about_a_path(line: Line, mtu: int, fields: dict[str, Any], believed: int) -> None:
    line.client.send(ip(SERVER), 17, bytes(1480), dont_fragment=True)
    quoted = ipv4.Packet(**({"src": ip(CLIENT), "dst": ip(SERVER), "protocol": 17, "payload": bytes(1480)} | fields))
    line.r1.send(ip(CLIENT), 1, needed(mtu, quoted))
    line.queue.run_until(S)
    assert line.client.path_mtu(ip(SERVER)) == believed


def test_a_transport_can_refuse_to_believe(line: Line) -> None:
    asked: list[IcmpError] = []

    def vouch(report: IcmpError) -> bool:
        asked.append(report)
        return False

    line.client.vouchers[17] = vouch
    line.client.send(ip(SERVER), 17, bytes(1480), dont_fragment=True)
    quoted = ipv4.Packet(ip(CLIENT), ip(SERVER), 17, bytes(1480))
    line.r1.send(ip(CLIENT), 1, needed(1400, quoted))
    line.queue.run_until(S)
    assert line.client.path_mtu(ip(SERVER)) == 1500
    assert asked[0].protocol == protocols.PROTOCOL_UDP
    assert line.client.drops == {"icmp-not-believed": 1}


def test_reports_about_what_we_never_sent_are_dropped(line: Line) -> None:
    pinger = Pinger(line.client)
    quoted = ipv4.Packet(ip("10.0.1.77"), ip(SERVER), 17, bytes(8)).emit()
    line.r1.send(ip(CLIENT), 1, icmp.unreachable(icmp.PORT_UNREACHABLE, quoted).emit())
    line.r1.send(ip(CLIENT), 1, icmp.unreachable(icmp.PORT_UNREACHABLE, b"short").emit())
    line.queue.run_until(S)
    assert pinger.errors == []
    assert line.client.drops == {"icmp-not-ours": 1, "too-short": 1}


def test_no_route_is_told_at_once(network: Network) -> None:
    host = network.host("alone")
    for call in (host.source_for, host.path_mtu, lambda dst: host.send(dst, 17, b"x")):
        with pytest.raises(Unreachable, match=r"alone has no route to 192\.0\.2\.1") as caught:
            call(ip("192.0.2.1"))
        assert caught.value.reason == "no-route"
