"""The hosts table of one machine: names and numeric addresses that are known without asking anybody."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from michinori.host.addresses import pack

_LOOPBACK: Final = {4: "127.0.0.1", 6: "::1"}


class HostsTable(dict[str, list[str]]):
    """Name, in lower case, to numeric addresses in their order of preference. Every host knows ``localhost``.

    ``owner`` says whose table it is; one table may serve many hosts.
    """

    def __init__(self, owner: str = "", entries: Mapping[str, list[str]] | None = None) -> None:
        super().__init__(entries or {})
        self.owner = owner

    def look_up(self, name: str, family: int = 0) -> list[str] | None:
        """The addresses of a name, of one family (4 or 6) or of both (0). A numeric address is its own. None when the
        name is not known here.
        """
        literal = numeric(name)
        if literal is not None:
            return [literal] if _fits(literal, family) else []
        name = name.lower().rstrip(".")
        found = self.get(name)
        if found is None:
            if name != "localhost" and not name.endswith(".localhost"):
                return None
            found = [_LOOPBACK[4]]  # RFC 6761 section 6.3
        return [address for address in found if _fits(address, family)]

    def names_of(self, address: str) -> list[str]:
        """The names that have that address, in the order of the table."""
        return [name for name, addresses in self.items() if address in addresses]


def numeric(name: str) -> str | None:
    """The text if it is a numeric address, else None."""
    try:
        pack(name)
    except ValueError:
        return None
    return name


def _fits(address: str, family: int) -> bool:
    return family == 0 or (len(pack(address)) == 4) == (family == 4)
