"""Two streams of octets, cut into exchanges: which request was answered by which octets. Without I/O.

What cannot be cut (TLS, HTTP/2, a WebSocket after its handshake, a tunnel) is one exchange up to its end.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from michinori.server.messages import AnswerExtent, Kind, RequestExtent


@dataclass(slots=True)
class Exchange:
    """A request and its answer, while they pass."""

    request: RequestExtent
    began_ns: int
    answer: AnswerExtent | None = None
    requested_ns: int = 0
    """When the last octet of the request had come."""
    answered_ns: int = -1
    """When the first octet of the answer came."""

    @property
    def done(self) -> bool:
        """Whether both are whole."""
        return self.request.done and self.answer is not None and self.answer.done


class Exchanges:
    """Those of one connection. At most ``limit`` octets of each message are kept."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._open: deque[Exchange] = deque()

    def requested(self, octets: bytes, now_ns: int) -> None:
        """Octets passed from the client to the server."""
        if self._opaque:
            self._open[0].request.add(octets)
            self._open[0].requested_ns = now_ns
            return
        while octets:
            if not self._open or self._open[-1].request.done:
                self._open.append(Exchange(RequestExtent(self._limit), now_ns))
            exchange = self._open[-1]
            taken = exchange.request.feed(octets)
            exchange.requested_ns = now_ns
            octets = octets[taken:]
            if octets and self._opaque:
                exchange.request.add(octets)
                return

    def answered(self, octets: bytes, now_ns: int) -> list[Exchange]:
        """Octets passed from the server to the client. Gives the exchanges that are done now."""
        done: list[Exchange] = []
        while octets:
            exchange = self._answering(now_ns)
            if exchange.answer is None:
                method = exchange.request.head.method if exchange.request.head is not None else ""
                exchange.answer = AnswerExtent(method, self._limit)
                exchange.answered_ns = now_ns
            if exchange.answer.done:  # it speaks on, unasked or before the request is whole
                exchange.answer.add(octets)
                break
            taken = exchange.answer.feed(octets)
            octets = octets[taken:]
            while not self._opaque and self._open and self._open[0].done:
                done.append(self._open.popleft())
        return done

    def close(self) -> None:
        """The server has said all: that completes an answer without a length."""
        if self._open and self._open[0].answer is not None:
            self._open[0].answer.end()

    def rest(self) -> list[Exchange]:
        """What is left, done or not."""
        rest = list(self._open)
        self._open.clear()
        return rest

    @property
    def empty(self) -> bool:
        """Whether nothing is under way."""
        return not self._open

    @property
    def _opaque(self) -> bool:
        if not self._open:
            return False
        first = self._open[0]
        odd = first.request.kind not in (Kind.UNKNOWN, Kind.HTTP)
        return odd or first.request.settles or (first.answer is not None and first.answer.switched)

    def _answering(self, now_ns: int) -> Exchange:
        for exchange in self._open:
            if exchange.answer is None or not exchange.answer.done:
                return exchange
        if not self._open:
            self._open.append(Exchange(RequestExtent(self._limit), now_ns))
        return self._open[-1]
