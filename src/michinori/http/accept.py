"""What the client takes: ``Accept-Encoding`` and its weights (RFC 9110 sections 12.4.2 and 12.5.3)."""

from __future__ import annotations

import re
from typing import Final

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
