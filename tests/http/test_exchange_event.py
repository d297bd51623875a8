"""What is noted of an exchange: rows of the report, and all that a HAR entry needs."""

from __future__ import annotations

import gzip
from pathlib import Path

import har12
import pytest
from tests.http.wires import peer, recorded, run, says, served

from michinori.http import Client, Request, ServerRequest, ServerResponse, StaticSite
from michinori.http.errors import HttpError
from michinori.trace import Event, har


def only(events: list[Event], what: str) -> Event:
    (event,) = [event for event in events if event.what == what]
    return event


@pytest.mark.row("B4")
def test_request_and_answer_are_noted_with_their_sizes() -> None:
    coded = gzip.compress(b"hello " * 50, mtime=0)
    fields = b"Content-Encoding: gzip\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n"
    head = b"HTTP/1.1 200 Fine\r\n" + fields + b"\r\n"
    body = b"%x\r\n" % len(coded) + coded + b"\r\n0\r\n\r\n"

    async def main() -> list[Event]:
        with recorded() as events:
            async with peer(says(head + body)) as url, Client() as client:
                form = {"Content-Type": "application/x-www-form-urlencoded"}
                request = Request("POST", url + "/form?x#f", form, b"a=1&b=2", about={"page": "page_1", "kind": "form"})
                response = await client.fetch(request)
                assert response.body == b"hello " * 50
            return events()

    events = run(main())
    sent = only(events, "request-sent")
    assert sent.data["method"] == "POST"
    assert sent.data["target"] == "/form?x"
    assert sent.data["body_octets"] == 7
    assert sent.connection.startswith("tcp 127.0.0.1:")
    assert only(events, "response-head").data["status"] == 200
    assert only(events, "content-decoded").data == {"coding": "gzip", "from": len(coded), "to": 300}
    exchange = only(events, "exchange")
    data = exchange.data
    assert exchange.why == ""
    assert exchange.connection == sent.connection
    assert data["url"].endswith("/form?x")
    assert (data["page"], data["kind"], data["request_body"]) == ("page_1", "form", "a=1&b=2")
    assert data["request_headers"] == sent.data["headers"]
    assert (data["request_head_octets"], data["request_body_octets"]) == (sent.data["head_octets"], 7)
    assert (data["status"], data["reason"], data["response_version"]) == (200, "Fine", "HTTP/1.1")
    assert (data["response_head_octets"], data["response_wire_octets"]) == (len(head), len(body))
    assert (data["response_body_octets"], data["content_octets"]) == (len(coded), 300)
    assert (data["content_type"], data["server_address"]) == ("text/plain", "127.0.0.1")


def test_the_phases_add_up_and_are_in_order() -> None:
    async def hello(_: ServerRequest) -> ServerResponse:
        return ServerResponse(200, {}, bytes(300_000))

    async def main() -> list[Event]:
        with recorded() as events:
            async with served(hello) as (_, url), Client() as client:
                await client.fetch(Request.get(url))
                await client.fetch(Request.get(url))
            return [event for event in events() if event.what == "exchange"]

    first, second = run(main())
    for event in (first, second):
        data = event.data
        spent_ns = sum(ns for name, ns in data["phases_ns"].items() if ns > 0 and name != "ssl")
        assert spent_ns == data["ended_ns"] - data["started_ns"]
        instants = [data["started_ns"], *data["send_ns"], data["first_octet_ns"], data["ended_ns"]]
        assert instants == sorted(instants)
    assert first.data["connect_ns"][0] < first.data["connect_ns"][1] <= first.data["send_ns"][0]
    assert second.data["connect_ns"] is None
    assert second.data["reused"] is True
    assert second.data["phases_ns"]["connect"] == -1


def test_failures_are_noted_too() -> None:
    async def main() -> list[Event]:
        with recorded() as events:
            async with peer(says(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")) as url, Client() as client:
                with pytest.raises(HttpError):
                    await client.fetch(Request.get(url))
            async with Client() as client:
                with pytest.raises(HttpError):
                    await client.fetch(Request.get(url))
            return [event for event in events() if event.what == "exchange"]

    half, refused = run(main())
    assert half.why.startswith("receive: the connection ended after 4 of 9 octets")
    assert (half.data["status"], half.data["response_body_octets"]) == (200, 4)
    assert refused.why.startswith("connect: no connection to 127.0.0.1")
    assert (refused.data["status"], refused.data["send_ns"], refused.connection) == (0, None, "")


def test_each_hop_of_a_redirect_is_an_exchange(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "index.html").write_text("<h1>x")

    async def main() -> list[Event]:
        with recorded() as events:
            async with served(StaticSite(tmp_path)) as (_, url), Client() as client:
                await client.fetch(Request.get(url + "/sub"))
            return events()

    events = run(main())
    hops = [event.data for event in events if event.what == "exchange"]
    assert [hop["status"] for hop in hops] == [301, 200]
    assert hops[0]["redirect_url"].endswith("/sub/")
    redirected = only(events, "redirected")
    assert redirected.data["location"].endswith("/sub/")


def test_a_har_can_be_made_of_it(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<h1>x")

    async def main() -> list[Event]:
        with recorded() as events:
            async with served(StaticSite(tmp_path)) as (_, url), Client() as client:
                await client.fetch(Request.get(url + "/?a=b"))
                await client.fetch(Request("POST", url, {"Content-Type": "text/plain"}, b"text"))
                with pytest.raises(HttpError):
                    await client.fetch(Request.get(url.rpartition(":")[0] + ":9/"))
            return events()

    archive = har.build(run(main()), epoch_ns=0)
    har12.hold_against_har_12(archive)
    first, post, failed = archive["log"]["entries"]
    assert first["response"]["content"] == {"size": 5, "mimeType": "text/html"}
    assert post["request"]["postData"] == {"mimeType": "text/plain", "text": "text"}
    assert failed["comment"].startswith("connect: ")


def test_the_server_notes_its_side() -> None:
    async def hello(_: ServerRequest) -> ServerResponse:
        return ServerResponse(200, {}, b"hello")

    async def main() -> list[Event]:
        with recorded() as events:
            async with served(hello) as (_, url), Client() as client:
                await client.fetch(Request.get(url))
            return events()

    events = run(main())
    received, answered = only(events, "request-received"), only(events, "response-sent")
    assert received.data["head_octets"] == only(events, "request-sent").data["head_octets"]
    assert (answered.data["status"], answered.data["body_octets"]) == (200, 5)
    assert ["Content-Length", "5"] in answered.data["headers"]
    own, other = received.connection.split()[1:]
    assert only(events, "exchange").connection == f"tcp {other} {own}"
