"""A listening TCP socket: it is copied for each connection, keeps its port, and holds what was not accepted yet."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from michinori.host.addresses import endpoint_text, unspecified
from michinori.host.flow import Flow
from michinori.host.options import SocketOptions
from michinori.host.socket_info import SocketInfo
from michinori.host.tcp_socket import TcpSocket
from michinori.sim import Nanos
from michinori.tcp import Connection, Endpoint, Listener, TcpConfig
from michinori.wire.tcp import Segment

if TYPE_CHECKING:
    from michinori.host.tcp_table import TcpTable


class TcpListenerSocket:
    """The surroundings of one ``Listener`` (its ``ListenerCallbacks``), and what the application holds of it."""

    kind: Final = "tcp"
    error: Final = None
    connected: Final = False
    writable: Final = False
    remote: Final = None

    def __init__(self, table: TcpTable, local: Endpoint, backlog: int, options: SocketOptions) -> None:
        self._table = table
        self.local = local
        self.options = options
        self.closed = False
        self.on_readable: Callable[[], object] | None = None
        self.on_writable: Callable[[], object] | None = None
        self._flows: dict[Connection, Flow] = {}
        config = options.applied_to(table.config)
        self._listener = Listener(
            local,
            config,
            backlog,
            self,
            cookies=table.cookies,
            fast_open=table.fast_open_cookies,
            watched=table.watched,
        )

    # What the application asks

    def accept(self) -> TcpSocket | None:
        """The connection that has waited longest, as a socket of its own; None when there is none."""
        connection = self._listener.accept()
        if connection is None:
            return None
        flow = self._flows.pop(connection)
        socket = TcpSocket(self._table, len(flow.local[0]), flow.options)
        socket.take_over(flow)
        socket.connected = True
        return socket

    def set_backlog(self, backlog: int) -> None:
        """How many may wait to be accepted from now on."""
        self._listener.backlog = max(backlog, 1)

    def close(self) -> None:
        """Listen no more; what was not accepted is reset."""
        if self.closed:
            return
        self.closed = True
        callbacks = (self.on_readable, self.on_writable)
        self.on_readable = self.on_writable = None
        self._table.forget_listener(self)
        self._listener.close(self._table.queue.now_ns)
        self._flows.clear()
        for callback in callbacks:
            if callback is not None:
                callback()

    @property
    def readable(self) -> bool:
        """Whether ``accept`` would give something."""
        return self._listener.waiting > 0 or self.closed

    def take_error(self) -> None:
        """A listener meets no errors."""
        return

    def check_fast_open(self) -> None:
        """Whether Fast Open may be asked for. Raises ``OSError`` (EOPNOTSUPP)."""
        self._table.check_fast_open()

    def options_changed(self) -> None:
        """Connections that are accepted from now on begin with the new options."""
        self._listener.config = self.options.applied_to(self._table.config)

    def name(self) -> str:
        """How the trace calls the socket."""
        return f"tcp {endpoint_text(*self.local)} {endpoint_text(unspecified(len(self.local[0])), 0)}"

    def info(self, descriptor: int | None = None) -> SocketInfo:
        """What stands in the socket now; who asks knows by which number it is held."""
        return SocketInfo(
            kind="tcp",
            family="inet" if len(self.local[0]) == 4 else "inet6",
            state=self._listener.state.value,
            recv_q=self._listener.waiting,
            send_q=self._listener.backlog,
            local=self.local,
            remote=(unspecified(len(self.local[0])), 0),
            descriptor=descriptor,
            details={"half_open": self._listener.half_open},
        )

    # What the listener asks of its surroundings

    def receive(self, segment: Segment, remote: Endpoint, local: Endpoint, isn: int | None = None) -> None:
        """A segment to this port that belongs to no connection."""
        self._listener.receive(segment, remote, local, self._table.queue.now_ns, isn)
        flow = self._table.find(local, remote)
        if flow is not None:
            flow.rearm()

    def copy(self, local: Endpoint, remote: Endpoint, now: Nanos, isn: int | None) -> Connection:
        """A socket like this one for the connection between these ends."""
        flow = self._table.new_flow(local, remote, self.options.copy(), now, isn)
        flow.on_gone = self._handshake_failed
        self._flows[flow.connection] = flow
        return flow.connection

    def settings(self, remote: Endpoint) -> TcpConfig:
        """The settings of a connection with that peer."""
        return self._table.settings(remote, self.options)

    def reply(self, segment: Segment, local: Endpoint, remote: Endpoint) -> None:
        """Send a segment that belongs to no connection."""
        self._table.reply(segment, local, remote)

    def acceptable(self) -> None:
        """``accept`` has something to give."""
        if self.on_readable is not None:
            self.on_readable()

    def event(self, what: str, data: dict[str, Any]) -> None:
        """Write down what happened."""
        self._table.note(what, data, self.name())

    def _handshake_failed(self, flow: Flow) -> None:
        if not flow.was_established:
            self._flows.pop(flow.connection, None)
