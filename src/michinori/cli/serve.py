"""``michinori serve``: a web server to be used, and to be looked into."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final

import msgspec

from michinori.cli import tap_options
from michinori.cli.complaint import complain
from michinori.cli.folder import FolderError, ResultFolder
from michinori.cli.language import Language
from michinori.cli.sentences import say
from michinori.cli.status import FAILED, INTERRUPTED, WRONG_USAGE
from michinori.http.server import Server
from michinori.http.urls import bracketed
from michinori.japanese import in_japanese
from michinori.server import addresses, running
from michinori.server.settings import ServeError, Settings, WrongUsage
from michinori.server.supervisor import Supervisor
from michinori.server.trail import Trail

TRACE: Final = "trace.jsonl"
HAR: Final = "server.har"


class Network(msgspec.Struct, kw_only=True, frozen=True):
    """Whose TCP/IP serves, as the options were given."""

    via: str = "os"
    tap: str | None = None
    address: str | None = None
    gateway: str | None = None
    resolvers: tuple[str, ...] = ()


def run(settings: Settings, network: Network, language: Language, *, force: bool) -> int:
    """Do it. Gives the exit status."""
    try:
        _check(settings, network)
        if network.via == "tap":
            from michinori.cli.serve_tap import serve

            return serve(settings, tap_options.host(network), language, force=force)
        if settings.workers > 1:
            return _with_workers(settings, language)
        return _alone(settings, language, force=force)
    except (ServeError, FolderError) as error:
        complain(error, language)
        return WRONG_USAGE if isinstance(error, WrongUsage) else FAILED
    except KeyboardInterrupt:
        return INTERRUPTED


def _check(settings: Settings, network: Network) -> None:
    if bool(settings.tls_cert) != bool(settings.tls_key):
        raise WrongUsage("--tls-cert and --tls-key belong together: give both, or --tls-auto")
    if settings.tls_auto and settings.tls_cert:
        raise WrongUsage("--tls-auto makes a certificate and --tls-cert names one: leave one of them out")
    if settings.workers > 1 and settings.trace is not None:
        raise WrongUsage("--trace keeps what one process serves: leave --workers out")
    if settings.workers > 1 and not hasattr(socket, "SO_REUSEPORT"):
        raise WrongUsage("--workers needs a system on which several processes can share a port: leave it out")
    if stray := tap_options.stray(network):
        raise WrongUsage(stray)
    if network.via == "tap":
        _check_for_tap(settings)


def _check_for_tap(settings: Settings) -> None:
    defaults = Settings(targets=())
    if settings.host != defaults.host:
        raise WrongUsage("--host is about the addresses of this machine: with --via tap, --address says what we are")
    if settings.workers > 1:
        raise WrongUsage(
            "--workers has no effect on --via tap, as a TAP device has one program at its end: leave it out"
        )
    if settings.loop != defaults.loop:
        raise WrongUsage("--loop has no effect on --via tap, which has a loop of its own: leave it out")
    if settings.cgi is not None:
        raise WrongUsage("--cgi starts programs of this machine, which --via tap does not offer: leave one of them out")


def _alone(settings: Settings, language: Language, *, force: bool) -> int:
    tell = Console(settings, language)
    make_ready()
    sockets = addresses.bind(settings.host, settings.port)  # if that fails, an earlier trace stays
    try:
        folder = folder_for(settings, [TRACE, HAR], force=force)
        trail = None if folder is None else Trail(settings.scheme)
        opening = Opening(tell)
        try:
            return running.run(
                running.serve_until_stopped(settings, sockets, tell, trail=trail, ready=opening), settings.loop
            )
        finally:
            if folder is not None and trail is not None:
                if opening.served:
                    keep(folder, {TRACE: trail.save_trace, HAR: trail.save_har}, tell)
                trail.close()
    finally:
        for sock in sockets:
            sock.close()


class Opening:
    """Says that the server serves, and remembers it: what never served has left nothing that an earlier trace should
    make room for.
    """

    def __init__(self, tell: running.Tell) -> None:
        self.served = False
        self._tell = tell

    def __call__(self, server: Server) -> None:
        self.served = True
        self._tell("serving", port=server.port, workers=1)


def folder_for(settings: Settings, names: Iterable[str], *, force: bool) -> ResultFolder | None:
    """The folder for what ``--trace`` keeps, in which these files may come. Raises ``WrongUsage``."""
    if settings.trace is None:
        return None
    # What clients send is in there: cookies, passwords.
    folder = ResultFolder(Path(settings.trace), force=force, option="--trace", secret=True)
    try:
        folder.prepare(names)
    except FolderError as error:
        raise WrongUsage(str(error)) from error
    return folder


def make_ready() -> None:
    """Let this process have many connections, and applications from the folder that it is in."""
    running.raise_file_limit()
    sys.path.insert(0, os.getcwd())


def keep(folder: ResultFolder, files: Mapping[str, Callable[[Path], object]], tell: running.Tell) -> None:
    """Write what was recorded and say so. Raises ``FolderError``."""
    for name, write in files.items():
        folder.write(name, write)
    folder.close()
    tell("kept", folder=folder.path, files=", ".join(files))


def _with_workers(settings: Settings, language: Language) -> int:
    async def supervise() -> int:
        return await Supervisor(settings, Console(settings, language)).run()

    return running.run(supervise(), "asyncio")


class Console:
    """Tells on stderr what the server does; stdout is for the log."""

    def __init__(self, settings: Settings, language: Language) -> None:
        self._settings = settings
        self._language = language

    def __call__(self, key: str, **values: object) -> None:
        if key == "serving":
            if values["workers"] != 1:
                key = "serving-workers"
            host = bracketed(self._settings.host)
            values["url"] = f"{self._settings.scheme}://{host}:{values['port']}/"
            values["targets"] = ", ".join(self._settings.targets)
        if key == "stopping" and not values["connections"]:
            key = "stopping-idle"
        if "why" in values and self._language == "ja":
            values["why"] = in_japanese(str(values["why"]))
        print(say(f"serve-{key}", self._language, **values), file=sys.stderr, flush=True)
