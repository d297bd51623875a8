"""Fixtures of the browser's tests: recorded events, and pictures compared pixel by pixel."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from michinori import trace
from michinori.browser.document import Document
from michinori.browser.media import Viewport
from michinori.browser.paint import Answer, PlutoPrint
from michinori.browser.picture import Picture


@pytest.fixture
def recorder() -> Iterator[trace.Recorder]:
    """Records what is done in the test."""
    recorder = trace.Recorder()
    scope = trace.current()
    token = trace.SCOPE.set(trace.Scope(recorder, "pc", scope.clock, scope.dice))
    yield recorder
    trace.SCOPE.reset(token)
    recorder.close()


@pytest.fixture
def events(recorder: trace.Recorder) -> Callable[[str], list[dict[str, Any]]]:
    """The data of all browser events of that name so far, with their ``why``."""

    def named(what: str) -> list[dict[str, Any]]:
        found = [event for event in recorder.read() if event.layer == "browser" and event.what == what]
        return [{**event.data, "why": event.why} if event.why else event.data for event in found]

    return named


@pytest.fixture
def draw(tmp_path: Path) -> Callable[..., Picture]:
    """Paint a piece of HTML in a small window."""

    def paint(html: str, answers: dict[str, Answer] | None = None, width: int = 100, height: int = 40) -> Picture:
        return PlutoPrint().paint(Document(html, "http://x.example/"), answers or {}, Viewport(width, height))

    return paint


@pytest.fixture
def looks_like(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Compare a picture with a grid of letters; each stands for a colour, ``?`` for any. One letter covers ``step``
    pixels each way and is compared in its middle. A picture that differs is left beside the test's other output.
    """
    colours = {"w": (255, 255, 255), "k": (0, 0, 0), "r": (255, 0, 0), "g": (0, 128, 0), "b": (0, 0, 255)}

    def compare(picture: Picture, grid: str, step: int = 10) -> None:
        image = Image.open(io.BytesIO(picture.png)).convert("RGB")
        rows = [row.strip() for row in grid.split("\n") if row.strip()]
        got = ["".join(_letter(image, x, y, step, colours) for x in range(len(row))) for y, row in enumerate(rows)]
        wrong = any(
            want not in ("?", have)
            for row, line in zip(rows, got, strict=True)
            for want, have in zip(row, line, strict=True)
        )
        if wrong:
            folder = request.config.rootpath / ".pytest_cache" / "pictures"
            folder.mkdir(parents=True, exist_ok=True)
            path = folder / f"{request.node.name}.png"
            path.write_bytes(picture.png)
            pairs = "\n".join(f"{row}   {line}" for row, line in zip(rows, got, strict=True))
            pytest.fail(f"wanted, got (the picture is {path}):\n{pairs}")

    return compare


def _letter(image: Image.Image, x: int, y: int, step: int, colours: dict[str, tuple[int, int, int]]) -> str:
    pixel = image.getpixel((x * step + step // 2, y * step + step // 2))
    near = (letter for letter, colour in colours.items() if max(map(abs, map(int.__sub__, pixel, colour))) <= 3)
    return next(near, ".")
