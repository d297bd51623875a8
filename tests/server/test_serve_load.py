"""Many clients at once, slow ones among them, and an end under load (rows A8, A11)."""

from __future__ import annotations

import contextlib
import re
import shutil
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

import pytest
from serving import Served, serving

pytestmark = pytest.mark.peer

REQUEST = b"GET /index.html HTTP/1.1\r\nHost: a\r\n\r\n"
BODY = b"<h1>home</h1>" * 50


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "index.html").write_bytes(BODY)
    return folder


def _ask(served: Served) -> float:
    """How long one request takes, a connection of its own included."""
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", served.port), timeout=60) as sock:
        sock.sendall(REQUEST.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        answer = b""
        while piece := sock.recv(65536):
            answer += piece
    assert answer.endswith(BODY)
    return time.monotonic() - began


@pytest.mark.row("A11")
def test_a_thousand_clients_and_no_error(site: Path) -> None:
    wrk = shutil.which("wrk")
    if wrk is None:
        pytest.skip("wrk is not installed")
    with serving(str(site)) as served:
        command = [wrk, "-t1", "-c1000", "-d4s", "--timeout", "10s", f"{served.url}/index.html"]
        said = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout
        assert "Socket errors" not in said, said
        assert "Non-2xx" not in said, said
        match = re.search(r"(\d+) requests in", said)
        assert match is not None
        assert int(match[1]) > 1000
        assert served.end(signal.SIGTERM) == 0


@pytest.mark.row("A8", "A11")
def test_slow_clients_do_not_stop_a_normal_one(site: Path) -> None:
    with serving(str(site)) as served, contextlib.ExitStack() as stack:
        alone = sorted(_ask(served) for _ in range(5))[2]
        slow = [
            stack.enter_context(socket.create_connection(("127.0.0.1", served.port), timeout=60)) for _ in range(500)
        ]
        for number, sock in enumerate(slow):
            sock.sendall(REQUEST[: 1 + number % (len(REQUEST) - 1)])
        taken = []
        for probe in range(12):
            for sock in slow[probe::12]:  # now and then one octet more of some
                with contextlib.suppress(OSError):
                    sock.sendall(b"x")
            taken.append(_ask(served))
        assert len(taken) == 12
        assert sorted(taken)[6] < max(0.5, 20 * alone), (alone, taken)


@pytest.mark.row("A11")
@pytest.mark.parametrize("workers", ["1", "2"])
def test_an_end_under_load_loses_no_answer(site: Path, workers: str) -> None:
    """Every client that has sent a whole request gets a whole answer; then its connection ends in order."""
    with serving(str(site), "--workers", workers) as served:
        lost: list[str] = []
        counts: list[int] = []

        def client() -> None:
            asked = answered = 0
            try:
                with socket.create_connection(("127.0.0.1", served.port), timeout=60) as sock:
                    file = sock.makefile("rb")
                    while True:
                        sock.sendall(REQUEST)
                        asked += 1
                        length, closes = 0, False
                        while (line := file.readline()) not in (b"\r\n", b""):
                            if line.lower().startswith(b"content-length:"):
                                length = int(line.split(b":")[1])
                            closes = closes or line.lower().startswith(b"connection: close")
                        if file.read(length) != BODY:
                            lost.append("an answer was not whole")
                            return
                        answered += 1
                        if closes:
                            return
            except OSError as error:
                lost.append(f"{error!r} after {answered} of {asked}")
            finally:
                counts.append(answered)

        clients = [threading.Thread(target=client) for _ in range(40)]
        for thread in clients:
            thread.start()
        time.sleep(1.0)
        status = served.end(signal.SIGTERM)
        for thread in clients:
            thread.join(20)
        assert status == 0
        assert not lost
        assert len(counts) == 40
        assert min(counts) > 0
