"""HTTP Archive 1.2 from the events of a trace: one entry an ``exchange`` of the http layer, one page a page opened.

Source: "HAR 1.2 Spec" by Jan Odvarko, http://www.softwareishard.com/blog/har-12-spec/. Times are milliseconds with up
to six decimals, so nanoseconds survive; dates are UTC with milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl

import msgspec

from michinori.trace.event import Event
from michinori.trace.recorder import Recorder
from michinori.version import __version__

_NS_PER_MS: Final = 1_000_000
_UNKNOWN: Final = -1
_PHASES: Final = ("blocked", "dns", "connect", "send", "wait", "receive", "ssl")
_NEVER_LEFT_OUT: Final = ("send", "wait", "receive")
_1970: Final = datetime(1970, 1, 1, tzinfo=UTC)

_Json = dict[str, Any]


def save_har(recorder: Recorder, path: Path, *, host: str | None = None) -> None:
    """Write what the browsers of a world (or the one on ``host``) exchanged as a HAR 1.2 file.

    Two runs that recorded the same write the same octets. Raises ``OSError`` when it cannot be written.
    """
    events = recorder.read()
    har = build((event for event in events if host is None or event.host == host), recorder.epoch_ns)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(har), indent=2) + b"\n")


def build(events: Iterable[Event], epoch_ns: int) -> _Json:
    """The archive as plain values. ``epoch_ns``: the date at which the instants of the events begin, since 1970."""
    pages: dict[str, _Page] = {}
    exchanges: list[Event] = []
    latest = ""
    for event in events:
        if event.layer == "http" and event.what == "exchange":
            exchanges.append(event)
        elif event.layer == "browser":
            name = event.data.get("page") or latest
            if event.what == "page-opened":
                latest = name
                pages[name] = _Page(name, event)
            elif name in pages:
                pages[name].take(event)
    exchanges.sort(key=lambda event: (event.data["started_ns"], event.n))
    agent = {"name": "Michinori", "version": __version__}
    return {
        "log": {
            "version": "1.2",
            "creator": agent,
            "browser": agent,
            "pages": [page.har(epoch_ns) for page in pages.values()],
            "entries": [_entry(event, epoch_ns, pages) for event in exchanges],
        }
    }


class _Page:
    """What is told of one page, from its opening to its last painting."""

    def __init__(self, name: str, opened: Event) -> None:
        self.name = name
        self.opened_ns = opened.t
        self.title = str(opened.data.get("url", ""))
        self.parsed_ns: int | None = None
        self.loaded_ns: int | None = None
        self.painted_ns: int | None = None

    def take(self, event: Event) -> None:
        if event.what == "document-parsed" and self.parsed_ns is None:
            self.parsed_ns = event.t
            self.title = event.data.get("title") or self.title
        elif event.what == "loaded":
            self.loaded_ns = event.t
        elif event.what == "painted":
            self.painted_ns = event.t

    def har(self, epoch_ns: int) -> _Json:
        loaded_ns = self.painted_ns if self.loaded_ns is None else self.loaded_ns
        return {
            "startedDateTime": _date(epoch_ns + self.opened_ns),
            "id": self.name,
            "title": self.title,
            "pageTimings": {
                "onContentLoad": self._since_opened(self.parsed_ns),
                "onLoad": self._since_opened(loaded_ns),
            },
        }

    def _since_opened(self, instant_ns: int | None) -> float:
        return _UNKNOWN if instant_ns is None else (instant_ns - self.opened_ns) / _NS_PER_MS


def _entry(event: Event, epoch_ns: int, pages: dict[str, _Page]) -> _Json:
    data = event.data
    phases_ns: dict[str, int] = {name: data["phases_ns"].get(name, _UNKNOWN) for name in _PHASES}
    phases_ns |= {name: max(phases_ns[name], 0) for name in _NEVER_LEFT_OUT}
    # The time of TLS is within that of connecting (HAR 1.2, "timings").
    whole_ns = sum(max(phases_ns[name], 0) for name in _PHASES if name != "ssl")
    entry: _Json = {
        "startedDateTime": _date(epoch_ns + data["started_ns"]),
        "time": whole_ns / _NS_PER_MS,
        "request": _request(data),
        "response": _response(data),
        "cache": {},
        "timings": {name: _milliseconds(phases_ns[name]) for name in _PHASES},
    }
    if data.get("page") in pages:
        entry["pageref"] = data["page"]
    if data.get("server_address"):
        entry["serverIPAddress"] = data["server_address"]
    if event.connection:
        entry["connection"] = event.connection
    if event.why:
        entry["comment"] = event.why
    entry["_event"] = event.n
    return entry


def _request(data: _Json) -> _Json:
    headers: list[list[str]] = data["request_headers"]
    request: _Json = {
        "method": data["method"],
        "url": data["url"],
        "httpVersion": data["request_version"],
        "cookies": [cookie for value in _values(headers, "cookie") for cookie in _sent_cookies(value)],
        "headers": _pairs(headers),
        "queryString": _parameters(data["url"].partition("?")[2]),
        "headersSize": data.get("request_head_octets") or _UNKNOWN,
        "bodySize": data.get("request_body_octets", 0),
    }
    if data.get("request_body_octets"):
        request["postData"] = _post_data(headers, data)
    return request


def _post_data(headers: list[list[str]], data: _Json) -> _Json:
    """Either the parameters of a form or the text: the two exclude each other."""
    kind = next(iter(_values(headers, "content-type")), "application/octet-stream")
    text = data.get("request_body")
    if text is None:
        return {"mimeType": kind, "text": "", "comment": "the body is not text and was not kept"}
    if kind.partition(";")[0].strip().lower() == "application/x-www-form-urlencoded":
        return {"mimeType": kind, "params": _parameters(text)}
    return {"mimeType": kind, "text": text}


def _response(data: _Json) -> _Json:
    headers: list[list[str]] = data.get("response_headers", [])
    came = data.get("status", 0) != 0
    content_octets = data.get("content_octets", 0)
    body_octets = data.get("response_body_octets", 0)
    content: _Json = {
        "size": content_octets,
        "mimeType": data.get("content_type") or next(iter(_values(headers, "content-type")), "x-unknown"),
    }
    if _values(headers, "content-encoding"):
        content["compression"] = content_octets - body_octets
    return {
        "status": data.get("status", 0),
        "statusText": data.get("reason", ""),
        "httpVersion": data.get("response_version", ""),
        "cookies": [_set_cookie(value) for value in _values(headers, "set-cookie")],
        "headers": _pairs(headers),
        "content": content,
        "redirectURL": data.get("redirect_url", ""),
        "headersSize": data.get("response_head_octets", _UNKNOWN) if came else _UNKNOWN,
        "bodySize": body_octets if came else _UNKNOWN,
    }


def _sent_cookies(value: str) -> list[_Json]:
    found = []
    for pair in value.split(";"):
        name, _, content = pair.strip().partition("=")
        if name:
            found.append({"name": name, "value": content})
    return found


def _set_cookie(value: str) -> _Json:
    """A ``Set-Cookie`` field taken apart as RFC 6265 section 5.2 does."""
    pair, *attributes = value.split(";")
    name, _, content = pair.partition("=")
    cookie: _Json = {"name": name.strip(), "value": content.strip(), "httpOnly": False, "secure": False}
    for attribute in attributes:
        key, _, setting = (part.strip() for part in attribute.partition("="))
        key = key.lower()
        if key in ("path", "domain") and setting:
            cookie[key] = setting
        elif key == "httponly":
            cookie["httpOnly"] = True
        elif key == "secure":
            cookie["secure"] = True
        elif key == "expires":
            with suppress(ValueError, OverflowError):
                date = parsedate_to_datetime(setting)
                # Without a zone it is UTC, and nothing of the machine's own.
                cookie["expires"] = _iso(date.astimezone(UTC) if date.tzinfo else date.replace(tzinfo=UTC))
    return cookie


def _values(headers: list[list[str]], name: str) -> list[str]:
    return [value for key, value in headers if key.lower() == name]


def _pairs(headers: Iterable[Iterable[str]]) -> list[_Json]:
    return [{"name": name, "value": value} for name, value in headers]


def _parameters(text: str) -> list[_Json]:
    return _pairs(parse_qsl(text, keep_blank_values=True))


def _milliseconds(duration_ns: int) -> float:
    return _UNKNOWN if duration_ns < 0 else duration_ns / _NS_PER_MS


def _date(date_ns: int) -> str:
    return _iso(_1970 + timedelta(milliseconds=date_ns // _NS_PER_MS))


def _iso(date: datetime) -> str:
    return date.isoformat(timespec="milliseconds").replace("+00:00", "Z")
