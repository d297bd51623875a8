"""What a report is made of, and its form inside the file: a description in JSON and tables of numbers beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from michinori.report.capture import read_frames
from michinori.report.octets import OctetStore
from michinori.report.packing import Strings, Table, compressed
from michinori.report.place import Places, locate
from michinori.report.reasons import sentence
from michinori.report.story import Chapter
from michinori.trace import Event

if TYPE_CHECKING:
    from michinori.browser.picture import Shot

_FORMAT: Final = 1
_ENCODE: Final = msgspec.json.Encoder(order="deterministic").encode


class Contents(msgspec.Struct):
    """What a report is made of."""

    url: str
    final_url: str
    numbers: dict[str, Any]
    """As ``--json`` prints them."""
    failure: dict[str, str] | None
    """The sentence in both languages, if the journey failed."""
    chapters: list[Chapter]
    events: Sequence[Event]
    captures: dict[str, Path]
    """The capture of each host that has one."""
    picture: bytes
    """The page as PNG, empty if it was not drawn."""
    film: Callable[[], list[Shot]]
    """Waits for how the page filled in. Asked for last, as it is painted meanwhile."""
    files: dict[str, str]
    """By name, relative to the report."""
    language: str
    epoch_ns: int
    browser_host: str
    nodes: list[dict[str, Any]] = []
    lines: list[dict[str, Any]] = []
    """What stands where, and what joins it: see ``topology``."""
    har: bytes = b""
    """The requests, as ``page.har`` has them."""
    document: dict[str, Any] = {}
    """The tree of the page: see ``dom``. Empty if there is none."""
    virtual: bool = True
    """Whether it was in a virtual internet; else in real time."""
    below_sockets: bool = True
    """Whether what is below the sockets was recorded; it is not on the sockets of the OS."""


def pack(contents: Contents) -> Iterator[tuple[str, bytes]]:
    """The named blobs of a report, compressed; the description, which tells how the others are read, comes last."""
    store = OctetStore()
    octets_of = {host: [store.add(frame) for frame in _frames(path)] for host, path in contents.captures.items()}
    places = locate(contents.events, contents.browser_host)
    strings = {name: Strings() for name in ("hosts", "kinds", "connections", "whys")}
    data: list[bytes] = []
    payloads, payload_octets = store.payloads()
    tables = {
        "events": _events(contents.events, places, strings, octets_of, data),
        "rows": _rows(contents.chapters),
        "frames": store.frames(),
        "payloads": payloads,
    }
    for name, table in tables.items():
        yield name, compressed(table.octets)
    yield "data", compressed(b"".join(data))
    yield "heads", compressed(store.head_octets)
    yield "octets", payload_octets
    if contents.document:
        yield "document", compressed(_json(contents.document))
    yield "har", compressed(contents.har)
    description = _description(contents, places)
    film = contents.film()
    if film:
        yield "film", compressed(b"".join(shot.jpeg for shot in film))
    description["film"] = [[shot.event, len(shot.jpeg)] for shot in film]
    description["tables"] = {name: table.layout for name, table in tables.items()}
    description["strings"] = {name: table.texts for name, table in strings.items()}
    yield "journey", compressed(_json(description))


def _frames(path: Path) -> Iterator[Any]:
    return read_frames(path.read_bytes())


def _events(
    events: Sequence[Event],
    places: Places,
    strings: dict[str, Strings],
    octets_of: dict[str, list[int]],
    data: list[bytes],
) -> Table:
    """A row an event; the number of an event is its row and one. Its ``data`` is appended to ``data`` as JSON."""
    hosts, kinds, connections, whys = (strings[name].index for name in ("hosts", "kinds", "connections", "whys"))
    data += [_json(event.data) if event.data else b"" for event in events]
    table = Table(len(events))
    table.add("t", "f64", (event.t for event in events), differences=True)
    table.add("host", "u16", [hosts(event.host) for event in events])
    table.add("kind", "u16", [kinds(f"{event.layer} {event.what}") for event in events])
    table.add("back", "u32", [event.n - event.cause if event.cause else 0 for event in events])
    table.add("connection", "u32", [connections(event.connection) for event in events])
    table.add("why", "u32", [whys(event.why) for event in events])
    table.add("frame", "u32", [event.frame for event in events])
    table.add("octets", "u32", [_octets(event, octets_of) for event in events])
    table.add("data", "u32", [len(text) for text in data])
    table.add("stage", "u8", places.stages)
    table.add("exchange", "u16", places.exchange_of)
    table.add("conversation", "u32", places.conversation_of)
    return table


def _octets(event: Event, octets_of: dict[str, list[int]]) -> int:
    if not event.frame:
        return 0
    numbers = octets_of.get(event.host, ())
    return numbers[event.frame - 1] if event.frame <= len(numbers) else 0


def _rows(chapters: list[Chapter]) -> Table:
    """The events that show the rows, one row behind the other; how many each has stands in the description."""
    numbers = [event.n for chapter in chapters for event in chapter.events]
    table = Table(len(numbers))
    table.add("n", "u32", numbers)
    return table


def _description(contents: Contents, places: Places) -> dict[str, Any]:
    return {
        "format": _FORMAT,
        "url": contents.url,
        "final_url": contents.final_url,
        "numbers": contents.numbers,
        "failure": contents.failure,
        "files": contents.files,
        "language": contents.language,
        "epoch_ns": str(contents.epoch_ns),  # more digits than a number of JavaScript holds
        "browser_host": contents.browser_host,
        "virtual": contents.virtual,
        "below_sockets": contents.below_sockets,
        "nodes": contents.nodes,
        "lines": contents.lines,
        "rows": [_row(chapter) for chapter in contents.chapters],
        "exchanges": [
            {
                "id": one.id,
                "event": one.event,
                "conversation": one.conversation,
                "host": one.host,
                "method": one.data["method"],
                "url": one.data["url"],
                "status": one.data["status"],
                "kind": one.data.get("kind", ""),
                "why": sentence(one.why) if one.why else None,
            }
            for one in places.exchanges
        ],
        "conversations": [
            {
                "id": one.id,
                "protocol": one.protocol,
                "client": one.client,
                "client_end": one.client_end,
                "server": one.server,
                "server_end": one.server_end,
                "dns": one.dns,
                "first": one.first,
                "last": one.last,
            }
            for one in places.conversations
        ],
    }


def _row(chapter: Chapter) -> dict[str, Any]:
    return {
        "name": chapter.row.name,
        "title": {"ja": chapter.title("ja"), "en": chapter.title("en")},
        "events": len(chapter.events),
        "facts": [{"ja": fact.tell("ja"), "en": fact.tell("en")} for fact in chapter.facts],
        "unmet": None if chapter.met else {"ja": chapter.unmet("ja"), "en": chapter.unmet("en")},
    }


def _json(value: Any) -> bytes:
    """As JSON. What UTF-8 cannot carry is written as an escape sequence."""
    try:
        return _ENCODE(value)
    except UnicodeEncodeError:
        import json

        return json.dumps(value, ensure_ascii=True, sort_keys=True, separators=(",", ":")).encode()
