"""The way through a router."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from network import US, Line, Mailbox, Network, Pinger, S, default_route, ip, plug_of, sniff

from michinori.trace import Recorder
from michinori.wire import ethernet, icmp, ipv4
from michinori.wire.ipv4_options import (
    LOOSE_SOURCE_ROUTE,
    RECORD_ROUTE,
    WITH_ADDRESSES,
    NoOperation,
    Option,
    Route,
    Timestamp,
)

SERVER = "10.0.3.2"


def push(line: Line, packet: ipv4.Packet, mac: bytes | None = None) -> None:
    """Let the client's adapter send a packet of our making to its router."""
    adapter = plug_of(line.client.interfaces[0])
    dst = mac or line.r1.interfaces[0].mac
    adapter.send(ethernet.Frame(dst, adapter.mac, ethernet.ETHERTYPE_IPV4, packet.emit()).emit())


@pytest.mark.rfc("791", "3.1-3")
@pytest.mark.row("B18")
def test_a_router_takes_one_hop_and_changes_both_addresses_of_the_frame(line: Line) -> None:
    at_r2, at_server = sniff(plug_of(line.r2.interfaces[0])), sniff(plug_of(line.server.interfaces[0]))
    mail = Mailbox(line.server)
    for _ in range(3):  # the first with care, the others by patching octets
        line.client.send(ip(SERVER), 17, b"hello", ttl=9)
        line.queue.run_until(line.queue.now_ns + S)
    assert [packet.ttl for packet in mail.packets] == [7, 7, 7]
    assert mail.payloads == [b"hello"] * 3
    for frames, sender, receiver in ((at_r2, line.r1, line.r2), (at_server, line.r2, line.server)):
        macs = {frame[:12] for frame in frames if frame[12:14] == b"\x08\x00"}
        out = sender.interfaces[1].mac
        assert macs == {receiver.interfaces[0].mac + out}


@pytest.mark.rfc("791", "3.1-4")
@given(st.binary(max_size=1480), st.integers(2, 255), st.integers(0, 255), st.booleans())
def test_patched_packets_are_those_that_care_would_make(
    payload: bytes, ttl: int, tos: int, dont_fragment: bool
) -> None:
    plain, careful = Line(Network()), Line(Network())
    careful.r1.hooks.forward.append(lambda passing: None)  # somebody wants to see every packet
    seen = []
    for line in (plain, careful):
        frames = sniff(plug_of(line.r2.interfaces[0]))
        for _ in range(3):
            line.client.send(ip(SERVER), 99, payload, ttl=ttl, tos=tos, dont_fragment=dont_fragment)
            line.queue.run_until(line.queue.now_ns + S)
        seen.append(frames)
    assert seen[0] == seen[1]


@pytest.mark.row("B18")
def test_of_several_routes_the_longest_is_chosen_and_the_others_are_told(watched: Network) -> None:
    line = Line(watched)
    line.r1.routes.add(bytes(4), 0, ip("10.0.1.2"), line.r1.interfaces[0])
    line.r1.routes.add(ip("10.0.0.0"), 16, ip("10.0.1.2"), line.r1.interfaces[0])
    mail = Mailbox(line.server)
    line.client.send(ip(SERVER), 17, b"hello")
    watched.queue.run_until(S)
    assert len(mail.packets) == 1
    (event,) = watched.events("forwarded", "r1")
    assert [match["prefix"] for match in event.data["matches"]] == ["10.0.3.0/24", "10.0.0.0/16", "0.0.0.0/0"]
    assert event.data["chosen"] == "10.0.3.0/24"
    assert (event.data["next_hop"], event.data["out"], event.data["ttl"]) == ("10.0.2.2", "eth1", 63)


