"""One request as it was caught, and with ``forward`` the answer to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from michinori.server.messages import AnswerExtent, Head, Kind, RequestExtent


@dataclass(slots=True, kw_only=True)
class Caught:
    """A request, or what came in the place of one."""

    request: RequestExtent
    peer: tuple[str, int]
    own: tuple[str, int]
    connection: str
    began_ns: int
    """When its first octet came, since 1970."""
    took_ns: int = 0
    """Until its last octet came."""
    why: str = ""
    """Why it is not whole (``too-long silent too-slow ended reset interrupted``); else empty."""
    number: int = 0
    answer: AnswerExtent | None = None
    answer_why: str = ""
    """Why the answer is not whole; with ``no-server`` there is none."""
    first_answer_ns: int = -1
    """From the first octet of the request to the first one of the answer."""
    after: RequestExtent | None = None
    """What came on the connection behind our answer, whatever it is; it may be empty, or hold several messages."""
    files: dict[str, Path] = field(default_factory=dict)
    """Where it was kept: ``received``, ``sent`` for the server's answer, ``after`` for what came behind ours."""

    @property
    def octets(self) -> bytes:
        """What came, octet for octet."""
        return bytes(self.request.octets)

    @property
    def head(self) -> Head | None:
        """Of a whole HTTP head."""
        return self.request.head

    @property
    def whole(self) -> bool:
        """Whether it is an HTTP request with nothing missing."""
        return not self.why and self.request.kind is Kind.HTTP and self.request.done and not self.request.left_out
