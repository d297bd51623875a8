"""``getsockopt(IPPROTO_TCP, TCP_INFO)``: the octets that Linux gives, ``struct tcp_info`` of ``linux/tcp.h`` as of 6.7.

Times are microseconds but for those that say how long ago something was (milliseconds); counts of what is under way
are in segments; what nothing here corresponds to is 0.
"""

from __future__ import annotations

import struct
from typing import Final

from michinori.host import TcpListenerSocket, TcpSocket
from michinori.sim import Nanos
from michinori.tcp import State, TcpInfo

_STATES: Final = {
    State.ESTABLISHED: 1,
    State.SYN_SENT: 2,
    State.SYN_RECEIVED: 3,
    State.FIN_WAIT_1: 4,
    State.FIN_WAIT_2: 5,
    State.TIME_WAIT: 6,
    State.CLOSED: 7,
    State.CLOSE_WAIT: 8,
    State.LAST_ACK: 9,
    State.LISTEN: 10,
    State.CLOSING: 11,
}
_CA_STATES: Final = {"open": 0, "disorder": 1, "cwr": 2, "recovery": 3, "loss": 4}
_TIMESTAMPS, _SACK, _WINDOW_SCALE, _ECN, _ECN_SEEN, _SYN_DATA = 1, 2, 4, 8, 16, 32
_NS_PER_US: Final = 1_000
_NS_PER_MS: Final = 1_000_000
_MOST: Final = 0xFFFF_FFFF
_NO_LIMIT: Final = 0xFFFF_FFFF_FFFF_FFFF
#: Linux's ssthresh before the first loss.
_INFINITE_SSTHRESH: Final = 0x7FFF_FFFF
_UNLIMITED: Final = 1 << 40

_BYTES: Final = struct.Struct("=8B")
_WORDS: Final = struct.Struct("=24I")
_LONGS: Final = struct.Struct("=4Q6I4Q2I2Q6I2HI")
OCTETS: Final = _BYTES.size + _WORDS.size + _LONGS.size


def tcp_info_octets(kernel: TcpSocket | TcpListenerSocket, now: Nanos) -> bytes:
    """The whole struct for a socket in any state."""
    if isinstance(kernel, TcpListenerSocket):
        listing = kernel.info()
        # Of a listener, Linux gives the length of the accept queue and its bound.
        words = [0] * 24
        words[4], words[5] = listing.recv_q, listing.send_q
        return _BYTES.pack(_STATES[State.LISTEN], *[0] * 7) + _WORDS.pack(*words) + bytes(_LONGS.size)
    info = kernel.tcp_info()
    if info is None:
        return _BYTES.pack(_STATES[State.CLOSED], *[0] * 7) + bytes(_WORDS.size + _LONGS.size)
    return connection_octets(info, now)


def connection_octets(info: TcpInfo, now: Nanos) -> bytes:
    """The whole struct for a connection that stands so."""
    return _bytes_of(info) + _words_of(info, now) + _longs_of(info, now)


def _bytes_of(info: TcpInfo) -> bytes:
    options = (
        _TIMESTAMPS * info.timestamps
        | _SACK * info.sack
        | _WINDOW_SCALE * info.scaled
        | _ECN * info.ecn
        | _ECN_SEEN * (info.marks > 0)
        | _SYN_DATA * info.syn_data
    )
    return _BYTES.pack(
        _STATES[info.state],
        _CA_STATES[info.ca_state],
        min(info.retries, 255),
        min(info.probes, 255),
        min(info.backoff, 255),
        options,
        info.snd_scale | info.rcv_scale << 4,
        0,
    )


def _words_of(info: TcpInfo, now: Nanos) -> bytes:
    """From ``tcpi_rto`` to ``tcpi_total_retrans``."""
    mss = max(info.mss, 1)
    silent = _capped((now - info.last_heard_ns) // _NS_PER_MS)
    words = (
        info.rto_ns // _NS_PER_US,
        info.ato_ns // _NS_PER_US,
        info.mss,
        info.rcv_mss,
        _segments(info.in_flight, mss),
        _segments(info.sacked, mss),
        _segments(info.lost, mss),
        _segments(info.resent, mss),
        0,  # fackets: no longer counted
        (now - info.last_sent_ns) // _NS_PER_MS,
        0,  # last_ack_sent: never given
        silent,
        silent,
        info.pmtu,
        info.rcv_wnd,
        info.srtt_ns // _NS_PER_US,
        info.rttvar_ns // _NS_PER_US,
        _INFINITE_SSTHRESH if info.ssthresh >= _UNLIMITED else _segments(info.ssthresh, mss),
        _segments(info.cwnd, mss),
        info.advmss,
        info.reordering,
        info.rcv_rtt_ns // _NS_PER_US,
        info.receive_buffer,
        info.retransmitted,
    )
    return _WORDS.pack(*[_capped(word) for word in words])


def _longs_of(info: TcpInfo, now: Nanos) -> bytes:
    """From ``tcpi_pacing_rate`` to the end."""
    mss = max(info.mss, 1)
    held_ns = {"path": info.path_held_ns, "peer": info.peer_held_ns, "buffer": info.buffer_held_ns, "nothing": 0}
    held_ns[info.held_by] += now - info.held_since_ns
    busy_ns = held_ns["path"] + held_ns["peer"] + held_ns["buffer"]
    timeouts_ns = info.timeouts_ns + (0 if info.timeouts_since_ns is None else now - info.timeouts_since_ns)
    return _LONGS.pack(
        _NO_LIMIT,  # nothing is paced
        _NO_LIMIT,
        info.octets_acked,
        info.octets_received,
        info.segments_out,
        info.segments_in,
        info.unsent,
        info.least_rtt_ns // _NS_PER_US,
        info.text_in,
        info.text_out,
        info.delivery_rate // 8,
        busy_ns // _NS_PER_US,
        held_ns["peer"] // _NS_PER_US,
        held_ns["buffer"] // _NS_PER_US,
        _segments(info.delivered - info.syn_text, mss) + (info.snd_una > 0),  # our SYN is one too
        _segments(info.delivered_ce, mss),
        info.octets_sent,
        info.retransmitted_octets,
        _capped(info.dsacks),
        _capped(info.reorderings),
        info.out_of_order_in,
        info.snd_wnd,
        info.rcv_wnd,
        0,  # rehash
        min(info.timeouts, 0xFFFF),
        min(info.timeout_recoveries, 0xFFFF),
        _capped(timeouts_ns // _NS_PER_MS),
    )


def _segments(octets: int, mss: int) -> int:
    return -(-octets // mss)


def _capped(number: int) -> int:
    return min(max(number, 0), _MOST)
