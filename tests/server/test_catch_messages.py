"""Where messages end, whatever pieces they come in, and what they are made of."""

from __future__ import annotations

import gzip
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from michinori.server.messages import AnswerExtent, Head, Kind, MessageExtent, RequestExtent
from michinori.server.messages.contents import content_of, dump
from michinori.server.messages.secrets import masked, masked_lines

CHUNKED = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
WHOLE = {
    "get": b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "bare-lf": b"GET / HTTP/1.1\nHost: a\n\n",
    "empty-lines-before": b"\r\n\r\nGET / HTTP/1.1\r\n\r\n",
    "no-fields": b"GET / HTTP/1.0\r\n\r\n",
    "length": b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello",
    "two-equal-lengths": b"POST / HTTP/1.1\r\nContent-Length: 2, 2\r\nContent-Length: 2\r\n\r\nhi",
    "chunked": CHUNKED + b"5;a=b\r\nhello\r\nA\r\n0123456789\r\n0\r\nX: y\r\n\r\n",
    "length-and-chunked": b"POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"1\r\na\r\n0\r\n\r\n",
    "space-in-target": b"GET /a b HTTP/1.1\r\nHost : x\r\n folded\r\nnonsense\r\n\r\n",
    "upgrade": b"GET /ws HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    "tls": b"\x16\x03\x01\x00\x05hello",
}


def in_pieces(extent: MessageExtent, octets: bytes, cuts: list[int]) -> bytes:
    """Feed it; gives what does not belong to it."""
    places = sorted({0, len(octets), *(cut % (len(octets) + 1) for cut in cuts)})
    behind = b""
    for begin, end in pairwise(places):
        piece = octets[begin:end]
        behind += piece[extent.feed(piece) :]
    return behind


@pytest.mark.row("A3")
@pytest.mark.parametrize("octets", WHOLE.values(), ids=WHOLE.keys())
@given(cuts=st.lists(st.integers(0, 200), max_size=6))
def test_a_whole_request_ends_where_it_ends_however_it_is_cut(octets: bytes, cuts: list[int]) -> None:
    for pieces in (cuts, list(range(len(octets) + 8))):
        extent = RequestExtent()
        behind = in_pieces(extent, octets + b"GET /next", pieces)
        assert extent.done
        assert bytes(extent.octets) == octets
        assert behind == b"GET /next"
    unfinished = RequestExtent()
    assert in_pieces(unfinished, octets[:-1], cuts) == b""
    assert not unfinished.done
    assert unfinished.octets == octets[:-1]


@given(octets=st.binary(min_size=1, max_size=300), cuts=st.lists(st.integers(0, 300), max_size=5))
def test_nothing_is_lost_or_raised_whatever_comes(octets: bytes, cuts: list[int]) -> None:
    for extent in (RequestExtent(), AnswerExtent("GET"), AnswerExtent("HEAD")):
        behind = in_pieces(extent, octets, cuts)
        assert bytes(extent.octets) + behind == octets
        Head.parse(octets)
        content_of(extent.head, extent.body, chunked=extent.chunked)
        b"".join(masked_lines(octets))


@given(
    st.lists(
        st.sampled_from(
            [b"HTTP/1.1 ", b"200", b"\r\n", b"\n", b"Transfer-Encoding: chunked", b"5\r\nhello", b"0\r\n\r\n"]
        )
    ),
    st.lists(st.integers(0, 100), max_size=5),
)
def test_the_pieces_make_no_difference(parts: list[bytes], cuts: list[int]) -> None:
    octets = b"".join(parts)
    one, other = AnswerExtent("GET"), AnswerExtent("GET")
    behind = octets[one.feed(octets) :] if octets else b""
    assert in_pieces(other, octets, cuts) == behind
    assert (bytes(one.octets), one.done, one.settles) == (bytes(other.octets), other.done, other.settles)


@pytest.mark.parametrize(
    ("octets", "kind"),
    [
        (b"\x16\x03\x01\x02", Kind.TLS),
        (b"\x16\x09", Kind.OTHER),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", Kind.HTTP2),
        (b"hello\r\n", Kind.OTHER),
        (b"\x00\x01", Kind.OTHER),
        (b"GET /\r\n", Kind.OTHER),
        (b"GET / HTTP/1.1\r\n", Kind.HTTP),
        (b"GET", Kind.UNKNOWN),
    ],
)
def test_the_kind_is_told_by_the_first_octets(octets: bytes, kind: Kind) -> None:
    extent = RequestExtent()
    extent.feed(octets)
    assert extent.kind is kind


