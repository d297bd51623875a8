"""Real programs on the other side: Chromium and curl ask, Apache and nginx answer, a capture of the loopback judges."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import peers
import pytest
from catching import Command

pytestmark = pytest.mark.peer

PAGE = (
    "<!DOCTYPE html><meta charset=utf-8><title>It works!</title><link rel=stylesheet href=style.css>"
    "<link rel=icon href=data:,><h1>It works!</h1>"
)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "index.html").write_text(PAGE)
    (folder / "style.css").write_text("h1 { color: green }")
    return folder


@contextmanager
def captured(path: Path, port: int) -> Iterator[None]:
    """What passes that port of the loopback, into a file."""
    tshark = shutil.which("tshark")
    if tshark is None:
        pytest.skip("tshark is not installed")
    process = subprocess.Popen(
        [tshark, "-q", "-i", "lo", "-f", f"tcp port {port}", "-w", str(path)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    assert process.stderr is not None
    try:
        line = b""
        while b"Capturing" not in line:
            line = process.stderr.readline()
            if not line:
                pytest.skip("no rights to capture on the loopback")
        time.sleep(0.5)
        yield
        time.sleep(1.0)
    finally:
        process.terminate()
        process.communicate(timeout=20)


def streams_to(path: Path, port: int) -> list[bytes]:
    """What each connection carried to the port, put together by tshark."""
    numbers = subprocess.run(
        ["tshark", "-r", str(path), "-Y", f"tcp.dstport == {port} && tcp.len > 0", "-T", "fields", "-e", "tcp.stream"],
        capture_output=True, check=True, text=True,
    ).stdout.split()  # fmt: skip
    found = []
    for number in dict.fromkeys(numbers):
        told = subprocess.run(
            ["tshark", "-r", str(path), "-q", "-z", f"follow,tcp,raw,{number}"],
            capture_output=True, check=True, text=True,
        ).stdout  # fmt: skip
        lines = told.split("Node 1:")[1].splitlines()[1:]
        found.append(b"".join(bytes.fromhex(line) for line in lines if line and line[0] not in "\t="))
    return found


@pytest.mark.row("A1")
@pytest.mark.row("A3")
@pytest.mark.row("A12")
@pytest.mark.parametrize("reply", ["none", "hello"])
def test_chromium_opens_the_page_and_the_file_is_what_the_wire_carried(tmp_path: Path, reply: str) -> None:
    port = peers.free_port()
    with captured(tmp_path / "lo.pcapng", port):
        arguments = ("catch", "--port", str(port), "--reply", reply, "--lang", "en")
        with Command(*arguments, cwd=tmp_path) as command:
            command.wait_for("in a browser")
            done = peers.chromium(f"http://localhost:{port}/path?q=1", "--dump-dom")
            assert command.end() == 0
    kept = (tmp_path / "server_recv.txt").read_bytes()
    assert kept.startswith(b"GET /path?q=1 HTTP/1.1\r\nHost: localhost:%d\r\n" % port)
    assert kept.endswith(b"\r\n\r\n")
    carried = streams_to(tmp_path / "lo.pcapng", port)
    assert kept in carried
    assert command.said.rstrip().endswith("=== Stopping the server. ===")
    if reply == "hello":
        shown = done.stdout.decode()
        assert "This is what your browser sent" in shown
        assert "Sec-Fetch-Mode" in shown
        assert "HeadlessChrome" in shown
    else:
        assert b"net::ERR_EMPTY_RESPONSE" in done.stderr


@pytest.mark.row("A1", "A12")
def test_firefox_opens_the_page_and_the_file_is_what_the_wire_carried(tmp_path: Path) -> None:
    """With an answer: without one Firefox waits for a page to picture, for ever."""
    port = peers.free_port()
    arguments = ("catch", "--port", str(port), "--reply", "hello", "--lang", "en")
    with captured(tmp_path / "lo.pcapng", port), Command(*arguments, cwd=tmp_path) as command:
        command.wait_for("in a browser")
        peers.firefox(f"http://localhost:{port}/path?q=1", tmp_path / "page.png")
        assert command.end() == 0
    kept = (tmp_path / "server_recv.txt").read_bytes()
    assert kept.startswith(b"GET /path?q=1 HTTP/1.1\r\nHost: localhost:%d\r\n" % port)
    assert b" Firefox/" in kept
    assert kept.endswith(b"\r\n\r\n")
    assert kept in streams_to(tmp_path / "lo.pcapng", port)
    assert (tmp_path / "page.png").read_bytes().startswith(b"\x89PNG\r\n")


def test_chromium_finds_nothing_wrong_with_the_page(tmp_path: Path) -> None:
    port = peers.free_port()
    with Command("catch", "--port", str(port), "--reply", "hello", "--lang", "ja", cwd=tmp_path) as command:
        command.wait_for("を開いてください")
        done = peers.chromium(f"http://localhost:{port}/", "--dump-dom", "--enable-logging=stderr", "--v=0")
        assert command.end() == 0
    assert "ブラウザは、これを送りました".encode() in done.stdout
    assert b"Content Security Policy" not in done.stderr
    assert b"CONSOLE" not in done.stderr


@pytest.mark.row("A10")
@pytest.mark.parametrize("program", ["apache", "nginx"])
def test_the_kept_request_is_answered_by_real_servers_as_curl_is(tmp_path: Path, site: Path, program: str) -> None:
    port = peers.free_port()
    with Command("catch", "--port", str(port), "--lang", "en", cwd=tmp_path) as command:
        command.wait_for("in a browser")
        peers.chromium(f"http://localhost:{port}/", "--dump-dom")
        assert command.end() == 0
    kept = (tmp_path / "server_recv.txt").read_bytes()
    fields = [line.split(b": ", 1) for line in kept.split(b"\r\n")[1:-2]]
    with getattr(peers, program)(site) as url:
        with Command("replay", "server_recv.txt", "--to", url, "--lang", "en", cwd=tmp_path) as command:
            assert command.end() == 0, command.said
        headers = [f"-H{name.decode()}: {value.decode()}" for name, value in fields]
        by_curl = peers.curl("--http1.1", "--raw", "-i", "-HAccept:", "-HUser-Agent:", *headers, url + "/").stdout
    answered = (tmp_path / "client_recv.txt").read_bytes()
    assert answered.startswith(b"HTTP/1.1 200 OK\r\n")
    assert _without_date(answered) == _without_date(by_curl)
    assert b"It works!" in answered or b"Content-Encoding: gzip" in answered


@pytest.mark.row("A13")
def test_between_chromium_and_apache_both_directions_are_kept(tmp_path: Path, site: Path) -> None:
    port = peers.free_port()
    with peers.apache(site) as url:
        arguments = ("catch", "--port", str(port), "--forward", url, "--count", "2", "-O", "kept", "--lang", "en")
        with Command(*arguments, cwd=tmp_path) as command:
            command.wait_for("Passing everything on")
            shown = peers.chromium(f"http://localhost:{port}/", "--dump-dom").stdout.decode()
            assert command.end() == 0, command.said
        straight = peers.curl(url + "/style.css").stdout
    assert "It works!" in shown
    lines = [json.loads(line) for line in (tmp_path / "kept/requests.jsonl").read_text().splitlines()]
    assert [line["target"] for line in lines] == ["/", "/style.css"]
    assert [line["answer"]["status"] for line in lines] == [200, 200]
    assert all(line["answer"]["whole"] for line in lines)
    sent = (tmp_path / "kept/0002-server_sent.txt").read_bytes()
    assert sent.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"Server: Apache" in sent
    assert sent.endswith(b"\r\n\r\n" + straight)


def test_curl_in_every_manner(tmp_path: Path) -> None:
    """A 2 MB body with Expect, a chunked one, TLS and HTTP/2 by mistake."""
    port = peers.free_port()
    body = bytes(range(256)) * 8192
    (tmp_path / "body").write_bytes(body)
    arguments = ("catch", "--port", str(port), "--count", "4", "-O", "kept", "--lang", "en")
    base = ["curl", "--disable", "--silent", "--max-time", "20"]
    with Command(*arguments, cwd=tmp_path) as command:
        command.wait_for("in a browser")
        for words in (
            ["-H", "Expect: 100-continue", "--data-binary", "@body", f"http://127.0.0.1:{port}/"],
            ["-H", "Transfer-Encoding: chunked", "--data-binary", "@body", f"http://127.0.0.1:{port}/"],
            [f"https://127.0.0.1:{port}/"],
            ["--http2-prior-knowledge", f"http://127.0.0.1:{port}/"],
        ):
            assert subprocess.run([*base, *words], cwd=tmp_path, check=False, timeout=30).returncode != 0
        assert command.end() == 0
    lines = [json.loads(line) for line in (tmp_path / "kept/requests.jsonl").read_text().splitlines()]
    assert [line["kind"] for line in lines] == ["http", "http", "tls", "http2"]
    assert (tmp_path / "kept/0001-server_recv.txt").read_bytes().endswith(b"\r\n\r\n" + body)
    assert lines[1]["whole"]
    assert "This is a TLS ClientHello" in command.said
    assert "the connection preface of HTTP/2" in command.said
    assert "Sent 100 Continue" in command.said


def _without_date(answer: bytes) -> bytes:
    return b"\r\n".join(line for line in answer.split(b"\r\n") if not line.startswith(b"Date: "))
