"""Attacks from off the path: who speaks in another's name without seeing the answers (RFC 5961, RFC 6528, RFC 5927)."""

from __future__ import annotations

import asyncio
from random import Random

import pytest
from fuzzing import crafting
from neighbourhood import FRIEND, SINK_PORT, VICTIM, Scene

from michinori.wire.tcp import ACK, PSH, RST, SYN

MASK = 0xFFFF_FFFF


@pytest.mark.rfc("5961", "3.2-1")
def test_resets_outside_of_the_window_are_dropped(scene: Scene) -> None:
    async def attack(scene: Scene) -> None:
        peer, rcv = scene.healthy.remote, scene.healthy.connection._tcb.rcv
        away = (rcv.wire(rcv.nxt) + (1 << 30)) & MASK
        await scene.flood(scene.segment(peer, SINK_PORT, away + step, 0, RST) for step in range(1000))

    assert scene.suffers(attack) > 0.5
    assert scene.refused("tcp", "outside-window") > 800


@pytest.mark.rfc("5961", "3.2-3", "3.2-4", "7-1")
def test_resets_within_the_window_are_challenged_and_challenges_are_few(scene: Scene) -> None:
    async def attack(scene: Scene) -> None:
        peer = scene.healthy.remote
        for _ in range(1000):
            rcv = scene.healthy.connection._tcb.rcv
            scene.inject(scene.segment(peer, SINK_PORT, rcv.wire(rcv.edge - 1), 0, RST))
            await asyncio.sleep(0.001)

    assert scene.suffers(attack) > 0.5
    assert scene.refused("tcp", "rst") > 300, "the others were outside when they came"
    assert scene.healthy.connection._tcb.totals.challenges <= 10


@pytest.mark.rfc("5961", "4.2-1", "4.2-2")
def test_syns_into_the_connection_are_challenged(scene: Scene) -> None:
    async def attack(scene: Scene) -> None:
        peer, dice = scene.healthy.remote, Random(1)
        await scene.flood(scene.segment(peer, SINK_PORT, dice.getrandbits(32), 0, SYN) for _ in range(1000))

    assert scene.suffers(attack) > 0.5
    assert scene.refused("tcp", "outside-window") + scene.refused("tcp", "syn") + scene.refused("tcp", "paws") > 800


@pytest.mark.rfc("5961", "5.2-1", "5.2-2")
def test_text_with_a_guessed_acknowledgment_is_dropped(make_scene) -> None:
    """Into the middle of the window, so that it is looked at, and without time stamps, which would stop it before."""
    scene = make_scene(tcp={"timestamps": False})

    async def attack(scene: Scene) -> None:
        peer, dice = scene.healthy.remote, Random(2)
        for _ in range(1000):
            rcv = scene.healthy.connection._tcb.rcv
            ack = dice.getrandbits(32)
            evil = scene.segment(peer, SINK_PORT, rcv.wire(rcv.nxt + 60_000), ack, ACK | PSH, text=b"evil" * 10)
            scene.inject(evil)
            await asyncio.sleep(0.001)

    assert scene.suffers(attack) > 0.5
    assert scene.refused("tcp", "ack") > 700, "challenged: neither sent nor as old as a window"
    assert scene.healthy.connection._tcb.totals.challenges <= 10


@pytest.mark.rfc("7323", "3.2-5")
def test_time_stamps_are_a_second_secret(scene: Scene) -> None:
    """Sequence number and acknowledgment are right, but the segments lack the option that was agreed upon."""

    async def attack(scene: Scene) -> None:
        peer = scene.healthy.remote
        for _ in range(500):
            tcb = scene.healthy.connection._tcb
            seq, ack = tcb.rcv.wire(tcb.rcv.nxt), tcb.snd.wire(tcb.snd.nxt)
            scene.inject(scene.segment(peer, SINK_PORT, seq, ack, ACK | PSH, text=b"evil"))
            await asyncio.sleep(0.002)

    assert scene.suffers(attack) > 0.5
    assert scene.refused("tcp", "no-timestamps") > 400


