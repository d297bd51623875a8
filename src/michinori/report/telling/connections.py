"""What is told of sockets and of TCP: from the first SYN to the last ACK, and who asked for it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from michinori.report.story import Fact
from michinori.report.telling.facts import Told, counted, fact
from michinori.trace import Event, causes
from michinori.world.units import show_duration


def sockets(told: Told) -> list[Fact]:
    facts = []
    created = told.all("socket", "created", own=True)
    if created:
        facts.append(
            fact("sockets", host=told.browser_host, kinds=counted(event.data.get("kind") for event in created))
        )
    for event in reversed(told.all("socket", "table", own=True)):
        for line in event.data.get("sockets", ()):
            if line.get("state") == "ESTABLISHED":
                return [*facts, fact("socket-line", local=line["local"], remote=line["remote"], state=line["state"])]
    return facts


def copied_socket(told: Told) -> list[Fact]:
    events = told.by_row["B8"]
    first = events[0]
    return [
        fact("copied", host=first.host, listener=first.data["listener"], remote=first.data["remote"], count=len(events))
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
        fact("handshake", client=told.browser_host, path=states, took=show_duration(opened[1].t - opened[0].t)),
        fact("handshakes", host=told.browser_host, count=len(done)),
    ]


def send_buffer(told: Told) -> list[Fact]:
    facts = []
    split = told.all("tcp", "split")
    if split:
        most = max(split, key=lambda event: event.data["octets"])
        data = {key: f"{most.data[key]:,}" for key in ("octets", "segments", "mss")}
        facts.append(fact("split", host=most.host, **data))
    gathered = told.all("tcp", "gathered")
    if gathered:
        facts.append(fact("gathered", count=len(gathered)))
    return facts


def retransmission(told: Told) -> list[Fact]:
    facts = []
    again = told.all("tcp", "retransmitted")
    if again:
        facts.append(fact("retransmitted", count=len(again), whys=counted(event.why or "?" for event in again)))
    for key, what in (
        ("received-twice", "duplicate-received"),
        ("out-of-order", "out-of-order"),
        ("tcp-gave-up", "gave-up"),
    ):
        count = len(told.all("tcp", what))
        if count:
            facts.append(fact(key, count=count))
    return facts


def initial_sequence_number(told: Told) -> list[Fact]:
    events = told.by_row["B12"]
    hosts = dict.fromkeys(event.host for event in events)
    firsts = [next(event for event in events if event.host == host) for host in list(hosts)[:2]]
    return [fact("isn", host=event.host, isn=event.data["isn"], connection=event.connection) for event in firsts]


_FLIGHT: Final = {"octets": "in_flight", "cwnd": "cwnd", "window": "snd_wnd"}


def window(told: Told) -> list[Fact]:
    facts = []
    flights = [event for event in told.all("tcp", "segment-sent") if "in_flight" in event.data]
    if flights:
        most = max(flights, key=lambda event: event.data["in_flight"])
        numbers = {name: f"{most.data[key]:,}" for name, key in _FLIGHT.items()}
        facts.append(fact("in-flight", host=most.host, **numbers))
    facts.append(fact("acked", segments=max(event.data["segments"] for event in told.by_row["B13"])))
    return facts


def tcp_reception(told: Told) -> list[Fact]:
    by_host: dict[str, list[int]] = {}
    for event in told.by_row["B22"]:
        by_host.setdefault(event.host, []).append(event.data["octets"])
    hosts = sorted(by_host, key=lambda host: host != told.browser_host)[:2]
    return [fact("delivered", host=host, octets=f"{sum(by_host[host]):,}", count=len(by_host[host])) for host in hosts]


def release(told: Told) -> list[Fact]:
    facts = []
    paths = _paths(told.by_row["B25"])
    for side in (True, False):
        for (host, connection), path in paths.items():
            if (host == told.browser_host) is side:
                states = " → ".join([path[0].data["from"], *(event.data["to"] for event in path)])
                facts.append(fact("closing", host=host, path=states, connection=connection))
                break
    for key, what in (("time-wait", "time-wait"), ("reset", "reset")):
        count = len(told.all("tcp", what))
        if count:
            facts.append(fact(key, count=count))
    return facts


def chain_of_requests(told: Told) -> list[Fact]:
    calls = told.all("socket", "called", own=True)
    if not calls:
        return [fact("no-calls", host=told.browser_host)]
    facts = [fact("calls", host=told.browser_host, calls=counted(event.data.get("call") for event in calls))]
    writes = [event for event in calls if event.data.get("call") in ("write", "send")]
    write = next((event for event in writes if event.connection.startswith("tcp ")), writes[0] if writes else None)
    if write is not None:
        frame = _first_frame_of(told, write.n)
        if frame is not None:
            links = [write, *reversed([event for event in causes(told.events, frame.n) if event.n > write.n]), frame]
            unique = {event.n: event for event in links}
            said = " → ".join(_link(event) for _, event in sorted(unique.items()))
            facts.append(fact("chain", chain=said))
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
