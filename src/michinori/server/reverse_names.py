"""The name of an address, and whether the name leads back to the address (forward-confirmed reverse look-up).

Whoever has an address can give it any name in the reverse tree; only the owner of the name can let it lead to the
address. Asked through the loop, so that on a virtual host it is that host's resolver.
"""

from __future__ import annotations

import asyncio
import socket
from collections import OrderedDict
from contextlib import suppress
from ipaddress import ip_address
from typing import Final, NamedTuple

_KEPT: Final = 4096


class ReverseName(NamedTuple):
    """What the reverse tree calls an address, in lower case, without final dot; empty if it has no name there."""

    text: str = ""
    confirmed: bool = False
    """Whether the name leads back, so that it is more than what the owner of the address claims."""


class ReverseNames:
    """Keeps a confirmed name for ``keep_s``, and anything less for ``keep_nothing_s``."""

    def __init__(self, *, within_s: float = 5.0, keep_s: float = 600.0, keep_nothing_s: float = 60.0) -> None:
        self._within_s = within_s
        self._keep_s = keep_s
        self._keep_nothing_s = keep_nothing_s
        self._known: OrderedDict[str, tuple[ReverseName, float]] = OrderedDict()
        self._asking: dict[str, asyncio.Task[ReverseName]] = {}

    async def name(self, address: str) -> ReverseName:
        """The name of that address, as far as it can be found out in time."""
        loop = asyncio.get_running_loop()
        known = self._known.get(address)
        if known is not None and known[1] > loop.time():
            return known[0]
        task = self._asking.get(address)
        if task is None:  # many requests of one address ask once
            task = self._asking[address] = loop.create_task(self._ask(address))
            task.add_done_callback(lambda _: self._asking.pop(address, None))
        return await asyncio.shield(task)

    async def _ask(self, address: str) -> ReverseName:
        loop = asyncio.get_running_loop()
        name = ReverseName()
        with suppress(OSError, TimeoutError, UnicodeError):
            async with asyncio.timeout(self._within_s):
                name = ReverseName(await _claimed(loop, address))
                name = ReverseName(name.text, bool(name.text) and await _leads_back(loop, name.text, address))
        self._known[address] = name, loop.time() + (self._keep_s if name.confirmed else self._keep_nothing_s)
        self._known.move_to_end(address)
        if len(self._known) > _KEPT:
            self._known.popitem(last=False)
        return name


async def _claimed(loop: asyncio.AbstractEventLoop, address: str) -> str:
    """What the reverse tree says. Raises ``OSError``."""
    given, _ = await loop.getnameinfo((address, 0), socket.NI_NAMEREQD | socket.NI_NUMERICSERV)
    name = given.lower().removesuffix(".")
    try:
        ip_address(name)
    except ValueError:
        return name
    return ""  # an address is no name, whatever the reverse tree says


async def _leads_back(loop: asyncio.AbstractEventLoop, name: str, address: str) -> bool:
    """Whether the name has that address. Raises ``OSError``."""
    found = await loop.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    wanted = ip_address(address)
    return any(ip_address(str(info[4][0]).partition("%")[0]) == wanted for info in found)
