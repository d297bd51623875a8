"""Taking an address into use without getting into anybody's way: RFC 5227 section 2.1.

Before a host uses an address it asks for it as if it were somebody else's, a few times within some seconds. Whoever has
it answers; whoever would like to have it at the same time asks too. If nobody does either, it is free.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from michinori.inet import addresses
from michinori.inet.node import Node
from michinori.sim import Nanos, Timer
from michinori.trace import NS_PER_S
from michinori.wire import arp, ethernet

# RFC 5227 section 1.1.
PROBE_WAIT_NS: Final = 1 * NS_PER_S
PROBE_NUM: Final = 3
PROBE_MIN_NS: Final = 1 * NS_PER_S
PROBE_MAX_NS: Final = 2 * NS_PER_S
ANNOUNCE_WAIT_NS: Final = 2 * NS_PER_S
MAX_CONFLICTS: Final = 10
RATE_LIMIT_INTERVAL_NS: Final = 60 * NS_PER_S

OnSettled = Callable[[bool], None]


class _Claim:
    """An address that is being probed."""

    __slots__ = ("address", "on_settled", "probes", "timer")

    def __init__(self, address: bytes, on_settled: OnSettled) -> None:
        self.address = address
        self.on_settled = on_settled
        self.probes = 0
        self.timer: Timer | None = None


class Claims:
    """The addresses that one interface would like to have. ``ask`` sends a probe for one."""

    def __init__(self, node: Node, mac: bytes, interface: str, ask: Callable[[bytes], None]) -> None:
        self._node = node
        self._mac = mac
        self._interface = interface
        self._ask = ask
        self._claims: dict[bytes, _Claim] = {}
        self._conflicts = 0
        self._begun_ns: Nanos = -RATE_LIMIT_INTERVAL_NS

    def __bool__(self) -> bool:
        """Whether an address is being probed."""
        return bool(self._claims)

    def begin(self, address: bytes, on_settled: OnSettled) -> None:
        """Probe the address. ``on_settled`` is told whether it is free, four to seven seconds later, or as soon as it
        turns out to be taken. Raises ``ValueError`` while it is being probed.
        """
        if address in self._claims:
            raise ValueError(f"{addresses.text(address)} is being probed already")
        now_ns = self._node.queue.now_ns
        begins_ns = now_ns + self._node.dice.randrange(PROBE_WAIT_NS)
        if self._conflicts >= MAX_CONFLICTS:
            begins_ns = max(begins_ns, self._begun_ns + RATE_LIMIT_INTERVAL_NS)
        self._begun_ns = begins_ns
        claim = self._claims[address] = _Claim(address, on_settled)
        claim.timer = self._node.queue.call_at(begins_ns, self._probe, claim)

    def give_up(self, address: bytes) -> None:
        """It is not wanted any more: nobody is told."""
        claim = self._claims.pop(address, None)
        if claim is not None and claim.timer is not None:
            claim.timer.cancel()

    def heard(self, message: arp.Message) -> None:
        """A message of somebody else's: it shows a conflict if it comes from an address that is being probed, or if it
        is a probe for one (section 2.1.1).
        """
        address = message.sender_ip
        if addresses.is_unspecified(address) and message.operation == arp.REQUEST:
            address = message.target_ip
        claim = self._claims.get(address)
        if claim is None or message.sender_mac == self._mac:
            return
        self.give_up(address)
        self._conflicts += 1
        self._note("conflict", address, mac=ethernet.text(message.sender_mac))
        claim.on_settled(False)

    def _probe(self, claim: _Claim) -> None:
        """The next probe; or the last was a while ago and nobody has spoken."""
        if claim.probes >= PROBE_NUM:
            del self._claims[claim.address]
            self._note("claimed", claim.address)
            claim.on_settled(True)
            return
        claim.probes += 1
        wait_ns = ANNOUNCE_WAIT_NS
        if claim.probes < PROBE_NUM:
            wait_ns = self._node.dice.randrange(PROBE_MIN_NS, PROBE_MAX_NS + 1)
        claim.timer = self._node.queue.call_in(wait_ns, self._probe, claim)
        self._note("probed", claim.address)
        self._ask(claim.address)

    def _note(self, what: str, address: bytes, **more: str) -> None:
        if self._node.watched:
            self._node.note("arp", what, {"address": addresses.text(address), "interface": self._interface, **more})
