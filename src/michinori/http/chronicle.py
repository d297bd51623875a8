"""What is told of a connection of the server: events for the trace, a line for each answer in the access log."""

from __future__ import annotations

import logging
from typing import Protocol

from michinori.http.refusal import Refusal
from michinori.http.reply import Reply
from michinori.http.serving import Link, ServerRequest
from michinori.http.strict import RequestHead
from michinori.trace import current, note

_log = logging.getLogger("michinori.http")


class Log(Protocol):
    """Told of each answer; ``request`` is None where none could be understood."""

    def __call__(self, peer: str, request: ServerRequest | None, status: int, octets: int) -> None: ...


class Chronicle:
    """Of one server. ``watched`` says whether events are recorded at all, ``observed`` whether anything is kept."""

    def __init__(self, log: Log | None) -> None:
        self.watched = current().recorder is not None
        self.observed = self.watched or log is not None
        self._log = log

    def received(self, link: Link, head: RequestHead) -> None:
        """A request head."""
        if self.watched:
            note(
                "http", "request-received", connection=link.id,
                method=head.method, target=head.target, version=head.version, headers=head.headers.as_lists(),
                head_octets=head.octets,
            )  # fmt: skip

    def refused(self, link: Link, refusal: Refusal) -> None:
        """What came is no request that could be answered."""
        if self.watched:
            note("http", "request-refused", connection=link.id, why=str(refusal))

    def sent(
        self, link: Link, request: ServerRequest | None, status: int, fields: bytes, head_octets: int, octets: int
    ) -> None:
        """An answer is on its way; ``fields`` as they stand in it, ``octets`` behind its head."""
        if self.watched:
            lines = fields.decode("latin-1").split("\r\n")
            note(
                "http", "response-sent", connection=link.id,
                status=status, headers=[line.split(": ", 1) for line in lines if line],
                head_octets=head_octets, body_octets=octets,
            )  # fmt: skip
        if self._log is not None:
            self._log(link.peer_address[0], request, status, octets)

    def replied(self, link: Link, request: ServerRequest | None, reply: Reply) -> None:
        """A reply is complete."""
        if self.watched:
            self.sent(link, request, reply.status, reply.block, reply.head_octets, reply.body_octets)
        elif self._log is not None:
            self._log(link.peer_address[0], request, reply.status, reply.body_octets)

    def failed(self, link: Link, request: ServerRequest | None, error: BaseException) -> None:
        """A handler has raised what it should not."""
        _log.error("the handler failed on %r", request, exc_info=error)
        note("http", "handler-failed", connection=link.id, why=type(error).__name__)

    def failed_afterwards(self, request: ServerRequest | None, error: BaseException) -> None:
        """A handler has raised something behind its complete answer."""
        _log.error("the handler failed behind its answer to %r", request, exc_info=error)

    def broken_off(self, link: Link, request: ServerRequest, reply: Reply, error: Exception) -> None:
        """An answer was begun and could not be ended."""
        if not isinstance(error, OSError):
            _log.error("the answer to %r could not be sent", request, exc_info=error)
        note("http", "answer-broken-off", connection=link.id, why=str(error) or type(error).__name__)
        if self._log is not None:
            self._log(link.peer_address[0], request, reply.status, reply.body_octets)
