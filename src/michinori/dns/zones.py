"""A zone and how a name is found in it: RFC 1034 section 4.3.2 with wildcards by RFC 4592 and DNAME by RFC 6672."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

import dns.exception
import dns.name
import dns.node
import dns.rdata
import dns.rdataclass
import dns.rdataset
import dns.rdatatype
import dns.rrset
import dns.zone

from michinori.dns.names import ancestors
from michinori.dns.told import Question, with_ttl

_A: Final = dns.rdatatype.A
_AAAA: Final = dns.rdatatype.AAAA
_ANY: Final = dns.rdatatype.ANY
_CNAME: Final = dns.rdatatype.CNAME
_DNAME: Final = dns.rdatatype.DNAME
_DS: Final = dns.rdatatype.DS
_NS: Final = dns.rdatatype.NS
_WILDCARD: Final = b"*"


class BadZone(ValueError):
    """A zone file that cannot be served; the message names the zone and the line."""


@dataclass(frozen=True, slots=True)
class Data:
    """The records asked for."""

    rrset: dns.rrset.RRset


@dataclass(frozen=True, slots=True)
class Alias:
    """The name is an alias: ``cname`` says of what; a ``dname`` that it was made from stands before it."""

    cname: dns.rrset.RRset
    dname: dns.rrset.RRset | None = None


@dataclass(frozen=True, slots=True)
class Cut:
    """The name lies in a zone that was delegated away, to these servers."""

    ns: dns.rrset.RRset


@dataclass(frozen=True, slots=True)
class Missing:
    """There is nothing: no such name, or no record of the type."""

    name_exists: bool


@dataclass(frozen=True, slots=True)
class TooLong:
    """The name that a DNAME leads to would be longer than a name may be."""

    dname: dns.rrset.RRset


Found: TypeAlias = Data | Alias | Cut | Missing | TooLong


class Zone:
    """The authoritative data of one zone."""

    def __init__(self, zone: dns.zone.Zone) -> None:
        assert zone.origin is not None
        self.origin: dns.name.Name = zone.origin
        self._nodes: dict[dns.name.Name, dns.node.Node] = {
            name.derelativize(self.origin): node for name, node in zone.nodes.items() if node.rdatasets
        }
        # Names that exist only because something exists below them ("empty non-terminals", RFC 4592 section 2.2.2).
        self._names: dict[dns.name.Name, None] = {}
        for owner in self._nodes:
            for name in ancestors(owner):
                self._names[name] = None
                if name == self.origin:
                    break
        self._cuts = frozenset(name for name in self._nodes if name != self.origin and self._rdataset(name, _NS))
        # The hosts of all NS records: their addresses are glue wherever they stand.
        self._servers = frozenset(host for owner in self._nodes for host in hosts_in(self._rdataset(owner, _NS) or ()))
        soa = self._rdataset(self.origin, dns.rdatatype.SOA)
        assert soa is not None
        self.soa = _rrset(self.origin, soa)
        # RFC 2308 section 3: in a denial the SOA carries the TTL for which the denial holds.
        self.denial = with_ttl(self.soa, min(self.soa.ttl, self.soa[0].minimum))

    @classmethod
    def from_text(cls, text: str, origin: str | None = None) -> Zone:
        """A zone from the text of a zone file (RFC 1035 section 5). Raises ``BadZone``."""
        called = origin or "named by $ORIGIN"
        try:
            zone = dns.zone.from_text(text, origin=origin, relativize=False, check_origin=False)
            if zone.origin is None or zone.origin not in zone.nodes:
                raise BadZone(f"zone {called}: it has no records at its top")
            zone.check_origin()
        except BadZone:
            raise
        except (dns.exception.DNSException, ValueError) as error:
            said = str(error).replace("<string>:", "line ").removesuffix(".") or type(error).__name__
            raise BadZone(f"zone {called}: {said}") from error
        return cls(zone)

    def holds(self, name: dns.name.Name) -> bool:
        """Whether the name stands at or below the zone's top."""
        return name.is_subdomain(self.origin)

    def find(self, question: Question) -> Found:
        """What the zone says about a name that it holds, without following aliases."""
        name, rdtype = question
        top = len(self.origin)
        for depth in range(top, len(name) + 1):
            step = name.split(depth)[1]
            whole = depth == len(name)
            if step not in self._names:
                return self._by_wildcard(step.parent(), question)
            if step in self._cuts and not (whole and rdtype == _DS):
                return Cut(self._must(step, _NS))
            dname = None if whole else self._rdataset(step, _DNAME)
            if dname is not None:
                return _through(_rrset(step, dname), name)
        return self._at(name, question)

    def addresses(self, host: dns.name.Name) -> Iterator[dns.rrset.RRset]:
        """The address records of a host as they stand in the file, those below a cut (glue) included."""
        for rdtype in (_A, _AAAA):
            rdataset = self._rdataset(host, rdtype)
            if rdataset is not None:
                yield _rrset(host, rdataset)

    def problems(self) -> list[str]:
        """What is wrong with the zone although it can be read: sentences, none for a sound zone."""
        found: list[str] = []
        for name in self._nodes:
            for rdtype in (_NS, dns.rdatatype.MX, dns.rdatatype.SRV):
                found += self._bad_targets(name, rdtype)
            if self._is_occluded(name) and not self._is_glue(name):
                found.append(f"{name} lies below a delegation and is no address of a server")
        return found

    def _bad_targets(self, owner: dns.name.Name, rdtype: dns.rdatatype.RdataType) -> Iterator[str]:
        for rdata in self._rdataset(owner, rdtype) or ():
            host = targets_of(rdata)
            if host is None or host == dns.name.root or not self.holds(host):
                continue
            kind = dns.rdatatype.to_text(rdtype)
            if self._rdataset(host, _CNAME):
                yield f"{owner} {kind} {host}: an alias may not stand there (RFC 2181 section 10.3)"
            elif not any(self.addresses(host)) and not self._by_wildcard_has_address(host):
                yield f"{owner} {kind} {host}: the host has no address"

    def _by_wildcard_has_address(self, host: dns.name.Name) -> bool:
        return any(isinstance(self.find(Question(host, rdtype)), Data | Cut) for rdtype in (_A, _AAAA))

    def _is_occluded(self, name: dns.name.Name) -> bool:
        return name not in self._cuts and any(above in self._cuts for above in ancestors(name))

    def _is_glue(self, name: dns.name.Name) -> bool:
        kinds = {rdataset.rdtype for rdataset in self._nodes[name]}
        return kinds <= {_A, _AAAA} and name in self._servers

    def _by_wildcard(self, encloser: dns.name.Name, question: Question) -> Found:
        """RFC 4592 section 3.3: only the wildcard right below the closest existing name counts."""
        try:
            wildcard = dns.name.Name((_WILDCARD, *encloser.labels))
        except dns.name.NameTooLong:
            return Missing(name_exists=False)
        if wildcard not in self._names:
            return Missing(name_exists=False)
        return self._at(wildcard, question)

    def _at(self, owner: dns.name.Name, question: Question) -> Found:
        """What stands at that owner, under the name that was asked about."""
        name, rdtype = question
        if rdtype == _ANY:
            node = self._nodes.get(owner)
            # RFC 8482 section 4.1: one set of records is answer enough.
            return Data(_rrset(name, node.rdatasets[0])) if node else Missing(name_exists=True)
        rdataset = self._rdataset(owner, rdtype)
        if rdataset is not None:
            return Data(_rrset(name, rdataset))
        cname = self._rdataset(owner, _CNAME)
        return Alias(_rrset(name, cname)) if cname is not None else Missing(name_exists=True)

    def _rdataset(self, name: dns.name.Name, rdtype: dns.rdatatype.RdataType) -> dns.rdataset.Rdataset | None:
        node = self._nodes.get(name)
        return None if node is None else node.get_rdataset(dns.rdataclass.IN, rdtype)

    def _must(self, name: dns.name.Name, rdtype: dns.rdatatype.RdataType) -> dns.rrset.RRset:
        rdataset = self._rdataset(name, rdtype)
        assert rdataset is not None
        return _rrset(name, rdataset)


