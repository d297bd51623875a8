"""The name of an address, believed only if the name leads back to the address (forward-confirmed reverse look-up).

Whoever has an address can give it any name in the reverse tree; only the owner of the name can let it lead to the
address. Asked through the loop, so that on a virtual host it is that host's resolver.
"""

from __future__ import annotations

import asyncio
import socket
from collections import OrderedDict
from ipaddress import ip_address
from typing import Final

_KEPT: Final = 4096


class ReverseNames:
    """Keeps what it was told for ``keep_s``, and that it was told nothing for ``keep_nothing_s``."""

    def __init__(self, *, within_s: float = 5.0, keep_s: float = 600.0, keep_nothing_s: float = 60.0) -> None:
        self._within_s = within_s
        self._keep_s = keep_s
        self._keep_nothing_s = keep_nothing_s
        self._known: OrderedDict[str, tuple[str, float]] = OrderedDict()
        self._asking: dict[str, asyncio.Task[str]] = {}

    async def name(self, address: str) -> str:
        """The name in lower case, without final dot; empty if there is none to be believed."""
        loop = asyncio.get_running_loop()
        known = self._known.get(address)
        if known is not None and known[1] > loop.time():
            return known[0]
        task = self._asking.get(address)
        if task is None:  # many requests of one address ask once
            task = self._asking[address] = loop.create_task(self._ask(address))
            task.add_done_callback(lambda _: self._asking.pop(address, None))
        return await asyncio.shield(task)

    async def _ask(self, address: str) -> str:
        loop = asyncio.get_running_loop()
        name = ""
        try:
            async with asyncio.timeout(self._within_s):
                name = await _confirmed(loop, address)
        except (OSError, TimeoutError, UnicodeError):
            pass
        self._known[address] = name, loop.time() + (self._keep_s if name else self._keep_nothing_s)
        self._known.move_to_end(address)
        if len(self._known) > _KEPT:
            self._known.popitem(last=False)
        return name


async def _confirmed(loop: asyncio.AbstractEventLoop, address: str) -> str:
    given, _ = await loop.getnameinfo((address, 0), socket.NI_NAMEREQD | socket.NI_NUMERICSERV)
    name = given.lower().removesuffix(".")
    try:
        ip_address(name)
    except ValueError:
        pass
    else:
        return ""  # an address is no name, whatever the reverse tree says
    found = await loop.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    wanted = ip_address(address)
    return name if any(ip_address(str(info[4][0]).partition("%")[0]) == wanted for info in found) else ""
