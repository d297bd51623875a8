"""Sockets without asyncio: calls that never wait, the table that can be listed at any moment, and what errors mean."""

from __future__ import annotations

import errno

import pytest
from small_world import CLIENT, SERVER, SmallWorld

from michinori.host import SocketInfo, table
from michinori.host.addresses import pack
from michinori.host.descriptors import Descriptors


def states(host) -> list[str]:
    return [info.state for info in host.sockets()]


@pytest.mark.rfc("6691", "2-2")
@pytest.mark.rfc("9293", "MUST-44")
@pytest.mark.row("B7")
def test_a_socket_is_memory_that_can_be_read_at_any_moment(world: SmallWorld) -> None:
    client, server = world.client, world.server
    unbound = server.tcp.socket()
    assert states(server) == ["CLOSED"]
    unbound.bind(bytes(4), 80)
    listener = server.tcp.listen(unbound, 10)
    socket = client.tcp.socket()
    descriptor = client.open(socket)
    socket.connect(pack(SERVER), 80)
    (opening,) = client.sockets()
    assert (opening.state, opening.remote, opening.descriptor) == ("SYN-SENT", (pack(SERVER), 80), 3)
    world.pass_time(1)
    (established,) = client.sockets()
    assert established.state == "ESTABLISHED"
    assert established.local[0] == pack(CLIENT)
    assert established.details["mss"] == 1448
    assert 0.024e9 <= established.details["srtt_ns"] <= 0.049e9
    assert socket.write(b"x" * 3000) == 3000
    (sending,) = client.sockets()
    assert (sending.send_q, sending.timer) == (3000, "on")
    assert 0 < sending.timer_ns <= 1e9
    world.pass_time(1)
    assert client.sockets()[0].send_q == 0
    waiting, copied = server.sockets()
    assert (waiting.state, waiting.recv_q, waiting.send_q) == ("LISTEN", 1, 10)
    assert (copied.state, copied.recv_q, copied.descriptor) == ("ESTABLISHED", 3000, None)
    accepted = listener.accept()
    assert accepted is not None
    # The application holds the descriptor; the socket does not know it.
    server.open(accepted)
    assert server.sockets()[1].descriptor == 3
    assert accepted.read(1000) == b"x" * 1000
    assert server.sockets()[1].recv_q == 2000
    socket.close()
    client.descriptors.free(descriptor)
    assert client.sockets()[0].descriptor is None


def test_the_listing_shows_the_timer_that_runs_and_not_one_that_was_put_off(world: SmallWorld) -> None:
    client, server = world.connected()
    client.close()  # its FIN is acknowledged before the retransmission timer, which ran meanwhile, is due
    server.close()
    world.pass_time(0.1)
    (ended,) = world.client.sockets()
    assert ended.state == "TIME-WAIT"
    assert ended.timer_ns is not None
    assert ended.timer_ns > 59e9


def test_the_listing_reads_like_that_of_ss(world: SmallWorld) -> None:
    socket = world.server.tcp.socket()
    socket.bind(bytes(4), 80)
    world.server.open(world.server.tcp.listen(socket, 10))
    udp = world.server.udp.socket()
    udp.bind(pack(SERVER), 53)
    world.server.open(udp)
    assert table(world.server.sockets()).splitlines() == [
        "Netid  State        Recv-Q  Send-Q  Local Address:Port  Peer Address:Port  Descriptor",
        "tcp    LISTEN       0       10      0.0.0.0:80          0.0.0.0:*          3",
        "udp    UNCONNECTED  0       0       10.0.3.2:53         0.0.0.0:*          4",
    ]


def test_a_listing_as_data() -> None:
    info = SocketInfo(
        kind="tcp",
        family="inet6",
        state="ESTABLISHED",
        local=(pack("2001:db8::1"), 80),
        remote=(pack("2001:db8::2"), 5000),
        details={"mss": 1440},
    )
    assert info.as_data() == {
        "kind": "tcp",
        "state": "ESTABLISHED",
        "recv_q": 0,
        "send_q": 0,
        "local": "[2001:db8::1]:80",
        "remote": "[2001:db8::2]:5000",
        "descriptor": None,
        "mss": 1440,
    }


