"""The stages of ``michinori catch`` as lines on the screen."""

from __future__ import annotations

from typing import Any

from michinori.cli.catch_words import explain_failure, say
from michinori.cli.explained import print_answer, print_odd, print_raw, print_request
from michinori.cli.language import Language
from michinori.cli.lines import Lines
from michinori.report.text import visible
from michinori.server.catch import CatchSettings, Caught, Outcome
from michinori.server.catch.keepers import describe
from michinori.server.messages import Kind
from michinori.server.messages.secrets import masked


class Telling:
    """Called with each stage. ``for_summary``: remember what was kept, which ``summary`` then gives as one object."""

    def __init__(self, lines: Lines, settings: CatchSettings, language: Language, *, for_summary: bool = False) -> None:
        self._lines = lines
        self._settings = settings
        self._language = language
        self._for_summary = for_summary
        self._kept: list[dict[str, Any]] = []

    def __call__(self, what: str, /, **data: Any) -> None:
        match what:
            case "kept":
                self._tell_kept(data["batch"])
            case "after":
                self._tell_after(data["caught"])
            case "waiting":
                self._tell_waiting(data["addresses"])
            case "no-server":
                self._line(explain_failure(data["error"], self._language), "bold red")
            case "starting" | "stopping" | "connected":
                self._line(say(what, self._language, **data), "bold")
            case "passing" | "silent" | "unwanted":
                shown = {key: _end(address) for key, address in data.items()}
                self._line(say(what, self._language, **shown), "dim")
            case _:
                self._line(say(what, self._language, **data), "dim")

    def summary(self, outcome: Outcome) -> dict[str, Any]:
        """What ``--json`` prints."""
        found: dict[str, Any] = {"requests": self._kept, "interrupted": outcome.interrupted}
        if outcome.failure is not None:
            found["failure"] = explain_failure(outcome.failure, self._language)
        return found

    def _tell_waiting(self, addresses: list[tuple[str, int]]) -> None:
        self._line(say("waiting", self._language), "bold")
        port, host = addresses[0][1], self._settings.host or "localhost"
        url = f"http://{f'[{host}]' if ':' in host else host}:{port}/"
        listed = ", ".join(_end(address) for address in addresses)
        self._line(say("address", self._language, url=url, addresses=listed), "dim")
        if self._settings.forward is not None:
            self._line(say("forward", self._language, url=self._settings.forward.url.origin), "dim")

    def _tell_kept(self, batch: list[Caught]) -> None:
        for caught in batch:
            self._tell_one(caught)
            if self._for_summary:
                self._kept.append(_as_object(caught))
        if len(batch) > 1:
            self._line(say("several", self._language, count=len(batch)), "yellow")
        self._tell_files(batch)

    def _tell_one(self, caught: Caught) -> None:
        lines, language, request = self._lines, self._language, caught.request
        print_raw(request, lines, language)
        print_request(request, lines, language)
        lines.line("")
        print_odd(request, lines, language)
        if request.kind in (Kind.TLS, Kind.HTTP2, Kind.OTHER):
            self._line(say(f"kind-{request.kind}", language), "bold yellow")
        if caught.why:
            self._tell_why(caught.why)
        if self._settings.forward is None:
            return
        if caught.answer is not None:
            lines.line((say("answer", language), "bold magenta"))
            print_raw(caught.answer, lines, language)
            print_answer(caught.answer, lines, language)
            lines.line("")
            self._line(say("timing", language, first=caught.first_answer_ns / 1e6), "dim")
        if caught.answer_why:
            self._tell_why(caught.answer_why)

    def _tell_after(self, caught: Caught) -> None:
        after = caught.after
        assert after is not None, "it is told of"
        self._lines.line((say("after", self._language), "bold magenta"))
        print_raw(after, self._lines, self._language)
        print_request(after, self._lines, self._language)
        self._lines.line("")
        if after.left_out:
            self._tell_why("too-long")
        if "after" in caught.files:
            file, octets = visible(str(caught.files["after"])), len(after.octets)
            self._line(say("kept", self._language, file=file, octets=octets), "green")
        for known in self._kept:
            if known["number"] == caught.number:
                known["after_octets"] = len(after.octets)
                known["files"]["after"] = str(caught.files.get("after", ""))

    def _tell_why(self, why: str) -> None:
        bounds = self._settings.bounds
        sentence = say(
            f"why-{why}", self._language, bound=bounds.octets, silence=bounds.silence_s, whole=bounds.whole_s
        )
        self._line(sentence, "bold yellow")

    def _tell_files(self, batch: list[Caught]) -> None:
        sizes: dict[str, int] = {}
        for caught in batch:
            for role, path in caught.files.items():
                message = caught.request if role == "received" else caught.answer
                sizes[str(path)] = sizes.get(str(path), 0) + (len(message.octets) if message is not None else 0)
        for file, octets in sizes.items():
            self._line(say("kept", self._language, file=visible(file), octets=octets), "green")

    def _line(self, sentence: str, style: str) -> None:
        self._lines.line((sentence, style), indent=None if sentence.startswith("===") else 0)


def _as_object(caught: Caught) -> dict[str, Any]:
    found = describe(caught)
    if caught.head is not None:
        found["headers"] = [[field.name, masked(field)] for field in caught.head.fields]
    answer = caught.answer
    if answer is not None and answer.head is not None:
        found["answer"]["headers"] = [[field.name, masked(field)] for field in answer.head.fields]
    found["files"] = {role: str(path) for role, path in caught.files.items()}
    return found


def _end(address: tuple[str, int]) -> str:
    host, port = address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
