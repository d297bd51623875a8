"""What can be set for a connection, and what stands there otherwise."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

_MS: Final = 1_000_000
_S: Final = 1_000_000_000

#: RFC 9293 section 3.7.1 (MUST-15): what a peer takes that does not say.
DEFAULT_SEND_MSS_V4: Final = 536
DEFAULT_SEND_MSS_V6: Final = 1220

#: What fits into the largest IPv4 packet: a limit that leaves it to the interface.
LARGEST_MSS: Final = 65_495

IPV4_AND_TCP_HEADERS: Final = 40
IPV6_AND_TCP_HEADERS: Final = 60


class TcpConfig(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The settings of a connection. Times in nanoseconds, sizes in octets."""

    mss: int = 1460
    """What we announce: the largest segment that our interface can take (its MTU less 40 for IPv4, 60 for IPv6)."""
    send_buffer: int = 128 << 10
    """Room for text not yet acknowledged; grows with the congestion window up to ``send_buffer_max``."""
    send_buffer_max: int = 6 << 20
    receive_buffer: int = 128 << 10
    """Room for text not yet read; while the peer fills it within a round trip it doubles, up to
    ``receive_buffer_max``."""
    receive_buffer_max: int = 6 << 20
    window_scale: bool = True
    timestamps: bool = True
    sack: bool = True
    nagle: bool | Literal["minshall"] = True
    """No small segment while text is under way (RFC 9293 section 3.7.4); ``minshall``: while a small one is, so that
    the last part of a large ``write`` need not wait for an ACK that is delayed, as in Linux."""
    congestion: str = "cubic"
    """``cubic`` (RFC 9438) or ``reno`` (RFC 5681)."""
    hystart: bool = True
    """Leave the first slow start when round trips grow: HyStart++, RFC 9406."""
    initial_window: int = 10
    """Segments (RFC 6928); 0 for the older rule of RFC 5681, 2 to 4."""
    slow_start_limit: int = 0
    """By how many segments an ACK opens the window at most in slow start, L of RFC 3465 and 9406; 0 for what they
    advise: 2, with ``hystart`` 8."""
    ecn: bool | Literal["accept"] = "accept"
    """Explicit congestion notification, RFC 3168: ask for it, only agree when asked, or neither."""
    fast_open: bool | Literal["never"] = False
    """Text in the SYN, sent and taken: RFC 7413. Otherwise a socket may ask for it, unless it is ``never``."""
    fast_open_cookies: bool = True
    """Only with a cookie, as it has to be on the Internet; otherwise text goes and is taken without (section 7.3)."""
    fast_open_wait_ns: int = 1 * _MS
    """How long a SYN with a cookie waits for the text that it is to take along; an event loop in real time
    needs a few rounds between connecting and writing. 0: for as long as it takes."""
    fast_open_backlog: int = 16
    """Connections that a listener has opened by Fast Open and whose handshake goes on, at most."""
    rack: bool = True
    """Find losses by time: RACK, RFC 8985; otherwise by the scoreboard alone (RFC 6675). Needs SACK."""
    tlp: bool = True
    """Probe for a lost tail before the retransmission timer expires: RFC 8985 section 7. Needs ``rack``."""
    prr: bool = True
    """Spread what is sent in fast recovery over its ACKs: proportional rate reduction, RFC 6937. Needs SACK."""
    frto: bool = True
    """Find out whether a time-out was for nothing, and take it back: F-RTO, RFC 5682."""
    limited_transmit: bool = True
    """RFC 3042."""
    restart_after_idle: bool = True
    """Begin again at the initial window after having been silent for an RTO (RFC 5681 section 4.1)."""
    delayed_ack_ns: int = 40 * _MS
    """How long an ACK may wait for company; 0 to acknowledge every segment at once. RFC 9293: at most 500 ms."""
    quick_acks: int = 16
    """So many segments are acknowledged one by one after text came ahead of its turn or twice. Who has just lost
    something may have a window of one segment, of which company never comes."""
    quick_acks_at_start: int = 0
    """So many at the beginning of a connection too, so that the peer's window grows sooner; Linux has 16. Not where new
    text of ours took the first ACK along: a dialogue begins so."""
    rto_initial_ns: int = 1 * _S
    rto_min_ns: int = 200 * _MS
    """The least RTO; up to 200 ms of it come on top of the round trip, for an ACK that is delayed. RFC 6298 asks for a
    second; Linux and others take 200 ms."""
    rto_max_ns: int = 120 * _S
    syn_retries: int = 7
    """R2 for a SYN, in retransmissions: 247 s in all, of the 180 or more that RFC 9293 asks for (MUST-23)."""
    syn_ack_retries: int = 5
    retries_before_doubt: int = 3
    """R1: from here on something is thought to be wrong with the path."""
    data_retries: int = 15
    """R2: from here on the connection is given up."""
    orphan_retries: int = 8
    """R2 when the application is gone: nobody is left to be told."""
    black_hole_detection: bool = False
    """Make segments smaller when full ones vanish without a word, and look for what passes: RFC 4821, 8899."""
    user_timeout_ns: int | None = None
    """Give up when text stays unacknowledged for so long, whatever R2 says (RFC 9293 section 3.9.1)."""
    user_timeout_option: bool = False
    """Tell the peer of it, and without a wish of our own wait as long as the peer wishes: RFC 5482."""
    msl_ns: int = 30 * _S
    """Maximum segment lifetime: TIME-WAIT lasts two of them."""
    fin_wait_2_ns: int = 60 * _S
    """How long to wait for the peer's FIN when our application is gone altogether."""
    keepalive: bool = False
    keepalive_idle_ns: int = 7200 * _S
    keepalive_interval_ns: int = 75 * _S
    keepalive_probes: int = 9
    challenge_acks: int = 10
    """At most so many challenge ACKs within ``challenge_period_ns`` (RFC 5961 section 7)."""
    challenge_period_ns: int = 5 * _S
    syn_backlog: int = 256
    """Half-open connections that a listener holds at most."""
    syn_cookies: bool = True
    """Beyond those, SYNs are answered and not remembered: RFC 4987 section 3.6."""
