"""The frames of one WebSocket, a machine without I/O over wsproto: octets in, messages out, and the other way round."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from michinori.server import extras

NORMAL: Final = 1000
GOING_AWAY: Final = 1001
ABNORMAL: Final = 1006
"""Never on the wire: the connection ended without a close frame."""
TOO_BIG: Final = 1009
INTERNAL_ERROR: Final = 1011

_AT_ONCE: Final = 4096
"""Deflate makes at most 1,032 octets of one: so much is decompressed before its size is looked at."""


class Frames:
    """The server's end."""

    def __init__(self, extensions: list[Any]) -> None:
        connection = extras.load("wsproto.connection", "a WebSocket")
        self._events = extras.load("wsproto.events", "a WebSocket")
        self._states = connection.ConnectionState
        self._machine = connection.Connection(connection.ConnectionType.SERVER, extensions)
        self._parts: list[Any] = []
        self._size = 0
        self._out = bytearray()
        self.end: tuple[int, str] | None = None
        """Code and reason, once it is closed from both sides or broken."""

    @classmethod
    def negotiate(cls, offers: list[str]) -> tuple[Frames, str]:
        """The machine, and what it answers to the extensions that were offered (RFC 7692)."""
        for offer in (one.strip() for value in offers for one in value.split(",")):
            if offer.partition(";")[0].strip().lower() != "permessage-deflate":
                continue
            deflate = extras.load("wsproto.extensions", "a WebSocket").PerMessageDeflate()
            try:
                accepted = deflate.accept(offer)
            except ValueError:
                continue
            if isinstance(accepted, str):
                return cls([deflate]), f"permessage-deflate; {accepted}" if accepted else "permessage-deflate"
        return cls([]), ""

    def receive(self, octets: bytes, limit: int) -> Iterator[dict[str, Any]]:
        """Take octets; gives the whole messages among them: ``{"text": ...}`` or ``{"bytes": ...}``."""
        for start in range(0, len(octets), _AT_ONCE):
            if self.end is not None or self._machine.state is self._states.CLOSED:
                return
            self._machine.receive_data(octets[start : start + _AT_ONCE])
            for event in self._machine.events():
                message = self._take(event, limit)
                if message is not None:
                    yield message
                if self.end is not None:
                    return

    def to_send(self) -> bytes:
        """Answers to pings and closes."""
        octets = bytes(self._out)
        self._out.clear()
        return octets

    def message(self, data: str | bytes) -> bytes:
        """The octets of a message."""
        if isinstance(data, str):
            return self._send(self._events.TextMessage(data=data))
        return self._send(self._events.BytesMessage(data=bytes(data)))

    def ping(self) -> bytes:
        """The octets that ask whether anybody is there."""
        return self._send(self._events.Ping()) if self._machine.state is self._states.OPEN else b""

    def close(self, code: int, reason: str) -> bytes:
        """The octets that begin to close, or that answer the peer's own."""
        if self._machine.state not in (self._states.OPEN, self._states.REMOTE_CLOSING):
            return b""
        return self._send(self._events.CloseConnection(code=code, reason=reason or None))

    def _take(self, event: Any, limit: int) -> dict[str, Any] | None:
        events = self._events
        if isinstance(event, events.Ping):
            if self._machine.state is self._states.OPEN:
                self._out += self._send(event.response())
        elif isinstance(event, events.CloseConnection):
            self._closed(int(event.code), event.reason or "")
        elif isinstance(event, events.Message):
            self._size += len(event.data)
            if self._size > limit:
                self._out += self.close(TOO_BIG, f"messages have at most {limit} octets here")
                self.end = (TOO_BIG, "")
                return None
            self._parts.append(event.data)
            if event.message_finished:
                parts, self._parts, self._size = self._parts, [], 0
                if isinstance(event, events.TextMessage):
                    return {"text": "".join(parts)}
                return {"bytes": b"".join(parts)}
        return None

    def _closed(self, code: int, reason: str) -> None:
        """The peer closes, or what it sent makes no sense."""
        if self._machine.state is self._states.REMOTE_CLOSING:
            self._out += self.close(NORMAL if code == 1005 else code, "")
        elif self._machine.state is self._states.OPEN:
            self._out += self.close(code, reason)
        self.end = (code, reason)

    def _send(self, event: Any) -> bytes:
        octets: bytes = self._machine.send(event)
        return octets
