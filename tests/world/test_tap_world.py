"""A world in real time, with pairs of sockets in the place of TAP devices; the real ones are in tests/tap."""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
import time
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path

import pytest

from michinori import TapWorld, TimedOut
from michinori.aio import ping
from michinori.link import TapDevice
from michinori.world import tap_world


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[TapWorld]:
    """A world in which the devices a1 and a2, b1 and b2 … are two ends of a wire outside."""
    far_ends: dict[str, int] = {}

    def open_pair(name: str, *, namespace: str = "", offload: bool = False) -> TapDevice:
        pair, end = name[0], name[1]
        number = far_ends.pop(pair, -1)
        if number < 0:
            near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            number, far_ends[pair] = near.detach(), far.detach()
        os.set_blocking(number, False)
        assert end in "12"
        return TapDevice(name, number, offload=offload)

    monkeypatch.setattr(tap_world, "open_tap", open_pair)
    with TapWorld(record=True) as made:
        yield made
    for number in far_ends.values():
        os.close(number)


async def upper(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write((await reader.read()).upper())
    writer.close()


async def ask(address: str, text: bytes) -> bytes:
    reader, writer = await asyncio.open_connection(address, 7)
    writer.write(text)
    writer.write_eof()
    answer = await reader.read()
    writer.close()
    return answer


@pytest.mark.rfc("6528", "4-1")
def test_sequence_numbers_are_by_the_luck_of_the_operating_system_unless_a_seed_is_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ends = (ip_address("10.99.0.1").packed, 49152), (ip_address("10.99.0.2").packed, 80)
    asked = []

    def luck(bits: int) -> int:
        asked.append(bits)
        return len(asked)

    def cookie(seed: int | None) -> bytes:
        """By the secret from which sequence numbers are made."""
        with TapWorld(seed) as made:
            return made.host("one").tcp.fast_open_cookies.cookie(*ends)

    monkeypatch.setattr(secrets, "randbits", luck)
    assert len({cookie(None), cookie(None), cookie(0)}) == 3
    assert asked == [256, 256]
    assert cookie(4711) == cookie(4711)


def test_hosts_meet_over_a_wire_outside(world: TapWorld, tmp_path: Path) -> None:
    one = world.tap_host("one", device="a1", address="10.99.0.1/24")
    two = world.tap_host("two", device="a2", address="10.99.0.2/24")

    async def serve() -> None:
        async with await asyncio.start_server(upper, port=7) as server:
            await server.serve_forever()

    two.spawn(serve())

    async def meet() -> None:
        assert (await ping(one, ip_address("10.99.0.2").packed, count=2, interval_s=0.01)).received == 2
        assert await ask("10.99.0.2", b"a" * 300_000) == b"A" * 300_000
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("10.99.0.2", 8)

    world.run(meet(), on=one, limit="30s")
    world.save_pcapng(tmp_path / "one.pcapng", one)
    world.save_trace(tmp_path / "trace.jsonl")
    assert world.recorder is not None
    events = list(world.recorder.read())
    assert {"announced", "learned"} <= {event.what for event in events if event.layer == "arp"}
    assert [event.t for event in events] == sorted(event.t for event in events)


def test_a_device_can_stand_at_the_end_of_a_line_with_faults(world: TapWorld) -> None:
    world.tap("a1")
    one = world.host("one", interfaces={"eth0": "10.99.0.1/24"})
    line = world.link(one, "a1", delay="5ms", loss="10%")
    two = world.tap_host("two", device="a2", address="10.99.0.2/24")

    async def both() -> bytes:
        await asyncio.start_server(upper, port=7)
        return b""

    world.run(both(), on=two)
    began = time.monotonic()
    assert world.run(ask("10.99.0.2", b"b" * 50_000), on=one, limit="60s") == b"B" * 50_000
    assert time.monotonic() - began >= 0.02
    assert line.name == "one--a1"


def test_a_run_has_no_limit_unless_told_and_then_it_counts_real_time(world: TapWorld) -> None:
    host = world.tap_host("one", device="a1")
    with pytest.raises(TimedOut, match=r"not done after 0\.02 s"):
        world.run(asyncio.sleep(60), on=host, limit="20ms")


def test_the_mac_is_the_same_in_every_run_and_the_luck_is_not(world: TapWorld) -> None:
    host = world.tap_host("one", device="a1")
    with TapWorld() as other:
        again = other.tap_host("one", device="a1")
        assert again.adapters["eth0"].mac == host.adapters["eth0"].mac
        assert other.seed != world.seed
    with TapWorld(seed=5) as third:
        assert third.seed == 5


def test_its_date_is_the_real_one(world: TapWorld) -> None:
    assert abs(world.epoch_ns - time.time_ns()) < 60 * 10**9


def test_names_are_taken_once(world: TapWorld) -> None:
    world.tap("a1")
    with pytest.raises(ValueError, match="there is a TAP device 'a1' already"):
        world.tap("a1")
    with pytest.raises(ValueError, match="there is a TAP device 'a1' already"):
        world.host("a1")


def test_a_world_that_never_ran_is_closed_too() -> None:
    world = TapWorld()
    world.host("one")
    world.close()
    world.close()


class Answers(asyncio.Protocol):
    """What the peer of ``two`` is told, in pieces, when its question has come."""

    def __init__(self, *pieces: bytes, reads_on: bool = True) -> None:
        self._pieces = pieces
        self._reads_on = reads_on

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        transport = self._transport
        if not self._reads_on:
            transport.pause_reading()
            asyncio.get_running_loop().call_later(0.05, self._answer)
        else:
            self._answer()

    def _answer(self) -> None:
        for piece in self._pieces:
            self._transport.write(piece)
        self._transport.close()


def sent_by(world: TapWorld, host: str) -> list[tuple[int, str]]:
    """The length and the flags of segments with text, FIN or RST."""
    assert world.recorder is not None
    sent = [event.data for event in world.recorder.read() if (event.host, event.what) == (host, "segment-sent")]
    return [(data["len"], data["flags"]) for data in sent if data["len"] or data["flags"].startswith(("FIN", "RST"))]


def meet(world: TapWorld, answers: Answers, *questions: bytes) -> bytes:
    """What ``one`` gets from ``two``, having asked so, each 20 ms after the last."""
    one = world.tap_host("one", device="a1", address="10.99.0.1/24")
    two = world.tap_host("two", device="a2", address="10.99.0.2/24")

    async def serve() -> None:
        async with await asyncio.get_running_loop().create_server(lambda: answers, port=7) as server:
            await server.serve_forever()

    two.spawn(serve())

    async def ask_all() -> bytes:
        reader, writer = await asyncio.open_connection("10.99.0.2", 7)
        for question in questions:
            writer.write(question)
            await asyncio.sleep(0.02)
        answer = b""
        try:
            while piece := await reader.read(1000):
                answer += piece
        except ConnectionResetError:
            pass
        writer.close()
        return answer

    return world.run(ask_all(), on=one, limit="30s")


def test_what_is_written_in_one_callback_goes_in_one_segment_and_the_fin_with_it(world: TapWorld) -> None:
    assert meet(world, Answers(b"a head, ", b"a body, ", b"the end"), b"?") == b"a head, a body, the end"
    assert sent_by(world, "two") == [(23, "FIN,PSH,ACK")]


def test_what_was_written_goes_before_the_reset_that_unread_text_brings_about(world: TapWorld) -> None:
    meet(world, Answers(b"too much", reads_on=False), b"?", b"more")
    assert sent_by(world, "two") == [(8, "PSH,ACK"), (0, "RST,ACK")]
