"""TCP options between a script's words and octets, in both directions, in the order in which they stand."""

from __future__ import annotations

from typing import Any, Final

from michinori.testing.packetscript.numbers import Numbers
from michinori.testing.packetscript.script import Option
from michinori.wire import tcp_options

_FAST_OPEN: Final = 34
_EXPERIMENT: Final = 254
#: The identifier of Fast Open among the experiments (RFC 7413 appendix A.1, RFC 6994).
_FAST_OPEN_EXPERIMENT: Final = b"\xf9\x89"
_MOST: Final = tcp_options.LARGEST_OPTIONS
_LENGTHS: Final = {2: 4, 3: 3, 4: 2, 8: 10}


def emit(options: tuple[Option, ...], numbers: Numbers) -> bytes:
    """The octets as the script has them, filled up to whole words. Raises ``ValueError`` when they do not fit."""
    octets = b"".join(_emit_one(name, values, numbers) for name, values in options)
    octets += bytes(-len(octets) % 4)
    if len(octets) > _MOST:
        raise ValueError(f"TCP options take up to 40 octets, not {len(octets)}")
    return octets


def _emit_one(name: str, values: tuple[Any, ...], numbers: Numbers) -> bytes:
    match name:
        case "nop":
            return b"\1"
        case "eol":
            return b"\0"
        case "mss":
            return b"\2\4" + _number(values[0], 2)
        case "wscale":
            return b"\3\3" + _number(values[0], 1)
        case "sackOK":
            return b"\4\2"
        case "TS":
            value, echo = values
            return b"\x08\x0a" + _number(value, 4) + _number(numbers.echo_to_host(echo), 4)
        case "sack":
            edges = (numbers.ack_to_host(edge) for block in values for edge in block)
            return bytes((5, 2 + 8 * len(values))) + b"".join(_number(edge, 4) for edge in edges)
    cookie: bytes = numbers.cookie if values[0] is None else values[0]
    if name == "FOEXP":
        return bytes((_EXPERIMENT, 4 + len(cookie))) + _FAST_OPEN_EXPERIMENT + cookie
    return bytes((_FAST_OPEN, 2 + len(cookie))) + cookie


def _number(value: int, octets: int) -> bytes:
    return value.to_bytes(octets, "big")


def read(raw: bytes, numbers: Numbers) -> tuple[Option, ...]:
    """The options that the host sent, without what only fills up; time stamps are still the host's own."""
    found: list[Option] = []
    at = 0
    while at < len(raw) and raw[at] != tcp_options.END_OF_LIST:
        kind = raw[at]
        if kind == tcp_options.NO_OPERATION:
            at += 1
            continue
        length = raw[at + 1] if at + 1 < len(raw) else 0
        if length < 2 or at + length > len(raw) or _LENGTHS.get(kind, length) != length:
            found.append(("malformed", (raw[at:],)))
            break
        found.append(_read_one(kind, raw[at + 2 : at + length], numbers))
        at += length
    return tuple(found)


def _read_one(kind: int, body: bytes, numbers: Numbers) -> Option:
    match kind:
        case tcp_options.MAXIMUM_SEGMENT_SIZE:
            return "mss", (int.from_bytes(body, "big"),)
        case tcp_options.WINDOW_SCALE:
            return "wscale", (body[0],)
        case tcp_options.SACK_PERMITTED:
            return "sackOK", ()
        case tcp_options.TIMESTAMPS:
            return "TS", (int.from_bytes(body[:4], "big"), int.from_bytes(body[4:], "big"))
        case tcp_options.SACK:
            edges = [
                numbers.remote_to_script(int.from_bytes(body[at : at + 4], "big")) for at in range(0, len(body), 4)
            ]
            return "sack", tuple(zip(edges[::2], edges[1::2], strict=False))
    if kind == _FAST_OPEN:
        return "FO", (body,)
    if kind == _EXPERIMENT and body[:2] == _FAST_OPEN_EXPERIMENT:
        return "FOEXP", (body[2:],)
    return f"kind {kind}", (body,)


def text(options: tuple[Option, ...] | None) -> str:
    """The options as a script writes them; ``""`` for none."""
    if options is None:
        return "<...>"
    if not options:
        return ""
    return "<" + ",".join(_text_of_one(name, values) for name, values in options) + ">"


def _text_of_one(name: str, values: tuple[Any, ...]) -> str:
    if name == "TS":
        return f"TS val {values[0]} ecr {values[1]}"
    if name == "sack":
        return "sack " + " ".join(f"{left}:{right}" for left, right in values)
    return " ".join((name, *(one for one in map(_text_of_value, values) if one)))


def _text_of_value(value: Any) -> str:
    if value is None:
        return "TFO_COOKIE"
    return value.hex() if isinstance(value, bytes) else str(value)


def without_filling(options: tuple[Option, ...]) -> tuple[Option, ...]:
    """The options without those that only fill up, in one order: neither means anything to a receiver."""
    return tuple(sorted((one for one in options if one[0] not in ("nop", "eol")), key=lambda one: one[0]))
