"""A folder as a web site: files as they are, their validators, parts of them, and a smaller form for who takes it."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, Literal
from urllib.parse import unquote

from michinori.http import accept, codings, listing, paths, ranges, variants
from michinori.http.conditional import Validators, Verdict, evaluate, range_applies
from michinori.http.dates import format_date, now_s
from michinori.http.headers import Headers
from michinori.http.kept import KeptAnswers, Witness
from michinori.http.media import is_compressible, is_text, media_type
from michinori.http.paths import Place
from michinori.http.refusal import Refusal
from michinori.http.serving import FileBody, ServerRequest, ServerResponse
from michinori.http.status import KNOWN_METHODS

ALLOWED: Final = "GET, HEAD, OPTIONS"
_AT_ONCE: Final = 64 * 1024
_WORTH_CODING: Final = range(256, 1 << 20)
_SHELF_OCTETS: Final = 32 << 20
_KNOWN_FILES: Final = 10_000
_CONDITIONS: Final = frozenset({"range", "if-match", "if-none-match", "if-modified-since", "if-unmodified-since"})


class StaticSite:
    """Serves the files below a folder; a handler for ``serve``.

    ``dates``: what Last-Modified says: ``"file"`` the file's own time, an ``int`` that instant (seconds since 1970)
    for all files, None (the default) nothing, as the ETag tells more and file times differ from machine to machine.
    ``charset``: stands beside text types if given. ``compress``: code text as gzip for who takes it; coded forms that
    lie beside a file (``.br``, ``.gz``) are taken in any case. ``listing``: show what is in a folder without an index.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        *,
        dates: int | Literal["file"] | None = None,
        charset: str | None = None,
        compress: bool = False,
        index: str = "index.html",
        listing: bool = False,
    ) -> None:
        self.root = Path(folder).resolve(strict=True)
        if not self.root.is_dir():
            raise NotADirectoryError(f"{folder} is not a folder")
        self._dates = dates
        self._charset = charset
        self._compress = compress
        self._index = index
        self._listing = listing
        self._tags: OrderedDict[tuple[object, ...], str] = OrderedDict()
        self._coded = _Shelf(_SHELF_OCTETS)
        self._kept: KeptAnswers[tuple[_Found, ServerResponse]] = KeptAnswers(entries=_KNOWN_FILES, octets=_SHELF_OCTETS)

    def at_once(self, request: ServerRequest) -> ServerResponse | None:
        """An answer that was given before, if its file is small and as it was. Raises ``Refusal``."""
        if request.method != "GET" and request.method != "HEAD":
            return None
        fields = request.headers.index
        known = self._kept.get(_key(request, fields))
        if known is None:
            return None
        found, response = known
        if found.coding and "range" in fields:
            return None  # ranges are of the content as it is
        return response if _CONDITIONS.isdisjoint(fields) else self._respond(request, found)

    async def __call__(self, request: ServerRequest) -> ServerResponse:
        """Answer one request. Raises ``Refusal``."""
        if request.method not in KNOWN_METHODS:
            raise Refusal(501, "That method is unknown here.")
        if request.method not in ALLOWED.split(", "):
            raise Refusal(405, "Files are only read here.", {"Allow": ALLOWED})
        if request.method == "OPTIONS":
            if request.target != "*":
                self._find(request)
            return ServerResponse(204, {"Allow": ALLOWED})
        place = self._find(request)
        if place.is_folder:
            if request.whole_path.endswith("/"):
                return self._list(request, place)
            return self._to_the_folder(request, place)
        return await self._answer(request, place)

    def _find(self, request: ServerRequest) -> Place:
        place = paths.find(self.root, request.path)
        if place.is_folder and request.whole_path.endswith("/"):
            try:
                return paths.find(self.root, f"{paths.encode(place.segments, folder=True)}{self._index}")
            except Refusal as refusal:
                if not self._listing or refusal.status != 404:
                    raise
        return place

    def _list(self, request: ServerRequest, place: Place) -> ServerResponse:
        if not self._listing:
            raise Refusal(404)
        body = listing.page(place.path, self.root, place.segments, unquote(request.whole_path), request.headers)
        return ServerResponse(
            200,
            {
                "Content-Type": "text/html; charset=utf-8",
                "Content-Security-Policy": listing.POLICY,
                "Cache-Control": "no-cache",
                "Vary": "Accept-Language",
            },
            body,
        )

    def _to_the_folder(self, request: ServerRequest, place: Place) -> ServerResponse:
        query = f"?{request.query}" if request.query else ""
        location = request.root_path + paths.encode(place.segments, folder=True) + query
        raise Refusal(301, "", {"Location": location})

    async def _answer(self, request: ServerRequest, place: Place) -> ServerResponse:
        kind = media_type(place.path.name)
        coded: list[variants.Variant] = []
        if is_compressible(kind):
            coded = variants.beside(place.path, place.status, self.root)
        variant = None
        if coded and "Range" not in request.headers:
            variant = variants.choose(coded, request.headers)
        try:
            file = _open(place.path if variant is None else variant.path)
        except OSError as error:
            raise Refusal(403 if isinstance(error, PermissionError) else 404) from None
        try:
            found = await self._look_into(file, place, kind, variant, varies=bool(coded))
            response = self._respond(request, found)
        except BaseException:
            file.close()
            raise
        if not isinstance(response.body, FileBody):
            file.close()
        self._keep(request, place, found, response)
        return response

    def _keep(self, request: ServerRequest, place: Place, found: _Found, response: ServerResponse) -> None:
        """So that it need not be made again. The path as it was asked for is watched: links in it may turn."""
        if "?" in request.target or response.status != 200 or not isinstance(response.body, bytes):
            return  # anybody can make up queries without end
        if found.content is None or not _CONDITIONS.isdisjoint(request.headers.index):
            return
        asked = self.root.joinpath(*place.segments)
        try:
            watched = [Witness.of(asked)]
            if watched[0].signature[1] != place.status.st_ino or watched[0].signature[2] != place.status.st_size:
                return  # it has changed in the meantime
            if is_compressible(found.kind):
                watched.append(Witness.of(asked.parent))  # a coded form may come or go
            if found.coding:
                watched.append(Witness.of(place.path.with_name(place.path.name + variants.ENDINGS[found.coding])))
        except OSError:
            return
        octets = len(found.content) + 2 * len(response.body) + 1024  # the body also as it was sent, behind its head
        key = _key(request, request.headers.index)
        self._kept.put(key, (found, response), tuple(watched), octets)

    async def _look_into(
        self, file: BinaryIO, place: Place, kind: str, variant: variants.Variant | None, *, varies: bool
    ) -> _Found:
        status = os.fstat(file.fileno())
        size = status.st_size
        key = (
            place.path if variant is None else variant.path,
            status.st_ino,
            size,
            status.st_mtime_ns,
            status.st_ctime_ns,
        )
        content = _read(file, size) if size <= _AT_ONCE else None
        tag = self._tags.get(key)
        if tag is None:
            if content is not None:
                tag = _tag(hashlib.sha256(content).digest())
            else:
                loop = asyncio.get_running_loop()
                tag = _tag(await loop.run_in_executor(None, _hash, file))
            self._tags[key] = tag
            if len(self._tags) > _KNOWN_FILES:
                self._tags.popitem(last=False)
        modified_s = int(status.st_mtime) if self._dates == "file" else self._dates
        coding = "" if variant is None else variant.coding
        return _Found(file, kind, coding, varies, size, content, Validators(f'"{tag}"', modified_s))

    def _respond(self, request: ServerRequest, found: _Found) -> ServerResponse:
        kind = found.kind
        headers = Headers()
        if found.varies or (self._compress and is_compressible(kind)):
            headers.add("Vary", "Accept-Encoding")
        coded = self._code(request, found, kind)
        validators = found.validators if coded is None else _of_the_coded(found.validators)
        headers.add("ETag", validators.etag)
        if validators.modified_s is not None:
            headers.add("Last-Modified", format_date(min(validators.modified_s, now_s())))
        verdict = evaluate(request.method, request.headers, validators)
        if verdict is Verdict.NOT_MODIFIED:
            return ServerResponse(304, headers)
        if verdict is Verdict.FAILED:
            raise Refusal(412, "The file is not the one that was meant.", dict(headers))
        headers.add("Content-Type", f"{kind}; charset={self._charset}" if self._charset and is_text(kind) else kind)
        if coded is not None:
            headers.add("Content-Encoding", "gzip")
            return ServerResponse(200, headers, coded)
        if found.coding:
            headers.add("Content-Encoding", found.coding)
        headers.add("Accept-Ranges", "bytes")
        if request.method == "GET" and "Range" in request.headers:
            part = _partial(request, found, headers)
            if part is not None:
                return part
        return ServerResponse(200, headers, _body(found, [(0, found.size)]))

    def _code(self, request: ServerRequest, found: _Found, kind: str) -> bytes | None:
        """The content as gzip, if that is wanted and worth while. Ranges are of the content as it is."""
        if not self._compress or found.coding or not is_compressible(kind):
            return None
        if found.size not in _WORTH_CODING or "Range" in request.headers or not accept.takes(request.headers, "gzip"):
            return None
        key = found.validators.etag
        coded = self._coded.get(key)
        if coded is None:
            content = found.content if found.content is not None else _read(found.file, found.size)
            coded = codings.gzip(content)
            self._coded.put(key, coded)
        return coded if len(coded) < found.size else None


