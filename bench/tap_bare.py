"""The yardstick on TAP: the kernel's connections, answered in the barest way that still moves every octet.

Segments are made of templates, with the numbers and the checksum of the moment; what the window allows is written, what
comes is read, summed and counted, and an ACK answers what has come at one go. With long segments the sums are left to
the kernel. What makes it bare: one connection, no options but the largest segment and the scale of the window, no
timers; nothing is sent again, and where a frame is lost or damaged the loop ends with an error. It shares nothing with
the package but the opening of the device. How long the whole stack takes for the same, divided by this, is what the
stack costs, on any machine.
"""

from __future__ import annotations

import os
import select
import struct
import time
from typing import Final, NamedTuple

MAC: Final = bytes((2, 0, 0, 0, 0, 2))
KERNELS_MAC: Final = bytes((2, 0, 0, 0, 0, 1))
_PORT: Final = 7
_OUR_PORT: Final = 49_152
_MSS: Final = 1_460
#: A window of a mebibyte: more frames than the queue of the device holds (1,000) are never under way.
_SCALE: Final = 4
_WINDOW: Final = 0xFFFF
_PATIENCE_S: Final = 5
_MASK: Final = 0xFFFF_FFFF
_SIGN: Final = 0x8000_0000
#: As many full segments as a packet holds.
_LARGE: Final = 65_535 // _MSS * _MSS - _MSS
#: So many frames wait for their ACK at most.
_FRAMES_AN_ACK: Final = 16

_FIN, _SYN, _PSH, _ACK = 0x01, 0x02, 0x08, 0x10
_OFFERS: Final = struct.pack(">BBHBBBB", 2, 4, _MSS, 1, 3, 3, _SCALE)

_ETHERNET_AND_IPV4: Final = struct.Struct(">6s6sHBBHHHBBH4s4sHH")
_TCP: Final = struct.Struct(">IIHHHH")
_HEADS: Final = struct.Struct(">12xH2xH5xB10xHHIIHH")
_ROOM: Final = 65_535 + 14 + 10
_VIRTIO: Final = struct.Struct("=BBHHHH")
_PLAIN: Final = bytes(_VIRTIO.size)
_TO_BE_CUT: Final = _VIRTIO.pack(1, 1, 54, _MSS, 34, 16)


class Tap(NamedTuple):
    """An open device; with ``offload``, headers stand in front of the frames."""

    descriptor: int
    near: bytes
    far: bytes
    offload: bool


class Lost(Exception):
    """A frame is missing or damaged, and nobody here sees to that."""


class Arrived(NamedTuple):
    """What the headers of a segment say."""

    src_port: int
    dst_port: int
    seq: int
    ack: int
    flags: int
    window: int
    size: int
    last: int
    """The last octet: of a SYN the shift of its window."""


