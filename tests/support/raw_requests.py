"""Requests that two programs could read differently, octet for octet, in the order of ``docs/strictness.md``."""

from __future__ import annotations

_GET = b"GET / HTTP/1.1\r\nHost: a\r\n"
_POST = b"POST / HTTP/1.1\r\nHost: a\r\n"
_CHUNKED = _POST + b"Transfer-Encoding: chunked\r\n\r\n"


def _line(line: bytes) -> bytes:
    return _GET + line + b"\r\n\r\n"


def _length(value: bytes) -> bytes:
    return _POST + b"Content-Length: " + value + b"\r\n\r\nabc"


def _coding(value: bytes) -> bytes:
    return _POST + b"Transfer-Encoding: " + value + b"\r\n\r\n3\r\nabc\r\n0\r\n\r\n"


def _target(line: bytes) -> bytes:
    return line + b"\r\nHost: a\r\n\r\n"


CASES: dict[str, bytes] = {
    "nothing wrong": _GET + b"\r\n",
    "nothing wrong, with a length": _length(b"3"),
    "nothing wrong, in chunks": _CHUNKED + b"3\r\nabc\r\n0\r\n\r\n",
    "no Host": b"GET / HTTP/1.1\r\n\r\n",
    "two Hosts": _line(b"Host: b"),
    "the same Host twice": _line(b"Host: a"),
    "an empty Host": b"GET / HTTP/1.1\r\nHost:\r\n\r\n",
    "a Host with a space": b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
    "a Host with a path": b"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
    "a Host with a user": b"GET / HTTP/1.1\r\nHost: u@a\r\n\r\n",
    "a Host with two ports": b"GET / HTTP/1.1\r\nHost: a:1:2\r\n\r\n",
    "space before the colon": _line(b"X : y"),
    "tab before the colon": _line(b"X\t: y"),
    "space before the colon of Content-Length": _POST + b"Content-Length : 3\r\n\r\nabc",
    "space before the colon of Transfer-Encoding": _POST + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "a name with a space": _line(b"X Y: z"),
    "a name with a NUL": _line(b"X\0Y: z"),
    "a name of other letters": _line("Ä: z".encode()),
    "an empty name": _line(b": z"),
    "no colon": _line(b"X"),
    "obs-fold": _line(b"X: y\r\n z"),
    "obs-fold with a tab": _line(b"X: y\r\n\tz"),
    "a fold before the first field": b"GET / HTTP/1.1\r\n X: y\r\nHost: a\r\n\r\n",
    "NUL in a value": _line(b"X: y\0z"),
    "a control character in a value": _line(b"X: y\x01z"),
    "DEL in a value": _line(b"X: y\x7fz"),
    "bare CR in a value": _line(b"X: y\rz"),
    "bare CR as a line's end": _line(b"X: y\rY: z"),
    "bare LF as a line's end": _line(b"X: y\nY: z"),
    "bare LF everywhere": b"GET / HTTP/1.1\nHost: a\n\n",
    "bare LF behind the request line": b"GET / HTTP/1.1\nHost: a\r\n\r\n",
    "CR CR LF": _line(b"X: y\r"),
    "Content-Length with Transfer-Encoding": _POST
    + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "Transfer-Encoding with Content-Length": _POST
    + b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
    "two differing lengths": _POST + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
    "the same length twice": _POST + b"Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
    "a list of equal lengths": _length(b"3, 3"),
    "a list of differing lengths": _length(b"3, 4"),
    "a signed length": _length(b"+3"),
    "a negative length": _length(b"-3"),
    "a hexadecimal length": _length(b"0x3"),
    "a length with an underscore": _length(b"0_3"),
    "a length with a point": _length(b"3.0"),
    "a length of other digits": _length("３".encode()),
    "a length with a space inside": _length(b"3 3"),
    "an overflowing length": _length(b"99999999999999999999999"),
    "a length of 2^64 + 3": _length(b"18446744073709551619"),
    "an empty length": _length(b""),
    "an unknown coding": _coding(b"xchunked"),
    "identity": _coding(b"identity"),
    "gzip, chunked": _coding(b"gzip, chunked"),
    "chunked, gzip": _coding(b"chunked, gzip"),
    "chunked, identity": _coding(b"chunked, identity"),
    "chunked twice in a list": _coding(b"chunked, chunked"),
    "chunked twice in two fields": _POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "identity in a second field": _POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
    "a quoted coding": _coding(b'"chunked"'),
    "a coding behind a vertical tab": _coding(b"\x0bchunked"),
    "a coding with a parameter": _coding(b"chunked;a=b"),
    "an empty coding": _coding(b""),
    "a coding in HTTP/1.0": b"POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a chunk size that is none": _CHUNKED + b"x\r\nabc\r\n0\r\n\r\n",
    "an empty chunk size": _CHUNKED + b"\r\nabc\r\n0\r\n\r\n",
    "a signed chunk size": _CHUNKED + b"+3\r\nabc\r\n0\r\n\r\n",
    "a negative chunk size": _CHUNKED + b"-3\r\nabc\r\n0\r\n\r\n",
    "a chunk size with 0x": _CHUNKED + b"0x3\r\nabc\r\n0\r\n\r\n",
    "a chunk size with an underscore": _CHUNKED + b"0_3\r\nabc\r\n0\r\n\r\n",
    "a space before a chunk size": _CHUNKED + b" 3\r\nabc\r\n0\r\n\r\n",
    "a space behind a chunk size": _CHUNKED + b"3 \r\nabc\r\n0\r\n\r\n",
    "an overflowing chunk size": _CHUNKED + b"10000000000000003\r\nabc\r\n0\r\n\r\n",
    "a chunk longer than it says": _CHUNKED + b"2\r\nabc\r\n0\r\n\r\n",
    "bare LF behind a chunk size": _CHUNKED + b"3\nabc\r\n0\r\n\r\n",
    "bare CR behind a chunk size": _CHUNKED + b"3\rabc\r\n0\r\n\r\n",
    "bare LF behind a chunk": _CHUNKED + b"3\r\nabc\n0\r\n\r\n",
    "a chunk extension": _CHUNKED + b"3;a=b\r\nabc\r\n0\r\n\r\n",
    "bare LF in a chunk extension": _CHUNKED + b"3;a\nb\r\nabc\r\n0\r\n\r\n",
    "NUL in a chunk extension": _CHUNKED + b"3;a=\0\r\nabc\r\n0\r\n\r\n",
    "a chunk extension of 20 kB": _CHUNKED + b"3;a=" + b"b" * 20_000 + b"\r\nabc\r\n0\r\n\r\n",
    "a trailer with a space before the colon": _CHUNKED + b"0\r\nX : y\r\n\r\n",
    "a trailer without a colon": _CHUNKED + b"0\r\nX\r\n\r\n",
    "trailers of 100 kB": _CHUNKED + b"0\r\n" + b"X: " + b"y" * 100_000 + b"\r\n\r\n",
    "a method of no letters": _target(b"G(T / HTTP/1.1"),
    "a method in lower case": _target(b"get / HTTP/1.1"),
    "no method": _target(b" / HTTP/1.1"),
    "no target": _target(b"GET HTTP/1.1"),
    "two spaces before the target": _target(b"GET  / HTTP/1.1"),
    "a tab before the target": _target(b"GET\t/ HTTP/1.1"),
    "two spaces before the version": _target(b"GET /  HTTP/1.1"),
    "a space behind the version": _target(b"GET / HTTP/1.1 "),
    "a space in the target": _target(b"GET /a b HTTP/1.1"),
    "a control character in the target": _target(b"GET /\x01 HTTP/1.1"),
    "octets beyond ASCII in the target": _target("GET /é HTTP/1.1".encode()),
    "a target without a slash": _target(b"GET a HTTP/1.1"),
    "a fragment in the target": _target(b"GET /#a HTTP/1.1"),
    "an asterisk for GET": _target(b"GET * HTTP/1.1"),
    "the Host in the target": _target(b"GET http://a/ HTTP/1.1"),
    "another Host in the target": _target(b"GET http://b/ HTTP/1.1"),
    "another scheme in the target": _target(b"GET ftp://a/ HTTP/1.1"),
    "no version": b"GET /\r\n\r\n",
    "HTTP/0.9": _target(b"GET / HTTP/0.9"),
    "HTTP/1.2": _target(b"GET / HTTP/1.2"),
    "HTTP/2.0": _target(b"GET / HTTP/2.0"),
    "HTTP/1.10": _target(b"GET / HTTP/1.10"),
    "HTTP/1": _target(b"GET / HTTP/1"),
    "http/1.1 in lower case": _target(b"GET / http/1.1"),
    "another protocol": _target(b"GET / SPDY/1.1"),
    "the preface of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a TLS ClientHello": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(32),
    "a URL of 7,000 octets": _target(b"GET /" + b"a" * 6_999 + b" HTTP/1.1"),
    "a URL of 9,000 octets": _target(b"GET /" + b"a" * 8_999 + b" HTTP/1.1"),
    "a field of 7,000 octets": _line(b"X: " + b"y" * 6_997),
    "a field of 9,000 octets": _line(b"X: " + b"y" * 8_997),
    "99 fields": _GET + b"X: y\r\n" * 98 + b"\r\n",
    "101 fields": _GET + b"X: y\r\n" * 100 + b"\r\n",
    "a head of 100 kB": _GET + (b"X: " + b"y" * 4_000 + b"\r\n") * 25 + b"\r\n",
}
