from __future__ import annotations

import gzip
import random
import zlib
from collections.abc import Callable, Iterable
from contextlib import suppress

import brotli
import pytest
from backports import zstd
from hypothesis import given
from hypothesis import strategies as st

from michinori.http import codings
from michinori.http.codings import Stack
from michinori.http.errors import BadCoding, TooLarge
from michinori.http.limits import Bounds

TEXT = ("道のり: the way there, as one walks it. " * 400).encode()

ENCODERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda data: gzip.compress(data, mtime=0),
    "x-gzip": lambda data: gzip.compress(data, mtime=0),
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstd.compress,
}


def raw_deflate(data: bytes) -> bytes:
    machine = zlib.compressobj(wbits=-15)
    return machine.compress(data) + machine.flush()


def decode(coding: str | list[str], pieces: Iterable[bytes], *, out: list[bytes] | None = None) -> bytes:
    """All at once; what came before an error is in ``out``."""
    stack = Stack([coding] if isinstance(coding, str) else coding)
    out = [] if out is None else out
    for piece in pieces:
        for decoded in stack.feed(piece):
            out.append(decoded)
    stack.end()
    return b"".join(out)


def octets(data: bytes) -> Iterable[bytes]:
    return (bytes((octet,)) for octet in data)


@pytest.mark.row("B24")
@pytest.mark.parametrize("coding", ENCODERS)
def test_each_coding_whole_and_octet_by_octet(coding: str) -> None:
    coded = ENCODERS[coding](TEXT)
    assert decode(coding, [coded]) == TEXT
    assert decode(coding, octets(coded)) == TEXT


@pytest.mark.row("B24")
def test_deflate_in_both_its_readings() -> None:
    coded = raw_deflate(TEXT)
    assert decode("deflate", [coded]) == TEXT
    assert decode("deflate", octets(coded)) == TEXT


def test_what_is_offered_can_be_undone() -> None:
    assert codings.supported() == ("gzip", "deflate", "br", "zstd")


@pytest.mark.parametrize("coding", ENCODERS)
def test_pieces_are_small(coding: str) -> None:
    coded = ENCODERS[coding](bytes(5 << 20))
    stack = Stack([coding], Bounds(coded_ratio=10**6))
    sizes = [len(piece) for piece in stack.feed(coded)]
    stack.end()
    assert sum(sizes) == 5 << 20
    assert max(sizes) <= 128 * 1024


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_members_one_behind_the_other(coding: str) -> None:
    coded = ENCODERS[coding](b"one, ") + ENCODERS[coding](b"two")
    assert decode(coding, [coded]) == b"one, two"
    assert decode(coding, octets(coded)) == b"one, two"


@pytest.mark.parametrize("junk", [b"\0" * 100, b"junk", b"\x1f", b"\x1fjunk"])
def test_junk_behind_gzip_is_ignored(junk: bytes) -> None:
    coded = gzip.compress(TEXT) + junk
    assert decode("gzip", [coded]) == TEXT
    assert decode("gzip", octets(coded)) == TEXT


@pytest.mark.parametrize("coding", ENCODERS)
@pytest.mark.parametrize("left", [1, 5, 30, -1])
def test_cut_off_streams_keep_what_came(coding: str, left: int) -> None:
    coded = ENCODERS[coding](TEXT)[:left]
    stack, out = Stack([coding]), b""
    for piece in stack.feed(coded):
        out += piece
    with pytest.raises(BadCoding, match="cut off"):
        stack.end()
    assert TEXT.startswith(out)


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_corrupt_streams_keep_what_came_before(coding: str) -> None:
    content = bytes(random.Random(1).choices(b"abcdefgh", k=40_000))
    coded = bytearray(ENCODERS[coding](content))
    coded[-3] ^= 0xFF
    coded[-1] ^= 0xFF
    out: list[bytes] = []
    with pytest.raises(BadCoding) as caught:
        decode(coding, [bytes(coded)], out=out)
    assert coding in str(caught.value)
    assert "Accept-Encoding: identity" in str(caught.value)
    kept = b"".join(out)
    if coding in ("gzip", "deflate"):
        assert len(kept) > 39_000  # only the check at the end was wrong
    assert kept[:30_000] == content[: min(len(kept), 30_000)]


