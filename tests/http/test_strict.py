"""What a request head must not be. Whole, octet by octet, and with junk behind."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from michinori.http.refusal import Refusal
from michinori.http.strict import HeadBuffer, HeadLimits, KnownBlocks, RequestHead

GOOD = b"GET /a?b HTTP/1.1\r\nHost: a.example\r\nX-Y:z\t\r\nEmpty:\r\n\r\n"


def take(octets: bytes, piece: int = 0, limits: HeadLimits | None = None) -> RequestHead | None:
    buffer = HeadBuffer(limits or HeadLimits())
    for start in range(0, len(octets), piece or len(octets) or 1):
        buffer.feed(octets[start : start + (piece or len(octets))])
        head = buffer.take()
        if head is not None:
            return head
    return None


def take_the_short_way(octets: bytes) -> int:
    """The status by ``take_from``."""
    buffer = HeadBuffer(HeadLimits())
    try:
        return 200 if (buffer.take_from(octets) or buffer.take()) is not None else 0
    except Refusal as refusal:
        return refusal.status


def status(octets: bytes, piece: int = 0, limits: HeadLimits | None = None) -> int:
    try:
        return 200 if take(octets, piece, limits) is not None else 0
    except Refusal as refusal:
        return refusal.status if refusal.closes else -1


@pytest.mark.parametrize("piece", [0, 1, 3])
def test_a_good_head(piece: int) -> None:
    head = take(GOOD, piece)
    assert head is not None
    assert (head.method, head.target, head.version, head.octets) == ("GET", "/a?b", "HTTP/1.1", len(GOOD))
    assert list(head.headers) == [("Host", "a.example"), ("X-Y", "z"), ("Empty", "")]
    assert take(b"\r\n\r\n" + GOOD, piece) == head  # empty lines before it are ignored
    assert take(GOOD[:-1], piece) is None


def test_what_stands_behind_stays() -> None:
    buffer = HeadBuffer(HeadLimits())
    buffer.feed(GOOD + GOOD + b"body")
    assert buffer.take() == take(GOOD)
    assert buffer.take() == take(GOOD)
    assert buffer.take_rest() == b"body"
    assert len(buffer) == 0


def with_line(line: bytes) -> bytes:
    return b"POST / HTTP/1.1\r\nHost: a\r\n" + line + b"\r\n\r\n"


BAD = {
    "no host": (b"GET / HTTP/1.1\r\n\r\n", 400),
    "two hosts": (with_line(b"Host: a"), 400),
    "a host with a space": (b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
    "a host with a path": (b"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400),
    "an empty host": (b"GET / HTTP/1.1\r\nHost:\r\n\r\n", 400),
    "a host with two ports": (b"GET / HTTP/1.1\r\nHost: a:1:2\r\n\r\n", 400),
    "a host with a large port": (b"GET / HTTP/1.1\r\nHost: a:99999\r\n\r\n", 400),
    "space before the colon": (with_line(b"X : y"), 400),
    "a name with a space": (with_line(b"X Y: y"), 400),
    "no name": (with_line(b": y"), 400),
    "no colon": (with_line(b"Xy"), 400),
    "obs-fold": (with_line(b"X: y\r\n  z"), 400),
    "a fold at the start": (b"GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400),
    "NUL": (with_line(b"X: y\0z"), 400),
    "a control character": (with_line(b"X: y\x01z"), 400),
    "DEL": (with_line(b"X: y\x7fz"), 400),
    "bare CR": (with_line(b"X: y\rZ: z"), 400),
    "bare LF": (with_line(b"X: y\nZ: z"), 400),
    "LF everywhere": (b"GET / HTTP/1.1\nHost: a\n\n", 400),
    "CR CR LF": (with_line(b"X: y\r"), 400),
    "length with coding": (with_line(b"Content-Length: 3\r\nTransfer-Encoding: chunked"), 400),
    "two lengths": (with_line(b"Content-Length: 3\r\nContent-Length: 4"), 400),
    "one length twice": (with_line(b"Content-Length: 3\r\nContent-Length: 3"), 400),
    "a list of lengths": (with_line(b"Content-Length: 3, 3"), 400),
    "a signed length": (with_line(b"Content-Length: +3"), 400),
    "a negative length": (with_line(b"Content-Length: -3"), 400),
    "a hexadecimal length": (with_line(b"Content-Length: 0x3"), 400),
    "a length with underscores": (with_line(b"Content-Length: 1_0"), 400),
    "an overflowing length": (with_line(b"Content-Length: 99999999999999999999"), 400),
    "an empty length": (with_line(b"Content-Length:"), 400),
    "a length of other digits": (with_line("Content-Length: ３".encode()), 400),
    "two codings": (with_line(b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"), 400),
    "chunked twice": (with_line(b"Transfer-Encoding: chunked, chunked"), 400),
    "chunked first": (with_line(b"Transfer-Encoding: chunked, gzip"), 400),
    "an empty coding": (with_line(b"Transfer-Encoding:"), 400),
    "identity": (with_line(b"Transfer-Encoding: identity"), 400),
    "a disguised coding": (with_line(b"Transfer-Encoding: \x0bchunked"), 400),
    "a quoted coding": (with_line(b'Transfer-Encoding: "chunked"'), 400),
    "gzip, chunked": (with_line(b"Transfer-Encoding: gzip, chunked"), 501),
    "a coding in 1.0": (b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
    "no target": (b"GET HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "two spaces": (b"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "a tab": (b"GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "a space in the target": (b"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "a target of no form": (b"GET a HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "an asterisk for GET": (b"GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "octets beyond ASCII in the target": (b"GET /\xe9 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "another host in the target": (b"GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "a user in the target": (b"GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "another scheme": (b"GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "CONNECT without a port": (b"CONNECT a HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "no version": (b"GET /\r\n\r\n", 400),
    "lower case": (b"GET / http/1.1\r\nHost: a\r\n\r\n", 400),
    "a method in lower case": (b"get / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "a fragment": (b"GET /#a HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "HTTP/1.2": (b"GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505),
    "a long version": (b"GET / HTTP/1.10\r\nHost: a\r\n\r\n", 400),
    "HTTP/2": (b"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505),
    "the preface of HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    "a method with a colon": (b"GE:T / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "a leading space": (b" GET / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
    "an SSH client": (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", 400),
}


@given(st.integers(1, 8), st.sampled_from([GOOD, b"\r\n" + GOOD, GOOD + GOOD, GOOD + b"POST"]))
def test_it_does_not_matter_how_it_arrives(piece: int, octets: bytes) -> None:
    """The short way for whole heads finds the same as the buffer does."""
    found = []
    for size in (piece, len(octets)):
        buffer, heads = HeadBuffer(HeadLimits()), []
        for start in range(0, len(octets), size):
            head = buffer.take_from(octets[start : start + size]) or buffer.take()
            while head is not None:
                heads.append(head)
                head = buffer.take()
        found.append((heads, buffer.take_rest()))
    assert found[0] == found[1]
    assert found[0][0]


@pytest.mark.parametrize("name", BAD)
def test_refused(name: str) -> None:
    octets, wanted = BAD[name]
    for piece in (0, 1):
        assert status(octets, piece) == take_the_short_way(octets) == wanted
        assert status(octets + b"GET /smuggled HTTP/1.1\r\n", piece) == wanted


@pytest.mark.parametrize(
    "octets",
    [
        b"GET / HTTP/1.0\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n",
        b"GET http://A:80/x HTTP/1.1\r\nHost: a\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
        b"CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: \xe9\xff\r\n\r\n",
        with_line(b"Content-Length: 003"),
        with_line(b"Transfer-Encoding: Chunked"),
        b"!#$%&'*+-.^_`|~0AZ / HTTP/1.1\r\nHost: a\r\n\r\n",
    ],
)
def test_allowed(octets: bytes) -> None:
    assert status(octets) == status(octets, 1) == 200


LIMITS = HeadLimits(target_octets=100, field_octets=100, field_count=5, head_octets=400)


@pytest.mark.parametrize(
    ("octets", "wanted"),
    [
        (b"GET /" + b"a" * 99 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 200),
        (b"GET /" + b"a" * 100 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414),
        (b"GET /" + b"a" * 1000, 414),
        (with_line(b"X: " + b"a" * 97), 200),
        (with_line(b"X: " + b"a" * 98), 431),
        (b"GET / HTTP/1.1\r\nX: " + b"a" * 5000, 431),
        (b"GET / HTTP/1.1\r\nHost: a\r\n" + b"a: b\r\n" * 4 + b"\r\n", 200),
        (b"GET / HTTP/1.1\r\nHost: a\r\n" + b"a: b\r\n" * 5 + b"\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: a\r\n" + b"a: b\r\n" * 500, 431),
        (b"GET / HTTP/1.1\r\nHost: a\r\n" + (b"a: " + b"b" * 90 + b"\r\n") * 4 + b"\r\n", 431),
    ],
)
def test_bounds(octets: bytes, wanted: int) -> None:
    for piece in (0, 1, 50):
        assert status(octets, piece, LIMITS) == wanted


@given(st.binary(max_size=200), st.integers(0, 7))
def test_garbage_is_refused_or_waited_for(garbage: bytes, piece: int) -> None:
    for before in (b"", b"GET / HTTP/1.1\r\n", GOOD[:-2]):
        assert status(before + garbage, piece) in (0, 200, 400, 414, 431, 501, 505)


def test_what_was_checked_once_is_known_on_all_connections_but_no_secret() -> None:
    known = KnownBlocks(most=2)

    def head(fields: str, line: str = "GET /x HTTP/1.1") -> RequestHead:
        found = HeadBuffer(HeadLimits(), known).take_from(f"{line}\r\n{fields}\r\n".encode())
        assert found is not None
        return found

    plain = "Host: a\r\nAccept: */*\r\n"
    assert head(plain).headers is head(plain, "GET /other HTTP/1.1").headers
    for secret in ("Cookie: a=b", "AUTHORIZATION: Basic eDp5", "Proxy-Authorization: Basic eDp5"):
        fields = f"Host: a\r\n{secret}\r\n"
        assert head(fields) == head(fields)
        assert head(fields).headers is not head(fields).headers
    framed = "Host: a\r\nContent-Length: 3\r\n"
    assert head(framed).headers is not head(framed).headers
    first = head(plain).headers
    for number in range(2):  # there is room for two
        head(f"Host: a\r\nX-Number: {number}\r\n")
    assert head(plain).headers is not first
    # An HTTP/1.1 request needs what one of HTTP/1.0 may leave out.
    assert head("Accept: */*\r\n", "GET / HTTP/1.0").version == "HTTP/1.0"
    with pytest.raises(Refusal):
        head("Accept: */*\r\n")


def test_a_head_that_comes_again_is_the_same_and_no_other_is() -> None:
    buffer = HeadBuffer(HeadLimits())
    octets = b"GET /x HTTP/1.1\r\nHost: a\r\nCookie: a=b\r\n\r\n"
    first = buffer.take_from(octets)
    assert first is not None
    assert buffer.take_from(octets) is first
    other = buffer.take_from(octets.replace(b"a=b", b"a=c"))
    assert other is not None
    assert other.headers.get("Cookie") == "a=c"
    buffer.feed(b"GET /y")
    assert buffer.take_from(octets) is None  # it is the middle of another one
