"""Attacks on memory and patience: floods of SYNs, tiny segments, islands, closed windows, many connections."""

from __future__ import annotations

import asyncio
from random import Random

import pytest
from fuzzing import crafting
from fuzzing.limits import bounds
from neighbourhood import NOWHERE, SINK_PORT, VICTIM, Scene

from michinori.http import serve
from michinori.http.server_limits import ServerLimits
from michinori.wire.tcp import ACK, SYN

SYN_OPTIONS = bytes.fromhex("020405b4")


@pytest.mark.parametrize(("cookies", "reason"), [(True, "syn-cookie-sent"), (False, "syn-dropped")])
def test_a_flood_of_syns_costs_an_established_connection_nothing(make_scene, cookies: bool, reason: str) -> None:
    scene = make_scene(tcp={"syn_backlog": 64, "syn_cookies": cookies})

    async def attack(scene: Scene) -> None:
        dice = Random(4)
        for _ in range(1000):
            src = (bytes((203, 0, 113, dice.randrange(1, 255))), dice.randrange(1024, 65536))
            scene.inject(scene.segment(src, SINK_PORT, dice.getrandbits(32), 0, SYN, options=SYN_OPTIONS))
            await asyncio.sleep(0.001)

    assert scene.suffers(attack) > 0.5
    assert scene.told["tcp", reason] > 500
    assert len([info for info in scene.victim.sockets() if info.state == "SYN-RECEIVED"]) <= 64
    scene.pass_time(130)
    assert not [info for info in scene.victim.sockets() if info.state == "SYN-RECEIVED"], "they have timed out"


class Stranger:
    """A peer of the victim's that speaks TCP by hand, without time stamps, from behind the attacker."""

    def __init__(self, scene: Scene, port: int, own_port: int, window: int = 65535) -> None:
        self.scene, self.port, self.end, self.window = scene, port, (NOWHERE, own_port), window
        self.seq = self.ack = 0

    async def connect(self) -> None:
        """The handshake; what the victim answers is found among what came back."""
        self.say(flags=SYN, options=SYN_OPTIONS)
        while not self.ack:
            await asyncio.sleep(0.001)
            for frame in self.scene.answers:
                if frame[30:34] == NOWHERE and int.from_bytes(frame[36:38], "big") == self.end[1]:
                    self.ack = int.from_bytes(frame[38:42], "big") + 1
        self.seq = 1
        self.say()

    def say(self, text: bytes = b"", *, at: int = 0, flags: int = ACK, options: bytes = b"") -> None:
        """A segment, its text so many octets ahead of what comes next."""
        fields = {"window": self.window, "text": text, "options": options}
        self.scene.inject(
            self.scene.segment(self.end, self.port, self.seq + at, self.ack & 0xFFFFFFFF, flags, **fields)
        )


def memory_of(scene: Scene, port: int) -> tuple[int, int]:
    """Octets and separate pieces that the victim holds for the stranger at that port."""
    flows = [flow for flow in scene.victim.tcp._flows.values() if flow.remote == (NOWHERE, port)]
    parts = [flow.connection._tcb.rcv for flow in flows]
    pieces = sum(len(rcv.buffer.pieces()) + len(rcv.reassembly.islands) for rcv in parts)
    return sum(rcv.buffer.octets + rcv.reassembly.octets for rcv in parts), pieces


