"""What the lab answers: the page and its modules, orders for journeys and their progress, past journeys, sites."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from michinori.http import accept
from michinori.lab import page
from michinori.lab.bounds import Bounds
from michinori.lab.checks import Check, Verdict
from michinori.lab.differences import compare
from michinori.lab.errors import Refused, no_room
from michinori.lab.guard import Guard, Keys
from michinori.lab.kana import judge
from michinori.lab.lessons import LESSONS, lesson
from michinori.lab.offer import offer
from michinori.lab.order import read_order
from michinori.lab.shelf import Kept, Shelf
from michinori.lab.sites import Sites
from michinori.lab.walks import Walks
from michinori.report.catalogue import Language
from michinori.trace import read_trace

_HEARTBEAT_S: Final = 15.0


class Lab:
    """All of it. ``folder`` takes what is kept; ``scenarios``: files besides the built-in ones."""

    def __init__(
        self,
        folder: Path,
        keys: Keys,
        *,
        sites: dict[str, Path] | None = None,
        scenarios: tuple[str, ...] = (),
        bounds: Bounds | None = None,
        language: Language | None = None,
    ) -> None:
        self.bounds = bounds or Bounds()
        self.keys = keys
        self.scenarios = scenarios
        self.language = language
        self.shelf = Shelf(folder, self.bounds)
        self.sites = Sites(folder / "uploaded", sites or {}, self.bounds)
        self.walks = Walks(self.shelf, self.bounds)
        self._closing = asyncio.Event()
        self._judging = asyncio.Semaphore(1)

    def app(self) -> Starlette:
        """The ASGI application. Its lifespan runs the queue."""
        routes = [
            Route("/", self._page),
            Route("/{folder:str}/assets/{name:path}", self._asset),
            Route("/api/offer", self._offer),
            Route("/api/presence", self._presence),
            Route("/api/journeys", self._list),
            Route("/api/journeys", self._begin, methods=["POST"]),
            Route("/api/journeys/{id:int}", self._kept),
            Route("/api/journeys/{id:int}", self._discard, methods=["DELETE"]),
            Route("/api/journeys/{id:int}/progress", self._progress),
            Route("/api/journeys/{id:int}/restore", self._restore, methods=["POST"]),
            Route("/api/journeys/{id:int}/stop", self._stop, methods=["POST"]),
            Route("/api/journeys/{id:int}/blobs/{name:str}", self._blob),
            Route("/api/journeys/{id:int}/picture", self._picture),
            Route("/api/journeys/{id:int}/report", self._report),
            Route("/api/journeys/{id:int}/files/{name:path}", self._file),
            Route("/api/journeys/{left:int}/beside/{right:int}", self._beside),
            Route("/api/lessons", self._lessons),
            Route("/api/lessons/{name:str}/answer", self._answer, methods=["POST"]),
            Route("/api/sites/{name:str}", self._upload, methods=["PUT"]),
        ]
        return Starlette(
            routes=routes,
            middleware=[Middleware(Guard, keys=self.keys)],
            exception_handlers={Refused: _refuse, HTTPException: _refuse_http, OSError: _refuse_os},
            lifespan=self._lifespan,
        )

    def close(self) -> None:
        """Let all who watch go."""
        self._closing.set()

    @contextlib.asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        queue = asyncio.create_task(self.walks.run())
        try:
            yield
        finally:
            self.close()
            queue.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await queue
            self.shelf.sweep()

    # -- the page ------------------------------------------------------------------------------------------------------

    async def _page(self, request: Request) -> Response:
        language = self.language or accept.language(", ".join(request.headers.getlist("accept-language")))
        text, policy = page.page(self.keys.token, language)
        headers = {"Content-Security-Policy": policy, "Set-Cookie": self.keys.set_cookie}
        return Response(text, headers=headers, media_type="text/html")

    async def _asset(self, request: Request) -> Response:
        path = request.url.path.removeprefix("/")
        text = page.assets().get(path)
        if text is None:
            raise Refused("そのファイルはありません", "there is no such file", 404)
        return Response(text, headers={"Content-Type": page.content_type(path), "Cache-Control": "no-cache"})

    async def _offer(self, _: Request) -> Response:
        return _json(await asyncio.to_thread(offer, self.scenarios, list(self.sites.folders)))

    async def _presence(self, _: Request) -> Response:
        """A stream in which nothing is said: as long as it is open, the lab is there."""
        return StreamingResponse(self._told(_silence()), media_type="text/event-stream")

    # -- journeys ------------------------------------------------------------------------------------------------------

    async def _begin(self, request: Request) -> Response:
        order = read_order(await _body(request, self.bounds.body))
        known = {*offer(self.scenarios, [])["scenarios"]}
        if order.scenario not in known:
            raise Refused(f"シナリオ {order.scenario!r} はありません", f"there is no scenario {order.scenario!r}")
        walk = self.walks.begin(order, self.sites.folders)
        return _json(walk.last, 202)

    async def _list(self, _: Request) -> Response:
        under_way = [walk.last | {"text": walk.order.text} for walk in self.walks.under_way()]
        return _json(
            {"past": [_line(kept, self.shelf.is_drawn(kept.id)) for kept in self.shelf], "under_way": under_way}
        )

    async def _kept(self, request: Request) -> Response:
        return _json(self.shelf.get(request.path_params["id"]))

    async def _discard(self, request: Request) -> Response:
        await asyncio.to_thread(self.shelf.put_aside, request.path_params["id"])
        return Response(status_code=204)

    async def _restore(self, request: Request) -> Response:
        return _json(await asyncio.to_thread(self.shelf.restore, request.path_params["id"]))

    async def _stop(self, request: Request) -> Response:
        walk = await self.walks.stop(request.path_params["id"])
        return _json(walk.last, 202)

    async def _progress(self, request: Request) -> Response:
        walk = self.walks.get(request.path_params["id"])
        return StreamingResponse(self._told(walk.watch()), media_type="text/event-stream")

    async def _told(self, news: AsyncIterator[dict[str, Any]]) -> AsyncIterator[bytes]:
        """Server-sent events, a comment now and then so that a watcher who is gone is noticed, until the lab ends."""
        closing = asyncio.create_task(self._closing.wait())
        coming: asyncio.Task[dict[str, Any]] | None = None
        try:
            while True:
                coming = coming or asyncio.ensure_future(anext(news))
                done, _ = await asyncio.wait(
                    {coming, closing}, timeout=_HEARTBEAT_S, return_when=asyncio.FIRST_COMPLETED
                )
                if closing in done:
                    return
                if coming not in done:
                    yield b": still here\n\n"
                    continue
                try:
                    what = coming.result()
                except StopAsyncIteration:
                    return
                finally:
                    coming = None
                yield b"data: " + msgspec.json.encode(what) + b"\n\n"
        finally:
            closing.cancel()
            if coming is not None:
                coming.cancel()

    # -- what is left of them ------------------------------------------------------------------------------------------

    async def _blob(self, request: Request) -> Response:
        octets = await asyncio.to_thread(self.shelf.blob, request.path_params["id"], request.path_params["name"])
        return Response(octets, media_type="application/octet-stream")

    async def _picture(self, request: Request) -> Response:
        path = self.shelf.file(request.path_params["id"], "page.png")
        return FileResponse(path, media_type="image/png")

    async def _report(self, request: Request) -> Response:
        number = request.path_params["id"]
        text = await asyncio.to_thread(self.shelf.report, number)
        octets = text.encode("utf-8", errors="backslashreplace")
        return Response(octets, media_type="application/octet-stream", headers=_attached(f"journey-{number}.html"))

    async def _file(self, request: Request) -> Response:
        path = self.shelf.file(request.path_params["id"], request.path_params["name"])
        return FileResponse(path, media_type="application/octet-stream", headers=_attached(path.name))

    async def _beside(self, request: Request) -> Response:
        left, right = request.path_params["left"], request.path_params["right"]
        found = await asyncio.to_thread(
            compare, self.shelf.get(left), self.shelf.get(right), self.shelf.trace(left), self.shelf.trace(right)
        )
        return _json(found)

    # -- lessons -------------------------------------------------------------------------------------------------------

    async def _lessons(self, _: Request) -> Response:
        return _json([one.shown() for one in LESSONS])

    async def _answer(self, request: Request) -> Response:
        chosen = lesson(request.path_params["name"])
        given = _read_answer(await _body(request, self.bounds.body))
        if chosen.check is None:
            return _json(await self._judge(given.answer))
        path = self.shelf.trace(given.journey)
        return _json(await asyncio.to_thread(_checked, chosen.check, path, given.answer))

    async def _judge(self, rule: str) -> Verdict:
        with tempfile.TemporaryDirectory(prefix="kana-", dir=self.shelf.folder) as folder:
            async with self._judging:
                return await judge(rule, Path(folder))

    # -- sites ---------------------------------------------------------------------------------------------------------

    async def _upload(self, request: Request) -> Response:
        kind = request.headers.get("content-type", "").partition(";")[0]
        if kind not in ("application/zip", "application/x-michinori-folder"):
            raise Refused("zipかフォルダを渡してください", "upload a zip file or a folder", 415)
        octets = await _body(request, self.bounds.upload)
        name = request.path_params["name"]
        count = await asyncio.to_thread(self.sites.upload, name, octets, "zip" if kind.endswith("zip") else "folder")
        return _json({"name": name, "files": count}, 201)


async def _silence() -> AsyncIterator[dict[str, Any]]:
    await asyncio.Event().wait()
    yield {}


class _Answer(msgspec.Struct):
    journey: int = 0
    answer: Annotated[str, msgspec.Meta(max_length=200)] = ""


def _read_answer(octets: bytes) -> _Answer:
    try:
        return msgspec.json.decode(octets, type=_Answer)
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError) as error:
        raise Refused(f"この答えは読めません ({error})", f"this is no answer ({error})") from None


def _checked(check: Check, path: Path, answer: str) -> Verdict:
    with path.open("rb") as file:
        return check(list(read_trace(file)), answer)


def _line(kept: Kept, drawn: bool) -> dict[str, Any]:
    names = ("status", "virtual_ms", "requests", "frames", "dropped", "retransmitted", "dns_queries")
    numbers = {name: kept.numbers.get(name) for name in names}
    return {
        "id": kept.id,
        "order": kept.order,
        "numbers": numbers,
        "failed": kept.failure is not None,
        "command": kept.command,
        "drawn": drawn,
    }


async def _body(request: Request, limit: int) -> bytes:
    """The body of a request. Raises ``Refused`` when it is larger."""
    pieces: list[bytes] = []
    size = 0
    announced = request.headers.get("content-length", "0")
    try:
        if not announced.isascii() or not announced.isdigit() or int(announced) <= limit:
            async for piece in request.stream():
                size += len(piece)
                if size > limit:
                    break
                pieces.append(piece)
            else:
                return b"".join(pieces)
    except ClientDisconnect:
        raise Refused("途中で切れました", "it broke off") from None
    bound = f"{limit >> 20} MiB" if limit >= 1 << 20 else f"{limit >> 10} KiB"
    raise Refused(f"大きすぎます: {bound} までにしてください", f"too large: {bound} at most", 413)


def _json(value: Any, status: int = 200) -> Response:
    return Response(msgspec.json.encode(value), status, media_type="application/json")


def _attached(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}


async def _refuse(_: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return JSONResponse({"sentence": error.sentence}, error.status)


async def _refuse_os(_: Request, error: Exception) -> Response:
    """A folder or a file cannot be made, or is gone from under the lab."""
    refused = no_room(error) or Refused(
        f"ラボのフォルダを使えません ({error})", f"the folder of the lab cannot be used ({error})", 500
    )
    return JSONResponse({"sentence": refused.sentence}, refused.status)


async def _refuse_http(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    sentence = {"ja": f"応じられません ({error.detail})", "en": f"the lab does not answer that ({error.detail})"}
    return JSONResponse({"sentence": sentence}, error.status_code, headers=error.headers)
