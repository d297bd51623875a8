"""Our client against real Apache and nginx, and our server beside them where RFC 9110 leaves no choice."""

from __future__ import annotations

import asyncio
import gzip
import os
from collections.abc import Iterator
from pathlib import Path

import peers
import pytest
from tests.http.wires import run, served

from michinori.http import Client, Request, Response, StaticSite
from michinori.http.dates import format_date
from michinori.http.urls import parse

pytestmark = pytest.mark.peer

THEN = 1_700_000_000
TEXT = b"the way there, as one walks it\n" * 3000
SIZE = len(TEXT)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    (folder / "sub").mkdir()
    (folder / "index.html").write_text("<!doctype html><title>x</title><h1>home")
    (folder / "sub" / "index.html").write_text("<!doctype html><title>x</title><h1>sub")
    (folder / "text.txt").write_bytes(TEXT)
    (folder / "道 のり.txt").write_bytes(b"michi")
    (folder / "large.bin").write_bytes(os.urandom(5 << 20))
    for path in folder.rglob("*"):
        os.utime(path, (THEN, THEN))
    return folder


@pytest.fixture(scope="module", params=["apache", "nginx"])
def server(request: pytest.FixtureRequest, folder: Path) -> Iterator[str]:
    if request.param == "apache":
        with peers.apache(folder, more="AddOutputFilterByType DEFLATE text/plain\nRedirect 302 /moved /sub/") as url:
            yield url
    else:
        more = "gzip on; gzip_types text/plain; gzip_min_length 100; location /moved { return 302 /sub/; }"
        with peers.nginx(folder, more=more) as url:
            yield url


@pytest.fixture(scope="module")
def plain_nginx(folder: Path) -> Iterator[str]:
    with peers.nginx(folder) as url:
        yield url


@pytest.fixture(scope="module")
def plain_apache(folder: Path) -> Iterator[str]:
    with peers.apache(folder) as url:
        yield url


@pytest.mark.row("B4")
def test_files_over_one_connection(server: str, folder: Path) -> None:
    async def main() -> None:
        async with Client() as client:
            connections = set()
            for path in ("/", "/large.bin", "/%E9%81%93%20%E3%81%AE%E3%82%8A.txt", "/sub/", "/absent"):
                response = await client.fetch(Request.get(server + path))
                connections.add(response.connection)
                if path == "/large.bin":
                    assert response.body == (folder / "large.bin").read_bytes()
                assert response.status == (404 if path == "/absent" else 200)
            head = await client.fetch(Request("HEAD", server + "/large.bin"))
            assert (head.body, head.headers.get("Content-Length")) == (b"", str(5 << 20))
            connections.add(head.connection)
            assert len(connections) == 1

    run(main())


@pytest.mark.row("B24")
def test_content_coded_and_chunked(server: str) -> None:
    async def main() -> None:
        async with Client() as client:
            response = await client.fetch(Request.get(server + "/text.txt"))
            assert response.headers.get("Content-Encoding") == "gzip"
            # Apache, which has the whole at hand, may tell the length instead.
            assert response.headers.get("Transfer-Encoding") == "chunked" or "Content-Length" in response.headers
            assert response.body == TEXT
            assert response.coded_octets < SIZE / 10
            raw = await client.fetch(Request.get(server + "/text.txt"), decode=False)
            assert gzip.decompress(raw.body) == TEXT
            identity = await client.fetch(Request.get(server + "/text.txt", {"Accept-Encoding": "identity"}))
            assert identity.body == TEXT
            assert client.pool.count(parse(server).origin) == 1

    run(main())


def test_redirects(server: str) -> None:
    async def main() -> None:
        async with Client() as client:
            response = await client.fetch(Request.get(server + "/sub"))
            assert (response.url, [hop.status for hop in response.history]) == (server + "/sub/", [301])
            response = await client.fetch(Request.get(server + "/moved#here"))
            assert response.url.endswith("/sub/#here")
            assert b"<h1>sub" in response.body

    run(main())


def test_parts_and_validation(server: str) -> None:
    async def main() -> None:
        async with Client() as client:
            part = await client.fetch(Request.get(server + "/large.bin", {"Range": "bytes=1000-1999"}))
            assert (part.status, len(part.body)) == (206, 1000)
            assert part.headers.get("Content-Range") == f"bytes 1000-1999/{5 << 20}"
            tag = {"If-None-Match": part.headers.get("ETag")}
            fresh = await client.fetch(Request.get(server + "/large.bin", tag))
            assert (fresh.status, fresh.body) == (304, b"")
            assert client.pool.count(parse(server).origin) == 1

    run(main())


def test_forty_at_a_time_over_six_connections(server: str, folder: Path) -> None:
    async def main() -> None:
        async with Client() as client:
            requests = [Request.get(f"{server}/large.bin?{number}") for number in range(40)]
            responses = await asyncio.gather(*(client.fetch(request) for request in requests))
            content = (folder / "large.bin").read_bytes()
            assert all(response.body == content for response in responses)
            assert len({response.connection for response in responses}) == 6

    run(main())


@pytest.mark.parametrize("octets", [10, 5_000_000])
def test_a_form_that_nobody_takes(server: str, octets: int) -> None:
    async def main() -> None:
        async with Client() as client:
            response = await client.fetch(Request("POST", server + "/text.txt", body=bytes(octets)))
            assert response.status in (200, 405, 413)  # Apache's handler of files takes POST for GET

    run(main())