async def never_read() -> None:
    """A program that accepts, and does not look."""
    kept = []

    async def take(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        kept.append(writer)

    async with await asyncio.start_server(take, port=90) as server:
        await server.serve_forever()


def test_segments_of_one_octet_are_gathered(scene: Scene) -> None:
    scene.victim.spawn(never_read())

    async def attack(scene: Scene) -> None:
        stranger = Stranger(scene, 90, 4001)
        await stranger.connect()
        for _ in range(1500):
            stranger.say(b"x")
            stranger.seq += 1
            await asyncio.sleep(0.0005)

    assert scene.suffers(attack) > 0.5
    assert all(bound.holds for bound in bounds(scene.victim))
    octets, pieces = memory_of(scene, 4001)
    assert pieces < octets / 5, "what was lost on the full line has left islands"
    scene.pass_time(1)
    scene.world.run(attack_again(scene), on=scene.attacker)
    octets, pieces = memory_of(scene, 4002)
    assert octets == 1500
    assert pieces == 1, "no object for each of them, and no frame is kept"


async def attack_again(scene: Scene) -> None:
    """The same on an empty line, by another connection."""
    stranger = Stranger(scene, 90, 4002)
    await stranger.connect()
    for _ in range(1500):
        stranger.say(b"x")
        stranger.seq += 1
        await asyncio.sleep(0.0005)
    await asyncio.sleep(0.1)


def test_islands_are_bounded(make_scene) -> None:
    scene = make_scene(tcp={"receive_buffer": 65_535, "receive_buffer_max": 65_535})
    scene.victim.spawn(never_read())

    async def run() -> None:
        stranger = Stranger(scene, 90, 4001)
        await stranger.connect()
        for number in range(6000):
            stranger.say(b"x", at=1 + 2 * number)
            await asyncio.sleep(0.0002)
        await asyncio.sleep(0.1)

    scene.world.run(run(), on=scene.attacker)
    assert memory_of(scene, 4001) == (4096, 4096)
    assert scene.refused("tcp", "reassembly-full") == 6000 - 4096
    assert all(bound.holds for bound in bounds(scene.victim))


def test_of_text_that_overlaps_the_first_stays(scene: Scene) -> None:
    """Text that overlaps with other text: what is in order stays for ever, of what waits behind a gap the first stays;
    what comes in order goes before what waits, as in Linux.
    """
    got = bytearray()

    async def serve_one() -> None:
        async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while piece := await reader.read(100):
                got.extend(piece)
            writer.close()

        async with await asyncio.start_server(take, port=90) as server:
            await server.serve_forever()

    scene.victim.spawn(serve_one())

    async def run() -> None:
        stranger = Stranger(scene, 90, 4001)
        await stranger.connect()
        for text, at in ((b"cccc", 6), (b"XXXXXXXX", 4), (b"aaa", 0), (b"YYYYYY", 0), (b"ZZZZZZZZZZZZZZ", 0)):
            stranger.say(text, at=at)
            await asyncio.sleep(0.01)

    scene.world.run(run(), on=scene.attacker)
    assert bytes(got) == b"aaa" + b"YYY" + b"cccc" + b"XX" + b"ZZ"


def test_connections_that_never_open_their_window_are_ended(scene: Scene) -> None:
    """Sockstress: complete the handshake, ask for much, close the window and never open it."""
    scene.victim.spawn(web(ServerLimits()))

    async def attack(scene: Scene) -> None:
        for number in range(40):
            stranger = Stranger(scene, 8080, 5000 + number, window=0)
            await stranger.connect()
            stranger.say(b"GET / HTTP/1.1\r\nHost: victim\r\n\r\n")

    assert scene.suffers(attack) > 0.5
    held = [info for info in scene.victim.sockets() if info.local[1] == 8080 and info.state == "ESTABLISHED"]
    assert len(held) == 40
    scene.pass_time(120)
    assert not [info for info in scene.victim.sockets() if info.remote[0] == NOWHERE]


def test_connections_that_say_nothing_are_few_and_ended(scene: Scene) -> None:
    """A flood of connections at the HTTP server, all from one address: half of the places are for others."""
    scene.victim.spawn(web(ServerLimits(connections=20, connections_per_address=10, idle_s=20)))

    async def attack(scene: Scene) -> None:
        for number in range(60):
            stranger = Stranger(scene, 8080, 6000 + number)
            await stranger.connect()

    assert scene.suffers(attack) > 0.5
    refused = [frame for frame in scene.answers if b"HTTP/1.1 503" in frame]
    assert len(refused) >= 50
    scene.pass_time(60)
    assert not [info for info in scene.victim.sockets() if info.remote[0] == NOWHERE and info.state == "ESTABLISHED"]


async def web(limits: ServerLimits) -> None:
    from michinori.http.serving import ServerRequest, ServerResponse

    async def answer(_: ServerRequest) -> ServerResponse:
        return ServerResponse(200, body=bytes(1_000_000))

    server = await serve(answer, port=8080, limits=limits)
    await server.serve_forever()


def test_options_of_every_shape_do_no_harm(scene: Scene) -> None:
    from fuzzing.shapes import OPTIONS

    async def attack(scene: Scene) -> None:
        dice = Random(5)
        for number in range(600):
            options = b"".join(dice.choices(OPTIONS, k=dice.randrange(1, 6)))[:40]
            src = (NOWHERE, 7000 + number)
            scene.inject(scene.segment(src, SINK_PORT, 1, 0, SYN, options=options))
            if number % 2:
                flow = scene.healthy
                rcv, snd = flow.connection._tcb.rcv, flow.connection._tcb.snd
                seq, ack = rcv.wire(rcv.nxt), snd.wire(snd.una)
                scene.inject(scene.segment(flow.remote, SINK_PORT, seq, ack, ACK, options=options))
            await asyncio.sleep(0.001)

    assert scene.suffers(attack) > 0.5
    assert scene.told["tcp", "socket-copied"] > 200
    mss = [flow.connection._tcb.snd.peer_mss for flow in scene.victim.tcp._flows.values()]
    assert min(mss) >= 64


def test_wrong_checksums_are_dropped_in_silence(scene: Scene) -> None:
    async def attack(scene: Scene) -> None:
        for number in range(1000):
            peer, rcv = scene.healthy.remote, scene.healthy.connection._tcb.rcv
            packet = bytearray(scene.segment(peer, SINK_PORT, rcv.wire(rcv.nxt), 0, 4))
            packet[10 if number % 2 else 36] ^= 0x55
            scene.inject(bytes(packet))
            await asyncio.sleep(0.001)

    assert scene.suffers(attack) > 0.5
    assert scene.refused("ip", "checksum") > 400
    assert scene.refused("tcp", "checksum") > 400
    assert crafting.ICMP not in {frame[23] for frame in scene.answers if frame[12:14] == crafting.IPV4}


def test_land_is_no_way_to_make_a_host_talk_to_itself(scene: Scene) -> None:
    async def attack(scene: Scene) -> None:
        await scene.flood(scene.segment((VICTIM, SINK_PORT), SINK_PORT, 1, 0, SYN) for _ in range(500))

    assert scene.suffers(attack) > 0.5
    assert scene.refused("ip", "martian") > 400
