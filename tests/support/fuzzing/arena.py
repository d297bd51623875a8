"""The world of the fuzzer: a busy victim, a router with NAPT and a firewall, a healthy transfer through both.

    friend 192.168.7.2 ── router (NAPT, firewall) 10.9.0.3 ──┐
                                                           switch ── victim 10.9.0.2
    gate 10.9.0.1, the way to everybody else ────────────────┘

The frames of strangers come from behind the gate, which takes all that is sent to them and answers nothing itself.
"""

from __future__ import annotations

import asyncio
from collections import deque
from hashlib import sha256
from random import Random
from typing import Any

from michinori import World
from michinori.host import TcpSocket
from michinori.host.conntrack import Conntrack
from michinori.host.firewall import Firewall, Rule
from michinori.host.flow import Flow
from michinori.host.nat import Napt

VICTIM, GATE, ROUTER = bytes((10, 9, 0, 2)), bytes((10, 9, 0, 1)), bytes((10, 9, 0, 3))
FRIEND = bytes((192, 168, 7, 2))
MIXED_PORT, HEALTHY_PORT, ECHO_PORT = 80, 81, 7
#: What the healthy connection carries in each direction in each round.
HEALTHY_OCTETS = 65_536
MOST_SOCKETS = 200

#: The settings that pieces of a run go through in turn: every switch is met on and off.
SWITCHES: tuple[dict[str, Any], ...] = (
    {},
    {"syn_backlog": 8, "ecn": True, "fast_open": True},
    {"sack": False, "timestamps": False, "window_scale": False, "congestion": "reno"},
    {"syn_backlog": 8, "syn_cookies": False, "rack": False, "nagle": False},
    {
        "fast_open": True,
        "fast_open_cookies": False,
        "nagle": "minshall",
        "slow_start_limit": 100,
        "quick_acks_at_start": 16,
    },
    # Longer than the router needs to find out that a forged ARP answer leads nowhere.
    {"keepalive": True, "keepalive_idle_ns": 10**9, "user_timeout_ns": 30 * 10**9, "user_timeout_option": True},
    {"black_hole_detection": True, "prr": False, "frto": False, "tlp": False, "delayed_ack_ns": 0},
    {"receive_buffer": 4096, "receive_buffer_max": 4096, "send_buffer": 4096, "send_buffer_max": 8192},
    {"timestamps": False, "fast_open": True, "limited_transmit": False, "hystart": False, "initial_window": 0},
)


