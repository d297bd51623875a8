"""The Internet checksum: known sums, and that shortcuts give what the definition gives."""

from __future__ import annotations

import random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from michinori.wire import checksum


def by_definition(data: bytes, initial: int = 0) -> int:
    """RFC 1071 section 4.1, word by word, with end-around carry."""
    total = initial
    for at in range(0, len(data) - 1, 2):
        total += data[at] << 8 | data[at + 1]
    if len(data) % 2:
        total += data[-1] << 8
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def test_the_example_of_rfc_1071() -> None:
    # Section 3: the sum of these octets is ddf2.
    assert checksum.internet(bytes.fromhex("0001f203f4f5f6f7")) == ~0xDDF2 & 0xFFFF


def test_a_known_ipv4_header() -> None:
    header = bytes.fromhex("4500 0073 0000 4000 4011 b861 c0a8 0001 c0a8 00c7")
    assert checksum.internet(header) == 0
    assert checksum.internet(header[:10] + bytes(2) + header[12:]) == 0xB861


@pytest.mark.parametrize(
    ("data", "expected"),
    [(b"", 0xFFFF), (b"\0", 0xFFFF), (bytes(20), 0xFFFF), (b"\xff\xff", 0), (b"\xff", 0x00FF), (b"\xff\xff" * 9, 0)],
)
def test_the_two_zeros(data: bytes, expected: int) -> None:
    assert checksum.internet(data) == expected == by_definition(data)


LONG = st.builds(
    lambda seed, size, filler: random.Random(seed).randbytes(size) if filler is None else bytes((filler,)) * size,
    st.integers(0, 1_000),
    st.integers(0, 3_000) | st.sampled_from([367, 368, 369, 735, 736, 737, 1_460, 1_480, 9_000, 65_535]),
    st.sampled_from([None, 0, 0xFF]),
)


@given(st.binary(max_size=200) | LONG, st.integers(0, 0xFFFF_FFFF))
def test_one_division_gives_what_the_words_give(data: bytes, initial: int) -> None:
    assert checksum.internet(data, initial) == by_definition(data, initial)
    assert checksum.internet(memoryview(data), initial) == by_definition(data, initial)


@given(st.binary(min_size=2, max_size=60), st.binary(max_size=61))
def test_partial_sums_add_up(front: bytes, behind: bytes) -> None:
    front = front[: len(front) // 2 * 2]
    whole = checksum.internet(front + behind)
    assume(any(front + behind))
    assert -(checksum.partial(front) + checksum.partial(behind)) % 0xFFFF == whole


@given(st.binary(min_size=4, max_size=4) | st.binary(min_size=16, max_size=16), st.data(), st.integers(1, 255))
def test_the_pseudo_header_without_its_length(src: bytes, data: st.DataObject, protocol: int) -> None:
    dst = data.draw(st.binary(min_size=len(src), max_size=len(src)))
    packed = src + dst + bytes((0, protocol))
    assert by_definition(b"", checksum.pseudo(src, dst, protocol)) == by_definition(packed)


def test_a_pseudo_header_is_never_zero() -> None:
    assert checksum.pseudo(b"\xff\xff\xff\xfe", bytes(4), 1) == 0xFFFF


@given(st.lists(st.integers(0, 0xFFFF), min_size=2, max_size=20), st.data())
def test_rfc_1624_is_the_same_as_summing_again(words: list[int], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(words) - 1))
    new_word = data.draw(st.integers(0, 0xFFFF) | st.sampled_from([0, 0xFFFF, words[at]]))
    changed = [*words[:at], new_word, *words[at + 1 :]]
    assume(any(changed))
    old = by_definition(b"".join(word.to_bytes(2, "big") for word in words))
    new = by_definition(b"".join(word.to_bytes(2, "big") for word in changed))
    assert checksum.update(old, words[at], new_word) == new


def test_the_example_of_rfc_1624() -> None:
    # Section 4: checksum dd2f, the word 5555 becomes 3285; equation 1 gives ffff, equation 3 gives 0.
    assert checksum.update(0xDD2F, 0x5555, 0x3285) == 0x0000


@given(st.binary(min_size=20, max_size=20), st.binary(min_size=4, max_size=4))
def test_a_whole_address_is_exchanged_at_once(header: bytes, address: bytes) -> None:
    changed = header[:12] + address + header[16:]
    assume(any(header) and any(changed))
    old, new = checksum.internet(header), checksum.internet(changed)
    assert checksum.update(old, int.from_bytes(header[12:16], "big"), int.from_bytes(address, "big")) == new
