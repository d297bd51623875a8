"""TCP between real hosts: addresses that may not be used, headers of the packets, ICMP errors about a connection."""

from __future__ import annotations

import errno

import pytest
from small_world import CLIENT, SERVER, SmallWorld

from michinori.host import TcpSocket
from michinori.host.addresses import pack
from michinori.inet.hooks import Passing
from michinori.wire import checksum, icmp, ipv4
from michinori.wire.protocols import PROTOCOL_ICMP, PROTOCOL_TCP
from michinori.wire.tcp import ACK, SYN, Options, Segment


def packets_of(world: SmallWorld, host: str) -> list[ipv4.Packet]:
    """The TCP packets that this host sends from now on."""
    seen: list[ipv4.Packet] = []

    def look(passing: Passing) -> None:
        if passing.packet.protocol == PROTOCOL_TCP:
            seen.append(passing.packet)

    world.hosts[host].internet.hooks.output.append(look)
    return seen


def segment_in(packet: ipv4.Packet) -> Segment:
    return Segment.parse(packet.payload, checksum.pseudo(packet.src, packet.dst, PROTOCOL_TCP))


def listen(world: SmallWorld, address: bytes = bytes(4)) -> None:
    socket = world.server.tcp.socket()
    socket.bind(address, 80)
    world.server.tcp.listen(socket, 5)


def deliver(world: SmallWorld, segment: Segment, src: str, dst: str, options: bytes = b"") -> None:
    """Let the server take a packet as if its cable had brought it."""
    octets = segment.emit(checksum.pseudo(pack(src), pack(dst), PROTOCOL_TCP))
    packet = ipv4.Packet(pack(src), pack(dst), PROTOCOL_TCP, octets, options=options)
    adapter = world.server.internet.interfaces[0].adapter
    assert adapter is not None
    everybody = dst.endswith("255") or dst.startswith("224")
    adapter.receive((b"\xff" * 6 if everybody else adapter.mac) + bytes.fromhex("0200000000990800") + packet.emit())


def report(world: SmallWorld, socket: TcpSocket, kind: int, code: int) -> None:
    """Let a router tell the client of trouble with the segment that it has under way."""
    assert socket.flow is not None
    tcb = socket.flow.connection._tcb
    quoted = Segment(socket.local[1], 80, tcb.snd.wire(tcb.snd.una), 0, ACK, 0)
    octets = quoted.emit(checksum.pseudo(pack(CLIENT), pack(SERVER), PROTOCOL_TCP))
    packet = ipv4.Packet(pack(CLIENT), pack(SERVER), PROTOCOL_TCP, octets).emit()
    message = icmp.Message(kind, code, bytes(4), packet[:28])
    world.r1.internet.send(pack(CLIENT), PROTOCOL_ICMP, message.emit())
    world.pass_time(0.1)


@pytest.mark.rfc("9293", "MUST-46")
@pytest.mark.parametrize("address", ["255.255.255.255", "10.0.1.255", "224.0.0.1"])
def test_nobody_connects_to_everybody(world: SmallWorld, address: str) -> None:
    socket = world.client.tcp.socket()
    with pytest.raises(OSError, match="unreachable") as caught:
        socket.connect(pack(address), 80)
    assert caught.value.errno == errno.ENETUNREACH


@pytest.mark.rfc("9293", "MUST-57")
@pytest.mark.parametrize("dst", ["255.255.255.255", "10.0.3.255", "224.0.0.1"])
def test_a_syn_to_everybody_is_dropped_in_silence(world: SmallWorld, dst: str) -> None:
    listen(world)
    world.server.internet.interfaces[0].join(pack("224.0.0.1"))
    sent = packets_of(world, "server")
    deliver(world, Segment(5000, 80, 1, 0, SYN, 1000), CLIENT, dst)
    world.pass_time(5)
    assert sent == []
    assert len(world.server.sockets()) == 1
    deliver(world, Segment(5000, 80, 1, 0, SYN, 1000), CLIENT, SERVER)
    assert segment_in(sent[0]).flags == SYN | ACK  # but one to us alone is answered


