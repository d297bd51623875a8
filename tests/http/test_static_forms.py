"""Files again and again, coded forms beside them, and lists of what is in a folder."""

from __future__ import annotations

import asyncio
import gzip
import os
import random
from pathlib import Path

import pytest
from tests.http.wires import run, served
from webtalk import talk

from michinori.http import Client, Request, Response, StaticSite
from michinori.http.kept import KeptAnswers, Witness
from michinori.server.running import loop_factory
from michinori.trace import NS_PER_S, SCOPE, Scope

TEXT = b"<p>text</p>" * 100


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    site = tmp_path / "site"
    (site / "sub" / "deep").mkdir(parents=True)
    (site / "page.html").write_bytes(TEXT)
    (site / "sub" / "a&b.txt").write_bytes(b"x")
    (site / "sub" / ".hidden").write_bytes(b"x")
    (tmp_path / "outside").write_bytes(b"x")
    (site / "sub" / "out").symlink_to(tmp_path / "outside")
    _age(site)
    return site


def _age(folder: Path) -> None:
    """So long ago that nothing is about to change within the same tick."""
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            os.utime(path, (1_700_000_000, 1_700_000_000))


def asks(site: StaticSite, *requests: Request) -> list[Response]:
    async def main() -> list[Response]:
        async with served(site) as (_, url), Client() as client:
            found = []
            for request in requests:
                request.url = url + request.url
                found.append(await client.fetch(request, decode=False, follow=False))
            return found

    return run(main())


def get(path: str, **headers: str) -> Request:
    return Request("GET", path, {name.replace("_", "-"): value for name, value in headers.items()})


