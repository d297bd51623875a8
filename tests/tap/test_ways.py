"""Ways that lead further: our routers for the kernel's packets, and the kernel as a router for ours."""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import re
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import netns
import pytest
import tshark
from tap_wire import KERNEL, Wire

from michinori import Machine
from michinori.aio import ping

pytestmark = pytest.mark.peer

INNER, FAR = "10.97.0.2", "10.98.0.2"


def packed(address: str) -> bytes:
    return ipaddress.ip_address(address).packed


def behind_our_router(wire: Wire, *, mtu: int = 1500) -> Machine:
    """A host of ours behind a router of ours, which is the kernel's neighbour; ``mtu`` is that of the line between."""
    world = wire.world
    world.tap(wire.device, namespace=wire.namespace.name)
    router = world.router("router", interfaces={"eth0": "10.99.0.2/24", "eth1": "10.97.0.1/24"}, gateway=KERNEL)
    inner = world.host("inner", interfaces={"eth0": f"{INNER}/24"}, gateway="10.97.0.1")
    world.link(router, wire.device, delay="100us")
    world.link("router:eth1", inner, delay="200us", mtu=mtu)
    wire.raise_kernel()
    wire.namespace.ip("route add 10.97.0.0/24 via 10.99.0.2")
    return inner


@pytest.fixture
def far(wire: Wire) -> Iterator[netns.Namespace]:
    """A namespace behind the kernel, which forwards; the line to it takes packets of 1,000 octets at most."""
    with netns.namespace() as namespace:
        wire.namespace.ip(f"link add narrow mtu 1000 type veth peer name far netns {namespace.name}")
        wire.namespace.ip("address add 10.98.0.1/24 dev narrow")
        wire.namespace.ip("link set narrow up")
        wire.namespace.run("sysctl", "-qw", "net.ipv4.ip_forward=1")
        namespace.ip(f"address add {FAR}/24 dev far")
        namespace.ip("link set far mtu 1000 up")
        namespace.ip("route add default via 10.98.0.1")
        yield namespace


@pytest.mark.parametrize("kind", [(), ("-I",), ("-T", "-p", "80")], ids=["UDP", "ICMP", "TCP"])
def test_traceroute_shows_our_router_and_our_host(wire: Wire, tmp_path: Path, kind: tuple[str, ...]) -> None:
    if shutil.which("traceroute", path="/usr/sbin:/usr/bin") is None:
        pytest.skip("traceroute is not installed")
    inner = behind_our_router(wire)
    capture = tmp_path / "kernel.pcapng"

    async def trace() -> None:
        async with await asyncio.start_server(lambda *_: None, port=80):
            with wire.namespace.capture(wire.device, capture):
                command = ("traceroute", "-n", "-q", "1", "-w", "2", "-m", "5", *kind, INNER)
                shown = (await asyncio.to_thread(wire.namespace.run, *command)).stdout.decode()
                await asyncio.sleep(0.1)
        hops = re.findall(r"^ *(\d+)  (\S+)  [\d.]+ ms *(\S*)$", shown, re.M)
        assert hops == [("1", "10.99.0.2", ""), ("2", INNER, "")], shown

    wire.world.run(trace(), on=inner, limit="20s")
    assert tshark.complaints(capture, only="ip.src == 10.99.0.2") == []
    assert tshark.complaints(capture, tshark.ERROR) == []


def test_our_packets_learn_how_far_they_came(wire: Wire, far: netns.Namespace) -> None:
    """One that may cross one router too few is told of by that router; as ``traceroute`` does, by ICMP and by UDP."""
    host = wire.host(gateway=KERNEL)

    class Asking(asyncio.DatagramProtocol):
        def __init__(self) -> None:
            self.told: asyncio.Future[Exception] = asyncio.get_running_loop().create_future()

        def error_received(self, error: Exception) -> None:
            self.told.set_result(error)

    async def by_udp(ttl: int) -> int | None:
        loop = asyncio.get_running_loop()
        transport, protocol = await loop.create_datagram_endpoint(Asking, remote_addr=(FAR, 33434))
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_IP, socket.IP_TTL, ttl)
        transport.sendto(b"how far?")
        error = await asyncio.wait_for(protocol.told, 5)
        transport.close()
        assert isinstance(error, OSError)
        return error.errno

    async def trace() -> None:
        (first,) = (await ping(host, packed(FAR), count=1, ttl=1)).answers
        assert (first.source, first.error) == (packed(KERNEL), "time to live exceeded in transit")
        (second,) = (await ping(host, packed(FAR), count=1, ttl=2)).answers
        assert (second.source, second.error) == (packed(FAR), "")
        assert await by_udp(1) == errno.EHOSTUNREACH
        assert await by_udp(2) == errno.ECONNREFUSED

    wire.world.run(trace(), on=host, limit="20s")


def test_what_may_not_be_cut_is_told_how_large_it_may_be(wire: Wire, far: netns.Namespace) -> None:
    """The kernel tells us (RFC 1191), and our router tells the kernel."""
    host = wire.host(gateway=KERNEL)

    async def ask() -> None:
        (told,) = (await ping(host, packed(FAR), count=1, size=1400, dont_fragment=True)).answers
        assert (told.source, told.error) == (packed(KERNEL), "fragmentation needed")
        assert host.internet.path_mtu(packed(FAR)) == 1000
        with pytest.raises(OSError, match=rf"^\[Errno {errno.EMSGSIZE}\]"):
            await ping(host, packed(FAR), count=1, size=1400, dont_fragment=True)
        assert (await ping(host, packed(FAR), count=1, size=972, dont_fragment=True)).received == 1
        assert (await ping(host, packed(FAR), count=1, size=8000)).received == 1  # in pieces of 1,000

    wire.world.run(ask(), on=host, limit="20s")


def test_our_router_tells_the_kernel_what_fits_and_cuts_what_may_be_cut(wire: Wire) -> None:
    inner = behind_our_router(wire, mtu=1000)

    async def ask() -> None:
        async def kernel_pings(*options: str) -> bytes:
            command = ("ping", "-n", "-c", "1", "-W", "2", *options, INNER)
            return (await asyncio.to_thread(wire.namespace.run, *command)).stdout

        assert b" 0% packet loss" in await kernel_pings("-M", "dont", "-s", "8000")
        told = await kernel_pings("-M", "do", "-s", "1400")
        assert b"From 10.99.0.2 icmp_seq=1 Frag needed and DF set (mtu = 1000)" in told
        assert b" 0% packet loss" in await kernel_pings("-M", "do", "-s", "972")

    wire.world.run(ask(), on=inner, limit="20s")
    assert "mtu 1000" in wire.namespace.ip(f"route get {INNER}")
    counted = {event.why for event in wire.world.recorder.read() if event.host == "router" and event.why}
    assert any("fragment" in why or "too-big" in why or "df" in why for why in counted), counted


def test_the_largest_packets_there_are_cross_in_fragments(wire: Wire) -> None:
    host = wire.host()

    async def ask() -> None:
        command = ("ping", "-c", "2", "-i", "0.3", "-s", "65507", "-W", "3", wire.ours)
        shown = await asyncio.to_thread(wire.namespace.run, *command)
        assert b" 0% packet loss" in shown.stdout, shown
        assert (await ping(host, packed(KERNEL), count=2, interval_s=0.01, size=65507, timeout_s=3)).received == 2

    wire.world.run(ask(), on=host, limit="20s")
