"""A small port for running programs: body in, output out, within bounds, and never a process left behind.

``OsRunner`` lets them run beside the server, each with its own process group. ``InlineRunner`` is for loops in virtual
time: a program begins and ends there at one instant.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import tempfile
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol, TypeAlias, TypeVar

T = TypeVar("T")

_PIECE: Final = 64 * 1024
_LIMITED: Final = 'ulimit -c 0; {limits}exec "$0" "$@"'


class TookTooLong(Exception):
    """The program was ended because its time was over."""


class WroteTooMuch(Exception):
    """The program was ended because of the length of its output."""


@dataclass(frozen=True, slots=True)
class ProgramLimits:
    """Bounds of one run; ``None`` is no bound."""

    run_s: float = 60.0
    """From its start to its end, as a clock shows it."""
    cpu_s: int | None = 60
    memory_octets: int | None = 1 << 30
    """Of address space, for each process of it."""
    output_octets: int = 1 << 30
    error_octets: int = 64 * 1024
    """What it says beyond that on its error stream is not listened to."""
    mercy_s: float = 2.0
    """Between the signals TERM and KILL."""
    patience_s: float = 5.0
    """How long the head of an answer is waited for whose client has ended its own stream. Who does that has gone, as a
    rule, and some still read: only sending can tell.
    """


@dataclass(frozen=True, slots=True)
class Program:
    """What is to be run, and where."""

    path: Path
    folder: Path
    environment: Mapping[str, str]
    """One character an octet (ISO-8859-1), as header fields have it."""

    def command(self, limits: ProgramLimits, *, file_octets: int | None = None) -> list[str]:
        """The shell sets the limits and becomes the program: no code of ours runs between fork and exec."""
        bounds = {"-t": limits.cpu_s, "-v": limits.memory_octets and limits.memory_octets // 1024}
        if file_octets is not None:
            bounds["-f"] = file_octets // 512 + 1
        said = "".join(f"ulimit {option} {value}; " for option, value in bounds.items() if value)
        return ["/bin/sh", "-c", _LIMITED.format(limits=said), str(self.path)]

    def environ(self) -> dict[bytes, bytes]:
        return {name.encode("ascii"): value.encode("latin-1") for name, value in self.environment.items()}


Heard: TypeAlias = Callable[[bytes], None]
Gone: TypeAlias = Callable[[], Awaitable[None]]


class Runner(Protocol):
    """Runs a program for as long as its context lasts; what is iterated over is its output.

    Iterating raises ``TookTooLong`` and ``WroteTooMuch``; entering raises ``OSError``.
    """

    def run(self, program: Program, body: AsyncIterable[bytes], heard: Heard, gone: Gone) -> Any:
        """An asynchronous context manager of ``AsyncIterator[bytes]``.

        ``heard`` is given what goes to stderr. When ``gone`` returns, nobody waits for the output any more.
        """

    async def aclose(self) -> None:
        """End every program that still runs."""


def runner_for(loop: asyncio.AbstractEventLoop, limits: ProgramLimits) -> Runner:
    """The runner that suits a loop: one whose executors are inline (a loop in virtual time) has no real processes."""
    return InlineRunner(limits) if getattr(loop, "runs_inline", False) else OsRunner(limits)


class OsRunner:
    """Programs as processes of the operating system."""

    def __init__(self, limits: ProgramLimits) -> None:
        self._limits = limits
        self._running: dict[Process, asyncio.Future[None]] = {}
        """Each with what is done when its end has been seen to."""

    async def aclose(self) -> None:
        endings = list(self._running.values())
        for process in self._running:
            _signal(process.pid, signal.SIGTERM)
        if endings:
            await asyncio.wait(endings, timeout=self._limits.mercy_s)
        for process in self._running:
            _signal(process.pid, signal.SIGKILL)
        if self._running:
            await asyncio.wait(list(self._running.values()))

    @asynccontextmanager
    async def run(
        self, program: Program, body: AsyncIterable[bytes], heard: Heard, gone: Gone
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        process = await asyncio.create_subprocess_exec(
            *program.command(self._limits), stdin=PIPE, stdout=PIPE, stderr=PIPE,
            cwd=program.folder, env=program.environ(), start_new_session=True, limit=_PIECE,
        )  # fmt: skip
        self._running[process] = asyncio.get_running_loop().create_future()
        feeding = asyncio.create_task(_feed(process, body))
        hearing = asyncio.create_task(self._listen(process, heard))
        watching = asyncio.create_task(_end_with(process, gone))
        output = self._output(process, asyncio.get_running_loop().time() + self._limits.run_s)
        try:
            yield output
        finally:
            watching.cancel()
            # A task of its own: it has to be done to the end, even if whoever waits for it is cancelled.
            await asyncio.shield(asyncio.create_task(self._end(process, output, feeding, hearing)))

    async def _output(self, process: Process, until: float) -> AsyncGenerator[bytes, None]:
        assert process.stdout is not None
        octets = 0
        while piece := await _within(until, process.stdout.read(_PIECE)):
            octets += len(piece)
            if octets > self._limits.output_octets:
                raise WroteTooMuch
            yield piece
        await _within(until, process.wait())

    async def _end(
        self,
        process: Process,
        output: AsyncGenerator[bytes, None],
        feeding: asyncio.Task[None],
        hearing: asyncio.Task[None],
    ) -> None:
        try:
            await _finish(process, feeding, hearing, self._limits.mercy_s)
            await output.aclose()
        finally:
            self._running.pop(process).set_result(None)

    async def _listen(self, process: Process, heard: Heard) -> None:
        assert process.stderr is not None
        left = self._limits.error_octets
        while piece := await process.stderr.read(_PIECE):
            if left > 0:
                heard(piece[:left])
            left -= len(piece)


class InlineRunner:
    """A program runs to its end before anything else happens; its streams are files."""

    def __init__(self, limits: ProgramLimits) -> None:
        self._limits = limits

    async def aclose(self) -> None:
        """None runs beside anything."""

    @asynccontextmanager
    async def run(
        self,
        program: Program,
        body: AsyncIterable[bytes],
        heard: Heard,
        gone: Gone,  # noqa: ARG002
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        pieces = [piece async for piece in body]
        yield self._output(program, b"".join(pieces), heard)

    async def _output(self, program: Program, body: bytes, heard: Heard) -> AsyncIterator[bytes]:
        limits = self._limits
        with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as wrote:
            given.write(body)
            given.seek(0)
            # The very purpose of this runner: the world stands still while the program runs.
            process = subprocess.Popen(  # noqa: ASYNC220
                program.command(limits, file_octets=max(limits.output_octets, limits.error_octets)),
                stdin=given, stdout=wrote, stderr=said,
                cwd=program.folder, env=program.environ(), start_new_session=True,
            )  # fmt: skip
            try:
                process.wait(limits.run_s)
            except subprocess.TimeoutExpired:
                raise TookTooLong from None
            finally:
                _signal(process.pid, signal.SIGKILL)
                process.wait()
                said.seek(0)
                heard(said.read(limits.error_octets))
            wrote.seek(0)
            output = wrote.read(limits.output_octets + 1)
        if len(output) > limits.output_octets:
            raise WroteTooMuch
        yield output


async def _within(until: float, waited: Awaitable[T]) -> T:
    try:
        async with asyncio.timeout_at(until):
            return await waited
    except TimeoutError:
        raise TookTooLong from None


async def _end_with(process: Process, gone: Gone) -> None:
    """A silent program would not find out that nobody listens."""
    await gone()
    _signal(process.pid, signal.SIGTERM)


async def _feed(process: Process, body: AsyncIterable[bytes]) -> None:
    """The body as it comes. A program need not read it."""
    assert process.stdin is not None
    try:
        async for piece in body:
            process.stdin.write(piece)
            await process.stdin.drain()
    except (BrokenPipeError, ConnectionResetError):
        pass
    finally:
        process.stdin.close()


async def _finish(process: Process, feeding: asyncio.Task[None], hearing: asyncio.Task[None], mercy_s: float) -> None:
    """End what still runs: the whole group is asked first, then made to."""
    feeding.cancel()
    try:
        if process.returncode is None:
            _signal(process.pid, signal.SIGTERM)
            with suppress(TimeoutError):
                async with asyncio.timeout(mercy_s):
                    await process.wait()
            _signal(process.pid, signal.SIGKILL)
            await process.wait()
        else:  # its last words; a child that it left behind may hold the stream, but not us
            await asyncio.wait([hearing], timeout=mercy_s)
    finally:
        if process.returncode is None:
            _signal(process.pid, signal.SIGKILL)
        hearing.cancel()
        await asyncio.wait([feeding, hearing])
        for helper in (feeding, hearing):
            if not helper.cancelled():
                helper.exception()  # of a broken body: whoever reads it on is told as well
        process._transport.close()  # type: ignore[attr-defined]  # its pipes, should a grandchild hold them


def _signal(group: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)