@pytest.mark.rfc("791", "3.1-3")
@pytest.mark.rfc("792", "11-1")
@pytest.mark.rfc("1812", "4.3.2.4-1")
@pytest.mark.parametrize(("ttl", "reporter"), [(1, "10.0.1.1"), (2, "10.0.2.2")])
def test_a_packet_that_lived_too_long_is_reported(line: Line, ttl: int, reporter: str) -> None:
    reports: list[tuple[int, int, bytes]] = []
    line.client.on_icmp_error.append(lambda error: reports.append((error.type, error.code, error.reporter)))
    for _ in range(3):
        line.client.send(ip(SERVER), 17, bytes(40), ttl=ttl)
        line.queue.run()
    assert reports == [(icmp.TIME_EXCEEDED, icmp.TTL_EXCEEDED, ip(reporter))] * 3


@pytest.mark.rfc("1812", "4.3.2.4-1")
def test_a_trace_of_the_route(line: Line) -> None:
    hops: list[bytes] = []
    line.client.on_icmp_error.append(lambda error: hops.append(error.reporter))
    for ttl in range(1, 5):
        line.client.send(ip(SERVER), 17, bytes(40), ttl=ttl)
        line.queue.run()
    assert hops == [ip("10.0.1.1"), ip("10.0.2.2"), ip(SERVER), ip(SERVER)]  # the server: protocol unreachable


@pytest.mark.rfc("792", "3-1")
def test_without_a_route_the_sender_is_told(line: Line) -> None:
    pinger = Pinger(line.client)
    pinger.ask("172.16.0.1")
    line.queue.run()
    assert pinger.errors == [(icmp.UNREACHABLE, icmp.NET_UNREACHABLE)]
    assert line.r1.drops == {"no-route": 1}


@pytest.mark.rfc("792", "3-1")
def test_a_last_hop_that_does_not_answer_is_reported_by_its_router(line: Line) -> None:
    pinger = Pinger(line.client)
    pinger.ask("10.0.3.99")
    line.queue.run()
    assert pinger.errors == [(icmp.UNREACHABLE, icmp.HOST_UNREACHABLE)]
    assert line.r2.drops == {"arp-failed": 1}


@pytest.mark.rfc("1122", "3.1-1", "3.2.1.3-3")
def test_a_host_does_not_forward(network: Network) -> None:
    line = Line(network)
    push(line, ipv4.Packet(ip("10.0.1.2"), ip("10.0.9.9"), 17, b"x"))
    network.queue.run()
    host_line = Line(Network())
    adapter = plug_of(host_line.r1.interfaces[0])
    adapter.send(
        ethernet.Frame(
            host_line.client.interfaces[0].mac,
            adapter.mac,
            0x0800,
            ipv4.Packet(ip("10.0.1.1"), ip(SERVER), 17, b"x").emit(),
        ).emit()
    )
    host_line.queue.run()
    assert host_line.client.drops == {"not-for-me": 1}


@pytest.mark.rfc("1122", "3.3.6-5")
def test_a_network_s_broadcast_is_not_forwarded(line: Line) -> None:
    push(line, ipv4.Packet(ip("10.0.1.2"), ip("10.0.2.255"), 17, b"x"))
    push(line, ipv4.Packet(ip("10.0.1.2"), ip("255.255.255.255"), 17, b"x"), ethernet.BROADCAST)
    push(line, ipv4.Packet(ip("10.0.1.2"), ip(SERVER), 17, b"x"), ethernet.BROADCAST)
    line.queue.run()
    assert line.r1.drops == {"directed-broadcast": 1, "no-protocol": 1, "link-broadcast": 1}


@pytest.mark.rfc("1122", "3.2.1.3-4")
@pytest.mark.parametrize(
    ("src", "dst"),
    [
        ("127.0.0.1", SERVER),
        ("224.0.0.1", SERVER),
        ("255.255.255.255", SERVER),
        ("10.0.1.255", SERVER),
        ("0.0.0.0", SERVER),
        ("0.1.2.3", SERVER),
        ("245.1.2.3", SERVER),
        ("10.0.1.1", SERVER),  # the router's own
        ("10.0.1.2", "127.0.0.1"),
        ("10.0.1.2", "0.0.0.0"),
        ("10.0.1.2", "0.1.2.3"),
        ("10.0.1.2", "245.1.2.3"),
    ],
)
def test_impossible_addresses_are_dropped_in_silence(line: Line, src: str, dst: str) -> None:
    default_route(line.r1, "10.0.2.2")  # so that there is somewhere to send them
    push(line, ipv4.Packet(ip(src), ip(dst), 17, bytes(8)))
    line.queue.run()
    assert line.r1.drops == {"martian": 1}
    assert plug_of(line.r1.interfaces[0]).counters.tx_frames == 0