@pytest.mark.rfc("9293", "MUST-63")
@pytest.mark.parametrize("src", ["255.255.255.255", "10.0.3.255", "224.0.0.1", "127.0.0.1", "0.0.0.0"])
def test_a_syn_from_nobody_in_particular_is_dropped_in_silence(world: SmallWorld, src: str) -> None:
    listen(world)
    sent = packets_of(world, "server")
    deliver(world, Segment(5000, 80, 1, 0, SYN, 1000), src, SERVER)
    world.pass_time(5)
    assert sent == []
    assert len(world.server.sockets()) == 1


@pytest.mark.rfc("9293", "MUST-50")
def test_ip_options_are_passed_over(world: SmallWorld) -> None:
    listen(world)
    sent = packets_of(world, "server")
    unknown = bytes((0x5E, 4, 1, 2))
    deliver(world, Segment(5000, 80, 1, 0, SYN, 1000), CLIENT, SERVER, options=unknown)
    assert segment_in(sent[0]).flags == SYN | ACK
    assert sent[0].options == b""


@pytest.mark.rfc("9293", "MUST-44", "MUST-45", "MUST-43")
def test_the_source_is_asked_of_ip_or_chosen_by_the_application_and_stays(world: SmallWorld) -> None:
    interface = world.client.internet.interfaces[0]
    world.client.internet.add_address(interface, pack("10.0.1.77"), 24)
    listen(world)
    sent = packets_of(world, "client")
    plain, choosy = world.client.tcp.socket(), world.client.tcp.socket()
    plain.connect(pack(SERVER), 80)
    choosy.bind(pack("10.0.1.77"), 0)
    choosy.connect(pack(SERVER), 80)
    world.pass_time(1)
    for socket in (plain, choosy):
        socket.write(b"hello")
    world.client.internet.remove_address(interface, pack(CLIENT))  # IP would choose otherwise now
    world.pass_time(1)
    sources = {(packet.src, segment_in(packet).src_port) for packet in sent}
    assert sources == {(pack(CLIENT), plain.local[1]), (pack("10.0.1.77"), choosy.local[1])}


@pytest.mark.rfc("9293", "MUST-42")
def test_a_port_can_be_listened_at_while_a_connection_from_it_is_being_opened(world: SmallWorld) -> None:
    opening = world.server.tcp.socket()
    opening.options.reuse_address = True
    opening.bind(bytes(4), 80)
    opening.connect(pack("10.0.3.99"), 9)  # nobody is there
    socket = world.server.tcp.socket()
    socket.options.reuse_address = True
    socket.bind(bytes(4), 80)
    listener = world.server.tcp.listen(socket, 5)
    assert sorted(info.state for info in world.server.sockets()) == ["LISTEN", "SYN-SENT"]
    client = world.client.tcp.socket()
    client.connect(pack(SERVER), 80)
    world.pass_time(1)
    assert listener.accept() is not None
    assert "SYN-SENT" in {info.state for info in world.server.sockets()}


@pytest.mark.rfc("9293", "MUST-41")
def test_a_second_listener_at_one_place_is_an_error_and_changes_nothing(world: SmallWorld) -> None:
    client, server = world.connected()
    again = world.server.tcp.socket()
    with pytest.raises(OSError, match="in use"):
        again.bind(bytes(4), 80)
    client.write(b"still here")
    world.pass_time(1)
    assert server.read(100) == b"still here"


@pytest.mark.rfc("9293", "MUST-49", "MUST-48", "SHLD-22", "SHLD-21")
def test_ttl_and_differentiated_services_are_those_of_the_socket_and_may_change(world: SmallWorld) -> None:
    listen(world)
    sent = packets_of(world, "client")
    socket = world.client.tcp.socket()
    socket.options.ttl, socket.options.tos = 33, 0xB8
    socket.connect(pack(SERVER), 80)
    world.pass_time(1)
    assert {(packet.ttl, packet.tos) for packet in sent} == {(33, 0xB8)}
    sent.clear()
    socket.options.tos = 0x28
    socket.options_changed()
    socket.write(b"hello")
    world.pass_time(1)
    assert {(packet.ttl, packet.tos) for packet in sent} == {(33, 0x28)}


