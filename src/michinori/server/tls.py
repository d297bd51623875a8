"""TLS for the server: contexts from files, or certificates from a CA of our own that people can choose to trust."""

from __future__ import annotations

import os
import ssl
from collections.abc import Sequence
from pathlib import Path

from michinori.server import authority
from michinori.server.settings import WrongUsage


class TlsError(WrongUsage):
    """Certificate or key cannot be used; one sentence says why and what to do."""


def context(cert: str | os.PathLike[str], key: str | os.PathLike[str]) -> ssl.SSLContext:
    """A server's context: TLS 1.2 and newer, ALPN http/1.1. Raises ``TlsError``."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    made.set_alpn_protocols(["http/1.1"])
    for what, path in (("certificate", cert), ("key", key)):
        try:
            Path(path).read_bytes()
        except OSError as error:
            raise TlsError(f"the {what} {os.fspath(path)} cannot be read: {error.strerror}") from None
    try:
        made.load_cert_chain(cert, key, password=_no_password)
    except _PasswordWanted:
        raise TlsError(f"the key {os.fspath(key)} has a password; give one without (openssl pkey -in it)") from None
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            raise TlsError(f"the key {os.fspath(key)} is not that of the certificate {os.fspath(cert)}") from None
        raise TlsError(
            f"{os.fspath(cert)} and {os.fspath(key)} are no certificate and key in PEM ({error.reason or error})"
        ) from None
    return made


def auto(hosts: Sequence[str], folder: Path | None = None) -> tuple[ssl.SSLContext, Path]:
    """A context for these names and addresses by a CA of our own, and the certificate of that CA, to be trusted.

    The CA is kept in ``folder`` (default: Michinori's in the user's state directory). Raises ``TlsError``,
    ``extras.MissingLibrary``, ``OSError``.
    """
    home = folder or state_folder()
    ca = authority.Authority.at(home)
    cert, key = ca.certificate(hosts)
    return context(cert, key), ca.certificate_file


def state_folder() -> Path:
    """Where what is ours alone is kept (XDG base directories)."""
    given = os.environ.get("XDG_STATE_HOME", "")
    home = Path(given) if os.path.isabs(given) else Path.home() / ".local" / "state"
    return home / "michinori" / "ca"


class _PasswordWanted(Exception):
    pass


def _no_password() -> str:
    raise _PasswordWanted
