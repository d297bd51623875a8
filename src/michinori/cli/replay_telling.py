"""What came back, on the screen: the answers, the times, and two servers side by side."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from itertools import groupby, zip_longest
from pathlib import Path
from typing import Any, Final

from michinori.cli.catch_words import reason_in
from michinori.cli.catch_words import say as say_of_catch
from michinori.cli.explained import print_answer, print_odd, print_raw
from michinori.cli.language import Language
from michinori.cli.lines import Lines, columns, cut, folded, pad
from michinori.cli.replay_words import say
from michinori.http.urls import Url
from michinori.report.text import visible
from michinori.server.messages import RequestExtent
from michinori.server.messages.secrets import masked
from michinori.server.replay import ReplayBounds, Replayed, Row, compare

_PHASES: Final = ("dns", "connect", "tls", "first", "end")
_NAME_WIDTH: Final = 22
_MOST_SHOWN_EQUAL: Final = 3
_MOST_FOLDED: Final = 8


class Telling:
    """Prints, stage by stage."""

    def __init__(self, lines: Lines, language: Language, bounds: ReplayBounds) -> None:
        self._lines = lines
        self._language = language
        self._bounds = bounds

    def sending(self, file: str, octets: int, url: Url, requests: Sequence[RequestExtent]) -> None:
        """What is sent, and to whom."""
        starts = ", ".join(request.head.start for request in requests if request.head)
        to = str(url.origin)
        self._say("sending", "bold", file=visible(file), octets=octets, to=to, requests=cut(starts, 200))
        if not requests[-1].done and not requests[-1].settles:
            self._say("cut-off", "yellow")

    def host_set(self, authority: str) -> None:
        """The Host field was changed."""
        self._say("host-set", "dim", authority=authority)

    def answers(self, replayed: Replayed, requests: Sequence[RequestExtent]) -> None:
        """Every answer, raw and explained; then what is wrong with them."""
        lines, language = self._lines, self._language
        host, port = replayed.address
        address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        came = [answer for answer in replayed.answers if answer.octets]
        for number, answer in enumerate(came, start=1):
            lines.line("")
            key = "answer" if len(requests) > 1 else "one-answer"
            self._say(key, "bold magenta", number=number, count=len(requests), address=address)
            if answer.interim:
                self._say("interim", "dim", statuses=", ".join(map(str, answer.interim)))
            print_raw(answer, lines, language)
            print_answer(answer, lines, language)
            print_odd(answer, lines, language)
        lines.line("")
        self.shortfall(replayed)

    def shortfall(self, replayed: Replayed) -> None:
        """Why the answers are not complete, or what is more than them."""
        if replayed.why:
            bounds = self._bounds
            values = {"bound": bounds.octets, "silence": bounds.silence_s, "whole": bounds.whole_s}
            self._say(f"why-{replayed.why}", "bold yellow", **values)
        missing = sum(not answer.octets for answer in replayed.answers)
        if missing:
            self._say("missing", "bold yellow", count=missing)
        if replayed.surplus > 0:
            self._say("surplus", "yellow", octets=replayed.surplus)

    def times(self, replayed: Replayed) -> None:
        """How long each phase took."""
        shown = [
            f"{say(phase, self._language)} {ms:.2f} ms"
            for phase, ms in _times(replayed).items()
            if phase != "end" or ms
        ]
        self._lines.line((say("timing", self._language) + ": ", "bold"), " · ".join(shown), indent=0)

    def rounds(self, rounds: Sequence[Replayed]) -> list[dict[str, Any]]:
        """A line for each sending, and whether the answers are the same."""
        language, lines = self._language, self._lines
        found = [_times(replayed) for replayed in rounds]
        lines.line("")
        for number, (replayed, times) in enumerate(zip(rounds, found, strict=True), start=1):
            statuses = say("statuses", language, statuses=", ".join(map(str, _statuses(replayed))))
            shown = " · ".join(f"{say(phase, language)} {times[phase]:.2f} ms" for phase in ("connect", "first", "end"))
            head = say("round", language, number=number) + "  "
            lines.line((head, "bold"), f"{statuses}  {shown}", indent=columns(head))
        medians = (
            f"{say(phase, language)} {statistics.median(times[phase] for times in found):.2f} ms"
            for phase in ("connect", "first", "end")
        )
        label = (pad(say("median", language), columns(f"{head}{statuses}  ")), "bold")
        lines.line(label, " · ".join(medians), indent=columns(head))
        other = [number for number, one in enumerate(rounds, start=1) if _count(differences(rounds[0], one))]
        if other:
            self._say("not-same", "yellow", rounds=", ".join(map(str, other)))
        else:
            self._say("all-same", "green", count=len(rounds))
        return [times | {"statuses": _statuses(one)} for one, times in zip(rounds, found, strict=True)]

    def kept(self, path: Path, octets: int) -> None:
        """Where the answer is."""
        sentence = say_of_catch("kept", self._language, file=visible(str(path)), octets=octets)
        self._lines.line((sentence, "green"), indent=0)

    def compare(self, rows: Sequence[Row], names: Sequence[str]) -> int:
        """Both answers in two columns. Gives in how many places they differ."""
        lines, language = self._lines, self._language
        lines.rule(say("diff", language))
        width = max(16, (min(lines.width, 160) - _NAME_WIDTH - 5) // 2)
        lines.line(" " * _NAME_WIDTH, "  ", (pad(cut(names[0], width), width + 1), "bold"), "  ", (names[1], "bold"))
        for same, run in groupby(rows, key=lambda row: row.part == "body" and row.same):
            shown = list(run)
            left_out = max(0, len(shown) - _MOST_SHOWN_EQUAL) if same else 0
            for row in shown[: len(shown) - left_out]:
                self._row(row, width)
            if left_out:
                lines.line(" " * (_NAME_WIDTH + 2), (say("equal-lines", language, count=left_out), "dim"))
        count = _count(rows)
        lines.line("")
        if count:
            self._say("differ", "bold yellow", count=count)
        else:
            self._say("same", "bold green")
        return count

    def _row(self, row: Row, width: int) -> None:
        name = row.name or say("status-line" if row.part == "status" else "body", self._language)
        sign, style = ("=", "dim") if row.same else (("≠", "yellow") if row.counts else ("~", "dim"))
        left_style, right_style = ("dim", "dim") if style == "dim" else ("red", "green")
        texts = [reason_in(self._language, text) if row.part == "digest" else text for text in (row.left, row.right)]
        sides = [[cut(text, width)] if row.same else folded(text, width, _MOST_FOLDED) for text in texts]
        for left, right in zip_longest(*sides, fillvalue=""):
            self._lines.line(
                (pad(cut(name, _NAME_WIDTH - 1), _NAME_WIDTH), "cyan"),
                (f"{sign} ", style),
                (pad(left, width + 1), left_style),
                ("│ ", "dim"),
                (right, right_style),
            )
            name, sign = "", " "

    def _say(self, key: str, style: str, **values: object) -> None:
        self._lines.line((say(key, self._language, **values), style), indent=0)


def differences(left: Replayed, right: Replayed) -> list[Row]:
    """All answers of two sendings, pair by pair."""
    return [row for one, two in zip(left.answers, right.answers, strict=True) for row in compare(one, two)]


def as_object(replayed: Replayed) -> dict[str, Any]:
    """What ``--json`` prints of a sending."""
    return {
        "octets": len(replayed.octets),
        "complete": replayed.complete,
        "why": replayed.why,
        "times_ms": _times(replayed),
        "responses": [
            {
                "status": answer.head.status if answer.head else 0,
                "reason": answer.head.reason if answer.head else "",
                "interim": answer.interim,
                "headers": [[field.name, masked(field)] for field in answer.head.fields] if answer.head else [],
                "octets": len(answer.octets),
                "body_octets": len(answer.body),
                "content_octets": len(answer.content),
                "complete": answer.done,
            }
            for answer in replayed.answers
        ],
    }


def _count(rows: Sequence[Row]) -> int:
    return sum(1 for row in rows if row.counts and not row.same)


def _statuses(replayed: Replayed) -> list[int]:
    return [answer.head.status if answer.head else 0 for answer in replayed.answers]


def _times(replayed: Replayed) -> dict[str, float]:
    values = (replayed.resolve_ns, replayed.connect_ns, replayed.tls_ns, replayed.first_ns, replayed.end_ns)
    return {phase: round(ns / 1e6, 3) for phase, ns in zip(_PHASES, values, strict=True) if ns >= 0}
