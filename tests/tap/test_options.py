"""What the kernel agrees upon with us beyond the plain connection."""

from __future__ import annotations

import asyncio

import pytest
from tap_wire import Wire

pytestmark = pytest.mark.peer

_COUNT = """
import socket, sys
s = socket.socket(); s.bind(("", 7)); s.listen(); print("ready", flush=True)
c, _ = s.accept(); n = 0
while piece := c.recv(65536): n += len(piece)
c.sendall(str(n).encode()); c.close()
"""


def _flags(wire: Wire, host: str, what: str) -> list[str]:
    recorder = wire.world.recorder
    assert recorder is not None
    return [event.data["flags"] for event in recorder.read() if event.what == what and event.host == host]


def test_the_kernel_agrees_upon_ecn_when_we_ask(wire: Wire) -> None:
    host = wire.host(tcp={"ecn": True})

    async def send() -> bytes:
        process = wire.namespace.start("python3", "-c", _COUNT)
        assert process.stdout is not None
        await asyncio.to_thread(process.stdout.readline)
        reader, writer = await asyncio.open_connection(wire.kernel, 7)
        writer.write(bytes(300_000))
        writer.write_eof()
        answer = await reader.read()
        writer.close()
        await asyncio.to_thread(process.wait, 5)
        return answer

    assert wire.world.run(send(), on=host, limit="20s") == b"300000"
    assert _flags(wire, "ours", "segment-sent")[0] == "SYN,ECE,CWR"
    assert _flags(wire, "ours", "segment-received")[0] == "SYN,ACK,ECE"


def test_we_agree_upon_ecn_when_the_kernel_asks_and_it_heeds_our_echo(wire: Wire) -> None:
    wire.namespace.run("sysctl", "-qw", "net.ipv4.tcp_ecn=1")
    host = wire.host_behind(mtu=1500, faults=["mark 5% carrying=tcp"])
    send = f"""
import socket
s = socket.create_connection(("{wire.ours}", 7), 5); s.sendall(bytes(2000000)); s.shutdown(socket.SHUT_WR)
print(s.recv(100).decode())
"""

    async def count(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(str(len(await reader.read(-1))).encode())
        writer.close()

    async def serve() -> None:
        async with await asyncio.start_server(count, port=7):
            assert await asyncio.to_thread(wire.namespace.python, send) == "2000000\n"

    wire.world.run(serve(), on=host, limit="30s")
    received = _flags(wire, "ours", "segment-received")
    assert received[0] == "SYN,ECE,CWR"
    sent = _flags(wire, "ours", "segment-sent")
    assert sent[0] == "SYN,ACK,ECE"
    assert any("ECE" in flags for flags in sent[1:])
    assert any("CWR" in flags for flags in received[1:])


_UPPER = """
import socket
s = socket.socket(); s.setsockopt(socket.IPPROTO_TCP, socket.TCP_FASTOPEN, 16); s.bind(("", 7)); s.listen()
print("ready", flush=True)
for _ in range(2):
    c, _ = s.accept(); c.sendall(c.recv(100).upper()); c.close()
"""


def test_the_kernel_takes_text_in_our_syn(wire: Wire) -> None:
    wire.namespace.run("sysctl", "-qw", "net.ipv4.tcp_fastopen=3")
    host = wire.host(tcp={"fast_open": True, "fast_open_wait_ns": 0})  # a busy machine may need more than is usual

    async def ask(text: bytes) -> bytes:
        reader, writer = await asyncio.open_connection(wire.kernel, 7)
        writer.write(text)
        answer = await reader.read()
        writer.close()
        return answer

    async def twice() -> None:
        process = wire.namespace.start("python3", "-c", _UPPER)
        assert process.stdout is not None
        await asyncio.to_thread(process.stdout.readline)
        assert await ask(b"first") == b"FIRST"
        assert await ask(b"second") == b"SECOND"
        await asyncio.to_thread(process.wait, 5)

    wire.world.run(twice(), on=host, limit="20s")
    recorder = wire.world.recorder
    assert recorder is not None
    events = list(recorder.read())
    assert [event.why for event in events if event.what == "fast-open"] == ["", "taken"]
    syns = [event for event in events if event.what == "segment-sent" and event.data["flags"].startswith("SYN")]
    assert [event.data["len"] for event in syns] == [0, 6]
    assert "TcpExtTCPFastOpenPassive" in wire.namespace.run("nstat", "-asz").stdout.decode()


def test_we_take_text_in_the_kernels_syn(wire: Wire) -> None:
    wire.namespace.run("sysctl", "-qw", "net.ipv4.tcp_fastopen=3")
    host = wire.host(tcp={"fast_open": True})
    ask = f"""
import socket
for text in (b"first", b"second"):
    s = socket.socket()
    s.sendto(text, socket.MSG_FASTOPEN, ("{wire.ours}", 7))
    print(s.recv(100).decode(), s.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 8)[5] & 32); s.close()
"""

    async def upper(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write((await reader.read(100)).upper())
        writer.close()

    async def serve() -> None:
        async with await asyncio.start_server(upper, port=7):
            # The kernel has seen the text of its second SYN acknowledged.
            assert await asyncio.to_thread(wire.namespace.python, ask) == "FIRST 0\nSECOND 32\n"

    wire.world.run(serve(), on=host, limit="20s")
    recorder = wire.world.recorder
    assert recorder is not None
    syns = [
        event
        for event in recorder.read()
        if event.what == "segment-received" and event.data["flags"].startswith("SYN") and event.host == "ours"
    ]
    assert [event.data["len"] for event in syns] == [0, 6]
