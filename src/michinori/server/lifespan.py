"""The lifespan of an ASGI application: told once that the server starts, and once that it stops."""

from __future__ import annotations

import asyncio
import logging
from typing import Any, Literal, TypeAlias

from michinori.server.asgi_exchange import Application, Message
from michinori.server.settings import ServeError

Usage: TypeAlias = Literal["auto", "on", "off"]

_log = logging.getLogger("michinori.server")


class StartFailed(ServeError):
    """The application says that it cannot start."""


class Lifespan:
    """``usage``: ``"auto"`` takes an error before the start is complete as "I know no lifespan", ``"on"`` raises it."""

    def __init__(self, application: Application, versions: dict[str, str], usage: Usage = "auto") -> None:
        self._application = application
        self._versions = versions
        self._usage = usage
        self._events: asyncio.Queue[Message] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None
        self._answer: asyncio.Future[None] | None = None
        self._awaited = ""
        self.state: dict[str, Any] = {}
        """What the application keeps for its requests; each gets a shallow copy."""

    async def startup(self) -> None:
        """Raises ``StartFailed``, and with ``"on"`` what the application raises."""
        if self._usage == "off":
            return
        self._task = asyncio.get_running_loop().create_task(self._run())
        try:
            await self._tell("startup")
        except StartFailed:
            raise
        except Exception as error:
            if self._usage == "on":
                raise
            _log.info("the application knows no lifespan (%s)", type(error).__name__)
            self._task = None

    async def shutdown(self, within_s: float) -> None:
        """Tell the application that all is over; what goes wrong is logged."""
        if self._task is None:
            return
        task = self._task
        try:
            async with asyncio.timeout(within_s):
                if not task.done():
                    await self._tell("shutdown")
                await asyncio.wait([task])
        except TimeoutError:
            _log.warning("the application did not stop within %g s", within_s)
        except Exception as error:
            _log.error("the application failed as it was stopped", exc_info=error)
        task.cancel()
        await asyncio.wait([task])
        self._task = None

    async def _run(self) -> None:
        scope = {"type": "lifespan", "asgi": self._versions, "state": self.state}
        try:
            await self._application(scope, self._events.get, self._send)
        except Exception as error:
            self._answered(error)
        else:
            self._answered(RuntimeError("the application returned from its lifespan"))

    async def _tell(self, what: str) -> None:
        self._awaited = what
        self._answer = asyncio.get_running_loop().create_future()
        self._events.put_nowait({"type": f"lifespan.{what}"})
        await self._answer

    async def _send(self, message: Message) -> None:
        kind = message["type"]
        if kind == f"lifespan.{self._awaited}.complete":
            self._answered(None)
        elif kind == f"lifespan.{self._awaited}.failed":
            self._answered(StartFailed(str(message.get("message", "")) or "the application gave no reason"))
        elif kind not in ("lifespan.startup.failed", "lifespan.shutdown.failed"):  # said by one that is cancelled
            raise RuntimeError(f"the application sent {kind!r} in its lifespan")

    def _answered(self, error: Exception | None) -> None:
        if self._answer is None or self._answer.done():
            if error is not None and self._awaited == "startup":
                _log.error("the lifespan of the application ended while it was served", exc_info=error)
        elif error is None:
            self._answer.set_result(None)
        else:
            self._answer.set_exception(error)
