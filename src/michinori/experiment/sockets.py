"""What stands in the table of sockets: of a host of the world, or of this machine as Linux shows it."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import msgspec

from michinori.host import SocketInfo
from michinori.host.addresses import endpoint_text

#: The numbers by which Linux names the states of TCP (``include/net/tcp_states.h``), in the words of RFC 9293.
_STATES: Final = {
    1: "ESTABLISHED",
    2: "SYN-SENT",
    3: "SYN-RECEIVED",
    4: "FIN-WAIT-1",
    5: "FIN-WAIT-2",
    6: "TIME-WAIT",
    7: "CLOSED",
    8: "CLOSE-WAIT",
    9: "LAST-ACK",
    10: "LISTEN",
    11: "CLOSING",
    12: "SYN-RECEIVED",
}
#: The table of the calling thread's network namespace; ``/proc/net`` is that of the process's first thread.
_TABLE: Final = Path("/proc/thread-self/net/tcp")
#: What runs in a row of the table: 3 is TIME-WAIT's timer, and its unit is a hundredth of a second.
_TIME_WAIT_TIMER: Final = 3
_NS_PER_TICK: Final = 10_000_000


class Row(msgspec.Struct, frozen=True):
    """One socket of the listing."""

    state: str
    recv_q: int
    """Octets not read yet; of a listener: connections not accepted yet."""
    send_q: int | None
    """Octets not acknowledged yet; of a listener: what ``listen`` was given, where the table tells."""
    local: str
    remote: str
    time_wait_ns: int | None = None
    """How long TIME-WAIT still lasts."""

    @property
    def local_port(self) -> int:
        """The port at this end."""
        return _port(self.local)

    @property
    def remote_port(self) -> int:
        """The port at the other end, 0 for none."""
        return _port(self.remote)


def rows_of(infos: Iterable[SocketInfo]) -> list[Row]:
    """The TCP sockets of a host of the world that have a local port."""
    return [
        Row(
            state=info.state.replace("_", "-"),
            recv_q=info.recv_q,
            send_q=info.send_q,
            local=endpoint_text(*info.local),
            remote=endpoint_text(*info.remote),
            time_wait_ns=info.timer_ns if info.state.replace("_", "-") == "TIME-WAIT" else None,
        )
        for info in infos
        if info.kind == "tcp" and info.local[1]
    ]


def rows_of_this_machine(ports: set[int]) -> list[Row] | None:
    """The IPv4 TCP sockets of this machine that have to do with these ports; None where there is no such table."""
    try:
        lines = _TABLE.read_text().splitlines()[1:]
    except OSError:
        return None
    wanted = {f"{port:04X}" for port in ports}
    found = (line for line in lines if not wanted.isdisjoint(_ports(line)))  # of a busy machine's tens of thousands
    return sorted(
        (_row(line.split()) for line in found),
        key=lambda row: (row.state != "LISTEN", row.local_port not in ports, row.local, row.remote),
    )


def _ports(line: str) -> tuple[str, str]:
    """Both ports of a line of the table, as it writes them: four hexadecimal digits."""
    _, local, remote, _ = line.split(maxsplit=3)
    return local[-4:], remote[-4:]


def _row(fields: list[str]) -> Row:
    state = _STATES.get(int(fields[3], 16), fields[3])
    send_q, recv_q = (int(part, 16) for part in fields[4].split(":"))
    timer, ticks = (int(part, 16) for part in fields[5].split(":"))
    left_ns = ticks * _NS_PER_TICK if timer == _TIME_WAIT_TIMER else None
    shown = None if state == "LISTEN" else send_q
    return Row(state, recv_q, shown, _endpoint(fields[1]), _endpoint(fields[2]), left_ns)


def _endpoint(text: str) -> str:
    address, port = text.split(":")
    return endpoint_text(int(address, 16).to_bytes(4, sys.byteorder), int(port, 16))


def _port(endpoint: str) -> int:
    port = endpoint.rpartition(":")[2]
    return int(port) if port.isdigit() else 0
