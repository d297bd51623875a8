"""What is sent to a victim: recorded frames that were changed, and frames made for its living connections."""

from __future__ import annotations

import struct
from collections.abc import Callable
from random import Random

from fuzzing import crafting, shapes
from fuzzing.arena import ECHO_PORT, FRIEND, GATE, MIXED_PORT, ROUTER, VICTIM, Arena
from michinori.host.flow import Flow
from michinori.wire.tcp import ACK, FIN, PSH, RST, SYN


class Mutator:
    """Makes frames for the victim or the router of one arena. Each gives one or several."""

    def __init__(self, arena: Arena, corpus: tuple[bytes, ...], dice: Random) -> None:
        self._arena = arena
        self._corpus = corpus
        self._dice = dice
        self._router_mac = arena.router.adapters["eth1"].mac
        self._victim_mac = arena.victim.adapters["eth0"].mac
        self._gate_mac = arena.gate.adapters["eth0"].mac
        self._mac = self._victim_mac
        self._aim_at(router=False)
        kinds: tuple[tuple[int, Callable[[], list[bytes]]], ...] = (
            (30, self._meddle),
            (22, self._changed),
            (8, self._open),
            (14, self._shake),
            (6, self._answered),
            (6, self._sack),
            (5, self._fragments),
            (5, self._icmp),
            (4, self._arp),
            (3, self._datagram),
            (2, self._odd_packet),
            (1, self._junk),
        )
        self._kinds = [make for _, make in kinds]
        self._weights = [sum(share for share, _ in kinds[: index + 1]) for index in range(len(kinds))]
        self._flows: list[Flow] = []

    def aim(self) -> None:
        """Look again for connections to meddle with."""
        self._flows = self._arena.flows

    def batch(self, count: int, *, router: bool) -> list[bytes]:
        """At least so many frames."""
        self._aim_at(router=router)
        made: list[bytes] = []
        dice = self._dice
        for make in dice.choices(self._kinds, cum_weights=self._weights, k=count):
            frames = make()
            if dice.random() < 0.12:
                frames = [self._mutated(frame) for frame in frames]
            made += frames
        if dice.random() < 0.2:
            dice.shuffle(made)
        return made

    def _aim_at(self, *, router: bool) -> None:
        self._mac = self._router_mac if router else self._victim_mac
        self._target = ROUTER if router else VICTIM

    def _wrap(self, packet: bytes) -> bytes:
        return crafting.frame(self._mac, self._gate_mac, packet)

    def _stranger(self) -> bytes:
        dice = self._dice
        chance = dice.random()
        if chance < 0.9:
            return bytes((203, 0, 113, dice.randrange(1, 255)))
        if chance < 0.97:
            return dice.randbytes(4)
        return dice.choice((VICTIM, ROUTER, GATE, FRIEND, bytes((10, 9, 0, 255)), bytes((127, 0, 0, 1)), bytes(4)))

    # -- recorded frames -----------------------------------------------------------------------------------------------

    def _base(self) -> bytearray:
        heard = self._arena.heard
        if heard and self._dice.random() < 0.3:
            return bytearray(heard[self._dice.randrange(len(heard))])
        return bytearray(self._dice.choice(self._corpus))

    def _changed(self) -> list[bytes]:
        """A recorded frame, sent to the target as if it came from a stranger, with something wrong."""
        octets = self._base()
        octets[:12] = self._mac + self._gate_mac
        if octets[12:14] == crafting.IPV4 and len(octets) >= 38:
            octets[26:30], octets[30:34] = self._stranger(), self._target
            if octets[23] in (crafting.TCP, crafting.UDP) and self._dice.random() < 0.8:
                octets[36:38] = self._dice.choice((*self._arena.open_to_strangers, ECHO_PORT)).to_bytes(2, "big")
            if self._dice.random() < 0.3:
                crafting.mend(octets)
                return [bytes(octets)]
        return [self._mutated(bytes(octets))]

    def _mutated(self, frame: bytes) -> bytes:
        dice = self._dice
        octets = bytearray(frame)
        for _ in range(dice.choice((1, 1, 1, 2, 3, 8))):
            how = dice.randrange(8)
            at = dice.randrange(14, max(len(octets), 15)) if len(octets) > 14 else 0
            if how == 0 and at:
                octets[at % len(octets)] ^= 1 << dice.randrange(8)
            elif how == 1 and at:
                octets[at % len(octets)] = dice.choice((0, 1, 0x7F, 0x80, 0xFF))
            elif how == 2:
                del octets[max(at, 14) :]
            elif how == 3:
                octets += dice.randbytes(dice.choice((1, 4, 40)))
            elif how == 4 and len(octets) >= 54:
                # A field of one of the headers, where an edge hurts most.
                field, size = dice.choice(shapes.FIELDS)
                octets[field : field + size] = dice.choice((b"\0", b"\xff", b"\x7f", b"\x01")) * size
            elif how == 5:
                other = dice.choice(self._corpus)
                octets[at:] = other[at:]
            elif how == 6 and len(octets) > 60:
                octets[dice.randrange(54, min(len(octets), 74))] = dice.randrange(256)  # among the options
            elif how == 7:
                octets[at:at] = octets[at : at + dice.choice((1, 8, 60))]
        if dice.random() < 0.8:
            crafting.mend(octets)
        return bytes(octets[:1514])

    # -- connections ---------------------------------------------------------------------------------------------------

    def _segment(self, flow: Flow, seq: int, ack: int, flags: int, **fields: object) -> bytes:
        """A segment of the peer of a connection; ``seq`` and ``ack`` on the wire."""
        segment = crafting.tcp(flow.remote, flow.local, seq, ack, flags, **fields)  # type: ignore[arg-type]
        tos = 3 if self._dice.random() < 0.03 else 2
        packet = crafting.ip(flow.remote[0], flow.local[0], crafting.TCP, segment, tos=tos)
        return crafting.frame(self._victim_mac, self._gate_mac, packet)

    def _timestamps(self, flow: Flow) -> bytes:
        tcb = flow.connection._tcb
        if not tcb.stamped:
            return b""
        value = (tcb.rcv.stamp + self._dice.choice((0, 0, 1, 1, 5, -1, 1 << 31))) & 0xFFFFFFFF
        return struct.pack(">BBBBII", 1, 1, 8, 10, value, self._dice.choice((0, 1, tcb.stamp_now(flow._queue.now_ns))))

    def _meddle(self) -> list[bytes]:
        """One or several segments for a living connection, near the edges of what it would take."""
        dice = self._dice
        if not self._flows:
            return self._open()
        flow = dice.choice(self._flows)
        rcv, snd = flow.connection._tcb.rcv, flow.connection._tcb.snd
        made = []
        for _ in range(dice.choice((1, 1, 1, 2, 4))):
            at = dice.choice((rcv.nxt, rcv.nxt, rcv.nxt, rcv.edge, rcv.edge, rcv.nxt + dice.randrange(40_000)))
            ack = dice.choice((snd.una, snd.nxt, snd.nxt, snd.nxt, snd.max, snd.una - snd.max_wnd))
            size = dice.choice(shapes.SIZES)
            options = self._timestamps(flow) if dice.random() < 0.9 else b""
            if dice.random() < 0.08:
                options += dice.choice(shapes.OPTIONS)
            steps = dice.choice(shapes.STEPS) if dice.random() < 0.4 else 0
            made.append(
                self._segment(
                    flow,
                    rcv.wire(at + steps),
                    snd.wire(ack + (dice.choice(shapes.STEPS) if dice.random() < 0.1 else 0)),
                    dice.choice(shapes.FLAGS),
                    window=dice.choice(shapes.WINDOWS),
                    text=dice.randbytes(size),
                    options=options[:40],
                    urgent=dice.choice((0, 0, 1, 65535)),
                )
            )
        return made

    def _open(self) -> list[bytes]:
        """A SYN, with sensible options or without sense."""
        dice = self._dice
        options = shapes.SYN_OPTIONS
        if dice.random() < 0.4:
            options = b"".join(dice.choices(shapes.OPTIONS, k=dice.randrange(5)))[:40]
        src = (self._stranger(), dice.randrange(65536))
        isn = dice.choice((0, 0xFFFFFFFF, 0xFFFFFF00, 0x7FFFFFFF, dice.getrandbits(32)))
        flags = dice.choice(shapes.SYN_FLAGS)
        text = dice.randbytes(dice.choice((0, 0, 0, 10, 1400)))
        port = dice.choice((MIXED_PORT, MIXED_PORT, 22, *self._arena.open_to_strangers))
        segment = crafting.tcp(src, (self._target, port), isn, dice.getrandbits(32), flags, text=text, options=options)
        return [self._wrap(crafting.ip(src[0], self._target, crafting.TCP, segment))]

    def _shake(self) -> list[bytes]:
        """Complete the handshakes of connections that wait for it, and acknowledge or fill the others, as peers do."""
        dice = self._dice
        if not self._flows:
            return self._open()
        flow = dice.choice(self._flows)
        tcb = flow.connection._tcb
        rcv, snd = tcb.rcv, tcb.snd
        if not rcv.nxt:  # SYN-SENT
            isn, port = dice.getrandbits(32), flow.local
            octets = crafting.tcp(flow.remote, port, isn, snd.wire(1), SYN | ACK, options=shapes.SYN_OPTIONS)
            packet = crafting.ip(flow.remote[0], flow.local[0], crafting.TCP, octets)
            return [crafting.frame(self._victim_mac, self._gate_mac, packet)]
        stamps = b""
        if tcb.stamped:
            stamps = struct.pack(">BBBBII", 1, 1, 8, 10, rcv.stamp, tcb.stamp_now(flow._queue.now_ns))
        made, seq = [], rcv.nxt
        for step in range(dice.choice((1, 1, 2, 6))):
            text = dice.randbytes(dice.choice((0, 0, 1, 1448)))
            ack = min(max(snd.una, 1) + step * snd.mss, snd.nxt) if dice.random() < 0.6 else snd.nxt
            window = dice.choice(shapes.WINDOWS)
            made.append(
                self._segment(flow, rcv.wire(seq), snd.wire(ack), ACK, text=text, window=window, options=stamps)
            )
            seq += len(text) + dice.choice((0, 0, 0, 0, 1448))
        return made

    def _answered(self) -> list[bytes]:
        """What a cookie in a SYN,ACK asks for, a reset, an answer in the other direction: from what was heard."""
        heard = self._arena.heard
        if not heard:
            return self._open()
        octets = heard[self._dice.randrange(len(heard))]
        if len(octets) < 54 or octets[23] != crafting.TCP or octets[14] != 0x45:
            return self._changed()
        src, dst = octets[26:30], octets[30:34]
        src_port, dst_port, seq, ack = struct.unpack_from(">HHII", octets, 34)
        segment = crafting.tcp(
            (dst, dst_port), (src, src_port), ack, seq + 1, self._dice.choice((ACK, ACK, ACK | PSH, RST, FIN | ACK)),
            text=self._dice.choice((b"", b"", b"x")), window=self._dice.choice(shapes.WINDOWS),
        )  # fmt: skip
        packet = crafting.ip(dst, src, crafting.TCP, segment)
        return [crafting.frame(octets[6:12], self._gate_mac, packet)]

    def _sack(self) -> list[bytes]:
        """An ACK with blocks: sensible, single octets, beyond what was sent, backwards."""
        dice = self._dice
        if not self._flows:
            return self._open()
        flow = dice.choice(self._flows)
        rcv, snd = flow.connection._tcb.rcv, flow.connection._tcb.snd
        blocks = b""
        for _ in range(dice.choice((1, 2, 3))):
            start = snd.una + dice.randrange(-10, max(snd.nxt - snd.una, 1) + 10)
            size = dice.choice((1, 1, 1448, 1448 * 3, 0, -5, 1 << 31))
            blocks += struct.pack(">II", snd.wire(start), snd.wire(start + size))
        options = self._timestamps(flow)[:12] + bytes((1, 1, 5, 2 + len(blocks))) + blocks
        return [self._segment(flow, rcv.wire(rcv.nxt), snd.wire(snd.una), ACK, options=options[:40])]

    # -- the floors below ----------------------------------------------------------------------------------------------

    def _fragments(self) -> list[bytes]:
        """A datagram in pieces that overlap, repeat, contradict each other, reach too far or never all come."""
        dice = self._dice
        src, identification = self._stranger(), dice.randrange(1 << 16)
        payload = crafting.udp((src, 4000), (self._target, ECHO_PORT), dice.randbytes(dice.choice((30, 2000, 4000))))
        made, at = [], 0
        while at < len(payload):
            size = dice.choice((8, 64, 512, 1480))
            start = max(at + dice.choice((0, 0, 0, 0, 0, 0, -8, 8, 64)), 0)
            piece = payload[start : start + size]
            more = 0x2000 if start + size < len(payload) or dice.random() < 0.02 else 0
            if dice.random() < 0.03:
                piece = dice.randbytes(len(piece))
            offset = dice.choice((start // 8,) * 30 + (0, 8189, 8191))
            if dice.random() < 0.97:
                made.append(
                    crafting.ip(
                        src, self._target, crafting.UDP, piece, identification=identification, fragment=more | offset
                    )
                )
            at += size
        if dice.random() < 0.3:
            dice.shuffle(made)
        return [self._wrap(packet) for packet in made]

    def _icmp(self) -> list[bytes]:
        """An error about a connection, with the right quotation or a forged one, or a question."""
        dice = self._dice
        kind, code = dice.choice(shapes.MESSAGES)
        rest = dice.choice(shapes.RESTS)
        quoted = dice.randbytes(dice.randrange(80))
        if self._flows and dice.random() < 0.8:
            flow = dice.choice(self._flows)
            snd = flow.connection._tcb.snd
            seq = snd.wire(dice.choice((snd.una, snd.una, snd.nxt, snd.una - 1, 12345)))
            octets = crafting.tcp(flow.local, flow.remote, seq, 0, ACK, text=bytes(dice.choice((0, 1400))))
            quoted = crafting.ip(flow.local[0], flow.remote[0], crafting.TCP, octets)[: dice.choice((28, 48, 576))]
        reporter = self._stranger()
        return [self._wrap(crafting.ip(reporter, self._target, crafting.ICMP, crafting.icmp(kind, code, rest, quoted)))]

    def _arp(self) -> list[bytes]:
        """Somebody on the link claims an address; never that of the healthy ones, which ARP cannot defend."""
        dice = self._dice
        sender = bytes((10, 9, dice.choice((0, 0, 3)), dice.randrange(4, 256)))
        if dice.random() < 0.05:
            sender = dice.choice((self._target, bytes(4), bytes((224, 0, 0, 1)), bytes((255, 255, 255, 255))))
        mac = b"\x02\xee" + dice.randbytes(4) if dice.random() < 0.95 else b"\xff" * 6
        target = dice.choice((self._target, self._target, bytes((10, 9, 0, dice.randrange(256)))))
        message = crafting.arp(dice.choice((1, 1, 2, 0, 3, 65535)), mac, sender, self._mac, target)
        dst = dice.choice((self._mac, b"\xff" * 6))
        return [crafting.frame(dst, mac, message[: dice.choice((28, 28, 28, 28, 20))], crafting.ARP)]

    def _datagram(self) -> list[bytes]:
        """UDP: to the echo server, to nobody, with a wrong length."""
        dice = self._dice
        src = (self._stranger(), dice.randrange(65536))
        dst, payload = (self._target, dice.choice((ECHO_PORT, 53, 9))), dice.randbytes(dice.choice((0, 1, 500)))
        octets = bytearray(crafting.udp(src, dst, payload))
        if dice.random() < 0.2:
            octets[4:6] = dice.choice((b"\0\0", b"\0\7", b"\xff\xff"))
        if dice.random() < 0.2:
            octets[6:8] = b"\0\0"
        return [self._wrap(crafting.ip(src[0], self._target, crafting.UDP, bytes(octets)))]

    def _odd_packet(self) -> list[bytes]:
        """Options of IP, protocols of nobody, land, directed broadcasts, packets for somebody else."""
        dice = self._dice
        others = (bytes((10, 9, 0, 255)), FRIEND, self._stranger())
        src, dst = self._stranger(), dice.choice((self._target,) * 4 + others)
        if dice.random() < 0.2:
            src = dst
        options = dice.choice(shapes.IP_OPTIONS) if dice.random() < 0.7 else b""
        protocol = dice.choice((crafting.TCP, crafting.UDP, crafting.ICMP, dice.randrange(256)))
        payload = dice.randbytes(dice.choice((0, 1, 8, 20, 60)))
        ttl = dice.choice((64, 64, 1, 0, 255))
        return [self._wrap(crafting.ip(src, dst, protocol, payload, ttl=ttl, options=options))]

    def _junk(self) -> list[bytes]:
        dice = self._dice
        return [self._mac + dice.randbytes(dice.choice((0, 1, 8, 50, 1500)))]
