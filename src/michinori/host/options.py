"""What an application can set on a socket."""

from __future__ import annotations

import msgspec

from michinori.tcp import TcpConfig

_NS_PER_S = 1_000_000_000
_NS_PER_MS = 1_000_000


class SocketOptions(msgspec.Struct, kw_only=True):
    """The options of one socket. A connection that a listener accepts begins with a copy of the listener's."""

    reuse_address: bool = False
    reuse_port: bool = False
    broadcast: bool = False
    keep_alive: bool = False
    keep_alive_idle_s: float = 7200
    keep_alive_interval_s: float = 75
    keep_alive_probes: int = 9
    user_timeout_ms: int = 0
    """How long text may stay unacknowledged; 0: until R2 of RFC 9293."""
    syn_retries: int = 0
    """How often a SYN is sent again; 0: as the host does."""
    no_delay: bool = False
    fast_open: bool = False
    """RFC 7413: a listener takes text in SYNs, a client sends it so."""
    send_buffer: int = 0
    """Octets; 0 to let it grow as needed."""
    receive_buffer: int = 0
    """Octets; 0 to let it grow as needed."""
    max_segment: int = 0
    """Text that a segment may have, either way, where the interface lets it have more; 0: as much as that lets it."""
    ttl: int = 64
    tos: int = 0
    ip_options: bytes = b""
    """The IP options of datagrams that are sent, in words of four octets."""
    linger_s: int | None = None
    others: dict[tuple[int, int], int] = {}
    """Options without a meaning here, by level and name."""

    @classmethod
    def of_host(cls, config: TcpConfig) -> SocketOptions:
        """What a new TCP socket begins with: the settings of its host."""
        return cls(
            keep_alive=config.keepalive,
            keep_alive_idle_s=config.keepalive_idle_ns / _NS_PER_S,
            keep_alive_interval_s=config.keepalive_interval_ns / _NS_PER_S,
            keep_alive_probes=config.keepalive_probes,
            user_timeout_ms=(config.user_timeout_ns or 0) // _NS_PER_MS,
            no_delay=not config.nagle,
            fast_open=config.fast_open is True,
        )

    def copy(self) -> SocketOptions:
        """The same values in a struct of its own."""
        copied = msgspec.structs.replace(self)
        copied.others = dict(self.others)
        return copied

    def applied_to(self, config: TcpConfig) -> TcpConfig:
        """The settings of a connection as these options change them."""
        changes: dict[str, int | bool | None] = {}
        if bool(config.nagle) is self.no_delay:
            changes["nagle"] = not self.no_delay
        if (config.fast_open is True) is not self.fast_open and config.fast_open != "never":
            changes["fast_open"] = self.fast_open
        if (config.user_timeout_ns or 0) != self.user_timeout_ms * _NS_PER_MS:
            changes["user_timeout_ns"] = self.user_timeout_ms * _NS_PER_MS or None
        if config.keepalive is not self.keep_alive:
            changes["keepalive"] = self.keep_alive
        if config.keepalive_idle_ns != self.keep_alive_idle_s * _NS_PER_S:
            changes["keepalive_idle_ns"] = round(self.keep_alive_idle_s * _NS_PER_S)
        if config.keepalive_interval_ns != self.keep_alive_interval_s * _NS_PER_S:
            changes["keepalive_interval_ns"] = round(self.keep_alive_interval_s * _NS_PER_S)
        if config.keepalive_probes != self.keep_alive_probes:
            changes["keepalive_probes"] = self.keep_alive_probes
        if self.syn_retries:
            changes["syn_retries"] = self.syn_retries
        if self.max_segment:
            changes["mss"] = min(config.mss, self.max_segment)
        if self.send_buffer:
            changes |= {"send_buffer": self.send_buffer, "send_buffer_max": self.send_buffer}
        if self.receive_buffer:
            changes |= {"receive_buffer": self.receive_buffer, "receive_buffer_max": self.receive_buffer}
        return msgspec.structs.replace(config, **changes) if changes else config