@pytest.mark.row("B8")
def test_the_four_addresses_and_ports_find_the_right_copy(world: SmallWorld) -> None:
    unbound = world.server.tcp.socket()
    unbound.bind(bytes(4), 80)
    listener = world.server.tcp.listen(unbound, 10)
    clients = [world.client.tcp.socket() for _ in range(5)]
    for client in clients:
        client.connect(pack(SERVER), 80)
    world.pass_time(1)
    copies = [listener.accept() for _ in clients]
    by_remote = {copy.remote: copy for copy in copies}
    assert {copy.local for copy in copies} == {(pack(SERVER), 80)}
    assert listener.local == (bytes(4), 80)
    for number, client in enumerate(clients):
        client.write(b"%d" % number)
    world.pass_time(1)
    for number, client in enumerate(clients):
        assert by_remote[client.local].read(100) == b"%d" % number
    assert listener.accept() is None


@pytest.mark.rfc("9293", "MUST-12")
def test_calls_give_nothing_instead_of_waiting(world: SmallWorld) -> None:
    client, server = world.connected()
    assert server.read(100) is None
    assert not server.readable
    heard = []
    server.on_readable = lambda: heard.append(server.read(100))
    client.write(b"hello")
    assert heard == []
    world.pass_time(1)
    assert heard == [b"hello"]
    client.shutdown(writing=True)
    world.pass_time(1)
    assert heard == [b"hello", b""]
    with pytest.raises(OSError, match="pipe") as caught:
        client.write(b"more")
    assert caught.value.errno == errno.EPIPE
    assert server.write(b"the other way still works") == 25
    world.pass_time(1)
    assert client.read(100) == b"the other way still works"


def test_a_full_send_buffer_says_when_there_is_room(world: SmallWorld) -> None:
    client, _server = world.connected()
    client.options.send_buffer = 10_000
    client.options_changed()
    taken = client.write(bytes(1_000_000))
    assert taken < 1_000_000
    told = []
    client.on_writable = lambda: told.append(client.writable)
    assert client.write(b"x") == 0
    world.pass_time(1)
    assert told
    assert all(told)
    assert client.write(b"x") == 1


def test_calls_in_the_wrong_state_are_errors(world: SmallWorld) -> None:
    tcp = world.client.tcp
    socket = tcp.socket()
    for call, number in (
        (lambda: socket.read(1), errno.ENOTCONN),
        (lambda: socket.write(b"x"), errno.ENOTCONN),
        (lambda: socket.shutdown(writing=True), errno.ENOTCONN),
        (lambda: socket.bind(pack("192.0.2.1"), 80), errno.EADDRNOTAVAIL),
    ):
        with pytest.raises(OSError, match=r".") as caught:
            call()
        assert caught.value.errno == number
    socket.bind(bytes(4), 5000)
    with pytest.raises(OSError, match="Invalid"):
        socket.bind(bytes(4), 5001)
    socket.connect(pack(SERVER), 81)
    with pytest.raises(OSError, match="in progress"):
        socket.connect(pack(SERVER), 81)
    world.pass_time(1)
    assert isinstance(socket.take_error(), ConnectionRefusedError)
    assert socket.take_error() is None
    assert world.client.sockets() == [socket.info()]


def test_a_port_is_free_again_when_nobody_holds_it(world: SmallWorld) -> None:
    tcp = world.server.tcp
    first = tcp.socket()
    first.bind(bytes(4), 80)
    second = tcp.socket()
    with pytest.raises(OSError, match="in use"):
        second.bind(pack(SERVER), 80)
    first.close()
    second.bind(pack(SERVER), 80)
    third = tcp.socket()
    third.bind(pack("127.0.0.1"), 80)  # another address: no conflict
    second.close()
    third.close()
    assert world.server.sockets() == []


