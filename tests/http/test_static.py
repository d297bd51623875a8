"""A folder as a site."""

from __future__ import annotations

import gzip
import os
from pathlib import Path
from typing import Any

import pytest
from tests.http.wires import run, served
from webtalk import talk

from michinori.http import Client, Request, Response, StaticSite
from michinori.http.dates import format_date

THEN = 1_700_000_000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sub dir").mkdir()
    (tmp_path / "empty").mkdir()
    (tmp_path / "index.html").write_text("<h1>home")
    (tmp_path / "sub dir" / "index.html").write_text("<h1>sub")
    (tmp_path / "道.txt").write_text("michi")
    (tmp_path / "style.css").write_text("body { color: black }\n" * 100)
    (tmp_path / "tiny.css").write_text("a{}")
    (tmp_path / "photo.jpeg").write_bytes(b"\xff\xd8\xff" + bytes(1000))
    (tmp_path / "large.bin").write_bytes(bytes(range(256)) * 1024)
    (tmp_path / "nothing").write_bytes(b"")
    for path in tmp_path.rglob("*"):
        os.utime(path, (THEN, THEN))
    return tmp_path


def ask(
    folder: Path, path: str, headers: dict[str, str] | None = None, *, method: str = "GET", **options: Any
) -> Response:
    async def main() -> Response:
        async with served(StaticSite(folder, **options)) as (_, url), Client() as client:
            fields = {"Accept-Encoding": "identity", **(headers or {})}
            return await client.fetch(Request(method, url + path, fields), follow=False)

    return run(main())


def test_a_file_as_it_is(folder: Path) -> None:
    response = ask(folder, "/style.css", dates="file")
    assert (response.status, response.body) == (200, (folder / "style.css").read_bytes())
    assert response.headers.get("Content-Type") == "text/css"
    assert response.headers.get("Last-Modified") == format_date(THEN)
    assert response.headers.get("Accept-Ranges") == "bytes"
    assert response.headers.get("ETag").strip('"').isalnum()


@pytest.mark.parametrize(
    ("path", "status", "kind"),
    [
        ("/", 200, "text/html"),
        ("/?query", 200, "text/html"),
        ("/sub%20dir/", 200, "text/html"),
        ("/%E9%81%93.txt", 200, "text/plain"),
        ("/photo.jpeg", 200, "image/jpeg"),
        ("/large.bin", 200, "application/octet-stream"),
        ("/nothing", 200, "application/octet-stream"),
        ("/empty/", 404, "text/html; charset=utf-8"),
        ("/absent", 404, "text/html; charset=utf-8"),
        ("/style.css/", 404, "text/html; charset=utf-8"),
    ],
)
def test_paths_and_types(folder: Path, path: str, status: int, kind: str) -> None:
    response = ask(folder, path)
    assert (response.status, response.headers.get("Content-Type")) == (status, kind)
    head = ask(folder, path, method="HEAD")
    assert (head.status, head.body) == (status, b"")
    assert head.headers.get("Content-Length") == response.headers.get("Content-Length") == str(len(response.body))


def test_a_folder_without_its_slash(folder: Path) -> None:
    response = ask(folder, "/sub%20dir?a=b")
    assert (response.status, response.headers.get("Location")) == (301, "/sub%20dir/?a=b")
    assert ask(folder, "//sub%20dir").headers.get("Location") == "/sub%20dir/"  # never to another host


def test_charset_only_when_told(folder: Path) -> None:
    assert ask(folder, "/", charset="utf-8").headers.get("Content-Type") == "text/html; charset=utf-8"
    assert ask(folder, "/photo.jpeg", charset="utf-8").headers.get("Content-Type") == "image/jpeg"


def test_dates_are_a_choice(folder: Path) -> None:
    assert "Last-Modified" not in ask(folder, "/").headers
    assert ask(folder, "/", dates=784111777).headers.get("Last-Modified") == "Sun, 06 Nov 1994 08:49:37 GMT"
    # Not later than the answer itself (RFC 9110 section 8.8.2.1).
    response = ask(folder, "/", dates=253402300799)
    assert response.headers.get("Last-Modified") == response.headers.get("Date")


def test_tags_follow_the_content_alone(folder: Path) -> None:
    tag = ask(folder, "/style.css").headers.get("ETag")
    (folder / "copy.css").write_bytes((folder / "style.css").read_bytes())
    assert ask(folder, "/copy.css").headers.get("ETag") == tag
    large = ask(folder, "/large.bin").headers.get("ETag")

    async def main() -> None:
        async with served(StaticSite(folder)) as (_, url), Client() as client:
            for name, before in (("style.css", tag), ("large.bin", large)):
                request = Request.get(f"{url}/{name}", {"If-None-Match": before})
                assert (await client.fetch(request)).status == 304
                (folder / name).write_bytes((folder / name).read_bytes()[::-1])
                assert (await client.fetch(request)).status == 200

    run(main())


@pytest.mark.parametrize("name", ["/style.css", "/large.bin"])
def test_not_modified(folder: Path, name: str) -> None:
    whole = ask(folder, name, dates="file")
    response = ask(folder, name, {"If-None-Match": whole.headers.get("ETag")}, dates="file")
    assert (response.status, response.body) == (304, b"")
    for field in ("ETag", "Last-Modified", "Date"):
        assert response.headers.get(field)
    assert "Content-Type" not in response.headers
    assert ask(folder, name, {"If-Modified-Since": format_date(THEN)}, dates="file").status == 304
    assert ask(folder, name, {"If-Match": '"other"'}).status == 412


