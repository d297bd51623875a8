"""``TCP_INFO`` of a host's socket: the struct that Linux has, by the offsets of ``linux/tcp.h``."""

from __future__ import annotations

import asyncio
import socket
import struct
import sys

import pytest
from small_world import SERVER, SmallWorld

from michinori.aio.host_socket import HostSocket
from michinori.aio.tcp_info import OCTETS
from michinori.host import Host

#: ``offsetof(struct tcp_info, ...)``, and the size of the member.
OFFSETS = {
    "state": (0, 1), "ca_state": (1, 1), "options": (5, 1), "wscale": (6, 1), "rto": (8, 4), "ato": (12, 4),
    "snd_mss": (16, 4), "unacked": (24, 4), "sacked": (28, 4), "lost": (32, 4), "pmtu": (60, 4), "rtt": (68, 4),
    "rttvar": (72, 4), "snd_ssthresh": (76, 4), "snd_cwnd": (80, 4), "advmss": (84, 4), "reordering": (88, 4),
    "total_retrans": (100, 4), "pacing_rate": (104, 8), "bytes_acked": (120, 8), "bytes_received": (128, 8),
    "segs_out": (136, 4), "segs_in": (140, 4), "notsent_bytes": (144, 4), "min_rtt": (148, 4), "data_segs_in": (152, 4),
    "data_segs_out": (156, 4), "delivery_rate": (160, 8), "busy_time": (168, 8), "rwnd_limited": (176, 8),
    "sndbuf_limited": (184, 8), "delivered": (192, 4), "delivered_ce": (196, 4), "bytes_sent": (200, 8),
    "bytes_retrans": (208, 8), "snd_wnd": (228, 4), "rcv_rtt": (92, 4), "total_rto": (240, 2),
    "total_rto_recoveries": (242, 2), "total_rto_time": (244, 4),
}  # fmt: skip


def read(octets: bytes) -> dict[str, int]:
    return {name: int.from_bytes(octets[at : at + size], "little") for name, (at, size) in OFFSETS.items()}


def info_of(held: HostSocket) -> dict[str, int]:
    octets = held.getsockopt(socket.IPPROTO_TCP, 11, 1000)
    assert len(octets) == OCTETS == 248
    return read(octets)


