"""``tcp_info`` under the names and in the units of Linux: times in microseconds, windows in segments."""

from __future__ import annotations

from typing import Final

import msgspec

from michinori.tcp import State
from michinori.tcp.info import TcpInfo

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
#: What assertions may compare with.
CONSTANTS: Final = {
    "TCP_ESTABLISHED": 1,
    "TCP_SYN_SENT": 2,
    "TCP_SYN_RECV": 3,
    "TCP_FIN_WAIT1": 4,
    "TCP_FIN_WAIT2": 5,
    "TCP_TIME_WAIT": 6,
    "TCP_CLOSE": 7,
    "TCP_CLOSE_WAIT": 8,
    "TCP_LAST_ACK": 9,
    "TCP_LISTEN": 10,
    "TCP_CLOSING": 11,
    "TCP_CA_Open": 0,
    "TCP_CA_Disorder": 1,
    "TCP_CA_CWR": 2,
    "TCP_CA_Recovery": 3,
    "TCP_CA_Loss": 4,
    "TCPI_OPT_TIMESTAMPS": 1,
    "TCPI_OPT_SACK": 2,
    "TCPI_OPT_WSCALE": 4,
    "TCPI_OPT_ECN": 8,
    "TCPI_OPT_ECN_SEEN": 16,
    "TCPI_OPT_SYN_DATA": 32,
}
_CA_STATES: Final = {"open": 0, "disorder": 1, "cwr": 2, "fast": 3, "loss": 4}
#: What Linux shows while there is no threshold.
_INFINITE: Final = 0x7FFF_FFFF
_NS_PER_US: Final = 1_000


def values_of(info: TcpInfo) -> dict[str, int | str]:
    """By name with ``tcpi_`` in front: all fields of ours as they are (octets, nanoseconds), and those of Linux."""
    own = {
        f"tcpi_{name}": value for name, value in msgspec.structs.asdict(info).items() if isinstance(value, int | str)
    }
    mss = max(info.mss, 1)
    ssthresh = info.ssthresh // mss
    linux: dict[str, int | str] = {
        "tcpi_state": _STATES[info.state],
        "tcpi_ca_state": _CA_STATES.get(info.recovery, 0),
        "tcpi_retransmits": info.retries,
        "tcpi_backoff": info.backoff,
        "tcpi_options": info.timestamps | info.sack << 1 | bool(info.snd_scale or info.rcv_scale) << 2,
        "tcpi_rto": info.rto_ns // _NS_PER_US,
        "tcpi_snd_mss": info.mss,
        "tcpi_rcv_mss": info.rcv_mss,
        "tcpi_unacked": -(-info.in_flight // mss),
        "tcpi_rtt": info.srtt_ns // _NS_PER_US,
        "tcpi_rttvar": info.rttvar_ns // _NS_PER_US,
        "tcpi_snd_ssthresh": ssthresh if ssthresh < _INFINITE // mss else _INFINITE,
        "tcpi_snd_cwnd": info.cwnd // mss,
        "tcpi_total_retrans": info.retransmitted,
        "tcpi_min_rtt": info.least_rtt_ns // _NS_PER_US,
        "tcpi_bytes_acked": info.octets_acked,
        "tcpi_bytes_received": info.octets_received,
        "tcpi_segs_in": info.segments_in,
        "tcpi_segs_out": info.segments_out,
        "tcpi_notsent_bytes": info.unsent,
    }
    return own | linux
