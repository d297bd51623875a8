"""``michinori serve``: a web server to be used, and to be looked into."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path
from typing import Final

from michinori.cli.folder import FolderError, ResultFolder
from michinori.cli.language import Language
from michinori.cli.sentences import say
from michinori.cli.status import FAILED, INTERRUPTED, WRONG_USAGE
from michinori.server import addresses, running
from michinori.server.settings import ServeError, Settings, WrongUsage
from michinori.server.supervisor import Supervisor
from michinori.server.trail import Trail

_TRACE: Final = "trace.jsonl"
_HAR: Final = "server.har"


def run(settings: Settings, language: Language, *, force: bool) -> int:
    """Do it. Gives the exit status."""
    try:
        _check(settings)
        if settings.workers > 1:
            return _with_workers(settings, language)
        return _alone(settings, language, force=force)
    except (ServeError, FolderError) as error:
        print(f"michinori: {say('wrong', language)}{error}", file=sys.stderr)
        return WRONG_USAGE if isinstance(error, WrongUsage) else FAILED
    except KeyboardInterrupt:
        return INTERRUPTED


def _check(settings: Settings) -> None:
    if bool(settings.tls_cert) != bool(settings.tls_key):
        raise WrongUsage("--tls-cert and --tls-key belong together: give both, or --tls-auto")
    if settings.tls_auto and settings.tls_cert:
        raise WrongUsage("--tls-auto makes a certificate and --tls-cert names one: leave one of them out")
    if settings.workers > 1 and settings.trace is not None:
        raise WrongUsage("--trace keeps what one process serves: leave --workers out")
    if settings.workers > 1 and not hasattr(socket, "SO_REUSEPORT"):
        raise WrongUsage("--workers needs a system on which several processes can share a port: leave it out")


def _alone(settings: Settings, language: Language, *, force: bool) -> int:
    folder = trail = None
    if settings.trace is not None:
        folder = ResultFolder(Path(settings.trace), force=force)
        folder.prepare([_TRACE, _HAR])
        trail = Trail(settings.scheme)
    running.raise_file_limit()
    sys.path.insert(0, os.getcwd())  # where the modules of applications are looked for
    sockets = addresses.bind(settings.host, settings.port)
    tell = _Console(settings, language)
    try:
        return running.run(
            running.serve_until_stopped(
                settings, sockets, tell, trail=trail, ready=lambda server: tell("serving", port=server.port, workers=1)
            ),
            settings.loop,
        )
    finally:
        for sock in sockets:
            sock.close()
        if folder is not None and trail is not None:
            folder.write(_TRACE, trail.save_trace)
            folder.write(_HAR, trail.save_har)
            folder.close()
            trail.close()
            tell("kept", folder=folder.path, files=f"{_TRACE}, {_HAR}")


def _with_workers(settings: Settings, language: Language) -> int:
    async def supervise() -> int:
        return await Supervisor(settings, _Console(settings, language)).run()

    return running.run(supervise(), "asyncio")


class _Console:
    """Tells on stderr what the server does; stdout is for the log."""

    def __init__(self, settings: Settings, language: Language) -> None:
        self._settings = settings
        self._language = language

    def __call__(self, key: str, **values: object) -> None:
        if key == "serving":
            if values["workers"] != 1:
                key = "serving-workers"
            host = self._settings.host
            shown = f"[{host}]" if ":" in host else host
            values["url"] = f"{self._settings.scheme}://{shown}:{values['port']}/"
            values["targets"] = ", ".join(self._settings.targets)
        print(say(f"serve-{key}", self._language, **values), file=sys.stderr, flush=True)
