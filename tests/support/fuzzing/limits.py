"""How large the tables of a host may become, whatever comes: their sizes and their bounds, to be looked at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from michinori.host import Host
from michinori.host.conntrack import MOST_CONNECTIONS, Conntrack
from michinori.host.nat import Napt
from michinori.inet import path_mtu
from michinori.inet.ipv4 import fragments, icmp, receiving, sending
from michinori.inet.neighbours import MOST_NEIGHBOURS, MOST_WAITING
from michinori.tcp import reassembly


class Bound(NamedTuple):
    """A table of a host: how much is in it, and how much may be."""

    what: str
    size: int
    most: int

    @property
    def holds(self) -> bool:
        return self.size <= self.most


def bounds(host: Host, *, connections: int = 0) -> Iterator[Bound]:
    """All tables of a host that strangers can fill. ``connections``: how many its applications may have."""
    internet, tcp = host.internet, host.tcp
    arrivals, sender = internet._arrivals, internet._sender
    yield Bound("fragments, octets", arrivals.reassembler.octets, fragments.MOST_OCTETS)
    yield Bound("ICMP rates", len(internet._icmp._buckets), icmp._MOST_BUCKETS)
    yield Bound("path MTUs", len(internet._path_mtus._known), path_mtu._MOST_DESTINATIONS)
    yield Bound("paths", len(sender._paths), sending._MOST_PATHS)
    yield Bound("identifications", len(sender._counters), sending._MOST_COUNTERS)
    for receiver in internet._receivers:
        yield Bound("flows of packets", len(receiver._flows), receiving._MOST_FLOWS)
    for interface in internet.interfaces:
        rows = interface.neighbours.rows()
        yield Bound("neighbours", len(rows), MOST_NEIGHBOURS)
        yield Bound("packets for one neighbour", max([row.waiting for row in rows], default=0), MOST_WAITING)
    for listener in tcp._listeners.values():
        config = listener._listener.config
        yield Bound("half-open connections", listener._listener.half_open, config.syn_backlog)
        yield Bound("connections to be accepted", listener._listener.waiting, listener._listener.backlog)
    if connections:
        yield Bound("connections", len(tcp._flows), connections)
    for flow in tcp._flows.values():
        rcv, snd = flow.connection._tcb.rcv, flow.connection._tcb.snd
        room = max(rcv.limit, rcv.edge - rcv.nxt)
        yield Bound("text received", rcv.buffer.octets + rcv.reassembly.octets, rcv.limit + room)
        yield Bound("islands", len(rcv.reassembly.islands), reassembly._MOST_ISLANDS)
        yield Bound("text to be sent", snd.buffer.end - snd.una, flow.connection.config.send_buffer_max + 65_536)


def bounds_of_middle(tracker: Conntrack, napt: Napt | None = None) -> Iterator[Bound]:
    """The tables of a host in the middle."""
    yield Bound("tracked connections", len(tracker), MOST_CONNECTIONS)
    if napt is not None:
        yield Bound("mappings", len(napt._by_outside), 3 * 65_536)
