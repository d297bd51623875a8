"""``michinori catch`` as a person uses it: its words, its files, its exit statuses."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from catching import GET, Command
from journeys import SOURCE
from peers import free_port


def say(port: int, octets: bytes, host: str = "127.0.0.1") -> bytes:
    with socket.create_connection((host, port), timeout=60) as sock:
        sock.sendall(octets)
        came = b""
        while piece := sock.recv(65536):
            came += piece
        return came


@pytest.mark.row("A1")
@pytest.mark.row("A2")
def test_the_log_is_the_tutorials_own_word_for_word(tmp_path: Path) -> None:
    port = free_port()
    with Command("catch", "--port", str(port), "--lang", "ja", cwd=tmp_path) as command:
        said = command.wait_for("を開いてください")
        assert said.splitlines()[:2] == ["=== サーバーを起動します ===", "=== クライアントからの接続を待ちます ==="]
        with socket.create_connection(("127.0.0.1", port)) as sock:
            own = sock.getsockname()
            sock.sendall(GET)
            assert sock.recv(10) == b""
        assert command.end() == 0
    assert f"=== クライアントとの接続が完了しました remote_address: {own} ===" in command.said.splitlines()
    assert re.search(r"remote_address: \('127\.0\.0\.1', \d+\) ===", command.said)
    assert command.said.splitlines()[-1] == "=== サーバーを停止します。 ==="
    assert (tmp_path / "server_recv.txt").read_bytes() == GET
    assert "どのサイト宛てか" in command.said


def test_in_english_too_with_secrets_hidden_and_no_escape_reaching_the_terminal(tmp_path: Path) -> None:
    port = free_port()
    octets = b"GET /\x1b[2J HTTP/1.1\r\nHost: a\r\nCookie: sid=hush\r\nAuthorization: Bearer hush\r\n\r\n"
    with Command("catch", "--port", str(port), "--lang", "en", cwd=tmp_path) as command:
        command.wait_for("in a browser")
        say(port, octets, "::1")
        assert command.end() == 0
    assert "=== Connected to a client, remote_address: ('::1', " in command.said
    assert "hush" not in command.said
    assert "\x1b" not in command.said
    assert "GET /\\x1b[2J HTTP/1.1" in command.said
    assert (tmp_path / "server_recv.txt").read_bytes() == octets


def test_json_is_one_object(tmp_path: Path) -> None:
    port = free_port()
    with Command("catch", "--port", str(port), "--json", "-O", "d", "--count", "2", cwd=tmp_path) as command:
        command.wait_for("===")
        _wait_listening(port)
        say(port, GET)
        say(port, b"\x16\x03\x01\x00\x01x")
        assert command.end() == 0
    found = json.loads(command.said.splitlines()[-1])
    assert [one["kind"] for one in found["requests"]] == ["http", "tls"]
    assert found["requests"][0]["headers"] == [["Host", "localhost"]]
    assert found["requests"][0]["files"]["received"] == "d/0001-server_recv.txt"


@pytest.mark.row("A4")
def test_ctrl_c_is_130_only_when_nothing_was_kept(tmp_path: Path) -> None:
    for octets, status in ((b"", 130), (GET, 0), (GET[:10], 1)):
        port = free_port()
        arguments = ("catch", "--port", str(port), "--count", "0", "-O", f"d{status}", "--lang", "en")
        with Command(*arguments, cwd=tmp_path) as command:
            command.wait_for("in a browser")
            with socket.create_connection(("127.0.0.1", port)) as sock:
                if octets:
                    sock.sendall(octets)
                command.wait_for("Connected")
                if octets == GET:
                    command.wait_for("Kept in")
                else:
                    sock.settimeout(0.2)
                    with pytest.raises(TimeoutError):
                        sock.recv(1)
                assert command.end(signal.SIGINT) == status
        assert command.said.splitlines()[-1] == "=== Stopping the server. ==="
        assert "Traceback" not in command.said
    assert not (tmp_path / "d130/requests.jsonl").exists()


@pytest.mark.row("A4")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_in_order(tmp_path: Path, number: signal.Signals) -> None:
    port = free_port()
    with Command("catch", "--port", str(port), "--lang", "en", cwd=tmp_path) as command:
        command.wait_for("in a browser")
        with socket.create_connection(("127.0.0.1", port)) as sock:
            sock.sendall(GET[:-2])
            command.wait_for("Connected")
            time.sleep(0.1)  # its first octets are read then
            assert command.end(number) == 1
    assert (tmp_path / "server_recv.txt").read_bytes() == GET[:-2]
    assert command.said.splitlines()[-1] == "=== Stopping the server. ==="


@pytest.mark.row("A7")
def test_it_starts_again_at_once_on_the_same_port(tmp_path: Path) -> None:
    port = free_port()
    for _ in range(2):
        with Command("catch", "--port", str(port), "--lang", "en", cwd=tmp_path) as command:
            command.wait_for("in a browser")
            say(port, GET)
            assert command.end() == 0


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["--port", "PORT", "-o", "f"], 1, "port PORT of 127.0.0.1 is in use by another program"),
        (["--port", "PORT"], 2, "--force"),
        (["--count", "2"], 2, "-O DIR"),
        (["-o", "a", "-O", "b"], 2, "do not go together"),
        (["--reply", "what", "-o", "f"], 2, "none, hello or @FILE"),
        (["--reply", "@missing", "-o", "f"], 2, "cannot be read"),
        (["--reply", "hello", "--forward", "http://a", "-o", "f"], 2, "do not go together"),
        (["--forward", "http://a/b", "-o", "f"], 2, "write http://a"),
        (["--forward", "http://localhost:8080", "-o", "f"], 2, "this very catcher"),
        (["--host", "192.0.2.1", "-o", "f"], 1, "cannot be listened on"),
        (["--max-size", "huge", "-o", "f"], 2, "64KiB"),
        (["--max-size", "0", "-o", "f"], 2, "no room for an octet"),
        (["--forward", "http://me:secret@a", "-o", "f"], 2, "write http://a"),
    ],
)
def test_a_taken_port_and_wrong_usage(tmp_path: Path, arguments: list[str], status: int, words: str) -> None:
    (tmp_path / "server_recv.txt").write_text("from the tutorial's own program")
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen()
        taken = str(sock.getsockname()[1])
        given = [taken if word == "PORT" else word for word in arguments]
        with Command("catch", "--lang", "en", *given, cwd=tmp_path) as command:
            assert command.end() == status, command.said
    assert words.replace("PORT", taken) in command.said
    assert "Traceback" not in command.said
    assert not (tmp_path / "f").exists()


@pytest.mark.row("A4")
def test_a_full_disk_is_one_sentence_and_leaves_the_earlier_file(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    apart = ["unshare", "--mount", "--", "sh", "-c"]
    mount = "mount -t tmpfs -o size=64k none disk"
    if shutil.which("unshare") is None or subprocess.run([*apart, mount], cwd=tmp_path, check=False).returncode != 0:
        pytest.skip("no unshare, or no rights to mount in a namespace of one's own")
    port = str(free_port())
    command = [sys.executable, "-m", "michinori", "catch", "--port", port, "-o", "disk/f", "--lang", "en"]
    with subprocess.Popen(
        [*apart, f'{mount} && exec "$@"', "sh", *command],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": SOURCE, "PYTHONIOENCODING": "utf-8"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        try:
            _wait_listening(int(port))
        except AssertionError:
            process.kill()
            raise
        body = bytes(100_000)
        say(int(port), b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        said = process.communicate(timeout=60)[0].decode()
    assert process.returncode == 1
    assert "disk/f cannot be written (No space left on device): make room" in said
    assert "=== Stopping the server. ===" in said
    assert "Traceback" not in said


def test_a_reader_that_goes_away_does_not_stop_it(tmp_path: Path) -> None:
    port = free_port()
    with Command("catch", "--port", str(port), "--lang", "en", cwd=tmp_path) as command:
        command.wait_for("in a browser")
        assert command.process.stdout is not None
        command.process.stdout.close()
        say(port, GET)
        assert command.process.wait(20) == 0
        command.process.stdout = None
    assert (tmp_path / "server_recv.txt").read_bytes() == GET


def _wait_listening(port: int) -> None:
    until = time.monotonic() + 30
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            if time.monotonic() > until:
                raise AssertionError("nothing listens") from None
            time.sleep(0.05)
