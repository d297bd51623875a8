"""Better first hops that routers have told of: RFC 1122 section 3.2.2.2."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

from michinori.inet.routes import Route, RouteTable

if TYPE_CHECKING:
    from michinori.inet.interface import Interface

#: Destinations kept at one time; the oldest goes.
MOST_REDIRECTED: Final = 1024


class Redirects:
    """The routes of one host that redirects have made, each to a single destination and at most one for each.

    They are taken out again when their router does not answer (RFC 1122 section 3.3.1.5): nobody else would, and the
    destination has been reached by another before.
    """

    def __init__(self, routes: RouteTable) -> None:
        self._routes = routes
        self._made: dict[bytes, Route] = {}

    def follow(self, dst: bytes, gateway: bytes, interface: Interface) -> None:
        """Packets to that destination go by that gateway from now on."""
        self._forget(dst)
        if len(self._made) >= MOST_REDIRECTED:
            self._forget(next(iter(self._made)))
        self._made[dst] = self._routes.add(dst, len(dst) * 8, gateway, interface)

    def forget(self, gateway: bytes, interface: Interface) -> None:
        """That router does not answer."""
        gone = [dst for dst, one in self._made.items() if one.next_hop == gateway and one.interface is interface]
        for dst in gone:
            self._forget(dst)

    def _forget(self, dst: bytes) -> None:
        route = self._made.pop(dst, None)
        if route is not None:
            with suppress(ValueError):  # somebody may have taken it out
                self._routes.remove(route)
