"""The client's machine: every answer fed whole, octet by octet, and with junk behind."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from michinori.http import Headers
from michinori.http.errors import HttpError, IncompleteBody, ProtocolError, TooLarge
from michinori.http.framing import FOR_MORE, ClientFraming, End, ResponseHead


@dataclass
class Answer:
    heads: list[ResponseHead] = field(default_factory=list)
    body: bytes = b""
    end: End | None = None


def machine(method: str = "GET", **bounds: int) -> ClientFraming:
    framing = ClientFraming(**({"head_octets": 4096, "header_count": 20} | bounds))
    framing.head(method, "/", Headers({"Host": "a"}))
    framing.end()
    return framing


def collect(framing: ClientFraming, answer: Answer) -> Answer:
    while answer.end is None and (part := framing.next()) is not FOR_MORE:
        match part:
            case ResponseHead():
                answer.heads.append(part)
            case bytes():
                answer.body += part
            case End():
                answer.end = part
    return answer


def feed(framing: ClientFraming, octets: bytes, piece: int = 0, *, end: bool = False) -> Answer:
    answer = Answer()
    for start in range(0, len(octets), piece or len(octets) or 1):
        framing.receive(octets[start : start + (piece or len(octets))])
        collect(framing, answer)
    if end and answer.end is None:
        framing.receive(b"")
        collect(framing, answer)
    return answer


LENGTH = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Odd: a\r\nx-odd: b\r\n\r\nhello"
CHUNKED = (
    b"HTTP/1.1 200 Fine\r\nTransfer-Encoding: chunked\r\n\r\n"
    b'3;ext="v"\r\nhel\r\n2\r\nlo\r\n0\r\nX-Sum: 7\r\nX-sum: 8\r\n\r\n'
)
INTERIM = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n" + LENGTH
UNTIL_CLOSE = b"HTTP/1.0 200 OK\r\nServer: old\r\n\r\nhello"


@pytest.mark.row("B4")
@pytest.mark.parametrize("piece", [0, 1, 2, 7])
@pytest.mark.parametrize("octets", [LENGTH, CHUNKED, INTERIM])
def test_answers_that_know_their_end(octets: bytes, piece: int) -> None:
    framing = machine()
    answer = feed(framing, octets, piece)
    assert answer.body == b"hello"
    assert answer.end is not None
    assert framing.reusable
    assert sum(head.octets for head in answer.heads) + framing.body_octets == len(octets)
    assert framing.coded_octets == 5


@pytest.mark.parametrize("piece", [0, 1])
def test_answers_that_end_with_the_connection(piece: int) -> None:
    framing = machine()
    answer = feed(framing, UNTIL_CLOSE, piece, end=True)
    assert answer.body == b"hello"
    assert answer.end is not None
    assert not framing.reusable
    assert framing.body_octets == 5


def test_heads_are_kept_as_they_came() -> None:
    (head,) = feed(machine(), LENGTH).heads
    assert (head.status, head.reason, head.version) == (200, "OK", "HTTP/1.1")
    assert list(head.headers) == [("Content-Length", "5"), ("X-Odd", "a"), ("x-odd", "b")]


def test_trailers_and_interim_answers_are_kept() -> None:
    answer = feed(machine(), CHUNKED)
    assert answer.end is not None
    assert list(answer.end.trailers) == [("X-Sum", "7"), ("X-sum", "8")]
    heads = feed(machine(), INTERIM).heads
    assert [head.status for head in heads] == [100, 103, 200]
    assert heads[1].headers.get("Link") == "</a.css>"


@pytest.mark.parametrize("octets", [LENGTH, CHUNKED, INTERIM])
def test_junk_behind_costs_the_connection_and_nothing_else(octets: bytes) -> None:
    framing = machine()
    answer = feed(framing, octets + b"HTTP/1.1 200 smuggled\r\n\r\n")
    assert answer.body == b"hello"
    assert not framing.reusable
    assert sum(head.octets for head in answer.heads) + framing.body_octets == len(octets)


@pytest.mark.parametrize(
    ("method", "status"), [("HEAD", b"200 OK"), ("GET", b"204 No Content"), ("GET", b"304 Not Modified")]
)
def test_answers_without_a_body_whatever_they_say(method: str, status: bytes) -> None:
    framing = machine(method)
    answer = feed(framing, b"HTTP/1.1 " + status + b"\r\nContent-Length: 99\r\n\r\n")
    assert answer.end is not None
    assert answer.body == b""
    assert framing.reusable


@pytest.mark.parametrize("octets", [LENGTH, CHUNKED])
def test_every_cut_is_noticed(octets: bytes) -> None:
    for cut in range(len(octets)):
        with pytest.raises(HttpError) as caught:
            feed(machine(), octets[:cut], end=True)
        if cut < octets.index(b"\r\n\r\n") + 4:
            assert isinstance(caught.value, ProtocolError)
        else:
            assert isinstance(caught.value, IncompleteBody)
            assert caught.value.expected == (5 if octets is LENGTH else None)


@pytest.mark.parametrize(
    "octets",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
        b"HTTP/1.1 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nNo colon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
        b"\x16\x03\x01\x02\x00\r\n\r\n",
    ],
)
def test_what_is_not_http(octets: bytes) -> None:
    for piece in (0, 1):
        with pytest.raises(ProtocolError, match="the peer broke HTTP"):
            feed(machine(), octets, piece)


def test_length_beside_chunks_is_not_reused() -> None:
    framing = machine()
    answer = feed(framing, CHUNKED.replace(b"\r\n\r\n", b"\r\nContent-Length: 3\r\n\r\n", 1))
    assert answer.body == b"hello"
    assert not framing.reusable


@pytest.mark.parametrize("answer", [b"HTTP/1.1 200 OK\r\nX: " + b"a" * 5000, LENGTH[:-5].replace(b"a", b"a" * 5000)])
def test_heads_are_bounded(answer: bytes) -> None:
    for piece in (0, 100):
        with pytest.raises(TooLarge, match="4096 octets"):
            feed(machine(), answer, piece)


def test_the_number_of_fields_is_bounded() -> None:
    with pytest.raises(TooLarge, match="header fields exceeds the bound of 20"):
        feed(machine(), b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 21 + b"\r\n")


def test_a_close_is_respected() -> None:
    framing = machine()
    feed(framing, b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
    assert not framing.reusable


@pytest.mark.parametrize("value", ["a\r\nEvil: yes", "a\nb", "a\0b"])
def test_nothing_can_be_injected(value: str) -> None:
    framing = ClientFraming(head_octets=4096, header_count=20)
    with pytest.raises(ValueError, match="not a request"):
        framing.head("GET", "/", Headers({"Host": "a", "X": value}))


@given(st.binary(max_size=300), st.integers(0, 5))
def test_garbage_raises_only_our_errors(garbage: bytes, piece: int) -> None:
    for before in (b"", b"HTTP/1.1 200 OK\r\n", CHUNKED[:48], LENGTH[:40]):
        with suppress(HttpError):
            feed(machine(), before + garbage, piece, end=True)


@given(st.lists(st.binary(min_size=1, max_size=50), max_size=10), st.integers(0, 9), st.booleans())
def test_any_body_in_any_pieces(chunks: list[bytes], piece: int, chunked: bool) -> None:
    body = b"".join(chunks)
    if chunked:
        coded = b"".join(b"%X\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"
        octets = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + coded
    else:
        octets = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    framing = machine()
    answer = feed(framing, octets, piece)
    assert answer.body == body
    assert framing.reusable
