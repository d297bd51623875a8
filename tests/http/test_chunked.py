from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from michinori.http.chunked import ChunkedDecoder
from michinori.http.refusal import Refusal


def decode(octets: bytes, piece: int = 0) -> tuple[bytes, ChunkedDecoder]:
    decoder, out = ChunkedDecoder(), b""
    for start in range(0, len(octets), piece or len(octets) or 1):
        out += b"".join(decoder.feed(octets[start : start + (piece or len(octets))]))
    return out, decoder


@pytest.mark.parametrize("piece", [0, 1, 2])
def test_chunks_extensions_trailers_and_surplus(piece: int) -> None:
    octets = b'5\r\nhello\r\n00A ; a ; b=c;d="e\\"f;"\r\n, world!!!\r\n0\r\nX-A: 1\r\nx-a:2 \r\n\r\n'
    out, decoder = decode(octets, piece)
    assert out == b"hello, world!!!"
    assert decoder.done
    assert list(decoder.trailers) == [("X-A", "1"), ("x-a", "2")]
    out, decoder = decode(octets + b"GET / ", piece)
    assert (out, decoder.surplus) == (b"hello, world!!!", b"GET / ")


@pytest.mark.parametrize(
    "octets",
    [
        b"x\r\n",
        b"\r\n",
        b"-1\r\n",
        b"+1\r\na",
        b"0x5\r\nhello\r\n",
        b"1_0\r\n",
        b" 5\r\nhello\r\n",
        b"5 \r\nhello\r\n",
        b"5\nhello\n",
        b"5\rhello",
        b"5;\r\nhello\r\n",
        b"5;a\rb\r\nhello\r\n",
        b"5;a\nb\r\nhello\r\n",
        b"5;a=\x01\r\nhello\r\n",
        b"5\r\nhello0\r\n\r\n",
        b"5\r\nhello\n0\r\n\r\n",
        b"5\r\nhello\r0\r\n\r\n",
        b"FFFFFFFFFFFFFFFF\r\n",
        b"0\r\nX : y\r\n\r\n",
        b"0\r\n folded\r\n\r\n",
        b"0\r\nX: y\nZ: z\r\n\r\n",
        b"5;" + b"a" * 5000,
        b"0\r\n" + b"X: " + b"y" * 5000,
        "５\r\nhello\r\n".encode(),
    ],
)
def test_refused(octets: bytes) -> None:
    for piece in (0, 1):
        with pytest.raises(Refusal) as caught:
            decode(octets + b"\r\n\r\n", piece)
        assert caught.value.status == 400
        assert caught.value.closes


def test_trailers_are_bounded() -> None:
    with pytest.raises(Refusal) as caught:
        decode(b"0\r\n" + (b"X: " + b"y" * 1000 + b"\r\n") * 20)
    assert caught.value.status == 431


@given(st.lists(st.binary(min_size=1, max_size=60), max_size=10), st.integers(0, 9))
def test_round_trip(chunks: list[bytes], piece: int) -> None:
    octets = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"
    out, decoder = decode(octets + b"!", piece)
    assert out == b"".join(chunks)
    assert decoder.done
    assert decoder.surplus == b"!"


@given(st.binary(max_size=200), st.integers(0, 5))
def test_garbage_is_refused_or_waited_for(garbage: bytes, piece: int) -> None:
    for before in (b"", b"5\r\nhel", b"0\r\n"):
        with suppress(Refusal):
            decode(before + garbage, piece)
