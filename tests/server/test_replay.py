"""A kept request sent again: exact octets both ways, and an end to every answer."""

from __future__ import annotations

import asyncio
import ssl
import stat
from collections.abc import Sequence
from pathlib import Path

import pytest
import trustme
from catching import GET, Command, Peer, catching, server
from webtalk import run

from michinori.http.errors import ConnectFailed, Disconnected, TimedOut, TlsFailed
from michinori.http.urls import parse
from michinori.japanese import in_japanese
from michinori.server.catch import SingleFile
from michinori.server.messages import AnswerExtent
from michinori.server.replay import (
    NotARequest,
    ReplayBounds,
    Replayed,
    ReplaySettings,
    compare,
    read_requests,
    replay,
    with_host,
)

ANSWER = b"HTTP/1.1 200 OK\r\nDate: today\r\nContent-Length: 5\r\n\r\nhello"


def answering(*answers: bytes, heard: list[bytes] | None = None, pause_s: float = 0.0, stays: bool = True) -> Peer:
    """A peer that reads one head and says these pieces."""

    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        octets = await reader.readuntil(b"\r\n\r\n")
        if heard is not None:
            heard.append(octets)
        for piece in answers:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause_s)
        if stays:
            await reader.read()

    return peer


async def send(
    peer: Peer, octets: bytes = GET, methods: Sequence[str] = ("GET",), *, scheme: str = "http", **settings: object
) -> Replayed:
    bounds = ReplayBounds(**{"silence_s": 3.0, "settle_s": 0.1} | settings.pop("bounds", {}))
    context = settings.pop("theirs", None)
    async with server(peer, ssl=context) as port:
        url = parse(f"{scheme}://127.0.0.1:{port}")
        return await replay(octets, methods, ReplaySettings(url, bounds=bounds, **settings))


