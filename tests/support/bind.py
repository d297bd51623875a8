"""BIND as a peer: the zones that it serves, in a folder of the test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import peers
import pytest

_SETTINGS = """
options {{
    directory "{folder}"; pid-file none; session-keyfile none; lock-file none;
    listen-on port {port} {{ {address}; }}; listen-on-v6 {{ none; }};
    recursion no; allow-transfer {{ none; }}; minimal-responses yes; minimal-any yes; empty-zones-enable no;
    dnssec-validation no; zero-no-soa-ttl no; check-names primary ignore;
}};
controls {{ }};
"""


@contextmanager
def named(folder: Path, zones: Mapping[str, str], *, at: peers.Place = peers.LOOPBACK) -> Iterator[int]:
    """A BIND that serves these zones, at port 53 of a place in a namespace, else at a free one; gives the port."""
    program = shutil.which("named", path="/usr/sbin:/usr/local/sbin:/usr/bin") or pytest.skip("BIND is not installed")
    folder.mkdir()
    port = 53 if at.before else peers.free_port()
    blocks = []
    for origin, text in zones.items():
        path = folder / f"{origin.rstrip('.') or 'root'}.zone"
        path.write_text(text)
        blocks.append(f'zone "{origin}" {{ type primary; file "{path}"; notify no; }};\n')
    settings = folder / "named.conf"
    settings.write_text(_SETTINGS.format(folder=folder, port=port, address=at.address) + "".join(blocks))
    log = folder / "log"
    command = [program, "-f", "-L", str(log), "-n", "1", "-c", str(settings)]
    with at.running(command, port, log, said="all zones loaded"):
        yield port
