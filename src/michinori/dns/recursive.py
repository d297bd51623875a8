"""A full-service resolver: takes questions from stubs, walks the hierarchy for them and remembers what it learned."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from dataclasses import dataclass, field

import dns.message
import dns.name
import dns.rcode
import dns.rdatatype

from michinori.dns.cache import Cache, Terms
from michinori.dns.delegation import Delegation, Delegations, RootHints, delegation_from
from michinori.dns.exchange import Answer, Manner, Unanswered, exchange
from michinori.dns.flights import Flights
from michinori.dns.judgement import judge
from michinori.dns.listener import Address, Doors, Listener
from michinori.dns.service import Service
from michinori.dns.telling import note, now_ns, tell_cache_hit
from michinori.dns.told import Question, Records, Resolution, Told
from michinori.dns.upstream import Experience, Patience
from michinori.dns.walk import Bounds, Fruitless, Means, Walk


@dataclass(frozen=True, slots=True)
class Conduct:
    """How a recursive resolver goes about its work."""

    patience: Patience = field(default_factory=Patience)
    bounds: Bounds = field(default_factory=Bounds)
    terms: Terms = field(default_factory=Terms)
    doors: Doors = field(default_factory=Doors)
    mixed_case: bool = False
    """Ask with random case ("0x20")."""
    families: tuple[int, ...] = (socket.AF_INET,)
    """Over which address families it can reach servers, in the order of preference."""
    port: int = 53
    """Where the servers of the hierarchy listen."""


class RecursiveResolver:
    """Answers any question by asking from the root downward."""

    def __init__(self, root_hints: RootHints, conduct: Conduct | None = None) -> None:
        self.conduct = conduct = conduct or Conduct()
        self.cache = Cache(conduct.terms)
        self.delegations = Delegations(root_hints, conduct.port)
        self.experience = Experience(conduct.patience)
        self._means = Means(
            cache=self.cache,
            delegations=self.delegations,
            experience=self.experience,
            asking=Flights[tuple[Address, Question, bool], Answer](),
            bounds=conduct.bounds,
            manner=Manner(recursion_desired=False, mixed_case=conduct.mixed_case),
            port=conduct.port,
            families=conduct.families,
        )
        self._walking: Flights[Question, Resolution] = Flights()
        self._listener = Listener(Service(self).handle, conduct.doors)
        self.ready = self._listener.ready
        self.addresses = self._listener.addresses

    async def serve(self, host: str | Sequence[str] = "0.0.0.0", port: int = 53) -> None:
        """Answer over UDP and TCP until cancelled; ``ready`` is set when the doors are open. Raises ``OSError``."""
        await self._listener.serve(host, port)

    async def resolve(self, question: Question) -> Resolution:
        """Find the answer, from the cache or by a walk. Never raises: what cannot be found out is SERVFAIL, with the
        reason. The same question asked twice at a time is walked once.
        """
        told = self.cache.find(question, now_ns())
        if told is not None and told.end is not None:
            tell_cache_hit(question, told)
            return Resolution.of(told.aliases, told.end)
        failure = self.cache.failure(question, now_ns())
        if failure is not None:
            self._tell_gave_up(question, failure.reason, known=True, queries=0)
            return self._without_answer(question, failure.reason)
        return await self._walking.join(question, lambda: self._walk(question))

    async def prime(self) -> None:
        """Ask a root server who the root servers are, and use them in place of the hints from then on: RFC 9609.

        The hints stay when none answers.
        """
        question = Question(dns.name.root, dns.rdatatype.NS)
        for host in self.delegations.root.hosts:
            for address in host.glue:
                about = {"zone": ".", "server_name": str(host.name)}
                try:
                    answer = await exchange(question, address, self._means.manner, self.conduct.patience.first_s, about)
                except Unanswered:
                    continue
                primed = _root_from(answer.message, question, address[1])
                if primed is not None:
                    self.delegations.root = primed
                    return

    async def _walk(self, question: Question) -> Resolution:
        walk = Walk(self._means)
        try:
            async with asyncio.timeout(self.conduct.bounds.total_s):
                resolution = await walk.resolve(question)
        except Fruitless as error:
            reason = str(error)
        except TimeoutError:
            after = f"; last, {walk.last_failure}" if walk.last_failure else ""
            reason = f"not answered within {self.conduct.bounds.total_s:g} seconds{after}"
        else:
            self.cache.succeed(question)
            return resolution
        self.cache.fail(question, reason, now_ns())
        self._tell_gave_up(question, reason, known=False, queries=walk.queries)
        return self._without_answer(question, reason)

    def _without_answer(self, question: Question, reason: str) -> Resolution:
        """SERVFAIL; or what was true once, where that is wanted (RFC 8767)."""
        if self.conduct.terms.stale_s:
            told = self.cache.find(question, now_ns(), stale=True)
            if told is not None and isinstance(told.end, Records):
                note("served-stale", name=str(question.name), type=dns.rdatatype.to_text(question.rdtype), why=reason)
                return Resolution(dns.rcode.NOERROR, (*told.aliases, told.end.rrset), stale=True)
        return Resolution(dns.rcode.SERVFAIL, reason=reason)

    def _tell_gave_up(self, question: Question, reason: str, *, known: bool, queries: int) -> None:
        note(
            "gave-up",
            why=reason,
            name=str(question.name),
            type=dns.rdatatype.to_text(question.rdtype),
            known=known,
            queries=queries,
        )


def _root_from(message: dns.message.Message, question: Question, port: int) -> Delegation | None:
    """The root's servers as one of them tells them, if it tells the address of at least one."""
    told = judge(message, dns.name.root, question, port)
    if not isinstance(told, Told) or not isinstance(told.end, Records):
        return None
    delegation = delegation_from(told.end.rrset, message.additional, dns.name.root, port)
    return delegation if any(host.glue for host in delegation.hosts) else None
