"""The way out: the header of a packet, its source, its identification, and the ready path."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from network import Line, Mailbox, Network, S, ip, plug_of, sniff

from michinori.inet import PacketTooBig, Passing, Unreachable
from michinori.link import Adapter
from michinori.wire import ethernet, ipv4

CLIENT, SERVER = "10.0.1.2", "10.0.3.2"


def packets(frames: list[bytes]) -> list[ipv4.Packet]:
    return [ipv4.Packet.parse(frame[14:]) for frame in frames if frame[12:14] == b"\x08\x00"]


@pytest.mark.rfc("1122", "3.2.1.6-1", "3.2.1.7-3")
@pytest.mark.row("B14")
def test_the_header_says_all_that_the_row_asks_for(watched: Network) -> None:
    line = Line(watched)
    at_r1 = sniff(plug_of(line.r1.interfaces[0]))
    line.client.send(ip(SERVER), 17, bytes(3000), ttl=77, tos=0x10)
    watched.queue.run_until(S)
    pieces = packets(at_r1)
    assert [(piece.ttl, piece.tos, piece.protocol) for piece in pieces] == [(77, 0x10, 17)] * 3
    sent = watched.events("sent", "client")
    assert [event.data for event in sent] == [
        {
            "src": CLIENT,
            "dst": SERVER,
            "protocol": "udp",
            "ttl": 77,
            "id": piece.identification,
            "flags": "MF" if piece.more_fragments else "",
            "offset": piece.offset,
            "length": 20 + len(piece.payload),
            "next_hop": "10.0.1.1",
            "interface": "eth0",
        }
        for piece in pieces
    ]


@pytest.mark.row("B15")
def test_routing_says_what_matched_and_what_was_chosen(watched: Network) -> None:
    line = Line(watched)
    line.client.routes.add(ip("10.0.3.0"), 24, ip("10.0.1.1"), line.client.interfaces[0])
    line.client.send(ip(SERVER), 17, b"hello")
    (routed,) = watched.events("routed", "client")
    assert [match["prefix"] for match in routed.data["matches"]] == ["10.0.3.0/24", "0.0.0.0/0"]
    assert (routed.data["chosen"], routed.data["next_hop"]) == ("10.0.3.0/24", "10.0.1.1")


@pytest.mark.rfc("1122", "3.3.1.2-1")
@given(
    st.lists(
        st.tuples(st.binary(max_size=3000), st.sampled_from([SERVER, "10.0.1.1"]), st.booleans(), st.booleans()),
        max_size=8,
    )
)
def test_the_ready_path_sends_what_care_would_send(messages: list[tuple[bytes, str, bool, bool]]) -> None:
    plain, careful = Line(Network()), Line(Network())
    careful.client.hooks.output.append(lambda passing: None)  # somebody wants to see every packet
    seen = []
    for line in (plain, careful):
        frames = sniff(plug_of(line.r1.interfaces[0]))
        for payload, dst, dont_fragment, with_source in messages:
            try:
                line.client.send(
                    ip(dst), 200, payload, src=ip(CLIENT) if with_source else None, dont_fragment=dont_fragment
                )
            except PacketTooBig:
                frames.append(b"too big")
            line.queue.run_until(line.queue.now_ns + S)
        seen.append(frames)
    assert seen[0] == seen[1]


@pytest.mark.rfc("791", "3.1-5")
def test_identifications_count_for_each_destination_from_a_start_that_cannot_be_guessed(line: Line) -> None:
    at_r1 = sniff(plug_of(line.r1.interfaces[0]))
    for dst in (SERVER, "10.0.3.3", SERVER, "10.0.3.3", SERVER):
        line.client.send(ip(dst), 17, b"hello")
        line.queue.run_until(line.queue.now_ns + S)
    numbers = [packet.identification for packet in packets(at_r1)]
    first, other = numbers[0], numbers[1]
    assert numbers == [first, other, first + 1, other + 1, first + 2]
    assert first != other
    again = Line(Network(seed=1))
    frames = sniff(plug_of(again.r1.interfaces[0]))
    again.client.send(ip(SERVER), 17, b"hello")
    again.queue.run_until(S)
    assert packets(frames)[0].identification != first


@pytest.mark.rfc("791", "3.1-5")
def test_identifications_wrap(line: Line) -> None:
    at_r1 = sniff(plug_of(line.r1.interfaces[0]))
    for _ in range(70_000):
        line.client.send(ip(SERVER), 17, b"")
        if not len(line.queue) % 500:
            line.queue.run()
    line.queue.run()
    numbers = [packet.identification for packet in packets(at_r1[-66_000:])]
    assert {(b - a) % 65536 for a, b in pairwise(numbers)} == {1}


@pytest.mark.rfc("791", "2.2-1")
@pytest.mark.rfc("1122", "3.2.1.3-2", "3.3.4.2-2")
def test_sources(network: Network) -> None:
    line = Line(network)
    network.interface(line.client, "10.7.0.1/24")
    line.client.add_address(line.client.interfaces[0], ip("10.0.1.3"), 24)
    assert line.client.source_for(ip(SERVER)) == ip(CLIENT)
    assert line.client.source_for(ip("10.7.0.9")) == ip("10.7.0.1")
    assert line.client.source_for(ip("10.0.1.3")) == ip("10.0.1.3")
    assert line.client.source_for(ip("127.0.0.1")) == ip("127.0.0.1")
    assert line.client.source_for(ip("255.255.255.255")) == ip(CLIENT)
    mail = Mailbox(line.server)
    line.client.send(ip(SERVER), 17, b"hello", src=ip("10.0.1.3"))
    network.queue.run()
    assert mail.packets[0].src == ip("10.0.1.3")


def test_an_interface_without_an_address_can_send_from_nothing(network: Network) -> None:
    line = Line(network)
    bare = line.client.add_interface(network.adapter(line.client), name="bare")
    line.client.routes.add(ip("172.16.0.0"), 12, None, bare)
    with pytest.raises(Unreachable) as caught:
        line.client.source_for(ip("172.16.0.1"))
    assert caught.value.reason == "no-source"


def test_a_packet_for_ourselves_goes_through_the_queue_and_no_cable(line: Line) -> None:
    mail = Mailbox(line.client, 200)
    for dst in (CLIENT, "127.0.0.1"):
        buffer = bytearray(b"hello")
        line.client.send(ip(dst), 200, memoryview(buffer))
        buffer[:] = b"xxxxx"
    assert mail.packets == []
    line.queue.run()
    assert mail.payloads == [b"hello", b"hello"]
    assert [packet.src for packet in mail.packets] == [ip(CLIENT), ip("127.0.0.1")]
    assert line.client.path_mtu(ip(CLIENT)) == 65535
    assert plug_of(line.client.interfaces[0]).counters.tx_frames == 0


def test_is_local(line: Line) -> None:
    local = [line.client.is_local(ip(address)) for address in (CLIENT, "127.0.0.1", "127.9.9.9", SERVER)]
    assert local == [True, True, True, False]


@pytest.mark.rfc("791", "3.2-9")
@pytest.mark.rfc("1122", "3.3.2-2")
def test_more_than_a_packet_holds_is_refused(line: Line) -> None:
    for dst in (SERVER, CLIENT):
        with pytest.raises(PacketTooBig):
            line.client.send(ip(dst), 17, bytes(65_516))
    mail = Mailbox(line.server)
    line.client.send(ip(SERVER), 17, bytes(65_515))
    line.queue.run()
    assert [len(payload) for payload in mail.payloads] == [65_515]


@pytest.mark.rfc("1122", "3.3.1.6-1")
def test_addresses_are_checked_when_they_are_given(network: Network) -> None:
    host = network.host("host")
    interface = network.interface(host, "10.0.0.1/24")
    for address in ("10.0.0.1", "224.0.0.1", "255.255.255.255", "0.0.0.0"):
        with pytest.raises(ValueError, match=r"already|no address that a host can have"):
            host.add_address(interface, ip(address), 24)
    with pytest.raises(ValueError, match="does not have"):
        host.remove_address(interface, ip("10.0.0.9"))
    host.add_address(interface, ip("10.0.0.2"), 24)
    host.remove_address(interface, ip("10.0.0.1"))
    assert [str(own) for own in interface.addresses] == ["10.0.0.2/24"]
    assert len(list(host.routes)) == 1
    host.remove_address(interface, ip("10.0.0.2"))
    assert list(host.routes) == []


def test_two_addresses_in_one_network_keep_one_way_there(network: Network) -> None:
    host = network.host("host")
    interface = network.interface(host, "10.0.0.1/24")
    host.add_address(interface, ip("10.0.0.2"), 24)
    assert [route.destination for route in host.routes] == ["10.0.0.0/24"]


# -- Hooks -------------------------------------------------------------------------------------------------------------


def test_every_packet_passes_its_hooks_in_order(line: Line) -> None:
    passed: list[str] = []
    names = ("prerouting", "input", "forward", "output", "postrouting")
    for host in (line.client, line.r1, line.server):
        for name in names:

            def hook(passing: Passing, where: str = f"{host.node.host} {name}") -> None:
                passed.append(where)

            getattr(host.hooks, name).append(hook)
    Mailbox(line.server)
    for _ in range(2):
        passed.clear()
        line.client.send(ip(SERVER), 17, b"hello")
        line.queue.run_until(line.queue.now_ns + S)
        assert passed == [
            "client output",
            "client postrouting",
            "r1 prerouting",
            "r1 forward",
            "r1 postrouting",
            "server prerouting",
            "server input",
        ]
    passed.clear()
    Mailbox(line.client)
    line.client.send(ip(CLIENT), 17, b"hello")
    line.queue.run()
    assert passed == ["client output", "client postrouting", "client prerouting", "client input"]


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("client", "output"),
        ("client", "postrouting"),
        ("r1", "prerouting"),
        ("r1", "forward"),
        ("r1", "postrouting"),
        ("server", "prerouting"),
        ("server", "input"),
    ],
)
def test_a_hook_can_drop_a_packet_for_its_reason(line: Line, host: str, name: str) -> None:
    machine = getattr(line, host)
    mail = Mailbox(line.server)
    line.client.send(ip(SERVER), 17, b"before")
    line.queue.run_until(S)
    getattr(machine.hooks, name).append(lambda passing: "rule-of-the-house")
    line.client.send(ip(SERVER), 17, b"after")
    line.queue.run_until(2 * S)
    assert mail.payloads == [b"before"]
    assert machine.drops == {"rule-of-the-house": 1}
    getattr(machine.hooks, name).clear()
    line.client.send(ip(SERVER), 17, b"again")
    line.queue.run_until(3 * S)
    assert mail.payloads == [b"before", b"again"]


def test_a_hook_can_send_a_packet_elsewhere(line: Line) -> None:
    from msgspec.structs import replace

    def redirect(passing: Passing) -> None:
        passing.packet = replace(passing.packet, dst=ip(SERVER))

    line.client.hooks.output.append(redirect)
    mail = Mailbox(line.server)
    line.client.send(ip("10.0.1.1"), 17, b"hello")
    line.queue.run_until(S)
    assert mail.payloads == [b"hello"]


def test_hooks_see_whole_packets_on_request(network: Network) -> None:
    line = Line(network, mtu=600)
    seen: list[int] = []
    line.r2.hooks.whole_packets = True
    line.r2.hooks.prerouting.append(lambda passing: seen.append(len(passing.packet.payload)))
    at_server = sniff(plug_of(line.server.interfaces[0]))
    mail = Mailbox(line.server)
    line.client.send(ip(SERVER), 17, bytes(1400))
    network.queue.run()
    assert seen == [1400]
    assert [20 + len(piece.payload) for piece in packets(at_server)] == [596, 596, 268]  # as they came
    assert mail.payloads == [bytes(1400)]


@pytest.mark.rfc("791", "3.2-8")
def test_an_adapter_too_narrow_for_ipv4_is_refused(network: Network) -> None:
    with pytest.raises(ValueError, match="needs at least 68"):
        network.interface(network.host("host"), "10.0.0.1/24", mtu=67)


def test_the_adapter_of_an_interface_is_booted(network: Network) -> None:
    host = network.host("host")
    adapter = Adapter("eth7", b"\2\0\0\0\0\7", network.queue)
    interface = host.add_interface(adapter, ip("10.0.0.1"), 24)
    assert interface.name == "eth7"
    assert interface.mac == b"\2\0\0\0\0\7"


def test_a_frame_of_an_unknown_kind_is_dropped(line: Line) -> None:
    adapter = plug_of(line.server.interfaces[0])
    adapter.receive(ethernet.Frame(adapter.mac, bytes(6), 0x86DD, bytes(40)).emit())
    adapter.receive(adapter.mac)
    assert line.server.drops == {"unknown-ethertype": 2}
