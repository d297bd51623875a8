"""Places to listen on, bound; and who has taken a place."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from michinori.server.settings import ServeError

_ACCEPTED_A_TURN: Final = 8


def bind(host: str, port: int, *, shared: bool = False) -> list[socket.socket]:
    """A bound socket for each address of that host, all on one port (0: a free one). Raises ``ServeError``.

    ``shared``: other processes may bind the same places (SO_REUSEPORT) and the system deals connections out.
    """
    try:
        found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (socket.gaierror, UnicodeError, OverflowError) as error:
        raise ServeError(f"--host {host}: no such address here ({error}); try 127.0.0.1 or 0.0.0.0") from None
    sockets: list[socket.socket] = []
    try:
        for family, kind, protocol, _, address in dict.fromkeys(found):
            place = (address[0], port, *address[2:])
            try:
                sock = _bind_one(family, kind, protocol, place, shared=shared)
            except OSError as error:
                if sockets and error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
                    continue  # one family of addresses is enough
                raise
            sockets.append(sock)
            port = sock.getsockname()[1]
    except OSError as error:
        for sock in sockets:
            sock.close()
        raise ServeError(_sentence(error, host, port)) from None
    return sockets


def handed_down(descriptors: Sequence[int]) -> list[socket.socket]:
    """The sockets that another process has bound, by their descriptors."""
    sockets = [socket.socket(fileno=descriptor) for descriptor in descriptors]
    for sock in sockets:
        sock.setblocking(False)
        sock.set_inheritable(False)  # what this process starts need not have them
    return sockets


def names_for(host: str) -> list[str]:
    """By what clients may call a server that listens at ``host``: if that is every address of this machine, by its own
    name and by the addresses that it has towards others too.
    """
    if host not in ("", "0.0.0.0", "::"):
        return [host]
    names = [host]
    if (own := socket.gethostname()).isascii() and own:
        names.append(own)
    for family, somewhere in ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1")):
        with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as asking:
            asking.connect((somewhere, 9))  # nothing is sent: the routes tell which address would be ours
            names.append(asking.getsockname()[0])
    return names


def more_descriptors(sockets: Sequence[socket.socket], loop: asyncio.AbstractEventLoop) -> list[socket.socket]:
    """Further descriptors of these sockets, where the loop accepts more connections at once if it has several.

    libuv, on which uvloop stands, accepts one connection a descriptor in each of its turns (since 1.45), so that each
    walks through the whole server alone. Taken by the handful they find the code and the data of the one before in the
    processor's caches: a request with a connection of its own costs a quarter less. Who comes alone costs more, some
    2 µs for each further descriptor that is looked at in vain, when there is time for it. The loops of asyncio accept
    all who wait.
    """
    if not type(loop).__module__.startswith("uvloop"):
        return []
    return [sock.dup() for sock in sockets for _ in range(_ACCEPTED_A_TURN - 1)]


def _bind_one(family: int, kind: int, protocol: int, place: tuple[object, ...], *, shared: bool) -> socket.socket:
    sock = socket.socket(family, kind, protocol)
    try:
        if os.name == "posix":
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if shared:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        sock.bind(place)
        sock.setblocking(False)
    except BaseException:
        sock.close()
        raise
    return sock


def _sentence(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        who = listener(port)
        by = f" by {who}" if who else " by another program"
        return f"port {port} of {host} is taken{by}: stop that one, or choose another with --port"
    if error.errno == errno.EACCES:
        return f"port {port} needs the rights of the administrator: choose one above 1023 with --port"
    if error.errno == errno.EADDRNOTAVAIL:
        return f"{host} is no address of this machine: try --host 127.0.0.1, or 0.0.0.0 for all"
    return f"port {port} of {host} cannot be had: {error.strerror or error}"


def listener(port: int) -> str:
    """The program that listens on that port and its number, where Linux tells it; else nothing."""
    wanted = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            lines = Path(table).read_text(encoding="ascii").splitlines()[1:]
        except OSError:
            continue
        for columns in map(str.split, lines):
            if columns[3] == "0A" and int(columns[1].rpartition(":")[2], 16) == port:
                wanted.add(f"socket:[{columns[9]}]")
    if not wanted:
        return ""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if any(os.readlink(entry) in wanted for entry in (process / "fd").iterdir()):
                return f"{(process / 'comm').read_text().strip()} (process {process.name})"
        except OSError:
            continue
    return ""