SAME, BEFORE, AFTER = format_date(THEN), format_date(THEN - 1000), format_date(THEN + 1000)

DETERMINED: dict[str, dict[str, str]] = {
    "nothing": {},
    "its own tag": {"If-None-Match": "{etag}"},
    "its own tag, weak": {"If-None-Match": "W/{etag}"},
    "its own tag among others": {"If-None-Match": '"x", {etag} , "y"'},
    "another tag": {"If-None-Match": '"x"'},
    "any tag": {"If-None-Match": "*"},
    "another tag and a date": {"If-None-Match": '"x"', "If-Modified-Since": SAME},
    "its own tag and an old date": {"If-None-Match": "{etag}", "If-Modified-Since": BEFORE},
    "its own date": {"If-Modified-Since": SAME},
    "an older date": {"If-Modified-Since": BEFORE},
    "no date": {"If-Modified-Since": "yesterday"},
    "must match": {"If-Match": "{etag}"},
    "must match anything": {"If-Match": "*"},
    "must match another": {"If-Match": '"x"'},
    "must match, weak": {"If-Match": "W/{etag}"},
    "unmodified since then": {"If-Unmodified-Since": SAME},
    "unmodified since later": {"If-Unmodified-Since": AFTER},
    "unmodified since before": {"If-Unmodified-Since": BEFORE},
    "must match, though modified": {"If-Match": "{etag}", "If-Unmodified-Since": BEFORE},
    "the first octets": {"Range": "bytes=0-99"},
    "one octet": {"Range": "bytes=0-0"},
    "from the middle": {"Range": "bytes=5000-"},
    "the last octets": {"Range": "bytes=-100"},
    "more than there is": {"Range": f"bytes=-{SIZE + 10}"},
    "beyond the end": {"Range": f"bytes=100-{SIZE + 10}"},
    "behind the end": {"Range": f"bytes={SIZE}-"},
    "another unit": {"Range": "lines=0-9"},
    "with its own tag": {"Range": "bytes=0-99", "If-Range": "{etag}"},
    "with another tag": {"Range": "bytes=0-99", "If-Range": '"x"'},
    "with its own date": {"Range": "bytes=0-99", "If-Range": SAME},
    "with an older date": {"Range": "bytes=0-99", "If-Range": BEFORE},
    "a part, but not modified": {"Range": "bytes=0-99", "If-None-Match": "{etag}"},
    "a part, but it must match another": {"Range": "bytes=0-99", "If-Match": '"x"'},
}


async def _answer(client: Client, url: str, fields: dict[str, str]) -> tuple[object, ...]:
    tag = (await client.fetch(Request("HEAD", url))).headers.get("ETag")
    filled = {name: value.replace("{etag}", tag) for name, value in fields.items()}
    response: Response = await client.fetch(Request.get(url, {"Accept-Encoding": "identity", **filled}))
    if response.status not in (200, 206):
        return response.status, response.headers.get("Content-Range")
    return response.status, response.headers.get("Content-Range"), response.headers.get("Last-Modified"), response.body


# Where they do not do what RFC 9110 says, what it says: the date is to be ignored beside a tag (sections 13.1.3 and
# 13.1.4), and a 416 should tell the length (section 15.5.17).
OTHERWISE: dict[tuple[str, str], tuple[int, str]] = {
    ("nginx", "its own tag and an old date"): (304, ""),
    ("nginx", "must match, though modified"): (200, ""),
    ("apache", "its own tag and an old date"): (304, ""),
    ("apache", "must match, though modified"): (200, ""),
    ("apache", "behind the end"): (416, f"bytes */{SIZE}"),
}


@pytest.mark.parametrize("name", DETERMINED)
@pytest.mark.parametrize("peer", ["nginx", "apache"])
def test_the_same_answers(plain_nginx: str, plain_apache: str, folder: Path, peer: str, name: str) -> None:
    site = plain_nginx if peer == "nginx" else plain_apache

    async def main() -> None:
        async with served(StaticSite(folder, dates="file")) as (_, url), Client() as client:
            ours = await _answer(client, url + "/text.txt", DETERMINED[name])
            theirs = await _answer(client, site + "/text.txt", DETERMINED[name])
        if (peer, name) in OTHERWISE:
            assert ours[:2] == OTHERWISE[peer, name] != theirs[:2]
        else:
            assert ours == theirs

    run(main())


def test_several_parts_as_nginx_sends_them(plain_nginx: str, folder: Path) -> None:
    def parts(response: Response) -> list[tuple[bytes, bytes]]:
        mark = response.headers.get("Content-Type").partition("boundary=")[2].encode()
        found = []
        for part in response.body.split(b"--" + mark)[1:-1]:
            head, _, body = part.partition(b"\r\n\r\n")
            (place,) = [line for line in head.split(b"\r\n") if line.lower().startswith(b"content-range:")]
            found.append((place.lower(), body.removesuffix(b"\r\n")))
        return found

    async def main() -> None:
        fields = {"Range": "bytes=0-9,100-199,-7", "Accept-Encoding": "identity"}
        async with served(StaticSite(folder)) as (_, url), Client() as client:
            ours = await client.fetch(Request.get(url + "/text.txt", fields))
            theirs = await client.fetch(Request.get(plain_nginx + "/text.txt", fields))
        assert ours.status == theirs.status == 206
        assert parts(ours) == parts(theirs)

    run(main())