def test_a_broken_chunk_ends_with_silence_and_is_said() -> None:
    extent = RequestExtent()
    extent.feed(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\nmore\r\n")
    assert extent.settles
    assert extent.odd == ["chunk"]
    assert extent.octets.endswith(b"more\r\n")


@pytest.mark.parametrize(
    ("method", "octets", "ends"),
    [
        ("GET", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", "itself"),
        ("GET", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", "itself"),
        ("HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", "itself"),
        ("GET", b"HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\n", "itself"),
        ("GET", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\n", "itself"),
        ("POST", b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 204 N\r\n\r\n", "itself"),
        ("GET", b"HTTP/1.0 200 OK\r\n\r\nhi", "close"),
        ("GET", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nhi", "close"),
        ("GET", b"HTTP/1.1 101 Switching Protocols\r\n\r\n\x81\x00", "close"),
        ("CONNECT", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nanything", "close"),
        ("GET", b"hello, I am no HTTP server\r\n", "close"),
    ],
)
def test_an_answer_is_complete_by_its_own_rules(method: str, octets: bytes, ends: str) -> None:
    for cuts in ([], list(range(len(octets)))):
        answer = AnswerExtent(method)
        assert in_pieces(answer, octets, cuts) == b""
        assert answer.done is (ends == "itself")
        assert answer.end()
        assert bytes(answer.octets) == octets


def test_interim_answers_are_named() -> None:
    answer = AnswerExtent("POST")
    answer.feed(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n")
    assert answer.interim == [100]
    assert answer.head is not None
    assert (answer.head.status, answer.head.reason) == (201, "Created")


def test_what_is_secret_is_masked_and_the_rest_is_not() -> None:
    octets = (
        b"GET / HTTP/1.1\r\nCookie: sid=hush; lang=quiet\r\n  ; more=hidden\r\ncookie : x=hush\r\n"
        b"Authorization: Basic aHVzaA==\r\n"
        b"Proxy-Authorization: hush\r\nX-Plain: seen\r\n\r\n"
    )
    shown = b"".join(masked_lines(octets)).decode()
    values = " ".join(masked(field) for field in Head.parse(octets).fields)
    for text in (shown, values):
        assert not any(word in text for word in ("hush", "quiet", "hidden", "aHVz"))
        assert "sid=••••" in text
        assert "Basic ••••" in text
        assert "seen" in text
    answer = Head.parse(b"HTTP/1.1 200 OK\r\nSet-Cookie: sid=hush; Path=/; HttpOnly\r\n\r\n")
    assert masked(answer.fields[0]) == "sid=••••; Path=/; HttpOnly"


def test_control_characters_are_escaped() -> None:
    head = Head.parse(b"GET /\x1b[31m HTTP/1.1\r\nX: a\x07b\xe2\x80\xae\r\nY: \xff\r\n\r\n")
    assert head.start == "GET /\\x1b[31m HTTP/1.1"
    assert [field.value for field in head.fields] == ["a\\x07b\\u202e", "ÿ"]


def test_bodies_are_shown_by_their_type() -> None:
    def shown(kind: str, body: bytes, more: str = "", *, chunked: bool = False) -> tuple[str, object]:
        head = Head.parse(f"POST / HTTP/1.1\r\nContent-Type: {kind}\r\n{more}\r\n".encode())
        content = content_of(head, body, chunked=chunked)
        return content.kind, content.pairs or content.lines

    assert shown("application/x-www-form-urlencoded", b"a=1&b=%E9%81%93") == ("form", (("a", "1"), ("b", "道")))
    assert shown("application/json", b'{"a":[1]}')[1] == ("{", '  "a": [', "    1", "  ]", "}")
    assert shown("text/plain; charset=Shift_JIS", "道\x1b".encode("shift_jis"))[1] == ("道\\x1b",)
    assert shown("text/plain", gzip.compress(b"hi"), "Content-Encoding: gzip\r\n")[1] == ("hi",)
    assert shown("text/plain", b"2\r\nhi\r\n0\r\n\r\n", chunked=True)[1] == ("hi",)
    parts = (
        b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'
        b'--x\r\nContent-Disposition: form-data; name="f"; filename="n.txt"\r\n'
        b"Content-Type: text/plain\r\n\r\nabc\r\n--x--\r\n"
    )
    assert shown("multipart/form-data; boundary=x", parts) == (
        "multipart",
        (("a", "1"), ("f", "n.txt (text/plain, 3 octets)")),
    )
    assert shown("image/png", b"\x89PNG")[0] == "octets"


def test_a_dump_has_as_many_octets_a_line_as_there_is_room_for() -> None:
    assert dump(bytes(range(0x3C, 0x48)), 8) == [
        "000000  3c 3d 3e 3f 40 41 42 43  <=>?@ABC",
        "000008  44 45 46 47              DEFG",
    ]
    assert dump(b"abcdefghij")[0] == "000000  61 62 63 64 65 66 67 68  69 6a                    abcdefghij"
