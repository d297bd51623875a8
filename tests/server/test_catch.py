"""The catcher over loopback: every octet, however it arrives, and nothing that hangs."""

from __future__ import annotations

import asyncio
import json
import os
import random
import resource
import socket
import stat
import struct
from pathlib import Path

import pytest
from catching import GET, Catching, catching
from webtalk import run

from michinori.server.catch import CatchError, FolderKeeper, Hello, InMemory, SingleFile
from michinori.server.keeping import KeepError, KeptFiles
from michinori.server.messages import Kind
from michinori.server.replay import read_requests

BIG = random.Random(3).randbytes(10_000_000)
LONG_COOKIES = (
    b"GET / HTTP/1.1\r\nHost: a\r\n" + b"".join(b"Cookie: c%d=%s\r\n" % (n, b"x" * 1000) for n in range(65)) + b"\r\n"
)


@pytest.mark.row("A1")
@pytest.mark.row("A2")
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_one_request_is_caught_on_either_address(host: str) -> None:
    async def main() -> None:
        async with catching() as one:
            reader, writer = await one.connect(host)
            name = writer.get_extra_info("sockname")[:2]
            writer.write(GET)
            assert await reader.read() == b""  # FIN, no reset
            writer.close()
            outcome = await one.outcome()
            assert (outcome.whole, outcome.others, outcome.interrupted) == (1, 0, False)
            assert one.caught[0].octets == GET
            assert one.stages == ["starting", "waiting", "connected", "kept", "stopping"]
            assert one.told[2][1]["peer"] == name
            with pytest.raises(ConnectionRefusedError):
                await one.connect(host)

    run(main())


@pytest.mark.row("A3")
@pytest.mark.parametrize(
    ("octets", "size"),
    [
        (GET, 1),
        (LONG_COOKIES, 4096),
        (LONG_COOKIES, 1 << 20),
        (b"POST / HTTP/1.1\r\nContent-Length: 10000000\r\n\r\n" + BIG, 1 << 20),
        (
            b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
            + b"".join(
                b"%x\r\n%s\r\n" % (len(piece), piece)
                for piece in (BIG[n : n + 70_000] for n in range(0, 10**7, 70_000))
            )
            + b"0\r\n\r\n",
            9973,
        ),
    ],
    ids=["octet-by-octet", "cookies-in-pieces", "cookies-at-once", "length", "chunked"],
)
def test_it_is_whole_however_it_arrives(tmp_path: Path, octets: bytes, size: int) -> None:
    path = tmp_path / "server_recv.txt"

    async def main() -> None:
        async with catching(SingleFile(path)) as one:
            pieces = [octets[at : at + size] for at in range(0, len(octets), size)]
            assert await one.say(*pieces) == b""
            assert (await one.outcome()).whole == 1

    run(main())
    assert path.read_bytes() == octets
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.row("A12")
def test_silent_connections_do_not_use_up_the_one() -> None:
    async def main() -> None:
        async with catching() as one:
            idle = [await one.connect() for _ in range(3)]
            idle[0][1].close()
            await asyncio.sleep(0.05)
            assert await one.say(GET) == b""
            assert (await one.outcome()).whole == 1
            for reader, writer in idle[1:]:
                assert await reader.read() == b""
                writer.close()
            assert "silent" in one.stages

    run(main())


def test_the_oldest_silent_connection_makes_room() -> None:
    async def main() -> None:
        async with catching(bounds={"connections": 3}) as one:
            idle = [await one.connect() for _ in range(5)]
            assert await idle[0][0].read() == b""
            assert await one.say(GET) == b""
            assert (await one.outcome()).whole == 1
            for _, writer in idle:
                writer.close()

    run(main())


def test_expect_100_continue_gets_its_word_once() -> None:
    async def main() -> None:
        async with catching() as one:
            reader, writer = await one.connect()
            head = b"POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n"
            writer.write(head)
            assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
            writer.write(b"bo")
            await asyncio.sleep(0.05)
            writer.write(b"dy")
            assert await reader.read() == b""
            writer.close()
            await one.outcome()
            assert one.caught[0].octets == head + b"body"
            assert one.stages.count("continued") == 1

    run(main())


def test_two_requests_in_one_packet_are_both_kept(tmp_path: Path) -> None:
    second = b"POST /2 HTTP/1.1\r\nContent-Length: 1\r\n\r\n!"

    async def main() -> None:
        async with catching(SingleFile(tmp_path / "one")) as one:
            await one.say(GET + second[:20], second[20:], pause_s=0.05)
            assert (await one.outcome()).whole == 2
            assert len(one.told[-2][1]["batch"]) == 2
        async with catching(FolderKeeper(tmp_path / "many")) as one:
            await one.say(GET + second)
            await one.outcome()

    run(main())
    assert (tmp_path / "one").read_bytes() == GET + second
    assert (tmp_path / "many/0001-server_recv.txt").read_bytes() == GET
    assert (tmp_path / "many/0002-server_recv.txt").read_bytes() == second


