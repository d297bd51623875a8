"""Our hosts facing the kernel of this machine: who is there, who is not, which way and how large."""

from __future__ import annotations

import asyncio
import ipaddress
from pathlib import Path

import netns
import pytest
import tshark
from tap_wire import Wire

from michinori.aio import ping
from michinori.wire import ethernet

pytestmark = pytest.mark.peer


def packed(address: str) -> bytes:
    return ipaddress.ip_address(address).packed


def test_both_ping_each_other(wire: Wire) -> None:
    host = wire.host()

    async def both() -> None:
        # For its last answer ping waits two round trips, or an interval if that is longer.
        done = await asyncio.to_thread(wire.namespace.run, "ping", "-c", "5", "-i", "0.3", "-W", "2", wire.ours)
        assert b" 0% packet loss" in done.stdout, done.stdout
        largest = await asyncio.to_thread(wire.namespace.run, "ping", "-c", "2", "-i", "0.3", "-s", "20000", wire.ours)
        assert b" 0% packet loss" in largest.stdout, largest.stdout  # in fragments, both ways
        report = await ping(host, packed(wire.kernel), count=5, interval_s=0.01)
        assert report.received == 5
        assert all(0 < trip < 10**9 for trip in report.round_trips_ns)
        assert (await ping(host, packed(wire.kernel), count=1, size=20000)).received == 1
        assert (await ping(host, packed("10.99.0.77"), count=1, timeout_s=0.05)).received == 0

    wire.world.run(both(), on=host, limit="20s")


def test_each_learns_the_others_mac(wire: Wire) -> None:
    host = wire.host()

    async def meet() -> None:
        await ping(host, packed(wire.kernel), count=1)

    wire.world.run(meet(), on=host, limit="10s")
    mac = ethernet.text(host.adapters["eth0"].mac)
    assert mac in wire.namespace.ip("neigh show 10.99.0.2")
    kernels = wire.namespace.ip("-o link show mich0").split("link/ether ")[1].split()[0]
    (row,) = host.internet.interfaces[-1].neighbours.rows()
    assert kernels in str(row)


def test_what_nobody_listens_on_is_refused(wire: Wire) -> None:
    host = wire.host()
    ask_by_udp = """
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(5); s.connect((sys.argv[1], 9)); s.send(b"?")
try: s.recv(10)
except ConnectionRefusedError: print("refused")
"""

    class Asking(asyncio.DatagramProtocol):
        def __init__(self) -> None:
            self.answer: asyncio.Future[Exception] = asyncio.get_running_loop().create_future()

        def error_received(self, error: Exception) -> None:
            self.answer.set_result(error)

    async def refused() -> None:
        done = await asyncio.to_thread(wire.namespace.run, "curl", "-sS", f"http://{wire.ours}:81/")
        assert done.returncode == 7, done
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(wire.kernel, 81)
        assert await asyncio.to_thread(wire.namespace.python, ask_by_udp, wire.ours) == "refused\n"
        transport, protocol = await asyncio.get_running_loop().create_datagram_endpoint(
            Asking, remote_addr=(wire.kernel, 9)
        )
        transport.sendto(b"?")
        assert isinstance(await asyncio.wait_for(protocol.answer, 5), ConnectionRefusedError)
        transport.close()

    wire.world.run(refused(), on=host, limit="20s")


def test_who_closes_first_waits_and_the_same_ports_can_meet_again(wire: Wire) -> None:
    host = wire.host()

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"hello")
        writer.close()
        await writer.wait_closed()

    meet = f"""
import socket, time
for _ in range(3):
    s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind(("{wire.kernel}", 40000))
    s.settimeout(5); s.connect(("{wire.ours}", 7))
    text = b""
    while piece := s.recv(100): text += piece
    print(text.decode()); s.close(); time.sleep(0.05)
"""

    async def again() -> None:
        async with await asyncio.start_server(greet, port=7):
            assert await asyncio.to_thread(wire.namespace.python, meet) == "hello\n" * 3
            await asyncio.sleep(0.02)
        assert [info.state for info in host.sockets()] == ["TIME-WAIT"]

    wire.world.run(again(), on=host, limit="20s")


def test_closing_the_world_lets_the_kernel_know(wire: Wire) -> None:
    host = wire.host()

    async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    hang_on = f"""
import socket
s = socket.create_connection(("{wire.ours}", 7)); print("there", flush=True)
try: print(s.recv(1))
except ConnectionResetError: print("reset")
"""

    async def meet() -> None:
        await asyncio.start_server(hold, port=7)
        process = wire.namespace.start("python3", "-c", hang_on)
        assert process.stdout is not None
        assert await asyncio.to_thread(process.stdout.readline) == b"there\n"
        wire.process = process  # type: ignore[attr-defined]

    wire.world.run(meet(), on=host, limit="20s")
    wire.world.close()
    out, _ = wire.process.communicate(timeout=60)  # type: ignore[attr-defined]
    assert out in (b"b''\n", b"reset\n")


