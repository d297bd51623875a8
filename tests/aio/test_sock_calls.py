"""Socket objects, the loop's ``sock_*`` calls, and the stand-in for ``socket.socket``."""

from __future__ import annotations

import asyncio
import errno
import signal
import socket
import threading

import pytest
from small_world import CLIENT, SERVER, SmallWorld

from michinori.aio.host_socket import HostSocket

REAL = socket.socket


def tcp_socket() -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.setblocking(False)
    return sock


async def serve_once() -> bytes:
    loop = asyncio.get_running_loop()
    with tcp_socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("", 80))
        listener.listen(5)
        conn, peer = await loop.sock_accept(listener)
        assert peer == conn.getpeername()
        with conn:
            data = await loop.sock_recv(conn, 100)
            await loop.sock_sendall(conn, data[::-1] * 1000)
    return data


def test_connect_send_and_receive(world: SmallWorld) -> None:
    async def ask() -> bytes:
        loop = asyncio.get_running_loop()
        with tcp_socket() as sock:
            await loop.sock_connect(sock, (SERVER, 80))
            assert sock.getpeername() == (SERVER, 80)
            assert sock.getsockname()[0] == CLIENT
            await loop.sock_sendall(sock, b"hello")
            got = bytearray()
            buffer = bytearray(700)
            while size := await loop.sock_recv_into(sock, buffer):
                got += buffer[:size]
        return bytes(got)

    server = world.spawn(serve_once())
    assert world.run(ask()) == b"olleh" * 1000
    assert server.result() == b"hello"


def test_sock_sendall_waits_for_room(world: SmallWorld) -> None:
    async def slow() -> int:
        loop = asyncio.get_running_loop()
        with tcp_socket() as listener:
            listener.bind(("", 80))
            listener.listen()
            conn, _ = await loop.sock_accept(listener)
        got = 0
        with conn:
            await asyncio.sleep(5)
            while data := await loop.sock_recv(conn, 1 << 20):
                got += len(data)
        return got

    async def push() -> float:
        loop = asyncio.get_running_loop()
        with tcp_socket() as sock:
            await loop.sock_connect(sock, (SERVER, 80))
            await loop.sock_sendall(sock, bytes(20_000_000))
            return loop.time()

    server = world.spawn(slow())
    assert world.run(push()) > 5
    world.run(asyncio.sleep(5))
    assert server.result() == 20_000_000


def test_datagram_calls(world: SmallWorld) -> None:
    async def answer() -> None:
        loop = asyncio.get_running_loop()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.setblocking(False)
            sock.bind(("0.0.0.0", 7))
            data, peer = await loop.sock_recvfrom(sock, 3)
            assert data == b"hel"
            await loop.sock_sendto(sock, b"world", peer)

    async def ask() -> tuple:
        loop = asyncio.get_running_loop()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.setblocking(False)
            await loop.sock_sendto(sock, b"hello", (SERVER, 7))
            return await loop.sock_recvfrom(sock, 100)

    world.spawn(answer())
    assert world.run(ask()) == (b"world", (SERVER, 7))


def test_sock_sendfile(world: SmallWorld, tmp_path) -> None:
    (tmp_path / "file").write_bytes(b"hello")

    async def ask() -> bytes:
        loop = asyncio.get_running_loop()
        with tcp_socket() as sock, (tmp_path / "file").open("rb") as file:
            await loop.sock_connect(sock, (SERVER, 80))
            assert await loop.sock_sendfile(sock, file) == 5
            return await loop.sock_recv(sock, 5)

    world.spawn(serve_once())
    assert world.run(ask()) == b"olleh"


