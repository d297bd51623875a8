"""The ``exchange`` event: everything that a HAR entry needs to know of one request and its answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from michinori.http.exchange import Asked, Exchange

_KEPT_OF_A_BODY: Final = 64 * 1024
_TEXTUAL: Final = ("text/", "application/json", "application/x-www-form-urlencoded", "application/xml")


def describe(exchange: Exchange, content_octets: int | None) -> dict[str, Any]:
    """The data of the event. What never came is left out; instants are nanoseconds of the scope's clock."""
    asked, watch = exchange.asked, exchange.watch
    data: dict[str, Any] = {
        "page": "",
        **asked.about,
        "url": asked.url.without_fragment,
        "method": asked.method,
        "request_version": "HTTP/1.1",
        "request_headers": asked.headers.as_lists(),
        "request_head_octets": exchange.request_head_octets,
        "request_body_octets": exchange.upload.body_octets if exchange.upload is not None else 0,
        **_request_body(asked),
        "status": 0,
        "redirect_url": exchange.redirect_url,
        "server_address": exchange.server_address,
        "server_port": asked.url.port,
        "priority": asked.priority,
        "attempts": exchange.attempts,
        "reused": exchange.reused,
        "interim": [[interim.status, interim.headers.as_lists()] for interim in exchange.interim],
        "started_ns": watch.started_ns,
        **watch.har_intervals_ns(),
        "ended_ns": watch.ended_ns,
        "phases_ns": watch.har_ns(),
    }
    if exchange.first_octet_ns is not None:
        data["first_octet_ns"] = exchange.first_octet_ns
    return data | _answer(exchange, content_octets)


def _answer(exchange: Exchange, content_octets: int | None) -> dict[str, Any]:
    head, framing = exchange.head, exchange.framing
    if head is None or framing is None:
        return {}
    return {
        "status": head.status,
        "reason": head.reason,
        "response_version": head.version,
        "response_headers": head.headers.as_lists(),
        "response_head_octets": head.octets,
        "response_body_octets": framing.coded_octets,
        "response_wire_octets": framing.body_octets,
        "content_octets": framing.coded_octets if content_octets is None else content_octets,
        "content_type": head.headers.get("Content-Type"),
    }


def _request_body(asked: Asked) -> dict[str, str]:
    kind = asked.headers.get("Content-Type").lower()
    if not isinstance(asked.body, bytes) or not kind.startswith(_TEXTUAL):
        return {}
    return {"request_body": asked.body[:_KEPT_OF_A_BODY].decode("utf-8", "replace")}
