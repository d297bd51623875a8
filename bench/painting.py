"""Painting the page of the default journey: from the parsed document and its resources to the octets of the picture.

In a process of its own each time, so that the painter's library and fonts are loaded as they are for a person.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping

from bench import Measure
from michinori.browser import Settings, open_page
from michinori.browser.document import Document
from michinori.browser.paint import Answer, PlutoPrint
from michinori.browser.picture import Picture
from michinori.browser.settings import Viewport
from michinori.world.build import build
from michinori.world.scenario import load

ROUNDS = 5


class Timed(PlutoPrint):
    """The painter with a watch."""

    took = 0.0

    def paint(self, document: Document, answers: Mapping[str, Answer], viewport: Viewport) -> Picture:
        began = time.perf_counter()
        try:
            return super().paint(document, answers, viewport)
        finally:
            self.took += time.perf_counter() - began


def once() -> float:
    engine = Timed()
    scenario, folder = load("home")
    with build(scenario, folder, seed=0, record=False) as world:
        page = world.run(open_page("http://www.michinori.example/", Settings(engine=engine)), on=scenario.about.browser)
    if page.picture is None:
        raise RuntimeError(f"nothing was drawn: {page.not_drawn}")
    return engine.took


def measure() -> Iterator[Measure]:
    def apart() -> float:
        said = subprocess.run([sys.executable, "-m", "bench.painting"], check=True, capture_output=True, text=True)
        return float(json.loads(said.stdout))

    yield Measure("painting the page of the default journey", min(apart() for _ in range(ROUNDS)), "s", 0.3)


if __name__ == "__main__":
    print(json.dumps(once()))
