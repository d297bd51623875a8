"""UDP beside TCP over one and the same bad line: ``あいうえお``, a datagram or a segment for each kana."""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from typing import Final

import msgspec

from michinori.experiment.ground import Ground, Host, WorldGround
from michinori.experiment.packets import Packet
from michinori.experiment.sentences.udp_tcp import SENTENCES
from michinori.experiment.telling import Told
from michinori.trace import Event
from michinori.world.units import show_duration

MESSAGE: Final = "あいうえお"
LONG_MESSAGE: Final = "あいうえおかきくけこ"
#: How far apart the kana are sent, and how long the line takes.
APART_S: Final = 0.01
#: Nothing new has come for so long: the receiver believes that that was all.
SILENCE_S: Final = 1.0

#: What befalls packets on their way to the server, counted from the first kana.
LOSE_THE_THIRD: Final = ("drop nth=3",)
#: A rule does not count what an earlier one has struck, so the later packets come first.
TURN_ROUND: Final = ("delay 15ms nth=3", "delay 28ms nth=2")
TURN_FURTHER: Final = (*TURN_ROUND, "delay 32ms nth=1")
LOSE_THE_THIRD_AND_FOURTH: Final = ("drop nth=3,4",)
#: And what befalls them by the dice.
DICE: Final = ("loss 10%", "reorder 20% 25ms")
SENDINGS: Final = 20
MOST_SHOWN: Final = 6


class Sending(msgspec.Struct):
    """One message sent over the line, and what came of it."""

    arrived: str
    took_ns: int
    began_ns: int
    mark: int
    port: int
    client_port: int


class Line:
    """The two ways of sending over the ground's line."""

    def __init__(self, ground: WorldGround) -> None:
        self.ground = ground

    def befall(self, rules: tuple[str, ...]) -> None:
        """Let the line be bad from now on, toward the server; each rule counts packets from here."""
        line = self.ground.line
        line.clear_faults()
        for rule in rules:
            line.fault(f"{rule} carrying=ip", toward="server")

    def by_udp(self, message: str, rules: tuple[str, ...]) -> Sending:
        """A datagram for each kana."""
        ground, port = self.ground, self.ground.new_port()
        mark = ground.mark()
        began_ns, client_port = 0, 0

        async def server() -> tuple[str, int]:
            loop = asyncio.get_running_loop()
            sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            sock.setblocking(False)
            sock.bind((ground.address, port))
            arrived, last_ns = b"", ground.now_ns
            try:
                while True:
                    arrived += await asyncio.wait_for(loop.sock_recv(sock, 100), SILENCE_S)
                    last_ns = ground.now_ns
            except TimeoutError:
                sock.close()
            return arrived.decode(), last_ns

        async def client() -> None:
            nonlocal began_ns, client_port
            sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            sock.setblocking(False)
            sock.connect((ground.address, port))
            client_port = sock.getsockname()[1]
            self.befall(rules)
            began_ns = ground.now_ns
            for kana in message:
                sock.send(kana.encode())
                await ground.pause(APART_S)
            sock.close()

        arrived, last_ns = ground.play(server=server, client=client)["server"]
        return Sending(arrived, last_ns - began_ns, began_ns, mark, port, client_port)

    def by_tcp(self, message: str, rules: tuple[str, ...]) -> Sending:
        """One connection, a segment for each kana: Nagle's algorithm, which would gather them, is off."""
        ground, port = self.ground, self.ground.new_port()
        mark = ground.mark()
        began_ns, client_port = 0, 0
        self.befall(())

        async def server() -> tuple[str, int]:
            loop = asyncio.get_running_loop()
            listener = socket.socket()
            listener.setblocking(False)
            listener.bind((ground.address, port))
            listener.listen(1)
            sock, _ = await loop.sock_accept(listener)
            arrived, last_ns = b"", ground.now_ns
            while octets := await loop.sock_recv(sock, 4096):
                arrived, last_ns = arrived + octets, ground.now_ns
            sock.close()
            listener.close()
            return arrived.decode(), last_ns

        async def client() -> None:
            nonlocal began_ns, client_port
            loop = asyncio.get_running_loop()
            sock = socket.socket()
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await loop.sock_connect(sock, (ground.address, port))
            client_port = sock.getsockname()[1]
            await ground.pause(SILENCE_S)
            self.befall(rules)
            began_ns = ground.now_ns
            for kana in message:
                await loop.sock_sendall(sock, kana.encode())
                await ground.pause(APART_S)
            await ground.pause(SILENCE_S)
            sock.close()

        arrived, last_ns = ground.play(server=server, client=client)["server"]
        return Sending(arrived, last_ns - began_ns, began_ns, mark, port, client_port)

    def passed(self, sending: Sending, host: Host = "client") -> list[Packet]:
        """Its packets from the first kana to the last that had to do with them."""
        packets = self.ground.packets(host, sending.began_ns, port=sending.port)
        return [packet for packet in packets if not packet.has("FIN") and packet.t < sending.began_ns + 10**9]


