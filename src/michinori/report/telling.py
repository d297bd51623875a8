"""What is told of each row: facts drawn from the recorded events, and from nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, TypeAlias

from michinori.report.catalogue import LANGUAGES, Texts, word
from michinori.report.story import Fact
from michinori.report.text import visible
from michinori.trace import Event, causes
from michinori.world.units import show_duration

_SHORT: Final = 90


class Told:
    """The events of a journey, at hand for telling."""

    def __init__(self, events: list[Event], by_row: dict[str, list[Event]], browser_host: str) -> None:
        self.events = events
        self.by_row = by_row
        self.browser_host = browser_host
        self._by_kind: dict[tuple[str, str], list[Event]] = {}
        for event in events:
            self._by_kind.setdefault((event.layer, event.what), []).append(event)

    def all(self, layer: str, what: str, *, own: bool = False) -> list[Event]:
        """The events of a kind; ``own``: of the browser's host alone."""
        found = self._by_kind.get((layer, what), [])
        return [event for event in found if event.host == self.browser_host] if own else found


Teller: TypeAlias = Callable[[Told], list[Fact]]


def _short(text: Any, limit: int = _SHORT) -> str:
    return visible(str(text), limit=limit)


def _counted(words: Iterable[Any]) -> Texts:
    counts = Counter(str(each) for each in words)
    return {
        language: ", ".join(f"{word(each)[language]} ×{count}" for each, count in counts.items())
        for language in LANGUAGES
    }


def _fact(key: str, **values: Any) -> Fact:
    return Fact(key, values)


def address_bar(told: Told) -> list[Fact]:
    facts = []
    for event in told.all("browser", "address-typed"):
        key = "typed-words" if event.data.get("kind") == "words" else "typed-url"
        facts.append(_fact(key, text=_short(event.data.get("text", ""))))
    facts += [_fact("search-asked", url=_short(event.data["url"])) for event in told.all("browser", "search-asked")]
    return facts


def url_parts(told: Told) -> list[Fact]:
    events = told.all("browser", "url-parsed")
    first = events[0].data
    parts = {name: _short(first.get(name) or "–") for name in ("scheme", "host", "port", "path")}
    facts = [_fact("url-parts", **parts)]
    if len(events) > 1:
        facts.append(_fact("url-more", count=len(events) - 1))
    return facts


def request_message(told: Told) -> list[Fact]:
    events = told.by_row["B4"]
    first = events[0].data
    facts = [
        _fact(
            "request",
            method=_short(first["method"]),
            target=_short(first["target"]),
            version=first.get("version", "HTTP/1.1"),
            fields=len(first.get("headers", ())),
            octets=first.get("head_octets", 0),
        )
    ]
    heads = told.all("http", "response-head", own=True)
    if heads:
        statuses = _counted(
            f"{head.data.get('status')} {_short(head.data.get('reason', ''), 30)}".strip() for head in heads
        )
        facts.append(_fact("requests", count=len(told.all("http", "request-sent", own=True)), statuses=statuses))
    return facts


