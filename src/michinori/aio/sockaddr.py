"""Addresses as Python's sockets take and give them: ``("192.0.2.1", 80)``."""

from __future__ import annotations

import socket
from typing import Any

from michinori.host import Endpoint, Host
from michinori.host.addresses import pack, text


def endpoint_of(host: Host, family: int, address: Any) -> Endpoint:
    """The packed address and the port. Names are looked up in the host's own table alone: anything more would wait.

    Raises ``TypeError`` or ``OverflowError`` as the real one does, ``socket.gaierror`` for an unknown name.
    """
    if not isinstance(address, tuple) or len(address) < 2:
        raise TypeError(f"an address is a tuple (host, port), not {address!r}")
    name, port = address[0], address[1]
    if not isinstance(port, int):
        raise TypeError(f"a port is an integer, not {port!r}")
    if not 0 <= port <= 65535:
        raise OverflowError("port must be 0-65535.")
    return _packed(host, family, name), port


def sockaddr(family: int, end: Endpoint | None) -> tuple[Any, ...]:
    """The tuple for a packed address and a port; the unspecified address for None."""
    if end is None:
        return ("0.0.0.0", 0) if family == socket.AF_INET else ("::", 0, 0, 0)
    address, port = end
    return (text(address), port) if len(address) == 4 else (text(address), port, 0, 0)


def _packed(host: Host, family: int, name: Any) -> bytes:
    if isinstance(name, (bytes, bytearray)):
        name = name.decode("ascii")
    octets = 4 if family == socket.AF_INET else 16
    if name == "":
        return bytes(octets)
    if name == "<broadcast>":
        return b"\xff" * octets
    for candidate in host.hosts_table.look_up(name, 4 if octets == 4 else 6) or ():
        return pack(candidate)
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