def nearest(zones: dict[dns.name.Name, Zone], question: Question) -> Zone | None:
    """The zone that should answer: the lowest that holds the name; for DS the one above the cut (RFC 4035 3.1.4.1)."""
    above = None
    for name in ancestors(question.name):
        zone = zones.get(name)
        if zone is None:
            continue
        if question.rdtype != _DS or name != question.name:
            return zone
        above = zone
    return above


def targets_of(rdata: dns.rdata.Rdata) -> dns.name.Name | None:
    """The host that an NS, MX or SRV record points to."""
    host = getattr(rdata, "target", None) or getattr(rdata, "exchange", None)
    return host if isinstance(host, dns.name.Name) else None


def hosts_in(rrset: Iterable[dns.rdata.Rdata]) -> list[dns.name.Name]:
    """The hosts that these records point to, each once, in their order."""
    return list(dict.fromkeys(host for rdata in rrset if (host := targets_of(rdata)) is not None))


def _through(dname: dns.rrset.RRset, name: dns.name.Name) -> Alias | TooLong:
    """The CNAME that a DNAME makes of a name below it."""
    try:
        pointed = name.relativize(dname.name).concatenate(dname[0].target)
    except dns.name.NameTooLong:
        return TooLong(dname)
    cname = dns.rdata.from_text(dns.rdataclass.IN, _CNAME, str(pointed))
    return Alias(dns.rrset.from_rdata(name, dname.ttl, cname), dname)


def _rrset(name: dns.name.Name, rdataset: dns.rdataset.Rdataset) -> dns.rrset.RRset:
    return dns.rrset.from_rdata_list(name, rdataset.ttl, list(rdataset))