def test_calls_that_would_wait_say_so(world: SmallWorld) -> None:
    """The non-blocking form: each call says at once that it would have had to wait."""

    async def run() -> None:
        sock = tcp_socket()
        with pytest.raises(BlockingIOError) as caught:
            sock.connect((SERVER, 80))
        assert caught.value.errno == errno.EINPROGRESS
        assert sock.connect_ex((SERVER, 80)) == errno.EALREADY
        with pytest.raises(BlockingIOError):
            sock.send(b"too early")
        await asyncio.sleep(1)
        assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0
        assert sock.connect_ex((SERVER, 80)) == errno.EISCONN
        with pytest.raises(BlockingIOError):
            sock.recv(1)
        assert sock.send(b"now") == 3
        sock.close()
        with pytest.raises(OSError, match="descriptor") as closed:
            sock.recv(1)
        assert closed.value.errno == errno.EBADF
        with tcp_socket() as listener:
            listener.bind(("", 5000))
            listener.listen()
            with pytest.raises(BlockingIOError):
                listener.accept()
        with tcp_socket() as unconnected, pytest.raises(OSError, match="not connected"):
            unconnected.recv(1)

    world.spawn(serve_once())
    world.run(run())


def test_a_blocking_call_would_stop_the_world(world: SmallWorld) -> None:
    async def run() -> None:
        with socket.socket() as sock, pytest.raises(RuntimeError, match="would block and so stop the world"):
            sock.connect((SERVER, 80))

    world.run(run())


def test_socket_error_tells_of_a_refused_connect(world: SmallWorld) -> None:
    async def run() -> int:
        with tcp_socket() as sock:
            assert sock.connect_ex((SERVER, 81)) == errno.EINPROGRESS
            await asyncio.sleep(1)
            return sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)

    assert world.run(run()) == errno.ECONNREFUSED


def test_closing_a_socket_wakes_who_waits_for_it(world: SmallWorld) -> None:
    async def run() -> None:
        loop = asyncio.get_running_loop()
        listener = tcp_socket()
        listener.bind(("", 80))
        listener.listen()
        waiting = asyncio.ensure_future(loop.sock_accept(listener))
        await asyncio.sleep(1)
        listener.close()
        with pytest.raises(OSError, match="descriptor"):
            await waiting

    world.run(run())


def test_cancelling_a_call_leaves_nothing_behind(world: SmallWorld) -> None:
    async def run() -> None:
        loop = asyncio.get_running_loop()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.setblocking(False)
            sock.bind(("127.0.0.1", 7))
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(loop.sock_recv(sock, 10), 1)
            sock.sendto(b"later", ("127.0.0.1", 7))
            assert await loop.sock_recv(sock, 10) == b"later"

    world.run(run())
    assert world.loop._watches == {}


def test_readers_are_called_while_there_is_something_to_read(world: SmallWorld) -> None:
    async def run() -> list[bytes]:
        loop = asyncio.get_running_loop()
        got: list[bytes] = []
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.setblocking(False)
            sock.bind(("127.0.0.1", 7))
            loop.add_reader(sock, lambda: got.append(sock.recv(10)))
            for word in (b"one", b"two", b"three"):
                sock.sendto(word, ("127.0.0.1", 7))
            await asyncio.sleep(1)
            assert loop.remove_reader(sock.fileno())
            assert not loop.remove_reader(sock)
            sock.sendto(b"four", ("127.0.0.1", 7))
            await asyncio.sleep(1)
        return got

    assert world.run(run()) == [b"one", b"two", b"three"]


def test_a_reader_that_fails_is_called_again(world: SmallWorld) -> None:
    async def run() -> list[bytes]:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda *_: None)
        got: list[bytes] = []

        def read(sock: socket.socket) -> None:
            got.append(sock.recv(10))
            if len(got) == 1:
                raise ValueError("tripped")

        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.setblocking(False)
            sock.bind(("127.0.0.1", 7))
            for word in (b"one", b"two"):
                sock.sendto(word, ("127.0.0.1", 7))
            await asyncio.sleep(1)
            loop.add_reader(sock, read, sock)
            await asyncio.sleep(1)
            loop.remove_reader(sock)
        return got

    assert world.run(run()) == [b"one", b"two"]


