"""What was served, kept: ``trace.jsonl`` with every event, and ``server.har`` for the tools that read HAR."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from michinori.trace import SCOPE, Event, Recorder, Scope, current
from michinori.trace.har import build


class Trail:
    """Records from ``begin`` on, in the running task and in all that come out of it; or keeps what a world's
    ``recorder`` records of the host that serves.
    """

    def __init__(self, scheme: str, recorder: Recorder | None = None) -> None:
        clock = current().clock
        self._clock = clock
        self._scheme = scheme
        self._is_own = recorder is None
        self.recorder = recorder or Recorder(epoch_ns=clock.date_ns() - clock.now_ns())

    def begin(self) -> None:
        if self._is_own:
            SCOPE.set(Scope(self.recorder, "server", self._clock, random.SystemRandom()))

    def save_trace(self, path: Path) -> None:
        """Raises ``OSError``."""
        self.recorder.save_trace(path)

    def save_har(self, path: Path) -> None:
        """Raises ``OSError``."""
        har = build(exchanges(self.recorder.read(), self._scheme), self.recorder.epoch_ns)
        path.write_bytes(msgspec.json.format(msgspec.json.encode(har), indent=2) + b"\n")

    def close(self) -> None:
        self.recorder.close()


def exchanges(events: Iterable[Event], scheme: str) -> Iterator[Event]:
    """An ``exchange`` for each request and its answer, as the server saw them: names, connecting and sending are the
    client's and not known here.
    """
    asked: dict[str, Event] = {}
    for event in events:
        if event.layer != "http":
            continue
        if event.what == "request-received":
            asked[event.connection] = event
        elif event.what in ("response-sent", "answer-broken-off"):
            request = asked.pop(event.connection, None)
            if request is not None:
                yield _exchange(request, event, scheme)


def _exchange(request: Event, answer: Event, scheme: str) -> Event:
    asked: dict[str, Any] = request.data
    said: dict[str, Any] = answer.data
    began, ended = request.t, answer.t
    headers = said.get("headers", [])
    sent = {name.lower(): value for name, value in asked["headers"]}
    host = sent.get("host", "")
    target = asked["target"]
    own = request.connection.split(" ")[1] if request.connection else ""
    data = {
        "page": "",
        "url": f"{scheme}://{host}{target}" if target.startswith(("/", "*")) else target,
        "method": asked["method"],
        "request_version": asked["version"],
        "request_headers": asked["headers"],
        "request_head_octets": asked["head_octets"],
        # In chunks: how many there were is told nowhere.
        "request_body_octets": -1 if "transfer-encoding" in sent else int(sent.get("content-length", 0)),
        "status": said.get("status", 0),
        "reason": "",
        "response_version": "HTTP/1.1",
        "response_headers": headers,
        "response_head_octets": said.get("head_octets", 0),
        "response_body_octets": said.get("body_octets", 0),
        "content_octets": said.get("body_octets", 0),
        "content_type": next((value for name, value in headers if name.lower() == "content-type"), ""),
        "redirect_url": next((value for name, value in headers if name.lower() == "location"), ""),
        "server_address": own.rpartition(":")[0].strip("[]"),
        "started_ns": began,
        "dns_ns": None,
        "connect_ns": None,
        "ssl_ns": None,
        "send_ns": [began, began],
        "first_octet_ns": ended,
        "ended_ns": ended,
        "phases_ns": {
            "blocked": -1, "dns": -1, "connect": -1, "ssl": -1, "send": 0, "wait": ended - began, "receive": 0,
        },
    }  # fmt: skip
    return Event(
        request.n, began, request.host, "http", "exchange", request.cause, request.connection, answer.why, 0, data
    )
