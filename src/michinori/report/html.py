"""``journey.html``: one file that needs nothing else, opens from a disk or an attachment, and runs nothing foreign.

Everything that came from the wire is escaped text. The policy in its head allows this file's own style and script, by
their digests, and pictures inside the file; nothing is fetched.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from html import escape
from importlib import resources
from pathlib import Path
from typing import Any, Final

import msgspec

from michinori.report.capture import read_frames
from michinori.report.catalogue import LABELS
from michinori.report.story import Chapter
from michinori.report.summary import Summary
from michinori.report.text import visible
from michinori.trace import Event
from michinori.world.units import show_duration

_EVENTS_SHOWN: Final = 6
_PACKETS_SHOWN: Final = 3000
_LOGO: Final = (
    '<svg viewBox="0 0 32 32" fill="none" stroke="currentColor" stroke-width="2.5" stroke-linecap="round" aria-hidden="true">'
    '<path d="M6 27c0-7 20-6 20-13 0-5-8-5-8-9"/><circle cx="6" cy="27" r="2.6" fill="currentColor" stroke="none"/>'
    '<circle cx="18" cy="4.6" r="2.6" fill="currentColor" stroke="none"/></svg>'
)
_TILES: Final = ("virtual_ms", "requests", "frames", "dropped", "retransmitted", "dns_queries", "seed")
_PHASES: Final = ("blocked", "dns", "connect", "ssl", "send", "wait", "receive")


class Contents(msgspec.Struct):
    """What a report is made of."""

    url: str
    final_url: str
    numbers: dict[str, Any]
    """As ``--json`` prints them."""
    failure: dict[str, str] | None
    """The sentence in both languages, if the journey failed."""
    chapters: list[Chapter]
    har: dict[str, Any]
    capture: bytes
    """The browser's own adapter, empty if there is none."""
    picture: bytes
    """The page as PNG, empty if it was not drawn."""
    files: dict[str, str]
    """By name, relative to the report."""
    language: str
    epoch_ns: int
    virtual: bool
    """Whether it was in a virtual internet; else in real time."""
    below_sockets: bool = True
    """Whether what is below the sockets was recorded; it is not on the sockets of the OS."""


def write_report(contents: Contents, path: Path) -> None:
    """Write the report. Raises ``OSError`` when it cannot be written."""
    path.write_text("".join(_document(contents)), encoding="utf-8", errors="backslashreplace")


