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
        question = Question(host, port, family, type, proto, flags)
        with Call(machine, "getaddrinfo", name=question.name or "", port=question.port) as call:
            addresses = question.known_to(machine)
            if addresses is None:
                addresses = await self._resolve(machine, question)
            call.gave(addresses=addresses)
        return question.answer(addresses)

    async def getnameinfo(self, sockaddr: tuple[Any, ...], flags: int = 0) -> tuple[str, str]:
        """As ``socket.getnameinfo``, from the running host's own table."""
        return getnameinfo_at_once(running_host(), sockaddr, flags)

    async def _resolve(self, machine: Host, question: Question) -> list[str]:
        family = question.family
        if machine.resolver is None or question.name is None:
            raise _error(socket.EAI_NONAME, "Name or service not known")
        if family == 0 and not machine.has_addresses(16):
            family = socket.AF_INET
        try:
            found = await machine.resolver(question.name, family)
        except socket.gaierror:
            raise
        except OSError as error:
            raise _error(socket.EAI_AGAIN, "Temporary failure in name resolution") from error
        version = _VERSIONS[family]
        found = [address for address in found if version == 0 or (len(pack(address)) == 4) == (version == 4)]
        if not found:
            raise _error(socket.EAI_NONAME, "Name or service not known")
        return found


class Question:
    """What ``getaddrinfo`` is asked. Raises ``socket.gaierror`` when it makes no sense."""

    def __init__(
        self, host: bytes | str | None, port: bytes | str | int | None, family: int, kind: int, proto: int, flags: int
    ) -> None:
        self.name = _text(host)
        self.port = _port(port)
        self.family = family
        self._flags = flags
        self._kinds = [one for one in _KINDS if kind in (0, one[0]) and proto in (0, one[1])]
        if not self._kinds:
            raise _error(socket.EAI_SOCKTYPE, "ai_socktype not supported")
        if family not in _VERSIONS:
            raise _error(socket.EAI_FAMILY, "ai_family not supported")
        if self.name is None and port is None:
            raise _error(socket.EAI_NONAME, "Name or service not known")

    def known_to(self, machine: Host) -> list[str] | None:
        """The addresses, as far as the host knows without asking anybody; None when the resolver has to be asked."""
        if self.name is None:
            any_address = bool(self._flags & socket.AI_PASSIVE)
            if self.family == socket.AF_INET6:
                return ["::" if any_address else "::1"]
            return ["0.0.0.0" if any_address else "127.0.0.1"]
        found = machine.hosts_table.look_up(self.name, _VERSIONS[self.family])
        if found is None and self._flags & socket.AI_NUMERICHOST:
            raise _error(socket.EAI_NONAME, "Name or service not known")
        if found is not None and not found:
            raise _error(socket.EAI_ADDRFAMILY, "Address family for hostname not supported")
        return found

    def answer(self, addresses: list[str]) -> list[AddrInfo]:
        """The addresses in the form in which ``getaddrinfo`` gives them."""
        canonical = (self.name or "") if self._flags & socket.AI_CANONNAME else ""
        return [
            (_family(address), kind, protocol, canonical, sockaddr(_family(address), (pack(address), self.port)))
            for address in addresses
            for kind, protocol in self._kinds
        ]


def getaddrinfo_at_once(
    machine: Host,
    host: bytes | str | None,
    port: bytes | str | int | None,
    family: int = 0,
    type: int = 0,  # noqa: A002 (the name of the real one)
    proto: int = 0,
    flags: int = 0,
) -> list[AddrInfo]:
    """``socket.getaddrinfo`` for code that cannot wait: what the host knows by itself."""
    question = Question(host, port, family, type, proto, flags)
    addresses = question.known_to(machine)
    if addresses is None:
        raise _error(socket.EAI_AGAIN, "socket.getaddrinfo cannot wait for the resolver: use loop.getaddrinfo")
    return question.answer(addresses)


def getnameinfo_at_once(machine: Host, sockaddr: tuple[Any, ...], flags: int = 0) -> tuple[str, str]:
    """``socket.getnameinfo`` for code that cannot wait, which for a host's own table nobody has to."""
    address, port = str(sockaddr[0]), int(sockaddr[1])
    if numeric(address) is None:
        raise _error(socket.EAI_NONAME, "Name or service not known")
    name = address
    if not flags & socket.NI_NUMERICHOST:
        known = machine.hosts_table.names_of(address)
        if known:
            name = known[0]
        elif flags & socket.NI_NAMEREQD:
            raise _error(socket.EAI_NONAME, "Name or service not known")
    service = str(port) if flags & socket.NI_NUMERICSERV else _SERVICE_NAMES.get(port, str(port))
    return name, service


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