@pytest.mark.row("A10")
@pytest.mark.parametrize(
    ("method", "answer", "stays"),
    [
        ("GET", ANSWER, True),
        ("GET", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX: y\r\n\r\n", True),
        ("GET", b"HTTP/1.0 200 OK\r\n\r\nup to the close", False),
        ("HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", True),
        ("GET", b"HTTP/1.1 204 No Content\r\n\r\n", True),
        ("GET", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", True),
        ("POST", b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n" + ANSWER, True),
        ("GET", b"HTTP/1.1 101 Switching Protocols\r\n\r\n\x81\x02hi", True),
        ("GET", b"SSH-2.0-OpenSSH\r\n", False),
    ],
    ids=["length", "chunked", "close", "head", "204", "304", "interim", "101", "no-http"],
)
def test_it_knows_when_an_answer_is_complete(method: str, answer: bytes, stays: bool) -> None:
    async def main() -> None:
        for pieces in ([answer], [bytes([octet]) for octet in answer]):
            replayed = await send(answering(*pieces, stays=stays), methods=[method])
            assert replayed.complete
            assert bytes(replayed.octets) == answer
            assert 0 <= replayed.first_ns <= replayed.end_ns
            assert replayed.connect_ns >= 0
            assert replayed.surplus == 0

    run(main())


def test_two_kept_requests_get_two_answers() -> None:
    second = b"HEAD /2 HTTP/1.1\r\nHost: a\r\n\r\n"
    requests = read_requests(GET + second + b"\r\n")
    assert [bytes(one.octets) for one in requests] == [GET, second + b"\r\n"]

    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert await reader.readexactly(len(GET + second)) == GET + second
        writer.write(ANSWER + b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n")
        await reader.read()

    async def main() -> None:
        replayed = await send(peer, GET + second, ["GET", "HEAD"])
        assert replayed.complete
        assert [len(answer.body) for answer in replayed.answers] == [5, 0]

    run(main())


@pytest.mark.parametrize(
    ("peer", "bounds", "why", "came"),
    [
        (answering(ANSWER[:-2], stays=False), {}, "ended", ANSWER[:-2]),
        (answering(ANSWER[:-2]), {"silence_s": 0.2}, "silent", ANSWER[:-2]),
        (answering(ANSWER[:-2]), {"whole_s": 0.2}, "too-slow", ANSWER[:-2]),
        (answering(ANSWER), {"octets": 20}, "too-long", ANSWER[:20]),
    ],
)
def test_an_answer_that_breaks_off_is_kept_and_said(peer: Peer, bounds: dict, why: str, came: bytes) -> None:
    async def main() -> None:
        replayed = await send(peer, bounds=bounds)
        assert replayed.why == why
        assert not replayed.complete
        assert bytes(replayed.octets) == came

    run(main())


def test_no_answer_at_all_is_an_error_in_one_sentence() -> None:
    async def main() -> None:
        with pytest.raises(Disconnected):
            await send(answering(stays=False))
        with pytest.raises(TimedOut, match="wait: "):
            await send(answering(), bounds={"silence_s": 0.1})
        with pytest.raises(ConnectFailed, match="refused"):
            await replay(GET, ["GET"], ReplaySettings(parse("http://127.0.0.1:1")))

    run(main())


def test_certificates_are_checked_unless_told_otherwise() -> None:
    authority = trustme.CA()
    theirs, ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("127.0.0.1").configure_cert(theirs)
    authority.configure_trust(ours)

    async def main() -> None:
        replayed = await send(answering(ANSWER), scheme="https", theirs=theirs, tls=ours)
        assert bytes(replayed.octets) == ANSWER
        assert replayed.tls_ns > 0
        with pytest.raises(TlsFailed, match="certificate"):
            await send(answering(ANSWER), scheme="https", theirs=theirs, tls=ssl.create_default_context())

    run(main())


def test_large_requests_and_answers_go_both_ways_at_once() -> None:
    body = bytes(10_000_000)
    octets = b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(body) + body

    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body))
        while piece := await reader.read(65536):  # an echo: answers while it is still being asked
            writer.write(piece if not piece.startswith(b"POST") else piece.partition(b"\r\n\r\n")[2])
            await writer.drain()

    async def main() -> None:
        replayed = await send(peer, octets, ["POST"])
        assert replayed.complete
        assert replayed.answers[0].body == body

    run(main())


def test_only_the_host_changes_with_set_host() -> None:
    (one,) = read_requests(b"\r\nGET / HTTP/1.1\r\nhOST:localhost:8080\r\nX: Host: y\r\n\r\n")
    assert with_host(one, "a.example") == b"\r\nGET / HTTP/1.1\r\nhOST: a.example\r\nX: Host: y\r\n\r\n"
    (bare,) = read_requests(b"GET / HTTP/1.0\n\n")
    assert with_host(bare, "a.example") == b"GET / HTTP/1.0\nHost: a.example\n\n"


@pytest.mark.parametrize("octets", [b"", b"\x16\x03\x01\x00\x00", b"hello\n", b"GET / HTTP/1.1\r\nHost"])
def test_what_is_no_request_is_refused(octets: bytes) -> None:
    with pytest.raises(NotARequest):
        read_requests(octets)


def answer(octets: bytes) -> AnswerExtent:
    extent = AnswerExtent("GET")
    extent.feed(octets)
    extent.end()
    return extent


def test_answers_are_compared_field_by_field_and_line_by_line() -> None:
    one = answer(
        b"HTTP/1.1 200 OK\r\nDate: 1\r\nServer: a\r\nSet-Cookie: s=1; P\r\n"
        b"Set-Cookie: t=2\r\nContent-Type: text/plain\r\n\r\na\nb\nc"
    )
    two = answer(
        b"HTTP/1.1 200 OK\r\nDate: 2\r\nserver: b\r\nSet-Cookie: s=9; P\r\n"
        b"Set-Cookie: t=2\r\nContent-Type: text/plain\r\n\r\na\nB\nc"
    )
    different = [(row.part, row.name) for row in compare(one, two) if not row.same and row.counts]
    assert different == [("field", "Server"), ("field", "Set-Cookie"), ("body", "")]
    assert not any(row.counts and not row.same for row in compare(one, one))
    (digest,) = [row for row in compare(answer(b"HTTP/1.1 200 OK\r\n\r\n\0"), one) if row.part == "digest"]
    assert in_japanese(digest.right) == digest.right.replace(" octets, ", " オクテット、") != digest.right
    assert not any(secret in str(compare(one, two)) for secret in ("s=1", "s=9", "t=2"))
    chunked = answer(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n")
    plain = answer(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
    assert [row.part for row in compare(chunked, plain) if not row.same] == ["field", "field"]


@pytest.mark.row("A10")
def test_what_was_caught_is_sent_again_octet_for_octet(tmp_path: Path) -> None:
    odd = b"POST /a%20b?c HTTP/1.1\r\nhost:  x\r\nX-Odd:\tv \r\nContent-Length: 3\r\n\r\n\x00\xff\n"

    async def main() -> None:
        async with catching(SingleFile(tmp_path / "first")) as one:
            await one.say(odd)
            await one.outcome()
        kept = (tmp_path / "first").read_bytes()
        async with catching(SingleFile(tmp_path / "second"), reply=lambda _: ANSWER) as one:
            url = parse(f"http://127.0.0.1:{one.catcher.port}")
            replayed = await replay(kept, ["POST"], ReplaySettings(url))
            assert bytes(replayed.octets) == ANSWER
            await one.outcome()

    run(main())
    assert (tmp_path / "second").read_bytes() == odd


class TestCommand:
    """As a person uses it."""

    def go(self, folder: Path, *arguments: str) -> tuple[int, str]:
        with Command("replay", *arguments, "--lang", "en", cwd=folder) as command:
            return command.end(), command.said

    @pytest.mark.row("A10")
    def test_the_answer_is_kept_explained_and_timed(self, tmp_path: Path) -> None:
        (tmp_path / "server_recv.txt").write_bytes(GET)
        heard: list[bytes] = []

        async def main() -> tuple[int, str]:
            async with server(answering(ANSWER, heard=heard)) as port:
                to = f"http://127.0.0.1:{port}"
                return await asyncio.to_thread(self.go, tmp_path, "server_recv.txt", "--to", to, "--repeat", "3")

        status, said = run(main())
        assert status == 0
        assert heard == [GET] * 3
        kept = tmp_path / "client_recv.txt"
        assert kept.read_bytes() == ANSWER
        assert stat.S_IMODE(kept.stat().st_mode) == 0o600
        for words in ("HTTP/1.1 200 OK␍␊", "Length of the body in octets", "first octet", "All 3 answers are the same"):
            assert words in said

    def test_diff_shows_both_and_exits_with_1(self, tmp_path: Path) -> None:
        (tmp_path / "f").write_bytes(GET)

        async def main() -> list[tuple[int, str]]:
            other = ANSWER.replace(b"hello", b"world").replace(b"today", b"later")
            async with server(answering(ANSWER)) as one, server(answering(other)) as two:
                to, diff = f"http://127.0.0.1:{one}", f"http://127.0.0.1:{two}"
                return [
                    await asyncio.to_thread(self.go, tmp_path, "f", "--to", to, "--diff", against, "--set-host")
                    for against in (diff, to)
                ]

        (differ, said), (same, said_too) = run(main())
        assert (differ, same) == (1, 0)
        assert "They differ in 1 places." in said
        assert "hello" in said
        assert "world" in said
        assert "They are the same" in said_too

    def test_wrong_usage_is_2_and_failure_is_1(self, tmp_path: Path) -> None:
        (tmp_path / "f").write_bytes(GET)
        (tmp_path / "f-2").write_bytes(GET)
        (tmp_path / "tls").write_bytes(b"\x16\x03\x01\x00\x00")
        (tmp_path / "taken").write_text("mine")
        refused = "http://127.0.0.1:1"
        for arguments, status, words in (
            (["f", "--to", refused], 1, "start the server"),
            (["nothing", "--to", refused], 2, "cannot be read"),
            (["tls", "--to", refused], 2, "a TLS ClientHello"),
            (["f", "--to", refused + "/path"], 2, "write http://127.0.0.1:1"),
            (["f", "--to", "ftp://a"], 2, "write http://host"),
            (["f", "--to", refused, "-o", "taken"], 2, "--force"),
            (["f"], 2, "--to"),
            (["f", "--to", refused, "--max-size", "0"], 2, "no room for an octet"),
            (["f", "--to", refused, "-o", "./f", "--force"], 2, "the very request that is sent"),
            (["f-2", "--to", refused, "-o", "f", "--diff", refused, "--force"], 2, "the very request that is sent"),
        ):
            exit_status, said = self.go(tmp_path, *arguments)
            assert (exit_status, words in said) == (status, True), said
        assert (tmp_path / "taken").read_text() == "mine"
        assert (tmp_path / "f").read_bytes() == (tmp_path / "f-2").read_bytes() == GET

    def test_what_is_missing_of_the_second_answer_is_said_too(self, tmp_path: Path) -> None:
        (tmp_path / "f").write_bytes(GET)

        async def main() -> tuple[int, str]:
            async with server(answering(ANSWER)) as one, server(answering(ANSWER[:-1], stays=False)) as two:
                to, diff = f"http://127.0.0.1:{one}", f"http://127.0.0.1:{two}"
                return await asyncio.to_thread(self.go, tmp_path, "f", "--to", to, "--diff", diff)

        status, said = run(main())
        assert status == 1
        assert "closed the connection before the answer was complete" in said
        assert said.count("first octet") == 2
