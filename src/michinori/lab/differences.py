"""Two journeys side by side: what was chosen differently, and what came of it, in sentences and in numbers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from michinori.lab.order import Order
from michinori.lab.shelf import Kept
from michinori.report.rows import ROWS
from michinori.report.text import visible
from michinori.trace import read_trace
from michinori.world.units import show_duration

Texts = dict[str, str]

_NUMBERS: Final[dict[str, tuple[str, str]]] = {
    "requests": ("リクエスト", "requests"),
    "frames": ("フレーム", "frames"),
    "dropped": ("破棄", "dropped"),
    "retransmitted": ("再送", "retransmitted"),
    "dns_queries": ("DNSの問合せ", "DNS queries"),
}
_PHASES: Final[dict[str, tuple[str, str]]] = {
    "dns": ("最初のリクエストの名前解決", "name resolution of the first request"),
    "connect": ("最初のコネクション確立", "the first connection"),
    "wait": ("最初の応答待ち", "waiting for the first answer"),
    "receive": ("最初の応答の受信", "receiving the first answer"),
}
#: A smaller difference of a phase stands in the table alone.
_NOTABLE_MS: Final = 0.1
_OPTIONS: Final = ("text", "scenario", "seed", "loss", "delay", "rate", "mtu", "warm", "tcp", "faults", "sites")


class Difference(msgspec.Struct):
    """Of ``left`` and ``right``: the options that differ, numbers by name, and what is to be said."""

    options: list[tuple[str, str, str]]
    numbers: list[tuple[Texts, float, float]]
    """A name, and the number of each; times are milliseconds."""
    sentences: list[Texts]


def compare(left: Kept, right: Kept, left_trace: Path, right_trace: Path) -> Difference:
    """Raises ``OSError``."""
    phases = [_phases(path) for path in (left_trace, right_trace)]
    numbers = list(_numbers(left.numbers, right.numbers, *phases))
    sentences = [
        *_about_end(left, right),
        *_about_phases(*phases),
        *_about_numbers(left.numbers, right.numbers),
        *_about_rows(left, right),
    ]
    if not sentences:
        sentences = [
            _texts("二つの旅は、数えられるかぎり同じです。", "The two journeys are the same in all that is counted.")
        ]
    return Difference(list(_options(left.order, right.order)), numbers, sentences)


def _options(left: Order, right: Order) -> Iterator[tuple[str, str, str]]:
    for name in _OPTIONS:
        pair = (getattr(left, name), getattr(right, name))
        if pair[0] != pair[1]:
            yield name, _shown(pair[0]), _shown(pair[1])


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name}={_shown(one)}" for name, one in value.items()) or "–"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "–"
    if isinstance(value, bool):
        return str(value).lower()
    return "–" if value is None else visible(str(value), limit=200)


def _phases(trace: Path) -> dict[str, float]:
    """The phases of the first request in milliseconds."""
    with trace.open("rb") as file:
        first = next((event for event in read_trace(file) if (event.layer, event.what) == ("http", "exchange")), None)
    return {} if first is None else {name: ns / 1e6 for name, ns in first.data["phases_ns"].items() if ns >= 0}


def _numbers(
    left: dict[str, Any], right: dict[str, Any], left_phases: dict[str, float], right_phases: dict[str, float]
) -> Iterator[tuple[Texts, float, float]]:
    yield _texts("仮想の時間 (ms)", "virtual time (ms)"), left["virtual_ms"], right["virtual_ms"]
    for name, pair in _PHASES.items():
        if name in left_phases or name in right_phases:
            yield _texts(f"{pair[0]} (ms)", f"{pair[1]} (ms)"), left_phases.get(name, 0), right_phases.get(name, 0)
    for name, pair in _NUMBERS.items():
        yield _texts(*pair), left[name], right[name]


def _about_end(left: Kept, right: Kept) -> Iterator[Texts]:
    if (left.failure is None) != (right.failure is None):
        ja, en = ("右", "right") if right.failure is not None else ("左", "left")
        why = right.failure or left.failure or {}
        yield _texts(f"到着できなかったのは{ja}だけです。{why['ja']}", f"Only the {en} one did not arrive. {why['en']}")
    by_ms = right.numbers["virtual_ms"] - left.numbers["virtual_ms"]
    if by_ms:
        time = show_duration(round(abs(by_ms) * 1e6))
        ja, en = ("長く", "longer") if by_ms > 0 else ("短く", "less")
        yield _texts(
            f"右の旅は {time} {ja}かかりました ({_ms(left)} → {_ms(right)})。",
            f"The right journey took {time} {en} ({_ms(left)} → {_ms(right)}).",
        )


def _about_phases(left: dict[str, float], right: dict[str, float]) -> Iterator[Texts]:
    for name, (ja, en) in _PHASES.items():
        pair = (left.get(name, 0.0), right.get(name, 0.0))
        by_ms = pair[1] - pair[0]
        if abs(by_ms) < _NOTABLE_MS:
            continue
        time, *both = (show_duration(round(ms * 1e6)) for ms in (abs(by_ms), *pair))
        more = ("長い", "longer") if by_ms > 0 else ("短い", "shorter")
        yield _texts(
            f"{ja}は右が {time} {more[0]} ({both[0]} → {both[1]})。",
            f"{en[:1].upper()}{en[1:]}: {time} {more[1]} on the right ({both[0]} → {both[1]}).",
        )


def _about_numbers(left: dict[str, Any], right: dict[str, Any]) -> Iterator[Texts]:
    for name, (ja, en) in _NUMBERS.items():
        by = right[name] - left[name]
        if by:
            more = ("多い", "more") if by > 0 else ("少ない", "fewer")
            yield _texts(
                f"{ja}は右が {abs(by):,} {more[0]} ({left[name]:,} → {right[name]:,})。",
                f"{en[:1].upper()}{en[1:]}: {abs(by):,} {more[1]} on the right ({left[name]:,} → {right[name]:,}).",
            )


def _about_rows(left: Kept, right: Kept) -> Iterator[Texts]:
    for row in ROWS:
        pair = (left.numbers["rows"].get(row.name, 0), right.numbers["rows"].get(row.name, 0))
        if bool(pair[0]) != bool(pair[1]):
            ja, en = ("左", "left") if pair[0] else ("右", "right")
            yield _texts(
                f"{row.name}「{row.title['ja']}」は{ja}だけで起きました。",
                f"{row.name}, {row.title['en']}, happened on the {en} alone.",
            )


def _ms(kept: Kept) -> str:
    return show_duration(round(kept.numbers["virtual_ms"] * 1e6))


def _texts(ja: str, en: str) -> Texts:
    return {"ja": ja, "en": en}
