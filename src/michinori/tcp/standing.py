"""How a connection stands: all that can be asked of it, STATUS of RFC 9293 section 3.10.6. Asking changes nothing."""

from __future__ import annotations

from typing import Final

from michinori.tcp.config import TcpConfig
from michinori.tcp.effects import Endpoint
from michinori.tcp.errors import TcpError
from michinori.tcp.info import TcpInfo, info_of
from michinori.tcp.lifecycle import send_capacity, send_space
from michinori.tcp.states import RECEIVES_TEXT, State
from michinori.tcp.tcb import Tcb

_MAY_RECEIVE: Final = (State.SYN_SENT, State.SYN_RECEIVED, *RECEIVES_TEXT)


class Standing:
    """What ``Connection`` tells of itself."""

    __slots__ = ("_tcb",)

    _tcb: Tcb

    @property
    def local(self) -> Endpoint:
        return self._tcb.local

    @property
    def remote(self) -> Endpoint:
        return self._tcb.remote

    @property
    def config(self) -> TcpConfig:
        return self._tcb.config

    @property
    def state(self) -> State:
        return self._tcb.state

    @property
    def watched(self) -> bool:
        """Whether events are told."""
        return self._tcb.watch is not None

    @property
    def error(self) -> TcpError | None:
        """Why it is gone, when not in good order."""
        return self._tcb.error

    @property
    def soft_error(self) -> TcpError | None:
        """The trouble that ICMP told of since something was last acknowledged."""
        return self._tcb.soft_error

    @property
    def at_eof(self) -> bool:
        """Everything was read, and no more will come."""
        tcb = self._tcb
        ended = tcb.rcv.fin is not None or tcb.state not in _MAY_RECEIVE
        return ended and not tcb.rcv.buffer.octets

    @property
    def readable(self) -> bool:
        """There is text to read, or no more will come."""
        tcb = self._tcb
        return tcb.rcv.buffer.octets > 0 or tcb.rcv.fin is not None or tcb.state not in _MAY_RECEIVE

    @property
    def readable_octets(self) -> int:
        return self._tcb.rcv.buffer.octets

    @property
    def urgent_octets(self) -> int:
        """How much of what is still to be read, or still to come, is urgent (RFC 9293 section 3.8.5)."""
        rcv = self._tcb.rcv
        read_to = rcv.nxt - rcv.buffer.octets - (rcv.fin is not None)
        return max(rcv.up - read_to, 0)

    @property
    def in_doubt(self) -> bool:
        """R1 was reached: the way to the peer may be broken (RFC 9293 section 3.8.3)."""
        return self._tcb.snd.retries >= self._tcb.config.retries_before_doubt

    @property
    def progress(self) -> int:
        """How much has been acknowledged and received, in sequence numbers: it grows while the peer is there."""
        return self._tcb.snd.una + self._tcb.rcv.nxt

    @property
    def unacked_octets(self) -> int:
        """Text in the send buffer: handed in and not acknowledged."""
        buffer = self._tcb.snd.buffer
        return buffer.end - buffer.start

    @property
    def unsent_octets(self) -> int:
        """Text in the send buffer that was never sent."""
        snd = self._tcb.snd
        return max(min(snd.buffer.end - max(snd.nxt, 1), snd.buffer.end - snd.buffer.start), 0)

    @property
    def send_space(self) -> int:
        """What ``write`` would take now."""
        return send_space(self._tcb)

    @property
    def send_capacity(self) -> int:
        """The size of the send buffer now."""
        return send_capacity(self._tcb)

    def info(self) -> TcpInfo:
        """Everything that can be said about it, as ``ss -i`` does."""
        return info_of(self._tcb)
