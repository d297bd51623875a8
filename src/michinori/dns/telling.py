"""Telling the recorder what happens, and making what is sent name the event that it follows from."""

from __future__ import annotations

from typing import Any

import dns.rdatatype

from michinori import trace
from michinori.dns.messages import texts
from michinori.dns.told import Nothing, Question, Records, Told


def note(what: str, *, connection: str = "", why: str = "", **data: Any) -> int:
    """Record an event of the layer dns. Gives its number, 0 when nobody watches."""
    return trace.note("dns", what, connection=connection, why=why, **data)


def watched() -> bool:
    """Whether events are kept at all: ask before building costly data for one."""
    recorder = trace.current().recorder
    return recorder is not None and recorder.events


def now_ns() -> int:
    """The instant on the clock of the running task."""
    return trace.current().clock.now_ns()


def place(address: tuple[str, int]) -> str:
    """A server's address as events and sentences write it: the port only where it is not 53."""
    host, port = address
    if port == 53:
        return host
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def tell_cache_hit(question: Question, told: Told) -> None:
    """Record that something was known already."""
    if not watched():
        return
    rrsets = [*told.aliases]
    kind = "alias"
    match told.end:
        case Records(rrset):
            rrsets.append(rrset)
            kind = "records"
        case Nothing(name_exists, soa):
            rrsets += [soa] if soa is not None else []
            kind = "no-data" if name_exists else "no-name"
    note(
        "cache-hit",
        name=str(question.name),
        type=dns.rdatatype.to_text(question.rdtype),
        kind=kind,
        answers=texts(rrsets),
        ttl=min((rrset.ttl for rrset in rrsets), default=0),
    )
