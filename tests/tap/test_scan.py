"""nmap of the kernel's side looks at a host of ours: what is open, closed and filtered looks as RFC 9293 has it."""

from __future__ import annotations

import asyncio
import shutil
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
import tshark
from tap_wire import OURS, Wire

from michinori.host.conntrack import Conntrack
from michinori.host.firewall import Firewall, Rule

pytestmark = pytest.mark.peer

OPEN, CLOSED, DROPPED, REJECTED = "80", "81", "82", "83"
_PORTS = ",".join((OPEN, CLOSED, DROPPED, REJECTED))
_SCANS = {
    "-sS": ("open", "closed", "filtered", "filtered"),
    "-sT": ("open", "closed", "filtered", "filtered"),
    "-sA": ("unfiltered", "unfiltered", "filtered", "filtered"),
    "-sF": ("open|filtered", "closed", "open|filtered", "filtered"),
    "-sN": ("open|filtered", "closed", "open|filtered", "filtered"),
    "-sX": ("open|filtered", "closed", "open|filtered", "filtered"),
    "-sU": ("open", "closed", "open|filtered", "filtered"),
}


class Answering(asyncio.DatagramProtocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, sender: object) -> None:
        self.transport.sendto(b"here", sender)  # type: ignore[attr-defined]


@pytest.mark.parametrize("scan", [*_SCANS, "-sO"])
def test_each_scan_finds_what_there_is(wire: Wire, tmp_path: Path, scan: str) -> None:
    if shutil.which("nmap") is None:
        pytest.skip("nmap is not installed")
    host = wire.host()
    rules = [
        Rule(verdict, "input", protocol=protocol, port=int(port))
        for protocol in ("tcp", "udp")
        for verdict, port in (("drop", DROPPED), ("reject", REJECTED))
    ]
    Firewall(Conntrack(host.internet), rules, forward="accept")
    capture = tmp_path / "kernel.pcapng"
    ports = "1,2,6,17,132" if scan == "-sO" else _PORTS
    command = ("nmap", "-n", "-Pn", "--disable-arp-ping", "--reason", "--max-retries", "1", "--host-timeout", "20s")

    async def look() -> str:
        await asyncio.get_running_loop().create_datagram_endpoint(Answering, local_addr=("0.0.0.0", int(OPEN)))
        async with await asyncio.start_server(lambda _, writer: writer.close(), port=int(OPEN)):
            with wire.namespace.capture(wire.device, capture):
                done = await asyncio.to_thread(wire.namespace.run, *command, scan, "-p", ports, "-oX", "-", OURS)
                await asyncio.sleep(0.1)
        return done.stdout.decode()

    found = {
        port.get("portid"): port.find("state")
        for port in ET.fromstring(wire.world.run(look(), on=host, limit="30s")).iter("port")
    }
    states = {port: state.get("state") for port, state in found.items() if state is not None}
    if scan == "-sO":
        assert {port: states[port] for port in ("1", "6", "17")} == {"1": "open", "6": "open", "17": "open"}
        assert states["132"] == "closed"  # protocol unreachable
    else:
        assert states == dict(zip((OPEN, CLOSED, DROPPED, REJECTED), _SCANS[scan], strict=True))
    assert [one for one in tshark.complaints(capture, only=f"ip.src == {OURS}") if "(RST)" not in one.what] == []
