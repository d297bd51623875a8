"""What every parser has to stand."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from michinori.wire import Malformed, Octets

Parse = Callable[[Octets], object]


def _try(parse: Parse, octets: bytes) -> list[object]:
    """What a parser makes of these octets in each of their guises; a value or ``Malformed``."""
    found: list[object] = []
    for guise in (octets, bytearray(octets), memoryview(octets), memoryview(b"\xee" + octets + b"\xee")[1:-1]):
        try:
            found.append(parse(guise))
        except Malformed as malformed:
            found.append(malformed)
    return found


def _comparable(result: object) -> object:
    if not isinstance(result, Malformed):
        return result
    assert result.offset >= 0
    assert result.reason.replace("-", "").isalpha()
    assert f"malformed {result.layer}: {result.reason} at octet {result.offset}" == str(result)
    return result.args


@pytest.fixture(scope="session")
def stands() -> Callable[[Parse, bytes], None]:
    """Feeds a parser with octets whole, cut off at each offset, with junk behind and with each octet damaged: it gives
    a value or raises ``Malformed``, the same for ``bytes``, ``bytearray`` and ``memoryview``.
    """

    def check(parse: Parse, octets: bytes) -> None:
        variants = [octets, octets + b"\0", octets + b"\xff" * 7]
        variants += [octets[:size] for size in range(min(len(octets), 80))]
        for at in range(min(len(octets), 80)):
            variants.append(octets[:at] + bytes((octets[at] ^ 0xFF,)) + octets[at + 1 :])
            variants.append(octets[:at] + b"\0" + octets[at + 1 :])
        for variant in variants:
            first, *others = map(_comparable, _try(parse, variant))
            for other in others:
                assert other == first

    return check