def options_at_server(line: Line, *options: Option) -> tuple[Option, ...]:
    mail = Mailbox(line.server, 200)
    packet = ipv4.Packet(ip("10.0.1.2"), ip(SERVER), 200, b"x", options=ipv4.emit_options(options))
    push(line, packet)
    line.queue.run_until(S)
    return ipv4.parse_options(mail.packets[0].options) if mail.packets else ()


@pytest.mark.rfc("791", "3.1-7")
def test_routes_are_recorded(line: Line) -> None:
    (route,) = options_at_server(line, Route(RECORD_ROUTE, (bytes(4),) * 3))
    assert isinstance(route, Route)
    assert route.addresses == (ip("10.0.2.1"), ip("10.0.3.1"), bytes(4))


@pytest.mark.rfc("791", "3.1-7")
def test_time_stamps_are_put_in(line: Line) -> None:
    stamp, _ = options_at_server(line, Timestamp(WITH_ADDRESSES, ((bytes(4), 0),) * 2), NoOperation())
    assert isinstance(stamp, Timestamp)
    assert [address for address, _ in stamp.entries] == [ip("10.0.2.1"), ip("10.0.3.1")]


def test_a_time_stamp_counts_from_midnight_of_the_date_that_the_queue_began_at(line: Line) -> None:
    line.r1.node.epoch_ns = (20_000 * 24 + 5) * 3600 * 10**9  # five o'clock of some day
    stamp, _ = options_at_server(line, Timestamp(WITH_ADDRESSES, ((bytes(4), 0),) * 2), NoOperation())
    assert isinstance(stamp, Timestamp)
    (_, by_r1), (_, by_r2) = stamp.entries
    assert 5 * 3_600_000 <= by_r1 < 5 * 3_600_000 + 1000
    assert by_r2 < 1000  # the other's began at midnight


@pytest.mark.rfc("1122", "3.3.5-1", "3.3.5-2")
@pytest.mark.rfc("792", "3-3")
def test_a_packet_that_names_its_own_route_is_refused(line: Line) -> None:
    pinger = Pinger(line.client)
    assert options_at_server(line, Route(LOOSE_SOURCE_ROUTE, (ip("10.0.2.2"),))) == ()
    assert line.r1.drops == {"source-route": 1}
    assert pinger.errors == [(icmp.UNREACHABLE, icmp.SOURCE_ROUTE_FAILED)]


@pytest.mark.rfc("792", "12-1")
@pytest.mark.rfc("1122", "3.2.2.5-1")
@pytest.mark.parametrize("dst", [SERVER, "10.0.1.1"])
def test_options_that_make_no_sense_are_reported(line: Line, dst: str) -> None:
    pinger = Pinger(line.client)
    push(line, ipv4.Packet(ip("10.0.1.2"), ip(dst), 200, b"x", options=bytes((1, 7, 99, 4))))
    line.queue.run()
    assert pinger.errors == [(icmp.PARAMETER_PROBLEM, 0)]
    assert line.r1.drops == {"option-length": 1}


