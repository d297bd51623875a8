"""The options about the host of ours on a TAP device, which the commands with ``--via tap`` share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from michinori.world.tap_world import TapHost

_NAMES: Final = {"tap": "tap", "address": "address", "gateway": "gateway", "resolvers": "resolver"}


class Given(Protocol):
    """What was typed; None or nothing where the default holds."""

    @property
    def via(self) -> str: ...
    @property
    def tap(self) -> str | None: ...
    @property
    def address(self) -> str | None: ...
    @property
    def gateway(self) -> str | None: ...
    @property
    def resolvers(self) -> tuple[str, ...]: ...


def stray(given: Given) -> str:
    """A sentence about an option that has no effect, as another way was chosen; else nothing."""
    if given.via != "tap":
        for name, option in _NAMES.items():
            if getattr(given, name):
                return f"--{option} is about the host on a TAP device: it needs --via tap"
    return ""


def host(given: Given) -> TapHost:
    """The host that they describe."""
    from michinori.world.tap_world import TapHost

    chosen = {"device": given.tap, "address": given.address, "gateway": given.gateway}
    return TapHost(**{name: value for name, value in chosen.items() if value}, resolvers=given.resolvers)
