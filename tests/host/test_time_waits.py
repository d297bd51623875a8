"""What a host keeps of connections that are over but for TIME-WAIT, and how it answers from that."""

from __future__ import annotations

import errno
import gc

import pytest
from small_world import CLIENT, SERVER, SmallWorld

from michinori.host import TcpSocket
from michinori.host.addresses import pack
from michinori.host.tcp_listener import TcpListenerSocket
from michinori.inet import Passing
from michinori.tcp import Connection
from michinori.wire import checksum, ipv4
from michinori.wire.protocols import PROTOCOL_TCP
from michinori.wire.tcp import ACK, FIN, PSH, RST, SYN, Options, Segment

MINUTE = 60.0


def closed_by_server(world: SmallWorld) -> tuple[TcpSocket, list[Segment]]:
    """A connection that the server has closed first. Gives the client's socket, and the list of what the server sends
    from then on; the client's TCP no longer hears of it.
    """
    client, server = world.connected()
    server.close()
    world.pass_time(1)
    assert client.read(100) == b""
    heard: list[Segment] = []
    taken: list[Segment] = []

    def listen(passing: Passing) -> str:
        heard.append(_segment(passing.packet))
        return "heard"

    def overhear(passing: Passing) -> None:
        taken.append(_segment(passing.packet))

    world.server.internet.hooks.input.append(overhear)
    client.close()
    world.pass_time(1)
    world.client.internet.hooks.input.append(listen)
    assert taken[-1].flags & FIN
    heard.append(taken[-1])
    return client, heard


def _segment(packet: ipv4.Packet) -> Segment:
    return Segment.parse(packet.payload, checksum.pseudo(packet.src, packet.dst, PROTOCOL_TCP))


def arrive(world: SmallWorld, segment: Segment) -> None:
    """From the client's address, whatever the client's TCP thinks of it."""
    octets = segment.emit(checksum.pseudo(pack(CLIENT), pack(SERVER), PROTOCOL_TCP))
    world.client.internet.send(pack(SERVER), PROTOCOL_TCP, octets, src=pack(CLIENT))
    world.pass_time(0.1)


def connections() -> int:
    return sum(isinstance(one, Connection) for one in gc.get_objects())


def come_and_go(world: SmallWorld, listener: TcpListenerSocket) -> None:
    """Ten connections that the server closes first."""
    clients = [world.client.tcp.socket() for _ in range(10)]
    for socket in clients:
        socket.connect(pack(SERVER), 80)
    world.pass_time(0.1)
    for _ in clients:
        accepted = listener.accept()
        assert accepted is not None
        accepted.close()
    world.pass_time(0.1)
    for socket in clients:
        socket.close()
    world.pass_time(0.1)


def time_waits(world: SmallWorld) -> list[tuple[str, int]]:
    return [(one.state, one.timer_ns or 0) for one in world.server.sockets() if one.state == "TIME-WAIT"]


@pytest.mark.rfc("9293", "SHLD-4")
def test_what_is_kept_of_a_connection_answers_as_the_connection_itself_would(make_world):
    """Whether everything is kept, as where somebody watches, or a few numbers: the same segments get the same answers
    at the same time."""
    answers = []
    for watched in (False, True):
        world = make_world(record=watched)
        _, heard = closed_by_server(world)
        fin = heard.pop()
        stamps = fin.options.timestamps
        assert stamps is not None

        def again(seq: int, flags: int, text: bytes = b"", stamp: int = stamps[0], old: Segment = fin) -> Segment:
            options = Options(timestamps=(stamp, 0))
            return Segment(
                old.src_port, old.dst_port, seq & 0xFFFF_FFFF, 0 if flags == SYN else old.ack, flags, 100, text, options
            )

        story: list[object] = [time_waits(world)]
        for segment in (
            again(fin.seq, FIN | ACK),  # our last ACK was lost
            again(fin.seq + 1, ACK),
            again(fin.seq + 1, ACK | PSH, b"more"),
            again(fin.seq - 9, ACK),
            again(fin.seq + 1, RST),
            again(fin.seq - 99, SYN),  # an old SYN, by number as by time
            again(fin.seq + 99, SYN, stamp=stamps[0] - 1),
            *[again(fin.seq - 9, ACK) for _ in range(20)],  # more than are answered
            again(fin.seq + 1, SYN, stamp=stamps[0] + 1),
            again(fin.seq + 2, ACK, stamp=stamps[0] + 2),
        ):
            arrive(world, segment)
            story.append([(one.seq, one.ack, one.flags, one.window, one.options) for one in heard])
            story.append([(one.state, one.timer_ns) for one in world.server.sockets()])
            heard.clear()
        answers.append(story)
    assert answers[0] == answers[1]
    after_fin, after_ack = answers[0][1], answers[0][3]
    assert [flags for _, _, flags, _, _ in after_fin] == [ACK]
    assert after_ack == []
    assert [state for state, _ in answers[0][-1]][-1] in ("SYN-RECEIVED", "ESTABLISHED")


def test_time_wait_lasts_for_two_segment_lifetimes_after_the_last_fin(world: SmallWorld):
    _, heard = closed_by_server(world)
    fin = heard.pop()
    world.pass_time(MINUTE / 2)
    arrive(world, fin)
    assert heard.pop().flags == ACK
    world.pass_time(MINUTE - 0.5)
    assert len(time_waits(world)) == 1
    world.pass_time(0.5)
    assert time_waits(world) == []
    arrive(world, fin)
    assert [one.flags & RST for one in heard] == [RST]


@pytest.mark.row("B7")
def test_a_port_in_time_wait_can_be_bound_again_only_with_so_reuseaddr(world: SmallWorld):
    closed_by_server(world)
    (listener,) = world.server.tcp._listeners.values()
    listener.options.reuse_address = False
    listener.close()
    plain, reusing = world.server.tcp.socket(), world.server.tcp.socket()
    reusing.options.reuse_address = True
    for socket in (plain, reusing):
        with pytest.raises(OSError, match=r".") as refused:
            socket.bind(bytes(4), 80)
        assert refused.value.errno == errno.EADDRINUSE
    world.pass_time(MINUTE)
    plain.bind(bytes(4), 80)


def test_a_thousand_connections_leave_their_numbers_and_nothing_else(world: SmallWorld):
    unbound = world.server.tcp.socket()
    unbound.bind(bytes(4), 80)
    listener = world.server.tcp.listen(unbound, 100)
    gc.collect()
    before = connections()
    gc.disable()
    try:
        for _ in range(100):
            come_and_go(world, listener)
        # Without the collector's help: nothing that is over leads back to itself.
        assert connections() == before
    finally:
        gc.enable()
    assert len(time_waits(world)) == 1000
    world.pass_time(MINUTE + 1)
    assert time_waits(world) == []
