"""``michinori catch``: the server that listens to a browser, on the operating system's sockets."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from michinori.cli.catch_telling import Telling
from michinori.cli.catch_words import explain_failure, reason_in, say
from michinori.cli.complaint import complain
from michinori.cli.lines import Lines
from michinori.cli.spoken import Spoken
from michinori.cli.status import DONE, FAILED, INTERRUPTED, WRONG_USAGE
from michinori.cli.targets import UsageError, server_url, tls_context
from michinori.server.catch import (
    CatchBounds,
    Catcher,
    CatchSettings,
    Caught,
    FolderKeeper,
    Hello,
    Keeper,
    Outcome,
    SingleFile,
)
from michinori.server.catch.settings import Forward
from michinori.server.keeping import KeepError

DEFAULT_OUTPUT: Final = "server_recv.txt"
_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")
_BOUNDS: Final = CatchBounds()


class Options(Spoken, kw_only=True):
    """The options as they were given."""

    host: str = "localhost"
    port: int = 8080
    count: int = 1
    output: str | None = None
    out_dir: str | None = None
    reply: str = "none"
    forward: str | None = None
    insecure: bool = False
    max_size: int = _BOUNDS.octets
    max_silence: float = _BOUNDS.silence_s
    max_time: float = _BOUNDS.whole_s
    force: bool = False
    as_json: bool = False


def run(options: Options) -> int:
    """Do it. Gives the exit status."""
    language = options.language
    try:
        settings = _settings(options)
        keeper = _keeper(options)
        keeper.check()
    except (UsageError, KeepError) as error:
        complain(explain_failure(error, language), language)
        return WRONG_USAGE
    telling = Telling(
        Lines(sys.stderr if options.as_json else sys.stdout), settings, language, for_summary=options.as_json
    )
    try:
        outcome = asyncio.run(_catch(settings, keeper, telling))
    except KeyboardInterrupt:
        return INTERRUPTED
    if options.as_json:
        print(msgspec.json.encode(telling.summary(outcome)).decode(), flush=True)
    if outcome.failure is not None:
        complain(explain_failure(outcome.failure, language), language)
    return _status(outcome)


async def _catch(settings: CatchSettings, keeper: Keeper, telling: Telling) -> Outcome:
    task = asyncio.current_task()
    assert task is not None, "run by asyncio.run"
    with suppress(NotImplementedError):  # not on Windows
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        if signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:  # the terminal is closed, and no nohup stands before us
            asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, task.cancel)
    return await Catcher(settings, keeper, telling).run()


def _status(outcome: Outcome) -> int:
    if outcome.failure is not None:
        return FAILED
    if outcome.whole:
        return DONE
    if outcome.others:
        return FAILED
    return INTERRUPTED if outcome.interrupted else DONE


def _settings(options: Options) -> CatchSettings:
    """Raises ``UsageError``."""
    language = options.language
    if options.forward is not None and options.reply != "none":
        raise UsageError(say("reply-and-forward", language))
    return CatchSettings(
        host=options.host,
        port=options.port,
        count=options.count,
        bounds=CatchBounds(octets=options.max_size, silence_s=options.max_silence, whole_s=options.max_time),
        reply=_reply(options),
        forward=_forward(options) if options.forward is not None else None,
    )


def _reply(options: Options) -> Callable[[Caught], bytes] | None:
    if options.reply == "none":
        return None
    if options.reply == "hello":
        return Hello(options.lang)
    if not options.reply.startswith("@"):
        raise UsageError(say("bad-reply", options.language, reply=options.reply))
    try:
        octets = Path(options.reply[1:]).read_bytes()
    except OSError as error:
        reason = reason_in(options.language, error.strerror or str(error))
        raise UsageError(say("unreadable", options.language, path=options.reply[1:], reason=reason)) from None
    return lambda _: octets


def _forward(options: Options) -> Forward:
    url = server_url(options.forward or "", options.language)
    if url.port == options.port and url.host in _LOOPBACK and options.host in _LOOPBACK:
        raise UsageError(say("own-tail", options.language, url=options.forward))
    return Forward(url, tls_context(url, insecure=options.insecure))


def _keeper(options: Options) -> Keeper:
    """Raises ``UsageError``."""
    if options.out_dir is not None:
        if options.output is not None:
            raise UsageError(say("both-outputs", options.language))
        return FolderKeeper(Path(options.out_dir), force=options.force)
    if options.count != 1:
        raise UsageError(say("count-needs-folder", options.language, count=options.count))
    received = Path(options.output or DEFAULT_OUTPUT)
    return SingleFile(
        received,
        _beside(received, "sent") if options.forward is not None else None,
        _beside(received, "after") if options.reply != "none" else None,
        force=options.force,
    )


def _beside(received: Path, what: str) -> Path:
    """``server_sent.txt`` beside ``server_recv.txt``."""
    name = received.name
    return received.with_name(name.replace("recv", what) if "recv" in name else f"{name}.{what}")
