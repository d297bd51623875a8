"""Pages in the Firefox of this machine, driven by WebDriver BiDi: Debian has no driver for it, and none is needed."""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import peers
import pytest
from websockets.sync.client import ClientConnection, connect

_WITHIN_S = 60.0
_LISTENS = "WebDriver BiDi listening on "
#: The code points by which WebDriver names keys that write nothing.
ENTER, TAB = "\ue007", "\ue004"


class Firefox:
    """One tab of a running Firefox. ``complaints`` gathers what its console said in anger."""

    def __init__(self, wire: ClientConnection) -> None:
        self.complaints: list[str] = []
        self._wire = wire
        self._numbers = count(1)
        self._ask("session.new", capabilities={})
        self._ask("session.subscribe", events=["log.entryAdded"])
        self._tab = self._ask("browsingContext.getTree")["contexts"][0]["context"]

    def resize(self, width: int, height: int) -> None:
        """How large the page is shown, in CSS pixels."""
        self._ask("browsingContext.setViewport", context=self._tab, viewport={"width": width, "height": height})

    def open(self, url: str) -> None:
        """Go there, and wait until the page has loaded."""
        self._ask("browsingContext.navigate", context=self._tab, url=url, wait="none")
        # Under load Firefox has been seen never to answer to wait="complete"; the page itself tells.
        self.wait_until(f"location.href === new URL({json.dumps(url)}).href && document.readyState === 'complete'")

    def value(self, expression: str) -> Any:
        """What that is worth in the page."""
        code = f"JSON.stringify({expression})"
        answer = self._ask("script.evaluate", expression=code, target={"context": self._tab}, awaitPromise=True)
        if answer["type"] == "exception":
            raise AssertionError(answer["exceptionDetails"]["text"])
        return json.loads(answer["result"].get("value", "null"))

    def wait_until(self, expression: str) -> None:
        """Until that is true in the page."""
        until = time.monotonic() + _WITHIN_S
        while not self.value(expression):
            if time.monotonic() > until:
                pytest.fail(f"never came true in Firefox: {expression}")
            time.sleep(0.05)

    def click(self, selector: str) -> None:
        """The mouse, in the middle of that element, which is brought into view."""
        self.wait_until(f"!!document.querySelector({selector!r})")
        self.value(f"document.querySelector({selector!r}).scrollIntoView({{block: 'center'}}) ?? null")
        x, y = self.value(
            f"(() => {{ const box = document.querySelector({selector!r}).getBoundingClientRect();"
            "return [Math.round(box.x + box.width / 2), Math.round(box.y + box.height / 2)]; })()"
        )
        self.click_at(x, y)

    def click_at(self, x: int, y: int) -> None:
        """The mouse, at a place in the window."""
        move = {"type": "pointerMove", "x": x, "y": y}
        press = [{"type": name, "button": 0} for name in ("pointerDown", "pointerUp")]
        self._act({"type": "pointer", "id": "mouse", "actions": [move, *press]})

    def type(self, text: str) -> None:
        """The keyboard. ``ENTER`` and ``TAB`` are keys too."""
        keys = [{"type": kind, "value": key} for key in text for kind in ("keyDown", "keyUp")]
        self._act({"type": "key", "id": "keyboard", "actions": keys})

    def fill(self, selector: str, text: str) -> None:
        """Let a field hold that text."""
        self.click(selector)
        self.value(f"document.querySelector({selector!r}).select() ?? null")
        self.type(text)

    def choose(self, selector: str, value: str) -> None:
        """Choose an option of a select element; the list itself is the browser's own and not of the page."""
        self.value(
            f"(() => {{ const list = document.querySelector({selector!r}); list.value = {value!r};"
            "list.dispatchEvent(new Event('change', {bubbles: true})); return list.value; })()"
        )

    def upload(self, selector: str, *files: Path) -> None:
        """Give files to an input element."""
        found = self._ask("browsingContext.locateNodes", context=self._tab, locator={"type": "css", "value": selector})[
            "nodes"
        ]
        element = {"sharedId": found[0]["sharedId"]}
        self._ask("input.setFiles", context=self._tab, element=element, files=[str(file) for file in files])

    def _act(self, source: dict[str, Any]) -> None:
        self._ask("input.performActions", context=self._tab, actions=[source])

    def _ask(self, method: str, **parameters: Any) -> Any:
        number = next(self._numbers)
        self._wire.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            told = json.loads(self._wire.recv(timeout=_WITHIN_S))
            if told.get("id") == number:
                if told["type"] == "error":
                    raise AssertionError(f"{method}: {told['message']}")
                return told["result"]
            if told.get("method") == "log.entryAdded" and told["params"]["level"] in ("error", "warn"):
                self.complaints.append(str(told["params"]["text"]))


@contextmanager
def firefox(languages: str = "en") -> Iterator[Firefox]:
    """A Firefox with nothing remembered, without a window; the test is skipped where there is none. ``languages`` are
    those of its reader, the first preferred.
    """
    program = shutil.which("firefox-esr")
    if program is None:
        pytest.skip("firefox-esr is not installed")
    with tempfile.TemporaryDirectory(prefix="michinori-firefox-", ignore_cleanup_errors=True) as home:
        profile = Path(home, "profile")
        profile.mkdir()
        wanted = f'user_pref("intl.accept_languages", "{languages}");\n'
        (profile / "user.js").write_text(peers.FIREFOX_SETTINGS + wanted)
        port = peers.free_port()
        command = [program, "--headless", "--no-remote", "--profile", str(profile), f"--remote-debugging-port={port}"]
        environment = {**os.environ, "HOME": home}
        with subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment, text=True
        ) as process:
            try:
                _wait_for_its_port(process)
                with connect(f"ws://127.0.0.1:{port}/session", max_size=None, proxy=None) as wire:
                    yield Firefox(wire)
            finally:
                process.terminate()


def _wait_for_its_port(process: subprocess.Popen[str]) -> None:
    assert process.stderr is not None
    until = time.monotonic() + _WITHIN_S
    while select.select([process.stderr], [], [], max(until - time.monotonic(), 0))[0]:
        line = process.stderr.readline()
        if _LISTENS in line:
            return
        if not line:
            break
    pytest.fail("Firefox did not start")
