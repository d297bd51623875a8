"""UDP at the edges of RFC 768 and RFC 1122 section 4.1: checksums, addresses, errors, headers."""

from __future__ import annotations

import errno

import pytest
from small_world import CLIENT, SERVER, SmallWorld

from michinori.host import UdpSocket
from michinori.host.addresses import pack
from michinori.inet.hooks import Passing
from michinori.wire import checksum, icmp, ipv4, udp
from michinori.wire.protocols import PROTOCOL_ICMP, PROTOCOL_UDP


@pytest.fixture
def server(world: SmallWorld) -> UdpSocket:
    socket = world.server.udp.socket()
    socket.bind(bytes(4), 53)
    return socket


def sent_by(world: SmallWorld, host: str) -> list[ipv4.Packet]:
    seen: list[ipv4.Packet] = []
    world.hosts[host].internet.hooks.output.append(lambda passing: note(seen, passing))
    return seen


def note(seen: list[ipv4.Packet], passing: Passing) -> None:
    seen.append(passing.packet)


def deliver(world: SmallWorld, payload: bytes, src: str = CLIENT, dst: str = SERVER) -> None:
    """Let the server's adapter take a UDP packet with these octets."""
    packet = ipv4.Packet(pack(src), pack(dst), PROTOCOL_UDP, payload)
    adapter = world.server.internet.interfaces[0].adapter
    assert adapter is not None
    adapter.receive(adapter.mac + bytes.fromhex("0200000000990800") + packet.emit())


def octets(src: str = CLIENT) -> bytes:
    pseudo = checksum.pseudo(pack(src), pack(SERVER), PROTOCOL_UDP)
    return udp.Datagram(5000, 53, b"hello").emit(pseudo)


@pytest.mark.rfc("768", "0-4")
@pytest.mark.rfc("1122", "4.1.3.4-1")
def test_a_wrong_checksum_is_dropped_in_silence_and_none_is_taken(world: SmallWorld, server: UdpSocket) -> None:
    sent = sent_by(world, "server")
    whole = octets()
    deliver(world, whole[:6] + b"\x12\x34" + whole[8:])
    deliver(world, whole[:6] + bytes(2) + whole[8:])
    world.pass_time(1)
    assert server.receive() == (b"hello", (pack(CLIENT), 5000))
    with pytest.raises(BlockingIOError):
        server.receive()
    assert sent == []


@pytest.mark.rfc("1122", "4.1.3.6-1")
@pytest.mark.parametrize("src", ["10.0.3.255", "255.255.255.255", "224.0.0.1", "127.0.0.1"])
def test_a_datagram_from_nobody_in_particular_is_dropped_in_silence(
    world: SmallWorld, server: UdpSocket, src: str
) -> None:
    sent = sent_by(world, "server")
    deliver(world, octets(src), src)
    world.pass_time(1)
    assert not server.readable
    assert sent == []


@pytest.mark.rfc("792", "3-2")
@pytest.mark.rfc("1122", "3.2.2.1-1", "4.1.3.1-1")
def test_a_port_that_nobody_has_is_reported(world: SmallWorld) -> None:
    sent = sent_by(world, "server")
    deliver(world, octets())
    world.pass_time(1)
    (packet,) = sent
    message = icmp.Message.parse(packet.payload)
    assert (packet.protocol, message.meaning) == (PROTOCOL_ICMP, "port unreachable")


