"""``michinori serve`` as a person starts it: a process of its own, its console, its end."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

_STARTS_WITHIN_S = 60.0


class Served:
    """A running server: ``url`` without a final slash, and its ``process``."""

    def __init__(self, process: subprocess.Popen[bytes], console: Path, url: str) -> None:
        self.process = process
        self.url = url
        self.port = int(url.rpartition(":")[2])
        self._console = console

    @property
    def said(self) -> str:
        """What it has written on its console."""
        return self._console.read_text(encoding="utf-8")

    def end(self, number: int, within_s: float = 60.0) -> int:
        """Send it a signal; gives its exit status."""
        self.process.send_signal(number)
        return self.process.wait(within_s)


@contextmanager
def serving(*arguments: str, folder: Path | None = None, before: Sequence[str] = ()) -> Iterator[Served]:
    """Serve on a free port; what is still running at the end is ended. What stands ``before`` the command may lead it
    into a namespace.
    """
    command = [*before, sys.executable, "-m", "michinori", "serve", "--port", "0", "--lang", "en", *arguments]
    with tempfile.TemporaryDirectory() as work:
        console = Path(work) / "console"
        with console.open("wb") as file:
            process = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=file, stderr=file)
        try:
            yield Served(process, console, _wait_for(process, console))
        finally:
            if process.poll() is None:
                process.terminate()
                try:
                    process.wait(20)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()


def refused(*arguments: str, folder: Path | None = None, before: Sequence[str] = ()) -> tuple[int, str]:
    """Start what cannot be served; gives the exit status and what was said."""
    command = [*before, sys.executable, "-m", "michinori", "serve", "--lang", "en", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, timeout=60, check=False)
    return done.returncode, done.stderr.decode()


def until(happened: Callable[[], bool], within_s: float = 60.0) -> None:
    """Wait until it has happened."""
    over = time.monotonic() + within_s
    while not happened():
        assert time.monotonic() < over, "it did not happen"
        time.sleep(0.02)


def children(process: int) -> list[int]:
    """The processes that one has started (Linux)."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        if parent == process:
            found.append(int(entry.name))
    return sorted(found)


def is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def _wait_for(process: subprocess.Popen[bytes], console: Path) -> str:
    until = time.monotonic() + _STARTS_WITHIN_S
    while True:
        said = console.read_text(encoding="utf-8")
        match = re.search(r"Serving .* at (https?://\S+?:\d+)/", said)
        if match is not None:
            return match[1]
        if process.poll() is not None or time.monotonic() > until:
            raise AssertionError(f"it did not start: {said}")
        time.sleep(0.02)
