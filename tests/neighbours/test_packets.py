"""Attacks by packets and frames: fragments, broadcasts, ICMP, options of IP, ARP, and hosts in the middle."""

from __future__ import annotations

import asyncio
from random import Random

import pytest
from fuzzing import crafting
from fuzzing.shapes import IP_OPTIONS
from neighbourhood import ATTACKER, FRIEND, NOWHERE, VICTIM, Scene

from michinori.inet.ipv4.fragments import MOST_OCTETS
from michinori.inet.neighbours import MOST_NEIGHBOURS

MORE = 0x2000
PAYLOAD = crafting.udp((NOWHERE, 4000), (VICTIM, 7), bytes(3000))


def piece(start: int, end: int, number: int, *, last: bool = False, data: bytes = PAYLOAD) -> bytes:
    fragment = start // 8 | (0 if last else MORE)
    return crafting.ip(NOWHERE, VICTIM, crafting.UDP, data[start:end], identification=number, fragment=fragment)


def teardrop(number: int) -> list[bytes]:
    """The second lies inside the first, so that a naive length becomes negative."""
    return [piece(0, 64, number), piece(24, 32, number, last=True)]


def rewriting(number: int) -> list[bytes]:
    """The ports of the first fragment are exchanged when a firewall has seen them (RFC 3128)."""
    other = crafting.udp((NOWHERE, 4000), (VICTIM, 22), bytes(3000))
    return [piece(0, 64, number), piece(0, 64, number, data=other), piece(64, 128, number, last=True)]


def death(number: int) -> list[bytes]:
    """Together longer than a packet can be."""
    end = crafting.ip(NOWHERE, VICTIM, crafting.UDP, bytes(100), identification=number, fragment=0x1FFE)
    return [piece(0, 64, number), end]


@pytest.mark.parametrize(
    ("attack_of", "reason"),
    [(teardrop, "fragment-overlap"), (rewriting, "fragment-overlap"), (death, "fragment-offset")],
)
def test_fragments_that_lie_are_dropped_whole(scene: Scene, attack_of, reason: str) -> None:
    async def attack(scene: Scene) -> None:
        for number in range(300):
            for packet in attack_of(number):
                scene.hand(packet)
            await asyncio.sleep(0.003)

    assert scene.suffers(attack) > 0.5
    assert scene.refused("ip", reason) >= 300
    assert scene.told["ip", "reassembled"] == 0
    scene.pass_time(40)
    assert scene.victim.internet._arrivals.reassembler.octets == 0


def test_fragments_without_end_are_bounded(make_scene) -> None:
    scene = make_scene(record=False)

    async def attack(scene: Scene) -> None:
        for number in range(9000):
            scene.hand(piece(0, 1480, number))
            if number % 50 == 0:
                await asyncio.sleep(0.001)

    assert scene.suffers(attack) > 0.5
    assert scene.victim.internet._arrivals.reassembler.octets > MOST_OCTETS * 0.9
    assert scene.victim.internet.drops["fragment-memory"] > 5000
    scene.pass_time(40)
    assert len(scene.victim.internet._arrivals.reassembler) == 0


def test_nobody_is_made_to_answer_a_broadcast(scene: Scene) -> None:
    """Smurf and fraggle: an echo request and a datagram to all, in the name of who is to be flooded."""

    async def attack(scene: Scene) -> None:
        ping = crafting.icmp(8, 0, bytes(4), b"flood")
        for number in range(300):
            dst = bytes((10, 9, 0, 255)) if number % 2 else bytes((255, 255, 255, 255))
            scene.inject(crafting.ip(NOWHERE, dst, crafting.ICMP, ping), to=b"\xff" * 6)
            datagram = crafting.udp((NOWHERE, 7), (dst, 9), b"flood")
            scene.inject(crafting.ip(NOWHERE, dst, crafting.UDP, datagram), to=b"\xff" * 6)
            scene.inject(crafting.ip(NOWHERE, VICTIM, crafting.ICMP, ping), to=b"\xff" * 6)
            await asyncio.sleep(0.003)

    assert scene.suffers(attack) > 0.5
    assert scene.refused("ip", "link-broadcast") > 150, "unicast in a broadcast frame"
    assert scene.refused("icmp", "echo-to-many") > 150
    from_victim = [frame for frame in scene.answers if frame[26:30] == VICTIM and frame[30:34] == NOWHERE]
    assert from_victim == []