def test_writers_tell_when_a_connection_stands(world: SmallWorld) -> None:
    async def run() -> float:
        loop = asyncio.get_running_loop()
        connected = loop.create_future()
        with tcp_socket() as sock:
            assert sock.connect_ex((SERVER, 80)) == errno.EINPROGRESS
            loop.add_writer(sock, lambda: connected.done() or connected.set_result(loop.time()))
            moment = await connected
            loop.remove_writer(sock)
        return moment

    world.spawn(serve_once())
    assert 0.024 < world.run(run()) < 0.05


def test_descriptors_are_the_lowest_free_numbers_of_their_host(world: SmallWorld) -> None:
    async def run() -> list[int]:
        socks = [tcp_socket() for _ in range(4)]
        numbers = [sock.fileno() for sock in socks]
        socks[1].close()
        socks[2].close()
        assert socks[1].fileno() == -1
        with tcp_socket() as low, tcp_socket() as high:
            numbers += [low.fileno(), high.fileno()]
        socks[0].close()
        socks[3].close()
        return numbers

    assert world.run(run(), world.client) == [3, 4, 5, 6, 4, 5]
    assert world.run(run(), world.server) == [3, 4, 5, 6, 4, 5]


@pytest.mark.rfc("1122", "3.2.1.7-1")
def test_the_largest_segment_can_be_set_and_is_told(world: SmallWorld) -> None:
    async def serve() -> None:
        async with await asyncio.start_server(lambda _, writer: writer.close(), port=80) as listener:
            await listener.serve_forever()

    async def ask() -> tuple[int, ...]:
        held = socket.socket()
        held.setblocking(False)
        before = held.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG)
        held.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 1100)
        kept = held.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG)
        for wrong in (87, 32768):
            with pytest.raises(OSError, match="Invalid argument"):
                held.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, wrong)
        await asyncio.get_running_loop().sock_connect(held, (SERVER, 80))
        used = held.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG)
        held.close()
        return before, kept, used

    world.spawn(serve())
    assert world.run(ask()) == (0, 1100, 1100 - 12)  # time stamps take their part of it


def test_options_are_kept(world: SmallWorld) -> None:
    async def run() -> None:
        with tcp_socket() as sock:
            assert sock.family is socket.AF_INET
            assert sock.type is socket.SOCK_STREAM
            assert sock.proto == 0
            assert sock.gettimeout() == 0
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)
            assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
            assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1
            assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_TYPE) == socket.SOCK_STREAM
            assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 4) == b"\0\0\0\0"
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, 255)
            for ttl in (0, 256):
                with pytest.raises(OSError, match="Invalid"):
                    sock.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, ttl)
            assert sock.getsockopt(socket.IPPROTO_IP, socket.IP_TTL) == 255

    world.run(run())


def test_the_stand_in_is_there_only_while_a_world_runs(world: SmallWorld) -> None:
    seen = {}
    start_before = threading.Thread.start

    def in_a_thread() -> None:
        with socket.socket() as sock:
            seen["thread"] = type(sock)

    async def run() -> None:
        seen["host"] = type(tcp_socket())
        one, other = socket.socketpair()
        seen["pair"] = type(one)
        assert isinstance(one, socket.socket)
        assert isinstance(tcp_socket(), socket.socket)
        assert issubclass(REAL, socket.socket)
        one.close()
        other.close()
        thread = threading.Thread(target=in_a_thread)
        thread.start()
        thread.join()

        class Mine(socket.socket):
            pass

        with Mine() as mine:
            assert isinstance(mine, REAL)
            assert isinstance(mine, Mine)

    async def run_on_no_host() -> None:
        with socket.socket() as sock:
            seen["nowhere"] = type(sock)

    world.run(run())
    world.loop.run(run_on_no_host())
    assert seen["host"] is HostSocket
    assert issubclass(seen["thread"], REAL)
    assert issubclass(seen["pair"], REAL)
    assert seen["nowhere"] is REAL
    assert socket.socket is REAL
    assert threading.Thread.start is start_before


