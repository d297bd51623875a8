"""What a journey leaves in its folder, and the numbers that sum it up."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from michinori.report.catalogue import Language
from michinori.report.failure import Failure, explain, explain_page
from michinori.report.story import Chapter, make_story
from michinori.trace import Event, har

if TYPE_CHECKING:
    from michinori.browser.picture import Shot
    from michinori.report.contents import Contents
    from michinori.world.journey import Journey


class Folder(Protocol):
    """Where results go."""

    path: Path

    def write(self, name: str, make: Callable[[Path], object]) -> Path:
        """Let ``make`` write the file of that name, relative to the folder."""


class Results:
    """The results of one journey. The trace is read once."""

    def __init__(self, journey: Journey, folder: Folder) -> None:
        self.journey = journey
        self.folder = folder
        self._film: Callable[[], list[Shot]] | None = None
        self.files: dict[str, str] = {}
        """What was written, by name relative to the folder, with what it is."""

    @cached_property
    def events(self) -> list[Event]:
        """Everything that happened."""
        return list(self.journey.recorder.read())

    @cached_property
    def story(self) -> list[Chapter]:
        """A chapter for each row."""
        return make_story(self.events, self.journey.browser_host)

    @cached_property
    def failure(self) -> Failure | None:
        """Why it failed, if it did."""
        error, world, page = self.journey.failure, self.journey.world, self.journey.page
        inside = world.holds if world is not None and self.journey.virtual else None
        if isinstance(error, KeyboardInterrupt):
            return None
        if error is not None:
            return explain(error, inside=inside)
        return explain_page(page.failure, inside=inside) if page is not None and page.failure is not None else None

    @cached_property
    def har(self) -> dict[str, Any]:
        """The requests as HAR 1.2."""
        return har.build(self.events, self.journey.epoch_ns)

    @cached_property
    def numbers(self) -> dict[str, Any]:
        """The journey in numbers, as ``--json`` prints them, but for its files and the time that it really took."""
        counts = {"requests": 0, "frames": 0, "dropped": self._dropped(), "retransmitted": 0, "dns_queries": 0}
        for event in self.events:
            match (event.layer, event.what):
                case ("http", "exchange"):
                    counts["requests"] += 1
                case ("link", "frame-sent"):
                    counts["frames"] += 1
                case ("tcp", "retransmitted"):
                    counts["retransmitted"] += 1
                case ("dns", "asked"):
                    counts["dns_queries"] += 1
        page = self.journey.page
        numbers: dict[str, Any] = {
            "url": self.journey.text,
            "final_url": page.final_url if page is not None else "",
            "status": page.status if page is not None else 0,
            "seed": self.journey.seed,
            "virtual_ms": round(self.journey.took_ns / 1e6, 3),
            **counts,
            "rows": {chapter.row.name: len(chapter.events) for chapter in self.story},
        }
        if self.failure is not None:
            numbers["failure"] = {"stage": self.failure.stage, "layer": self.failure.layer, **self.failure.sentence}
        return numbers

    def _dropped(self) -> int:
        """Frames that were dropped, and what was dropped without a frame that says so."""
        cause_of = {event.n: event.cause for event in self.events}
        frames = {event.n for event in self.events if event.frame and event.why}
        count = len(frames)
        for event in self.events:
            if event.what == "dropped":
                number = event.cause
                while number and number not in frames:
                    number = cause_of.get(number, 0)
                count += not number
        return count

    @property
    def picture(self) -> bytes:
        """The page as PNG; empty when none was drawn."""
        page = self.journey.page
        return page.picture.png if page is not None and page.picture is not None else b""

    def keep(self, *, report: bool, language: Language) -> None:
        """Write everything. Raises what the folder raises."""
        journey, recorder = self.journey, self.journey.recorder
        if report:
            self._begin_film()
        if self.picture:
            self._write("page.png", "picture", lambda path: path.write_bytes(self.picture))
        if journey.world is not None:
            for host in recorder.hosts():
                about = "packets" if host == journey.browser_host else "capture"
                self._write(self._capture_name(host), about, partial(recorder.save_capture, host=host))
        self._write("page.har", "har", lambda path: path.write_bytes(_as_json(self.har)))
        self._write("trace.jsonl", "trace", recorder.save_trace)
        if report:
            self._write("journey.html", "report", lambda path: self._report(path, language))

    def _begin_film(self) -> None:
        """It is painted while the rest is written, unless it is being painted already."""
        page = self.journey.page
        if page is not None and page.film is not None and self._film is None:
            self._film = page.film.begin()

    def _shots(self) -> list[Shot]:
        """Wait for the film, once."""
        begun, self._film = self._film, None
        return begun() if begun is not None else []

    def _report(self, path: Path, language: Language) -> None:
        from michinori.report.html import write_report

        write_report(self.contents(language), path)

    def contents(self, language: Language) -> Contents:
        """What the report is made of. The captures must have been kept."""
        from michinori.report.contents import Contents
        from michinori.report.dom import carried
        from michinori.report.topology import lines, nodes

        self._begin_film()
        world, page = self.journey.world, self.journey.page
        return Contents(
            url=self.journey.text,
            final_url=self.numbers["final_url"],
            numbers=self.numbers,
            failure=self.failure.sentence if self.failure else None,
            chapters=self.story,
            events=self.events,
            captures=self._captures(),
            picture=self.picture,
            film=self._shots,
            files=self.files,
            language=language,
            epoch_ns=self.journey.epoch_ns,
            browser_host=self.journey.browser_host,
            virtual=self.journey.virtual,
            below_sockets=world is not None,
            har=_as_json(self.har),
            document=carried(page.document) if page is not None else {},
            nodes=nodes(world) if world is not None else [],
            lines=lines(world) if world is not None else [],
        )

    def _captures(self) -> dict[str, Path]:
        if self.journey.world is None:
            return {}
        names = {host: self._capture_name(host) for host in self.journey.recorder.hosts()}
        return {host: self.folder.path / name for host, name in names.items()}

    def _capture_name(self, host: str) -> str:
        return "packets.pcapng" if host == self.journey.browser_host else f"captures/{host}.pcapng"

    def _write(self, name: str, about: str, make: Callable[[Path], object]) -> None:
        self.folder.write(name, make)
        self.files[name] = about


def _as_json(har: dict[str, Any]) -> bytes:
    return msgspec.json.format(msgspec.json.encode(har), indent=2) + b"\n"