def test_reports_are_limited(scene: Scene) -> None:
    """To a stranger who makes us complain, six at once and one a second."""

    async def attack(scene: Scene) -> None:
        datagram = crafting.udp((NOWHERE, 7), (VICTIM, 9), b"anybody?")
        await scene.flood(crafting.ip(NOWHERE, VICTIM, crafting.UDP, datagram) for _ in range(1000))

    assert scene.suffers(attack) > 0.5
    assert scene.refused("icmp", "rate-limit") > 700
    assert len([frame for frame in scene.answers if frame[23] == crafting.ICMP]) <= 8


def test_options_of_ip_do_no_harm(scene: Scene) -> None:
    async def attack(scene: Scene) -> None:
        dice = Random(6)
        for _ in range(800):
            options = dice.choice(IP_OPTIONS)
            datagram = crafting.udp((NOWHERE, 7), (VICTIM, 9), b"")
            scene.inject(crafting.ip(NOWHERE, VICTIM, crafting.UDP, datagram, options=options))
            await asyncio.sleep(0.001)

    assert scene.suffers(attack) > 0.5
    assert scene.refused("ip", "source-route") > 50
    assert scene.refused("ip", "option-length") > 50


def test_a_flood_of_arp_is_bounded_and_pushes_nobody_out(scene: Scene) -> None:
    async def attack(scene: Scene) -> None:
        for number in range(2000):
            claimed = bytes((10, 9, 1 + number // 250, 1 + number % 250))
            message = crafting.arp(1, b"\2\xee\0\0" + number.to_bytes(2, "big"), claimed, bytes(6), VICTIM)
            scene.inject(message, ethertype=crafting.ARP)
            await asyncio.sleep(0.0004)

    assert scene.suffers(attack) > 0.5
    rows = scene.victim.internet.interfaces[0].neighbours.rows()
    assert len(rows) == MOST_NEIGHBOURS
    assert "10.9.0.2" in {row.address for row in rows}


def test_arp_makes_no_entry_for_who_does_not_speak_to_us_and_changes_are_told(scene: Scene) -> None:
    """RFC 826 believes a claim about an address that is known: that is told, and a permanent entry is the remedy."""

    async def attack(scene: Scene) -> None:
        evil = b"\2\xee\0\0\0\1"
        for number in range(200):
            scene.inject(crafting.arp(2, evil, FRIEND, scene.victim_mac, VICTIM), ethertype=crafting.ARP)
            gossip = crafting.arp(1, evil, bytes((10, 9, 0, 50 + number)), bytes(6), ATTACKER)
            scene.inject(gossip, ethertype=crafting.ARP, to=b"\xff" * 6)
            scene.inject(crafting.arp(1, evil, VICTIM, bytes(6), FRIEND), ethertype=crafting.ARP)
            await asyncio.sleep(0.004)

    neighbours = scene.victim.internet.interfaces[0].neighbours
    neighbours.set_permanent(FRIEND, scene.friend.adapters["eth0"].mac)
    assert scene.suffers(attack) > 0.5
    assert {row.address for row in neighbours.rows()} <= {"10.9.0.2", "10.9.0.3", "255.255.255.255", "10.9.0.255"}
    assert scene.told["arp", "conflict"] > 100
    assert scene.told["arp", "announced"] == 1, "defended once in ten seconds"
    neighbours.forget(FRIEND)
    neighbours.heard(FRIEND, b"\2\xee\0\0\0\1", answer=False, create=True)
    assert scene.world.recorder is not None
    last = [event for event in scene.world.recorder.read() if (event.layer, event.what) == ("arp", "learned")][-1]
    assert (last.host, last.data["mac"]) == ("victim", "02:ee:00:00:00:01")