class Arena:
    """The world, and what the fuzzer does at the victim in an application's place."""

    def __init__(self, seed: int, switches: dict[str, Any]) -> None:
        self.dice = Random(seed)
        # Without cookies a flood of SYNs keeps everybody out of a listener, as it has to be.
        self.open_to_strangers = [MIXED_PORT, HEALTHY_PORT] if switches.get("syn_cookies", True) else [MIXED_PORT]
        self.world = world = World(seed)
        self.victim = world.host("victim", interfaces={"eth0": "10.9.0.2/24"}, gateway="10.9.0.1", tcp=switches)
        self.gate = world.host("gate", interfaces={"eth0": "10.9.0.1/24"})
        addresses = {"eth0": "192.168.7.1/24", "eth1": "10.9.0.3/24"}
        self.router = world.router("router", interfaces=addresses, gateway="10.9.0.1")
        self.friend = world.host("friend", interfaces={"eth0": "192.168.7.2/24"}, gateway="192.168.7.1")
        lan = world.switch("lan")
        for end in ("victim:eth0", "gate:eth0", "router:eth1"):
            world.link(end, lan, rate="100Mbit", delay="100us")
        world.link("friend:eth0", "router:eth0", rate="10Mbit", delay="1ms")
        world.settle()
        self.tracker = Conntrack(self.router.internet)
        Firewall(self.tracker, [Rule("drop", state="invalid"), Rule("accept")])
        self.napt = Napt(self.tracker, next(one for one in self.router.internet.interfaces if one.name == "eth1"))
        self.macs = {name: world.machine(name).adapters for name in ("victim", "gate", "router")}
        self.heard: deque[bytes] = deque(maxlen=400)
        """What the strangers were answered."""
        self._open_gate()
        self.sockets: list[TcpSocket] = []
        self._listen()
        self.victim.spawn(serve_healthy())
        self.victim.spawn(serve_echoes())

    def _open_gate(self) -> None:
        interface = self.gate.internet.interfaces[0]

        def take(frame: bytes) -> None:
            if frame[12:14] == b"\x08\x06":
                interface.receive(frame)
            else:
                self.heard.append(frame)

        self.gate.adapters["eth0"].on_frame = take

    def _listen(self) -> None:
        unbound = self.victim.tcp.socket()
        unbound.bind(bytes(4), MIXED_PORT)
        listener = self.victim.tcp.listen(unbound, 64)

        def accept() -> None:
            while len(self.sockets) < MOST_SOCKETS and (socket := listener.accept()) is not None:
                self.sockets.append(socket)

        listener.on_readable = accept
        self.listener = listener

    @property
    def flows(self) -> list[Flow]:
        """The connections of the victim that strangers may meddle with."""
        flows: list[Flow] = list(self.victim.tcp._flows.values())
        return [flow for flow in flows if flow.local[1] != HEALTHY_PORT]

    def act(self) -> None:
        """Do what applications do: one of the victim's sockets is read, written, closed …, or one more connects."""
        dice = self.dice
        if not self.sockets or dice.random() < 0.05:
            if len(self.sockets) < MOST_SOCKETS:
                socket = self.victim.tcp.socket()
                socket.connect(bytes((203, 0, 113, dice.randrange(1, 255))), 80)
                self.sockets.append(socket)
            return
        index = dice.randrange(len(self.sockets))
        socket = self.sockets[index]
        chance = dice.random()
        try:
            if chance < 0.3:
                socket.write(bytes(dice.choice((1, 100, 1460, 20_000, 100_000))))
            elif chance < 0.75:
                socket.read(dice.choice((1, 1000, 100_000)))
            elif chance < 0.82:
                socket.shutdown(writing=True)
            elif chance < 0.9:
                socket.options.linger_s = dice.choice((None, None, 0))
                self._drop(index)
        except OSError:
            self._drop(index)

    def _drop(self, index: int) -> None:
        socket = self.sockets.pop(index)
        socket.close()
        if self.listener.on_readable is not None:
            self.listener.on_readable()

    def end(self) -> None:
        """All applications of the mixed port let go."""
        self.listener.close()
        while self.sockets:
            self.sockets.pop().close()


async def serve_healthy() -> None:
    """Takes a block, answers with its digest and the block."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(60):
                block = await reader.read(-1)
                writer.write(sha256(block).digest() + block)
                writer.close()
                await writer.wait_closed()
        except OSError:  # a stranger's connection may end in any way, or not at all
            writer.transport.abort()

    async with await asyncio.start_server(answer, port=HEALTHY_PORT, backlog=8) as server:
        await server.serve_forever()


async def serve_echoes() -> None:
    """RFC 862 over UDP."""

    class Echo(asyncio.DatagramProtocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            self.transport = transport

        def datagram_received(self, data: bytes, addr: Any) -> None:
            if addr[1] not in (0, ECHO_PORT):  # or two echoes would talk for ever
                self.transport.sendto(data, addr)  # type: ignore[attr-defined]

    loop = asyncio.get_running_loop()
    await loop.create_datagram_endpoint(Echo, local_addr=("0.0.0.0", ECHO_PORT))
    await loop.create_future()


async def transfer(block: bytes) -> bool:
    """One healthy transfer; whether every octet came back as it went."""
    reader, writer = await asyncio.open_connection("10.9.0.2", HEALTHY_PORT)
    writer.write(block)
    writer.write_eof()
    answer = await reader.read(-1)
    writer.close()
    await writer.wait_closed()
    return answer == sha256(block).digest() + block
