"""What is told of packets and frames, of routers and of what stands between."""

from __future__ import annotations

from collections import Counter
from typing import Any

from michinori.report.catalogue import word
from michinori.report.story import Fact
from michinori.report.telling.facts import Told, counted, fact, short
from michinori.trace import Event


def ip_header(told: Told) -> list[Fact]:
    sent = told.all("ip", "sent", own=True)
    if not sent:
        return []
    data = sent[0].data
    shown = {key: data.get(key, "–") for key in ("src", "dst", "protocol", "ttl", "id", "flags", "length")}
    shown["flags"] = data.get("flags") or "–"
    received = len(told.all("ip", "received", own=True))
    return [fact("ip-header", **shown), fact("ip-sent", host=told.browser_host, sent=len(sent), received=received)]


def mac_header(told: Told) -> list[Fact]:
    own = told.browser_host
    facts = [fact("mac-read", host=own, mac=event.data["mac"]) for event in told.all("link", "mac-read", own=True)[:1]]
    for event in told.all("ip", "routed", own=True)[:1]:
        data = event.data
        facts.append(
            fact(
                "routed",
                host=own,
                dst=data["dst"],
                chosen=_route(data["chosen"]),
                next_hop=data.get("next_hop") or data["dst"],
            )
        )
    asked, learned = told.all("arp", "asked", own=True), told.all("arp", "learned", own=True)
    if asked and learned:
        targets = ", ".join(dict.fromkeys(str(event.data.get("address", "?")) for event in asked))
        facts.append(fact("arp", host=own, targets=targets, mac=learned[0].data.get("mac", "?")))
    facts.append(fact("arp-cache", asked=len(told.all("arp", "asked")), hits=len(told.all("arp", "cache-hit"))))
    return facts


def _route(route: Any) -> str:
    return str(route.get("prefix", route)) if isinstance(route, dict) else str(route)


def router(told: Told) -> list[Fact]:
    facts = []
    forwarded = told.all("ip", "forwarded")
    hops = _longest_way(told, forwarded)
    if hops:
        names = " → ".join(event.host for event in hops)
        first, last = hops[0].data["ttl"], hops[-1].data["ttl"]
        facts.append(fact("hops", dst=hops[-1].data["dst"], hops=names, first=first, last=last))
    several = [event for event in forwarded if len(event.data.get("matches", ())) > 1]
    if several:
        most = max(several, key=lambda event: len(event.data["matches"]))
        matches = [_route(match) for match in most.data["matches"]]
        chosen = _route(most.data["chosen"])
        facts.append(
            fact(
                "longest",
                host=most.host,
                dst=most.data["dst"],
                count=len(matches),
                chosen=chosen,
                others=", ".join(match for match in matches if match != chosen),
            )
        )
    if forwarded:
        facts.append(fact("forwarded", count=len(forwarded)))
    cut: dict[str, list[Event]] = {}
    for event in told.all("ip", "fragmented"):
        cut.setdefault(event.host, []).append(event)
    facts += [
        fact("fragmented", host=host, count=len(events), mtu=events[0].data.get("mtu", "?"))
        for host, events in cut.items()
    ]
    return facts


def _longest_way(told: Told, forwarded: list[Event]) -> list[Event]:
    """The routers that passed on the first packet from the browser's host to each destination; of those ways the
    longest. A packet is followed by its destination and identification, which no router changes.
    """
    firsts = {event.data["dst"]: event.data["id"] for event in reversed(told.all("ip", "sent", own=True))}
    ways = [
        [event for event in forwarded if event.data["dst"] == dst and event.data.get("id") == number]
        for dst, number in firsts.items()
    ]
    return max(reversed(ways), key=len, default=[])


def between(told: Told) -> list[Fact]:
    facts = [
        fact("translated", host=event.host, **{key: event.data[key] for key in ("protocol", "inside", "outside")})
        for event in told.all("ip", "nat-mapped")[:2]
    ]
    return [*facts, fact("between", count=len(told.all("ip", "translated")))]


def ip_reception(told: Told) -> list[Fact]:
    facts = []
    sent = Counter(
        (event.host, str(event.data.get("to", "?")), short(event.data.get("meaning", "?")), _mtu(event))
        for event in told.all("icmp", "sent")
    )
    for (host, to, meaning, mtu), count in sent.items():
        said = {language: text + mtu for language, text in word(meaning).items()}
        facts.append(fact("icmp", host=host, to=to, meaning=said, count=count))
    facts += [
        fact("path-mtu", host=event.host, dst=event.data["dst"], mtu=event.data["mtu"])
        for event in told.all("ip", "path-mtu")[:2]
    ]
    whole: dict[str, int] = Counter(event.host for event in told.all("ip", "reassembled"))
    facts += [fact("reassembled", host=host, count=count) for host, count in whole.items()]
    dropped = told.all("ip", "dropped")
    if dropped:
        facts.append(fact("ip-dropped", whys=counted(f"{event.host} {event.why}" for event in dropped)))
    return facts


def _mtu(event: Event) -> str:
    mtu = event.data.get("mtu")
    return f", MTU {mtu}" if mtu else ""