def test_the_second_time_costs_a_look(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("michinori.http.kept._SETTLED_NS", 0)
    site = StaticSite(folder)
    plain = get("/page.html", Accept_Encoding="identity")
    first, second, third = asks(site, get("/page.html"), get("/page.html"), plain)
    assert first.body == second.body == third.body == TEXT
    opened: list[Path] = []
    monkeypatch.setattr("michinori.http.static._open", opened.append)
    (third, tagged, part, head, query) = asks(
        site,
        get("/page.html"),
        get("/page.html", If_None_Match=first.headers.get("ETag")),
        get("/page.html", Range="bytes=0-3", Accept_Encoding="identity"),
        Request("HEAD", "/page.html"),
        get("/none.html?x"),
    )
    assert (third.body, tagged.status, part.status, part.body) == (TEXT, 304, 206, TEXT[:4])
    assert (head.body, head.headers.get("Content-Length"), query.status) == (b"", str(len(TEXT)), 404)
    assert not opened


class Hurrying:
    """A clock on which half a second passes whenever somebody looks."""

    def __init__(self) -> None:
        self._looks = 0

    def now_ns(self) -> int:
        return 0

    def date_ns(self) -> int:
        self._looks += 1
        return self._looks * NS_PER_S // 2


def test_a_kept_answer_goes_out_as_each_request_wants_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fields = b" /page.html HTTP/1.1\r\nHost: a\r\n"
    asked = b"".join(method + fields + b"\r\n" for method in (b"GET", b"GET", b"GET", b"HEAD", b"GET", b"GET"))

    async def main() -> bytes:
        SCOPE.set(Scope(None, "server", Hurrying(), random.Random(0)))
        async with served(StaticSite(folder)) as (server, _):
            return await talk(server.port, asked + b"GET" + fields + b"Connection: close\r\n\r\n", end=False)

    answers = [answer.partition(b"\r\n\r\n") for answer in run(main()).split(b"HTTP/1.1 ")[1:]]
    assert [body for _, _, body in answers] == [TEXT, TEXT, TEXT, b"", TEXT, TEXT, TEXT]
    heads = [head.split(b"\r\n") for head, _, _ in answers]
    assert [b"Connection: close" in head for head in heads] == [False] * 6 + [True]
    dates = [line for head in heads for line in head if line.startswith(b"Date: ")]
    assert len(dates) == 7
    assert dates == sorted(dates)
    assert dates[0] < dates[2] < dates[4] < dates[6]
    assert len({tuple(line for line in head if not line.startswith((b"Date", b"Connection"))) for head in heads}) == 1


def test_a_change_is_seen_at_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("michinori.http.kept._SETTLED_NS", 0)
    site = StaticSite(folder)
    asks(site, get("/page.html"), get("/page.html"))
    (folder / "page.html").write_bytes(TEXT[:-1] + b"!")
    (changed,) = asks(site, get("/page.html"))
    assert changed.body.endswith(b"!")
    (folder / "page.html").unlink()
    assert asks(site, get("/page.html"))[0].status == 404


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_who_asks_behind_a_change_sees_it_however_soon(
    folder: Path, monkeypatch: pytest.MonkeyPatch, loop: str
) -> None:
    monkeypatch.setattr("michinori.http.kept._SETTLED_NS", -1)
    site, page = StaticSite(folder), folder / "page.html"

    async def main() -> None:
        async with served(site) as (_, url), Client() as client:
            for size in range(100):
                page.write_bytes(b"x" * size)
                for _ in range(3):
                    found = await client.fetch(Request("GET", f"{url}/page.html"))
                    assert len(found.body) == size

    with asyncio.Runner(loop_factory=loop_factory(loop)) as runner:
        runner.run(main())


def test_those_who_ask_in_one_turn_share_a_look(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("michinori.http.kept._SETTLED_NS", -1)
    looks: list[Path] = []

    def holds(self: Witness) -> bool:
        looks.append(Path(self.path))
        return True

    async def main() -> None:
        now_s = 0.0
        monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: now_s)
        kept: KeptAnswers[int] = KeptAnswers(entries=2, octets=1000)
        for name in ("one", "two"):
            kept.put(name, len(name), (Witness.of(folder / "page.html"),), 1)
        assert [kept.get("one"), kept.get("one"), kept.get("two"), kept.get("one"), len(looks)] == [3, 3, 3, 3, 2]
        await asyncio.sleep(0)
        assert [kept.get("one"), kept.get("one"), len(looks)] == [3, 3, 3]
        now_s = 0.001  # a long turn
        assert [kept.get("one"), kept.get("one"), len(looks)] == [3, 3, 4]
        kept.put("one", 1, (Witness.of(folder / "page.html"),), 1)
        assert [kept.get("one"), len(looks)] == [1, 5]

    monkeypatch.setattr(Witness, "holds", holds)
    run(main())


def test_a_link_that_turns_is_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("michinori.http.kept._SETTLED_NS", 0)
    for release in ("one", "two"):
        (tmp_path / release).mkdir()
        (tmp_path / release / "index.html").write_text(release)
    current = tmp_path / "current"
    current.symlink_to("one")
    site = StaticSite(tmp_path)
    assert [answer.body for answer in asks(site, get("/current/"), get("/current/"))] == [b"one", b"one"]
    current.unlink()
    current.symlink_to("two")
    assert asks(site, get("/current/"))[0].body == b"two"


def test_what_has_just_changed_is_not_kept(folder: Path) -> None:
    """Another change within the same tick of the file system's clock would leave no mark."""
    site = StaticSite(folder)
    (folder / "page.html").write_bytes(b"one")
    asks(site, get("/page.html"))
    assert not site._kept._kept


@pytest.mark.parametrize(
    ("taken", "coding"),
    [
        ("gzip, br", "br"),
        ("gzip", "gzip"),
        ("br;q=0.5, gzip", "gzip"),
        ("br;q=0", ""),
        ("identity, br;q=0.5", ""),
        ("*", "br"),
        ("", ""),
    ],
)
def test_coded_forms_beside_a_file(folder: Path, taken: str, coding: str) -> None:
    (folder / "page.html.gz").write_bytes(gzip.compress(TEXT, mtime=0))
    (folder / "page.html.br").write_bytes(b"brotli")
    (answer,) = asks(StaticSite(folder), get("/page.html", Accept_Encoding=taken))
    assert answer.headers.get("Content-Encoding") == coding
    assert answer.headers.get("Content-Type") == "text/html"
    assert answer.headers.get("Vary") == "Accept-Encoding"
    assert answer.body == {"br": b"brotli", "gzip": gzip.compress(TEXT, mtime=0), "": TEXT}[coding]


def test_a_coded_form_that_is_stale_or_leads_out_is_left_alone(folder: Path) -> None:
    (folder / "page.html.gz").write_bytes(b"old")
    os.utime(folder / "page.html.gz", (1_600_000_000, 1_600_000_000))
    (folder / "page.html.br").symlink_to(folder.parent / "outside")
    (answer,) = asks(StaticSite(folder), get("/page.html", Accept_Encoding="gzip, br"))
    assert (answer.body, answer.headers.get("Vary")) == (TEXT, "")


def test_a_coded_form_that_comes_or_goes_is_noticed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("michinori.http.kept._SETTLED_NS", 0)
    site = StaticSite(folder)

    def coding() -> str:
        return asks(site, get("/page.html", Accept_Encoding="gzip"))[0].headers.get("Content-Encoding")

    assert coding() == coding() == ""
    (folder / "page.html.gz").write_bytes(gzip.compress(TEXT))
    assert coding() == coding() == "gzip"
    (folder / "page.html.gz").unlink()
    assert coding() == ""


def test_ranges_are_of_the_content_as_it_is(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("michinori.http.kept._SETTLED_NS", 0)
    (folder / "page.html.gz").write_bytes(gzip.compress(TEXT))
    site = StaticSite(folder)
    whole, part = asks(
        site, get("/page.html", Accept_Encoding="gzip"), get("/page.html", Accept_Encoding="gzip", Range="bytes=0-3")
    )
    assert whole.headers.get("Content-Encoding") == "gzip"
    assert (part.status, part.body, part.headers.get("Content-Encoding")) == (206, TEXT[:4], "")


def test_a_folder_is_listed_only_when_asked_for(folder: Path) -> None:
    assert asks(StaticSite(folder), get("/sub/"))[0].status == 404
    redirect, listed, empty, none = asks(
        StaticSite(folder, listing=True), get("/sub"), get("/sub/"), get("/sub/deep/"), get("/none/")
    )
    assert (redirect.status, redirect.headers.get("Location")) == (301, "/sub/")
    page = listed.body.decode()
    assert '<a href="./a&amp;b.txt">a&amp;b.txt</a>' in page
    assert '<a href="./deep/">deep/</a>' in page
    assert '<a href="../">' in page
    assert "hidden" not in page
    assert "out<" not in page
    assert "default-src 'none'" in listed.headers.get("Content-Security-Policy")
    assert "The folder is empty." in empty.body.decode()
    assert none.status == 404


def test_an_index_comes_before_a_list(folder: Path) -> None:
    (folder / "sub" / "index.html").write_text("index")
    assert asks(StaticSite(folder, listing=True), get("/sub/"))[0].body == b"index"


def test_a_list_in_japanese(folder: Path) -> None:
    (answer,) = asks(StaticSite(folder, listing=True), get("/sub/", Accept_Language="en;q=0.5, ja-JP"))
    assert "<h1>/sub/ の内容</h1>" in answer.body.decode()
