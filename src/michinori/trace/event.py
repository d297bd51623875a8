"""One line of ``trace.jsonl``: its members, and how it is written."""

from __future__ import annotations

from typing import Any, Final

import msgspec

_ENCODER: Final = msgspec.json.Encoder(order="deterministic")


class Event(msgspec.Struct, gc=False, omit_defaults=True):
    """One line of ``trace.jsonl``. Members with their default value are left out of the line."""

    n: int
    """Its number, from 1; events and frames share the series."""
    t: int
    """Virtual nanoseconds since the world began."""
    host: str
    layer: str
    """``browser http tls dns socket tcp udp icmp ip arp link world``"""
    what: str
    """What happened, in the past tense."""
    cause: int = 0
    """The number of what led to it; 0 for what began by itself."""
    connection: str = ""
    why: str = ""
    """Why something was dropped, retransmitted, given up or refused."""
    frame: int = 0
    """For ``frame-sent`` and ``frame-received``: the frame's number, from 1, within the capture of its host."""
    data: dict[str, Any] = {}

    def line(self) -> bytes:
        """The line, with its end."""
        try:
            return _ENCODER.encode(self) + b"\n"
        except UnicodeEncodeError:  # a peer's octets, decoded with "surrogateescape"
            return _ENCODER.encode(_escaped(msgspec.to_builtins(self))) + b"\n"


def _escaped(value: Any) -> Any:
    """The value with whatever UTF-8 cannot carry written as an escape sequence."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, dict):
        return {_escaped(key): _escaped(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_escaped(one) for one in value]
    return value
