"""Whose code is running: the host of a task, in a context variable beside the scope of its trace."""

from __future__ import annotations

import contextvars
from contextvars import Context, ContextVar
from dataclasses import dataclass

from michinori.host import Host
from michinori.sim import EventQueue
from michinori.trace import DEFAULT_EPOCH_NS, SCOPE, Scope
from michinori.trace.scope import Clock

#: The host on which the running code runs; None outside of any host.
CURRENT_HOST: ContextVar[Host | None] = ContextVar("michinori.host", default=None)


@dataclass(frozen=True, slots=True)
class VirtualClock:
    """The clock of a world: virtual time since it began, and the date from its epoch on."""

    queue: EventQueue
    epoch_ns: int = DEFAULT_EPOCH_NS

    def now_ns(self) -> int:
        """Virtual nanoseconds since the world began."""
        return self.queue.now_ns

    def date_ns(self) -> int:
        """Virtual nanoseconds since 1970-01-01T00:00:00Z."""
        return self.epoch_ns + self.queue.now_ns


def context_of(host: Host | None, clock: Clock) -> Context:
    """A copy of the current context in which code runs on that host."""
    context = contextvars.copy_context()
    context.run(CURRENT_HOST.set, host)
    if host is not None:
        dice = host.dice.stream(f"host/{host.name}/applications")
        context.run(SCOPE.set, Scope(recorder=host.recorder, host=host.name, clock=clock, dice=dice))
    return context


def running_host() -> Host:
    """The host on which the running code runs. Raises ``RuntimeError`` outside of any."""
    host = CURRENT_HOST.get()
    if host is None:
        raise RuntimeError(
            "this code runs on no host: give it one by run(..., on=host) or host.spawn(...) before it uses the network"
        )
    return host
