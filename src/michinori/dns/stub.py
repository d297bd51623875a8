"""The resolver in each host: asks its preset servers to do the work, and remembers what they said."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import dns.name
import dns.rcode
import dns.rdatatype

from michinori.dns.cache import Cache, Terms
from michinori.dns.errors import LookupFailed, NoAddress, NoAnswer, NoSuchName, ServerFailed
from michinori.dns.exchange import Manner, Silent, Unanswered, exchange
from michinori.dns.flights import Flights
from michinori.dns.judgement import read_recursive
from michinori.dns.listener import Address
from michinori.dns.messages import explanation, rcode_text
from michinori.dns.names import LOCALHOST, called, candidates
from michinori.dns.telling import note, now_ns, place, tell_cache_hit
from michinori.dns.told import RDTYPE_OF_FAMILY, Nothing, Question, Records, Told

_LOOPBACK: Final[dict[int, str]] = {socket.AF_INET: "127.0.0.1", socket.AF_INET6: "::1"}


@dataclass(frozen=True, slots=True)
class Habits:
    """How a stub resolver asks; the defaults are those of resolv.conf(5)."""

    timeout_s: float = 5.0
    attempts: int = 2
    """Rounds over all servers."""
    search: tuple[str, ...] = ()
    """Domains below which short names are looked for."""
    ndots: int = 1
    families: tuple[int, ...] = (socket.AF_INET6, socket.AF_INET)
    """What a look-up for any family asks for, and in which order the addresses come back. A host without IPv6
    addresses asks for IPv4 alone (AI_ADDRCONFIG)."""
    terms: Terms = field(default_factory=Terms)


class StubResolver:
    """Looks names up for one host. ``servers``: recursive resolvers, the first one preferred."""

    def __init__(self, servers: Sequence[str | Address], habits: Habits | None = None) -> None:
        self.servers: list[Address] = [(one, 53) if isinstance(one, str) else one for one in servers]
        self.habits = habits or Habits()
        self.cache = Cache(self.habits.terms)
        self._search = [candidates(domain, ())[0] for domain in self.habits.search]
        self._asking: Flights[Question, Told] = Flights()

    async def lookup(self, name: str, family: int = socket.AF_UNSPEC) -> list[str]:
        """The addresses of that name, in the order in which they came. Raises ``LookupFailed``, a ``gaierror``."""
        families = self.habits.families if family == socket.AF_UNSPEC else (family,)
        literal = _literal(name, families)
        if literal is not None:
            return [literal]
        failure: LookupFailed | None = None
        for candidate in candidates(name, self._search, self.habits.ndots):
            if candidate.is_subdomain(LOCALHOST):  # RFC 6761 section 6.3
                return [_LOOPBACK[one] for one in families]
            try:
                return await self._addresses(candidate, families)
            except (NoSuchName, NoAddress) as error:
                # What is said of the name as it was typed matters more than what is said of a guess.
                failure = error if failure is None or isinstance(error, NoAddress) else failure
        assert failure is not None
        raise failure

    async def resolve(self, name: dns.name.Name, rdtype: dns.rdatatype.RdataType) -> Told:
        """What stands at a name, from the cache or from the servers. Raises ``LookupFailed``."""
        question = Question(name, rdtype)
        told = self.cache.find(question, now_ns())
        if told is not None and told.end is not None:
            tell_cache_hit(question, told)
            return told
        return await self._asking.join(question, lambda: self._ask(question))

    async def _addresses(self, name: dns.name.Name, families: Sequence[int]) -> list[str]:
        """Of all these families; it is enough if there is one of them."""
        asked = [asyncio.ensure_future(self._of_family(name, family)) for family in families]
        try:
            outcomes = await asyncio.gather(*asked, return_exceptions=True)
        finally:
            for task in asked:
                task.cancel()
        found: list[str] = []
        failures: list[LookupFailed] = []
        for outcome in outcomes:
            if isinstance(outcome, LookupFailed):
                failures.append(outcome)
            elif isinstance(outcome, BaseException):
                raise outcome
            else:
                found += outcome
        if found:
            return found
        if len(families) > 1 and all(isinstance(failure, NoAddress) for failure in failures):
            raise NoAddress(called(name), "the name exists but has no address")
        # That a name does not exist is said for all types at once; a server's failure says more than "no such type".
        raise min(failures, key=lambda error: _WEIGHT.index(type(error)))

    async def _of_family(self, name: dns.name.Name, family: int) -> list[str]:
        told = await self.resolve(name, RDTYPE_OF_FAMILY[family])
        match told.end:
            case Records(rrset):
                return [rdata.address for rdata in rrset]
            case Nothing(name_exists=False):
                raise NoSuchName(called(name), "no such name (NXDOMAIN)")
            case _:
                kind = "IPv4" if family == socket.AF_INET else "IPv6"
                raise NoAddress(called(name), f"the name exists but has no {kind} address")

    async def _ask(self, question: Question) -> Told:
        """Ask the servers in turn, as many rounds as it is our habit; one that said no is not asked again."""
        failures: dict[Address, str] = {}
        rebuffed: list[Address] = []
        for attempt in range(self.habits.attempts):
            for server in self.servers:
                if server in rebuffed:
                    continue
                try:
                    told = await self._ask_server(question, server, attempt + 1)
                except Silent:
                    failures[server] = f"no answer from {place(server)} after {_times(attempt + 1)}"
                except _Rebuffed as error:
                    failures[server] = f"{place(server)} {error}"
                    rebuffed.append(server)
                except Unanswered as error:
                    failures[server] = f"{place(server)}: {error}"
                else:
                    self.cache.learn(question, told, now_ns())
                    return told
        reason = "; ".join(failures.values()) or "no name server is set"
        note("gave-up", why=reason, name=str(question.name), type=dns.rdatatype.to_text(question.rdtype))
        raise (ServerFailed if rebuffed else NoAnswer)(called(question.name), reason)

    async def _ask_server(self, question: Question, server: Address, attempt: int) -> Told:
        timeout_s = self.habits.timeout_s
        manner = Manner(recursion_desired=True, tcp_timeout_s=timeout_s)
        answer = await exchange(question, server, manner, timeout_s, {"attempt": attempt})
        message = answer.message
        if message.rcode() in (dns.rcode.FORMERR, dns.rcode.NOTIMP) and message.edns < 0:
            # An old server that stumbles over EDNS (RFC 6891 section 7).
            plain = Manner(recursion_desired=True, payload=None, tcp_timeout_s=timeout_s)
            message = (await exchange(question, server, plain, timeout_s, {"attempt": attempt})).message
        if message.rcode() not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
            said = explanation(message)
            raise _Rebuffed(f"answered {rcode_text(message)}" + (f" ({said})" if said else ""))
        told = read_recursive(message, question)
        if told is None:
            raise _Rebuffed("did not follow the aliases to their end")
        return told


class _Rebuffed(Unanswered):
    """The server answered that it cannot or will not help."""


_WEIGHT: Final = (NoSuchName, ServerFailed, NoAnswer, NoAddress)


def _literal(name: str, families: Sequence[int]) -> str | None:
    """An address written as such needs no look-up."""
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return None
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    if family not in families:
        raise NoAddress(name, f"it is an IPv{address.version} address, and another kind was asked for")
    return str(address)


def _times(count: int) -> str:
    return "1 try" if count == 1 else f"{count} tries"