def test_empty_bodies_need_no_stream() -> None:
    for coding in ENCODERS:
        assert decode(coding, []) == b""
        assert decode(coding, [b""]) == b""


def test_stacked_codings_are_undone_from_the_last() -> None:
    coded = brotli.compress(zlib.compress(gzip.compress(TEXT)))
    assert decode(["gzip", "deflate", "br"], [coded]) == TEXT
    assert decode(["gzip", "identity", "deflate", "br"], octets(coded)) == TEXT


def test_unknown_codings_and_tall_stacks_are_refused() -> None:
    with pytest.raises(BadCoding, match="'compress' could not be undone"):
        Stack(["compress"])
    with pytest.raises(TooLarge, match="stacked"):
        Stack(["gzip"] * 6)


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise ImportError

    monkeypatch.setattr(codings, "_brotli_module", missing)
    assert "br" not in codings.supported()
    with pytest.raises(BadCoding, match=r"pip install 'michinori\[browser\]'"):
        Stack(["br"])


@pytest.mark.parametrize("coding", ["br", "zstd"])
def test_a_bomb_is_noticed_before_it_goes_off(coding: str) -> None:
    bomb = ENCODERS[coding](bytes(50 << 20))
    out: list[bytes] = []
    with pytest.raises(TooLarge, match="exceeds the bound of 1100 : 1"):
        decode(coding, [bomb], out=out)
    assert sum(len(piece) for piece in out) < 18 << 20


def test_a_bomb_in_a_bomb() -> None:
    bomb = gzip.compress(gzip.compress(bytes(100 << 20)))
    with pytest.raises(TooLarge):
        decode(["gzip", "gzip"], [bomb])


def test_a_bomb_that_ends_in_nothing() -> None:
    """The inner stream is all skippable frames: nothing comes out, but much goes through."""
    nothing = b"".join(b"\x50\x2a\x4d\x18" + (1 << 20).to_bytes(4, "little") + bytes(1 << 20) for _ in range(20))
    with pytest.raises(TooLarge):
        decode(["zstd", "br"], [brotli.compress(nothing)])


def test_a_window_beyond_rfc_9659_is_refused() -> None:
    machine = zstd.ZstdCompressor(options={zstd.CompressionParameter.window_log: 27})
    huge = machine.compress(TEXT) + machine.flush()
    with pytest.raises(BadCoding):
        decode("zstd", [huge])


def test_plain_regular_pages_are_no_bombs() -> None:
    assert decode("br", [brotli.compress(bytes(1 << 20))]) == bytes(1 << 20)


def test_gzip_is_the_same_every_time() -> None:
    assert codings.gzip(TEXT) == codings.gzip(TEXT)
    assert gzip.decompress(codings.gzip(TEXT)) == TEXT
    assert codings.gzip(TEXT)[4:8] == bytes(4)


@given(st.sampled_from(sorted(ENCODERS)), st.binary(max_size=5000), st.lists(st.integers(1, 2000), max_size=20))
def test_any_content_in_any_pieces(coding: str, content: bytes, cuts: list[int]) -> None:
    coded, pieces, at = ENCODERS[coding](content), [], 0
    for cut in cuts:
        pieces.append(coded[at : at + cut])
        at += cut
    assert decode(coding, [*pieces, coded[at:]]) == content


@given(st.lists(st.sampled_from(["gzip", "deflate", "br", "zstd"]), min_size=1, max_size=3), st.binary(max_size=500))
def test_garbage_raises_only_our_errors(stack: list[str], garbage: bytes) -> None:
    for pieces in ([garbage], list(octets(garbage))):
        with suppress(BadCoding, TooLarge):
            decode(stack, pieces)


@given(st.sampled_from(["gzip", "deflate", "br", "zstd"]), st.integers(0, 10_000), st.integers(1, 255))
def test_a_damaged_octet_never_passes_unbounded(coding: str, where: int, how: int) -> None:
    coded = bytearray(ENCODERS[coding](TEXT))
    coded[where % len(coded)] ^= how
    with suppress(BadCoding, TooLarge):
        decode(coding, [bytes(coded)])
