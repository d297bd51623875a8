"""The client's end of one HTTP/1.1 exchange as a machine without I/O: octets in, parts of messages out.

The grammar and the body framing (RFC 9112) are h11's. It stays behind this class, so that another parser can take its
place. A machine serves one exchange; what came behind the message is handed to the next one.
"""

from __future__ import annotations

import enum
from typing import NamedTuple

import h11

from michinori.http.errors import HttpError, IncompleteBody, ProtocolError, TooLarge
from michinori.http.headers import Headers

_WHOLE = {h11.DONE, h11.MUST_CLOSE, h11.CLOSED}


class ResponseHead(NamedTuple):
    """Status line and header fields, of a final response or of an interim one (1xx)."""

    status: int
    reason: str
    version: str
    headers: Headers
    octets: int

    @property
    def interim(self) -> bool:
        return self.status < 200


class End(NamedTuple):
    """The message is complete."""

    trailers: Headers


class Waits(enum.Enum):
    FOR_MORE = "more octets are needed"


FOR_MORE = Waits.FOR_MORE


class ClientFraming:
    """The client's end: sends one request, receives one response with the interim ones before it."""

    def __init__(self, *, head_octets: int, header_count: int) -> None:
        self._machine = h11.Connection(h11.CLIENT, max_incomplete_event_size=head_octets)
        self._head_octets = head_octets
        self._header_count = header_count
        self._received = 0
        self._consumed = 0
        self._ended = False
        self._head: ResponseHead | None = None
        self._complete = False
        self._both_lengths = False
        self.coded_octets = 0
        """Of the body, after the transfer coding was undone."""

    def head(self, method: str, target: str, headers: Headers) -> bytes:
        """The octets of a request head. Raises ``ValueError`` for what cannot stand in one."""
        try:
            return self._send(h11.Request(method=method, target=target, headers=headers.octets()))
        except h11.LocalProtocolError as error:
            raise ValueError(f"not a request: {error}") from None

    def data(self, octets: bytes) -> bytes:
        """The octets of a piece of the body. Raises ``ValueError`` if it is longer than was announced."""
        try:
            return self._send(h11.Data(data=octets))
        except h11.LocalProtocolError as error:
            raise ValueError(f"not the announced body: {error}") from None

    def end(self) -> bytes:
        """The octets that end the body. Raises ``ValueError`` if it is shorter than was announced."""
        try:
            return self._send(h11.EndOfMessage())
        except h11.LocalProtocolError as error:
            raise ValueError(f"not the announced body: {error}") from None

    def receive(self, octets: bytes) -> None:
        """Take what came; ``b""`` says that the peer's stream has ended."""
        if octets:
            self._received += len(octets)
        else:
            self._ended = True
        self._machine.receive_data(octets)

    def next(self) -> ResponseHead | bytes | End | Waits:
        """The next part of the answer. Raises ``ProtocolError``, ``TooLarge``, ``IncompleteBody``."""
        try:
            event = self._machine.next_event()
        except h11.RemoteProtocolError as error:
            raise self._explain(error) from None
        match event:
            case h11.InformationalResponse() | h11.Response():
                return self._take_head(event)
            case h11.Data():
                self.coded_octets += len(event.data)
                return bytes(event.data)
            case h11.EndOfMessage():
                self._complete = True
                return End(Headers.from_octets(event.headers.raw_items()))
            case h11.NEED_DATA:
                return FOR_MORE
            case _:
                raise ProtocolError("it ended the connection or switched protocols unasked")

    @property
    def body_octets(self) -> int:
        """What came after the head, as it was on the wire: chunk framing and trailers included."""
        if self._head is None:
            return 0
        return self._received - self._consumed - (len(self.surplus) if self._complete else 0)

    @property
    def expected_octets(self) -> int | None:
        """How long the body was announced to be, None where it was not."""
        if self._head is None or "transfer-encoding" in self._head.headers:
            return None
        length = self._head.headers.get("content-length")
        return int(length) if length.isdigit() else None

    @property
    def surplus(self) -> bytes:
        """What has come behind that which was given out."""
        return self._machine.trailing_data[0]

    @property
    def received(self) -> int:
        """All octets that have come."""
        return self._received

    @property
    def reusable(self) -> bool:
        """Whether the connection may carry another exchange: both messages are whole, nobody wants to close."""
        machine = self._machine
        done = machine.our_state is h11.DONE and machine.their_state is h11.DONE
        return done and not self.surplus and not self._ended and not self._both_lengths

    @property
    def whole(self) -> bool:
        """Whether both messages are whole, so that a connection that carries no more may end by FIN."""
        return {self._machine.our_state, self._machine.their_state} <= _WHOLE

    def _send(self, event: h11.Event) -> bytes:
        return self._machine.send(event) or b""

    def _take_head(self, event: h11.InformationalResponse | h11.Response) -> ResponseHead:
        octets = self._received - len(self.surplus) - self._consumed
        if octets > self._head_octets:
            raise TooLarge("the head of the answer", f"{self._head_octets} octets")
        if len(event.headers) > self._header_count:
            raise TooLarge("the number of header fields", self._header_count)
        self._consumed += octets
        head = ResponseHead(
            event.status_code,
            bytes(event.reason).decode("latin-1"),
            "HTTP/" + bytes(event.http_version).decode("ascii"),
            Headers.from_octets(event.headers.raw_items()),
            octets,
        )
        if not head.interim:
            self._head = head
            # Framed by chunks, but a reader who goes by the length sees other messages: RFC 9112 section 6.3, 3.
            self._both_lengths = "transfer-encoding" in head.headers and "content-length" in head.headers
        return head

    def _explain(self, error: h11.RemoteProtocolError) -> HttpError:
        if error.error_status_hint == 431:
            return TooLarge("a head, a chunk's head or the trailers", f"{self._head_octets} octets")
        if self._ended and self._head is not None:
            return IncompleteBody(self.coded_octets, self.expected_octets)
        if self._ended:
            return ProtocolError("the connection ended inside the head of the answer")
        return ProtocolError(str(error))
