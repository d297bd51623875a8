"""The access log where it cannot be written: the server goes on, and somebody is told."""

from __future__ import annotations

import asyncio
import resource
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


@pytest.mark.parametrize("hangup", [False, True])
def test_a_line_that_was_cut_by_a_full_disk_does_not_run_into_the_next(tmp_path: Path, hangup: bool) -> None:
    path = tmp_path / "access.log"
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    async def answer_some() -> None:
        log = AccessLog(path)
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))  # stands in for the disk
            for _ in range(3):
                log("192.0.2.1", None, 400, 0)
            log.flush()
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert path.stat().st_size == 100
        if hangup:
            log.reopen()
        log("192.0.2.2", None, 408, 0)
        log("192.0.2.3", None, 408, 0)
        log.close()

    asyncio.run(answer_some())
    lines = path.read_text().splitlines()
    assert [line.partition(" ")[0] for line in lines] == ["192.0.2.1", "192.0.2.1", "192.0.2.2", "192.0.2.3"]
    assert [line.endswith('"-" "-"') for line in lines] == [True, False, True, True]