@pytest.mark.rfc("792", "5-1")
@pytest.mark.rfc("1122", "3.2.2.2-2")
def test_redirects_are_sent_and_followed_only_on_request(network: Network) -> None:
    """A host whose default router is the wrong one of two on its network."""
    host, r1, r2 = network.host("host"), network.host("r1", forwarding=True), network.host("r2", forwarding=True)
    from michinori.link import Switch

    switch = Switch("switch", network.queue)
    for machine, address in ((host, "10.0.0.5/24"), (r1, "10.0.0.1/24"), (r2, "10.0.0.2/24")):
        network.cable(plug_of(network.interface(machine, address)), switch.free_port())
    far = network.host("far")
    network.join(r2, "10.9.0.1/24", far, "10.9.0.2/24")
    default_route(host, "10.0.0.1")
    default_route(far, "10.9.0.1")
    r1.routes.add(ip("10.9.0.0"), 24, ip("10.0.0.2"), r1.interfaces[0])
    pinger = Pinger(host)

    def hops() -> int:
        pinger.answers.clear()
        before = plug_of(r1.interfaces[0]).counters.rx_frames
        for _ in range(3):
            pinger.ask("10.9.0.2")
            network.queue.run_until(network.queue.now_ns + 100 * 1000 * US)
        assert len(pinger.answers) == 3
        return plug_of(r1.interfaces[0]).counters.rx_frames - before

    assert hops() >= 3
    r1.sends_redirects = True
    assert hops() >= 3  # told, but not followed
    host.accepts_redirects = True
    assert hops() == 1  # the first was told better
    assert host.accepts_redirects
    assert r1.sends_redirects
    assert host.routes.lookup(ip("10.9.0.2")).length == 32  # type: ignore[union-attr]


def test_a_changed_route_counts_at_once(line: Line) -> None:
    mail = Mailbox(line.server)
    for _ in range(2):
        line.client.send(ip(SERVER), 17, b"hello")
        line.queue.run_until(line.queue.now_ns + S)
    route = line.r1.routes.lookup(ip(SERVER))
    assert route is not None
    line.r1.routes.remove(route)
    line.client.send(ip(SERVER), 17, b"hello")
    line.queue.run()
    assert len(mail.packets) == 2
    assert line.r1.drops == {"no-route": 1}


def test_an_address_given_to_a_router_is_not_forwarded_any_more(line: Line) -> None:
    for _ in range(2):
        line.client.send(ip(SERVER), 17, b"hello")
        line.queue.run_until(line.queue.now_ns + S)
    line.r1.add_address(line.r1.interfaces[0], ip(SERVER), 32)
    mail = Mailbox(line.r1)
    line.client.send(ip(SERVER), 17, b"hello")
    line.queue.run()
    assert len(mail.packets) == 1
    line.r1.remove_address(line.r1.interfaces[0], ip(SERVER))
    line.client.send(ip(SERVER), 17, b"hello")
    line.queue.run()
    assert len(mail.packets) == 1


@given(st.data())
def test_garbage_is_dropped_and_never_raises(data: st.DataObject) -> None:
    recorder = Recorder() if data.draw(st.booleans()) else None
    line = Line(Network(recorder=recorder))
    if data.draw(st.booleans()):
        line.client.send(ip(SERVER), 17, b"hello")
        line.queue.run()
    adapter = plug_of(line.r1.interfaces[0])
    sound = ipv4.Packet(ip("10.0.1.2"), ip(data.draw(st.sampled_from([SERVER, "10.0.1.1"]))), 1, bytes(40)).emit()
    for _ in range(5):
        kind = data.draw(st.integers(0, 3))
        if kind == 0:
            octets = data.draw(st.binary(max_size=120))
        elif kind == 1:
            octets = adapter.mac + data.draw(st.binary(max_size=120))
        else:
            ethertype = b"\x08\x06" if kind == 2 else b"\x08\x00"
            body = bytearray(sound if kind == 3 else bytes.fromhex("0001080006040001") + bytes(20))
            for at, value in data.draw(st.lists(st.tuples(st.integers(0, len(body) - 1), st.integers(0, 255)))):
                body[at] = value
            if kind == 3:
                body = body[: data.draw(st.integers(0, len(body)))]
            octets = adapter.mac + line.client.interfaces[0].mac + ethertype + body
        adapter.receive(octets)
    line.queue.run()
    if recorder is not None:
        recorder.close()