def name_resolution(told: Told) -> list[Fact]:
    asked = told.all("dns", "asked", own=True)
    facts = []
    for event in asked[:2]:
        data = event.data
        facts.append(
            _fact(
                "dns-asked",
                host=event.host,
                name=_short(data["name"]),
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
            facts.append(_fact(key, count=count))
    for event in told.all("dns", "gave-up")[:2]:
        facts.append(_fact("dns-gave-up", name=_short(event.data.get("name", "")), why=_short(event.why)))
    return facts


def _walks(told: Told) -> list[Fact]:
    """How the resolvers went down: who referred them, and who answered with authority."""
    walks: dict[str, list[str]] = {}
    for event in told.events:
        if event.layer != "dns" or event.host == told.browser_host:
            continue
        server = event.data.get("server", "?")
        if event.what == "referred":
            walks.setdefault(event.host, []).append(f"{_short(event.data['asked_zone'])} ({server})")
        elif event.what == "answered" and event.data.get("authoritative"):
            walks.setdefault(event.host, []).append(f"{_short(event.data['name'])} ({server})")
    counts = Counter(event.host for event in told.all("dns", "asked"))
    return [
        _fact("dns-walk", host=host, count=counts[host], zones=" → ".join(dict.fromkeys(stops)))
        for host, stops in walks.items()
    ]


def _answers(told: Told, asked: list[Event]) -> Iterator[Fact]:
    for question in asked[:2]:
        for event in told.all("dns", "answered", own=True):
            same = all(event.data.get(key) == question.data.get(key) for key in ("name", "type", "id"))
            if same and event.t >= question.t:
                answers = ", ".join(_record(answer) for answer in event.data.get("answers", ())) or event.data["rcode"]
                yield _fact(
                    "dns-answer",
                    name=_short(event.data["name"]),
                    answers=answers,
                    took=show_duration(event.t - question.t),
                )
                break


def _record(text: str) -> str:
    """``A 203.0.113.80`` of a resource record as zone files have it: name, lifetime, type, data."""
    return _short(" ".join(text.split()[2:]), 60)


def sockets(told: Told) -> list[Fact]:
    facts = []
    created = told.all("socket", "created", own=True)
    if created:
        facts.append(
            _fact("sockets", host=told.browser_host, kinds=_counted(event.data.get("kind") for event in created))
        )
    for event in reversed(told.all("socket", "table", own=True)):
        for line in event.data.get("sockets", ()):
            if line.get("state") == "ESTABLISHED":
                return [*facts, _fact("socket-line", local=line["local"], remote=line["remote"], state=line["state"])]
    return facts


def copied_socket(told: Told) -> list[Fact]:
    events = told.by_row["B8"]
    first = events[0]
    return [
        _fact(
            "copied", host=first.host, listener=first.data["listener"], remote=first.data["remote"], count=len(events)
        )
    ]


def _paths(events: Iterable[Event]) -> dict[tuple[str, str], list[Event]]:
    """State changes by host and connection, in their order."""
    paths: dict[tuple[str, str], list[Event]] = {}
    for event in events:
        if event.what == "state-changed":
            paths.setdefault((event.host, event.connection), []).append(event)
    return paths


def handshake(told: Told) -> list[Fact]:
    paths = _paths(told.all("tcp", "state-changed", own=True))
    done = []
    for path in paths.values():
        opened = [event for event in path if event.data["to"] in ("SYN-SENT", "ESTABLISHED")]
        if [event.data["to"] for event in opened] == ["SYN-SENT", "ESTABLISHED"]:
            done.append(opened)
    if not done:
        return []
    opened = done[0]
    states = " → ".join([opened[0].data["from"], *(event.data["to"] for event in opened)])
    return [
        _fact("handshake", client=told.browser_host, path=states, took=show_duration(opened[1].t - opened[0].t)),
        _fact("handshakes", host=told.browser_host, count=len(done)),
    ]


def send_buffer(told: Told) -> list[Fact]:
    facts = []
    split = told.all("tcp", "split")
    if split:
        most = max(split, key=lambda event: event.data["octets"])
        data = {key: most.data[key] for key in ("octets", "segments", "mss")}
        facts.append(_fact("split", host=most.host, **data))
    gathered = told.all("tcp", "gathered")
    if gathered:
        facts.append(_fact("gathered", count=len(gathered)))
    return facts


def retransmission(told: Told) -> list[Fact]:
    facts = []
    again = told.all("tcp", "retransmitted")
    if again:
        facts.append(_fact("retransmitted", count=len(again), whys=_counted(event.why or "?" for event in again)))
    for key, what in (
        ("received-twice", "duplicate-received"),
        ("out-of-order", "out-of-order"),
        ("tcp-gave-up", "gave-up"),
    ):
        count = len(told.all("tcp", what))
        if count:
            facts.append(_fact(key, count=count))
    return facts


def initial_sequence_number(told: Told) -> list[Fact]:
    events = told.by_row["B12"]
    hosts = dict.fromkeys(event.host for event in events)
    firsts = [next(event for event in events if event.host == host) for host in list(hosts)[:2]]
    return [_fact("isn", host=event.host, isn=event.data["isn"], connection=event.connection) for event in firsts]


_FLIGHT: Final = {"octets": "in_flight", "cwnd": "cwnd", "window": "snd_wnd"}


def window(told: Told) -> list[Fact]:
    facts = []
    flights = [event for event in told.all("tcp", "segment-sent") if "in_flight" in event.data]
    if flights:
        most = max(flights, key=lambda event: event.data["in_flight"])
        numbers = {name: f"{most.data[key]:,}" for name, key in _FLIGHT.items()}
        facts.append(_fact("in-flight", host=most.host, **numbers))
    facts.append(_fact("acked", segments=max(event.data["segments"] for event in told.by_row["B13"])))
    return facts


def ip_header(told: Told) -> list[Fact]:
    sent = told.all("ip", "sent", own=True)
    if not sent:
        return []
    data = sent[0].data
    shown = {key: data.get(key, "–") for key in ("src", "dst", "protocol", "ttl", "id", "flags", "length")}
    shown["flags"] = data.get("flags") or "–"
    received = len(told.all("ip", "received", own=True))
    return [_fact("ip-header", **shown), _fact("ip-sent", host=told.browser_host, sent=len(sent), received=received)]


def mac_header(told: Told) -> list[Fact]:
    own = told.browser_host
    facts = [_fact("mac-read", host=own, mac=event.data["mac"]) for event in told.all("link", "mac-read", own=True)[:1]]
    for event in told.all("ip", "routed", own=True)[:1]:
        data = event.data
        facts.append(
            _fact(
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
        facts.append(_fact("arp", host=own, targets=targets, mac=learned[0].data.get("mac", "?")))
    facts.append(_fact("arp-cache", asked=len(told.all("arp", "asked")), hits=len(told.all("arp", "cache-hit"))))
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
        facts.append(_fact("hops", dst=hops[-1].data["dst"], hops=names, first=first, last=last))
    several = [event for event in forwarded if len(event.data.get("matches", ())) > 1]
    if several:
        most = max(several, key=lambda event: len(event.data["matches"]))
        matches = [_route(match) for match in most.data["matches"]]
        chosen = _route(most.data["chosen"])
        facts.append(
            _fact(
                "longest",
                host=most.host,
                dst=most.data["dst"],
                count=len(matches),
                chosen=chosen,
                others=", ".join(match for match in matches if match != chosen),
            )
        )
    if forwarded:
        facts.append(_fact("forwarded", count=len(forwarded)))
    cut: dict[str, list[Event]] = {}
    for event in told.all("ip", "fragmented"):
        cut.setdefault(event.host, []).append(event)
    facts += [
        _fact("fragmented", host=host, count=len(events), mtu=events[0].data.get("mtu", "?"))
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
        _fact("translated", host=event.host, **{key: event.data[key] for key in ("protocol", "inside", "outside")})
        for event in told.all("ip", "nat-mapped")[:2]
    ]
    return [*facts, _fact("between", count=len(told.all("ip", "translated")))]


def ip_reception(told: Told) -> list[Fact]:
    facts = []
    sent = Counter(
        (event.host, str(event.data.get("to", "?")), _short(event.data.get("meaning", "?")), _mtu(event))
        for event in told.all("icmp", "sent")
    )
    for (host, to, meaning, mtu), count in sent.items():
        said = {language: text + mtu for language, text in word(meaning).items()}
        facts.append(_fact("icmp", host=host, to=to, meaning=said, count=count))
    facts += [
        _fact("path-mtu", host=event.host, dst=event.data["dst"], mtu=event.data["mtu"])
        for event in told.all("ip", "path-mtu")[:2]
    ]
    whole: dict[str, int] = Counter(event.host for event in told.all("ip", "reassembled"))
    facts += [_fact("reassembled", host=host, count=count) for host, count in whole.items()]
    dropped = told.all("ip", "dropped")
    if dropped:
        facts.append(_fact("ip-dropped", whys=_counted(f"{event.host} {event.why}" for event in dropped)))
    return facts


def _mtu(event: Event) -> str:
    mtu = event.data.get("mtu")
    return f", MTU {mtu}" if mtu else ""


def tcp_reception(told: Told) -> list[Fact]:
    by_host: dict[str, list[int]] = {}
    for event in told.by_row["B22"]:
        by_host.setdefault(event.host, []).append(event.data["octets"])
    hosts = sorted(by_host, key=lambda host: host != told.browser_host)[:2]
    return [_fact("delivered", host=host, octets=f"{sum(by_host[host]):,}", count=len(by_host[host])) for host in hosts]


def server_application(told: Told) -> list[Fact]:
    return [_fact("served", count=len(told.all("http", "response-sent")))]


def drawing(told: Told) -> list[Fact]:
    facts = []
    urls = {event.data.get("url") for event in told.all("browser", "document-parsed")}
    for event in told.all("browser", "sniffed"):
        if event.data.get("url") in urls:
            header = event.data.get("header_type") or "–"
            facts.append(_fact("sniffed", type=_short(event.data.get("type")), header_type=_short(header)))
    facts += [
        _fact("decoded", charset=_short(event.data.get("charset")), how=word(_short(event.data.get("how"))))
        for event in told.all("browser", "decoded")
        if event.data.get("url") in urls
    ]
    coded = told.all("http", "content-decoded")
    for coding in dict.fromkeys(str(event.data.get("coding")) for event in coded):
        these = [event.data for event in coded if str(event.data.get("coding")) == coding]
        before, after = (f"{sum(data.get(key, 0) for data in these):,}" for key in ("from", "to"))
        facts.append(_fact("content-decoded", coding=_short(coding), before=before, after=after))
    found = told.all("browser", "resource-found")
    if found:
        facts.append(_fact("resources", kinds=_counted(event.data.get("kind") for event in found)))
    images = told.all("browser", "image-decoded")
    if images:
        shown = [_image(event.data) for event in images]
        facts.append(_fact("images", images=_short(", ".join(shown), 160)))
    failed = told.all("browser", "resource-failed")
    facts += [_fact("missing", url=_short(event.data.get("url")), why=_short(event.why)) for event in failed[:3]]
    facts += [
        _fact("painted", **{key: event.data.get(key, "?") for key in ("width", "height", "engine")})
        for event in told.all("browser", "painted")[-1:]
    ]
    return facts


def _image(data: dict[str, Any]) -> str:
    size = f" {data.get('width')}×{data.get('height')}" if data.get("width") else ""
    return f"{data.get('format')}{size}"


def release(told: Told) -> list[Fact]:
    facts = []
    paths = _paths(told.by_row["B25"])
    for side in (True, False):
        for (host, connection), path in paths.items():
            if (host == told.browser_host) is side:
                states = " → ".join([path[0].data["from"], *(event.data["to"] for event in path)])
                facts.append(_fact("closing", host=host, path=states, connection=connection))
                break
    for key, what in (("time-wait", "time-wait"), ("reset", "reset")):
        count = len(told.all("tcp", what))
        if count:
            facts.append(_fact(key, count=count))
    return facts


def chain_of_requests(told: Told) -> list[Fact]:
    calls = told.all("socket", "called", own=True)
    facts = [_fact("calls", host=told.browser_host, calls=_counted(event.data.get("call") for event in calls))]
    writes = [event for event in calls if event.data.get("call") in ("write", "send")]
    write = next((event for event in writes if event.connection.startswith("tcp ")), writes[0] if writes else None)
    if write is not None:
        frame = _first_frame_of(told, write.n)
        if frame is not None:
            links = [write, *reversed([event for event in causes(told.events, frame.n) if event.n > write.n]), frame]
            unique = {event.n: event for event in links}
            said = " → ".join(_link(event) for _, event in sorted(unique.items()))
            facts.append(_fact("chain", chain=said))
    return facts


def _first_frame_of(told: Told, call: int) -> Event | None:
    led: set[int] = {call}
    for event in told.events:
        if event.cause in led:
            led.add(event.n)
            if event.what == "frame-sent" and event.host == told.browser_host:
                return event
    return None


def _link(event: Event) -> str:
    if event.layer == "socket":
        octets = event.data.get("octets")
        return f"{event.data.get('call')}({octets if octets is not None else ''})"
    if event.what == "frame-sent":
        return f"frame #{event.frame} ({event.data.get('octets')} octets)"
    return f"{event.layer} {event.what}"


TELLERS: Final[dict[str, Teller]] = {
    "B1": address_bar,
    "B2": url_parts,
    "B4": request_message,
    "B6": name_resolution,
    "B7": sockets,
    "B8": copied_socket,
    "B9": handshake,
    "B10": send_buffer,
    "B11": retransmission,
    "B12": initial_sequence_number,
    "B13": window,
    "B14": ip_header,
    "B15": mac_header,
    "B18": router,
    "B19": between,
    "B21": ip_reception,
    "B22": tcp_reception,
    "B23": server_application,
    "B24": drawing,
    "B25": release,
    "B26": chain_of_requests,
}
