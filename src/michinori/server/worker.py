"""One of several processes that serve a port: ``python -m michinori.server.worker``, started by the supervisor.

Its settings come as a line of JSON on standard input; when that ends, it ends. It says ``ready`` on standard output, or
in one sentence why not; then ``log-lost`` and why when it cannot write the access log, and ``log-again`` when it can.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from contextlib import suppress
from typing import Final, TextIO

import msgspec

from michinori.server import addresses, running
from michinori.server.settings import ServeError, Settings

FOR_THE_SUPERVISOR: Final = ("log-lost", "log-again")


def main() -> int:
    """Gives the exit status."""
    settings = msgspec.json.decode(sys.stdin.buffer.readline(), type=Settings)
    told = os.fdopen(os.dup(1), "w", buffering=1, encoding="utf-8")
    os.dup2(2, 1)  # what an application prints goes where errors go
    if settings.log == "-":
        settings = msgspec.structs.replace(settings, log="/dev/stderr")
    running.raise_file_limit()
    sys.path.insert(0, os.getcwd())
    try:
        sockets = addresses.handed_down(settings.descriptors)
        return running.run(_serve(settings, sockets, told), settings.loop)
    except ServeError as error:
        print(str(error).replace("\n", " "), file=told)
        return running.FAILED


async def _serve(settings: Settings, sockets: list[socket.socket], told: TextIO) -> int:
    stop = asyncio.Event()
    descriptor = sys.stdin.fileno()
    loop = asyncio.get_running_loop()

    def on_end() -> None:
        if not os.read(descriptor, 4096):
            loop.remove_reader(descriptor)
            stop.set()

    loop.add_reader(descriptor, on_end)

    def tell(key: str, **values: object) -> None:
        """The supervisor speaks for all; what it cannot see itself it is told."""
        if key in FOR_THE_SUPERVISOR:
            with suppress(OSError):  # it has ended, and so will this process
                print(key, *values.values(), file=told)

    return await running.serve_until_stopped(
        settings, sockets, tell, stop=stop, ready=lambda _: print("ready", file=told)
    )


if __name__ == "__main__":
    sys.exit(main())
