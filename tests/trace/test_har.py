"""HAR 1.2: what is in it, and that it is what the specification says, member for member."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from har12 import hold_against_har_12

from michinori.trace import Recorder
from michinori.trace.har import build, save_har

MS = 1_000_000

EXCHANGE: dict[str, Any] = {
    "page": "page_1",
    "url": "http://www.michinori.example/a?q=%E9%81%93+x&empty=",
    "method": "GET",
    "request_version": "HTTP/1.1",
    "request_headers": [["Host", "www.michinori.example"], ["Cookie", "a=1; b=x=y"]],
    "request_head_octets": 120,
    "request_body_octets": 0,
    "status": 200,
    "reason": "OK",
    "response_version": "HTTP/1.1",
    "response_headers": [
        ["Content-Type", "text/html; charset=utf-8"],
        ["Content-Encoding", "gzip"],
        ["set-cookie", "id=7; Path=/; Domain=michinori.example; Expires=Wed, 21 Oct 2026 07:28:00 GMT; HttpOnly"],
        ["Set-Cookie", "plain; Secure; Expires=never"],
    ],
    "response_head_octets": 200,
    "response_body_octets": 1_000,
    "content_octets": 4_000,
    "content_type": "text/html; charset=utf-8",
    "redirect_url": "",
    "server_address": "203.0.113.80",
    "started_ns": 20 * MS,
    "phases_ns": {
        "blocked": 1 * MS,
        "dns": 30 * MS,
        "connect": 12 * MS,
        "ssl": 5 * MS,
        "send": 250_001,
        "wait": 40 * MS,
        "receive": 3 * MS,
    },
}
CONNECTION = "tcp 192.168.1.10:49152 203.0.113.80:80"


def note(recorder: Recorder, why: str = "", **changes: Any) -> None:
    recorder.event(106 * MS, "pc", "http", "exchange", connection=CONNECTION, why=why, data=EXCHANGE | changes)


def a_journey(recorder: Recorder) -> None:
    def browser(instant_ms: int, what: str, **data: Any) -> None:
        recorder.event(instant_ms * MS, "pc", "browser", what, data=data)

    browser(20, "page-opened", page="page_1", url="http://www.michinori.example/")
    note(recorder)
    browser(150, "document-parsed", page="page_1", title="道のり")
    browser(160, "painted", width=800, height=600)
    browser(190, "painted", width=800, height=600)


@pytest.fixture
def saved(recorder: Recorder, tmp_path: Path) -> Callable[[], Any]:
    def read() -> Any:
        save_har(recorder, tmp_path / "page.har")
        har = json.loads((tmp_path / "page.har").read_text(encoding="utf-8"))
        hold_against_har_12(har)
        return har["log"]

    return read


def test_a_page_and_its_times(recorder: Recorder, saved: Callable[[], Any]) -> None:
    a_journey(recorder)
    assert saved()["pages"] == [
        {
            "startedDateTime": "2026-01-01T00:00:00.020Z",
            "id": "page_1",
            "title": "道のり",
            "pageTimings": {"onContentLoad": 130.0, "onLoad": 170.0},
        }
    ]
    recorder.event(180 * MS, "pc", "browser", "loaded", data={"page": "page_1"})
    assert saved()["pages"][0]["pageTimings"]["onLoad"] == 160.0


def test_an_entry_has_its_phases(recorder: Recorder, saved: Callable[[], Any]) -> None:
    a_journey(recorder)
    (entry,) = saved()["entries"]
    assert entry["startedDateTime"] == "2026-01-01T00:00:00.020Z"
    assert entry["timings"] == {
        "blocked": 1,
        "dns": 30,
        "connect": 12,
        "ssl": 5,
        "send": 0.250001,
        "wait": 40,
        "receive": 3,
    }
    assert entry["time"] == 86.250001
    assert entry["pageref"] == "page_1"
    assert entry["serverIPAddress"] == "203.0.113.80"
    assert entry["connection"] == CONNECTION


def test_a_request_and_its_response(recorder: Recorder, saved: Callable[[], Any]) -> None:
    note(recorder)
    (entry,) = saved()["entries"]
    assert "pageref" not in entry
    request, response = entry["request"], entry["response"]
    assert request["queryString"] == [{"name": "q", "value": "道 x"}, {"name": "empty", "value": ""}]
    assert request["cookies"] == [{"name": "a", "value": "1"}, {"name": "b", "value": "x=y"}]
    assert (request["headersSize"], request["bodySize"]) == (120, 0)
    assert "postData" not in request
    assert response["content"] == {"size": 4_000, "compression": 3_000, "mimeType": "text/html; charset=utf-8"}
    assert response["cookies"] == [
        {
            "name": "id",
            "value": "7",
            "httpOnly": True,
            "secure": False,
            "path": "/",
            "domain": "michinori.example",
            "expires": "2026-10-21T07:28:00.000Z",
        },
        {"name": "plain", "value": "", "httpOnly": False, "secure": True},
    ]
    assert (response["headersSize"], response["bodySize"]) == (200, 1_000)


@pytest.mark.parametrize(
    ("kind", "body", "posted"),
    [
        ("application/x-www-form-urlencoded", "a=1&b=%20", {"params": [("a", "1"), ("b", " ")]}),
        ("text/plain", "hello", {"text": "hello"}),
        ("image/png", None, {"text": "", "comment": "the body is not text and was not kept"}),
    ],
)
def test_what_was_posted(
    recorder: Recorder, saved: Callable[[], Any], kind: str, body: str | None, posted: dict[str, Any]
) -> None:
    sent = {} if body is None else {"request_body": body}
    note(recorder, method="POST", request_body_octets=9, request_headers=[["Content-Type", kind]], **sent)
    (entry,) = saved()["entries"]
    if "params" in posted:
        posted = {"params": [{"name": name, "value": value} for name, value in posted["params"]]}
    assert entry["request"]["postData"] == {"mimeType": kind, **posted}


def test_an_exchange_that_failed(recorder: Recorder, saved: Callable[[], Any]) -> None:
    failed = {name: value for name, value in EXCHANGE.items() if not name.startswith(("response", "content"))}
    failed |= {"status": 0, "server_address": "", "phases_ns": {"blocked": 0, "dns": 5 * MS}}
    del failed["reason"]
    recorder.event(25 * MS, "pc", "http", "exchange", why="no address of www.michinori.example", data=failed)
    (entry,) = saved()["entries"]
    assert entry["comment"] == "no address of www.michinori.example"
    assert entry["response"]["status"] == 0
    assert (entry["response"]["headersSize"], entry["response"]["bodySize"]) == (-1, -1)
    assert entry["timings"]["connect"] == -1
    assert entry["time"] == 5
    assert "serverIPAddress" not in entry
    assert "connection" not in entry


def test_entries_stand_in_the_order_in_which_they_were_asked_for(recorder: Recorder) -> None:
    for started_ms in (30, 10, 20):
        note(recorder, started_ns=started_ms * MS, url=f"http://x.example/{started_ms}")
    urls = [entry["request"]["url"] for entry in build(recorder.read(), recorder.epoch_ns)["log"]["entries"]]
    assert urls == [f"http://x.example/{n}" for n in (10, 20, 30)]


def test_the_exchanges_of_one_host(recorder: Recorder, tmp_path: Path) -> None:
    note(recorder)
    recorder.event(1, "proxy", "http", "exchange", data=EXCHANGE)
    save_har(recorder, tmp_path / "pc.har", host="pc")
    assert len(json.loads((tmp_path / "pc.har").read_bytes())["log"]["entries"]) == 1


def test_the_same_events_give_the_same_octets(tmp_path: Path) -> None:
    for name in ("one", "two"):
        recorder = Recorder()
        a_journey(recorder)
        save_har(recorder, tmp_path / name)
        recorder.close()
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_octets_that_are_no_text_reach_the_trace_as_escapes(recorder: Recorder, saved: Callable[[], Any]) -> None:
    strange = b"caf\xe9\x00".decode("ascii", "surrogateescape")
    note(recorder, reason=strange, response_headers=[[strange, strange]])
    (entry,) = saved()["entries"]
    assert entry["response"]["statusText"] == "caf\\udce9\0"


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"log": {"version": "1.2"}},
        {"log": {"version": "1.2", "creator": {"name": "x", "version": "1"}, "entries": [{}]}},
        {"log": {"version": "1.2", "creator": {"name": "x", "version": "1"}, "entries": [], "other": 1}},
    ],
)
def test_the_checker_notices_what_is_wrong(broken: dict[str, Any]) -> None:
    with pytest.raises(AssertionError):
        hold_against_har_12(broken)
