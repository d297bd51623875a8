"""Reports opened in the Chromium of this machine, by Playwright."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import peers
import pytest

WIDE, NARROW = (1360, 900), (390, 844)


@contextmanager
def chromium() -> Iterator[Any]:
    """A browser with nothing remembered, headless; the test is skipped where there is none.

    Where it is installed, the one that has no window at all: pages are the same in it, for half of the work.
    """
    from playwright.sync_api import sync_playwright

    program = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    if program is None:
        pytest.skip("chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(peers.CHROMIUM_FLAGS))
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def opened(
    browser: Any,
    file: Path,
    *,
    size: tuple[int, int] = WIDE,
    scheme: str = "light",
    before: str = "",
    complaining: bool = False,
    **fragment: Any,
) -> Iterator[Any]:
    """The report in a page of its own. ``fragment``: what its address asks for; ``before``: a script that runs first.

    Nothing may be complained about, unless it is ``complaining``.
    """
    width, height = size
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    page = context.new_page()
    if before:
        page.add_init_script(before)
    complaints: list[str] = []

    def complain(said: object) -> None:
        complaints.append(f"{said} (at {page.url.partition('#')[2]})")

    page.on("console", lambda said: complain(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", complain)
    try:
        page.goto(f"file://{file}#" + "&".join(f"{name}={value}" for name, value in fragment.items()))
        page.wait_for_selector("main")
        yield page
        assert bool(complaints) == complaining, complaints
    finally:
        context.close()


def wait_until(page: Any, expression: str, tries: int = 1200) -> None:
    """Until that is true in the page; what Playwright has for it needs ``eval``, which the page's policy forbids."""
    for _ in range(tries):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(25)
    pytest.fail(f"never came true: {expression}")