def test_a_path_that_is_narrower_than_our_line(wire: Wire) -> None:
    """Our TCP learns from the kernel, as a router, what fits (RFC 1191)."""
    wire.host(gateway=wire.kernel)
    host = wire.world.machine("ours")
    with netns.namespace() as far:
        wire.namespace.ip(f"link add narrow mtu 1000 type veth peer name far netns {far.name}")
        wire.namespace.ip("address add 10.98.0.1/24 dev narrow")
        wire.namespace.ip("link set narrow up")
        wire.namespace.run("sysctl", "-qw", "net.ipv4.ip_forward=1")
        far.ip("address add 10.98.0.2/24 dev far")
        far.ip("link set far up")
        far.ip("route add default via 10.98.0.1")

        async def give(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.0 200 OK\r\n\r\n" + bytes(200_000))
            writer.close()

        async def fetch() -> None:
            async with await asyncio.start_server(give, port=80):
                done = await asyncio.to_thread(
                    far.run, "curl", "-sS", "-o", "/dev/null", "-w", "%{size_download}", f"http://{wire.ours}/"
                )
                assert done.stdout == b"200000", done

        wire.world.run(fetch(), on=host, limit="20s")
        assert host.internet.path_mtu(packed("10.98.0.2")) == 1000


def test_an_internet_of_ours_behind_the_device(wire: Wire) -> None:
    """The kernel's packets cross our routers: they tell of a TTL that is over and of what does not fit."""
    world = wire.world
    world.tap(wire.device, namespace=wire.namespace.name)
    outer = world.router(
        "outer", interfaces={"eth0": "10.99.0.2/24", "eth1": "10.96.0.1/24"}, routes={"10.97.0.0/24": "10.96.0.2"}
    )
    world.router("middle", interfaces={"eth0": "10.96.0.2/24", "eth1": "10.97.0.1/24"}, gateway="10.96.0.1")
    inner = world.host("inner", interfaces={"eth0": "10.97.0.2/24"}, gateway="10.97.0.1")
    world.link("outer:eth0", wire.device, delay="200us")
    world.link(outer, "middle:eth0", delay="300us", mtu=1000)
    world.link("middle:eth1", inner)
    wire.raise_kernel()
    wire.namespace.ip("route add 10.97.0.0/24 via 10.99.0.2")
    send = """
import socket, sys
s = socket.create_connection(("10.97.0.2", 7), 5); s.sendall(bytes(300000)); s.shutdown(socket.SHUT_WR)
print(s.recv(100).decode())
"""

    async def count(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(str(len(await reader.read(-1))).encode())
        writer.close()

    async def cross() -> None:
        last = await asyncio.to_thread(wire.namespace.run, "ping", "-c", "1", "-t", "1", "10.97.0.2")
        assert b"From 10.99.0.2 icmp_seq=1 Time to live exceeded" in last.stdout, last.stdout
        there = await asyncio.to_thread(wire.namespace.run, "ping", "-c", "3", "-i", "0.3", "10.97.0.2")
        assert b" 0% packet loss" in there.stdout
        assert b"ttl=62" in there.stdout
        async with await asyncio.start_server(count, port=7):
            assert await asyncio.to_thread(wire.namespace.python, send) == "300000\n"

    world.run(cross(), on=inner, limit="20s")
    assert "mtu 1000" in wire.namespace.ip("route get 10.97.0.2")


def test_a_capture_on_the_kernels_side_has_nothing_wrong(wire: Wire, tmp_path: Path) -> None:
    host = wire.host()
    path = tmp_path / "kernel.pcapng"

    async def upper(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while piece := await reader.read(65536):
            writer.write(piece.upper())
            await writer.drain()
        writer.close()

    talk = f"""
import socket
for size in (1, 1000, 100000):
    s = socket.create_connection(("{wire.ours}", 7), 5)
    s.sendall(b"a" * size); s.shutdown(socket.SHUT_WR)
    got = b""
    while piece := s.recv(65536): got += piece
    print(len(got)); s.close()
"""

    class Echo(asyncio.DatagramProtocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            self.transport = transport

        def datagram_received(self, data: bytes, sender: object) -> None:
            self.transport.sendto(data, sender)  # type: ignore[attr-defined]

    by_udp = f"""
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(5)
for size in (0, 1, 1472, 9000):
    s.sendto(b"x" * size, ("{wire.ours}", 7)); print(len(s.recv(65535)))
"""

    async def everything() -> None:
        with wire.namespace.capture(wire.device, path):
            async with await asyncio.start_server(upper, port=7):
                await asyncio.get_running_loop().create_datagram_endpoint(Echo, local_addr=("0.0.0.0", 7))
                assert await asyncio.to_thread(wire.namespace.python, talk) == "1\n1000\n100000\n"
                assert await asyncio.to_thread(wire.namespace.python, by_udp) == "0\n1\n1472\n9000\n"
                await asyncio.to_thread(wire.namespace.run, "ping", "-c", "1", "-s", "4000", wire.ours)
                with pytest.raises(ConnectionRefusedError):
                    await asyncio.open_connection(wire.kernel, 81)
                await ping(host, packed(wire.kernel), count=1)
                await asyncio.sleep(0.1)

    wire.world.run(everything(), on=host, limit="30s")
    assert wrong(path) == []
    assert len(tshark.fields(path, "frame.number")) > 150
    ours = tmp_path / "ours.pcapng"
    wire.world.save_pcapng(ours, host)
    assert wrong(ours) == []


def wrong(capture: Path) -> list[tshark.Complaint]:
    """What tshark warns of, but for refusals, which are wanted, and what a busy machine brings about: something sent
    again because its acknowledgment was late.
    """
    fine = ("(RST)", "D-SACK", "out-of-order")
    return [one for one in tshark.complaints(capture) if not any(words in one.what for words in fine)]
