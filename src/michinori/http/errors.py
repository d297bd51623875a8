"""What can go wrong with an exchange, as types. Each says in one sentence the stage, the cause and the way out.

``stage`` is the phase in which it went wrong, ``layer`` the floor whose fault it is. Where an answer broke off inside
its body, ``octets`` is what had come of it, decoded, and ``partial`` the answer with that as its body.
"""

from __future__ import annotations

import errno as errno_names
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from michinori.http.message import Response


class HttpError(Exception):
    """An exchange failed. All errors of the client are of this kind."""

    layer: ClassVar[str] = "http"
    stage: str = "http"
    octets: bytes = b""
    partial: Response | None = None


class BadUrl(HttpError):
    """The URL cannot be fetched by this client."""

    stage = "url"

    def __init__(self, url: str, cause: str) -> None:
        super().__init__(f"url: {url!r} cannot be fetched: {cause}; give an absolute http:// or https:// URL")
        self.url = url


class NameNotResolved(HttpError):
    """No address is known for the host."""

    layer = "dns"
    stage = "dns"

    def __init__(self, host: str, cause: str) -> None:
        super().__init__(
            f"dns: the name {host!r} has no address ({cause}); check its spelling and the name server in use"
        )
        self.host = host


class ConnectFailed(HttpError):
    """None of the host's addresses took the connection. ``errno`` is that of the last attempt, 0 if there is none."""

    layer = "tcp"
    stage = "connect"

    def __init__(self, host: str, port: int, attempts: Sequence[tuple[str, str]], errno: int = 0) -> None:
        tried = ", ".join(f"{address}: {cause}" for address, cause in attempts) or "no address left to try"
        super().__init__(f"connect: no connection to {host} port {port} ({tried}); {_way_out(errno)}")
        self.host = host
        self.port = port
        self.attempts = tuple(attempts)
        self.errno = errno


class TlsFailed(HttpError):
    """The connection stands, but the TLS handshake failed."""

    layer = "tls"
    stage = "ssl"

    def __init__(self, host: str, cause: str) -> None:
        super().__init__(
            f"tls: no secure connection to {host} ({cause}); check its certificate, or trust the authority behind it"
        )
        self.host = host


class TimedOut(HttpError):
    """A stage took longer than its bound."""

    def __init__(self, stage: str, what: str, bound_s: float) -> None:
        super().__init__(f"{stage}: {what} within {bound_s:g} s; try again, or allow more time")
        self.stage = stage
        self.bound_s = bound_s


class Disconnected(HttpError):
    """The connection ended, or was reset, before any answer came."""

    layer = "tcp"
    stage = "wait"

    def __init__(self, host: str, cause: str, *, stage: str = "wait", errno: int = 0) -> None:
        super().__init__(f"{stage}: {host} ended the connection before it answered ({cause}); try again")
        self.stage = stage
        self.errno = errno


class ProtocolError(HttpError):
    """The peer said something that is not HTTP/1.1."""

    stage = "receive"

    def __init__(self, cause: str, *, stage: str = "receive") -> None:
        super().__init__(f"{stage}: the peer broke HTTP ({cause}); check what listens on that port")
        self.stage = stage
        self.cause = cause


class IncompleteBody(HttpError):
    """The connection ended inside a body. What had come is in ``octets``."""

    stage = "receive"

    def __init__(self, received: int, expected: int | None, cause: str = "the connection ended") -> None:
        of = f" of {expected}" if expected is not None else ""
        super().__init__(f"receive: {cause} after {received}{of} octets of the body; try again")
        self.received = received
        self.expected = expected


class TooLarge(HttpError):
    """The peer sent more than a bound allows."""

    stage = "receive"

    def __init__(self, what: str, bound: int | str, *, stage: str = "receive") -> None:
        super().__init__(f"{stage}: {what} exceeds the bound of {bound}; raise the bound if the server is trusted")
        self.stage = stage
        self.bound = bound


class BadCoding(HttpError):
    """The content coding is unknown, or its stream is corrupt or cut off."""

    stage = "decode"

    def __init__(self, coding: str, cause: str) -> None:
        super().__init__(
            f"decode: the content coding {coding!r} could not be undone ({cause}); ask for 'Accept-Encoding: identity'"
        )
        self.coding = coding


class TooManyRedirects(HttpError):
    """Redirected more often than the bound allows."""

    stage = "redirect"

    def __init__(self, hops: Sequence[str], bound: int) -> None:
        super().__init__(f"redirect: more than {bound} redirects, {_loop_sentence(hops)}; tell the server's owner")
        self.hops = tuple(hops)


class BadRedirect(HttpError):
    """A redirect to something that cannot be followed."""

    stage = "redirect"

    def __init__(self, location: str, cause: str) -> None:
        super().__init__(f"redirect: the server points to {location!r}, which {cause}; tell the server's owner")
        self.location = location


class ClientClosed(HttpError):
    """The client was closed while, or before, this was asked of it."""

    def __init__(self) -> None:
        super().__init__("blocked: the client is closed; make a new one")
        self.stage = "blocked"


def cause_of(error: OSError) -> str:
    """What the system calls it; asyncio words some errors anew, with addresses in them."""
    if error.errno is not None and error.errno > 0:
        return os.strerror(error.errno)
    return error.strerror or str(error) or type(error).__name__


def _way_out(errno: int) -> str:
    match errno:
        case errno_names.ECONNREFUSED:
            return "nothing listens there: start the server, or check the port"
        case errno_names.ETIMEDOUT:
            return "nobody answered: check the route and the firewalls between"
        case errno_names.ENETUNREACH | errno_names.EHOSTUNREACH:
            return "no way leads there: check cable, addresses and routes"
        case _:
            return "check that the server runs and can be reached"


def _loop_sentence(hops: Sequence[str]) -> str:
    """Name the loop if the hops run in one: the shortest circle that ends the list."""
    last = hops[-1]
    for length in range(1, len(hops)):
        if hops[-1 - length] == last:
            circle = [*hops[-1 - length :]]
            return "in a loop: " + " → ".join(circle)
    return f"the last to {last}"
