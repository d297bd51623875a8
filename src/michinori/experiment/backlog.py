"""What ``listen(n)`` bounds: the queue of connections that were not accepted yet."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from michinori.experiment.ground import Ground
from michinori.experiment.packets import Packet
from michinori.experiment.sockets import Row
from michinori.experiment.telling import Told
from michinori.world.units import show_duration

#: What ``listen`` is given, and how many clients come.
BACKLOG: Final = 2
CLIENTS: Final = 6
#: How far apart the clients come, and how long the server does nothing else than listen.
APART_S: Final = 0.01
BUSY_S: Final = 0.5


class Queue:
    """A server that listens and is busy, and clients that come one after the other."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.port = ground.new_port()
        self.busy_rows: list[Row] = []
        self.busy_client_rows: list[Row] = []
        self.busy_ns = 0
        self.served_at_once = 0
        self.connected_ns: dict[int, int] = {}
        """When each client's ``connect`` had returned, on the clock of the experiment."""
        self.began_ns = ground.now_ns

    def programs(self) -> dict[str, Callable[[], Any]]:
        """The server's and those of the clients, in the order in which they begin."""
        return {"server": self._server} | {f"client_{number}": self._client(number) for number in range(1, CLIENTS + 1)}

    async def _server(self) -> None:
        ground, calls = self.ground, self.ground.calls
        listener = calls.open_socket(reuse_address=1)
        calls.bind_and_listen(listener, (ground.address, self.port), BACKLOG)
        await ground.pause(BUSY_S)
        self.busy_ns = ground.now_ns
        self.busy_rows, self.busy_client_rows = ground.rows("server", self.port), ground.rows("client", self.port)
        connections = []
        for _ in range(CLIENTS):
            sock = await calls.accept(listener)
            await calls.recv(sock, 100)
            connections.append(sock)
        self.served_at_once = len(connections)
        for sock in connections:
            await calls.sendall(sock, b"served")
            calls.close(sock)
        calls.close(listener)

    def _client(self, number: int) -> Callable[[], Any]:
        ground, calls = self.ground, self.ground.calls

        async def client() -> None:
            await ground.pause(APART_S * number)
            sock = calls.open_socket()
            await calls.connect(sock, (ground.address, self.port))
            self.connected_ns[number] = ground.now_ns
            await calls.sendall(sock, b"hello")
            while await calls.recv(sock, 100):
                pass
            calls.close(sock)

        return client

    @property
    def packets(self) -> list[Packet]:
        """What passed."""
        return self.ground.packets("client", self.began_ns, port=self.port)


def perform(ground: Ground, told: Told) -> None:
    """Let clients come to a busy server; let it accept; count."""
    queue, mark = Queue(ground), ground.mark()
    ground.play(**queue.programs())
    ground.rest(ground.step_s)
    packets = queue.packets
    _busy(ground, told, queue, packets, mark)
    _accepting(ground, told, queue, packets)


def _busy(ground: Ground, told: Told, queue: Queue, packets: list[Packet], mark: int) -> None:
    told.step("busy")
    told.say("busy-what", backlog=BACKLOG, clients=CLIENTS)
    told.packets(
        ground.capture_of("client"),
        [packet for packet in packets if packet.t < queue.busy_ns and _is_handshake(packet)],
    )
    if ground.shows_sockets:
        told.listing("server", queue.busy_ns, queue.busy_rows)
    if ground.via == "virtual":
        told.listing("client", queue.busy_ns, queue.busy_client_rows)
    listener = next((row for row in queue.busy_rows if row.state == "LISTEN"), None)
    waiting = listener.recv_q if listener is not None else 0
    asking = sum(row.state == "SYN-SENT" for row in queue.busy_client_rows)
    told.findings |= {"backlog": BACKLOG, "clients": CLIENTS, "waiting": waiting, "asking": asking}
    told.result("busy-result", holds=ground.shows_sockets, waiting=waiting, asking=asking)
    if waiting > BACKLOG:
        told.say("one-more", waiting=waiting, backlog=BACKLOG)
    if ground.via == "virtual":
        dropped = [event for event in ground.events(mark) if event.what == "syn-dropped"]
        told.findings["syns_dropped"] = len(dropped)
        told.say("syn-dropped", count=len(dropped), why=", ".join(sorted({event.why for event in dropped})))


def _accepting(ground: Ground, told: Told, queue: Queue, packets: list[Packet]) -> None:
    told.step("accepting")
    told.say("accepting-what", when=show_duration(queue.busy_ns - queue.began_ns))
    again = _sent_again(packets)
    told.packets(ground.capture_of("client"), again)
    for number, at_ns in sorted(queue.connected_ns.items()):
        began_ns = queue.began_ns + round(APART_S * number * 1e9)
        told.say("client", number=number, took=show_duration(at_ns - began_ns))
    told.findings |= {
        "connected": len(queue.connected_ns),
        "served_at_once": queue.served_at_once,
        "syns_again": len(again),
    }
    if ground.via == "virtual":
        told.findings["connected_ns"] = {str(number): at for number, at in sorted(queue.connected_ns.items())}
    told.slip("slip", holds=queue.served_at_once > BACKLOG, served=queue.served_at_once, backlog=BACKLOG)


def _is_handshake(packet: Packet) -> bool:
    return packet.has("SYN") or (packet.flags == "ACK" and packet.seq == 1 and packet.ack == 1 and not packet.length)


def _sent_again(packets: list[Packet]) -> list[Packet]:
    """The SYNs of clients that had sent one before."""
    seen: set[int] = set()
    again = []
    for packet in packets:
        if packet.flags == "SYN":
            if packet.client_port in seen:
                again.append(packet)
            seen.add(packet.client_port)
    return again