class Template:
    """What segments with that text have in common; ``words``: data offset and flags."""

    def __init__(
        self,
        tap: Tap,
        ports: tuple[int, int],
        words: int,
        text: bytes = b"",
        *,
        options: bytes = b"",
        cut: bool = False,
    ) -> None:
        size = _TCP.size + 4 + len(options) + len(text)
        addresses = int.from_bytes(tap.near + tap.far, "big")
        network = -(0x4500 + 20 + size + 0x4000 + 0x4006 + addresses) % 0xFFFF
        front = (_TO_BE_CUT if cut else _PLAIN) if tap.offload else b""
        self.before = front + _ETHERNET_AND_IPV4.pack(
            KERNELS_MAC, MAC, 0x0800, 0x45, 0, 20 + size, 0, 0x4000, 64, 6, network, tap.near, tap.far, *ports
        )
        self.words = (5 + len(options) // 4) << 12 | words
        self.behind = options + text
        pseudo = addresses + 6 + size
        octets = int.from_bytes(self.behind, "big") << (len(text) % 2 * 8)
        self.sum = (pseudo + sum(ports) + self.words + _WINDOW + octets) % 0xFFFF
        #: The kernel completes the checksum of what it is to cut; it wants the sum of the pseudo header there.
        self.completed_later = pseudo % 0xFFFF if cut else None

    def head(self, seq: int, ack: int, octets: int = 0) -> bytes:
        """Everything in front of the options and the text; ``octets``: those of a text that stands in place of zeros,
        as one number.
        """
        checksum = self.completed_later
        if checksum is None:
            checksum = -(self.sum + seq + ack + octets) % 0xFFFF
        return self.before + _TCP.pack(seq, ack, self.words, _WINDOW, checksum, 0)


def _parse(tap: Tap, frame: bytes) -> Arrived | None:
    """The segment in a frame; None if there is none (neighbours that are looked for, say)."""
    ethertype, total, protocol, *heads = _HEADS.unpack_from(frame, _VIRTIO.size if tap.offload else 0)
    if ethertype != 0x0800 or protocol != 6:
        return None
    src_port, dst_port, seq, ack, words, window = heads
    return Arrived(src_port, dst_port, seq, ack, words & 0xFF, window, total - 20 - (words >> 12) * 4, frame[-1])


def _next(tap: Tap) -> Arrived:
    """The next segment; sleeps until there is one."""
    while True:
        try:
            arrived = _parse(tap, os.read(tap.descriptor, _ROOM))
        except BlockingIOError:
            _wait(tap)
            continue
        if arrived is not None:
            return arrived


def _wait(tap: Tap) -> None:
    if not select.select([tap.descriptor], (), (), _PATIENCE_S)[0]:
        raise Lost


def _answer(tap: Tap, to: Arrived, words: int, *, acks: int, text: bytes = b"", options: bytes = b"") -> None:
    """A segment in answer to that one; a SYN has number 0."""
    template = Template(tap, (_PORT, to.src_port), words, text, options=options)
    seq = 0 if words & _SYN else to.ack
    os.write(tap.descriptor, template.head(seq, (to.seq + acks) & _MASK) + template.behind)


# -- What is measured --------------------------------------------------------------------------------------------------


def receive(tap: Tap) -> float:
    """Take one connection and all that comes; seconds from the SYN to the end. Raises ``Lost``."""
    syn = _next(tap)
    began = time.perf_counter()
    _answer(tap, syn, _SYN | _ACK, acks=1, options=_OFFERS)
    template = Template(tap, (_PORT, syn.src_port), _ACK)
    read, write, unpack, descriptor = os.read, os.write, _HEADS.unpack_from, tap.descriptor
    pseudo, number = int.from_bytes(tap.near + tap.far, "big") + 6, int.from_bytes
    at, nxt, waiting, words = _VIRTIO.size if tap.offload else 0, (syn.seq + 1) & _MASK, 0, 0
    while not words & _FIN:
        try:
            frame = read(descriptor, _ROOM)
        except BlockingIOError:
            if waiting:
                write(descriptor, template.head(1, nxt))
                waiting = 0
            _wait(tap)
            continue
        ethertype, total, protocol, _, _, seq, _, words, _ = unpack(frame, at)
        if ethertype != 0x0800 or protocol != 6:
            words = 0  # or it passed for a FIN
            continue
        if not tap.offload:
            segment = number(frame[34 : 14 + total], "big") << (total % 2 * 8)
            if number(frame[14:34], "big") % 0xFFFF or (segment + total - 20 + pseudo) % 0xFFFF:
                raise Lost
        if seq != nxt:
            if (seq - nxt) & _SIGN:
                continue  # the kernel took it for lost while this process had to wait for its turn
            raise Lost
        nxt = (nxt + total - 20 - (words >> 12) * 4) & _MASK
        waiting += 1
        if waiting == _FRAMES_AN_ACK:
            write(descriptor, template.head(1, nxt))
            waiting = 0
    seconds = time.perf_counter() - began
    fin = Template(tap, (_PORT, syn.src_port), _ACK | _FIN)
    write(descriptor, fin.head(1, (nxt + 1) & _MASK))
    return seconds


def send(tap: Tap, octets: int) -> None:
    """Connect and send so many octets, at most 4 GiB; returns when all of them are acknowledged. Raises ``Lost``."""
    descriptor, ports = tap.descriptor, (_OUR_PORT, _PORT)
    syn = Template(tap, ports, _SYN, options=_OFFERS)
    os.write(descriptor, syn.head(0, 0) + syn.behind)
    taken = _next(tap)
    peer, scale = (taken.seq + 1) & _MASK, taken.last
    size = _LARGE if tap.offload else _MSS
    text = memoryview(bytes(range(251)) * (size // 251 + 2))
    full = Template(tap, ports, _ACK, bytes(size), cut=tap.offload)
    last = Template(tap, ports, _ACK | _PSH | _FIN, bytes(octets % size), cut=tap.offload and octets % size > _MSS)
    os.write(descriptor, Template(tap, ports, _ACK).head(1, peer))
    head, writev, number, is_summed = full.head, os.writev, int.from_bytes, not tap.offload
    sent, acked, end = 1, taken.ack, octets - octets % size + 1
    edge = acked + taken.window
    while acked < octets + 2:
        while sent < end and sent + size <= edge:
            piece = text[sent % 251 :][:size]
            writev(descriptor, (head(sent, peer, number(piece, "big") if is_summed else 0), piece))
            sent += size
        if sent == end and sent + octets % size <= edge:
            writev(descriptor, (last.head(sent, peer), last.behind))
            sent += octets % size + 1
        arrived = _next(tap)
        if arrived.flags & _ACK:
            acked = arrived.ack
            edge = acked + (arrived.window << scale)


def answer(tap: Tap, connections: int) -> None:
    """Take so many connections, send back what comes of each and close it."""
    closed = 0
    while closed < connections:
        arrived = _next(tap)
        if arrived.flags & _SYN:
            _answer(tap, arrived, _SYN | _ACK, acks=1, options=_OFFERS)
        elif arrived.size:
            _answer(tap, arrived, _ACK | _PSH | _FIN, acks=arrived.size, text=b"x")
        elif arrived.flags & _FIN:
            _answer(tap, arrived, _ACK, acks=1)
            closed += 1
