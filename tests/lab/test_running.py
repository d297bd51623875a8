"""The command: it says where the lab is, ends at once, and leaves nothing."""

import os
import re
import signal
import subprocess
import sys
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest
from journeys import SOURCE, command

from michinori.lab.guard import TOKEN_FIELD


@contextmanager
def started(tmp_path, *arguments):
    surroundings = os.environ | {"PYTHONPATH": SOURCE, "TMPDIR": str(tmp_path)}
    process = subprocess.Popen(
        [sys.executable, "-m", "michinori", "lab", "--port", "0", "--lang", "en", *arguments],
        stderr=subprocess.PIPE,
        text=True,
        env=surroundings,
    )
    try:
        said = process.stderr.readline()
        yield process, re.search(r"http://127\.0\.0\.1:\d+/", said)[0]
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


def begin_a_journey(url):
    client = httpx.Client(base_url=url, trust_env=False)
    token = re.search(r'michinori-token" content="([^"]+)"', client.get("/").text)[1]
    order = {"text": "http://big.example/", "sites": ["big.example"]}
    began = client.post("/api/journeys", json=order, headers={TOKEN_FIELD: token})
    assert began.status_code == 202
    with client.stream("GET", f"/api/journeys/{began.json()['id']}/progress") as told:
        assert any('"frames":' in line for line in told.iter_lines())
    return client


@pytest.fixture
def site(tmp_path):
    folder = tmp_path / "big"
    folder.mkdir()
    (folder / "index.html").write_text("<title>big</title><img src=data.bin>")
    (folder / "data.bin").write_bytes(bytes(range(256)) * 100_000)
    return f"big.example={folder}"


def walking(folder):
    """The processes that walk journeys below that folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            said, surroundings = (entry / "cmdline").read_bytes(), (entry / "environ").read_bytes()
        except OSError:
            continue
        if b"michinori.lab.walk" in said and str(folder).encode() in surroundings:
            found.append(entry.name)
    return found


def until(expected):
    for _ in range(200):
        if expected():
            return
        subprocess.run(["sleep", "0.05"], check=True)
    pytest.fail("never came true")


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_with_the_journey_that_is_under_way(tmp_path, site, how):
    with started(tmp_path, "--site", site) as (process, url), closing(begin_a_journey(url)):
        assert walking(tmp_path)
        process.send_signal(how)
        assert process.wait(timeout=30) == 0
        assert "Traceback" not in process.stderr.read()
    assert walking(tmp_path) == []
    assert [path.name for path in tmp_path.iterdir()] == ["big"]


def test_when_the_lab_is_killed_its_journey_ends_too(tmp_path, site):
    with started(tmp_path, "--site", site) as (process, url), closing(begin_a_journey(url)):
        assert walking(tmp_path)
        process.kill()
        until(lambda: not walking(tmp_path))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--site", "x"], "needs a name and a folder"),
        (["--site", "x.example=/nowhere"], "is not there"),
        (["--scenario", "/nowhere.toml"], "There is no scenario"),
    ],
)
def test_wrong_usage_is_one_sentence(arguments, sentence):
    done = command("lab", "--port", "0", "--lang", "en", *arguments)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_missing_extra_is_one_sentence(tmp_path):
    (tmp_path / "starlette.py").write_text("raise ImportError('gone', name='starlette')")
    done = command("lab", "--lang", "en", PYTHONPATH=f"{tmp_path}{os.pathsep}{SOURCE}")
    assert done.returncode == 1
    assert done.stderr == 'michinori: the lab needs starlette: pip install "michinori[lab]"\n'


def test_a_port_that_is_taken_is_one_sentence(quiet_lab):
    done = command("lab", "--port", str(quiet_lab.port), "--lang", "en")
    assert done.returncode == 1
    assert "is taken" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_page_hears_at_once_that_the_lab_is_gone(tmp_path):
    """Nothing is ever said on that stream: its end is what is heard."""
    with started(tmp_path) as (process, url), httpx.Client(base_url=url, trust_env=False) as client:
        with client.stream("GET", "/api/presence") as there:
            assert there.status_code == 200
            assert there.headers["content-type"].startswith("text/event-stream")
            process.send_signal(signal.SIGINT)
            assert "".join(there.iter_text()) == ""
        assert process.wait(timeout=30) == 0