def test_empty_lines_behind_a_request_are_kept_and_are_no_body() -> None:
    octets = b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc\r\n\r\n"  # as old browsers ended a form

    async def main() -> None:
        async with catching() as one:
            await one.say(octets)
            await one.outcome()
            assert one.caught[0].octets == octets
            assert one.caught[0].request.body == b"abc"

    run(main())
    assert [request.body for request in read_requests(octets + GET)] == [b"abc", b""]


@pytest.mark.parametrize(
    ("octets", "kind"),
    [
        (b"\x16\x03\x01\x00\x04\x01\x00\x00\x00", Kind.TLS),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00", Kind.HTTP2),
        (b"hello\r\n", Kind.OTHER),
        (b"\x00\xff", Kind.OTHER),
    ],
)
def test_what_is_no_http_is_kept_and_said(octets: bytes, kind: Kind) -> None:
    async def main() -> None:
        async with catching(reply=Hello()) as one:
            assert await one.say(octets) == b""
            outcome = await one.outcome()
            assert (outcome.whole, outcome.others) == (0, 1)
            assert one.caught[0].octets == octets
            assert one.caught[0].request.kind is kind

    run(main())


PART = b"POST / HTTP/1.1\r\nContent-Length: 100000\r\n\r\nsome"


@pytest.mark.parametrize(
    ("bounds", "pieces", "why", "kept"),
    [
        ({"octets": 40}, [PART], "too-long", PART[:40]),
        ({"octets": 2}, [b"GE", b"T / HTTP/1.1\r\n\r\n"], "too-long", b"GE"),
        ({"silence_s": 0.1}, [PART], "silent", PART),
        ({"whole_s": 0.2}, [PART, *[b"x"] * 8], "too-slow", None),
    ],
    ids=["too-long", "too-long-exactly", "silent", "too-slow"],
)
def test_bounds_end_it_and_what_came_is_kept(bounds: dict, pieces: list[bytes], why: str, kept: bytes | None) -> None:
    async def main() -> None:
        async with catching(bounds=bounds) as one:
            await one.say(*pieces, pause_s=0.05)
            outcome = await one.outcome()
            assert (outcome.whole, outcome.others) == (0, 1)
            assert one.caught[0].why == why
            assert one.caught[0].octets.startswith(PART[:2] if kept is None else kept)
            assert kept is None or one.caught[0].octets == kept

    run(main())


@pytest.mark.row("A4")
@pytest.mark.parametrize("how", ["ended", "reset"])
def test_a_peer_that_goes_away_is_no_trouble(how: str) -> None:
    async def main() -> None:
        async with catching() as one:
            _, writer = await one.connect()
            writer.write(PART)
            await asyncio.sleep(0.05)
            if how == "reset":
                sock = writer.get_extra_info("socket")
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                writer.transport.abort()
            else:
                writer.write_eof()
            outcome = await one.outcome()
            assert (outcome.whole, outcome.others) == (0, 1)
            assert one.caught[0].why == how
            assert one.caught[0].octets == PART
            assert one.stages[-1] == "stopping"
            writer.close()

    run(main())


def test_unread_octets_do_not_turn_the_closing_into_a_reset() -> None:
    async def main() -> None:
        async with catching(bounds={"octets": 1000}) as one:
            reader, writer = await one.connect()
            for _ in range(40):
                writer.write(b"x" * 65536)
            await writer.drain()
            assert await reader.read() == b""  # the end of the stream; a reset would raise
            writer.close()
            await one.outcome()
            assert "late" in one.stages

    run(main())


@pytest.mark.row("A4")
def test_an_interruption_keeps_what_has_come() -> None:
    async def main() -> None:
        async with catching() as one:
            reader, writer = await one.connect()
            idle, idle_writer = await one.connect()
            writer.write(PART)
            await asyncio.sleep(0.05)
            one.task.cancel()
            outcome = await one.outcome()
            assert outcome.interrupted
            assert (outcome.whole, outcome.others) == (0, 1)
            assert one.caught[0].why == "interrupted"
            assert one.caught[0].octets == PART
            assert one.stages[-1] == "stopping"
            assert await reader.read() == b""
            assert await idle.read() == b""
            writer.close()
            idle_writer.close()

    run(main())