@pytest.mark.rfc("1122", "3.2.2.5-2", "4.1.3.3-1")
@pytest.mark.parametrize(
    ("kind", "code", "number"),
    [
        (icmp.UNREACHABLE, icmp.NET_UNREACHABLE, errno.ENETUNREACH),
        (icmp.UNREACHABLE, icmp.HOST_UNREACHABLE, errno.EHOSTUNREACH),
        (icmp.UNREACHABLE, icmp.PORT_UNREACHABLE, errno.ECONNREFUSED),
        (icmp.TIME_EXCEEDED, icmp.TTL_EXCEEDED, errno.EHOSTUNREACH),
        (icmp.PARAMETER_PROBLEM, icmp.POINTER_INDICATES, errno.EPROTO),
    ],
)
def test_errors_reach_the_application(world: SmallWorld, kind: int, code: int, number: int) -> None:
    socket = world.client.udp.socket()
    socket.connect(pack(SERVER), 53)
    assert socket.local is not None
    pseudo = checksum.pseudo(pack(CLIENT), pack(SERVER), PROTOCOL_UDP)
    quoted = udp.Datagram(socket.local[1], 53, b"hello").emit(pseudo)
    packet = ipv4.Packet(pack(CLIENT), pack(SERVER), PROTOCOL_UDP, quoted).emit()
    message = icmp.Message(kind, code, bytes(4), packet)
    world.r1.internet.send(pack(CLIENT), PROTOCOL_ICMP, message.emit())
    world.pass_time(1)
    with pytest.raises(OSError, match=r".") as caught:
        socket.receive()
    assert caught.value.errno == number


@pytest.mark.rfc("1122", "3.3.4.2-2", "4.1.3.5-2", "4.1.3.5-3")
@pytest.mark.rfc("768", "0-6")
def test_the_application_chooses_its_address_or_leaves_it_open_and_learns_it(world: SmallWorld) -> None:
    internet = world.client.internet
    internet.add_address(internet.interfaces[0], pack("10.0.1.77"), 24)
    sent = sent_by(world, "client")
    open_one, chosen = world.client.udp.socket(), world.client.udp.socket()
    chosen.bind(pack("10.0.1.77"), 0)
    for socket in (open_one, chosen):
        socket.send_to(b"hello", pack(SERVER), 53)
    assert [packet.src for packet in sent] == [pack(CLIENT), pack("10.0.1.77")]
    open_one.connect(pack(SERVER), 53)
    assert open_one.local is not None
    assert open_one.local[0] == pack(CLIENT)


def test_whoever_connects_anew_is_seen_by_his_address_on_the_new_way(world: SmallWorld) -> None:
    socket = world.r1.udp.socket()
    for remote, own in ((CLIENT, "10.0.1.2"), (SERVER, "10.0.2.1")):
        socket.connect(pack(remote), 53)
        assert socket.local is not None
        assert socket.local[0] == pack(own)
    chosen = world.r1.udp.socket()
    chosen.bind(pack("10.0.1.2"), 0)
    chosen.connect(pack(SERVER), 53)
    assert chosen.local is not None
    assert chosen.local[0] == pack("10.0.1.2")


@pytest.mark.rfc("1122", "3.2.1.3-2", "4.1.3.6-2")
def test_only_an_address_of_our_own_is_a_source(world: SmallWorld) -> None:
    sent = sent_by(world, "client")
    for address in ("10.0.1.255", "255.255.255.255"):
        socket = world.client.udp.socket()
        socket.bind(pack(address), 0)  # to receive broadcasts alone
        socket.send_to(b"hello", pack(SERVER), 53)
    assert [packet.src for packet in sent] == [pack(CLIENT)] * 2


@pytest.mark.rfc("1122", "3.2.1.7-3", "4.1.4-1")
def test_ttl_and_type_of_service_are_those_of_the_socket(world: SmallWorld) -> None:
    sent = sent_by(world, "client")
    socket = world.client.udp.socket()
    socket.options.ttl, socket.options.tos = 5, 0x10
    socket.send_to(b"hello", pack(SERVER), 53)
    assert [(packet.ttl, packet.tos) for packet in sent] == [(5, 0x10)]


@pytest.mark.rfc("1122", "4.1.3.4-2")
def test_a_checksum_is_always_sent(world: SmallWorld) -> None:
    sent = sent_by(world, "client")
    world.client.udp.socket().send_to(b"", pack(SERVER), 53)
    assert sent[0].payload[6:8] != bytes(2)
