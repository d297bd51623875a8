"""Checksums and the cutting of segments left to the kernel, in one direction or both: every octet arrives, and what
the kernel sees has nothing wrong.
"""

from __future__ import annotations

import asyncio
import random
import struct
from pathlib import Path

import pytest
from tap_wire import Wire, sums, wrong_checksums

pytestmark = pytest.mark.peer

OCTETS = 8_000_000
WANTED = sums(OCTETS)


@pytest.mark.parametrize("mtu", [576, 1500, 9000])
def test_long_segments_arrive_whole_both_ways(unrecorded: Wire, mtu: int) -> None:
    wire = unrecorded
    wire.namespace.ip(f"tuntap add dev {wire.device} mode tap")
    wire.namespace.ip(f"link set {wire.device} mtu {mtu}")
    host = wire.host(offload=True)
    assert wire.world.run(wire.exchange(OCTETS), on=host, limit="60s") == WANTED
    assert wrong_checksums(wire) == 0
    counters = host.adapters["eth0"].counters
    assert set(counters.dropped) <= {"not-my-mac"}  # what the kernel says to all by IPv6
    # Both ways, far fewer frames than the line alone would take.
    for octets, frames in ((counters.rx_octets, counters.rx_frames), (counters.tx_octets, counters.tx_frames)):
        assert octets > OCTETS
        assert frames < octets / mtu


@pytest.mark.parametrize("whose", ["ours", "the kernel's"])
def test_in_one_direction_alone_it_works_as_well(unrecorded: Wire, whose: str) -> None:
    """As ``ethtool -K`` has it: the one side makes long segments, the other does not."""
    wire = unrecorded
    host = wire.host(offload=True)
    if whose == "ours":
        wire.namespace.ip(f"link set {wire.device} gso_max_size 1514 gso_max_segs 1")
    else:
        host.adapters["eth0"].segmenter = None
    assert wire.world.run(wire.exchange(OCTETS), on=host, limit="60s") == WANTED
    counters = host.adapters["eth0"].counters
    assert (counters.tx_frames < OCTETS / 1500) == (whose == "ours")
    assert (counters.rx_octets / counters.rx_frames > 1514) == (whose != "ours")


def test_what_the_kernel_cuts_is_right_where_it_is_looked_at(unrecorded: Wire) -> None:
    """The kernel as a router between a host of ours that leaves the cutting to it and one that does not: that one looks
    at each checksum, as does the first, which gets segments in long frames that the router has put together (GRO).
    """
    wire = unrecorded
    settings = {"namespace": wire.namespace.name}
    one = wire.world.tap_host("one", address="10.99.0.2/24", gateway="10.99.0.1", offload=True, **settings)
    two = wire.world.tap_host("two", device="mich1", address="10.98.0.2/24", gateway="10.98.0.1", **settings)
    wire.raise_kernel()
    for words in ("address add 10.98.0.1/24 dev mich1", "link set mich1 up"):
        wire.namespace.ip(words)
    wire.namespace.run("sysctl", "-qw", "net.ipv4.ip_forward=1")
    text = random.Random(3).randbytes(OCTETS)

    async def upside_down(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write((await reader.read())[::-1])
        writer.close()

    async def serve() -> None:
        async with await asyncio.start_server(upside_down, port=7, limit=1 << 20) as server:
            await server.serve_forever()

    async def ask() -> bytes:
        reader, writer = await asyncio.open_connection("10.98.0.2", 7)
        writer.write(text)
        writer.write_eof()
        answer = await reader.read()
        writer.close()
        return answer

    two.spawn(serve())
    assert wire.world.run(ask(), on=one, limit="60s") == text[::-1]
    long, short = one.adapters["eth0"].counters, two.adapters["eth0"].counters
    assert long.tx_frames < OCTETS / 1448 <= short.rx_frames
    assert short.rx_octets / short.rx_frames <= 1514


def test_a_device_that_was_left_by_somebody_with_offload_gives_ordinary_frames(unrecorded: Wire) -> None:
    """And behind a cable there are none but ordinary ones, with losses or without."""
    wire = unrecorded
    wire.namespace.ip(f"tuntap add dev {wire.device} mode tap")
    other = wire.world.tap(wire.device, namespace=wire.namespace.name, offload=True)
    assert other.offload
    wire.world.taps.pop(wire.device).close()
    host = wire.host_behind(delay="0us", loss="0.1%")
    assert wire.world.run(wire.exchange(OCTETS), on=host, limit="60s") == WANTED
    counters = host.adapters["eth0"].counters
    assert counters.rx_octets / counters.rx_frames < 1514
    assert "too-long" not in wire.world.taps[wire.device].counters.dropped


def test_a_capture_of_ours_shows_long_frames_with_right_checksums(wire: Wire, tmp_path: Path) -> None:
    """Theirs arrive as they are; while somebody watches ours are cut before they leave."""
    host = wire.host(offload=True)
    assert wire.world.run(wire.exchange(OCTETS), on=host, limit="60s") == WANTED
    capture = tmp_path / "ours.pcapng"
    wire.world.save_pcapng(capture, host)
    sent, received = [], []
    for source, total, is_right in tcp_frames(capture):
        (sent if source == wire.ours else received).append(total)
        assert is_right
    assert max(sent) <= 1500 < 20_000 < max(received)


def tcp_frames(path: Path) -> list[tuple[str, int, bool]]:
    """Of each frame with TCP: whose it is, its length without the Ethernet header, whether its checksum is right."""
    octets, at, frames = path.read_bytes(), 0, []
    while at < len(octets):
        kind, size = struct.unpack_from("<II", octets, at)
        if kind == 6:
            (length,) = struct.unpack_from("<I", octets, at + 20)
            frame = octets[at + 28 : at + 28 + length]
            if frame[12:14] == b"\x08\x00" and frame[23] == 6:
                (total,) = struct.unpack_from(">H", frame, 16)
                segment = frame[34 : 14 + total]
                summed = frame[26:34] + struct.pack(">HH", 6, len(segment)) + segment + bytes(len(segment) % 2)
                frames.append((".".join(map(str, frame[26:30])), total, int.from_bytes(summed, "big") % 0xFFFF == 0))
        at += size
    return frames
