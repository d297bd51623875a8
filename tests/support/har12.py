"""A strict check of HAR 1.2, written from its specification: http://www.softwareishard.com/blog/har-12-spec/.

The shapes name each object's members with what they must be. A name with "?" behind may be missing; names with "_" in
front are custom fields, which the specification allows; anything else is wrong.
"""

from __future__ import annotations

import re
from typing import Any

import pytest


def number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= -1


def duration(value: object) -> bool:
    return number(value) and value >= 0


def duration_or_minus_one(value: object) -> bool:
    return duration(value) or value == -1


def text(value: object) -> bool:
    return isinstance(value, str)


def truth(value: object) -> bool:
    return isinstance(value, bool)


def date(value: object) -> bool:
    return text(value) and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(Z|[+-]\d\d:\d\d)", value) is not None


Shape = dict[str, Any]
COMMENT: Shape = {"comment?": text}
PAIR: Shape = {"name": text, "value": text, **COMMENT}
AGENT: Shape = {"name": text, "version": text, **COMMENT}
COOKIE: Shape = {
    "name": text,
    "value": text,
    "path?": text,
    "domain?": text,
    "expires?": date,
    "httpOnly?": truth,
    "secure?": truth,
    **COMMENT,
}
MESSAGE: Shape = {
    "httpVersion": text,
    "cookies": [COOKIE],
    "headers": [PAIR],
    "headersSize": whole,
    "bodySize": whole,
    **COMMENT,
}
POSTED: Shape = {
    "name": text,
    "value?": text,
    "fileName?": text,
    "contentType?": text,
    **COMMENT,
}
REQUEST: Shape = {
    **MESSAGE,
    "method": text,
    "url": text,
    "queryString": [PAIR],
    "postData?": {"mimeType": text, "params?": [POSTED], "text?": text, **COMMENT},
}
RESPONSE: Shape = {
    **MESSAGE,
    "status": whole,
    "statusText": text,
    "redirectURL": text,
    "content": {
        "size": whole,
        "compression?": lambda value: isinstance(value, int),
        "mimeType": text,
        "text?": text,
        "encoding?": text,
        **COMMENT,
    },
}
ENTRY: Shape = {
    "pageref?": text,
    "startedDateTime": date,
    "time": duration,
    "request": REQUEST,
    "response": RESPONSE,
    "cache": {**COMMENT},
    "timings": {
        "blocked?": duration_or_minus_one,
        "dns?": duration_or_minus_one,
        "connect?": duration_or_minus_one,
        "send": duration,
        "wait": duration,
        "receive": duration,
        "ssl?": duration_or_minus_one,
        **COMMENT,
    },
    "serverIPAddress?": text,
    "connection?": text,
    **COMMENT,
}
PAGE: Shape = {
    "startedDateTime": date,
    "id": text,
    "title": text,
    "pageTimings": {"onContentLoad?": duration_or_minus_one, "onLoad?": duration_or_minus_one, **COMMENT},
    **COMMENT,
}
HAR: Shape = {
    "log": {"version": text, "creator": AGENT, "browser?": AGENT, "pages?": [PAGE], "entries": [ENTRY], **COMMENT}
}


def hold_against(shape: Any, value: Any, where: str = "har") -> None:
    if isinstance(shape, dict):
        assert isinstance(value, dict), where
        for name, inner in shape.items():
            member = name.removesuffix("?")
            assert member in value or name.endswith("?"), f"{where}.{member} is missing"
            if member in value:
                hold_against(inner, value[member], f"{where}.{member}")
        allowed = {name.removesuffix("?") for name in shape}
        unknown = {name for name in value if name not in allowed and not name.startswith("_")}
        assert not unknown, f"{where} has {unknown}"
    elif isinstance(shape, list):
        assert isinstance(value, list), where
        for index, one in enumerate(value):
            hold_against(shape[0], one, f"{where}[{index}]")
    else:
        assert shape(value), f"{where} is {value!r}"


def hold_against_har_12(har: Any) -> None:
    hold_against(HAR, har)
    log = har["log"]
    assert log["version"] == "1.2"
    pages = [page["id"] for page in log.get("pages", [])]
    assert len(pages) == len(set(pages))
    started = [entry["startedDateTime"] for entry in log["entries"]]
    assert started == sorted(started)
    for entry in log["entries"]:
        assert entry.get("pageref", "") in ["", *pages]
        timings = entry["timings"]
        parts = [timings.get(name, -1) for name in ("blocked", "dns", "connect", "send", "wait", "receive")]
        assert entry["time"] == pytest.approx(sum(part for part in parts if part > 0))
        assert timings.get("ssl", -1) <= max(timings.get("connect", -1), -1)
        post = entry["request"].get("postData", {})
        assert not (post.get("params") and post.get("text")), "params and text exclude each other"
