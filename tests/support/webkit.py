"""Pages in WebKit, the engine of Safari, as GTK has it: driven by WebDriver on a screen that nobody sees."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import peers
import pytest

_WITHIN_S = 60.0


class WebKit:
    """One window of its small browser, which cannot be narrower than 450 pixels or so."""

    def __init__(self, driver: httpx.Client) -> None:
        self._driver = driver
        self._session = f"/session/{self._ask('POST', '/session', {'capabilities': {}})['sessionId']}"

    def resize(self, width: int, height: int) -> None:
        """How large the window is, in pixels."""
        self._ask("POST", f"{self._session}/window/rect", {"width": width, "height": height})

    def open(self, url: str) -> None:
        """Go there, and wait until the page has loaded."""
        self._ask("POST", f"{self._session}/url", {"url": url})

    def value(self, expression: str) -> Any:
        """What that is worth in the page."""
        script = {"script": f"return JSON.stringify({expression})", "args": []}
        return json.loads(self._ask("POST", f"{self._session}/execute/sync", script) or "null")

    def wait_until(self, expression: str) -> None:
        """Until that is true in the page."""
        until = time.monotonic() + _WITHIN_S
        while not self.value(expression):
            if time.monotonic() > until:
                pytest.fail(f"never came true in WebKit: {expression}")
            time.sleep(0.05)

    def close(self) -> None:
        """Let the browser end."""
        self._ask("DELETE", self._session)

    def _ask(self, method: str, path: str, what: dict[str, Any] | None = None) -> Any:
        value = self._driver.request(method, path, json=what).json()["value"]
        if isinstance(value, dict) and "error" in value:
            raise AssertionError(f"{path}: {value['error']}: {value['message']}")
        return value


@contextmanager
def webkit(locale: str = "en_US.UTF-8") -> Iterator[WebKit]:
    """A WebKit with nothing remembered; the test is skipped where there is none."""
    programs = [shutil.which(name) for name in ("WebKitWebDriver", "Xvfb")]
    if None in programs:
        pytest.skip("webkit2gtk-driver and xvfb are not installed")
    with (
        tempfile.TemporaryDirectory(prefix="michinori-webkit-", ignore_cleanup_errors=True) as home,
        _screen() as screen,
    ):
        port = peers.free_port()
        environment = {
            **os.environ,
            "DISPLAY": screen,
            "HOME": home,
            "XDG_RUNTIME_DIR": home,
            "LANG": locale,
            "LIBGL_ALWAYS_SOFTWARE": "1",
        }
        with subprocess.Popen(
            ["WebKitWebDriver", f"--port={port}"], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as process:
            try:
                transport = httpx.HTTPTransport(retries=8)  # it waits longer each time until the driver listens
                with httpx.Client(
                    base_url=f"http://127.0.0.1:{port}", transport=transport, timeout=_WITHIN_S
                ) as driver:
                    window = WebKit(driver)
                    yield window
                    window.close()
            finally:
                process.terminate()


@contextmanager
def _screen() -> Iterator[str]:
    """The name of an X display without hardware, as soon as it takes windows."""
    reading, writing = os.pipe()
    command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1600x1200x24", "-nolisten", "tcp"]
    with subprocess.Popen(command, pass_fds=[writing], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        os.close(writing)
        try:
            with os.fdopen(reading) as said:
                number = said.readline().strip()
            if not number:
                pytest.fail("Xvfb did not start")
            yield f":{number}"
        finally:
            process.terminate()