@pytest.mark.rfc("1122", "3.3.2-3", "3.3.3-3")
@pytest.mark.rfc("6691", "2-1", "2-3")
@pytest.mark.rfc("9293", "MUST-67")
@pytest.mark.parametrize(("mtu", "mss"), [(1500, 1460), (1400, 1360), (576, 536)])
def test_the_mss_that_is_announced_is_what_the_interface_takes(world: SmallWorld, mtu: int, mss: int) -> None:
    client = world.client.internet
    client.add_interface(world.client.add_adapter("narrow", mtu=mtu), pack("10.9.0.1"), 24)
    sent = packets_of(world, "client")
    world.client.tcp.socket().connect(pack("10.9.0.2"), 80)
    world.pass_time(0.5)
    assert [segment_in(packet).options.mss for packet in sent] == [mss]


@pytest.mark.rfc("1122", "3.2.2.1-3")
@pytest.mark.rfc("9293", "MUST-54", "SHLD-25", "MUST-47", "SHLD-20")
@pytest.mark.parametrize(
    ("kind", "code", "number"),
    [
        (icmp.UNREACHABLE, icmp.NET_UNREACHABLE, errno.ENETUNREACH),
        (icmp.UNREACHABLE, icmp.HOST_UNREACHABLE, errno.EHOSTUNREACH),
        (icmp.UNREACHABLE, icmp.SOURCE_ROUTE_FAILED, errno.EHOSTUNREACH),
        (icmp.TIME_EXCEEDED, icmp.TTL_EXCEEDED, errno.EHOSTUNREACH),
        (icmp.PARAMETER_PROBLEM, icmp.POINTER_INDICATES, errno.EHOSTUNREACH),
    ],
)
def test_trouble_on_the_way_ends_no_connection_and_can_be_asked_for(
    world: SmallWorld, kind: int, code: int, number: int
) -> None:
    client, server = world.connected()
    other = world.client.tcp.socket()
    other.connect(pack(SERVER), 80)
    world.pass_time(1)
    world.access.cut()
    client.write(b"hello")
    world.access.mend()
    heard: list[str] = []
    client.on_readable = client.on_writable = lambda: heard.append("called")
    client.on_report = heard.append
    report(world, client, kind, code)
    assert client.flow is not None
    assert other.flow is not None
    error = client.flow.connection.soft_error
    assert error is not None
    assert error.errno == number
    assert other.flow.connection.soft_error is None
    assert heard == ["soft-error"]
    client.on_report = None
    report(world, client, kind, code)
    assert heard == ["soft-error"]  # told only to who asks
    world.pass_time(5)
    assert server.read(100) == b"hello"
    assert client.flow.connection.soft_error is None


@pytest.mark.rfc("9293", "MUST-55")
def test_a_source_quench_changes_nothing(world: SmallWorld) -> None:
    client, server = world.connected()
    world.access.cut()
    client.write(b"hello")
    world.access.mend()
    before = client.info().details
    report(world, client, icmp.SOURCE_QUENCH, 0)
    assert client.flow is not None
    assert client.flow.connection.soft_error is None
    assert client.info().details["cwnd"] == before["cwnd"]
    world.pass_time(5)
    assert server.read(100) == b"hello"


@pytest.mark.rfc("1122", "3.3.1.4-5")
@pytest.mark.rfc("9293", "MUST-20")
def test_a_connection_in_doubt_has_its_neighbour_verified(recorded: SmallWorld) -> None:
    client, _ = recorded.connected()
    recorded.pass_time(1)
    asked = len(recorded.events("arp", "asked", "client"))
    recorded.access.cut()
    client.write(b"hello")
    recorded.pass_time(12)
    assert len(recorded.events("arp", "asked", "client")) > asked
    (row,) = recorded.client.internet.interfaces[0].neighbours.rows()
    assert row.state in ("probe", "failed", "incomplete")


def test_a_reset_of_a_stranger_is_sent_to_where_the_segment_came_from(world: SmallWorld) -> None:
    sent = packets_of(world, "server")
    deliver(world, Segment(5000, 81, 1, 0, SYN, 1000, b"", Options(mss=1000)), CLIENT, SERVER)
    (packet,) = sent
    assert (packet.src, packet.dst) == (pack(SERVER), pack(CLIENT))
    assert segment_in(packet) == Segment(81, 5000, 0, 2, 0x14, 0)
