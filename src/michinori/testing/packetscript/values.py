"""What stands between the brackets of a call, as numbers."""

from __future__ import annotations

import struct
from typing import Any

from michinori.testing.packetscript import symbols
from michinori.testing.packetscript.script import Word


class NotThere(Exception):
    """A call, or a part of one, has no counterpart on a host; the message is a part of a sentence."""


def number(value: Any) -> int:
    """A number, a name that stands for one, or several joined by ``|``. Raises ``NotThere``."""
    if isinstance(value, int):
        return value
    if isinstance(value, tuple):
        total = 0
        for part in value:
            total |= number(part)
        return total
    if isinstance(value, Word):
        found = symbols.number(value)
        if found is not None:
            return found
    raise NotThere(f"{value!r} instead of a number")


def option_value(value: Any) -> Any:
    """The value of a socket option, as ``set_option`` takes it."""
    if isinstance(value, dict) and "linger" in value:
        return struct.pack("ii", number(value["onoff"]), number(value["linger"]))
    if isinstance(value, bytes):
        return value
    if isinstance(value, list) and len(value) == 1:
        return number(value[0])
    return number(value)


def octets_of(message: Any) -> int:
    """The octets of all pieces of ``{msg_name(...)=..., msg_iov(1)=[{..., 40}]}``."""
    return sum(number(piece["1"]) for piece in message["msg_iov"])
