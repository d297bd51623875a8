"""The journey report: how long it takes to write, how large it is, how soon it opens, how smoothly it is dragged."""

from __future__ import annotations

import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench import Measure

ROUNDS = 9
_URL = "http://www.michinori.example/"
#: With all that it takes on the way about 50,000 frames; random octets, as nothing makes them smaller.
_LONG_OCTETS = 9_300_000
_DRAGGED = """async () => {
    const { cursor, journey } = michinori, frames = 90;
    const began = performance.now();
    for (let frame = 0; frame < frames; frame++) {
        cursor.goToTime((journey.end * frame) / frames);
        await new Promise(requestAnimationFrame);
    }
    return (frames * 1000) / (performance.now() - began);
}"""


def long_site(folder: Path) -> None:
    """A page whose one image makes the journey long."""
    folder.mkdir()
    (folder / "index.html").write_text("<!doctype html><title>long</title><img src=long.png alt=long>")
    (folder / "long.png").write_bytes(random.Random(1).randbytes(_LONG_OCTETS))


def opened(report: Path) -> tuple[float, dict[str, float]]:
    """How many seconds it takes to open, and the frames a second of dragging along in each of some parts."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        try:
            page = browser.new_page()
            began = time.perf_counter()
            page.goto(f"file://{report}")
            page.wait_for_selector("main")
            took_s = time.perf_counter() - began
            rates = {}
            for part in ("way", "message", "chain", "map", "ladder", "waterfall", "graphs", "inspector"):
                page.evaluate(f"location.hash = 'part={part}&n=1'")
                page.wait_for_timeout(500)
                rates[part] = page.evaluate(_DRAGGED)
            return took_s, rates
        finally:
            browser.close()


def measure() -> Iterator[Measure]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        more_s, more_processor_s = _more(folder)
        yield Measure("the report of the default journey, more time", more_s, "s", 0.3)
        yield Measure("the report of the default journey, more time of the processors", more_processor_s, "s")
        if shutil.which("chromium") is None:
            return
        long_site(folder / "site")
        _walk(folder / "long", "http://long.example/", "--site", f"long.example={folder / 'site'}")
        report = folder / "long/journey.html"
        yield Measure("report of 50,000 packets, size", report.stat().st_size / 1e6, "MB", 15)
        took_s, rates = opened(report)
        yield Measure("report of 50,000 packets, opened", took_s, "s", 3)
        for part, rate in rates.items():
            yield Measure(f"report of 50,000 packets, a frame while dragging: {part}", 1000 / rate, "ms", 1000 / 30)


def _more(folder: Path) -> tuple[float, float]:
    """How much longer the command takes that writes a report, and how much longer it keeps the processors busy, which
    paint the film strip beside the rest. Medians of pairs, as a machine's mood changes; every other one is turned.
    """
    pairs = []
    for turn in range(ROUNDS):
        took = {}
        for has_report in (True, False) if turn % 2 else (False, True):
            took[has_report] = _walk(folder / "default", _URL, *([] if has_report else ["--no-report"]))
        pairs.append([a - b for a, b in zip(took[True], took[False], strict=True)])
    more_s, more_processor_s = (statistics.median(column) for column in zip(*pairs, strict=True))
    return more_s, more_processor_s


def _walk(out: Path, url: str, *options: str) -> tuple[float, float]:
    """Seconds of the clock and seconds of the processors, of the command and of the processes that it started."""
    busy, began = _children_s(), time.perf_counter()
    command = [sys.executable, "-m", "michinori", "open", url, "-O", str(out), "--force", *options]
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - began, _children_s() - busy


def _children_s() -> float:
    times = os.times()
    return times.children_user + times.children_system
