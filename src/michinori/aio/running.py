"""What is in place in this thread while a world runs, and is put back exactly when it stops.

A world can run inside another running loop, in a notebook for example: for that time the outer loop and its task step
aside.
"""

from __future__ import annotations

import asyncio
from asyncio import events, tasks
from collections.abc import Iterator
from contextlib import contextmanager

from michinori.aio import patches


@contextmanager
def inside(loop: asyncio.AbstractEventLoop) -> Iterator[None]:
    """Make that loop the running one of this thread."""
    outer = events._get_running_loop()
    outer_task = asyncio.current_task(outer) if outer is not None else None
    if outer is not None and outer_task is not None:
        tasks._leave_task(outer, outer_task)
    events._set_running_loop(loop)
    try:
        with patches.installed():
            yield
    finally:
        events._set_running_loop(outer)
        if outer is not None and outer_task is not None:
            tasks._enter_task(outer, outer_task)


@contextmanager
def outside() -> Iterator[None]:
    """As in another thread: no loop runs here, so what must not be called from a running loop can be called."""
    outer = events._get_running_loop()
    events._set_running_loop(None)
    try:
        yield
    finally:
        events._set_running_loop(outer)
