"""What a recorded world tells of the calls of its applications, and what they caused."""

from __future__ import annotations

import asyncio
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
from small_world import SmallWorld

from michinori.trace import Recorder, call_of, causes


async def shout(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while line := await reader.readline():
        writer.write(line.upper())
        await writer.drain()
    writer.close()


async def serve() -> None:
    async with await asyncio.start_server(shout, port=80) as server:
        await server.serve_forever()


async def ask() -> None:
    reader, writer = await asyncio.open_connection("server", 80)
    writer.write(b"hello\n")
    await reader.readline()
    writer.close()
    await writer.wait_closed()
    await asyncio.sleep(1)


@pytest.fixture
def told(recorded: SmallWorld) -> SmallWorld:
    recorded.spawn(serve())
    recorded.run(ask())
    return recorded


@pytest.mark.row("B26")
def test_each_call_is_told_with_arguments_wait_and_result(told: SmallWorld) -> None:
    called = {event.n: event for event in told.events("socket", "called", "client")}
    returned = {event.cause: event for event in told.events("socket", "returned", "client")}
    calls = [
        (called[n].data["call"], returned[n].data["waited_ns"] // 1_000_000 if n in returned else None) for n in called
    ]
    # Connecting waits for ARP and the handshake, reading for the answer; the others never wait.
    assert calls == [
        ("getaddrinfo", 0),
        ("socket", 0),
        ("connect", 48),
        ("read", 24),
        ("write", 0),
        ("read", None),
        ("close", 0),
    ]
    connect = next(event for event in called.values() if event.data["call"] == "connect")
    assert connect.data == {"call": "connect", "descriptor": 3, "address": "10.0.3.2:80"}
    write = next(event for event in called.values() if event.data["call"] == "write")
    assert write.data == {"call": "write", "descriptor": 3, "octets": 6}
    assert returned[write.n].data == {"call": "write", "octets": 6, "waited_ns": 0}


@pytest.mark.row("B26")
def test_every_frame_of_the_client_goes_back_to_a_call(told: SmallWorld) -> None:
    events = told.events()
    sent = [event for event in events if event.host == "client" and event.what == "frame-sent"]
    calls = []
    for frame in sent:
        call = call_of(events, frame.n)
        calls.append(call.data["call"] if call else None)
    # The ARP question and the SYN; the ACK of the SYN,ACK; the line; the FIN; the ACK of the server's FIN.
    assert calls == ["connect", "connect", "connect", "write", "close", "close"]
    line = next(event for event in sent if event.data["octets"] == 72)
    chain = [(event.layer, event.what) for event in causes(events, line.n)]
    assert chain[:3] == [("ip", "sent"), ("tcp", "segment-sent"), ("socket", "called")]


@pytest.mark.row("B26")
def test_what_an_application_does_next_is_caused_by_what_it_waited_for(told: SmallWorld) -> None:
    events = told.events()
    write = next(
        event for event in events if event.host == "server" and event.what == "called" and event.data["call"] == "write"
    )
    chain = [(event.host, event.layer, event.what) for event in causes(events, write.n)]
    assert chain[:2] == [("server", "ip", "received"), ("server", "link", "frame-received")]
    # And so on, through both routers, to the client's own write.
    assert ("client", "tcp", "segment-sent") in chain
    origin = call_of(events, next(event.n for event in causes(events, write.n) if event.host == "client"))
    assert origin is not None
    assert (origin.host, origin.data["call"]) == ("client", "write")


@pytest.mark.row("B7")
def test_the_table_of_sockets_is_shown_when_it_changes(told: SmallWorld) -> None:
    client = [event.data["sockets"] for event in told.events("socket", "table", "client")]
    assert [[one["state"] for one in sockets] for sockets in client] == [
        ["ESTABLISHED"],  # connected
        ["ESTABLISHED"],  # the first text has come
        ["FIN-WAIT-1"],  # closed
    ]
    assert [sockets[0]["recv_q"] for sockets in client] == [0, 6, 0]
    assert [sockets[0]["descriptor"] for sockets in client] == [3, 3, None]
    server = [event.data["sockets"] for event in told.events("socket", "table", "server")]
    assert [one["descriptor"] for one in server[0]] == [3, None]  # copied, not accepted yet
    assert [one["descriptor"] for one in server[1]] == [3, 4]
    created = [event.data for event in told.events("socket", "created", "client")]
    assert created == [{"descriptor": 3, "kind": "tcp"}]


@pytest.mark.row("B8")
def test_the_copy_of_the_listener_is_told(told: SmallWorld) -> None:
    (copied,) = told.events("tcp", "socket-copied", "server")
    (connection,) = {event.connection for event in told.events("tcp", "segment-sent", "client")}
    _, local, remote = connection.split()
    assert copied.data == {"listener": "0.0.0.0:80", "remote": local}
    assert remote == "10.0.3.2:80"


@pytest.mark.row("B25")
def test_the_pipe_is_taken_away_in_both_directions(told: SmallWorld) -> None:
    changes = {
        host: [event.data["to"] for event in told.events("tcp", "state-changed", host)] for host in ("client", "server")
    }
    assert changes["client"] == ["SYN-SENT", "ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2", "TIME-WAIT"]
    assert changes["server"] == ["SYN-RECEIVED", "ESTABLISHED", "CLOSE-WAIT", "LAST-ACK", "CLOSED"]
    (waiting,) = told.events("tcp", "time-wait", "client")
    assert waiting.data["until_ns"] - waiting.t == 60 * 10**9


def test_errors_of_calls_are_told(recorded: SmallWorld) -> None:
    async def fail() -> None:
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("server", 81)
        with pytest.raises(OSError, match="not known"):
            await asyncio.open_connection("nobody", 80)

    recorded.run(fail())
    errors = [
        (event.data["call"], event.data["error"])
        for event in recorded.events("socket", "returned", "client")
        if "error" in event.data
    ]
    assert errors == [("connect", "ECONNREFUSED"), ("getaddrinfo", "gaierror")]


def test_calls_on_sockets_and_datagrams_are_told_too(recorded: SmallWorld) -> None:
    async def answer() -> None:
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(Echo, local_addr=("0.0.0.0", 7))
        await asyncio.sleep(1)
        transport.close()

    class Echo(asyncio.DatagramProtocol):
        def connection_made(self, transport) -> None:
            self.transport = transport

        def datagram_received(self, data, addr) -> None:
            self.transport.sendto(data, addr)

    async def send() -> bytes:
        import socket

        loop = asyncio.get_running_loop()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.setblocking(False)
            await loop.sock_sendto(sock, b"hello", ("10.0.3.2", 7))
            return await loop.sock_recv(sock, 100)

    recorded.spawn(answer())
    recorded.run(send())
    events = recorded.events()
    calls = [event.data["call"] for event in recorded.events("socket", "called", "client")]
    assert calls == ["socket", "write", "read", "close"]
    echoed = next(event for event in events if event.host == "server" and event.what == "sent" and event.layer == "udp")
    origins = [event for event in causes(events, echoed.n) if event.what == "called"]
    assert [(event.host, event.data["call"]) for event in origins] == [("server", "write"), ("client", "write")]


_PROGRAM = """
import asyncio, sys
from test_trace import ask, serve
from small_world import SmallWorld
from pathlib import Path

async def many():
    await asyncio.gather(*{asyncio.ensure_future(ask()) for _ in range(5)})

world = SmallWorld(record=True, seed=7)
world.line.fault("loss 20%")
world.spawn(serve())
world.run(many())
world.recorder.save_trace(Path(sys.argv[1]))
world.close()
"""


def test_a_run_is_the_same_in_every_process(tmp_path: Path) -> None:
    """With loss, with sets of tasks, and whatever the hashes of strings are."""
    here = Path(__file__).parent
    paths = [*sys.path, str(here), str(here.parent / "support"), str(here.parents[1] / "src")]
    digests = set()
    for seed in ("0", "1", "12345"):
        environment = os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(paths)}
        trace = tmp_path / seed
        subprocess.run([sys.executable, "-c", _PROGRAM, str(trace)], check=True, env=environment, timeout=100)
        digests.add(hashlib.sha256(trace.read_bytes()).hexdigest())
    assert len(digests) == 1


def test_a_world_may_record_frames_without_events(make_world) -> None:
    world = make_world(record=Recorder(events=False))
    world.spawn(serve())
    world.run(ask())
    assert world.events() == []
    assert world.recorder.hosts() == ["client", "r1", "r2", "server"]
