"""What is told of the browser, the names, the requests and the server."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from michinori.japanese import in_japanese
from michinori.report.catalogue import Texts, word
from michinori.report.reasons import retold
from michinori.report.story import Fact
from michinori.report.telling.facts import Told, counted, fact, short
from michinori.trace import Event
from michinori.world.units import show_duration


def address_bar(told: Told) -> list[Fact]:
    facts = []
    for event in told.all("browser", "address-typed"):
        key = "typed-words" if event.data.get("kind") == "words" else "typed-url"
        facts.append(fact(key, text=short(event.data.get("text", ""))))
    facts += [fact("search-asked", url=short(event.data["url"])) for event in told.all("browser", "search-asked")]
    return facts


def url_parts(told: Told) -> list[Fact]:
    events = told.all("browser", "url-parsed")
    first = events[0].data
    parts = {name: short(first.get(name) or "–") for name in ("scheme", "host", "port", "path")}
    facts = [fact("url-parts", **parts)]
    if len(events) > 1:
        facts.append(fact("url-more", count=len(events) - 1))
    return facts


def request_message(told: Told) -> list[Fact]:
    events = told.by_row["B4"]
    first = events[0].data
    facts = [
        fact(
            "request",
            method=short(first["method"]),
            target=short(first["target"]),
            version=first.get("version", "HTTP/1.1"),
            fields=len(first.get("headers", ())),
            octets=first.get("head_octets", 0),
        )
    ]
    heads = told.all("http", "response-head", own=True)
    if heads:
        statuses = counted(
            f"{head.data.get('status')} {short(head.data.get('reason', ''), 30)}".strip() for head in heads
        )
        facts.append(fact("requests", count=len(told.all("http", "request-sent", own=True)), statuses=statuses))
    return facts


def encryption(told: Told) -> list[Fact]:
    names = ("server_name", "version", "cipher")
    done = Counter(tuple(short(event.data[name]) for name in names) for event in told.by_row["B5"])
    return [fact("tls", count=count, **dict(zip(names, agreed, strict=True))) for agreed, count in done.items()]


def name_resolution(told: Told) -> list[Fact]:
    asked = told.all("dns", "asked", own=True)
    facts = []
    for event in asked[:2]:
        data = event.data
        facts.append(
            fact(
                "dns-asked",
                host=event.host,
                name=short(data["name"]),
                type=data["type"],
                server=data["server"],
                transport=data.get("transport", "udp").upper(),
            )
        )
    facts += _walks(told)
    facts += list(_answers(told, asked))
    for key, what in (("dns-cached", "cache-hit"), ("dns-timed-out", "timed-out"), ("dns-truncated", "truncated")):
        count = len(told.all("dns", what))
        if count:
            facts.append(fact(key, count=count))
    for event in told.all("dns", "gave-up")[:2]:
        facts.append(fact("dns-gave-up", name=short(event.data.get("name", "")), why=_whole(event.why)))
    return facts


def _walks(told: Told) -> list[Fact]:
    """How the resolvers went down: who referred them, and who answered with authority."""
    walks: dict[str, list[str]] = {}
    for event in told.events:
        if event.layer != "dns" or event.host == told.browser_host:
            continue
        server = event.data.get("server", "?")
        if event.what == "referred":
            walks.setdefault(event.host, []).append(f"{short(event.data['asked_zone'])} ({server})")
        elif event.what == "answered" and event.data.get("authoritative"):
            walks.setdefault(event.host, []).append(f"{short(event.data['name'])} ({server})")
    counts = Counter(event.host for event in told.all("dns", "asked"))
    return [
        fact("dns-walk", host=host, count=counts[host], zones=" → ".join(dict.fromkeys(stops)))
        for host, stops in walks.items()
    ]


def _answers(told: Told, asked: list[Event]) -> Iterator[Fact]:
    for question in asked[:2]:
        for event in told.all("dns", "answered", own=True):
            same = all(event.data.get(key) == question.data.get(key) for key in ("name", "type", "id"))
            if same and event.t >= question.t:
                answers = ", ".join(_record(answer) for answer in event.data.get("answers", ())) or event.data["rcode"]
                yield fact(
                    "dns-answer",
                    name=short(event.data["name"]),
                    answers=answers,
                    took=show_duration(event.t - question.t),
                )
                break


def _record(text: str) -> str:
    """``A 203.0.113.80`` of a resource record as zone files have it: name, lifetime, type, data."""
    return short(" ".join(text.split()[2:]), 60)


def server_application(told: Told) -> list[Fact]:
    return [fact("served", count=len(told.all("http", "response-sent")))]


def drawing(told: Told) -> list[Fact]:
    facts = []
    urls = {event.data.get("url") for event in told.all("browser", "document-parsed")}
    for event in told.all("browser", "sniffed"):
        if event.data.get("url") in urls:
            header = event.data.get("header_type") or "–"
            facts.append(fact("sniffed", type=short(event.data.get("type")), header_type=short(header)))
    facts += [
        fact("decoded", charset=short(event.data.get("charset")), how=word(short(event.data.get("how"))))
        for event in told.all("browser", "decoded")
        if event.data.get("url") in urls
    ]
    coded = told.all("http", "content-decoded")
    for coding in dict.fromkeys(str(event.data.get("coding")) for event in coded):
        these = [event.data for event in coded if str(event.data.get("coding")) == coding]
        before, after = (f"{sum(data.get(key, 0) for data in these):,}" for key in ("from", "to"))
        facts.append(fact("content-decoded", coding=short(coding), before=before, after=after))
    found = told.all("browser", "resource-found")
    if found:
        facts.append(fact("resources", kinds=counted(event.data.get("kind") for event in found)))
    images = told.all("browser", "image-decoded")
    if images:
        shown = [_image(event.data) for event in images]
        facts.append(fact("images", images=short(", ".join(shown), 160)))
    failed = told.all("browser", "resource-failed")
    facts += [fact("missing", url=short(event.data.get("url")), why=_cause(event.why)) for event in failed[:3]]
    facts += [
        fact("painted", **{key: event.data.get(key, "?") for key in ("width", "height", "engine")})
        for event in told.all("browser", "painted")[-1:]
    ]
    return facts


def _whole(why: str) -> Texts:
    return {"ja": short(in_japanese(why)), "en": short(why)}


def _cause(why: str) -> Texts:
    (japanese, english), _ = retold(why)
    return {"ja": short(japanese, 120), "en": short(english, 120)}


def _image(data: dict[str, Any]) -> str:
    size = f" {data.get('width')}×{data.get('height')}" if data.get("width") else ""
    return f"{data.get('format')}{size}"