def test_what_a_transfer_leaves_behind(world: SmallWorld) -> None:
    async def serve() -> None:
        async def swallow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            got = await reader.readexactly(100_000)
            writer.write(got[:5000])
            await reader.read()
            writer.close()

        async with await asyncio.start_server(swallow, port=80) as listener:
            await listener.serve_forever()

    async def talk() -> dict[str, int]:
        reader, writer = await asyncio.open_connection(SERVER, 80)
        writer.write(bytes(100_000))
        await reader.readexactly(5000)
        await asyncio.sleep(1)
        held = writer.get_extra_info("socket")
        info = read(held.getsockopt(socket.IPPROTO_TCP, 11, OCTETS))
        writer.close()
        return info

    world.spawn(serve())
    info = world.run(talk())
    # Time stamps, SACK and window scale, and no ECN; both shifts are 7.
    assert (info["state"], info["ca_state"], info["options"], info["wscale"]) == (1, 0, 7, 0x77)
    assert (info["snd_mss"], info["advmss"], info["pmtu"]) == (1448, 1460, 1500)
    assert 24_000 <= info["min_rtt"] <= info["rtt"] <= 70_000
    assert info["rto"] >= 200_000
    assert (info["bytes_acked"], info["bytes_received"], info["bytes_sent"]) == (100_000, 5000, 100_000)
    assert (info["unacked"], info["notsent_bytes"], info["total_retrans"], info["bytes_retrans"]) == (0, 0, 0, 0)
    assert info["data_segs_out"] == info["delivered"] - 1 == -(-100_000 // 1448)
    assert info["data_segs_in"] == 4
    assert info["snd_cwnd"] > 10
    assert info["snd_ssthresh"] == 0x7FFF_FFFF
    assert info["pacing_rate"] == 2**64 - 1
    # Four rounds of slow start at 24 ms each took the hundred kilobytes.
    assert 60_000 < info["busy_time"] < 200_000
    assert 100_000 < info["delivery_rate"] < 10_000_000


def test_what_is_on_the_way_and_what_is_not_yet_sent(world: SmallWorld) -> None:
    ours, _ = world.connected()
    held = HostSocket(world.client, kernel=ours)
    world.access.cut()
    assert held.kernel.write(bytes(100_000)) == 100_000  # type: ignore[union-attr]
    info = info_of(held)
    assert info["unacked"] == info["snd_cwnd"] == 10
    assert info["notsent_bytes"] == 100_000 - 10 * 1448
    world.pass_time(1)
    info = info_of(held)
    assert (info["ca_state"], info["snd_cwnd"]) == (4, 1)
    assert info["lost"] == info["unacked"] == 11  # ten, and the probe of the tail
    assert info["total_retrans"] >= 1
    assert info["bytes_retrans"] == info["total_retrans"] * 1448


def test_what_has_held_text_back(world: SmallWorld) -> None:
    """First the peer, whose application reads nothing; then nothing; then the own buffer; and always the path."""
    ours, theirs = world.connected()
    held = HostSocket(world.client, kernel=ours)
    began = info_of(held)
    assert (began["busy_time"], began["rwnd_limited"], began["sndbuf_limited"]) == (0, 0, 0)
    taken = ours.write(bytes(400_000))
    world.pass_time(3)
    stuck = info_of(held)
    assert stuck["notsent_bytes"] > 0
    assert stuck["busy_time"] == 3_000_000
    assert 2_000_000 < stuck["rwnd_limited"] < stuck["busy_time"]
    left = taken
    while left:
        left -= len(theirs.read(1 << 20))
        world.pass_time(0.1)
    idle = info_of(held)
    assert idle["rwnd_limited"] - stuck["rwnd_limited"] < 500_000
    world.pass_time(5)
    assert info_of(held)["busy_time"] == idle["busy_time"] > stuck["busy_time"]
    assert info_of(HostSocket(world.server, kernel=theirs))["rcv_rtt"] > 24_000


def test_what_the_own_buffer_has_held_back(world: SmallWorld) -> None:
    ours, theirs = world.connected()
    held = HostSocket(world.client, kernel=ours)
    held.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    theirs.on_readable = lambda: theirs.read(1 << 20) and None
    left = bytes(100_000)
    while left:
        left = left[ours.write(left) :]
        world.pass_time(0.001)
    info = info_of(held)
    assert info["sndbuf_limited"] > info["busy_time"] // 2 > 0
    assert info["rwnd_limited"] == 0


def test_time_outs_are_counted_and_timed(world: SmallWorld) -> None:
    ours, theirs = world.connected()
    held = HostSocket(world.client, kernel=ours)
    world.access.cut()
    ours.write(b"x")
    world.pass_time(2)
    info = info_of(held)
    assert info["total_rto"] >= 2
    assert info["total_rto_recoveries"] == 1
    assert 1000 < info["total_rto_time"] < 2000
    world.access.mend()
    world.pass_time(10)
    assert theirs.read(10) == b"x"
    after = info_of(held)
    assert info["total_rto_time"] < after["total_rto_time"] < 6000
    world.access.cut()
    ours.write(b"y")
    world.pass_time(1)
    assert info_of(held)["total_rto_recoveries"] == 2


def test_states_without_a_connection(world: SmallWorld) -> None:
    host: Host = world.client
    held = HostSocket(host)
    assert info_of(held)["state"] == 7
    held.bind(("0.0.0.0", 80))
    held.listen(5)
    info = info_of(held)
    assert (info["state"], info["unacked"], info["sacked"]) == (10, 0, 5)
    with pytest.raises(OSError, match="Protocol not available"):
        HostSocket(host, type=socket.SOCK_DGRAM).getsockopt(socket.IPPROTO_TCP, 11, 100)


@pytest.mark.skipif(sys.platform != "linux", reason="the struct is Linux's")
def test_the_kernel_of_this_machine_has_the_same_struct() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=5) as listener:
        with socket.create_connection(listener.getsockname()) as client:
            accepted, _ = listener.accept()
            with accepted:
                client.sendall(bytes(1000))
                assert len(accepted.recv(1000, socket.MSG_WAITALL)) == 1000
                info = read(client.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1000).ljust(OCTETS, b"\0"))
                assert (info["state"], info["bytes_sent"], info["data_segs_out"]) == (1, 1000, 1)
                assert info["advmss"] == info["pmtu"] - 40 or info["advmss"] == 65483
                assert read(accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1000))["bytes_received"] == 1000
        listening = read(listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1000))
        assert (listening["state"], listening["sacked"]) == (10, 5)


def test_offsets_are_those_of_the_compiler() -> None:
    assert struct.calcsize("=8B24I4Q6I4Q2I2Q6I2HI") == 248


def test_the_series_in_the_trace_follows_the_connection(recorded: SmallWorld) -> None:
    ours, theirs = recorded.connected()
    ours.write(bytes(100_000))
    recorded.pass_time(0.011)
    recorded.access.cut()
    recorded.pass_time(3)
    recorded.access.mend()
    recorded.pass_time(10)
    ours.close()
    recorded.pass_time(1)  # another state, which is told at once, when all has been acknowledged
    assert theirs.read(1 << 20) == bytes(100_000)
    series = [event.data for event in recorded.events("tcp", "info", "client")]
    assert list(dict.fromkeys(data["state"] for data in series))[:2] == ["SYN-SENT", "ESTABLISHED"]
    assert {"open", "loss"} <= {data["ca_state"] for data in series}
    times = [event.t for event in recorded.events("tcp", "info", "client")]
    assert times == sorted(times)
    assert all(data["in_flight"] == data["snd_nxt"] - data["snd_una"] for data in series)
    assert [data["snd_una"] for data in series] == sorted(data["snd_una"] for data in series)
    assert max(data["octets_acked"] for data in series) == 100_000
    # Every back-off is told: the time-out doubles.
    waits = list(dict.fromkeys(data["rto_ns"] for data in series if data["ca_state"] == "loss"))
    assert waits[1] == 2 * waits[0]
    # No more than one a round trip, but for what is told at once.
    segments = len(recorded.events("tcp", "segment-received", "client"))
    assert len(series) < segments
