"""The walk from the root to the servers that know: one client's question on its way through the hierarchy.

RFC 1034 section 5.3.3. A walk goes from a zone to the zone below, as referrals lead, until a server answers with
authority. Names of servers whose addresses nobody told are questions of their own, walked within the walk; so are the
targets of aliases. Every such step draws on one budget for the whole question, because a few malicious zones could
otherwise make one question cost thousands ("NXNSAttack").
"""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass, replace
from typing import Any

import dns.name
import dns.rdatatype
import dns.rrset

from michinori import trace
from michinori.dns.cache import Cache
from michinori.dns.delegation import Delegation, Delegations
from michinori.dns.exchange import Answer, Manner, Silent, Unanswered, exchange
from michinori.dns.flights import Flights
from michinori.dns.judgement import Referral, Useless, judge
from michinori.dns.listener import Address
from michinori.dns.names import called
from michinori.dns.telling import note, now_ns, place, tell_cache_hit, watched
from michinori.dns.told import RDTYPE_OF_FAMILY, Question, Records, Resolution, Told, target
from michinori.dns.upstream import Experience, Target, Targets


class Fruitless(Exception):
    """The question cannot be answered. The message says why."""


class TooMuchWork(Fruitless):
    """It might be answered, but not at this price: the whole walk ends."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much work one question of a client may cause."""

    total_s: float = 8.0
    queries: int = 64
    """Sent to servers, tries again and those for the addresses of servers included."""
    host_lookups: int = 16
    """Addresses of servers that have to be found out first."""
    depth: int = 5
    """Of look-ups for the sake of look-ups."""
    aliases: int = 12
    referrals: int = 32


@dataclass(frozen=True, slots=True)
class Means:
    """What all walks of one resolver share."""

    cache: Cache
    delegations: Delegations
    experience: Experience
    asking: Flights[tuple[Address, Question, bool], Answer]
    bounds: Bounds
    manner: Manner
    port: int
    families: tuple[int, ...]


class Walk:
    """One walk, with its budget."""

    def __init__(self, means: Means) -> None:
        self.means = means
        self._queries_left = means.bounds.queries
        self._host_lookups_left = means.bounds.host_lookups
        self._cut_short = False
        self.last_failure = ""
        """What went wrong last, for when time runs out."""

    @property
    def queries(self) -> int:
        """How many have been sent."""
        return self.means.bounds.queries - self._queries_left

    async def resolve(self, question: Question, pending: tuple[Question, ...] = ()) -> Resolution:
        """Find the answer. ``pending``: the questions for whose sake this one is asked. Raises ``Fruitless``."""
        if question in pending:
            raise Fruitless(f"to find {question} one would first have to know it")
        if len(pending) > self.means.bounds.depth:
            self._cut_short = True
            raise Fruitless(f"{question} is needed for a question that is needed for another, too many times over")
        pending = (*pending, question)
        aliases: list[dns.rrset.RRset] = []
        seen = {question.name}
        at = question
        while True:
            told = self._from_cache(at) or await self._from_authority(at, pending)
            aliases += told.aliases
            if told.end is not None:
                return Resolution.of(tuple(aliases), told.end)
            self._demand_progress(question, aliases, told, seen)
            at = Question(target(aliases[-1]), question.rdtype)

    def _demand_progress(
        self, question: Question, aliases: list[dns.rrset.RRset], told: Told, seen: set[dns.name.Name]
    ) -> None:
        """Raise ``Fruitless`` when the aliases lead back to a name seen before, or on and on."""
        name = called(question.name)
        for pointed in map(target, told.aliases):
            if pointed in seen:
                raise Fruitless(f"the aliases of {name} lead in a circle, back to {called(pointed)}")
            seen.add(pointed)
        if len(aliases) > self.means.bounds.aliases:
            raise Fruitless(f"{name} is an alias of an alias, more than {self.means.bounds.aliases} times over")

    def _from_cache(self, question: Question) -> Told | None:
        told = self.means.cache.find(question, now_ns())
        if told is not None:
            tell_cache_hit(question, told)
        return told

    async def _from_authority(self, question: Question, pending: tuple[Question, ...]) -> Told:
        """Walk down from the lowest zone known, as referrals lead."""
        delegation = self.means.delegations.closest(question, now_ns())
        for _ in range(self.means.bounds.referrals):
            judgement = await _ZoneAsked(self, delegation, question, pending).answer()
            if isinstance(judgement, Told):
                self.means.cache.learn(question, judgement, now_ns())
                return judgement
            delegation = judgement.delegation
            self.means.delegations.keep(delegation, now_ns())
        raise Fruitless(f"the way to {called(question.name)} has more than {self.means.bounds.referrals} referrals")

    def spend_query(self) -> None:
        if not self._queries_left:
            self._cut_short = True
            raise TooMuchWork(f"it would take more than {self.means.bounds.queries} queries")
        self._queries_left -= 1

    def may_look_up_a_host(self) -> bool:
        """Whether the address of one more server may be asked for."""
        self._host_lookups_left -= 1
        self._cut_short |= self._host_lookups_left < 0
        return self._host_lookups_left >= 0

    async def addresses_of(self, host: dns.name.Name, pending: tuple[Question, ...]) -> list[Address]:
        """The addresses of a server that nobody has told. Raises ``Fruitless``."""
        for family in self.means.families:
            question = Question(host, RDTYPE_OF_FAMILY[family])
            known = self.means.cache.failure(question, now_ns())
            if known is not None:
                raise Fruitless(known.reason)
            try:
                resolution = await self.resolve(question, pending)
            except Fruitless as error:
                # What failed for want of budget may well be found for somebody else: a hostile zone that names a
                # server of others last must not make that server unknown to all.
                if not self._cut_short:
                    self.means.cache.fail(question, str(error), now_ns())
                raise
            if resolution.answer and resolution.answer[-1].rdtype == question.rdtype:
                return [(rdata.address, self.means.port) for rdata in resolution.answer[-1]]
        raise Fruitless("it has no address")


