"""The packets of this machine's loopback, where the operating system lets them be seen: Linux, with CAP_NET_RAW."""

from __future__ import annotations

import ctypes
import queue
import socket
import struct
import threading
import time
from collections.abc import Collection
from typing import Any, Final, Self

from michinori.trace.scope import Clock
from michinori.wire import ethernet

_LARGEST: Final = 1 << 16
_WAKE_S: Final = 0.2
#: How long the thread gets to take what has just passed.
_SETTLE_S: Final = 0.05

#: ``setsockopt`` by which Linux takes a filter, and the instructions of BPF of which ours is made.
_SO_ATTACH_FILTER: Final = 26
_LOAD_HALF: Final = 0x28
_JUMP_IF_EQUAL: Final = 0x15
_RETURN: Final = 0x06
#: Where the ports stand in a frame: the header of IPv4 has 20 octets on a loopback.
_PORTS_AT: Final = (34, 36)


class Listener:
    """A thread that listens to the packets of some ports on the loopback, and keeps them until it is asked."""

    def __init__(self, sock: Any, clock: Clock) -> None:
        self._sock = sock
        self._clock = clock
        self._heard: queue.SimpleQueue[tuple[int, bytes]] = queue.SimpleQueue()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    @classmethod
    def try_to_begin(cls, clock: Clock) -> Self | None:
        """A listener; None where the operating system has nothing of the kind or does not let us."""
        if not hasattr(socket, "AF_PACKET"):
            return None
        try:
            sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        except OSError:
            return None
        try:
            _let_pass(sock, ())
            sock.bind(("lo", ethernet.ETHERTYPE_IPV4))
            sock.settimeout(_WAKE_S)
        except OSError:
            sock.close()
            return None
        return cls(sock, clock)

    def listen_to(self, ports: Collection[int]) -> None:
        """Hear what goes to and from these ports from now on, and nothing else: whatever others do is not ours."""
        _let_pass(self._sock, ports)

    def heard(self) -> list[tuple[int, bytes]]:
        """The frames that came since the last time, with their instants."""
        time.sleep(_SETTLE_S)
        return [self._heard.get() for _ in range(self._heard.qsize())]

    def end(self) -> None:
        """Listen no more."""
        self._ended.set()
        self._thread.join()
        self._sock.close()

    def _listen(self) -> None:
        while not self._ended.is_set():
            try:
                frame, (_, _, kind, *_) = self._sock.recvfrom(_LARGEST)
            except TimeoutError:
                continue
            except OSError:
                break
            if kind != socket.PACKET_OUTGOING:  # each passes twice: when it leaves and when it has come
                self._heard.put((self._clock.now_ns(), frame))


def _let_pass(sock: Any, ports: Collection[int]) -> None:
    """Let the kernel give us the frames of these ports alone: a program in the language of the BSD packet filter."""
    tests = [(at, port) for at in _PORTS_AT for port in ports]
    program = []
    for index, (at, port) in enumerate(tests):
        left = 2 * (len(tests) - 1 - index)  # instructions between this test and "nothing passes"
        program.append(struct.pack("=HBBI", _LOAD_HALF, 0, 0, at))
        program.append(struct.pack("=HBBI", _JUMP_IF_EQUAL, left + 1, 0, port))
    program.append(struct.pack("=HBBI", _RETURN, 0, 0, 0))
    program.append(struct.pack("=HBBI", _RETURN, 0, 0, _LARGEST))
    octets = ctypes.create_string_buffer(b"".join(program))
    sock.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack("@HP", len(program), ctypes.addressof(octets)))