@pytest.mark.parametrize("name", ["/style.css", "/large.bin"])
def test_ranges(folder: Path, name: str) -> None:
    content = (folder / name[1:]).read_bytes()
    size = len(content)
    response = ask(folder, name, {"Range": "bytes=10-19"})
    assert (response.status, response.body) == (206, content[10:20])
    assert response.headers.get("Content-Range") == f"bytes 10-19/{size}"
    assert ask(folder, name, {"Range": "bytes=-5"}).body == content[-5:]
    assert ask(folder, name, {"Range": f"bytes={size - 3}-"}).body == content[-3:]
    beyond = ask(folder, name, {"Range": f"bytes={size}-"})
    assert (beyond.status, beyond.headers.get("Content-Range")) == (416, f"bytes */{size}")
    assert ask(folder, name, {"Range": "lines=1-2"}).status == 200
    assert ask(folder, name, {"Range": "bytes=0-1", "If-Range": '"other"'}).status == 200
    assert ask(folder, name, {"Range": "bytes=0-1", "If-Range": response.headers.get("ETag")}).status == 206
    head = ask(folder, name, {"Range": "bytes=0-1"}, method="HEAD")
    assert (head.status, head.headers.get("Content-Length")) == (200, str(size))


@pytest.mark.parametrize("name", ["/style.css", "/large.bin"])
def test_several_ranges(folder: Path, name: str) -> None:
    content = (folder / name[1:]).read_bytes()
    response = ask(folder, name, {"Range": "bytes=0-4,100-109,-1"})
    kind, _, mark = response.headers.get("Content-Type").partition("; boundary=")
    assert (response.status, kind) == (206, "multipart/byteranges")
    assert "Content-Range" not in response.headers
    parts = response.body.split(f"--{mark}".encode())
    assert parts[0] == b""
    assert parts[-1] == b"--\r\n"
    bodies = [part.partition(b"\r\n\r\n")[2].removesuffix(b"\r\n") for part in parts[1:-1]]
    assert bodies == [content[0:5], content[100:110], content[-1:]]
    assert response.headers.get("Content-Length") == str(len(response.body))


def test_text_is_coded_for_who_takes_it(folder: Path) -> None:
    plain = ask(folder, "/style.css", compress=True)
    coded = ask(folder, "/style.css", {"Accept-Encoding": "br, gzip"}, compress=True)
    assert "Content-Encoding" not in plain.headers
    assert coded.headers.get("Content-Encoding") == "gzip"
    assert coded.body == plain.body
    assert coded.coded_octets < len(plain.body) / 5
    assert plain.headers.get("Vary") == coded.headers.get("Vary") == "Accept-Encoding"
    assert plain.headers.get("ETag") != coded.headers.get("ETag")
    again = {"Accept-Encoding": "gzip", "If-None-Match": coded.headers.get("ETag")}
    assert ask(folder, "/style.css", again, compress=True).status == 304
    for path in ("/photo.jpeg", "/tiny.css"):
        assert "Content-Encoding" not in ask(folder, path, {"Accept-Encoding": "gzip"}, compress=True).headers
    part = ask(folder, "/style.css", {"Accept-Encoding": "gzip", "Range": "bytes=0-3"}, compress=True)
    assert (part.status, part.body) == (206, b"body")
    assert gzip.decompress(gzip.compress(plain.body)) == plain.body


def test_methods(folder: Path) -> None:
    for method in ("POST", "PUT", "DELETE", "PATCH", "PROPFIND", "TRACE"):
        response = ask(folder, "/", method=method)
        assert (response.status, response.headers.get("Allow")) == (405, "GET, HEAD, OPTIONS")
    assert ask(folder, "/", method="BREW").status == 501
    options = ask(folder, "/", method="OPTIONS")
    assert (options.status, options.headers.get("Allow")) == (204, "GET, HEAD, OPTIONS")
    assert ask(folder, "/absent", method="OPTIONS").status == 404


def test_options_for_the_server(folder: Path) -> None:
    async def main() -> bytes:
        async with served(StaticSite(folder)) as (server, _):
            return await talk(server.port, b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n")

    assert run(main()).startswith(b"HTTP/1.1 204 No Content\r\n")


@pytest.mark.parametrize(
    "target",
    [b"/../secret", b"/sub%20dir/../../secret", b"/%2e%2e/secret", b"/..%2fsecret", b"/..%5csecret", b"/.git/config",
     b"/link", b"/index.html%00", b"/%c0%ae%c0%ae/secret", b"//../secret"],
)  # fmt: skip
def test_nothing_outside_is_served(folder: Path, tmp_path_factory: pytest.TempPathFactory, target: bytes) -> None:
    outside = tmp_path_factory.mktemp("outside") / "secret"
    outside.write_text("secret")
    (folder.parent / "secret").write_text("secret")
    (folder / "link").symlink_to(outside)
    (folder / ".git").mkdir()
    (folder / ".git" / "config").write_text("secret")

    async def main() -> bytes:
        async with served(StaticSite(folder)) as (server, _):
            return await talk(server.port, b"GET " + target + b" HTTP/1.1\r\nHost: a\r\n\r\n")

    answer = run(main())
    assert answer[9:12] in (b"400", b"404")
    assert b"\r\n\r\nsecret" not in answer


def test_a_file_that_may_not_be_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> None:
        raise PermissionError

    monkeypatch.setattr("michinori.http.static._open", refuse)
    assert ask(folder, "/index.html").status == 403


def test_what_is_no_folder(folder: Path) -> None:
    with pytest.raises(NotADirectoryError):
        StaticSite(folder / "index.html")
    with pytest.raises(FileNotFoundError):
        StaticSite(folder / "absent")
