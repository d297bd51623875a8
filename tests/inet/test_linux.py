"""The link and internet floors face to face with the Linux kernel's: ARP, echoes, fragments, path MTU, reports.

A pair of virtual Ethernet adapters, the kernel's end in a network namespace of its own, ours read as a raw socket.
"""

from __future__ import annotations

import os
import re
import select
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator

import pytest
from network import Mailbox, Network, Pinger, default_route, ip, plug_of

from michinori.inet import addresses
from michinori.wire import icmp

pytestmark = [
    pytest.mark.peer,
    pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("ip"), reason="needs root and iproute2"),
]

KERNEL, GATE, FAR = "10.77.0.1", "10.77.0.2", "10.78.0.2"


def run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


class RawLead:
    """What an adapter's frames go into: a real interface. (``link.Lead``)"""

    has_carrier = True

    def __init__(self, raw: socket.socket) -> None:
        self.raw = raw

    def send(self, frame: bytes, tell: Callable[[bytes, str], int] | None = None) -> str:
        self.raw.send(frame)
        return ""


class KernelAndUs:
    """The kernel, our router beside it and our host behind that one, on a line of MTU 600."""

    def __init__(self, namespace: str, raw: socket.socket) -> None:
        self.namespace = namespace
        self.raw = raw
        self.network = Network()
        self.gate, self.far = self.network.host("gate", forwarding=True), self.network.host("far")
        adapter = plug_of(self.network.interface(self.gate, f"{GATE}/24"))
        adapter.cable_end = RawLead(raw)
        self.adapter = adapter
        self.network.join(self.gate, "10.78.0.1/24", self.far, f"{FAR}/24", mtu=600)
        default_route(self.far, "10.78.0.1")
        self._offset_ns = time.monotonic_ns()

    def pump(self, until: Callable[[], bool], seconds: float = 10.0) -> None:
        """Let real time and real frames in until something is true."""
        queue = self.network.queue
        deadline = time.monotonic() + seconds
        while not until():
            assert time.monotonic() < deadline, "nothing came of it in time"
            readable, _, _ = select.select([self.raw], [], [], 0.005)
            queue.run_until(time.monotonic_ns() - self._offset_ns)
            if readable:
                self.adapter.receive(self.raw.recv(65535))
            queue.run_until(time.monotonic_ns() - self._offset_ns)

    def ping(self, *arguments: str) -> tuple[int, str]:
        """The kernel's ping; gives its exit status and what it says."""
        command = ["ip", "netns", "exec", self.namespace, "ping", "-n", *arguments]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        try:
            self.pump(lambda: process.poll() is not None)
        finally:
            process.kill()
            said, _ = process.communicate()
        return process.returncode, said


@pytest.fixture
def pair() -> Iterator[KernelAndUs]:
    number = os.getpid() % 100_000
    namespace, ours, theirs = f"michinori-{number}", f"michi{number}a", f"michi{number}b"
    run("ip", "netns", "add", namespace)
    try:
        run("ip", "link", "add", ours, "type", "veth", "peer", "name", theirs, "netns", namespace)
        run("sysctl", "-qw", f"net.ipv6.conf.{ours}.disable_ipv6=1")
        run("ip", "link", "set", ours, "up")
        run("ip", "-n", namespace, "address", "add", f"{KERNEL}/24", "dev", theirs)
        run("ip", "-n", namespace, "link", "set", theirs, "up")
        run("ip", "-n", namespace, "route", "add", "default", "via", GATE)
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0003)) as raw:
            raw.bind((ours, 0))
            yield KernelAndUs(namespace, raw)
        run("ip", "link", "delete", ours)
    finally:
        run("ip", "netns", "delete", namespace)


