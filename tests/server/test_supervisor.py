"""The process that starts, watches and ends those that serve."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from michinori.server.settings import ServeError, Settings
from michinori.server.supervisor import Place, Supervisor, _Worker


@pytest.mark.parametrize("is_ending", [False, True])
def test_a_replacement_that_is_ended_with_all_the_others_is_no_failure(
    is_ending: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []

    async def main() -> ServeError | None:
        supervisor = Supervisor(Settings(targets=("site",)), lambda key, **_: told.append(key))

        async def start(_: Place) -> None:
            if is_ending:
                supervisor._stop.set()  # a signal, while the new worker still starts
            raise ServeError("a worker ended before it served")

        async def wait() -> int:
            return -9

        process: Any = SimpleNamespace(wait=wait, pid=1)
        monkeypatch.setattr(supervisor, "_start", start)
        await supervisor._watch(_Worker(process, []))
        return supervisor._failure

    assert (asyncio.run(main()) is None) is is_ending
    assert told == ["worker-ended"]


def test_of_the_log_that_workers_share_is_told_once_when_it_is_lost_and_once_when_it_is_not() -> None:
    told: list[tuple[str, dict[str, object]]] = []

    async def main() -> None:
        supervisor = Supervisor(Settings(targets=("site",)), lambda key, **values: told.append((key, values)))
        says = asyncio.StreamReader()
        for line in ("log-lost disk full", "log-lost disk full", "log-again", "log-again", "log-lost gone"):
            says.feed_data(line.encode() + b"\n")
        says.feed_eof()
        await supervisor._listen(says)

    asyncio.run(main())
    assert told == [("log-lost", {"why": "disk full"}), ("log-again", {}), ("log-lost", {"why": "gone"})]