@dataclass(slots=True)
class _Found:
    """A file that was opened and looked into."""

    file: BinaryIO
    kind: str
    coding: str
    """If it is a coded form of what was asked for."""
    varies: bool
    """Whether there are coded forms."""
    size: int
    content: bytes | None
    """If it is small."""
    validators: Validators


class _Shelf:
    """Coded contents, the least recently used thrown away first."""

    def __init__(self, octets: int) -> None:
        self._room = octets
        self._kept: OrderedDict[str, bytes] = OrderedDict()

    def get(self, key: str) -> bytes | None:
        content = self._kept.get(key)
        if content is not None:
            self._kept.move_to_end(key)
        return content

    def put(self, key: str, content: bytes) -> None:
        self._kept[key] = content
        self._room -= len(content)
        while self._room < 0:
            self._room += len(self._kept.popitem(last=False)[1])


def _partial(request: ServerRequest, found: _Found, headers: Headers) -> ServerResponse | None:
    """206 or 416; None if the whole is to be sent."""
    if not range_applies(request.headers, found.validators, now_s()):
        return None
    spans = ranges.parse(request.headers.get("Range"), found.size)
    if spans is None:
        return None
    if not spans:
        raise Refusal(416, f"The file has {found.size} octets.", {"Content-Range": f"bytes */{found.size}"})
    if len(spans) == 1:
        headers.add("Content-Range", spans[0].content_range(found.size))
        return ServerResponse(206, headers, _body(found, [(spans[0].first, spans[0].length)]))
    mark = ranges.boundary(found.validators.etag, spans)
    parts = ranges.multipart(spans, found.size, headers.get("Content-Type"), mark)
    headers.set("Content-Type", f"multipart/byteranges; boundary={mark}")
    return ServerResponse(206, headers, _body(found, parts))


def _body(found: _Found, parts: list[bytes | tuple[int, int]]) -> bytes | FileBody:
    content = found.content
    if content is None:
        return FileBody(found.file, parts)
    return b"".join(part if isinstance(part, bytes) else content[part[0] : part[0] + part[1]] for part in parts)


def _key(request: ServerRequest, fields: Mapping[str, list[str]]) -> object:
    """What an answer depends on."""
    codings = fields.get("accept-encoding")
    return request.root_path, request.target, ", ".join(codings) if codings else ""


def _open(path: Path) -> BinaryIO:
    return path.open("rb", buffering=0)  # a FileIO: reads are large enough


def _read(file: BinaryIO, size: int) -> bytes:
    file.seek(0)
    pieces = []
    while size and (piece := file.read(size)):
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)


def _hash(file: BinaryIO) -> bytes:
    file.seek(0)
    return hashlib.file_digest(file, "sha256").digest()  # type: ignore[arg-type]


def _tag(digest: bytes) -> str:
    return digest.hex()[:32]


def _of_the_coded(validators: Validators) -> Validators:
    """Other octets, another tag (RFC 9110 section 8.8.3.3)."""
    return Validators(f'{validators.etag[:-1]}-gzip"', validators.modified_s)
