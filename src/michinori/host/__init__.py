"""A machine: adapters, the internet floor and the tables of its UDP and TCP sockets. A router is a host that forwards;
what else stands between is a host with rules.
"""

from michinori.host.host import Host, KernelSocket, Resolver
from michinori.host.names import HostsTable
from michinori.host.options import SocketOptions
from michinori.host.ping import Answer, Echo
from michinori.host.socket_info import SocketInfo, table
from michinori.host.tcp_listener import TcpListenerSocket
from michinori.host.tcp_socket import TcpSocket
from michinori.host.udp_socket import Arrived, UdpSocket
from michinori.tcp import Endpoint

__all__ = [
    "Answer",
    "Arrived",
    "Echo",
    "Endpoint",
    "Host",
    "HostsTable",
    "KernelSocket",
    "Resolver",
    "SocketInfo",
    "SocketOptions",
    "TcpListenerSocket",
    "TcpSocket",
    "UdpSocket",
    "table",
]
