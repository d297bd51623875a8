"""``michinori tap``, as a user calls it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import netns
import node
import pytest
import tshark
from serving import until

from michinori import TapWorld
from michinori.aio import ping
from michinori.cli.tap import neighbour
from michinori.trace import read_trace


def michinori(*arguments: str, before: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    command = [*before, sys.executable, "-c", "from michinori.cli import main; main()", *arguments]
    source = str(Path(__file__).parents[2] / "src")
    environ = {**os.environ, "LANG": "C", "LC_ALL": "C", "PYTHONPATH": source}
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=environ)


@pytest.mark.peer
def test_up_makes_a_device_that_hosts_can_use_and_down_removes_it() -> None:
    pytest.importorskip("pyroute2")
    with netns.namespace() as namespace:
        for _ in range(2):  # the second time it is there
            done = michinori("tap", "up", "mich7", "--address", "10.88.0.1/24", "--namespace", namespace.name)
            assert (done.returncode, done.stderr) == (0, "")
            assert "10.88.0.1/24; take 10.88.0.2/24" in done.stdout
        assert "10.88.0.1/24" in namespace.ip("address show mich7")
        with TapWorld() as world:
            host = world.tap_host(device="mich7", address="10.88.0.2/24", namespace=namespace.name)

            async def ask() -> None:
                assert (await ping(host, bytes([10, 88, 0, 1]), count=1)).received == 1

            world.run(ask(), on=host, limit="10s")
            busy = michinori("tap", "up", "mich7", "--address", "10.88.0.1/24", "--namespace", namespace.name)
            assert busy.returncode == 0, busy.stderr
        namespace.ip("link add other type veth peer name another")
        done = michinori("tap", "down", "mich7", "--namespace", namespace.name)
        assert (done.returncode, done.stdout, done.stderr) == (0, "The TAP device mich7 is gone\n", "")
        assert "mich7" not in namespace.ip("link show")
        again = michinori("tap", "down", "mich7", "--namespace", namespace.name, "--lang", "ja")
        assert again.returncode == 1
        assert "ネットワークデバイス mich7 はありません" in again.stderr
        refused = michinori("tap", "down", "other", "--namespace", namespace.name)
        assert refused.returncode == 1
        assert "is no TAP device, so it is left alone" in refused.stderr


@pytest.mark.peer
def test_a_namespace_is_made_and_removed_with_it() -> None:
    pytest.importorskip("pyroute2")
    with netns.namespace():  # skips where none can be made
        pass
    name = f"michinori-{os.getpid()}-own"
    try:
        assert michinori("tap", "up", "--namespace", name).returncode == 0
        assert name in subprocess.run(["ip", "netns"], capture_output=True, text=True, check=True).stdout
        done = michinori("tap", "down", "--namespace", name)
        assert "is gone too" in done.stdout
    finally:
        listed = subprocess.run(["ip", "netns"], capture_output=True, text=True, check=True).stdout
        if name in listed:
            subprocess.run(["ip", "netns", "del", name], check=True)
    assert name not in listed


@pytest.mark.peer
def test_who_lacks_the_rights_is_told_in_one_sentence() -> None:
    pytest.importorskip("pyroute2")
    if os.geteuid() != 0 or not Path("/dev/net/tun").exists() or shutil.which("setpriv") is None:
        pytest.skip("needs root and setpriv, to give rights up, and /dev/net/tun")
    rights = "-net_admin,-sys_admin"
    done = michinori("tap", "up", "mich8", before=("setpriv", "--bounding-set", rights, "--inh-caps", rights))
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "root or CAP_NET_ADMIN" in done.stderr


def test_nonsense_is_told_in_one_sentence() -> None:
    pytest.importorskip("pyroute2")
    done = michinori("tap", "up", "--address", "10.0.0.1")
    assert done.returncode == 1
    assert "no IPv4 address with the length of its prefix" in done.stderr


def test_our_side_is_beside_the_kernels() -> None:
    assert neighbour("10.99.0.1/24") == "10.99.0.2/24"
    assert neighbour("10.99.0.254/24") == "10.99.0.253/24"
    assert neighbour("10.99.0.0/31") == "10.99.0.1/31"


def assert_told_of_an_end_that_is_not_recorded(out: Path) -> None:
    """Of the kernel's side the report has what came and went: it draws that, and loses nothing of it."""
    with (out / "trace.jsonl").open("rb") as lines:
        events = list(read_trace(lines))
    frames = [event.n for event in events if event.frame and event.layer == "link"]
    calls = [("decodeEvent", node.JOURNEY, n) for n in frames]
    assert all(frame["layers"] for frame in node.call("explain/stream.js", calls, out / "journey.html"))
    [arrows] = node.call("ladder_rows.js", [("arrowsOf", node.JOURNEY)], out / "journey.html")
    ends = {(arrow["from"], arrow["to"]) for arrow in arrows if arrow["sort"] == "tcp"}
    assert ends == {("browser", "10.99.0.1:8000"), ("10.99.0.1:8000", "browser")}
    segments = [event.n for event in events if event.layer == "tcp" and event.what.startswith("segment-")]
    assert [arrow["sent"] for arrow in arrows if arrow["sort"] == "tcp"] == segments


