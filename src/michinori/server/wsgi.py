"""WSGI applications (Flask, Django …; PEP 3333) behind the server.

The environment is made by a2wsgi. The call is our own: a thread that waits for a client must learn that the client has
gone, an application may change its mind until something was sent, and a loop in virtual time has no threads: there
an application answers inline, at one instant.
"""

from __future__ import annotations

import asyncio
import contextvars
import io
import logging
import tempfile
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from types import TracebackType
from typing import IO, Any, Final, TypeAlias
from urllib.parse import unquote_to_bytes

from michinori.http import ServerRequest, ServerResponse
from michinori.server import extras
from michinori.server.asgi import AsgiHandler
from michinori.server.asgi_exchange import ClientGone, Message

Environ: TypeAlias = dict[str, Any]
WsgiApplication: TypeAlias = Callable[[Environ, Any], Iterable[bytes]]
ExcInfo: TypeAlias = tuple[type[BaseException], BaseException, TracebackType | None]
Emit: TypeAlias = Callable[[list[Message]], None]

_KEPT_INLINE: Final = 64 << 20
_KEPT_IN_MEMORY: Final = 1 << 20

_log = logging.getLogger("michinori.server.wsgi")


class WsgiHandler:
    """A handler that lets a WSGI application answer, ``threads`` requests at a time."""

    def __init__(self, application: WsgiApplication, *, threads: int = 16) -> None:
        self._application = application
        self._build_environ = extras.load("a2wsgi.wsgi", "a WSGI application").build_environ
        self._handler = AsgiHandler(self._answer, lifespan="off")
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="wsgi")  # they start when they are needed

    async def startup(self) -> None:
        """There is nothing to start."""

    async def aclose(self) -> None:
        """Wait for the requests that are still answered, then let the threads go."""
        await self._handler.aclose()
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def __call__(self, request: ServerRequest) -> ServerResponse:
        """Answer one request. Raises what the application raises."""
        return await self._handler(request)

    async def _answer(self, scope: Any, receive: Any, send: Any) -> None:
        """The application in the clothes of an ASGI application."""
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close"})
            return
        loop = asyncio.get_running_loop()
        if getattr(loop, "runs_inline", False):
            await self._answer_inline(loop, scope, receive, send)
            return

        if any(name == b"transfer-encoding" for name, _ in scope["headers"]):
            with tempfile.SpooledTemporaryFile(_KEPT_IN_MEMORY) as kept:
                await self._answer_in_thread(loop, await _keep(scope, receive, kept), kept, send)  # type: ignore[arg-type]
        else:
            body = io.BufferedReader(_Input(partial(_receive_in_thread, loop, receive)))
            await self._answer_in_thread(loop, scope, body, send)

    async def _answer_in_thread(
        self, loop: asyncio.AbstractEventLoop, scope: Any, body: io.BufferedIOBase, send: Any
    ) -> None:
        def emit(messages: list[Message]) -> None:
            asyncio.run_coroutine_threadsafe(_send_all(send, messages), loop).result()

        call = _Call(self._application, self._environ(scope, body), emit)
        context = contextvars.copy_context()
        await loop.run_in_executor(self._threads, context.run, call.run)

    async def _answer_inline(self, loop: asyncio.AbstractEventLoop, scope: Any, receive: Any, send: Any) -> None:
        body = io.BytesIO()
        scope = await _keep(scope, receive, body)
        messages: list[Message] = []
        octets = 0

        def emit(more: list[Message]) -> None:
            nonlocal octets
            messages.extend(more)
            octets += sum(len(message.get("body", b"")) for message in more)
            if octets > _KEPT_INLINE:
                raise RuntimeError(f"an answer made inline has at most {_KEPT_INLINE} octets")

        call = _Call(self._application, self._environ(scope, body), emit)
        await loop.run_in_executor(None, call.run)
        await _send_all(send, messages)

    def _environ(self, scope: dict[str, Any], body: io.BufferedIOBase) -> Environ:
        headers = [field for field in scope["headers"] if b"_" not in field[0] and field[0] not in _NOT_PASSED_ON]
        environ: Environ = self._build_environ({**scope, "headers": headers}, body)
        whole = unquote_to_bytes(scope["raw_path"]).decode("latin-1")
        prefix = scope["root_path"].encode().decode("latin-1")
        environ |= {
            "SCRIPT_NAME": prefix,
            "PATH_INFO": whole.removeprefix(prefix),
            "SERVER_NAME": environ["SERVER_NAME"] or "localhost",
            "wsgi.errors": _Errors(),
            "wsgi.input_terminated": True,
        }
        user = scope["extensions"].get("michinori.user")
        if user is not None:
            environ |= {"REMOTE_USER": user["name"].encode().decode("latin-1"), "AUTH_TYPE": "Basic"}
        return environ


