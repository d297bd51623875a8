"""``michinori serve --via tap``, as a user calls it: the same server on our own TCP, before the kernel's programs."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from pathlib import Path

import netns
import pytest
import tshark
from serving import refused, serving, until

_APPLICATION = """
import asyncio

async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        for _ in range(2):
            came = (await receive())["type"]
            await send({"type": came + ".complete"})
    elif scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": message["text"].upper()})
    else:
        if scope["path"].endswith("/slow"):
            print("taken", flush=True)
            await asyncio.sleep(1)
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"5")]})
        await send({"type": "http.response.body", "body": b"hello"})
"""

_SOCKETS = """
import ssl, sys
from websockets.sync.client import connect
tls = ssl.create_default_context(cafile=sys.argv[2])
with connect(sys.argv[1], ssl=tls, proxy=None) as there:
    for word in ("one", "two" * 30000):
        there.send(word)
        assert there.recv(timeout=60) == word.upper()
print("spoke")
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "index.html").write_text("<!doctype html><title>hello</title>")
    (folder / "big.bin").write_bytes(bytes(range(256)) * 8000)
    (tmp_path / "shop.py").write_text(_APPLICATION)
    return folder


@pytest.mark.peer
@pytest.mark.row("A12")
def test_files_applications_tls_and_websockets(
    kernel: netns.Namespace, site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("websockets")
    pytest.importorskip("cryptography")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    targets = ("/app=shop:app", f"/={site}")
    with serving(*targets, "--via", "tap", "--tls-auto", folder=tmp_path, before=kernel.inside) as served:
        assert served.url.startswith("https://10.99.0.2:")
        (authority,) = (tmp_path / "state").rglob("*ca*.pem")
        curl = ("curl", "-sS", "--disable", "--max-time", "20", "--cacert", str(authority))
        shown = kernel.run(
            *curl, "-w", "%{num_connects}", f"{served.url}/big.bin", f"{served.url}/app/", f"{served.url}/"
        )
        assert shown.returncode == 0, shown.stderr
        big = (site / "big.bin").read_bytes()
        assert shown.stdout == big + b"1" + b"hello" + b"0" + (site / "index.html").read_bytes() + b"0"
        sockets = served.url.replace("https", "wss") + "/app/"
        assert kernel.python(_SOCKETS, sockets, str(authority)) == "spoke\n"
        assert served.end(signal.SIGTERM) == 0


@pytest.mark.peer
def test_it_ends_gently_and_keeps_what_was_served(kernel: netns.Namespace, site: Path, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    with serving("shop:app", "--via", "tap", "--trace", str(seen), folder=tmp_path, before=kernel.inside) as served:
        slow = kernel.start("curl", "-sS", "--disable", "--max-time", "20", f"{served.url}/slow")
        until(lambda: "taken" in served.said)
        assert served.end(signal.SIGTERM) == 0
        assert slow.communicate(timeout=60) == (b"hello", b"")
        assert "Stopping; open connections: 1, with" in served.said
    entries = json.loads((seen / "server.har").read_bytes())["log"]["entries"]
    assert [(entry["request"]["url"], entry["response"]["status"]) for entry in entries] == [
        (f"{served.url}/slow", 200)
    ]
    assert tshark.complaints(seen / "packets.pcapng", tshark.ERROR) == []
    with (seen / "trace.jsonl").open("rb") as file:
        events = {(event.get("layer"), event["what"]) for event in map(json.loads, file)}
    assert {("arp", "announced"), ("tcp", "segment-received"), ("http", "request-received")} <= events
    after = kernel.run("ss", "-tanH").stdout.decode().split("\n")
    assert [line for line in after if line and "TIME-WAIT" not in line] == []  # closed in order, at both ends


@pytest.mark.peer
def test_what_is_missing_is_said_in_one_sentence(site: Path) -> None:
    rights = "-net_admin,-sys_admin"
    with netns.namespace() as namespace:
        status, said = refused(str(site), "--via", "tap", before=namespace.inside)
        assert (status, said.count("\n")) == (1, 1)
        assert "the kernel's side of mich0 is not up" in said
        assert f"`sudo {sys.executable} -m michinori tap up mich0`" in said
        if os.geteuid() == 0 and shutil.which("setpriv") is not None:
            weak = ("setpriv", "--bounding-set", rights, "--inh-caps", rights)
            status, said = refused(str(site), "--via", "tap", before=(*namespace.inside, *weak))
            assert (status, said.count("\n")) == (1, 1)
            assert "needs root or CAP_NET_ADMIN" in said


def test_elsewhere_than_on_linux_it_says_so(
    site: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from michinori.cli.serve import Network, run
    from michinori.server.settings import Settings

    monkeypatch.setattr(sys, "platform", "darwin")
    assert run(Settings(targets=(str(site),)), Network(via="tap"), "ja", force=False) == 1
    told = "TAPデバイスはLinuxのもので、ここは darwin です。別の --via を使ってください"
    assert capsys.readouterr().err == f"michinori: できません: {told}\n"


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--via", "tap", "--host", "0.0.0.0"), "--address says what we are"),
        (("--via", "tap", "--workers", "2"), "leave it out"),
        (("--via", "tap", "--loop", "asyncio"), "a loop of its own"),
        (("--via", "tap", "--cgi", "programs"), "leave one of them out"),
        (("--gateway", "10.99.0.1"), "it needs --via tap"),
    ],
)
def test_options_that_do_not_go_together_are_wrong_usage(site: Path, arguments: tuple[str, ...], why: str) -> None:
    status, said = refused(str(site), *arguments)
    assert (status, said.count("\n")) == (2, 1)
    assert why in said
