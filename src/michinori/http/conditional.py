"""Conditional requests (RFC 9110 section 13): is it to be done at all, or has the client what it needs already?"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from typing import Final

from michinori.http.dates import parse_date
from michinori.http.headers import Headers

_TAG: Final = re.compile(r'[ \t,]*((?:W/)?"[\x21\x23-\x7e\x80-\xff]*")[ \t]*(?:,|$)')


class Verdict(enum.Enum):
    """What the preconditions say."""

    PROCEED = 0
    NOT_MODIFIED = 304
    FAILED = 412


@dataclass(frozen=True, slots=True)
class Validators:
    """What a representation is known by. ``etag`` with its quotes; ``modified_s`` in seconds since 1970, or None."""

    etag: str
    modified_s: int | None = None


def evaluate(method: str, headers: Headers, validators: Validators | None) -> Verdict:
    """Walk the steps of RFC 9110 section 13.2.2. ``validators`` is None if there is no representation."""
    if "If-Match" in headers:
        if not _matches(headers.get("If-Match"), validators, strong=True):
            return Verdict.FAILED
    elif "If-Unmodified-Since" in headers and _is_later(validators, headers.get("If-Unmodified-Since")) is True:
        return Verdict.FAILED
    reading = method in ("GET", "HEAD")
    if "If-None-Match" in headers:
        if _matches(headers.get("If-None-Match"), validators, strong=False):
            return Verdict.NOT_MODIFIED if reading else Verdict.FAILED
    elif (
        reading and "If-Modified-Since" in headers and _is_later(validators, headers.get("If-Modified-Since")) is False
    ):
        return Verdict.NOT_MODIFIED
    return Verdict.PROCEED


def range_applies(headers: Headers, validators: Validators, date_s: int) -> bool:
    """Whether a Range may be honoured: there is no If-Range, or it names exactly this representation.

    A date is strong enough only when it lies at least a second before the date of the answer (section 8.8.2.2).
    """
    condition = headers.get("If-Range")
    if "If-Range" not in headers:
        return True
    if condition.startswith(('"', "W/")):
        return condition == validators.etag and not condition.startswith("W/")
    seconds = parse_date(condition)
    return seconds is not None and seconds == validators.modified_s and seconds < date_s


def tags(value: str) -> list[str]:
    """The entity tags of a list, with their quotes; what is malformed ends it."""
    found, at = [], 0
    while match := _TAG.match(value, at):
        found.append(match[1])
        at = match.end()
    return found


def _matches(value: str, validators: Validators | None, *, strong: bool) -> bool:
    if validators is None:
        return False
    if value.strip() == "*":
        return True
    own = validators.etag
    if strong:
        return not own.startswith("W/") and own in tags(value)
    return own.removeprefix("W/") in {tag.removeprefix("W/") for tag in tags(value)}


def _is_later(validators: Validators | None, date: str) -> bool | None:
    """Whether the representation was changed after that date; None if that cannot be told."""
    seconds = parse_date(date)
    if validators is None or validators.modified_s is None or seconds is None:
        return None
    return validators.modified_s > seconds
