"""One end of a transfer on PyTCP, for the matrix: ``send ADDRESS OCTETS`` or ``receive ADDRESS``, on the device pytcp0.

Run by a Python that has PyTCP installed, and that alone: nothing of Michinori is imported.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import sys
import time

from pytcp import TcpIpStack, config  # type: ignore[import-not-found]
from pytcp.lib import socket  # type: ignore[import-not-found]

PORT = 7
PIECE = 1 << 16
OWN = "10.99.0.2"


def main() -> None:
    what, address, *octets = sys.argv[1:]
    config.LOG_CHANEL = set()
    config.IP6_SUPPORT = False
    stack = TcpIpStack(interface="pytcp0", mac_address="02:00:00:77:77:77", ip4_address=f"{OWN}/24")
    stack.start()
    time.sleep(3)  # it probes its address first (RFC 5227)
    if what == "send":
        send(address, int(octets[0]))
    else:
        receive()
    sys.stdout.flush()
    os._exit(0)  # its threads do not end


def send(address: str, octets: int) -> None:
    noise = random.Random(2026).randbytes(PIECE)
    end = socket.socket(family=socket.AF_INET4, type=socket.SOCK_STREAM)
    end.bind((OWN, 0))
    end.connect((address, PORT))
    for number, at in enumerate(range(0, octets, PIECE)):
        piece = (number.to_bytes(8, "big") + noise[8:])[: octets - at]
        while piece:
            piece = piece[end.send(piece) :]
    end.close()
    end.recv()  # returns when the peer has closed too


def receive() -> None:
    listener = socket.socket(family=socket.AF_INET4, type=socket.SOCK_STREAM)
    listener.bind((OWN, PORT))
    listener.listen()
    print("listening", flush=True)
    end, _ = listener.accept()
    began, whole, got = time.perf_counter(), hashlib.sha256(), 0
    while piece := end.recv():
        whole.update(piece)
        got += len(piece)
    print(json.dumps([got, whole.hexdigest(), time.perf_counter() - began]))
    end.close()
    time.sleep(0.5)


main()