def test_the_kernel_finds_us_and_gets_its_echoes(pair: KernelAndUs) -> None:
    for size in ("0", "56", "1472", "1473", "9000", "65507"):
        status, said = pair.ping("-c", "2", "-i", "0.05", "-W", "2", "-s", size, GATE)
        assert status == 0, said
        assert "2 received" in said
    neighbour = run("ip", "-n", pair.namespace, "neigh", "show", GATE)
    assert "lladdr 02:00:00:00:00:01" in neighbour
    (row,) = pair.gate.interfaces[0].neighbours.rows()
    assert row.address == KERNEL


def test_we_find_the_kernel_and_get_ours(pair: KernelAndUs) -> None:
    pinger = Pinger(pair.gate)
    for sequence, size in enumerate((0, 56, 1472, 1473, 20_000, 65_507)):
        pinger.ask(KERNEL, sequence, size)
    pair.pump(lambda: len(pinger.answers) == 6)
    assert sorted(answer[:3] for answer in pinger.answers) == [
        (0, 0, 64),
        (1, 56, 64),
        (2, 1472, 64),
        (3, 1473, 64),
        (4, 20_000, 64),
        (5, 65_507, 64),
    ]


def test_the_kernel_learns_the_path_mtu_from_our_router(pair: KernelAndUs) -> None:
    status, said = pair.ping("-c", "1", "-W", "2", "-M", "dont", "-s", "1400", FAR)  # may be fragmented on its way
    assert status == 0, said
    _, said = pair.ping("-c", "2", "-i", "0.2", "-W", "1", "-M", "do", "-s", "1400", FAR)
    assert re.search(r"[Ff]rag needed and DF set \(mtu = 600\)|message too long, mtu=600", said), said
    assert "mtu 600" in run("ip", "-n", pair.namespace, "route", "get", FAR)
    status, said = pair.ping("-c", "1", "-W", "2", "-M", "do", "-s", "572", FAR)
    assert status == 0, said


def test_the_kernel_understands_our_router_s_reports(pair: KernelAndUs) -> None:
    _, said = pair.ping("-c", "1", "-W", "2", "-t", "1", FAR)
    assert f"From {GATE} icmp_seq=1 Time to live exceeded" in said
    _, said = pair.ping("-c", "1", "-W", "2", "192.0.2.1")
    assert f"From {GATE} icmp_seq=1 Destination Net Unreachable" in said
    _, said = pair.ping("-c", "1", "-W", "5", "10.78.0.99")
    assert f"From {GATE} icmp_seq=1 Destination Host Unreachable" in said


def test_the_kernel_reports_to_us(pair: KernelAndUs) -> None:
    pinger = Pinger(pair.gate)
    pair.gate.send(ip(KERNEL), 17, bytes.fromhex("03e8270f00080000"))
    pair.gate.send(ip(KERNEL), 253, b"hello")
    pair.pump(lambda: len(pinger.errors) == 2)
    assert sorted(pinger.errors) == [
        (icmp.UNREACHABLE, icmp.PROTOCOL_UNREACHABLE),
        (icmp.UNREACHABLE, icmp.PORT_UNREACHABLE),
    ]


def test_a_datagram_of_the_kernel_in_pieces_goes_through_our_router(pair: KernelAndUs) -> None:
    mail = Mailbox(pair.far)
    text = bytes(number % 251 for number in range(5000))
    sender = (
        "import socket,sys;s=socket.socket(socket.AF_INET,socket.SOCK_DGRAM);"
        "s.setsockopt(socket.IPPROTO_IP,10,0);"  # IP_MTU_DISCOVER: do not
        f"s.sendto(sys.stdin.buffer.read(),('{FAR}',9))"
    )
    command = ["ip", "netns", "exec", pair.namespace, "python3", "-c", sender]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        process.stdin.write(text)
        process.stdin.close()
        pair.pump(lambda: bool(mail.packets))
    (packet,) = mail.packets
    assert bytes(packet.payload[8:]) == text
    assert (addresses.text(packet.src), packet.ttl) == (KERNEL, 63)
