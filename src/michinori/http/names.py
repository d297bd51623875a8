"""From a host's name to its addresses: the client's own short memory in front of the loop's resolver."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from typing import Final, NamedTuple

from michinori.http.errors import ClientClosed, NameNotResolved
from michinori.trace import NS_PER_S, current, note

LIFETIME_S: Final = 60
_CAPACITY: Final = 1000


class _Known(NamedTuple):
    addresses: list[str]
    since_ns: int


class HostCache:
    """The browser's DNS cache. ``getaddrinfo`` tells no TTL, so everything is believed for one fixed, short time."""

    def __init__(self, lifetime_s: float = LIFETIME_S) -> None:
        self._lifetime_ns = int(lifetime_s * NS_PER_S)
        self._known: dict[str, _Known] = {}
        self._asked: dict[str, asyncio.Task[list[str]]] = {}

    def fresh(self, host: str) -> list[str] | None:
        """The addresses if nobody has to be asked: the host is an address itself, or was asked not long ago."""
        if is_address(host):
            return [host]
        known = self._known.get(host)
        if known is None:
            return None
        age_ns = current().clock.now_ns() - known.since_ns
        if age_ns >= self._lifetime_ns:
            del self._known[host]
            return None
        note("dns", "cache-hit", cache="browser", name=host, addresses=known.addresses, age_ns=age_ns)
        return known.addresses

    async def resolve(self, host: str, port: int) -> list[str]:
        """The host's addresses in the order in which to try them. Raises ``NameNotResolved``, ``ClientClosed``.

        Who asks while the same question is on its way shares its answer.
        """
        addresses = self.fresh(host)
        if addresses is not None:
            return addresses
        task = self._asked.get(host)
        if task is None:
            task = self._asked[host] = asyncio.get_running_loop().create_task(self._ask(host, port))
            task.add_done_callback(lambda done: self._answered(host, done))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            asker = asyncio.current_task()
            if task.cancelled() and asker is not None and not asker.cancelling():
                raise ClientClosed from None
            raise

    def clear(self) -> None:
        """Forget everything."""
        self._known.clear()

    def known(self) -> dict[str, list[str]]:
        """What is remembered now, also what is too old to be used."""
        return {host: known.addresses for host, known in self._known.items()}

    async def aclose(self) -> None:
        """Give up on questions under way."""
        for task in list(self._asked.values()):
            task.cancel()

    async def _ask(self, host: str, port: int) -> list[str]:
        note("http", "name-asked", name=host)
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            cause = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            note("http", "name-failed", why=cause, name=host)
            raise NameNotResolved(host, cause) from None
        addresses = list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))
        if not addresses:
            raise NameNotResolved(host, "the answer is empty")
        if len(self._known) >= _CAPACITY:
            del self._known[next(iter(self._known))]
        self._known[host] = _Known(addresses, current().clock.now_ns())
        note("http", "name-resolved", name=host, addresses=addresses)
        return addresses

    def _answered(self, host: str, task: asyncio.Task[list[str]]) -> None:
        del self._asked[host]
        if not task.cancelled():
            task.exception()  # taken notice of, even if all who asked have gone


def is_address(host: str) -> bool:
    """Whether the host is an IP address and not a name."""
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True
