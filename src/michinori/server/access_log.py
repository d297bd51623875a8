"""The access log, in the combined format that every log tool reads."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from michinori.http import ServerRequest
from michinori.http.dates import now_s

_FLUSH_S: Final = 0.2
_SOON_OCTETS: Final = 64 * 1024
_ODD: Final = re.compile(r'[\x00-\x1f"\\\x7f-\x9f]')


class AccessLog:
    """Gathers lines and appends them to a file, or to standard output (``path`` None), a few times a second.

    Each write is whole lines in one call, so that several processes can share the file. ``lost`` is called with the
    reason when lines begin to be lost, once until they can be written again, and with None when they can.
    """

    def __init__(self, path: Path | None, lost: Callable[[str | None], None] | None = None) -> None:
        self.lost = lost
        self._loses = False
        self._torn = False  # a disk that became full in the middle of a line
        self._path = path
        self._lines: list[str] = []
        self._octets = 0
        self._timer: asyncio.TimerHandle | None = None
        self._second = -1
        self._date = ""
        self._descriptor = self._open()

    def __call__(self, peer: str, request: ServerRequest | None, status: int, octets: int) -> None:
        """An answer was given."""
        text = line(peer, request, status, octets, self._now())
        self._lines.append(text)
        self._octets += len(text)
        if self._octets > _SOON_OCTETS:
            self.flush()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_FLUSH_S, self.flush)

    def flush(self) -> None:
        """Write what was gathered. A full disk loses lines, not the server."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        octets = "".join(self._lines).encode("utf-8", "backslashreplace")
        self._lines.clear()
        self._octets = 0
        if not octets:
            return
        if self._torn:
            octets = b"\n" + octets
        try:
            while octets:
                written = os.write(self._descriptor, octets)
                self._torn = not octets[:written].endswith(b"\n")
                octets = octets[written:]
            self._lose(None)
        except OSError as error:
            self._lose(error.strerror or str(error))

    def _lose(self, why: str | None) -> None:
        if self._loses == (why is not None):
            return
        self._loses = why is not None
        if self.lost is not None:
            self.lost(why)

    def reopen(self) -> None:
        """Go on in a new file after the old one was moved away. Raises ``OSError``."""
        self.flush()
        if self._path is not None:
            old, self._descriptor = self._descriptor, self._open()
            self._torn = self._torn and os.path.sameopenfile(old, self._descriptor)
            os.close(old)

    def close(self) -> None:
        self.flush()
        if self._path is not None:
            os.close(self._descriptor)

    def _open(self) -> int:
        if self._path is None:
            return 1
        return os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)

    def _now(self) -> str:
        second = now_s()
        if second != self._second:
            self._second = second
            self._date = date(second)
        return self._date


def date(second: int) -> str:
    """As the format writes it, in UTC, whatever the language of the machine."""
    moment = datetime.fromtimestamp(second, UTC)
    month = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")[moment.month - 1]
    return f"{moment.day:02}/{month}/{moment.year:04}:{moment.hour:02}:{moment.minute:02}:{moment.second:02} +0000"


def line(peer: str, request: ServerRequest | None, status: int, octets: int, when: str) -> str:
    """One line: address, user, date, request line, status, octets of the body, Referer, User-Agent.

    What a client wrote cannot end a field or a line, or reach a terminal as a command.
    """
    size = str(octets) if octets else "-"
    if request is None:
        return f'{peer or "-"} - - [{when}] "-" {status} {size} "-" "-"\n'
    fields = request.headers.index
    referer, agent = fields.get("referer"), fields.get("user-agent")
    return (
        f"{peer or '-'} - {_plain(request.user).replace(' ', '_') or '-'} [{when}] "
        f'"{_plain(request.method)} {_plain(request.target)} {request.version}" {status} {size} '
        f'"{_plain(referer[0]) if referer else "-"}" "{_plain(agent[0]) if agent else "-"}"\n'
    )


def _plain(text: str) -> str:
    return _ODD.sub(lambda match: f"\\x{ord(match[0]):02x}", text)