class _ZoneAsked:
    """One question put to the servers of one zone, until one gives an answer that helps."""

    def __init__(self, walk: Walk, delegation: Delegation, question: Question, pending: tuple[Question, ...]) -> None:
        self._walk = walk
        self._means = walk.means
        self._delegation = delegation
        self._question = question
        self._pending = pending
        self._targets = Targets(self._means.experience, delegation.zone, trace.current().dice)
        self._unknown: list[dns.name.Name] = []
        self._lookup_failures: list[str] = []

    async def answer(self) -> Told | Referral:
        """Ask around. Servers of known address come first, then the others, then all again. Raises ``Fruitless``."""
        self._sort_hosts()
        while True:
            server = self._targets.next()
            if self._unknown and (server is None or server.tries):
                await self._look_up(self._unknown.pop(0))
                continue
            if server is None:
                break
            judgement = await self._ask(server)
            if not isinstance(judgement, Useless):
                return judgement
        self._means.delegations.forget(self._delegation.zone)
        reasons = [reason for reason in (self._targets.failures(), *self._lookup_failures) if reason]
        raise Fruitless(f"no server of {called(self._delegation.zone)} helps: {'; '.join(reasons)}")

    def _sort_hosts(self) -> None:
        for host in self._delegation.hosts:
            addresses = self._cached_addresses(host.name) or [
                address for address in host.glue if _family(address) in self._means.families
            ]
            if addresses:
                self._targets.add(host.name, addresses, now_ns())
            else:
                self._unknown.append(host.name)

    def _cached_addresses(self, host: dns.name.Name) -> list[Address]:
        addresses: list[Address] = []
        for family in self._means.families:
            told = self._means.cache.find(Question(host, RDTYPE_OF_FAMILY[family]), now_ns())
            if told is not None and isinstance(told.end, Records):
                addresses += [(rdata.address, self._means.port) for rdata in told.end.rrset]
        return addresses

    async def _look_up(self, host: dns.name.Name) -> None:
        if not self._walk.may_look_up_a_host():
            limit = self._means.bounds.host_lookups
            self._lookup_failures.append(f"the addresses of more than {limit} servers would have to be found out")
            self._unknown.clear()
            return
        try:
            addresses = await self._walk.addresses_of(host, self._pending)
        except TooMuchWork:
            raise
        except Fruitless as error:
            self._lookup_failures.append(f"{called(host)}: {error}")
        else:
            self._targets.add(host, addresses, now_ns())

    async def _ask(self, server: Target) -> Told | Referral | Useless:
        """Ask one server once, and once more without EDNS if that may be what it stumbled over."""
        server.tries += 1
        judgement = await self._exchange(server)
        if isinstance(judgement, Useless) and judgement.without_edns:
            experience = self._means.experience
            if experience.speaks_edns(server.address, now_ns()):
                experience.mark_without_edns(server.address, now_ns())
                judgement = await self._exchange(server)
        if isinstance(judgement, Useless):
            server.why = judgement.why
            self._walk.last_failure = f"{server}: {judgement.why}"
        return judgement

    async def _exchange(self, server: Target) -> Told | Referral | Useless:
        self._walk.spend_query()
        experience, zone = self._means.experience, self._delegation.zone
        try:
            speaks_edns = experience.speaks_edns(server.address, now_ns())
            flight = (server.address, self._question, speaks_edns)
            answer = await self._means.asking.join(flight, lambda: self._send(server, speaks_edns))
        except Unanswered as error:
            server.gone = not isinstance(error, Silent)
            experience.was_silent(server.address, now_ns())
            return Useless(str(error))
        experience.answered(server.address, answer.rtt_ns, now_ns())
        judgement = judge(answer.message, zone, self._question, self._means.port)
        match judgement:
            case Referral(delegation):
                self._tell_referred(server, delegation)
            case Useless(why, lame):
                server.gone = True
                if lame:
                    experience.mark_lame(server.address, zone, now_ns())
                note("lame" if lame else "no-help", why=why, **self._about(server))
            case Told():
                pass
        return judgement

    async def _send(self, server: Target, edns: bool) -> Answer:
        manner = self._means.manner if edns else replace(self._means.manner, payload=None)
        timeout_s = self._means.experience.timeout_s(server.address, now_ns())
        about: dict[str, Any] = {
            "zone": str(self._delegation.zone),
            "server_name": str(server.host),
            "attempt": server.tries,
        }
        return await exchange(self._question, server.address, manner, timeout_s, about)

    def _about(self, server: Target) -> dict[str, Any]:
        return {
            "name": str(self._question.name),
            "type": dns.rdatatype.to_text(self._question.rdtype),
            "server": place(server.address),
            "server_name": str(server.host),
            "asked_zone": str(self._delegation.zone),
        }

    def _tell_referred(self, server: Target, delegation: Delegation) -> None:
        if watched():
            hosts = delegation.hosts
            glue = {str(host.name): [place(address) for address in host.glue] for host in hosts if host.glue}
            servers = [str(host.name) for host in hosts]
            note("referred", **self._about(server), zone=str(delegation.zone), servers=servers, glue=glue)


def _family(address: Address) -> int:
    return socket.AF_INET if ipaddress.ip_address(address[0]).version == 4 else socket.AF_INET6