def test_names_are_not_looked_up_in_the_real_network(world: SmallWorld) -> None:
    world.client.resolver = None

    async def run() -> None:
        assert socket.gethostname() == "client"
        assert socket.gethostbyname("server") == SERVER
        assert socket.gethostbyname_ex("server") == ("server", [], [SERVER])
        assert socket.gethostbyaddr(SERVER) == ("server", [], [SERVER])
        assert socket.getnameinfo((SERVER, 80), 0) == ("server", "http")
        assert socket.getfqdn() == "client"
        with pytest.raises(socket.herror):
            socket.gethostbyaddr("192.0.2.1")
        assert socket.getaddrinfo("server", "http", type=socket.SOCK_STREAM) == [
            (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (SERVER, 80))
        ]
        with pytest.raises(socket.gaierror, match=r"use loop\.getaddrinfo"):
            socket.getaddrinfo("www.example.com", 80)
        with pytest.raises(RuntimeError, match="would block and so stop the world"):
            socket.create_connection((SERVER, 80), timeout=5)

    world.run(run())


def test_servers_of_a_host_do_not_take_ctrl_c_away(world: SmallWorld) -> None:
    before = signal.getsignal(signal.SIGINT)

    async def run() -> None:
        assert signal.signal(signal.SIGINT, lambda *_: None) is before
        assert signal.getsignal(signal.SIGINT) is before

    world.run(run())


def test_unknown_families_and_protocols_are_refused(world: SmallWorld) -> None:
    async def run() -> None:
        for family, kind, number in (
            (socket.AF_INET6, socket.SOCK_STREAM, errno.EAFNOSUPPORT),
            (socket.AF_UNIX, socket.SOCK_STREAM, errno.EAFNOSUPPORT),
            (socket.AF_INET, socket.SOCK_RAW, errno.EPROTONOSUPPORT),
        ):
            with pytest.raises(OSError, match="not supported") as caught:
                socket.socket(family, kind)
            assert caught.value.errno == number

    world.run(run())


def test_a_real_socket_does_not_enter_a_world(world: SmallWorld) -> None:
    async def run() -> None:
        with REAL() as sock, pytest.raises(TypeError, match="sockets of its hosts alone"):
            await asyncio.get_running_loop().sock_recv(sock, 1)

    world.run(run())


@pytest.mark.parametrize("both", [True, False])
def test_reuse_address_lets_a_server_begin_again(world: SmallWorld, both: bool) -> None:
    """A server that closed first leaves connections in TIME-WAIT behind, which hold the port."""

    def listener() -> socket.socket:
        sock = tcp_socket()
        if both:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(("", 80))
        sock.listen()
        return sock

    async def serve() -> None:
        loop = asyncio.get_running_loop()
        first = listener()
        conn, _ = await loop.sock_accept(first)
        conn.close()
        first.close()
        await asyncio.sleep(1)
        assert [info.state for info in world.server.sockets()] == ["TIME-WAIT"]
        if both:
            listener().close()
        else:
            with pytest.raises(OSError, match="in use"):
                listener()
            await asyncio.sleep(60)
            listener().close()

    async def come() -> None:
        loop = asyncio.get_running_loop()
        with tcp_socket() as sock:
            await loop.sock_connect(sock, (SERVER, 80))
            assert await loop.sock_recv(sock, 1) == b""

    server = world.spawn(serve())
    world.run(come())
    world.run(asyncio.sleep(100))
    server.result()


def test_the_backlog_bounds_what_waits_to_be_accepted(world: SmallWorld) -> None:
    async def serve() -> None:
        with tcp_socket() as sock:
            sock.bind(("", 80))
            sock.listen(2)
            await asyncio.sleep(2)
            assert [info.recv_q for info in world.server.sockets() if info.state == "LISTEN"] == [2]

    async def come() -> int:
        writers = []
        for _ in range(4):
            try:
                async with asyncio.timeout(0.2):
                    writers.append((await asyncio.open_connection(SERVER, 80))[1])
            except TimeoutError:
                pass
        for writer in writers:
            writer.close()
        return len(writers)

    server = world.spawn(serve())
    assert world.run(come()) == 2
    world.run(asyncio.sleep(5))
    server.result()