def perform(ground: Ground, told: Told) -> None:
    """The two messages of the tutorial, its dialogue, and then the dice."""
    assert isinstance(ground, WorldGround)
    line = Line(ground)
    _side_by_side(line, told, "lost", LOSE_THE_THIRD)
    _side_by_side(line, told, "reordered", TURN_ROUND)
    _side_by_side(line, told, "reordered-more", TURN_FURTHER)
    _dialogue(line, told, "dialogue", MESSAGE)
    _dialogue(line, told, "fast", LONG_MESSAGE)
    _by_the_dice(line, told)


def _side_by_side(line: Line, told: Told, name: str, rules: tuple[str, ...]) -> None:
    by_udp, by_tcp = line.by_udp(MESSAGE, rules), line.by_tcp(MESSAGE, rules)
    told.step(name)
    told.say("line", rules=", ".join(rules))
    for sending, kind in ((by_udp, "udp"), (by_tcp, "tcp")):
        told.say(f"arrived-{kind}", message=MESSAGE, arrived=sending.arrived, took=show_duration(sending.took_ns))
        told.packets("client", line.passed(sending))
        if kind == "udp" and sending.arrived != MESSAGE and len(sending.arrived) == len(MESSAGE):
            told.say("as-received")
            told.packets("server", line.passed(sending, "server"))
    told.findings[name] = {
        "udp": by_udp.arrived,
        "tcp": by_tcp.arrived,
        "udp_took_ns": by_udp.took_ns,
        "tcp_took_ns": by_tcp.took_ns,
    }
    told.result(f"{name}-result")


def _dialogue(line: Line, told: Told, name: str, message: str) -> None:
    sending = line.by_tcp(message, LOSE_THE_THIRD_AND_FOURTH)
    packets = line.passed(sending)
    told.step(name)
    told.say(f"{name}-what", message=message, rules=", ".join(LOSE_THE_THIRD_AND_FOURTH))
    told.packets("client", packets)
    ack, count = _repeated(packets)
    again = _sent_again(line.ground.events(sending.mark))
    blocks = sorted({block for packet in packets if not packet.to_server for block in packet.sack})
    told.findings[name] = {
        "tcp": sending.arrived,
        "took_ns": sending.took_ns,
        "ack": ack,
        "acks": count,
        "sack": [list(block) for block in blocks],
        "retransmitted": [[seq, octets, why] for seq, octets, why in again],
    }
    start, end = blocks[-1]
    told.say("dialogue-ack", ack=ack, count=count, start=start, end=end - 1)
    for seq, octets, why in again:
        kana = message.encode()[seq - 1 : seq - 1 + octets].decode()
        told.say("again", kana=kana, seq=seq, octets=octets, why=SENTENCES.get(f"why-{why}", why))
    told.say("arrived-tcp", message=message, arrived=sending.arrived, took=show_duration(sending.took_ns))
    told.slip(f"{name}-slip", ack=ack)


def _repeated(packets: list[Packet]) -> tuple[int, int]:
    """The ACK number that came most often, and how often."""
    acks = Counter(packet.ack or 0 for packet in packets if not packet.to_server)
    return acks.most_common(1)[0]


def _sent_again(events: list[Event]) -> list[tuple[int, int, str]]:
    """Sequence number, octets and reason of what the client sent again."""
    return [
        (event.data["rel_seq"], event.data["len"], event.why)
        for event in events
        if event.host == "client" and event.layer == "tcp" and event.what == "retransmitted"
    ]


def _by_the_dice(line: Line, told: Told) -> None:
    udp = Counter(line.by_udp(MESSAGE, DICE).arrived for _ in range(SENDINGS))
    tcp = Counter(line.by_tcp(MESSAGE, DICE).arrived for _ in range(SENDINGS))
    told.step("dice")
    told.say("dice-what", rules=", ".join(DICE), sendings=SENDINGS)
    for kind, arrived in (("udp", udp), ("tcp", tcp)):
        ordered = sorted(arrived.items(), key=lambda item: (-item[1], item[0]))
        shown = ", ".join(f"{text or '—'} ×{count}" for text, count in ordered[:MOST_SHOWN])
        told.say(f"dice-{kind}", whole=arrived[MESSAGE], sendings=SENDINGS, arrived=shown, forms=len(arrived))
    told.findings["dice"] = {"udp": dict(sorted(udp.items())), "tcp": dict(sorted(tcp.items()))}
    told.slip("dice-slip")
