"""Real browsers and load generators of the kernel's side before our server on our own TCP."""

from __future__ import annotations

import json
import re
import shutil
import signal
import struct
import zlib
from collections import Counter
from pathlib import Path
from typing import Any

import netns
import peers
import pytest
import tshark
from serving import serving, until

pytestmark = pytest.mark.peer

_IMAGES = 8
_PAGE = """<!doctype html><meta charset="utf-8"><title>a page</title><link rel="stylesheet" href="style.css">
<p>Over our own TCP.</p>{images}
<script>
addEventListener("load", () => {{
  const drawn = [...document.images].map(image => `${{image.naturalWidth}}x${{image.naturalHeight}}`);
  fetch(`drawn?${{drawn.join(",")}},${{getComputedStyle(document.querySelector("p")).borderTopWidth}}`);
}});
</script>
"""


def png(width: int, height: int) -> bytes:
    """A picture of noise, which no coding makes smaller."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(
        b"\0" + bytes((x * 73 ^ y * 151 ^ (x * y) >> 3) & 255 for x in range(width * 3)) for y in range(height)
    )
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows, 1)) + chunk(b"IEND", b"")


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = tmp_path / "site"
    folder.mkdir()
    names = [f"{number}.png" for number in range(_IMAGES)]
    (folder / "index.html").write_text(_PAGE.format(images="".join(f'<img src="{name}">' for name in names)))
    (folder / "style.css").write_text("p { border: 7px solid }")
    for number, name in enumerate(names):
        (folder / name).write_bytes(png(200 + number, 100))
    return folder


@pytest.mark.row("A12")
@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
def test_chromium_opens_a_page_with_images(
    kernel: netns.Namespace, site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tls: bool
) -> None:
    if tls:
        pytest.importorskip("cryptography")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    seen, log = tmp_path / "seen", tmp_path / "access.log"
    more = ("--trace", str(seen), "--log", str(log), *(("--tls-auto",) if tls else ()))
    with serving(str(site), "--via", "tap", *more, before=kernel.inside) as served:
        flags = ("--ignore-certificate-errors",)
        with peers.chromium_open(f"{served.url}/", *flags, before=kernel.inside):
            until(lambda: log.exists() and b"/drawn?" in log.read_bytes(), within_s=60)
        assert served.end(signal.SIGTERM) == 0
    (said,) = re.findall(r"/drawn\?(\S+)", log.read_text())
    assert said.split(",") == [*(f"{200 + number}x100" for number in range(_IMAGES)), "7px"]
    entries = json.loads((seen / "server.har").read_bytes())["log"]["entries"]
    asked = [entry for entry in entries if entry["response"]["status"] == 200]
    assert len(asked) == 1 + 1 + _IMAGES
    assert {entry["request"]["url"].partition(":")[0] for entry in asked} == {"https" if tls else "http"}
    with (seen / "trace.jsonl").open("rb") as file:
        events: list[dict[str, Any]] = [json.loads(line) for line in file]
    requests = Counter(event["connection"] for event in events if event["what"] == "request-received")
    assert max(requests.values()) >= 2, requests  # kept alive; how many Chromium opens is its own affair
    assert tshark.complaints(seen / "packets.pcapng", tshark.ERROR) == []


@pytest.mark.row("A12")
def test_wrk_makes_thousands_of_requests_without_an_error(kernel: netns.Namespace, site: Path) -> None:
    if shutil.which("wrk") is None:
        pytest.skip("wrk is not installed")
    with serving(str(site), "--via", "tap", before=kernel.inside) as served:
        for fields in ((), ("-H", "Connection: close")):
            requests = 0
            while requests < 2000:  # the busier the machine, the longer
                command = ("wrk", "-t1", "-c32", "-d2s", "--timeout", "10s", *fields, f"{served.url}/style.css")
                said = kernel.run(*command).stdout.decode()
                assert "Socket errors" not in said, said
                assert "Non-2xx" not in said, said
                requests += int(re.findall(r"(\d+) requests in", said)[0])
        shown = kernel.run("ping", "-c", "3", "-i", "0.3", "-W", "2", "10.99.0.2").stdout
        assert b" 0% packet loss" in shown, shown
        assert served.end(signal.SIGTERM) == 0
