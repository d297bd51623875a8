"""What a script says, as values."""

from __future__ import annotations

from typing import Any, Final, Literal

import msgspec

from michinori.sim import Nanos
from michinori.wire import tcp

#: The letter of each flag, in the order in which they are written; ``.`` is ACK.
FLAGS: Final = {
    "F": tcp.FIN,
    "S": tcp.SYN,
    "R": tcp.RST,
    "P": tcp.PSH,
    "U": tcp.URG,
    "E": tcp.ECE,
    "W": tcp.CWR,
    ".": tcp.ACK,
}
#: The marks of explicit congestion notification (RFC 3168 section 5).
ECN: Final = {"noecn": 0, "ect1": 1, "ect0": 2, "ce": 3}


class ScriptError(Exception):
    """The script itself is wrong: one sentence with the line and the column."""

    def __init__(self, message: str, line: int, column: int, name: str = "") -> None:
        super().__init__(f"{name or 'script'}, line {line}, column {column}: {message}")
        self.line = line
        self.column = column


class Word(str):
    """A name that stands in a call, such as ``SOL_SOCKET``; a string in quotes is ``bytes``."""

    __slots__ = ()


class When(msgspec.Struct, frozen=True):
    """When something happens or must happen: an instant, a span, or ``*``."""

    start_ns: Nanos = 0
    end_ns: Nanos | None = None
    """The end of a span, counted as the start is."""
    relative: bool = False
    """Counted from the step before, not from the beginning."""
    any: bool = False

    @property
    def open(self) -> bool:
        """Whether it leaves room for more than one instant."""
        return self.any or self.end_ns is not None


class Marks(msgspec.Struct, frozen=True):
    """What is said about the IP header: None is not looked at."""

    ecn: frozenset[int] | None = None
    tos: int | None = None
    ttl: int | None = None


#: An option as it is written: its name and its numbers, with a cookie as octets.
Option = tuple[str, tuple[Any, ...]]


class TcpPacket(msgspec.Struct, frozen=True):
    """A segment. Numbers count from the initial sequence numbers; ``options`` None are not looked at."""

    inbound: bool
    flags: int
    seq: int
    length: int
    ack: int | None = None
    window: int | None = None
    urgent: int = 0
    options: tuple[Option, ...] | None = ()
    marks: Marks = Marks()
    ports: tuple[int, int] | None = None


class UdpPacket(msgspec.Struct, frozen=True):
    """A datagram of that many octets."""

    inbound: bool
    length: int
    marks: Marks = Marks()
    ports: tuple[int, int] | None = None


class IcmpPacket(msgspec.Struct, frozen=True):
    """An ICMP error; ``quoted`` are sequence number and length of the segment that it is about."""

    inbound: bool
    type: int
    code: int
    mtu: int = 0
    quoted: tuple[int, int] | None = None
    protocol: Literal["tcp", "udp"] = "tcp"


class Call(msgspec.Struct, frozen=True):
    """A system call and what it must give. ``end``: when it must return, for a call that waits."""

    name: str
    arguments: tuple[Any, ...]
    result: Any
    error: str = ""
    end: When | None = None


class Assertions(msgspec.Struct, frozen=True):
    """``%{ … }%``: expressions over ``tcp_info``, each with its line."""

    text: str


class Command(msgspec.Struct, frozen=True):
    """Something in back quotes, for a shell: only the settings in it are taken."""

    text: str


Action = TcpPacket | UdpPacket | IcmpPacket | Call | Assertions | Command


class Step(msgspec.Struct, frozen=True):
    """One line of the script: when, and what."""

    line: int
    column: int
    text: str
    when: When
    action: Action


class Flag(msgspec.Struct, frozen=True):
    """A line ``--name=value`` in the head."""

    name: str
    value: str
    line: int


class Script(msgspec.Struct, frozen=True):
    """A whole script. ``commands`` stand before the first step; ``rfcs`` are the ``// rfc:`` lines of its head, each as
    the number of the RFC and what of it.
    """

    name: str
    flags: tuple[Flag, ...]
    commands: tuple[Step, ...]
    steps: tuple[Step, ...]
    rfcs: tuple[tuple[str, tuple[str, ...]], ...]


def flag_letters(flags: int) -> str:
    """The flags as letters, ``-`` for none."""
    return "".join(letter for letter, bit in FLAGS.items() if flags & bit) or "-"
