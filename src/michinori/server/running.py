"""One process that serves: from its settings to its graceful end."""

from __future__ import annotations

import asyncio
import gc
import importlib
import signal
import socket
import ssl
import sys
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

from michinori.http import Handler, Server, serve
from michinori.server import addresses, extras, living, targets
from michinori.server.access_log import AccessLog
from michinori.server.settings import ServeError, Settings, read_limits
from michinori.server.trail import Trail

T = TypeVar("T")

STOPPED: Final = 0
FAILED: Final = 1
INTERRUPTED: Final = 130

_LAST_CALL_S: Final = 1.0
_COLLECT: Final = (5_000, 20, 20)
"""A request makes dozens of objects and leaves none behind: it is enough to look for cycles now and then."""


class Tell(Protocol):
    """Says on the console what happens, in the reader's language."""

    def __call__(self, key: str, **values: object) -> None: ...


class Site:
    """What is served and under which rules; the rules, the log and the certificate can be read anew."""

    def __init__(self, settings: Settings) -> None:
        """Raises ``ServeError``."""
        self._settings = settings
        self.limits = read_limits(settings.limits)
        self._inner = targets.build(settings)
        self.handler = self._guarded()
        self.tls, self.advice = _tls(settings)
        self.log = _log(settings)

    def reload(self) -> None:
        """Raises ``ServeError``; then all is as it was."""
        self.handler = self._guarded()
        if self.tls is not None and self._settings.tls_cert:
            _load_certificate(self.tls, self._settings)
        if self.log is not None:
            try:
                self.log.reopen()
            except OSError as error:
                raise ServeError(
                    f"the log {self._settings.log} cannot be written: {error.strerror}; choose another"
                ) from error

    def _guarded(self) -> Handler:
        if self._settings.access is None:
            return living.crown(self._inner)
        from michinori.server import access

        try:
            return living.crown(access.guard(Path(self._settings.access), self._inner))
        except extras.MissingLibrary as error:
            raise ServeError(str(error)) from error


def run(main: Coroutine[Any, Any, T], loop: str = "auto") -> T:
    """Run on uvloop where it is installed, or on the loop that was named. Raises ``ServeError``."""
    try:
        factory = loop_factory(loop)
    except ServeError:
        main.close()
        raise
    with asyncio.Runner(loop_factory=factory) as runner:
        return runner.run(main)


def loop_factory(name: str) -> Callable[[], asyncio.AbstractEventLoop] | None:
    """What makes the loop; None for that of the standard library. Raises ``ServeError``."""
    if name == "asyncio":
        return None
    try:
        factory: Callable[[], asyncio.AbstractEventLoop] = importlib.import_module("uvloop").new_event_loop
    except ImportError:
        if name == "uvloop":
            raise ServeError('--loop uvloop needs uvloop: pip install "michinori[serve]"') from None
        return None
    return factory


async def serve_until_stopped(
    settings: Settings,
    sockets: Sequence[socket.socket],
    tell: Tell,
    *,
    trail: Trail | None = None,
    stop: asyncio.Event | None = None,
    ready: Callable[[Server], None] | None = None,
) -> int:
    """Serve on these sockets until a signal (or ``stop``) says that it is enough. Gives the exit status.

    SIGTERM and Ctrl-C let the answers under way be finished, for ``grace_s`` at most; a second one ends it at once.
    SIGHUP reads rules, certificate and log anew. Raises ``ServeError`` when it cannot begin.
    """
    site = Site(settings)
    async with AsyncExitStack() as at_last:
        if site.log is not None:
            at_last.callback(site.log.close)
            site.log.lost = lambda why: tell("log-lost", why=why) if why else tell("log-again")
        try:
            await living.start(site.handler)
        except Exception as error:
            raise ServeError(f"the application could not start: {error}") from error
        at_last.push_async_callback(lambda: living.stop(site.handler))  # a reload may have changed it
        if trail is not None:
            trail.begin()
        further = addresses.more_descriptors(sockets, asyncio.get_running_loop())
        server = await serve(site.handler, sockets=[*sockets, *further], limits=site.limits, tls=site.tls, log=site.log)
        signals = _Signals(stop or asyncio.Event(), lambda: _reload(site, server, tell))
        at_last.callback(signals.close)
        gc.freeze()  # what has been loaded stays; the collector need not look at it again and again
        gc.set_threshold(*_COLLECT)
        if site.advice:
            tell("advice", ca=site.advice)
        if ready is not None:
            ready(server)
        await signals.stop.wait()
        tell("stopping", connections=server.connections, grace_s=settings.grace_s)
        closing = asyncio.ensure_future(
            server.aclose(settings.grace_s, last_call_s=min(_LAST_CALL_S, settings.grace_s))
        )
        await asyncio.wait([closing, asyncio.ensure_future(signals.at_once.wait())], return_when="FIRST_COMPLETED")
        if not closing.done():
            await server.aclose(0)
            closing.cancel()
    return INTERRUPTED if signals.at_once.is_set() else STOPPED


def _reload(site: Site, server: Server, tell: Tell) -> None:
    try:
        site.reload()
    except ServeError as error:
        tell("not-reloaded", why=error)
    else:
        server.use(site.handler)
        tell("reloaded")


class _Signals:
    """What the system says to the process; where the loop cannot hear it (Windows), Ctrl-C alone is heard."""

    def __init__(self, stop: asyncio.Event, reload: Callable[[], None]) -> None:
        self.stop = stop
        self.at_once = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._heard: list[int] = []
        hears = {"SIGINT": self._end, "SIGTERM": self._end, "SIGHUP": reload}
        for name, callback in hears.items():
            number = getattr(signal, name, None)
            if number is not None:
                with suppress(NotImplementedError, RuntimeError, ValueError):
                    self._loop.add_signal_handler(number, callback)
                    self._heard.append(number)

    def close(self) -> None:
        for number in self._heard:
            self._loop.remove_signal_handler(number)

    def _end(self) -> None:
        if self.stop.is_set():
            self.at_once.set()
        self.stop.set()


def _log(settings: Settings) -> AccessLog | None:
    if settings.log is None:
        return None
    try:
        return AccessLog(None if settings.log == "-" else Path(settings.log))
    except OSError as error:
        raise ServeError(f"the log {settings.log} cannot be written: {error.strerror}; choose another") from error


def _tls(settings: Settings) -> tuple[ssl.SSLContext | None, str]:
    if not settings.tls_auto and settings.tls_cert is None:
        return None, ""
    from michinori.server import tls

    try:
        if settings.tls_auto:
            context, authority = tls.auto(addresses.names_for(settings.host))
            return context, str(authority)
        assert settings.tls_cert is not None
        return tls.context(settings.tls_cert, settings.tls_key or settings.tls_cert), ""
    except extras.MissingLibrary as error:
        raise ServeError(str(error)) from error
    except OSError as error:
        raise ServeError(
            f"no certificate can be kept: {error.strerror or error}; "
            "let XDG_STATE_HOME name a folder that you can write"
        ) from error


def _load_certificate(context: ssl.SSLContext, settings: Settings) -> None:
    """New connections get it; those that stand keep the one they had."""
    _tls(settings)  # says in one sentence what is wrong with it
    assert settings.tls_cert is not None
    context.load_cert_chain(settings.tls_cert, settings.tls_key)


def raise_file_limit() -> None:
    """Let the process have as many open files, and so connections, as the system grants it."""
    if sys.platform != "win32":
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
