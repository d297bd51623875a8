"""From addresses to next hops and back: interfaces, routes, neighbours, fragments, ICMP, forwarding."""

from michinori.inet.errors import IcmpError, PacketTooBig, Unreachable
from michinori.inet.hooks import ACCEPT, Hook, Hooks, Passing, Verdict
from michinori.inet.interface import Interface, InterfaceAddress
from michinori.inet.internet import Internet
from michinori.inet.ipv4.sending import Path
from michinori.inet.neighbours import NeighbourRow
from michinori.inet.routes import Route, RouteTable

__all__ = [
    "ACCEPT",
    "Hook",
    "Hooks",
    "IcmpError",
    "Interface",
    "InterfaceAddress",
    "Internet",
    "NeighbourRow",
    "PacketTooBig",
    "Passing",
    "Path",
    "Route",
    "RouteTable",
    "Unreachable",
    "Verdict",
]
