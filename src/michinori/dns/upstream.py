"""What experience teaches about servers: how fast they are, which are silent or lame, and whom to ask next."""

from __future__ import annotations

import random
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

import dns.name

from michinori.dns.listener import Address
from michinori.dns.names import called
from michinori.dns.telling import place
from michinori.trace import NS_PER_S

_REMEMBERED: Final = 10_000
_FORGET_AFTER_NS: Final = 900 * NS_PER_S
_LAME_FOR_NS: Final = 600 * NS_PER_S
#: Of so many zones is remembered that a server does not serve them: whoever owns a domain can name any server in it.
_LAME_ZONES: Final = 100
#: A server never asked counts as this fast at most, so that each gets its chance before a slow one is settled on.
_UNKNOWN_RTT_NS: Final = 32_000_000
_MS: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for an answer of a server. Seconds."""

    first_s: float = 0.8
    """For a server never heard of; doubled with each silence in a row."""
    least_s: float = 0.3
    most_s: float = 3.2
    tries: int = 3
    """Of one question to one server; RFC 9520 section 3.1 allows no more."""


@dataclass(slots=True)
class _Memory:
    """Of one server."""

    since_ns: int
    srtt_ns: int = 0
    rttvar_ns: int = 0
    silences: int = 0
    edns: bool = True
    lame_until_ns: dict[dns.name.Name, int] = field(default_factory=dict)


class Experience:
    """What a resolver knows about the servers that it has asked. Bounded, and forgotten after a quarter of an hour."""

    def __init__(self, patience: Patience | None = None) -> None:
        self.patience = patience or Patience()
        self._memories: OrderedDict[Address, _Memory] = OrderedDict()

    def answered(self, server: Address, rtt_ns: int, now_ns: int) -> None:
        """It answered after that time: the smoothing of RFC 6298 section 2."""
        memory = self._memory(server, now_ns)
        memory.silences = 0
        if not memory.srtt_ns:
            memory.srtt_ns, memory.rttvar_ns = rtt_ns, rtt_ns // 2
            return
        memory.rttvar_ns += (abs(memory.srtt_ns - rtt_ns) - memory.rttvar_ns) // 4
        memory.srtt_ns += (rtt_ns - memory.srtt_ns) // 8

    def was_silent(self, server: Address, now_ns: int) -> None:
        """It did not answer in time."""
        self._memory(server, now_ns).silences += 1

    def timeout_s(self, server: Address, now_ns: int) -> float:
        """How long to wait for its answer: what it usually takes, doubled with each silence in a row."""
        memory, patience = self._memory(server, now_ns), self.patience
        usual_s = patience.first_s
        if memory.srtt_ns:
            usual_s = max((memory.srtt_ns + 4 * memory.rttvar_ns) / NS_PER_S, patience.least_s)
        return float(min(usual_s * 2 ** min(memory.silences, 10), patience.most_s))

    def tries(self, server: Address, now_ns: int) -> int:
        """How often one question may be sent to it: once only while it seems dead."""
        return 1 if self._memory(server, now_ns).silences >= self.patience.tries else self.patience.tries

    def mark_lame(self, server: Address, zone: dns.name.Name, now_ns: int) -> None:
        """It does not serve that zone, although the zone's parent says so."""
        lame_until_ns = self._memory(server, now_ns).lame_until_ns
        lame_until_ns.pop(zone, None)  # the latest stand last
        lame_until_ns[zone] = now_ns + _LAME_FOR_NS
        if len(lame_until_ns) > _LAME_ZONES:
            del lame_until_ns[next(iter(lame_until_ns))]

    def is_lame(self, server: Address, zone: dns.name.Name, now_ns: int) -> bool:
        """Whether it is known not to serve that zone."""
        return self._memory(server, now_ns).lame_until_ns.get(zone, 0) > now_ns

    def mark_without_edns(self, server: Address, now_ns: int) -> None:
        """It does not understand EDNS."""
        self._memory(server, now_ns).edns = False

    def speaks_edns(self, server: Address, now_ns: int) -> bool:
        """Whether it does, as far as is known."""
        return self._memory(server, now_ns).edns

    def cost_ns(self, server: Address, dice: random.Random, now_ns: int) -> int:
        """What asking it is likely to cost; the smallest is asked first."""
        memory = self._memory(server, now_ns)
        if memory.silences:
            return int(self.timeout_s(server, now_ns) * NS_PER_S) << min(memory.silences, 10)
        return memory.srtt_ns or dice.randrange(_MS, _UNKNOWN_RTT_NS)

    def __len__(self) -> int:
        return len(self._memories)

    def _memory(self, server: Address, now_ns: int) -> _Memory:
        memory = self._memories.get(server)
        if memory is None or now_ns - memory.since_ns > _FORGET_AFTER_NS:
            memory = self._memories[server] = _Memory(now_ns)
            if len(self._memories) > _REMEMBERED:
                self._memories.popitem(last=False)
        self._memories.move_to_end(server)
        return memory


@dataclass(slots=True, eq=False)
class Target:
    """A server of the zone that is being asked, under the name by which it is known."""

    host: dns.name.Name
    address: Address
    most_tries: int
    tries: int = 0
    gone: bool = False
    """It has said something that asking again will not change."""
    why: str = ""
    """What went wrong last."""

    def __str__(self) -> str:
        return f"{called(self.host)} ({place(self.address)})"


class Targets:
    """The servers of one zone, while one question is put to them."""

    def __init__(self, experience: Experience, zone: dns.name.Name, dice: random.Random) -> None:
        self._experience = experience
        self._zone = zone
        self._dice = dice
        self._targets: list[Target] = []
        self._costs: dict[Address, int] = {}

    def add(self, host: dns.name.Name, addresses: Iterable[Address], now_ns: int) -> None:
        """This host's addresses have become known."""
        for address in addresses:
            if address in self._costs:
                continue
            self._costs[address] = self._experience.cost_ns(address, self._dice, now_ns)
            target = Target(host, address, self._experience.tries(address, now_ns))
            if self._experience.is_lame(address, self._zone, now_ns):
                target.gone, target.why = True, "known not to serve the zone"
            self._targets.append(target)

    def next(self) -> Target | None:
        """Whom to ask next: who was asked least, and of these the fastest. None when all have been asked enough."""
        open_to_ask = [target for target in self._targets if not target.gone and target.tries < target.most_tries]
        return min(open_to_ask, key=lambda target: (target.tries, self._costs[target.address]), default=None)

    def failures(self) -> str:
        """What became of each, in a sentence."""
        return "; ".join(_failure(target) for target in self._targets if target.why)


def _failure(target: Target) -> str:
    if target.why.startswith("no answer"):
        times = "once" if target.tries == 1 else f"{target.tries} times"
        return f"{target} did not answer, asked {times}"
    return f"{target}: {target.why}"
