"""The lab as a server: on 127.0.0.1 and nowhere else, until Ctrl-C, and then nothing of it is left."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Final

import uvicorn

from michinori.lab.app import Lab
from michinori.lab.guard import Keys
from michinori.lab.offer import offer
from michinori.report.catalogue import Language
from michinori.server.addresses import bind

LOOPBACK: Final = "127.0.0.1"


def run(
    port: int,
    folder: Path | None,
    *,
    sites: dict[str, Path],
    scenarios: tuple[str, ...],
    language: Language | None,
    ready: Callable[[str], None],
) -> None:
    """Serve until Ctrl-C or SIGTERM. ``folder`` keeps past journeys; without one they go with the lab. ``ready`` is
    called with the URL. The page speaks ``language``, or without one that of the browser, until its reader chooses
    another. Raises ``ServeError``, ``OSError``, ``ScenarioError``.
    """
    (sock,) = bind(LOOPBACK, port)
    with contextlib.ExitStack() as stack:
        stack.callback(sock.close)
        offer(scenarios, [])  # what is wrong with a scenario is said before anything is served
        kept = folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="michinori-lab-")))
        own_port = sock.getsockname()[1]
        lab = Lab(kept, Keys(own_port), sites=sites, scenarios=scenarios, language=language)
        stack.callback(lab.sites.close)
        server = Server(lab)
        sock.listen()  # a browser that comes at once waits
        ready(f"http://{LOOPBACK}:{own_port}/")
        asyncio.run(server.serve(sockets=[sock]))


class Server(uvicorn.Server):
    """One Ctrl-C is enough: who watches a journey is let go, and nobody is waited for."""

    def __init__(self, lab: Lab) -> None:
        config = uvicorn.Config(
            lab.app(),
            log_level="error",
            access_log=False,
            server_header=False,
            lifespan="on",
            ws="none",
            http="h11",
            loop="asyncio",
            timeout_graceful_shutdown=1,
            limit_concurrency=100,
        )
        super().__init__(config)
        self._lab = lab

    def handle_exit(self, _sig: int, _frame: FrameType | None) -> None:
        """The way to end a lab, so the signal is not raised again afterwards as uvicorn has it."""
        self.force_exit = self.should_exit
        self.should_exit = True
        self._lab.close()
