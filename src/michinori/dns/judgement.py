"""What a server's answer is worth: records, a denial, a referral downward, or nothing that helps.

Whatever a server says about names outside its zone is not even looked at (RFC 5452 section 6): it may speak for nobody
else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset

from michinori.dns.delegation import Delegation, delegation_from
from michinori.dns.messages import explanation, rcode_text
from michinori.dns.told import Nothing, Question, Records, Told, target, with_ttl

_CNAME: Final = dns.rdatatype.CNAME
_MAX_ALIASES: Final = 16


@dataclass(frozen=True, slots=True)
class Referral:
    """The name lies in a zone further down, served by others."""

    delegation: Delegation


@dataclass(frozen=True, slots=True)
class Useless:
    """The answer does not help."""

    why: str
    lame: bool = False
    """The server does not serve the zone, although it should."""
    without_edns: bool = False
    """It may help to ask again without EDNS (RFC 6891 section 7)."""


Judgement: TypeAlias = Told | Referral | Useless


def judge(message: dns.message.Message, zone: dns.name.Name, question: Question, port: int = 53) -> Judgement:
    """Judge the answer that a server of ``zone`` gave to the question. ``port``: where its referrals' hosts listen."""
    if message.rcode() not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
        return _judge_error(message)
    authority = [rrset for rrset in message.authority if _may_say(rrset, zone)]
    authoritative = bool(message.flags & dns.flags.AA)
    aliases, records = _follow(message.answer, zone, question)
    if aliases or records is not None:
        if not authoritative:
            return Useless("it answers for the zone without authority", lame=True)
        if records is not None:
            return Told(tuple(aliases), Records(records))
    last = target(aliases[-1]) if aliases else question.name
    nothing = _denial(message, authority, last)
    if aliases:
        return Told(tuple(aliases), nothing if nothing is not None and last.is_subdomain(zone) else None)
    if nothing is not None and authoritative:
        return Told((), nothing)
    referral = _referral(message, authority, zone, question, port)
    if referral is not None:
        return referral
    if authoritative and message.rcode() == dns.rcode.NOERROR and not authority:
        return Told((), Nothing(name_exists=True, soa=None))
    return Useless("it does not serve the zone", lame=True)


def _judge_error(message: dns.message.Message) -> Useless:
    rcode = message.rcode()
    said = explanation(message)
    why = f"it answered {rcode_text(message)}" + (f" ({said})" if said else "")
    if rcode in (dns.rcode.FORMERR, dns.rcode.NOTIMP, dns.rcode.BADVERS):
        return Useless(why, without_edns=message.edns < 0 or rcode == dns.rcode.BADVERS)
    return Useless(why, lame=rcode in (dns.rcode.REFUSED, dns.rcode.NOTAUTH))


def _may_say(rrset: dns.rrset.RRset, zone: dns.name.Name) -> bool:
    return rrset.rdclass == dns.rdataclass.IN and len(rrset) > 0 and rrset.name.is_subdomain(zone)


def _follow(
    answer: list[dns.rrset.RRset], zone: dns.name.Name, question: Question
) -> tuple[list[dns.rrset.RRset], dns.rrset.RRset | None]:
    """The aliases from the name asked about, as far as the zone may tell, and the records at their end."""
    said = {(rrset.name, rrset.rdtype): rrset for rrset in answer if _may_say(rrset, zone)}
    name, rdtype = question
    aliases: list[dns.rrset.RRset] = []
    seen = {name}
    while True:
        records = said.get((name, rdtype))
        if records is not None or rdtype == _CNAME:
            return aliases, None if records is None else _named(name, records)
        alias = said.get((name, _CNAME))
        if alias is None:
            return aliases, None
        aliases.append(_named(name, alias))
        name = target(alias)
        if name in seen or len(aliases) >= _MAX_ALIASES:
            return aliases, None
        seen.add(name)


def _named(name: dns.name.Name, rrset: dns.rrset.RRset) -> dns.rrset.RRset:
    """The records under the name as it was asked for: a server may write it in another mixture of cases."""
    return dns.rrset.from_rdata_list(name, rrset.ttl, list(rrset))


def _denial(message: dns.message.Message, authority: list[dns.rrset.RRset], name: dns.name.Name) -> Nothing | None:
    """A denial by RFC 2308 section 2: NXDOMAIN, or NOERROR with the zone's SOA."""
    missing = message.rcode() == dns.rcode.NXDOMAIN
    for rrset in authority:
        if rrset.rdtype == dns.rdatatype.SOA and name.is_subdomain(rrset.name):
            soa = with_ttl(rrset, min(rrset.ttl, rrset[0].minimum))
            return Nothing(name_exists=not missing, soa=soa)
    return Nothing(name_exists=False, soa=None) if missing else None


def _referral(
    message: dns.message.Message,
    authority: list[dns.rrset.RRset],
    zone: dns.name.Name,
    question: Question,
    port: int,
) -> Referral | None:
    """A referral leads strictly downward, toward the name: so the way down ends, whatever the servers say."""
    for rrset in authority:
        below = rrset.name != zone and question.name.is_subdomain(rrset.name)
        if rrset.rdtype == dns.rdatatype.NS and below:
            return Referral(delegation_from(rrset, message.additional, zone, port))
    return None


def read_recursive(message: dns.message.Message, question: Question) -> Told | None:
    """What a recursive resolver answered. It is trusted in all it says, but must have gone to the end of the aliases:
    None if it has not.
    """
    aliases, records = _follow(message.answer, dns.name.root, question)
    if records is not None:
        return Told(tuple(aliases), Records(records))
    last = target(aliases[-1]) if aliases else question.name
    if last in (question.name, *(alias.name for alias in aliases[1:])) and aliases:
        return None
    nothing = _denial(message, message.authority, last)
    if nothing is None and not any(rrset.rdtype == dns.rdatatype.NS for rrset in message.authority):
        nothing = Nothing(name_exists=True, soa=None)
    return None if nothing is None else Told(tuple(aliases), nothing)
