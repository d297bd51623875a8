"""Who serves which zone, as the zones above have said: kept apart from answers, because it never answers a question.

That is RFC 2181 section 5.4.1 by construction: neither glue nor a parent's NS records can come before what the zone's
own servers say, and a client that keeps asking cannot keep a withdrawn delegation alive.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import dns.name
import dns.rdatatype
import dns.rrset

from michinori.dns.listener import Address
from michinori.dns.names import ancestors
from michinori.dns.told import Question
from michinori.trace import NS_PER_S

_SIZE: Final = 10_000
_MAX_TTL_S: Final = 86_400
_HOSTS_TAKEN: Final = 20

#: Name servers of the root by name, each with its addresses: plain, or with a port other than the usual one.
RootHints: TypeAlias = Mapping[str, Sequence[str | Address]]


@dataclass(frozen=True, slots=True)
class Host:
    """A name server of a zone, with the addresses that came with the delegation (glue), if any did."""

    name: dns.name.Name
    glue: tuple[Address, ...] = ()


@dataclass(frozen=True, slots=True)
class Delegation:
    """A zone and its servers."""

    zone: dns.name.Name
    hosts: tuple[Host, ...]
    ttl_s: int


class Delegations:
    """All that are known, on top of the root hints."""

    def __init__(self, hints: RootHints, port: int = 53) -> None:
        hosts = tuple(
            Host(
                dns.name.from_text(name),
                tuple((place, port) if isinstance(place, str) else place for place in places),
            )
            for name, places in hints.items()
        )
        if not any(host.glue for host in hosts):
            raise ValueError("a resolver needs the address of at least one root server")
        self.root = Delegation(dns.name.root, hosts, 0)
        self._known: OrderedDict[dns.name.Name, tuple[Delegation, int]] = OrderedDict()

    def keep(self, delegation: Delegation, now_ns: int) -> None:
        """Keep a delegation for its TTL."""
        expires_ns = now_ns + min(delegation.ttl_s, _MAX_TTL_S) * NS_PER_S
        self._known[delegation.zone] = (delegation, expires_ns)
        self._known.move_to_end(delegation.zone)
        if len(self._known) > _SIZE:
            self._known.popitem(last=False)

    def forget(self, zone: dns.name.Name) -> None:
        """Its servers were of no use: ask the zone above again next time."""
        self._known.pop(zone, None)

    def closest(self, question: Question, now_ns: int) -> Delegation:
        """The lowest known zone whose servers can help; for DS that is never the name's own zone."""
        name, rdtype = question
        above: Iterable[dns.name.Name] = ancestors(name)
        if rdtype == dns.rdatatype.DS and name != dns.name.root:
            above = ancestors(name.parent())
        for zone in above:
            known = self._known.get(zone)
            if known is None:
                continue
            delegation, expires_ns = known
            if expires_ns > now_ns:
                self._known.move_to_end(zone)
                return delegation
            del self._known[zone]
        return self.root

    def flush(self) -> None:
        """Forget all but the hints."""
        self._known.clear()

    def __len__(self) -> int:
        return len(self._known)


def delegation_from(
    ns: dns.rrset.RRset, additional: Iterable[dns.rrset.RRset], told_by: dns.name.Name, port: int
) -> Delegation:
    """The delegation in these NS records; of the addresses beside it those that the zone ``told_by`` may tell."""
    glue: dict[dns.name.Name, list[Address]] = {}
    for rrset in additional:
        if rrset.rdtype in (dns.rdatatype.A, dns.rdatatype.AAAA) and rrset.name.is_subdomain(told_by):
            glue.setdefault(rrset.name, []).extend((rdata.address, port) for rdata in rrset)
    names = dict.fromkeys(rdata.target for rdata in ns)
    hosts = tuple(Host(name, tuple(glue.get(name, ()))) for name in names)
    return Delegation(ns.name, hosts[:_HOSTS_TAKEN], ns.ttl)