def test_many_are_numbered_and_listed(tmp_path: Path) -> None:
    import json

    requests = [b"GET /%d HTTP/1.1\r\nHost: a\r\n\r\n" % number for number in range(12)]

    async def main() -> None:
        async with catching(FolderKeeper(tmp_path / "d"), count=12) as one:
            await asyncio.gather(*(one.say(octets) for octets in requests))
            assert (await one.outcome()).whole == 12

    run(main())
    lines = [json.loads(line) for line in (tmp_path / "d/requests.jsonl").read_text().splitlines()]
    assert [line["number"] for line in lines] == list(range(1, 13))
    for line in lines:
        octets = (tmp_path / "d" / line["received"]).read_bytes()
        assert octets.startswith(f"GET {line['target']} ".encode())
        assert line["octets"] == len(octets)
        assert line["whole"]
    assert {line["target"] for line in lines} == {f"/{number}" for number in range(12)}
    assert {stat.S_IMODE(file.stat().st_mode) for file in (tmp_path / "d").iterdir()} == {0o600}


def test_an_earlier_folder_is_replaced_only_when_something_new_has_come(tmp_path: Path) -> None:
    folder = tmp_path / "d"

    async def catch(count: int, octets: bytes, **keeper: bool) -> None:
        async with catching(FolderKeeper(folder, **keeper), count=count) as one:
            for _ in range(count):
                await one.say(octets)
            await one.outcome()

    async def nothing() -> None:
        keeper = FolderKeeper(folder)
        keeper.check()
        async with catching(keeper) as one:
            one.task.cancel()
            await one.outcome()

    run(catch(3, GET))
    run(nothing())
    assert len(list(folder.iterdir())) == 4
    (folder / "mine.txt").write_text("not yours")
    run(catch(1, GET.replace(b"/ ", b"/new ")))
    assert sorted(file.name for file in folder.iterdir()) == ["0001-server_recv.txt", "mine.txt", "requests.jsonl"]
    (folder / "0001-server_recv.txt").write_text("changed by hand")
    with pytest.raises(KeepError, match="--force"):
        FolderKeeper(folder).check()
    FolderKeeper(folder, force=True).check()
    (folder / "requests.jsonl").write_text("my own list\n")
    with pytest.raises(KeepError):
        FolderKeeper(folder).check()


def test_a_file_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "f"
    files = KeptFiles()
    files.check(path)
    files.write(path, b"one")
    files.check(path)
    files.write(path, b"two")
    path.write_bytes(b"changed")
    with pytest.raises(KeepError, match="--force"):
        files.check(path)
    with pytest.raises(KeepError):
        files.write(path, b"three")
    KeptFiles(force=True).write(path, b"three")
    assert path.read_bytes() == b"three"
    (tmp_path / "link").symlink_to(path)
    with pytest.raises(KeepError):
        files.check(tmp_path / "link")
    KeptFiles(force=True).write(tmp_path / "link", b"four")
    assert not (tmp_path / "link").is_symlink()
    assert path.read_bytes() == b"three"
    with pytest.raises(KeepError):
        files.check(tmp_path)


