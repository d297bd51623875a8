"""What a connection asks of its surroundings: one callback a kind of effect, so that nothing here knows them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Protocol, TypeAlias

from michinori.sim import Nanos
from michinori.tcp.errors import TcpError
from michinori.wire import Octets
from michinori.wire.tcp import Options, Segment

#: A packed address and a port.
Endpoint: TypeAlias = tuple[bytes, int]
#: Sends a segment of SEQ, ACK, flags, window field, options (time stamps, and SACK blocks maybe), text and with an ECN
#: field.
PlainSender: TypeAlias = Callable[[int, int, int, int, Options, Octets, int], None]
#: Takes SEQ, ACK, window field, TSval, TSecr, text, the sum of the other words and the time; False if it is not
#: expected.
PlainReceiver: TypeAlias = Callable[[int, int, int, int, int, Octets, int, Nanos], bool]
#: Takes an ACK without text: SEQ, ACK, window field, TSval, TSecr, its SACK blocks, the sum of all words and the time;
#: False if it is not expected.
SackReceiver: TypeAlias = Callable[[int, int, int, int, int, tuple[tuple[int, int], ...], int, Nanos], bool]


class Effects(Protocol):
    """The surroundings of a connection. Each of these may call back into the connection."""

    def send(self, segment: Segment, ecn: int = 0) -> None:
        """Emit the segment now: its payload may be a view that is valid only during this call. ``ecn``: the ECN field
        of its packet (RFC 3168 section 5).
        """

    def send_large(self, segment: Segment, mss: int, ecn: int = 0) -> None:
        """The same for text of several segments of ``mss`` octets, which whoever stands below is to cut. Called only
        after ``Connection.may_send_large``.
        """

    def readable(self) -> None:
        """There is new text to read, or the peer's FIN, or the peer says up to where its text is urgent."""

    def writable(self) -> None:
        """After ``write`` took less than it was offered: there is room again."""

    def established(self) -> None:
        """The handshake is complete."""

    def time_wait(self) -> None:
        """TIME-WAIT has begun."""

    def report(self, what: str) -> None:
        """Something that the application may want to know and that ends nothing, the ERROR_REPORT of RFC 9293 section
        3.9.1.8: ``in-doubt``, R1 was reached; ``soft-error``, ICMP told of trouble; ``peer-timeout``, the peer has said
        how long it wishes to wait (RFC 5482).
        """

    def closed(self, error: TcpError | None) -> None:
        """The connection is gone; None when in good order."""

    def event(self, what: str, data: dict[str, Any]) -> None:
        """Something worth telling happened; called only while the connection is watched. The reason of what was
        dropped, repeated or given up stands in ``data["why"]``.
        """


class Nobody:
    """The surroundings of a connection that is over: it need not lead to what has forgotten it, and so both are freed
    at once and not by the collector.
    """

    def send(self, segment: Segment, ecn: int = 0) -> None:
        """There is nobody left to ask for anything."""

    def send_large(self, segment: Segment, mss: int, ecn: int = 0) -> None:
        """Likewise."""

    def readable(self) -> None:
        """Likewise."""

    def writable(self) -> None:
        """Likewise."""

    def established(self) -> None:
        """Likewise."""

    def time_wait(self) -> None:
        """Likewise."""

    def report(self, what: str) -> None:
        """Likewise."""

    def closed(self, error: TcpError | None) -> None:
        """Likewise."""

    def event(self, what: str, data: dict[str, Any]) -> None:
        """Likewise."""


NOBODY: Final = Nobody()
