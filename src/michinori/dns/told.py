"""What is known about a question: the end of a chain of aliases, or that the chain leads on.

The same values come out of the cache and out of a server's answer.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass
from typing import Final, NamedTuple

import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

#: The type of the records that hold the addresses of a family.
RDTYPE_OF_FAMILY: Final[dict[int, dns.rdatatype.RdataType]] = {
    socket.AF_INET: dns.rdatatype.A,
    socket.AF_INET6: dns.rdatatype.AAAA,
}


class Question(NamedTuple):
    """A name and a type; the class is always IN."""

    name: dns.name.Name
    rdtype: dns.rdatatype.RdataType

    def __str__(self) -> str:
        return f"{str(self.name).removesuffix('.')} {dns.rdatatype.to_text(self.rdtype)}"


@dataclass(frozen=True, slots=True)
class Records:
    """The records asked for."""

    rrset: dns.rrset.RRset


@dataclass(frozen=True, slots=True)
class Nothing:
    """There are none: the name does not exist, or it has no record of this type. RFC 2308."""

    name_exists: bool
    soa: dns.rrset.RRset | None
    """From the zone that denies it; without it the denial may not be cached."""


@dataclass(frozen=True, slots=True)
class Told:
    """Aliases from the name asked about onward, and what stands at their end."""

    aliases: tuple[dns.rrset.RRset, ...]
    end: Records | Nothing | None
    """None when the last alias points to a name about which nothing was said."""


def with_ttl(rrset: dns.rrset.RRset, ttl_s: int) -> dns.rrset.RRset:
    """The same records with that TTL."""
    return dns.rrset.from_rdata_list(rrset.name, ttl_s, list(rrset))


def target(alias: dns.rrset.RRset) -> dns.name.Name:
    """Where a CNAME points to."""
    pointed: dns.name.Name = alias[0].target
    return pointed


@dataclass(frozen=True, slots=True)
class Resolution:
    """The answer to a client's question."""

    rcode: dns.rcode.Rcode
    answer: tuple[dns.rrset.RRset, ...] = ()
    authority: tuple[dns.rrset.RRset, ...] = ()
    reason: str = ""
    """Why it is SERVFAIL."""
    stale: bool = False

    @classmethod
    def of(cls, aliases: tuple[dns.rrset.RRset, ...], end: Records | Nothing) -> Resolution:
        """From what was told."""
        match end:
            case Records(rrset):
                return cls(dns.rcode.NOERROR, (*aliases, rrset))
            case Nothing(name_exists, soa):
                rcode = dns.rcode.NOERROR if name_exists else dns.rcode.NXDOMAIN
                return cls(rcode, aliases, () if soa is None else (soa,))