def _document(contents: Contents) -> Iterator[str]:
    style, script = _asset("journey.css"), _asset("journey.js")
    policy = (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    language = contents.language
    yield (
        f'<!doctype html><html lang="{language}" data-lang="{language}"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="referrer" content="no-referrer">'
        f"<title>{_text(contents.url)} · Michinori</title><style>{style}</style></head><body>"
    )
    yield from _top(contents)
    yield '<main class="wide">'
    yield from _page_part(contents)
    yield from _story_part(contents)
    yield from _requests_part(contents)
    yield from _packets_part(contents)
    yield from _files_part(contents)
    yield f'</main><footer class="wide">{_both("footer")}</footer><script>{script}</script></body></html>\n'


def _top(contents: Contents) -> Iterator[str]:
    failed = contents.failure is not None
    verdict = _both("failed") if failed else f"{_both('arrived')} {_text(str(contents.numbers.get('status') or ''))}"
    yield (
        f'<header class="top"><div class="wide bar"><span class="brand">{_LOGO}<span>道のり Michinori</span></span>'
        '<span class="switches"><button id="language" type="button"><span lang="ja">English</span><span lang="en">日本語</span>'
        f'</button><button id="theme" type="button">{_both("theme")}</button></span></div>'
        f'<div class="wide hero"><p class="verdict{" bad" if failed else ""}">{verdict}</p><h1>{_text(contents.url, 300)}</h1>'
    )
    if contents.final_url and contents.final_url != contents.url:
        yield f"<p>→ <code>{_text(contents.final_url, 300)}</code></p>"
    if contents.failure is not None:
        yield f'<p class="failure">{_pair(contents.failure)}</p>'
    yield '<dl class="tiles">'
    for key in _TILES if contents.below_sockets else _TILES[:2]:
        value = contents.numbers.get(key)
        if value is not None:
            shown = show_duration(round(value * 1e6)) if key == "virtual_ms" else f"{value:,}"
            yield f"<div><dt>{_both(key if contents.virtual or key != 'virtual_ms' else 'real_ms')}</dt><dd>{shown}</dd></div>"
    yield "</dl></div></header>"
    links = "".join(
        f'<li><a href="#{part}">{_both(part)}</a></li>'
        for part in ("page", "story", "requests_part", "packets", "files")
    )
    yield f'<nav class="parts"><ul class="wide">{links}</ul></nav>'


def _section(part: str, lead: str = "") -> str:
    return f'<section id="{part}"><h2>{_both(part)}</h2><p class="lead">{_both(lead or part + "_lead")}</p>'


def _page_part(contents: Contents) -> Iterator[str]:
    yield _section("page")
    yield f'<div class="window"><div class="chrome"><i></i><i></i><i></i><span>{_text(contents.final_url or contents.url, 300)}</span></div>'
    if contents.picture:
        data = base64.b64encode(contents.picture).decode()
        yield f'<div class="view" tabindex="0"><img alt="{_text(LABELS["picture_alt"]["en"])}" src="data:image/png;base64,{data}"></div></div></section>'
    else:
        yield f"<p>{_both('no_picture')}</p></div></section>"


def _story_part(contents: Contents) -> Iterator[str]:
    yield _section("story", "" if contents.below_sockets else "story_lead_os") + '<ol class="rows">'
    for chapter in contents.chapters:
        name = chapter.row.name
        title = _pair({"ja": chapter.title("ja"), "en": chapter.title("en")})
        if not chapter.met:
            reason = _pair({"ja": chapter.unmet("ja"), "en": chapter.unmet("en")})
            yield f'<li class="unmet" id="{name}"><span class="badge">{name}</span><div class="row"><h3>{title}</h3><p>{reason}</p></div></li>'
            continue
        begin, end = chapter.events[0].t, chapter.events[-1].t
        when = f"{_ms(begin)} ms" if begin == end else f"{_ms(begin)} – {_ms(end)} ms"
        yield f'<li id="{name}"><span class="badge">{name}</span><div class="row"><h3>{title}<span class="when">{when}</span></h3><ul>'
        for fact in chapter.facts:
            yield f"<li>{_pair({'ja': fact.tell('ja'), 'en': fact.tell('en')})}</li>"
        yield f"</ul>{_events(chapter.events)}</div></li>"
    yield "</ol></section>"


def _events(events: list[Event]) -> str:
    lines = "".join(
        f'<tr><td class="num">{event.n}</td><td class="num">{_ms(event.t)}</td><td class="nowrap">{_text(event.host)}</td>'
        f'<td class="nowrap">{_text(event.layer)} <b>{_text(event.what)}</b></td><td class="data">{_data(event)}</td></tr>'
        for event in events[:_EVENTS_SHOWN]
    )
    more = len(events) - _EVENTS_SHOWN
    rest = f'<tr><td colspan="5" class="soft">{_both("more", count=more)}</td></tr>' if more > 0 else ""
    return (
        f"<details><summary>{_both('events', count=len(events))}</summary>"
        f'<div class="scroll"><table><thead><tr><th class="right">#</th><th class="right">ms</th><th>{_both("host")}</th>'
        f"<th>{_both('event')}</th><th>{_both('data')}</th></tr></thead><tbody>{lines}{rest}</tbody></table></div></details>"
    )


def _data(event: Event) -> str:
    parts = [f"{_text(key)}={_text(_value(value), 120)}" for key, value in event.data.items()]
    if event.connection:
        parts.insert(0, _text(event.connection))
    if event.why:
        parts.append(f'<span class="why">{_text(event.why)}</span>')
    return " ".join(parts)


def _value(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _requests_part(contents: Contents) -> Iterator[str]:
    entries = contents.har.get("log", {}).get("entries", [])
    yield _section("requests_part")
    if not entries:
        yield f'<p class="soft">{_both("no_requests")}</p></section>'
        return
    legend = "".join(
        f'<li><svg viewBox="0 0 12 12"><rect class="p-{phase}" width="12" height="12" rx="3"/></svg>{_both("phase_" + phase)}</li>'
        for phase in _PHASES
    )
    yield f'<ul class="legend">{legend}</ul><div class="scroll"><table class="fall"><thead><tr>'
    yield f"<th>{_both('request')}</th><th>{_both('status')}</th><th>{_both('type')}</th>"
    yield f'<th class="right">{_both("octets")}</th><th class="right">ms</th><th>{_both("when")}</th></tr></thead><tbody>'
    starts = [_since_epoch_ms(entry["startedDateTime"], contents.epoch_ns) for entry in entries]
    first = min(starts)
    span = max(start + entry["time"] for start, entry in zip(starts, entries, strict=True)) - first or 1
    for start, entry in zip(starts, entries, strict=True):
        yield _request_line(entry, contents.final_url, (start - first) / span * 1000, 1000 / span)
    yield "</tbody></table></div></section>"


def _request_line(entry: dict[str, Any], page: str, at: float, scale: float) -> str:
    request, response, timings = entry["request"], entry["response"], entry["timings"]
    bars = []
    for phase in _PHASES:
        took = timings.get(phase, -1)
        if phase == "connect" and timings.get("ssl", -1) > 0:
            took -= timings["ssl"]
        if took > 0:
            bars.append(
                f'<rect class="p-{phase}" x="{at:.2f}" y="3" width="{max(took * scale, 1.2):.2f}" height="12"/>'
            )
            at += took * scale
    status = response["status"] or "–"
    size = response.get("bodySize", -1)
    kind = response.get("content", {}).get("mimeType", "").partition(";")[0]
    return (
        f'<tr><td class="what"><code>{_text(request["method"])} {_text(_short_url(request["url"], page), 120)}</code></td><td class="num">{status}</td>'
        f'<td class="nowrap">{_text(kind, 40)}</td><td class="num">{f"{size:,}" if size >= 0 else "–"}</td>'
        f'<td class="num">{entry["time"]:,.1f}</td><td class="lane"><svg viewBox="0 0 1000 18" preserveAspectRatio="none">{"".join(bars)}</svg></td></tr>'
    )


def _short_url(url: str, page: str) -> str:
    """The URL without the origin that it shares with the page."""
    origin = "/".join(page.split("/", 3)[:3])
    return url.removeprefix(origin) or url if url.startswith(origin + "/") else url


def _since_epoch_ms(date: str, epoch_ns: int) -> float:
    from datetime import datetime

    return datetime.fromisoformat(date).timestamp() * 1000 - epoch_ns / 1e6


def _packets_part(contents: Contents) -> Iterator[str]:
    yield _section("packets")
    if not contents.capture:
        yield f'<p class="soft">{_both("no_packets")}</p></section>'
        return
    yield (
        '<div class="scroll tall" tabindex="0"><table><thead><tr><th class="right">#</th><th class="right">ms</th><th></th>'
        f"<th>{_both('source')}</th><th>{_both('destination')}</th><th>{_both('protocol')}</th>"
        f'<th class="right">{_both("octets")}</th><th>{_both("info")}</th></tr></thead><tbody>'
    )
    summary = Summary()
    count = 0
    for frame in read_frames(contents.capture):
        count += 1
        if count > _PACKETS_SHOWN:
            continue
        line = summary.of(frame)
        way = '<span class="out">→</span>' if frame.sent else '<span class="in">←</span>'
        why = f' <span class="why">{_text(frame.comment)}</span>' if frame.comment else ""
        yield (
            f'<tr{" class=dropped" if frame.comment else ""}><td class="num">{frame.number}</td>'
            f'<td class="num">{_ms(frame.date_ns - contents.epoch_ns)}</td><td>{way}</td><td class="nowrap">{_text(line.source)}</td>'
            f'<td class="nowrap">{_text(line.destination)}</td><td><span class="proto {_text(line.protocol)}">{_text(line.protocol)}</span></td>'
            f'<td class="num">{len(frame.octets)}</td><td class="data">{_text(line.info)}{why}</td></tr>'
        )
    if count > _PACKETS_SHOWN:
        yield f'<tr><td colspan="8" class="soft">{_both("more_packets", count=count - _PACKETS_SHOWN)}</td></tr>'
    yield "</tbody></table></div></section>"


def _files_part(contents: Contents) -> Iterator[str]:
    yield _section("files") + '<ul class="files">'
    for name, about in contents.files.items():
        yield f'<li><a href="{escape(name)}"><code>{_text(name)}</code><span>{_both("file_" + about)}</span></a></li>'
    yield "</ul></section>"


def _text(text: str, limit: int = 0) -> str:
    return escape(visible(text, limit=limit))


def _pair(texts: dict[str, str]) -> str:
    return f'<span lang="ja">{_text(texts["ja"])}</span><span lang="en">{_text(texts["en"])}</span>'


def _both(key: str, **values: Any) -> str:
    return _pair({language: text.format(**values) for language, text in LABELS[key].items()})


def _ms(nanos: int) -> str:
    return f"{nanos / 1e6:,.3f}"


def _asset(name: str) -> str:
    return resources.files("michinori.report").joinpath("assets", name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
