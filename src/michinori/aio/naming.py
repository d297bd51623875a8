"""Names and addresses: ``getaddrinfo`` and ``getnameinfo`` of the running host.

Numeric addresses and names in the host's own table are answered here. Only what is left goes to the host's resolver.
"""

from __future__ import annotations

import socket
from typing import Any, Final

from michinori.aio.base import LoopBase
from michinori.aio.calls import Call
from michinori.aio.context import running_host
from michinori.aio.sockaddr import sockaddr
from michinori.host import Host
from michinori.host.addresses import pack
from michinori.host.names import numeric

#: Ports by the names that programs use; the file of the machine that we run on is not asked.
SERVICES: Final = {
    "echo": 7,
    "discard": 9,
    "daytime": 13,
    "chargen": 19,
    "ftp": 21,
    "ssh": 22,
    "telnet": 23,
    "smtp": 25,
    "domain": 53,
    "http": 80,
    "pop3": 110,
    "ntp": 123,
    "imap": 143,
    "https": 443,
    "ws": 80,
    "wss": 443,
}
_SERVICE_NAMES: Final = {port: name for name, port in reversed(SERVICES.items()) if name not in ("ws", "wss")}

_KINDS: Final = (
    (socket.SOCK_STREAM, socket.IPPROTO_TCP),
    (socket.SOCK_DGRAM, socket.IPPROTO_UDP),
    (socket.SOCK_RAW, 0),
)
_VERSIONS: Final = {0: 0, int(socket.AF_INET): 4, int(socket.AF_INET6): 6}

AddrInfo = tuple[socket.AddressFamily, socket.SocketKind, int, str, tuple[Any, ...]]


class Naming(LoopBase):
    """The part of the loop that knows names."""

    async def getaddrinfo(  # type: ignore[override]
        self,
        host: bytes | str | None,
        port: bytes | str | int | None,
        *,
        family: int = 0,
        type: int = 0,  # noqa: A002 (the name of the real one)
        proto: int = 0,
        flags: int = 0,
    ) -> list[AddrInfo]:
        """As ``socket.getaddrinfo``, of the running host. Raises ``socket.gaierror``."""
        machine = running_host()
        number = _port(port)
        kinds = [kind for kind in _KINDS if type in (0, kind[0]) and proto in (0, kind[1])]
        if not kinds:
            raise _error(socket.EAI_SOCKTYPE, "ai_socktype not supported")
        if family not in _VERSIONS:
            raise _error(socket.EAI_FAMILY, "ai_family not supported")
        name = _text(host)
        if name is None and port is None:
            raise _error(socket.EAI_NONAME, "Name or service not known")
        with Call(machine, "getaddrinfo", name=name or "", port=number) as call:
            addresses = await self._addresses(machine, name, family, flags)
            call.gave(addresses=addresses)
        canonical = (name or "") if flags & socket.AI_CANONNAME else ""
        return [
            (_family(address), kind, protocol, canonical, sockaddr(_family(address), (pack(address), number)))
            for address in addresses
            for kind, protocol in kinds
        ]

    async def getnameinfo(self, sockaddr: tuple[Any, ...], flags: int = 0) -> tuple[str, str]:
        """As ``socket.getnameinfo``, from the running host's own table."""
        machine = running_host()
        address, port = str(sockaddr[0]), int(sockaddr[1])
        if numeric(address) is None:
            raise _error(socket.EAI_NONAME, "Name or service not known")
        name = address
        if not flags & socket.NI_NUMERICHOST:
            known = [entry for entry, addresses in machine.hosts_table.items() if address in addresses]
            if known:
                name = known[0]
            elif flags & socket.NI_NAMEREQD:
                raise _error(socket.EAI_NONAME, "Name or service not known")
        service = str(port) if flags & socket.NI_NUMERICSERV else _SERVICE_NAMES.get(port, str(port))
        return name, service

    async def _addresses(self, machine: Host, name: str | None, family: int, flags: int) -> list[str]:
        if name is None:
            any_address = bool(flags & socket.AI_PASSIVE)
            if family == socket.AF_INET6:
                return ["::" if any_address else "::1"]
            return ["0.0.0.0" if any_address else "127.0.0.1"]
        version = _VERSIONS[family]
        found = machine.hosts_table.look_up(name, version)
        if found is None:
            if flags & socket.AI_NUMERICHOST or machine.resolver is None:
                raise _error(socket.EAI_NONAME, "Name or service not known")
            found = await self._resolve(machine, name, family)
        elif not found:
            raise _error(socket.EAI_ADDRFAMILY, "Address family for hostname not supported")
        return found

    async def _resolve(self, machine: Host, name: str, family: int) -> list[str]:
        assert machine.resolver is not None
        if family == 0 and not machine.has_addresses(16):
            family = socket.AF_INET
        try:
            found = await machine.resolver(name.rstrip("."), family)
        except socket.gaierror:
            raise
        except OSError as error:
            raise _error(socket.EAI_AGAIN, "Temporary failure in name resolution") from error
        version = _VERSIONS[family]
        found = [address for address in found if version == 0 or (len(pack(address)) == 4) == (version == 4)]
        if not found:
            raise _error(socket.EAI_NONAME, "Name or service not known")
        return found


def _text(host: bytes | str | None) -> str | None:
    if not host:
        return None
    if isinstance(host, bytes):
        return host.decode("ascii")
    return host if host.isascii() else host.encode("idna").decode("ascii")


def _port(port: bytes | str | int | None) -> int:
    if port is None:
        return 0
    if isinstance(port, int):
        return port
    name = port.decode("ascii") if isinstance(port, bytes) else port
    if name.isascii() and name.isdigit():
        return int(name)
    try:
        return SERVICES[name.lower()]
    except KeyError:
        raise _error(socket.EAI_SERVICE, "Servname not supported for ai_socktype") from None


def _family(address: str) -> socket.AddressFamily:
    return socket.AF_INET if len(pack(address)) == 4 else socket.AF_INET6


def _error(number: int, message: str) -> socket.gaierror:
    return socket.gaierror(number, message)
