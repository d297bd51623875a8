"""From addresses to a connection: tried in order until one takes it, then TLS on top where the scheme asks for it."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence
from typing import Any

from michinori.http.channel import Channel
from michinori.http.errors import ConnectFailed, TimedOut, TlsFailed, cause_of
from michinori.trace import note


async def connect(host: str, addresses: Sequence[str], port: int, *, timeout_s: float | None) -> Channel:
    """Connect to the first address that answers. Raises ``ConnectFailed``, or ``TimedOut`` when the time is up.

    Of the time that is left, each attempt gets its share, so that one silent address does not use up all of it.
    """
    loop = asyncio.get_running_loop()
    deadline = None if timeout_s is None else loop.time() + timeout_s
    attempts: list[tuple[str, str]] = []
    errno = 0
    for number, address in enumerate(addresses):
        share = None if deadline is None else (deadline - loop.time()) / (len(addresses) - number)
        try:
            async with asyncio.timeout(share):
                _, channel = await loop.create_connection(Channel, address, port)
            return channel
        except OSError as error:
            timed_out = isinstance(error, TimeoutError) and error.errno is None
            cause = "no answer in time" if timed_out else cause_of(error)
            errno = error.errno or 0
            attempts.append((address, cause))
            note("http", "connect-failed", why=cause, host=host, address=address, port=port)
    if timeout_s is not None and all(cause == "no answer in time" for _, cause in attempts):
        raise TimedOut("connect", f"no connection to {host} port {port}", timeout_s)
    raise ConnectFailed(host, port, attempts, errno)


async def secure(channel: Channel, context: ssl.SSLContext, host: str, *, timeout_s: float | None) -> None:
    """Lay TLS over the connection. Raises ``TlsFailed`` or ``TimedOut``; the connection is then dropped."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(timeout_s):
            transport = await loop.start_tls(channel.transport, channel, context, server_hostname=host)
    except TimeoutError:
        channel.abort()
        raise TimedOut("ssl", f"{host} did not finish the TLS handshake", timeout_s or 0) from None
    except (OSError, ssl.CertificateError) as error:  # ssl.SSLError is an OSError
        channel.abort()
        raise TlsFailed(host, _tls_cause(error)) from None
    except asyncio.CancelledError:
        channel.abort()
        raise
    if transport is None:
        raise TlsFailed(host, "the connection was lost in the handshake")
    channel.use(transport)


def agreed(channel: Channel, host: str) -> dict[str, Any]:
    """What the handshake of a secured connection settled, in OpenSSL's words."""
    secured: ssl.SSLObject = channel.transport.get_extra_info("ssl_object")
    cipher = secured.cipher()
    return {
        "server_name": host,
        "version": secured.version() or "",
        "cipher": cipher[0] if cipher is not None else "",
        "alpn": secured.selected_alpn_protocol() or "",
    }


def _tls_cause(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message
    return getattr(error, "reason", None) or getattr(error, "strerror", None) or str(error) or "the connection was lost"
