"""``michinori serve`` from start to end: targets, log, trace, signals, workers, and what it says when it cannot."""

from __future__ import annotations

import gc
import json
import os
import re
import signal
import socket
import sys
import time
from pathlib import Path

import peers
import pytest
from har12 import hold_against_har_12
from serving import children, is_running, refused, serving, until

from michinori.server import running
from michinori.server.settings import ServeError

APPLICATION = """
import os
async def app(scope, receive, send):
    if scope["type"] == "http":
        body = f"{scope['root_path']} {scope['path']} {os.getpid()}".encode()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": body})
"""

SLOW = """
import asyncio
async def app(scope, receive, send):
    assert scope["type"] == "http"
    print("taken", flush=True)
    await asyncio.sleep(100)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    site = tmp_path / "site"
    (site / "sub").mkdir(parents=True)
    (site / "index.html").write_text("<h1>home</h1>")
    (site / "sub" / "<b>.txt").write_text("text")
    (site / "sub" / ".hidden").write_text("secret")
    (tmp_path / "shop.py").write_text(APPLICATION)
    return tmp_path


def test_files_applications_log_and_trace(folder: Path) -> None:
    with serving("/=site", "/api=shop:app", "--log", "access.log", "--trace", "seen", folder=folder) as served:
        assert peers.curl(f"{served.url}/").stdout == b"<h1>home</h1>"
        assert peers.curl(f"{served.url}/api/x?y").stdout.startswith(b"/api /api/x ")
        assert peers.curl("-A", 'a"é', f"{served.url}/none").stdout.startswith(b"<!doctype html>")
        assert peers.curl("-w", "%{http_code}", "-o", "/dev/null", f"{served.url}/sub/").stdout == b"404"
        for more in ((), ("-H", "Transfer-Encoding: chunked")):
            peers.curl(*more, "-d", "a=1", f"{served.url}/api/form")
        assert served.end(signal.SIGTERM) == 0
        assert "Kept what was served in seen" in served.said
    lines = (folder / "access.log").read_text().splitlines()
    dated = r"127\.0\.0\.1 - - \[\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d \+0000\] "
    assert re.fullmatch(dated + r'"GET / HTTP/1\.1" 200 13 "-" "curl/[\d.]+"', lines[0])
    assert re.fullmatch(dated + r'"GET /none HTTP/1\.1" 404 \d+ "-" "a\\x22\S+"', lines[2])
    assert len(lines) == 6
    har = json.loads((folder / "seen" / "server.har").read_text())
    hold_against_har_12(har)
    assert [entry["response"]["status"] for entry in har["log"]["entries"]] == [200, 200, 404, 404, 200, 200]
    assert [entry["request"]["bodySize"] for entry in har["log"]["entries"]] == [0, 0, 0, 0, 3, -1]
    assert {file.stat().st_mode & 0o077 for file in (folder / "seen").glob("[!.]*")} == {0}  # of clients
    events = [json.loads(line) for line in (folder / "seen" / "trace.jsonl").read_text().splitlines()]
    assert [event["what"] for event in events].count("response-sent") == 6


@pytest.mark.row("A11")
def test_workers_share_the_port_and_none_is_left_behind(folder: Path) -> None:
    with serving("shop:app", "--workers", "2", folder=folder) as served:
        workers = children(served.process.pid)
        assert len(workers) == 2
        answered = {peers.curl(served.url).stdout.split()[-1] for _ in range(40)}
        assert answered <= {str(worker).encode() for worker in workers}
        served.process.send_signal(signal.SIGHUP)  # one after the other is replaced
        ends = time.monotonic() + 20
        while "Read the settings anew" not in served.said:
            assert time.monotonic() < ends
            assert peers.curl(served.url).stdout.startswith(b" / ")
        assert served.end(signal.SIGINT) == 0
        assert not any(map(is_running, workers))


def test_workers_end_with_the_one_that_started_them(folder: Path) -> None:
    with serving("site", "--workers", "2", folder=folder) as served:
        workers = children(served.process.pid)
        served.process.kill()
        served.process.wait()
        until(lambda: not any(map(is_running, workers)))


def test_a_worker_that_dies_is_replaced(folder: Path) -> None:
    with serving("site", "--workers", "2", folder=folder) as served:
        first = children(served.process.pid)[0]
        os.kill(first, signal.SIGKILL)
        until(lambda: len([worker for worker in children(served.process.pid) if worker != first]) == 2)
        assert "starting another" in served.said


def test_who_waits_at_a_worker_that_dies_is_served_by_the_next(folder: Path) -> None:
    with serving("site", "--workers", "2", folder=folder) as served:
        workers = children(served.process.pid)
        for worker in workers:
            os.kill(worker, signal.SIGSTOP)  # nobody is let in
        clients = [socket.create_connection(("127.0.0.1", served.port), timeout=20) for _ in range(8)]
        for client in clients:
            client.sendall(b"GET / HTTP/1.0\r\nHost: a\r\n\r\n")
        for worker in workers:
            os.kill(worker, signal.SIGKILL)
        for client in clients:
            with client, client.makefile("rb") as answer:
                assert answer.read().endswith(b"<h1>home</h1>")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full")
def test_workers_that_cannot_write_their_log_are_told_of_once(folder: Path) -> None:
    (folder / "access.log").symlink_to("/dev/full")
    with serving("site", "--workers", "2", "--log", "access.log", folder=folder) as served:
        for _ in range(12):
            assert peers.curl(served.url).stdout == b"<h1>home</h1>"
        assert served.end(signal.SIGTERM) == 0
        assert served.said.count("The access log cannot be written (No space left on device): lines are lost") == 1


def test_a_hangup_opens_the_log_again(folder: Path) -> None:
    with serving("site", "--log", "access.log", folder=folder) as served:
        peers.curl(served.url)
        until(lambda: (folder / "access.log").stat().st_size > 0)
        (folder / "access.log").rename(folder / "old.log")
        served.process.send_signal(signal.SIGHUP)
        until(lambda: "Read the settings anew" in served.said)
        peers.curl(served.url)
        assert served.end(signal.SIGTERM) == 0
    assert len((folder / "old.log").read_text().splitlines()) == 1
    assert len((folder / "access.log").read_text().splitlines()) == 1


def test_ctrl_c_twice_ends_it_at_once(folder: Path) -> None:
    (folder / "slow.py").write_text(SLOW)
    with serving("slow:app", folder=folder) as served, socket.create_connection(("127.0.0.1", served.port)) as sock:
        sock.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        until(lambda: "taken" in served.said)
        served.process.send_signal(signal.SIGINT)
        time.sleep(0.5)
        assert served.process.poll() is None  # it waits for the answer
        assert served.end(signal.SIGINT) == 130


def test_folders_are_listed_when_asked_for(folder: Path) -> None:
    with serving("site", "--listing", folder=folder) as served:
        page = peers.curl("-H", "Accept-Language: ja", f"{served.url}/sub/").stdout.decode()
        assert '<html lang="ja">' in page
        assert '<a href="./%3Cb%3E.txt">&lt;b&gt;.txt</a>' in page
        assert "hidden" not in page
        assert peers.curl(f"{served.url}/sub/%3Cb%3E.txt").stdout == b"text"


def test_what_cannot_be_served_is_said_in_one_sentence(folder: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        status, said = refused("site", "--port", str(port), folder=folder)
        assert (status, "is taken by" in said, "--port" in said) == (1, True, True)
        trace = folder / "seen" / "trace.jsonl"
        with serving("site", "--trace", "seen", folder=folder) as served:
            peers.curl(f"{served.url}/")
            served.end(signal.SIGTERM)
        before = trace.read_bytes()
        for wrong in (
            ("site", "--port", str(port)),
            ("nowhere",),
            ("shop:nothing",),
            ("site", "--access", "none.toml"),
        ):
            refused(*wrong, "--trace", "seen", folder=folder)
            assert trace.read_bytes() == before  # what could not begin has not taken the place of what was kept
        with serving("site", "--trace", "seen", folder=folder) as served:
            served.end(signal.SIGTERM)
        assert trace.read_bytes() != before
        status, said = refused("site", "--port", str(port), "--workers", "2", folder=folder)
        assert (status, "is taken by" in said) == (1, True)
    for arguments, word in (
        (("nowhere",), "there is no folder nowhere"),
        (("nowhere:app",), "there is no module nowhere"),
        (("shop:nothing",), "has no nothing"),
        (("site", "--limit", "x=1"), "names are"),
        (("/a=site", "/a=site"), "two targets stand at /a"),
        (("site", "--tls-cert", "x"), "belong together"),
        (("site", "--cgi", "none"), "no folder none"),
        (("site", "/cgi-bin=site", "--cgi", "site"), "and so does site:"),
        (("a=site",), "write /a=site"),
        (("=site",), "there is no folder =site: give a folder"),
        (("/a=",), "the target '/a=' names nothing: write a folder"),
        (("",), "the target '' names nothing"),
        (("/a b=site",), "'/a b' is no place for a handler"),
        (("site", "--limit", "connections=0"), "lets nothing through"),
        (("site", "--limit", "head-time=0"), "lets nothing through"),
        (("site", "--grace", "nan"), "no number of seconds"),
    ):
        status, said = refused(*arguments, "--port", "0", folder=folder)
        assert (status, said.count("\n"), word in said) == (2, 1, True), said


def test_a_loop_that_is_not_installed_is_said_and_leaves_nothing_unawaited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvloop", None)

    async def never() -> None: ...

    with pytest.raises(ServeError, match="--loop uvloop needs uvloop: pip install"):
        running.run(never(), "uvloop")
    gc.collect()  # a coroutine that nobody awaited would warn here, and warnings are errors
