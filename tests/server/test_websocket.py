"""WebSocket behind the server: handshakes, frames, endings, bounds; against the websockets library and by hand."""

from __future__ import annotations

import asyncio
import os
import struct
from typing import Any

import pytest
import webtalk
from hypothesis import given, settings
from hypothesis import strategies as st

from michinori import World
from michinori.http import serve
from michinori.server.asgi import AsgiHandler
from michinori.server.frames import Frames
from michinori.server.websocket import SocketLimits, accept

HANDSHAKE = {
    "Upgrade": "websocket",
    "Connection": "keep-alive, Upgrade",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


def handshake(path: str = "/", method: str = "GET", **changes: str | None) -> bytes:
    fields = {"Host": "x", **HANDSHAKE} | {name.replace("_", "-"): value for name, value in changes.items()}
    lines = [f"{name}: {value}" for name, value in fields.items() if value is not None]
    return "\r\n".join([f"{method} {path} HTTP/1.1", *lines, "", ""]).encode()


def frame(opcode: int, payload: bytes, *, final: bool = True, masked: bool = True, rsv: int = 0) -> bytes:
    """A frame as a client sends it (RFC 6455 section 5.2)."""
    first = (0x80 if final else 0) | rsv << 4 | opcode
    length, mask = len(payload), b"\1\2\3\4"
    if length < 126:
        long = struct.pack("!B", length)
    elif length < 65536:
        long = struct.pack("!BH", 126, length)
    else:
        long = struct.pack("!BQ", 127, length)
    head = bytes([first, long[0] | (0x80 if masked else 0)]) + long[1:]
    if not masked:
        return head + payload
    return head + mask + bytes(octet ^ mask[place % 4] for place, octet in enumerate(payload))


def close(code: int = 1000) -> bytes:
    return frame(8, struct.pack("!H", code))


class Echo:
    """Sends back what comes; remembers what it was told."""

    def __init__(self, *first: dict[str, Any], then: Any = None) -> None:
        self.first = first or ({"type": "websocket.accept"},)
        self.then = then
        self.told: list[Any] = []
        self.scope: Any = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.scope = scope
        self.told.append(await receive())
        for message in self.first:
            await send(message)
        if self.then is not None:
            await self.then(receive, send)
            return
        while True:
            message = await receive()
            self.told.append(message)
            if message["type"] == "websocket.disconnect":
                return
            await send({"type": "websocket.send", **{k: message[k] for k in ("text", "bytes") if k in message}})


def ask(
    application: Any,
    octets: bytes,
    *,
    end: bool = False,
    limits: SocketLimits | None = None,
    until: bytes = b"",
    then: bytes = b"",
) -> bytes:
    """Send octets, and when ``until`` has come, ``then``; gives all that came until the server closed."""

    async def main() -> bytes:
        handler = AsgiHandler(application, lifespan="off", sockets=limits, grace_s=1)
        async with webtalk.served(handler) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
            try:
                writer.write(octets)
                if end:
                    writer.write_eof()
                answer = await reader.readuntil(until) if until else b""
                if then:
                    writer.write(then)
                return answer + await reader.read()
            finally:
                writer.close()

    return webtalk.run(main(), 20)


def test_the_example_of_the_rfc() -> None:
    assert accept(b"dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
    echo = Echo()
    answer = ask(
        echo,
        handshake("/chat?room=1", Sec_WebSocket_Protocol="a, b") + frame(1, b"Hello"),
        until=b"Hello",
        then=close(),
    )
    head, _, frames = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 101 Switching Protocols\r\n")
    assert b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in head
    assert frames == b"\x81\x05Hello" + b"\x88\x02\x03\xe8"
    assert echo.told[1]["text"] == "Hello"
    assert echo.told[2] == {"type": "websocket.disconnect", "code": 1000, "reason": ""}
    assert echo.scope["path"] == "/chat"
    assert echo.scope["query_string"] == b"room=1"
    assert echo.scope["scheme"] == "ws"
    assert echo.scope["subprotocols"] == ["a", "b"]


@pytest.mark.parametrize(
    ("octets", "status"),
    [
        (handshake(Sec_WebSocket_Version="8"), 426),
        (handshake(Sec_WebSocket_Version=None), 426),
        (handshake(Sec_WebSocket_Key=None), 400),
        (handshake(Sec_WebSocket_Key="c2hvcnQ="), 400),
        (handshake(Sec_WebSocket_Key="!!"), 400),
        (handshake(Content_Length="5") + b"GET /", 400),
    ],
)
def test_what_is_no_handshake_is_refused(octets: bytes, status: int) -> None:
    answer = ask(Echo(), octets, end=True)
    assert answer.startswith(b"HTTP/1.1 %d " % status)
    assert answer.count(b"HTTP/1.1 ") == 1


def test_what_does_not_ask_for_a_websocket_is_a_plain_request() -> None:
    async def kind(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": scope["type"].encode()})

    for octets in (handshake(Upgrade="h2c"), handshake(Connection="close"), handshake(method="POST")):
        assert ask(kind, octets, end=True).endswith(b"http")


def test_the_application_may_say_no() -> None:
    assert ask(Echo({"type": "websocket.close"}), handshake(), end=True).startswith(b"HTTP/1.1 403 ")
    start = {"type": "websocket.http.response.start", "status": 418, "headers": [(b"x", b"y")]}
    body = {"type": "websocket.http.response.body", "body": b"a teapot"}
    answer = ask(Echo(start, body), handshake(), end=True)
    assert answer.startswith(b"HTTP/1.1 418 ")
    assert answer.endswith(b"a teapot")

    async def fails(scope: Any, receive: Any, send: Any) -> None:
        raise LookupError

    assert ask(fails, handshake(), end=True).startswith(b"HTTP/1.1 500 ")


def test_what_the_application_adds_to_the_handshake() -> None:
    fine = {"type": "websocket.accept", "subprotocol": "b", "headers": [(b"x-one", b"1"), (b"upgrade", b"x")]}
    answer = ask(Echo(fine), handshake(Sec_WebSocket_Protocol="a, b") + close())
    assert b"Sec-WebSocket-Protocol: b\r\n" in answer
    assert b"x-one: 1\r\n" in answer
    assert b"upgrade: x" not in answer
    for bad in ({"headers": [(b"x", b"y\r\nz: 1")]}, {"subprotocol": "c"}):
        answer = ask(Echo({"type": "websocket.accept", **bad}), handshake(), end=True)
        assert answer.startswith(b"HTTP/1.1 500 ")


PIECES = frame(1, "道".encode()[:2], final=False) + frame(9, b"ping") + frame(0, "道".encode()[2:] + b"!")


@pytest.mark.parametrize(
    ("sent", "answered"),
    [
        (PIECES, b"\x8a\x04ping" + b"\x81\x04" + "道!".encode()),
        (frame(2, bytes(70_000)), b"\x82\x7f" + struct.pack("!Q", 70_000) + bytes(70_000)),
        (frame(10, b"unasked"), b""),
    ],
)
def test_messages(sent: bytes, answered: bytes) -> None:
    answer = ask(Echo(), handshake() + sent, until=answered or b"\r\n\r\n", then=close())
    assert answer.partition(b"\r\n\r\n")[2] == answered + b"\x88\x02\x03\xe8"


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (frame(1, b"x", masked=False), 1002),
        (frame(3, b""), 1002),
        (frame(1, b"x", rsv=4), 1002),
        (frame(0, b"x"), 1002),
        (frame(9, bytes(126)), 1002),
        (frame(9, b"", final=False), 1002),
        (frame(1, b"\xff"), 1007),
        (frame(8, b"\x03"), 1002),
        (close(1006), 1002),
        (frame(2, bytes(2000)), 1009),
        (frame(2, bytes(600), final=False) + frame(0, bytes(600), final=False), 1009),
    ],
)
def test_what_is_against_the_protocol_ends_it_with_a_code(sent: bytes, code: int) -> None:
    echo = Echo()
    answer = ask(echo, handshake() + sent + frame(1, b"more"), limits=SocketLimits(message_octets=1000))
    frames = answer.partition(b"\r\n\r\n")[2]
    assert frames[:1] == b"\x88"
    assert struct.unpack("!H", frames[2:4])[0] == code
    assert [message["type"] for message in echo.told] == ["websocket.connect", "websocket.disconnect"]


def test_a_small_message_may_not_become_a_huge_one() -> None:
    """permessage-deflate (RFC 7692): a bomb is found before it is blown up."""
    import zlib

    packer = zlib.compressobj(wbits=-15)
    bomb = (packer.compress(bytes(1 << 26)) + packer.flush(zlib.Z_SYNC_FLUSH))[:-4]
    assert len(bomb) < 100_000
    answer = ask(Echo(), handshake(Sec_WebSocket_Extensions="permessage-deflate") + frame(2, bomb, rsv=4))
    assert struct.unpack("!H", answer.partition(b"\r\n\r\n")[2][2:4])[0] == 1009


def test_the_application_closes_and_a_client_without_manners_is_left() -> None:
    async def bye(receive: Any, send: Any) -> None:
        await send({"type": "websocket.close", "code": 4001, "reason": "so long"})

    answer = ask(Echo({"type": "websocket.accept"}, then=bye), handshake(), until=b"so long", then=close(4001))
    assert answer.endswith(b"\x88\x09" + struct.pack("!H", 4001) + b"so long")

    async def main() -> None:
        handler = AsgiHandler(
            Echo({"type": "websocket.accept"}, then=bye), lifespan="off", sockets=SocketLimits(close_s=0.2)
        )
        async with webtalk.served(handler) as port:
            with pytest.raises(OSError):  # noqa: PT011
                await webtalk.talk(port, handshake(), end=False)

    webtalk.run(main())


@pytest.mark.parametrize("error", [None, LookupError("odd")])
def test_an_application_that_ends_takes_the_connection_along(
    error: Exception | None, caplog: pytest.LogCaptureFixture
) -> None:
    async def ends(receive: Any, send: Any) -> None:
        if error is not None:
            raise error

    answer = ask(Echo({"type": "websocket.accept"}, then=ends), handshake(), until=b"\x88\x02", then=close())
    code = struct.unpack("!H", answer.partition(b"\r\n\r\n")[2][2:4])[0]
    assert code == (1000 if error is None else 1011)
    assert ("odd" in caplog.text) == (error is not None)


def test_a_lost_client_is_told_to_the_application() -> None:
    told: list[Any] = []

    async def stays(receive: Any, send: Any) -> None:
        told.append(await receive())
        try:
            await send({"type": "websocket.send", "text": "x"})
        except OSError as lost:
            told.append(type(lost).__name__)

    async def main() -> None:
        async with webtalk.served(AsgiHandler(Echo({"type": "websocket.accept"}, then=stays), lifespan="off")) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(handshake())
            await reader.readuntil(b"\r\n\r\n")
            webtalk.reset(writer)
            await webtalk.until(lambda: len(told) == 2)

    webtalk.run(main())
    assert told == [{"type": "websocket.disconnect", "code": 1006, "reason": ""}, "ClientGone"]


def test_a_silent_client_is_asked_and_then_left() -> None:
    echo = Echo()

    async def main() -> None:
        handler = AsgiHandler(echo, lifespan="off", sockets=SocketLimits(ping_s=0.1))
        async with webtalk.served(handler) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(handshake())
            await reader.readuntil(b"\r\n\r\n")
            for _ in range(3):
                assert await reader.readexactly(2) == b"\x89\x00"
                writer.write(frame(10, b""))
            with pytest.raises(OSError):  # noqa: PT011
                await reader.read()
            writer.close()

    webtalk.run(main())
    assert echo.told[-1]["code"] == 1006


def test_a_server_that_stops_says_that_it_goes_away() -> None:
    async def main() -> bytes:
        handler = AsgiHandler(Echo(), lifespan="off")
        async with webtalk.served(handler) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(handshake())
            await reader.readuntil(b"\r\n\r\n")

            async def answer() -> bytes:
                octets = await reader.readexactly(4)
                writer.write(close(1001))
                return octets + await reader.read()

            answering = asyncio.ensure_future(answer())
        octets = await answering
        writer.close()
        return octets

    assert webtalk.run(main(), 8) == b"\x88\x02\x03\xe9"


def test_an_application_that_does_not_take_messages_stops_the_reading() -> None:
    async def sleeps(receive: Any, send: Any) -> None:
        await asyncio.sleep(1.0)

    async def main() -> int:
        sent = 0
        handler = AsgiHandler(Echo({"type": "websocket.accept"}, then=sleeps), lifespan="off", grace_s=0.1)
        async with webtalk.served(handler) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(handshake())
            await reader.readuntil(b"\r\n\r\n")
            try:
                async with asyncio.timeout(0.5):
                    while True:
                        writer.write(frame(2, bytes(60_000)))
                        sent += 60_000
                        await writer.drain()
            except TimeoutError:
                pass
            webtalk.reset(writer)
        return sent

    assert webtalk.run(main()) < 32 << 20


@pytest.mark.parametrize("compression", ["deflate", None])
def test_the_client_of_the_websockets_library(compression: str | None) -> None:
    from websockets.asyncio.client import connect

    async def main() -> None:
        async with webtalk.served(AsgiHandler(Echo(), lifespan="off")) as port:
            async with connect(f"ws://127.0.0.1:{port}/", compression=compression, max_size=None) as socket:
                for message in ("道のり", "x" * 100_000, os.urandom(300_000), b"", ""):
                    await socket.send(message)
                    assert await socket.recv() == message
                await (await socket.ping())
            assert socket.close_code == 1000

    webtalk.run(main())


def test_starlette_speaks_websocket() -> None:
    from starlette.applications import Starlette
    from starlette.routing import WebSocketRoute
    from starlette.websockets import WebSocket
    from websockets.asyncio.client import connect

    async def echo(socket: WebSocket) -> None:
        await socket.accept()
        async for text in socket.iter_text():
            await socket.send_json({"room": socket.path_params["room"], "text": text})

    async def main() -> str | bytes:
        application = Starlette(routes=[WebSocketRoute("/rooms/{room}", echo)])
        async with (
            webtalk.served(AsgiHandler(application)) as port,
            connect(f"ws://127.0.0.1:{port}/rooms/7") as socket,
        ):
            await socket.send("a")
            return await socket.recv()

    assert webtalk.run(main()) == '{"room":"7","text":"a"}'


def test_on_a_virtual_host() -> None:
    from websockets.asyncio.client import connect

    def journey() -> tuple[list[Any], int]:
        with World(seed=2) as world:
            client, server = world.host("client"), world.host("server")
            world.link(client, server, rate="10Mbit", delay="10ms", loss="3%")

            async def run_server() -> None:
                await (await serve(AsgiHandler(Echo(), lifespan="off"))).serve_forever()

            async def drive() -> list[Any]:
                async with connect("ws://server/", compression=None) as socket:
                    answers = []
                    for size in (1, 2000, 50_000):
                        await socket.send("x" * size)
                        answers.append(len(await socket.recv()))
                    return answers

            server.spawn(run_server())
            return world.run(drive(), on=client), world.now_ns

    one = journey()
    assert one[0] == [1, 2000, 50_000]
    assert journey() == one


@settings(max_examples=100)
@given(st.binary(max_size=200), st.lists(st.integers(1, 50), max_size=5))
def test_garbage_becomes_an_end_and_nothing_else(octets: bytes, cuts: list[int]) -> None:
    frames, _ = Frames.negotiate(["permessage-deflate"])
    for cut in [*cuts, len(octets)]:
        piece, octets = octets[:cut], octets[cut:]
        for message in frames.receive(piece, 1000):
            assert message.keys() <= {"text", "bytes"}
        frames.to_send()
