"""Dates as HTTP writes them (RFC 9110 section 5.6.7): one form is sent, three are understood."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

from michinori.trace import NS_PER_S, current

_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_TIME = r"(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)"
_MONTH = f"(?P<month>{'|'.join(_MONTHS)})"
_FORMS: Final = (
    re.compile(rf"(?:{'|'.join(_DAYS)}), (?P<day>\d\d) {_MONTH} (?P<year>\d{{4}}) {_TIME} GMT", re.ASCII),
    re.compile(rf"[MTWFS][a-z]{{5,8}}, (?P<day>\d\d)-{_MONTH}-(?P<year>\d\d) {_TIME} GMT", re.ASCII),  # RFC 850
    re.compile(rf"(?:{'|'.join(_DAYS)}) {_MONTH} (?P<day>[ \d]\d) {_TIME} (?P<year>\d{{4}})", re.ASCII),  # asctime
)


def format_date(seconds: int) -> str:
    """An IMF-fixdate, ``Sun, 06 Nov 1994 08:49:37 GMT``, from seconds since 1970."""
    date = datetime.fromtimestamp(seconds, UTC)
    return (
        f"{_DAYS[date.weekday()]}, {date.day:02} {_MONTHS[date.month - 1]} {date.year:04} "
        f"{date.hour:02}:{date.minute:02}:{date.second:02} GMT"
    )


def parse_date(text: str) -> int | None:
    """Seconds since 1970, or None for what is not a date. The week day is not checked."""
    for form in _FORMS:
        match = form.fullmatch(text)
        if match is not None:
            break
    else:
        return None
    year = int(match["year"])
    if len(match["year"]) == 2:
        year = _full_year(year)
    second = min(int(match["second"]), 59)  # a leap second is allowed
    try:
        month = _MONTHS.index(match["month"]) + 1
        date = datetime(year, month, int(match["day"]), int(match["hour"]), int(match["minute"]), second, tzinfo=UTC)
    except ValueError:
        return None
    return int(date.timestamp())


def now_s() -> int:
    """The date, in whole seconds since 1970, by the clock of the running task's scope."""
    return current().clock.date_ns() // NS_PER_S


def _full_year(two_digits: int) -> int:
    """A year that seems to lie more than 50 years ahead was meant to be past (RFC 9110 section 5.6.7)."""
    this_year = datetime.fromtimestamp(now_s(), UTC).year
    year = this_year - this_year % 100 + two_digits
    return year - 100 if year > this_year + 50 else year
