"""What one line of a socket listing says, as ``ss`` prints it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from michinori.host.addresses import endpoint_text
from michinori.sim import Nanos


class SocketInfo(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One socket of a host at one instant. A socket is memory: this is what stands in it."""

    kind: str
    """``tcp`` or ``udp``."""
    family: str
    """``inet`` or ``inet6``."""
    state: str
    """The state of RFC 9293 (``LISTEN``, ``SYN_SENT``, ``ESTABLISHED`` …) or ``CLOSED``; for UDP ``UNCONNECTED`` or
    ``ESTABLISHED``, as ``ss`` calls them."""
    recv_q: int = 0
    """Octets that came and were not read yet; for a listener: connections that were not accepted yet."""
    send_q: int = 0
    """Octets that were written and are not acknowledged yet; for a listener: the backlog."""
    local: tuple[bytes, int]
    remote: tuple[bytes, int]
    descriptor: int | None = None
    """The number by which the application holds it; None once it is closed or before it is accepted."""
    timer: str = ""
    """``on`` while one runs."""
    timer_ns: Nanos | None = None
    """How long until the next is due."""
    details: dict[str, Any] = {}
    """What only connections have: ``mss``, ``cwnd``, ``rtt_ns``, ``rto_ns`` …"""

    def as_data(self) -> dict[str, Any]:
        """The same as plain values, addresses as text, for an event."""
        data: dict[str, Any] = {
            "kind": self.kind,
            "state": self.state,
            "recv_q": self.recv_q,
            "send_q": self.send_q,
            "local": endpoint_text(*self.local),
            "remote": endpoint_text(*self.remote),
            "descriptor": self.descriptor,
        }
        if self.timer:
            data["timer"] = self.timer
            data["timer_ns"] = self.timer_ns
        return data | self.details


def table(sockets: Iterable[SocketInfo]) -> str:
    """The listing as text, in the columns of ``ss -n``."""
    rows = [("Netid", "State", "Recv-Q", "Send-Q", "Local Address:Port", "Peer Address:Port", "Descriptor")]
    for info in sockets:
        descriptor = "" if info.descriptor is None else str(info.descriptor)
        ends = endpoint_text(*info.local), endpoint_text(*info.remote)
        rows.append((info.kind, info.state, str(info.recv_q), str(info.send_q), *ends, descriptor))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join(lines)
