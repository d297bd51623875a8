"""What was learned and how long it holds: records, denials (RFC 2308) and failures (RFC 9520).

Nothing ticks here. An entry is looked at when somebody asks for it, and when there are too many the one that was not
asked for the longest time goes.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

import dns.name
import dns.rdatatype
import dns.rrset

from michinori.dns.telling import note, watched
from michinori.dns.told import Nothing, Question, Records, Told, target, with_ttl
from michinori.trace import NS_PER_S

_FIRST_FAILURE_S: Final = 5
_LAST_FAILURE_S: Final = 300

#: What an entry is filed under; without a type it is about the name as a whole.
_Key: TypeAlias = tuple[dns.name.Name, dns.rdatatype.RdataType | None]


@dataclass(frozen=True, slots=True)
class Terms:
    """How long and how much a cache keeps."""

    size: int = 10_000
    """Entries; the least recently used one goes."""
    min_ttl_s: int = 0
    max_ttl_s: int = 86_400
    max_negative_ttl_s: int = 10_800
    """RFC 2308 section 5: one to three hours have been found sensible."""
    stale_s: int = 0
    """How long an expired record may still serve when nobody can be reached, RFC 8767; 0 turns it off."""
    stale_ttl_s: int = 30


@dataclass(frozen=True, slots=True)
class Failed:
    """That question could not be answered, and is not asked again for a while."""

    reason: str
    seconds: int


@dataclass(frozen=True, slots=True)
class _Entry:
    value: Records | Nothing | Failed
    expires_ns: int


@dataclass(frozen=True, slots=True)
class Line:
    """An entry as a person may read it."""

    name: str
    type: str
    ttl_s: int
    text: str


class Cache:
    """The cache of one resolver."""

    def __init__(self, terms: Terms | None = None) -> None:
        self.terms = terms or Terms()
        self._entries: OrderedDict[_Key, _Entry] = OrderedDict()
        self._failures: OrderedDict[Question, _Entry] = OrderedDict()

    def keep(self, rrset: dns.rrset.RRset, now_ns: int) -> None:
        """Keep these records for their TTL. Those of TTL 0 are for the transaction at hand alone (RFC 1035 3.2.1)."""
        ttl_s = min(max(rrset.ttl, self.terms.min_ttl_s), self.terms.max_ttl_s)
        if ttl_s > 0:
            if self._entries.pop((rrset.name, None), None) is not None:
                _tell_forgotten((rrset.name, None))
            self._put((rrset.name, rrset.rdtype), Records(rrset), now_ns, ttl_s)

    def deny(self, question: Question, nothing: Nothing, now_ns: int) -> None:
        """Keep that there is nothing, for the smaller of the SOA's TTL and its MINIMUM (RFC 2308 section 5)."""
        soa = nothing.soa
        if soa is None:
            return
        ttl_s = min(soa.ttl, soa[0].minimum, self.terms.max_negative_ttl_s)
        if ttl_s > 0:
            key = (question.name, question.rdtype if nothing.name_exists else None)
            self._put(key, nothing, now_ns, ttl_s)

    def learn(self, question: Question, told: Told, now_ns: int) -> None:
        """Keep all that an answer said."""
        name = question.name
        for alias in told.aliases:
            self.keep(alias, now_ns)
            name = target(alias)
        match told.end:
            case Records(rrset):
                self.keep(rrset, now_ns)
            case Nothing() as nothing:
                self.deny(Question(name, question.rdtype), nothing, now_ns)

    def fail(self, question: Question, reason: str, now_ns: int) -> None:
        """Keep for a while that there was no getting an answer; twice as long each time in a row (RFC 9520 3.3)."""
        before = self._failures.pop(question, None)
        seconds = _FIRST_FAILURE_S
        if before is not None and isinstance(before.value, Failed):
            seconds = min(before.value.seconds * 2, _LAST_FAILURE_S)
        self._failures[question] = _Entry(Failed(reason, seconds), now_ns + seconds * NS_PER_S)
        if len(self._failures) > self.terms.size:
            self._failures.popitem(last=False)

    def succeed(self, question: Question) -> None:
        """Forget the failures of that question."""
        self._failures.pop(question, None)

    def failure(self, question: Question, now_ns: int) -> Failed | None:
        """The failure of that question, while it is remembered."""
        entry = self._failures.get(question)
        if entry is None or entry.expires_ns <= now_ns or not isinstance(entry.value, Failed):
            return None
        return entry.value

    def find(self, question: Question, now_ns: int, *, stale: bool = False) -> Told | None:
        """What is known, following aliases as far as they are known too; None when nothing is."""
        aliases: list[dns.rrset.RRset] = []
        name, rdtype = question
        seen = {name}
        while True:
            end = self._get((name, rdtype), now_ns, stale) or self._get((name, None), now_ns, stale)
            if end is not None or rdtype == dns.rdatatype.CNAME:
                break
            alias = self._get((name, dns.rdatatype.CNAME), now_ns, stale)
            if not isinstance(alias, Records):
                break
            aliases.append(alias.rrset)
            name = target(alias.rrset)
            if name in seen:
                break
            seen.add(name)
        return Told(tuple(aliases), end) if aliases or end is not None else None

    def flush(self) -> None:
        """Forget everything."""
        for key in self._entries:
            _tell_forgotten(key)
        self._entries.clear()
        self._failures.clear()

    def lines(self, now_ns: int) -> Iterator[Line]:
        """What is in the cache now, to be shown."""
        for (name, rdtype), entry in self._entries.items():
            ttl_s = (entry.expires_ns - now_ns) // NS_PER_S
            if ttl_s < 0 or entry.expires_ns <= now_ns:
                continue
            for text in _texts(rdtype, entry.value):
                yield Line(str(name), _kind(rdtype), ttl_s, text)

    def __len__(self) -> int:
        return len(self._entries)

    def _put(self, key: _Key, value: Records | Nothing, now_ns: int, ttl_s: int) -> None:
        self._entries[key] = _Entry(value, now_ns + ttl_s * NS_PER_S)
        self._entries.move_to_end(key)
        if watched():
            name, rdtype = key
            note("cached", name=str(name), type=_kind(rdtype), ttl=ttl_s, records=_texts(rdtype, value))
        if len(self._entries) > self.terms.size:
            _tell_forgotten(self._entries.popitem(last=False)[0])

    def _get(self, key: _Key, now_ns: int, stale: bool) -> Records | Nothing | None:
        entry = self._entries.get(key)
        if entry is None:
            return None
        left_ns = entry.expires_ns - now_ns
        if left_ns <= 0:
            if left_ns <= -self.terms.stale_s * NS_PER_S:
                del self._entries[key]
                return None
            if not stale:
                return None
        self._entries.move_to_end(key)
        ttl_s = left_ns // NS_PER_S if left_ns > 0 else self.terms.stale_ttl_s
        match entry.value:
            case Records(rrset):
                return Records(with_ttl(rrset, ttl_s))
            case Nothing(name_exists, soa) if soa is not None:
                return Nothing(name_exists, with_ttl(soa, ttl_s))
        return None


def _kind(rdtype: dns.rdatatype.RdataType | None) -> str:
    return "any" if rdtype is None else dns.rdatatype.to_text(rdtype)


def _texts(rdtype: dns.rdatatype.RdataType | None, value: Records | Nothing | Failed) -> list[str]:
    """What an entry says, a text a record."""
    if isinstance(value, Records):
        return [rdata.to_text() for rdata in value.rrset]
    return ["NXDOMAIN" if rdtype is None else "NODATA"]


def _tell_forgotten(key: _Key) -> None:
    if watched():
        note("forgotten", name=str(key[0]), type=_kind(key[1]))
