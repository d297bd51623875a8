"""ARP as the kernel's side sees it: who is announced, who answers a probe, who defends an address (RFC 5227)."""

from __future__ import annotations

import asyncio

import pytest
from tap_wire import Wire

from michinori.wire import ethernet

pytestmark = pytest.mark.peer

#: Sends one ARP packet and tells what comes within half a second: by operation, sender's MAC and address, and target.
_SPEAK = """
import socket, struct, sys, time
device, mac, ours, op, sender, target = sys.argv[1:]
mac = bytes.fromhex(mac.replace(":", ""))
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0806)); s.bind((device, 0))
packed = socket.inet_aton
s.send(b"\\xff" * 6 + mac + b"\\x08\\x06" + struct.pack("!HHBBH", 1, 0x800, 6, 4, int(op))
       + mac + packed(sender) + bytes(6) + packed(target) + bytes(18))
end = time.monotonic() + 0.5
while (left := end - time.monotonic()) > 0:
    s.settimeout(left)
    try: frame = s.recv(100)
    except TimeoutError: break
    if frame[22:28].hex(":") != ours: continue
    of, about = socket.inet_ntoa(frame[28:32]), socket.inet_ntoa(frame[38:42])
    print(frame[0:6].hex(":"), int.from_bytes(frame[20:22], "big"), of, about)
"""
_STRANGER = "02:99:99:99:99:99"


def test_our_address_is_announced_when_we_come(wire: Wire) -> None:
    wire.namespace.ip(f"tuntap add dev {wire.device} mode tap")
    wire.raise_kernel()
    wire.namespace.run("sysctl", "-qw", f"net.ipv4.conf.{wire.device}.arp_accept=1")
    host = wire.world.tap_host("ours", device=wire.device, namespace=wire.namespace.name)

    async def come() -> None:
        await asyncio.sleep(0.1)

    wire.world.run(come(), on=host, limit="10s")
    known = wire.namespace.ip(f"neigh show {wire.ours}")  # the kernel has sent nothing to us yet
    assert ethernet.text(host.adapters["eth0"].mac) in known


def test_a_probe_is_answered_and_a_claim_is_answered_by_ours(wire: Wire) -> None:
    host = wire.host()
    mac = ethernet.text(host.adapters["eth0"].mac)
    seen: list[str] = []

    async def stranger_says(operation: int, sender: str) -> str:
        arguments = (wire.device, _STRANGER, mac, str(operation), sender, wire.ours)
        return await asyncio.to_thread(wire.namespace.python, _SPEAK, *arguments)

    async def meet() -> None:
        await asyncio.sleep(2.2)  # our address is announced twice, two seconds apart
        probed = await stranger_says(1, "0.0.0.0")
        assert probed == f"{_STRANGER} 2 {wire.ours} 0.0.0.0\n"
        claimed = await stranger_says(1, wire.ours)
        assert f"ff:ff:ff:ff:ff:ff 1 {wire.ours} {wire.ours}\n" in claimed  # to all: it is still ours
        seen.append(await stranger_says(1, wire.ours))

    wire.world.run(meet(), on=host, limit="10s")
    # Two that insist would shout for ever: within ten seconds it is defended once (RFC 5227 section 2.4).
    assert "ff:ff:ff:ff:ff:ff" not in seen[0]
    conflicts = [event for event in wire.world.recorder.read() if (event.layer, event.what) == ("arp", "conflict")]
    assert len(conflicts) == 2
