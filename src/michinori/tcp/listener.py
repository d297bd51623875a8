"""LISTEN: a socket that is copied for each connection, RFC 9293 section 3.10.7.2.

Two queues are bounded. Half-open connections wait for the ACK of their SYN,ACK (the SYN queue, ``syn_backlog`` of the
settings); established ones wait for ``accept`` (the accept queue, the number that ``listen`` is given). While the
accept queue is full, new SYNs are passed over in silence and handshakes do not complete, so that the peer tries again.
While the SYN queue is full, SYNs are answered by cookies (``syn_cookies.py``) and nothing is kept of them.
"""

from __future__ import annotations

from collections import deque
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Protocol

from michinori.sim import Nanos
from michinori.tcp.config import TcpConfig
from michinori.tcp.effects import Endpoint
from michinori.tcp.fast_open import FastOpenCookies
from michinori.tcp.segments import reset_for
from michinori.tcp.states import State
from michinori.tcp.syn_cookies import LIFETIME_NS, SynCookies, without_echo
from michinori.wire.sequence import MASK
from michinori.wire.tcp import ACK, RST, SYN, Segment

if TYPE_CHECKING:
    from michinori.tcp.connection import Connection
    from michinori.tcp.tcb import Tcb


class ListenerCallbacks(Protocol):
    """The surroundings of a listener."""

    def copy(self, local: Endpoint, remote: Endpoint, now: Nanos, isn: int | None) -> Connection:
        """Make the copy of the socket: a connection between these ends with its own effects, entered into the socket
        table. ``isn``: the initial sequence number that it has to use, if that matters.
        """

    def settings(self, remote: Endpoint) -> TcpConfig:
        """The settings of a connection with that peer."""

    def reply(self, segment: Segment, local: Endpoint, remote: Endpoint) -> None:
        """Send a segment that belongs to no connection."""

    def acceptable(self) -> None:
        """``accept`` has something to give."""

    def event(self, what: str, data: dict[str, Any]) -> None:
        """Something worth telling happened; called only while the listener is watched."""


