"""What the client takes: codings and languages with their weights (RFC 9110 sections 12.4.2, 12.5.3 and 12.5.4)."""

from __future__ import annotations

import re
from typing import Final, Literal

from michinori.http.headers import Headers

_WEIGHT: Final = re.compile(r"(?:0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)")


def weights(headers: Headers, name: str) -> dict[str, float]:
    """Each member of the list, in lower case, with its weight between 0 and 1; what is malformed is left out."""
    found: dict[str, float] = {}
    for member in headers.tokens(name):
        value, *parameters = (part.strip() for part in member.split(";"))
        weight = 1.0
        for parameter in parameters:
            key, _, text = parameter.partition("=")
            if key.strip() == "q":
                match = _WEIGHT.fullmatch(text.strip())
                weight = float(match[0]) if match else -1.0
        if value and weight >= 0:
            found[value] = weight
    return found


def takes(headers: Headers, coding: str) -> bool:
    """Whether content in that coding is welcome. Who says nothing gets none."""
    offered = weights(headers, "Accept-Encoding")
    return offered.get(coding, offered.get("*", 0.0)) > 0


def language(accept_language: str) -> Literal["ja", "en"]:
    """Which of the two languages of our own pages is wanted more: the first named if both are alike, English if neither
    is wanted. Takes the value of an ``Accept-Language`` field.
    """
    best: Literal["ja", "en"] = "en"
    most = 0.0
    for tag, weight in weights(Headers({"Accept-Language": accept_language}), "Accept-Language").items():
        primary = tag.partition("-")[0]
        if weight > most and primary in ("ja", "en"):
            best, most = "ja" if primary == "ja" else "en", weight
    return best
