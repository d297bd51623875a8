"""The short ways of frames through hosts and routers make the same octets, at the same instants, as the careful ones.

A hook that lets everything pass makes the internet floor take its careful ways, and recording makes TCP walk through
every step of the RFC too. What the line between the routers carries says whether anything is different.
"""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from michinori import World
from michinori.link import Drop
from michinori.world.machine import Machine

#: What befalls the lines between hosts and routers: plain frames and unusual ones in all mixtures.
FAULTS = ("loss 3%", "corrupt 2%", "corrupt 2% fcs=right", "duplicate 4%", "reorder 5% 300us", "mark 5%")
PATTERN = bytes(range(251))
#: What is recorded: nothing, events and frames, or the frames of a host and a router alone.
RECORD: dict[str, bool | set[str]] = {"recorded": True, "kept": {"client", "r2"}}


def carried(
    how: str,
    sizes: tuple[int, int],
    *,
    seed: int = 0,
    mtu: int = 1500,
    queue: int = 1000,
    tcp: dict[str, Any] | None = None,
    faults: tuple[str, ...] = (),
    narrow: bool = False,
    captures: dict[str, list[bytes]] | None = None,
) -> list[tuple[int, str]]:
    """Send so much there and back between two hosts over two routers, and give every frame between the routers, with
    the instant at which it left. ``how``: "short", "hooked", "recorded" or "kept". ``narrow``: the line between the
    routers takes less, and the hosts let routers fragment. ``captures``: where those of a recorded world go.
    """
    frames: list[tuple[int, str]] = []

    def note(frame: bytes, start_ns: int, _dice: object) -> None:
        frames.append((start_ns, hashlib.sha256(frame).hexdigest()))

    up, down = sizes
    asked, answered = PATTERN * (up // 251 + 1), PATTERN[::-1] * (down // 251 + 1)
    with World(seed=seed, record=RECORD.get(how, False)) as world:
        client, server = world.host("client", tcp=tcp), world.host("server", tcp=tcp)
        r1, r2 = world.router("r1"), world.router("r2")
        near = world.link(client, r1, rate="1Gbit", delay="10us", mtu=mtu)
        middle = world.link(r1, r2, rate="100Mbit", delay="1ms", mtu=mtu - 300 * narrow, queue=queue)
        far = world.link(r2, server, rate="1Gbit", delay="10us", mtu=mtu)
        middle.cable.fault(note)
        client.path_mtu_discovery = server.path_mtu_discovery = not narrow
        for fault in faults:
            near.fault(fault)
            far.fault(fault)
        if how == "hooked":
            for machine in world.machines.values():
                hooks = machine.internet.hooks
                for hook in (hooks.prerouting, hooks.input, hooks.forward, hooks.output, hooks.postrouting):
                    hook.append(lambda _: None)

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            assert await reader.readexactly(up) == asked[:up]
            writer.write(answered[:down])
            writer.close()

        async def serve() -> None:
            async with await asyncio.start_server(answer, port=80) as listener:
                await listener.serve_forever()

        async def fetch() -> None:
            reader, writer = await asyncio.open_connection("server", 80)
            writer.write(asked[:up])
            assert await reader.read(-1) == answered[:down]
            writer.close()
            await asyncio.sleep(1)

        server.spawn(serve())
        world.run(fetch(), on=client)
        if captures is not None and world.recorder is not None:
            captures[how] = [_capture(world, host) for host in ("client", "r2")]
    return frames


def _capture(world: World, host: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "capture.pcapng")
        world.save_pcapng(path, host)
        return path.read_bytes()


@given(
    sizes=st.tuples(st.integers(0, 100_000), st.integers(1, 100_000)),
    seed=st.integers(0, 2**32),
    mtu=st.sampled_from([576, 1500, 9000]),
    queue=st.sampled_from([5, 20, 1000]),
    faults=st.lists(st.sampled_from(FAULTS), max_size=2, unique=True),
    tcp=st.fixed_dictionaries(
        {},
        optional={
            "timestamps": st.booleans(),
            "sack": st.booleans(),
            "ecn": st.booleans(),
            "congestion": st.sampled_from(["cubic", "reno"]),
            "delayed_ack_ns": st.sampled_from([0, 40_000_000]),
            "receive_buffer": st.sampled_from([3000, 20_000]),
        },
    ),
)
@settings(max_examples=30, deadline=None)
def test_short_ways_carry_the_octets_of_the_careful_ways(sizes, seed, mtu, queue, faults, tcp):
    captures: dict[str, list[bytes]] = {}
    short, hooked, recorded, kept = [
        carried(how, sizes, seed=seed, mtu=mtu, queue=queue, faults=tuple(faults), tcp=tcp, captures=captures)
        for how in ("short", "hooked", "recorded", "kept")
    ]
    assert short == hooked
    assert short == recorded
    assert short == kept
    assert captures["kept"] == captures["recorded"]


@pytest.mark.parametrize(
    "line",
    [
        {"narrow": True},
        {"narrow": True, "tcp": {"ecn": True}, "faults": ("mark 20%",)},
        {"tcp": {"ecn": True}, "faults": ("mark 20%",)},
        {"faults": ("loss 10%", "duplicate 10%")},
    ],
    ids=["fragments", "marked-fragments", "marks", "losses"],
)
def test_unusual_packets_are_left_to_the_careful_way(line):
    short, hooked = [carried(how, (100_000, 100_000), **line) for how in ("short", "hooked")]
    assert short == hooked


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_no_damaged_bit_passes(data):
    """Both checksums are looked at on the short way too: a frame of an established connection, with any bit of its
    packet turned over, changes nothing.
    """
    frames: list[bytes] = []

    def keep(frame: bytes, _start_ns: int, _dice: object) -> Drop | None:
        frames.append(frame)
        return Drop("fault:kept") if b"first" in heard else None

    heard = bytearray()

    def only_whole_is_taken(machine: Machine, frame: bytes) -> None:
        (flow,) = machine.tcp._flows.values()
        before = flow.connection.info()
        at = data.draw(st.integers(14 * 8, len(frame) * 8 - 1))
        damaged = bytearray(frame)
        damaged[at // 8] ^= 0x80 >> at % 8
        machine.adapters["eth0"].receive(bytes(damaged))
        assert flow.connection.info() == before
        machine.adapters["eth0"].receive(frame)
        assert flow.connection.info() != before

    with World() as world:
        client, server = world.host("client"), world.host("server")
        world.link(client, server).cable.fault(keep)

        async def swallow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            heard.extend(await reader.readexactly(5))
            await reader.read(-1)
            writer.close()

        async def serve() -> None:
            async with await asyncio.start_server(swallow, port=80) as listener:
                await listener.serve_forever()

        async def ask() -> None:
            _, writer = await asyncio.open_connection("server", 80)
            writer.write(b"first")
            await asyncio.sleep(0.1)
            writer.write(b"x" * data.draw(st.sampled_from([1, 2, 701])))
            text = frames[-1]
            only_whole_is_taken(server, text)
            await asyncio.sleep(0.05)
            assert len(frames[-1]) == 66 != len(text)  # the ACK
            only_whole_is_taken(client, frames[-1])
            heard.clear()
            writer.close()
            await asyncio.sleep(0.1)

        server.spawn(serve())
        world.run(ask(), on=client)


def test_the_same_world_gives_the_same_capture_again(tmp_path):
    """Of a world whose queues run over: what is dropped, sent again and put in order is the same each time."""
    digests = []
    for n in range(2):
        with World(seed=7, record={"client"}) as world:
            client, router, server = world.host("client"), world.router("router"), world.host("server")
            world.link(client, router, rate="1Gbit", delay="10us")
            world.link(router, server, rate="50Mbit", delay="2ms", queue=20)

            async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                writer.write(PATTERN * 2000)
                writer.close()

            async def serve(answer: Any = answer) -> None:
                async with await asyncio.start_server(answer, port=80) as listener:
                    await listener.serve_forever()

            async def fetch() -> int:
                reader, writer = await asyncio.open_connection("server", 80)
                got = len(await reader.read(-1))
                writer.close()
                return got

            async def fetch_all(fetch: Any = fetch) -> list[int]:
                return list(await asyncio.gather(*(fetch() for _ in range(4))))

            server.spawn(serve())
            assert world.run(fetch_all(), on=client) == [len(PATTERN) * 2000] * 4
            assert world.recorder is not None
            world.recorder.save_capture(tmp_path / f"{n}.pcapng", "client")
        digests.append(hashlib.sha256((tmp_path / f"{n}.pcapng").read_bytes()).hexdigest())
    assert digests[0] == digests[1]