class Listener:
    """A passive OPEN with its two queues."""

    __slots__ = (
        "_accepted",
        "_callbacks",
        "_cookies",
        "_cookies_until_ns",
        "_early",
        "_fast_open",
        "_half_open",
        "backlog",
        "config",
        "local",
        "state",
        "watched",
    )

    def __init__(
        self,
        local: Endpoint,
        config: TcpConfig,
        backlog: int,
        callbacks: ListenerCallbacks,
        *,
        cookies: SynCookies | None = None,
        fast_open: FastOpenCookies | None = None,
        watched: bool = False,
    ) -> None:
        self.local = local
        self.config = config
        self.backlog = max(backlog, 1)
        self.state = State.LISTEN
        self.watched = watched
        self._callbacks = callbacks
        self._half_open: dict[Tcb, Connection] = {}
        self._accepted: deque[Connection] = deque()
        self._cookies = cookies
        self._fast_open = fast_open
        self._early: set[Tcb] = set()
        """Opened by Fast Open, with the handshake still going on."""
        self._cookies_until_ns: Nanos = 0
        """Until when an ACK may belong to a cookie that was sent."""

    @property
    def half_open(self) -> int:
        """How many handshakes are going on."""
        return len(self._half_open)

    @property
    def waiting(self) -> int:
        """How many connections wait to be accepted."""
        return len(self._accepted)

    def receive(self, segment: Segment, remote: Endpoint, local: Endpoint, now: Nanos, isn: int | None = None) -> None:
        """A segment to this port from somebody with whom there is no connection. ``local``: the address it came to."""
        if segment.flags & RST:
            return
        if segment.flags & ACK or self.state is not State.LISTEN:
            if not self._took_cookie(segment, remote, local, now):
                self._refuse(segment, remote, local)
            return
        if not segment.flags & SYN:
            return
        if not self.has_room():
            self._tell("syn-dropped", remote, "accept-queue-full")
            return
        if len(self._half_open) >= self.config.syn_backlog:
            if self._cookies is None or not self.config.syn_cookies or isn is not None:
                self._tell("syn-dropped", remote, "syn-queue-full")
            else:
                self._send_cookie(self._cookies, segment, remote, local, now)
            return
        connection = self._callbacks.copy(local, remote, now, isn)
        self._half_open[connection._tcb] = connection
        self._tell("socket-copied", remote)
        grant, early = self._judge_fast_open(segment, remote, local)
        connection.answer(self, segment, now, grant=grant, early=early)

    def _send_cookie(self, cookies: SynCookies, syn: Segment, remote: Endpoint, local: Endpoint, now: Nanos) -> None:
        self._cookies_until_ns = now + LIFETIME_NS
        self._tell("syn-cookie-sent", remote, "syn-queue-full")
        self._callbacks.reply(cookies.answer(syn, local, remote, self._callbacks.settings(remote), now), local, remote)

    def _took_cookie(self, ack: Segment, remote: Endpoint, local: Endpoint, now: Nanos) -> bool:
        """If that ACK brings back a cookie, make the connection that was not kept."""
        if self._cookies is None or now >= self._cookies_until_ns or ack.flags & SYN or self.state is not State.LISTEN:
            return False
        syn = self._cookies.syn_of(ack, local, remote, now)
        if syn is None:
            return False
        if not self.has_room():
            self._tell("syn-dropped", remote, "accept-queue-full")
            return True
        connection = self._callbacks.copy(local, remote, now, (ack.ack - 1) & MASK)
        self._half_open[connection._tcb] = connection
        self._tell("syn-cookie-taken", remote)
        connection.resume(self, syn, without_echo(ack), now)
        return True

    def _judge_fast_open(self, syn: Segment, remote: Endpoint, local: Endpoint) -> tuple[bytes | None, bool]:
        """The cookie to grant, if any, and whether the text of the SYN may be taken (RFC 7413 section 4.2.2)."""
        shown = syn.options.fast_open
        if self._fast_open is None or self.config.fast_open is not True:
            return None, False
        cookie = self._fast_open.cookie(local, remote)
        is_trusted = shown == cookie or (bool(syn.payload) and not self.config.fast_open_cookies)
        if not is_trusted:
            return None if shown is None else cookie, False
        # Beyond the bound, what many forged or stolen cookies could cost is no more than a SYN flood (section 5.1).
        return None, len(self._early) < self.config.fast_open_backlog

    def has_room(self) -> bool:
        """Whether one more connection may wait to be accepted."""
        return len(self._accepted) < self.backlog

    def accept(self) -> Connection | None:
        """The connection that waits longest, if any."""
        return self._accepted.popleft() if self._accepted else None

    def opened_early(self, tcb: Tcb) -> None:
        """By Fast Open: it waits to be accepted before its handshake is complete."""
        self._early.add(tcb)
        self._wait_to_be_accepted(tcb)

    def completed(self, tcb: Tcb) -> None:
        """A handshake is complete: its connection waits to be accepted from now on."""
        if tcb in self._early:
            self._early.discard(tcb)
        else:
            self._wait_to_be_accepted(tcb)

    def _wait_to_be_accepted(self, tcb: Tcb) -> None:
        connection = self._half_open.pop(tcb, None)
        if connection is not None and connection.state is not State.CLOSED:
            self._accepted.append(connection)
            self._callbacks.acceptable()

    def forget(self, tcb: Tcb) -> None:
        """A handshake came to nothing."""
        self._early.discard(tcb)
        self._half_open.pop(tcb, None)

    def close(self, now: Nanos) -> None:
        """CLOSE: what was not accepted is reset."""
        self.state = State.CLOSED
        unwanted = [*self._half_open.values(), *self._accepted]
        self._half_open.clear()
        self._accepted.clear()
        for connection in unwanted:
            connection.abort(now)

    def _refuse(self, segment: Segment, remote: Endpoint, local: Endpoint) -> None:
        reset = reset_for(segment)
        if reset is not None:
            self._callbacks.reply(reset, local, remote)

    def _tell(self, what: str, remote: Endpoint, why: str = "") -> None:
        if self.watched:
            data: dict[str, Any] = {"listener": _written(self.local), "remote": _written(remote)}
            if why:
                data["why"] = why
            self._callbacks.event(what, data)


def _written(endpoint: Endpoint) -> str:
    return f"{ip_address(endpoint[0])}:{endpoint[1]}"
