"""A TAP device with a pair of sockets in the place of the kernel, and an adapter for it."""

from __future__ import annotations

import os
import socket
from typing import Any

from michinori.link import Adapter, TapDevice
from michinori.sim import EventQueue

OURS, THEIRS = bytes.fromhex("020000000001"), bytes.fromhex("020000000002")


class Bench:
    """``kernel`` is the other side of the ``device``; ``got``: the frames that the ``adapter`` has been given."""

    def __init__(self, **settings: Any) -> None:
        self.queue = EventQueue()
        self.kernel, end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.kernel.setblocking(False)
        self.device = TapDevice("mich0", os.dup(end.fileno()), 1500, **settings)
        os.set_blocking(self.device.fileno(), False)
        end.close()
        self.adapter = Adapter("eth0", OURS, self.queue)
        self.adapter.boot()
        self.got: list[bytes] = []
        self.adapter.on_frame = self.got.append

    def close(self) -> None:
        self.device.close()
        self.kernel.close()