@pytest.mark.peer
def test_open_walks_the_whole_way_over_our_own_tcp(tmp_path: Path) -> None:
    pytest.importorskip("pyroute2")
    site = tmp_path / "site"
    site.mkdir()
    (site / "index.html").write_text("<!doctype html><title>Over the wire</title><p>It works.")
    with netns.namespace() as namespace:
        done = michinori("tap", "up", "--namespace", namespace.name)
        assert done.returncode == 0, done.stderr
        namespace.start(sys.executable, "-m", "http.server", "-b", "10.99.0.1", "-d", str(site), "8000")
        inside = ("ip", "netns", "exec", namespace.name)
        until(lambda: b":8000" in namespace.run("ss", "-tln").stdout)
        out = tmp_path / "journey"
        walked = michinori("open", "http://10.99.0.1:8000/", "--via", "tap", "-O", str(out), "--json", before=inside)
        assert walked.returncode == 0, walked.stderr
        numbers = json.loads(walked.stdout)
        assert (numbers["status"], numbers["retransmitted"]) == (200, 0)
        assert numbers["frames"] > 8
        assert {row for row in ("B9", "B12", "B15", "B22", "B25") if not numbers["rows"].get(row)} == set()
        assert "page.har" in numbers["files"]
        # The kernel may repeat what came while the browser computed, so no more than errors are looked for.
        assert tshark.complaints(out / "packets.pcapng", tshark.ERROR) == []
        assert_told_of_an_end_that_is_not_recorded(out)
        nobody = michinori("open", "http://10.99.0.77/", "--via", "tap", "-O", str(tmp_path / "none"), before=inside)
        assert nobody.returncode == 1
        assert [line[:2] for line in nobody.stdout.splitlines() if "--via os" in line] == ["B5"]  # no way out of this
        refused = michinori("open", "http://10.99.0.1:81/", "--via", "tap", "-O", str(tmp_path / "no"), before=inside)
        assert refused.returncode == 1
        own = michinori("open", "http://10.99.0.1/", "--via", "tap", "--address", "10.99.0.1/24", before=inside)
        assert (own.returncode, own.stderr.count("\n")) == (1, 1)
        assert "10.99.0.1 is the kernel's own address on mich0" in own.stderr


def test_open_says_which_options_go_together(tmp_path: Path) -> None:
    lossy = michinori("open", "http://10.99.0.1/", "--via", "tap", "--loss", "5%", "-O", str(tmp_path))
    assert (lossy.returncode, lossy.stderr) == (
        2,
        "michinori: --loss is about the virtual internet and has no effect on --via tap: leave one of them out\n",
    )
    alone = michinori("open", "http://10.99.0.1/", "--resolver", "10.99.0.1", "-O", str(tmp_path))
    assert alone.returncode == 2
    assert alone.stderr == "michinori: --resolver is about the host on a TAP device: it needs --via tap\n"


@pytest.mark.peer
def test_the_example_of_the_document_runs(tmp_path: Path) -> None:
    pytest.importorskip("pyroute2")
    text = (Path(__file__).parents[2] / "docs" / "tap.md").read_text()
    example = text.split("```python\n")[1].split("```")[0]
    with netns.namespace() as namespace:
        inside = ("ip", "netns", "exec", namespace.name)
        assert michinori("tap", "up", before=inside).returncode == 0
        program = tmp_path / "example.py"
        program.write_text(f"import os\nos.chdir({str(tmp_path)!r})\n{example}")
        done = namespace.run(sys.executable, str(program))
        assert (done.returncode, done.stderr) == (0, b"")
        assert tshark.complaints(tmp_path / "server.pcapng", tshark.ERROR) == []
        assert michinori("tap", "down", before=inside).returncode == 0
