"""A machine: adapters, the internet floor, UDP and TCP with their sockets, a hosts table and a place for a resolver."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from michinori.host.descriptors import Descriptors
from michinori.host.names import HostsTable
from michinori.host.ping import Echoes
from michinori.host.socket_info import SocketInfo
from michinori.host.tcp_listener import TcpListenerSocket
from michinori.host.tcp_socket import TcpSocket
from michinori.host.tcp_table import TcpTable
from michinori.host.udp_socket import UdpSocket
from michinori.host.udp_table import UdpTable
from michinori.inet import Interface, Internet
from michinori.link import Adapter
from michinori.sim import Dice, EventQueue
from michinori.tcp import LARGEST_MSS, TcpConfig
from michinori.trace import Recorder

#: Name and address family (as ``socket.AF_INET``, 0 for any) to numeric addresses; none: there is no such name.
Resolver = Callable[[str, int], Awaitable[list[str]]]
KernelSocket = TcpSocket | TcpListenerSocket | UdpSocket


class Host:
    """One machine of a world. With ``forwarding`` it is a router.

    ``resolver`` is asked for names that are neither numeric nor in ``hosts_table``; whoever builds the world fills it.
    """

    def __init__(
        self,
        name: str,
        queue: EventQueue,
        dice: Dice,
        *,
        recorder: Recorder | None = None,
        forwarding: bool = False,
        tcp_config: TcpConfig | None = None,
    ) -> None:
        self.name = name
        self.queue = queue
        self.dice = dice
        self.recorder = recorder
        self.adapters: dict[str, Adapter] = {}
        self.internet = Internet(
            name, queue, dice=dice.stream(f"host/{name}/internet"), recorder=recorder, forwarding=forwarding
        )
        self.tcp = TcpTable(name, queue, self.internet, dice, recorder, tcp_config or TcpConfig(mss=LARGEST_MSS))
        self.udp = UdpTable(name, queue, self.internet, dice, recorder)
        self.echoes = Echoes(queue, self.internet, dice.stream(f"host/{name}/ping"))
        self.descriptors: Descriptors[KernelSocket] = Descriptors()
        self.hosts_table = HostsTable(name)
        self.resolver: Resolver | None = None
        self.tcp.on_change = self.note_table

    def __repr__(self) -> str:
        return f"<Host {self.name}>"

    @property
    def path_mtu_discovery(self) -> bool:
        """Whether TCP forbids fragments and fits its segments to the path (RFC 1191); on at first."""
        return self.tcp.path_mtu_discovery

    @path_mtu_discovery.setter
    def path_mtu_discovery(self, on: bool) -> None:
        self.tcp.path_mtu_discovery = on
        self.internet.forget_paths()  # what was made ready for connections forbids fragments, or does not

    @property
    def forwarding(self) -> bool:
        """Whether packets for others are passed on."""
        return self.internet.forwarding

    def add_adapter(self, name: str, mac: bytes | None = None, *, mtu: int = 1500, recorded: bool = True) -> Adapter:
        """Put in an adapter and boot it: its driver reads the address from its ROM. Without an address given, it is a
        locally administered one from the dice. ``recorded``: what passes here goes into the host's capture, if the
        world is recorded.
        """
        if name in self.adapters:
            raise ValueError(f"host {self.name} has an adapter {name} already")
        if mac is None:
            mac = b"\x02" + self.dice.stream(f"host/{self.name}/mac/{name}").randbytes(5)
        adapter = Adapter(name, mac, self.queue, mtu=mtu, host=self.name, recorder=self.recorder)
        adapter.boot()
        if self.recorder is not None and recorded:
            adapter.tap = self.recorder.tap(self.name, name, adapter.mac)
        self.adapters[name] = adapter
        return adapter

    def add_interface(self, adapter: Adapter, address: bytes, prefix_length: int, name: str = "") -> Interface:
        """Give the adapter an internet address; a name for it is the adapter's."""
        return self.internet.add_interface(adapter, address, prefix_length, name or adapter.name)

    def has_addresses(self, octets: int) -> bool:
        """Whether an interface has an address of that length: 4 for IPv4, 16 for IPv6."""
        return any(len(own.address) == octets for interface in self.internet.interfaces for own in interface.addresses)

    def open(self, socket: KernelSocket) -> int:
        """Give the application a descriptor for that socket: the lowest number that is free."""
        descriptor = self.descriptors.allocate(socket)
        recorder = self.recorder
        if recorder is not None and recorder.events:
            data = {"descriptor": descriptor, "kind": socket.kind}
            recorder.event(self.queue.now_ns, self.name, "socket", "created", connection=socket.name(), data=data)
        return descriptor

    def sockets(self) -> list[SocketInfo]:
        """All sockets as they are now, as ``ss`` lists them: TCP, then UDP; the connections that no application holds
        too.
        """
        held = {id(socket): number for number, socket in self.descriptors.items()}
        return [*self.tcp.infos(held), *(socket.info(held.get(id(socket))) for socket in self.udp.sockets())]

    def note_table(self) -> None:
        """Write the listing into the trace, where events are recorded."""
        recorder = self.recorder
        if recorder is not None and recorder.events:
            data = {"sockets": [info.as_data() for info in self.sockets()]}
            recorder.event(self.queue.now_ns, self.name, "socket", "table", data=data)
