"""The access log where it cannot be written: the server goes on, and somebody is told."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from michinori.server.access_log import AccessLog

FULL = Path("/dev/full")


@pytest.mark.skipif(not FULL.exists(), reason="a device that is always full")
def test_lines_that_are_lost_are_told_once_until_they_can_be_written_again(tmp_path: Path) -> None:
    told: list[str | None] = []
    path = tmp_path / "access.log"
    path.symlink_to(FULL)

    async def answer_some() -> None:
        log = AccessLog(path, told.append)
        for _ in range(3):
            log("192.0.2.1", None, 400, 0)
            log.flush()
        assert told == ["No space left on device"]
        path.unlink()
        log.reopen()
        log("192.0.2.1", None, 408, 0)
        log.flush()
        path.unlink()
        path.symlink_to(FULL)
        log.reopen()
        log("192.0.2.1", None, 400, 0)
        log.close()

    asyncio.run(answer_some())
    assert told == ["No space left on device", None, "No space left on device"]