#: As for CGI: HTTP_PROXY is a setting of programs, and the framing is the server's business.
_NOT_PASSED_ON: Final = frozenset({b"proxy", b"transfer-encoding"})


async def _keep(scope: dict[str, Any], receive: Any, file: IO[bytes]) -> dict[str, Any]:
    """Read the whole body into a file; the scope, with its length: applications ask for that before they read."""
    length = 0
    while (message := await receive())["type"] == "http.request":
        length += file.write(message["body"])
        if not message["more_body"]:
            file.seek(0)
            headers = [field for field in scope["headers"] if field[0] != b"content-length"]
            return {**scope, "headers": [*headers, (b"content-length", b"%d" % length)]} if length else scope
    raise ClientGone


def _receive_in_thread(loop: asyncio.AbstractEventLoop, receive: Any) -> Message:
    message: Message = asyncio.run_coroutine_threadsafe(receive(), loop).result()
    return message


async def _send_all(send: Any, messages: list[Message]) -> None:
    for message in messages:
        await send(message)


class _Call:
    """One call of the application, in whatever thread."""

    def __init__(self, application: WsgiApplication, environ: Environ, emit: Emit) -> None:
        self._application = application
        self._environ = environ
        self._emit = emit
        self._start: Message | None = None
        self._sent = False

    def run(self) -> None:
        """Call it and pass on what it gives. Raises what it raises."""
        iterable = self._application(self._environ, self._start_response)
        try:
            alone = isinstance(iterable, (list, tuple)) and len(iterable) == 1
            for piece in iterable:
                if piece:
                    self._write(piece, more=not alone)
            if not (alone and self._sent):
                self._write(b"", more=False)
        finally:
            close = getattr(iterable, "close", None)
            if close is not None:
                close()

    def _start_response(
        self, status: str, headers: list[tuple[str, str]], exc_info: ExcInfo | None = None
    ) -> Callable[[bytes], None]:
        if exc_info is not None:
            try:
                if self._sent:
                    raise exc_info[1].with_traceback(exc_info[2])
            finally:
                exc_info = None  # a circle of references else
        elif self._start is not None:
            raise RuntimeError("the application called start_response twice without an error to tell")
        self._start = {
            "type": "http.response.start",
            "status": int(status[:3]),
            "headers": [(name.encode("latin-1"), value.strip().encode("latin-1")) for name, value in headers],
        }
        return lambda piece: self._write(piece, more=True)

    def _write(self, piece: bytes, *, more: bool) -> None:
        if self._start is None:
            raise RuntimeError("the application gave a body without having called start_response")
        body: Message = {"type": "http.response.body", "body": piece, "more_body": more}
        messages = [body] if self._sent else [self._start, body]
        self._sent = True
        self._emit(messages)


class _Input(io.RawIOBase):
    """The body of a request, waited for in the thread of the application."""

    def __init__(self, receive: Callable[[], Message]) -> None:
        self._receive = receive
        self._kept = b""
        self._ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._kept and not self._ended:
            message = self._receive()
            if message["type"] != "http.request":
                raise ClientGone
            self._kept, self._ended = message["body"], not message["more_body"]
        piece, self._kept = self._kept[: len(buffer)], self._kept[len(buffer) :]
        buffer[: len(piece)] = piece
        return len(piece)


class _Errors(io.TextIOBase):
    """What the application says of its troubles goes into the log."""

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        for line in text.splitlines():
            if line.strip():
                _log.warning("%s", line)
        return len(text)