def test_a_connection_in_the_name_of_another_needs_a_number_that_nobody_tells(scene: Scene) -> None:
    """Mitnick's attack: a SYN in the friend's name, then ACKs of guessed numbers."""
    spoofed = (FRIEND, 1023)

    async def attack(scene: Scene) -> None:
        dice = Random(3)
        scene.inject(scene.segment(spoofed, SINK_PORT, 1000, 0, SYN))
        guesses = (dice.getrandbits(32) for _ in range(900))
        await scene.flood(scene.segment(spoofed, SINK_PORT, 1001, guess, ACK | PSH, text=b"+ +\n") for guess in guesses)

    assert scene.suffers(attack) > 0.5
    names = [info for info in scene.victim.sockets() if info.remote == spoofed]
    assert all(info.state == "SYN-RECEIVED" for info in names)


def test_two_ends_at_odds_do_not_storm(scene: Scene) -> None:
    """Text that only one end has got puts both out of step: each takes the other's ACK for impossible and says so."""

    async def run() -> int:
        _, writer = await asyncio.open_connection("victim", SINK_PORT)
        await asyncio.sleep(1)
        tcb = scene.healthy.connection._tcb
        stamp = tcb.rcv.stamp.to_bytes(4, "big") + tcb.stamp_now(scene.world.now_ns).to_bytes(4, "big")
        seq, ack = tcb.rcv.wire(tcb.rcv.nxt), tcb.snd.wire(tcb.snd.nxt)
        options = b"\1\1\x08\x0a" + stamp
        evil = scene.segment(scene.healthy.remote, SINK_PORT, seq, ack, ACK | PSH, text=b"evil", options=options)
        scene.inject(evil)
        before = tcb.totals.segments_out
        await asyncio.sleep(60)
        assert scene.carried == 4, "who knows both numbers and the time stamp is the peer"
        storm = tcb.totals.segments_out - before
        writer.transport.abort()
        return storm

    # Ten challenges in five seconds at each end, and no more: sixty seconds, both directions, the first ACK.
    assert scene.world.run(run(), on=scene.friend) <= 2 * 10 * 12 + 1
    assert scene.world.recorder is not None


def test_forged_path_mtus_are_not_believed_blindly(scene: Scene) -> None:
    """The quotation names the connection, but not a segment that is under way (RFC 5927 section 4.1)."""

    async def attack(scene: Scene) -> None:
        flow = scene.healthy
        for guess in range(500):
            quoted = crafting.tcp(flow.local, flow.remote, guess << 20, 0, ACK)
            about = crafting.ip(VICTIM, FRIEND, crafting.TCP, quoted, fragment=0x4000)[:28]
            message = crafting.icmp(3, 4, (68, 296, 1000)[guess % 3].to_bytes(4, "big"), about)
            scene.inject(crafting.ip(bytes((198, 51, 100, 7)), VICTIM, crafting.ICMP, message))
            await asyncio.sleep(0.002)

    assert scene.suffers(attack) > 0.5
    assert scene.refused("icmp", "icmp-not-believed") > 400
    assert scene.victim.internet.path_mtu(FRIEND) == 1500


def test_icmp_errors_never_end_an_established_connection(scene: Scene) -> None:
    """Not even with the right numbers: hard errors are soft ones there (RFC 5461), source quench is dead (RFC 6633)."""

    async def attack(scene: Scene) -> None:
        for kind, code in ((3, 1), (3, 3), (3, 2), (4, 0), (11, 0), (12, 0)) * 50:
            flow = scene.healthy
            seq = flow.connection._tcb.snd.wire(flow.connection._tcb.snd.nxt)
            quoted = crafting.tcp(flow.local, flow.remote, seq, 0, ACK)
            about = crafting.ip(VICTIM, FRIEND, crafting.TCP, quoted)[:28]
            scene.inject(crafting.ip(FRIEND, VICTIM, crafting.ICMP, crafting.icmp(kind, code, bytes(4), about)))
            await asyncio.sleep(0.002)

    assert scene.suffers(attack) > 0.5
    assert scene.refused("icmp", "received") > 200


def test_redirects_are_not_followed(scene: Scene) -> None:
    async def attack(scene: Scene) -> None:
        about = crafting.ip(VICTIM, FRIEND, crafting.TCP, bytes(8))
        message = crafting.icmp(5, 1, bytes((10, 9, 0, 66)), about)
        await scene.flood(crafting.ip(bytes((10, 9, 0, 3)), VICTIM, crafting.ICMP, message) for _ in range(500))

    before = len(list(scene.victim.internet.routes))
    assert scene.suffers(attack) > 0.5
    assert len(list(scene.victim.internet.routes)) == before
    assert scene.refused("icmp", "icmp-redirect") > 400