@pytest.mark.rfc("9293", "MUST-41")
def test_two_listeners_on_one_port_need_different_addresses(world: SmallWorld) -> None:
    tcp = world.server.tcp
    listeners = []
    for address in (bytes(4), pack(SERVER)):
        socket = tcp.socket()
        socket.options.reuse_address = True
        if listeners:
            with pytest.raises(OSError, match="in use"):
                socket.bind(address, 80)
        else:
            socket.bind(address, 80)
            listeners.append(tcp.listen(socket, 5))


@pytest.mark.rfc("9293", "MUST-43")
def test_the_closer_listener_gets_the_connection(world: SmallWorld) -> None:
    tcp = world.server.tcp
    listeners = {}
    for address in (pack(SERVER), pack("127.0.0.1")):
        socket = tcp.socket()
        socket.bind(address, 80)
        listeners[address] = tcp.listen(socket, 5)
    for address in (SERVER, "127.0.0.1"):
        client = (world.client if address == SERVER else world.server).tcp.socket()
        client.connect(pack(address), 80)
    world.pass_time(1)
    for address, listener in listeners.items():
        accepted = listener.accept()
        assert accepted is not None
        assert accepted.local == (address, 80)
        assert listener.accept() is None


@pytest.mark.rfc("6056", "3.1-1", "3.2-2")
def test_ephemeral_ports_differ_and_come_from_the_right_range(world: SmallWorld) -> None:
    ports = set()
    for _ in range(50):
        socket = world.client.tcp.socket()
        socket.connect(pack(SERVER), 80)
        ports.add(socket.local[1])
    assert len(ports) == 50
    assert min(ports) >= 49152


def test_a_connection_in_time_wait_makes_way_for_a_newer_one(world: SmallWorld) -> None:
    client, server = world.connected()
    local = client.local
    server.close()
    world.pass_time(1)
    client.close()
    world.pass_time(1)
    assert states(world.server) == ["LISTEN", "TIME-WAIT"]
    assert states(world.client) == []
    again = world.client.tcp.socket()
    again.bind(*local)
    again.connect(pack(SERVER), 80)
    world.pass_time(1)
    assert again.connected
    assert states(world.server) == ["LISTEN", "ESTABLISHED"]


def test_time_wait_ends_by_itself(world: SmallWorld) -> None:
    client, server = world.connected()
    client.close()
    world.pass_time(1)
    assert server.read(1) == b""
    server.close()
    world.pass_time(1)
    assert states(world.client) == ["TIME-WAIT"]
    world.pass_time(61)
    assert states(world.client) == []


def test_a_closed_listener_resets_what_nobody_accepted(world: SmallWorld) -> None:
    unbound = world.server.tcp.socket()
    unbound.bind(bytes(4), 80)
    listener = world.server.tcp.listen(unbound, 5)
    client = world.client.tcp.socket()
    client.connect(pack(SERVER), 80)
    world.pass_time(1)
    listener.close()
    world.pass_time(1)
    with pytest.raises(ConnectionResetError):
        client.read(1)
    assert world.server.sockets() == []


def test_a_connection_that_died_in_the_queue_tells_so_when_accepted(world: SmallWorld) -> None:
    unbound = world.server.tcp.socket()
    unbound.bind(bytes(4), 80)
    listener = world.server.tcp.listen(unbound, 5)
    client = world.client.tcp.socket()
    client.connect(pack(SERVER), 80)
    world.pass_time(1)
    client.options.linger_s = 0
    client.close()
    world.pass_time(1)
    accepted = listener.accept()
    assert accepted is not None
    with pytest.raises(ConnectionResetError):
        accepted.read(1)
    assert accepted.read(1) == b""


@pytest.mark.rfc("9293", "MUST-3")
def test_segments_for_nobody_are_reset_and_damaged_ones_are_not(world: SmallWorld) -> None:
    stranger = world.client.tcp.socket()
    stranger.connect(pack(SERVER), 9999)
    world.line.fault("corrupt nth=1", "a->b")
    world.pass_time(0.5)
    world.pass_time(5)
    assert isinstance(stranger.error, ConnectionRefusedError)


