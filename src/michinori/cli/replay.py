"""``michinori replay``: a kept request, sent again."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any, Final

import msgspec

from michinori.cli.catch_words import explain_failure, reason_in
from michinori.cli.catch_words import say as say_of_catch
from michinori.cli.complaint import complain
from michinori.cli.lines import Lines
from michinori.cli.replay_telling import Telling, as_object, differences
from michinori.cli.replay_words import say
from michinori.cli.spoken import Spoken
from michinori.cli.status import DONE, FAILED, INTERRUPTED, WRONG_USAGE
from michinori.cli.targets import UsageError, server_url, tls_context
from michinori.http.errors import HttpError
from michinori.report.text import visible
from michinori.server.keeping import KeepError, KeptFiles
from michinori.server.messages import RequestExtent
from michinori.server.replay import (
    NotARequest,
    ReplayBounds,
    Replayed,
    ReplaySettings,
    read_requests,
    replay,
    with_host,
)

DEFAULT_OUTPUT: Final = "client_recv.txt"
_BOUNDS: Final = ReplayBounds()


class Options(Spoken, kw_only=True):
    """The options as they were given."""

    file: str
    to: str
    output: str | None = None
    set_host: bool = False
    repeat: int = 1
    diff: str | None = None
    insecure: bool = False
    max_size: int = _BOUNDS.octets
    max_silence: float = _BOUNDS.silence_s
    max_time: float = _BOUNDS.whole_s
    force: bool = False
    as_json: bool = False

    @property
    def target(self) -> Path:
        """Where the answer goes."""
        return Path(self.output or DEFAULT_OUTPUT)

    @property
    def other_target(self) -> Path:
        """Where the answer of the other server goes."""
        target = self.target
        return target.with_name(f"{target.stem}-2{target.suffix}")


def run(options: Options) -> int:
    """Do it. Gives the exit status."""
    language = options.language
    files = KeptFiles(force=options.force)
    try:
        work = _Work(options, files)
    except (UsageError, KeepError) as error:
        complain(explain_failure(error, language), language)
        return WRONG_USAGE
    try:
        return work.run()
    except (KeepError, HttpError) as error:
        complain(explain_failure(error, language), language)
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED


class _Work:
    """One run of the command. Made, it has checked everything that can be checked before."""

    def __init__(self, options: Options, files: KeptFiles) -> None:
        """Raises ``UsageError`` and ``KeepError``."""
        self._options = options
        self._language = options.language
        self._files = files
        self._requests = _read(options)
        bounds = ReplayBounds(octets=options.max_size, silence_s=options.max_silence, whole_s=options.max_time)
        urls = [server_url(text, self._language) for text in (options.to, options.diff) if text is not None]
        self._settings = [ReplaySettings(url, tls_context(url, insecure=options.insecure), bounds) for url in urls]
        for target in [options.target] if options.diff is None else [options.target, options.other_target]:
            if target.exists() and target.samefile(options.file):
                raise UsageError(say("same-file", self._language, path=visible(str(target))))
            files.check(target)
        self._telling = Telling(Lines(sys.stderr if options.as_json else sys.stdout), self._language, bounds)

    def run(self) -> int:
        """Raises ``HttpError`` and ``KeepError``."""
        options, telling = self._options, self._telling
        rounds = self._send(self._settings[0])
        last = rounds[-1]
        self._files.write(options.target, bytes(last.octets))
        found: dict[str, Any] = {
            "file": options.file,
            "to": str(self._settings[0].url.origin),
            "answer": as_object(last),
            "kept": str(options.target),
        }
        telling.answers(last, self._requests)
        telling.times(last)
        complete = all(one.complete for one in rounds)
        if len(rounds) > 1:
            found["rounds"] = telling.rounds(rounds)
        telling.kept(options.target, len(last.octets))
        if len(self._settings) > 1:
            other = self._send(self._settings[1])[-1]
            self._files.write(options.other_target, bytes(other.octets))
            rows = differences(last, other)
            count = telling.compare(rows, [str(settings.url.origin) for settings in self._settings])
            telling.shortfall(other)
            telling.times(other)
            telling.kept(options.other_target, len(other.octets))
            complete = complete and other.complete and not count
            found["diff"] = {
                "to": str(self._settings[1].url.origin),
                "answer": as_object(other),
                "kept": str(options.other_target),
                "differences": [
                    {"part": row.part, "name": row.name, "left": row.left, "right": row.right}
                    for row in rows
                    if row.counts and not row.same
                ],
            }
        if options.as_json:
            print(msgspec.json.encode(found).decode(), flush=True)
        return DONE if complete else FAILED

    def _send(self, settings: ReplaySettings) -> list[Replayed]:
        options = self._options
        authority = settings.url.authority
        octets = b"".join(
            with_host(request, authority) if options.set_host else bytes(request.octets) for request in self._requests
        )
        self._telling.sending(options.file, len(octets), settings.url, self._requests)
        if options.set_host:
            self._telling.host_set(authority)
        methods = [request.head.method if request.head else "" for request in self._requests]
        rounds: list[Replayed] = []
        try:
            while len(rounds) < options.repeat:
                rounds.append(asyncio.run(replay(octets, methods, settings)))
        except HttpError:
            if rounds:
                self._files.write(options.target, bytes(rounds[-1].octets))  # what has come is not thrown away
            raise
        return rounds


def _read(options: Options) -> list[RequestExtent]:
    language, path = options.language, Path(options.file)
    try:
        return read_requests(path.read_bytes())
    except OSError as error:
        reason = reason_in(language, error.strerror or str(error))
        raise UsageError(say_of_catch("unreadable", language, path=visible(options.file), reason=reason)) from None
    except NotARequest as error:
        kind = say(f"kind-{error.kind}", language)
        raise UsageError(say("not-a-request", language, file=visible(options.file), kind=kind)) from None
