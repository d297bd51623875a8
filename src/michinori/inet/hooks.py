"""The five places where a packet passes, as netfilter has them, and what a rule that sits there can do.

    from outside ─ prerouting ─┬─ (for us) ─ input ─ transports
                               └─ forward ──┐
    transports ── output ───────────────────┴─ postrouting ─ to outside

A hook looks at the passing packet and may put another in its place. It gives None to let it pass, or the reason why it
is dropped.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, TypeAlias

from michinori.wire import ipv4

if TYPE_CHECKING:
    from michinori.inet.interface import Interface

Verdict: TypeAlias = str | None
ACCEPT: Final = None


class Passing:
    """A packet on its way through a host. The same object goes from the first hook to the last."""

    __slots__ = ("connection", "incoming", "largest_fragment", "outgoing", "packet")

    def __init__(
        self, packet: ipv4.Packet, incoming: Interface | None = None, outgoing: Interface | None = None
    ) -> None:
        self.packet = packet
        self.incoming = incoming
        """Where it came from; None if this host made it."""
        self.outgoing = outgoing
        """Where it will leave; None until the routing table was asked, or if it stays here."""
        self.largest_fragment = 0
        """When it came in fragments that were put together for the hooks: the size of the largest."""
        self.connection: object = None
        """What connection tracking knows about it."""


Hook: TypeAlias = Callable[[Passing], Verdict]


class Hooks:
    """The hooks of one host, each list in the order in which they are asked.

    ``whole_packets``: fragments are put together before ``prerouting``, for hooks that must see ports.
    """

    __slots__ = ("forward", "input", "output", "postrouting", "prerouting", "whole_packets")

    def __init__(self) -> None:
        self.prerouting: list[Hook] = []
        self.input: list[Hook] = []
        self.forward: list[Hook] = []
        self.output: list[Hook] = []
        self.postrouting: list[Hook] = []
        self.whole_packets = False


def judge(hooks: list[Hook], passing: Passing) -> Verdict:
    """What the hooks say: the first that wants it dropped wins."""
    for hook in hooks:
        why = hook(passing)
        if why is not None:
            return why
    return ACCEPT