@pytest.mark.row("A4")
def test_a_disk_without_room_is_a_clear_error_and_leaves_no_half_file(tmp_path: Path) -> None:
    """``RLIMIT_FSIZE`` stands in for the full disk: writing fails in the middle."""
    path = tmp_path / "f"
    KeptFiles().write(path, b"the earlier one")

    async def main() -> None:
        async with catching(SingleFile(path), reply=Hello()) as one:
            reader, writer = await one.connect()
            body = bytes(300_000)
            writer.write(b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            assert await reader.read() == b""
            writer.close()
            outcome = await one.outcome()
            assert isinstance(outcome.failure, KeepError)
            assert "cannot be written" in str(outcome.failure)
            assert one.stages[-1] == "stopping"

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        run(main())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert path.read_bytes() == b"the earlier one"
    assert sorted(file.name for file in tmp_path.iterdir()) == [".michinori-kept.json", "f"]


def test_the_index_never_ends_in_half_a_line(tmp_path: Path) -> None:
    keeper = FolderKeeper(tmp_path)

    async def main() -> None:
        async with catching(keeper, count=0) as one:
            await one.say(GET)
            size = (tmp_path / "requests.jsonl").stat().st_size
            soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
            resource.setrlimit(resource.RLIMIT_FSIZE, (size + 10, hard))
            try:
                await one.say(GET)
                outcome = await one.outcome()
            finally:
                resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
            assert outcome.whole == 1
            assert isinstance(outcome.failure, KeepError)
            assert (tmp_path / "requests.jsonl").stat().st_size == size

    run(main())


def test_a_taken_port_is_one_error_and_the_closing_line_comes() -> None:
    async def main() -> None:
        with socket.socket() as sock:
            sock.bind(("127.0.0.1", 0))
            sock.listen()
            told: list[str] = []
            from michinori.server.catch import Catcher, CatchSettings

            settings = CatchSettings(port=sock.getsockname()[1])
            outcome = await Catcher(settings, InMemory(), lambda what, /, **_: told.append(what)).run()
            assert isinstance(outcome.failure, CatchError)
            assert "--port" in str(outcome.failure)
            assert told == ["starting", "stopping"]

    run(main())


def test_the_reply_is_sent_whole_and_the_connection_closed() -> None:
    reply = b"HTTP/1.1 200 OK\r\nContent-Length: 5000000\r\n\r\n" + bytes(5_000_000)

    async def main() -> None:
        async with catching(reply=lambda _: reply) as one:
            assert await one.say(GET) == reply
            await one.outcome()

    run(main())


REPLY = b"HTTP/1.1 204 No Content\r\n\r\n"
SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\n"


def test_what_comes_behind_the_answer_is_kept_beside_the_request(tmp_path: Path) -> None:
    received, after = tmp_path / "server_recv.txt", tmp_path / "server_after.txt"

    async def main() -> None:
        async with catching(SingleFile(received, after=after), reply=lambda _: REPLY) as one:
            reader, writer = await one.connect()
            writer.write(GET)
            assert await reader.read() == REPLY  # and the FIN behind it
            for piece in (GET, GET[:20]):
                writer.write(piece)
                await writer.drain()
            writer.close()
            await one.outcome()
            assert one.stages[-3:] == ["kept", "after", "stopping"]

    run(main())
    assert (received.read_bytes(), after.read_bytes()) == (GET, GET + GET[:20])

    async def again() -> None:
        async with catching(SingleFile(received, after=after), reply=lambda _: REPLY) as one:
            assert await one.say(GET) == REPLY
            await one.outcome()

    run(again())
    assert not after.exists()  # it was of the run before


def test_another_protocol_is_heard_to_its_end_before_the_connection_is_closed(tmp_path: Path) -> None:
    async def main() -> None:
        async with catching(FolderKeeper(tmp_path), reply=lambda _: SWITCH, count=2) as one:
            for _ in range(2):
                reader, writer = await one.connect()
                writer.write(GET)
                assert await reader.readexactly(len(SWITCH)) == SWITCH
                for piece in (b"\x81\x82", bytes(4), b"\xff!"):
                    await asyncio.sleep(0.02)
                    writer.write(piece)
                writer.write_eof()
                assert await reader.read() == b""
                writer.close()
            await one.outcome()

    run(main())
    for number in (1, 2):
        assert (tmp_path / f"{number:04}-server_after.txt").read_bytes() == b"\x81\x82" + bytes(4) + b"\xff!"
    lines = [json.loads(line) for line in (tmp_path / "requests.jsonl").read_text().splitlines()]
    told = [line for line in lines if "after" in line]
    assert sorted((line["number"], line["after_octets"]) for line in told) == [(1, 8), (2, 8)]
    FolderKeeper(tmp_path).check()  # the next run knows them for its own


@pytest.mark.parametrize(
    ("bounds", "kept"), [({"silence_s": 0.1}, b"more"), ({"whole_s": 0.2}, b"more"), ({"octets": 40}, b"more" * 10)]
)
def test_another_protocol_has_its_bounds_too(bounds: dict[str, float], kept: bytes) -> None:
    async def main() -> None:
        async with catching(reply=lambda _: SWITCH, bounds=bounds) as one:
            reader, writer = await one.connect()
            writer.write(GET)
            await reader.readexactly(len(SWITCH))
            writer.write(kept)
            await writer.drain()
            if len(kept) == 40:
                writer.write(b"!")
            assert await reader.read() == b""
            writer.close()
            await one.outcome()
            after = one.caught[0].after
            assert after is not None
            assert bytes(after.octets) == kept

    run(main())


def test_an_interruption_keeps_what_another_protocol_has_said() -> None:
    async def main() -> None:
        async with catching(reply=lambda _: SWITCH, count=0) as one:
            reader, writer = await one.connect()
            writer.write(GET)
            await reader.readexactly(len(SWITCH))
            writer.write(b"said")
            await asyncio.sleep(0.05)
            one.task.cancel()
            assert (await one.outcome()).interrupted
            after = one.caught[0].after
            assert after is not None
            assert bytes(after.octets) == b"said"
            assert one.stages[-3:] == ["interrupted", "after", "stopping"]
            writer.close()

    run(main())


class TestHello:
    """The page that shows a browser what it sent."""

    def answer(self, octets: bytes, language: str | None = None) -> tuple[bytes, str]:
        async def main() -> bytes:
            async with catching(reply=Hello(language)) as one:
                return await one.say(octets)

        head, _, body = run(main()).partition(b"\r\n\r\n")
        return head, body.decode()

    def test_every_field_is_there_as_text_and_explained(self) -> None:
        head, body = self.answer(
            b'GET /<script> HTTP/1.1\r\nHost: <b>x</b>\r\nCookie: sid=hush\r\nX-Evil: "><img src=x>\x1b[0m\r\n\r\n',
            "en",
        )
        assert b"script" not in head
        assert "default-src 'none'" in head.decode()
        assert f"Content-Length: {len(body.encode())}" in head.decode()
        assert "Which site is meant" in body
        assert "&lt;b&gt;x&lt;/b&gt;" in body
        assert "<script" not in body
        assert "<img" not in body
        assert "hush" not in body
        assert "\x1b" not in body

    def test_it_speaks_the_language_of_the_browser_unless_told(self) -> None:
        asks = b"GET / HTTP/1.1\r\nAccept-Language: fr, ja;q=0.8, en;q=0.5\r\n\r\n"
        assert 'lang="ja"' in self.answer(asks)[1]
        assert 'lang="en"' in self.answer(asks, "en")[1]
        assert 'lang="en"' in self.answer(GET)[1]

    def test_head_gets_no_body(self) -> None:
        head, body = self.answer(b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 OK")
        assert body == ""

    def test_a_form_is_shown_field_by_field(self) -> None:
        _, body = self.answer(
            b"POST / HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            b"Content-Length: 24\r\n\r\nname=%E9%81%93&n=%3Cb%3E",
            "ja",
        )
        assert "道" in body


def test_a_busy_catcher_forgets_nothing() -> None:
    """Two hundred at once, some silent, some torn off."""

    async def one_client(one: Catching, number: int) -> None:
        if number % 10 == 0:
            _, writer = await one.connect()
            writer.close()
        elif number % 10 == 1:
            _, writer = await one.connect()
            writer.write(GET[:10])
            await writer.drain()
            writer.transport.abort()
        else:
            octets = b"GET /%d HTTP/1.1\r\n\r\n" % number
            assert await one.say(octets[:9], octets[9:], pause_s=0.002) == b""

    async def main() -> None:
        async with catching(count=0, bounds={"connections": 1000}) as one:
            await asyncio.gather(*(one_client(one, number) for number in range(200)))
            await asyncio.sleep(0.1)
            one.task.cancel()
            outcome = await one.outcome()
            assert outcome.whole == 160
            assert outcome.others == 20
            assert len({caught.number for caught in one.caught}) == 180

    run(main())


def test_no_descriptor_stays_open() -> None:
    async def main() -> None:
        before = len(os.listdir("/proc/self/fd"))
        for _ in range(5):
            async with catching() as one:
                await one.say(GET)
                await one.outcome()
        await asyncio.sleep(0.05)
        assert len(os.listdir("/proc/self/fd")) == before

    run(main())


def test_who_asks_again_because_nothing_was_answered_still_finds_somebody() -> None:
    """As Chromium does on a connection that it had opened in advance."""

    async def main() -> None:
        async with catching(bounds={"again_s": 0.5}) as one:
            assert await one.say(GET) == b""
            assert await one.say(GET) == b""
            outcome = await one.outcome()
            assert outcome.whole == 1
            assert one.stages[-2:] == ["unwanted", "stopping"]

    run(main())


def test_numbered_files_of_somebody_else_stop_the_start(tmp_path: Path) -> None:
    (tmp_path / "0007-server_recv.txt").write_text("mine")
    with pytest.raises(KeepError, match="0007"):
        FolderKeeper(tmp_path).check()


def test_connections_that_all_speak_are_bounded_too() -> None:
    async def main() -> None:
        async with catching(bounds={"connections": 3}) as one:
            busy = [await one.connect() for _ in range(3)]
            for _, writer in busy:
                writer.write(b"GET / HTTP/1.1\r\n")
            await asyncio.sleep(0.05)
            with pytest.raises(ConnectionError):
                await one.say(GET)
            busy[0][1].write(b"\r\n")
            assert await busy[0][0].read() == b""
            assert (await one.outcome()).whole == 1
            for _, writer in busy:
                writer.close()

    run(main())