@pytest.mark.rfc("9293", "MUST-16", "MUST-54")
def test_path_mtu_is_learned_from_icmp(make_world) -> None:
    world = make_world(mtu=1454)
    client, server = world.connected()
    assert client.info().details["mss"] == 1448
    client.write(bytes(100_000))
    world.pass_time(2)
    assert client.info().details["mss"] == 1402
    assert server.info().recv_q == 100_000
    # The next connection knows it from the beginning.
    again = world.client.tcp.socket()
    again.connect(pack(SERVER), 80)
    world.pass_time(1)
    assert again.info().details["mss"] == 1402


def test_without_path_mtu_discovery_routers_fragment(make_world) -> None:
    world = make_world(mtu=1454, record=True)
    world.client.path_mtu_discovery = world.server.path_mtu_discovery = False
    client, server = world.connected()
    client.write(bytes(100_000))
    world.pass_time(2)
    assert client.info().details["mss"] == 1448
    assert server.info().recv_q == 100_000
    assert world.events("ip", "fragmented", "r1")
    assert world.events("ip", "reassembled", "server")


def test_path_mtu_discovery_can_be_switched_while_a_connection_goes_on(make_world) -> None:
    world = make_world()
    client, _ = world.connected()
    forbidden = []
    world.r1.internet.hooks.prerouting.append(lambda passing: forbidden.append(passing.packet.dont_fragment))
    for on in (True, False, True):
        world.client.path_mtu_discovery = world.server.path_mtu_discovery = on
        for _ in range(3):
            client.write(bytes(3000))
            world.pass_time(1)
        assert len(forbidden) > 6
        assert set(forbidden) == {on}
        forbidden.clear()


def test_whoever_waits_for_room_learns_that_the_send_buffer_is_larger(world: SmallWorld) -> None:
    client, _ = world.connected()
    client.options.send_buffer = 1000
    client.options_changed()
    assert client.write(bytes(5000)) == 1000
    told = []
    client.on_writable = lambda: told.append(client.write(bytes(4000)))
    client.options.send_buffer = 10_000
    client.options_changed()
    assert told == [4000]


@pytest.mark.rfc("9293", "MUST-54")
def test_an_icmp_error_with_a_wrong_number_is_not_believed(world: SmallWorld) -> None:
    """RFC 5927: who cannot quote a number that is under way did not see the segment."""
    from michinori.inet import IcmpError
    from michinori.wire import icmp

    client, _ = world.connected()
    ports = client.local[1].to_bytes(2, "big") + client.remote[1].to_bytes(2, "big")
    for seq in (0, 0xDEADBEEF):
        error = IcmpError(
            icmp.UNREACHABLE,
            icmp.FRAGMENTATION_NEEDED,
            pack(CLIENT),
            pack(SERVER),
            6,
            ports + seq.to_bytes(4, "big"),
            mtu=600,
            reporter=pack("10.0.1.2"),
        )
        assert not world.client.internet.vouchers[6](error)
        world.client.tcp.receive_error(error)
    assert client.info().details["mss"] == 1448


def test_descriptors_take_the_lowest_free_number() -> None:
    descriptors: Descriptors[str] = Descriptors(limit=6)
    assert [descriptors.allocate(name) for name in "abc"] == [3, 4, 5]
    with pytest.raises(OSError, match="Too many open files"):
        descriptors.allocate("d")
    descriptors.free(4)
    descriptors.free(4)
    assert descriptors.allocate("e") == 4
    assert descriptors.items() == [(3, "a"), (4, "e"), (5, "c")]
    assert descriptors.get(7) is None
    with pytest.raises(OSError, match="Bad file descriptor"):
        descriptors.replace(7, "f")


@pytest.mark.rfc("1122", "3.3.1.4-4")
def test_a_connection_that_makes_progress_keeps_its_neighbour_known(recorded: SmallWorld) -> None:
    """Without it the client would ask for its router again and again, at the latest every 45 seconds or so."""
    client, server = recorded.connected()
    for _ in range(200):
        client.write(b"tick")
        recorded.pass_time(1)
        server.read(100)
    asked = [event.t // 10**9 for event in recorded.events("arp", "asked", "client")]
    assert asked == [0]
