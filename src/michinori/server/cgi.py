"""CGI/1.1 (RFC 3875): programs below a folder answer, each in a process of its own."""

from __future__ import annotations

import asyncio
import logging
import os
import re
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress
from contextvars import ContextVar
from pathlib import Path
from typing import IO, Final

from michinori.http import Handler, Refusal, ServerRequest, ServerResponse, Verbatim
from michinori.http.request_body import NO_BODY
from michinori.http.strict import RequestHead
from michinori.server import cgi_answer, cgi_environment, programs
from michinori.server.cgi_answer import Answer, NoAnswer
from michinori.server.programs import Program, ProgramLimits, Runner, TookTooLong, WroteTooMuch

_KEPT_IN_MEMORY: Final = 1 << 20
_PIECE: Final = 64 * 1024
_REDIRECTS: Final = 10
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_depth: ContextVar[int] = ContextVar("michinori.cgi.depth", default=0)

_log = logging.getLogger("michinori.server.cgi")


class CgiHandler:
    """A handler that runs the executable files below ``folder``.

    ``documents`` is what PATH_TRANSLATED is below; ``site`` (may be set later) answers local redirects: the outermost
    handler, so that what it forbids stays forbidden. ``at_once`` programs run at the same time; others wait.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        *,
        documents: str | os.PathLike[str] | None = None,
        site: Handler | None = None,
        limits: ProgramLimits | None = None,
        runner: Runner | None = None,
        at_once: int = 32,
    ) -> None:
        self.root = Path(folder).resolve(strict=True)
        if not self.root.is_dir():
            raise NotADirectoryError(f"{folder} is not a folder")
        self.site = site
        self._documents = Path(documents).resolve(strict=True) if documents is not None else self.root
        self._limits = limits or ProgramLimits()
        self._runner = runner
        self._places = asyncio.Semaphore(at_once)

    async def startup(self) -> None:
        """There is nothing to start."""

    async def aclose(self) -> None:
        """End the programs that still run."""
        if self._runner is not None:
            await self._runner.aclose()

    async def __call__(self, request: ServerRequest) -> ServerResponse:
        """Answer one request. Raises ``Refusal``: 403 for what cannot be run, 502 for no answer, 504 for a late one."""
        script = cgi_environment.find(self.root, request.path)
        if not os.access(script.file, os.X_OK):
            _log.error("%s cannot be run: it is not executable (chmod +x)", script.file)
            raise Refusal(403)
        run = _Run(script.file.name, request, self._limits.patience_s)
        try:
            return await self._answer(request, script, run)
        except BaseException:
            await run.aclose()
            raise

    async def _answer(self, request: ServerRequest, script: cgi_environment.Script, run: _Run) -> ServerResponse:
        body, length = await run.prepare_body()
        variables = cgi_environment.environment(request, script, length, self._documents)
        program = Program(script.file, script.file.parent, variables)
        if self._runner is None:
            self._runner = programs.runner_for(asyncio.get_running_loop(), self._limits)
        await self._take_a_place(run)
        answer = await run.start(self._runner, program, body)
        if answer.local:
            await run.aclose()
            return await self._redirect(request, answer.local)
        if answer.whole:
            return Verbatim(answer.status, run)
        return ServerResponse(answer.status, answer.headers, run, reason=answer.reason)

    async def _take_a_place(self, run: _Run) -> None:
        try:
            async with asyncio.timeout(self._limits.run_s):
                await self._places.acquire()
        except TimeoutError:
            raise Refusal(503, "Too many programs are running.", {"Retry-After": "10"}) from None
        run.on_end(self._places.release)

    async def _redirect(self, request: ServerRequest, target: str) -> ServerResponse:
        """Section 6.2.2: answer as if that had been asked for."""
        depth = _depth.get()
        if depth >= _REDIRECTS:
            _log.error("programs sent each other around: %s", target)
            raise Refusal(502, "The program gave no proper answer.")
        token = _depth.set(depth + 1)
        try:
            return await (self.site or self)(_redirected(request, target))
        finally:
            _depth.reset(token)


class _Run:
    """One program at work: from its body to the last octet of its output, which is iterated over."""

    def __init__(self, name: str, request: ServerRequest, patience_s: float) -> None:
        self._name = name
        self._request = request
        self._patience_s = patience_s
        self._stack = AsyncExitStack()
        self._output: AsyncIterator[bytes] | None = None
        self._first = b""

    async def prepare_body(self) -> tuple[AsyncIterator[bytes], int | None]:
        """The body and its length; a chunked one is kept first, because a program has to be told how long it is."""
        headers = self._request.headers
        if "Transfer-Encoding" not in headers:
            length = headers.get("Content-Length")
            return aiter(self._request), int(length) if length else None
        kept = self._stack.enter_context(tempfile.SpooledTemporaryFile(_KEPT_IN_MEMORY))  # noqa: SIM115
        length_so_far = 0
        async for piece in self._request:
            kept.write(piece)
            length_so_far += len(piece)
        kept.seek(0)
        return _pieces(kept), length_so_far

    def on_end(self, callback: object) -> None:
        """Call that when all is over."""
        self._stack.callback(callback)  # type: ignore[arg-type]

    async def start(self, runner: Runner, program: Program, body: AsyncIterator[bytes]) -> Answer:
        """Run the program until the head of its answer is there; a client that leaves takes it along."""
        try:
            output: AsyncIterator[bytes] = await self._stack.enter_async_context(
                runner.run(program, body, self._heard, self._request.gone)
            )
        except OSError as error:
            _log.error("%s cannot be run: %s", program.path, error.strerror)
            raise Refusal(502, "The program gave no proper answer.") from None
        self._output = output
        read = cgi_answer.read_whole if self._name.startswith("nph-") else cgi_answer.read
        task = asyncio.ensure_future(read(output))
        gone = asyncio.ensure_future(self._left())
        try:
            waited: list[asyncio.Future[object]] = [task, gone]  # type: ignore[list-item]
            await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                raise ConnectionResetError("the client has gone")
            answer, self._first = task.result()
            return answer
        except NoAnswer as error:
            _log.error("%s gave no proper answer: %s", self._name, error)
            raise Refusal(502, "The program gave no proper answer.") from None
        except (TookTooLong, WroteTooMuch) as error:
            raise self._told(error) from None
        finally:
            gone.cancel()
            if not task.done():
                task.cancel()
                await asyncio.wait([task])

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._pieces()

    async def _pieces(self) -> AsyncIterator[bytes]:
        assert self._output is not None
        if self._first:
            yield self._first
        try:
            async for piece in self._output:
                yield piece
        except (TookTooLong, WroteTooMuch) as error:
            raise ConnectionAbortedError(str(self._told(error))) from None

    async def aclose(self) -> None:
        """End the program, if it still runs, and let go of everything."""
        await self._stack.aclose()

    async def _left(self) -> None:
        """Wait until the client has gone, or is taken to have gone because it said that it has no more to say."""
        await self._request.ended()
        with suppress(TimeoutError):
            async with asyncio.timeout(self._patience_s):
                await self._request.gone()

    def _told(self, error: Exception) -> Refusal:
        if isinstance(error, TookTooLong):
            _log.error("%s took too long and was ended", self._name)
            return Refusal(504, "The program took too long.")
        _log.error("%s wrote too much and was ended", self._name)
        return Refusal(502, "The program gave no proper answer.")

    def _heard(self, octets: bytes) -> None:
        for line in octets.decode("utf-8", "backslashreplace").splitlines():
            _log.warning("%s: %s", self._name, _CONTROL.sub(lambda match: f"\\x{ord(match[0]):02x}", line))


async def _pieces(file: IO[bytes]) -> AsyncIterator[bytes]:
    while piece := file.read(_PIECE):
        yield piece


def _redirected(request: ServerRequest, target: str) -> ServerRequest:
    """The request as a GET of another place."""
    headers = request.headers.copy()
    headers.remove("Content-Type", "Content-Length", "Transfer-Encoding", "Expect", "Range")
    method = "GET" if request.method != "HEAD" else "HEAD"
    return request.in_place_of_it(RequestHead(method, target, request.version, headers, 0), NO_BODY)
