"""``tcp_info`` by the names of Linux, for assertions: times in microseconds, windows in segments."""

from __future__ import annotations

import struct
from typing import Final

import msgspec

from michinori.aio.tcp_info import connection_octets
from michinori.sim import Nanos
from michinori.tcp import TcpInfo

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
    "TCP_INFINITE_SSTHRESH": 0x7FFF_FFFF,
}

#: The members of ``struct tcp_info`` in their order, without ``tcpi_``.
_MEMBERS: Final = """
state ca_state retransmits probes backoff options wscale limited
rto ato snd_mss rcv_mss unacked sacked lost retrans fackets last_data_sent last_ack_sent last_data_recv last_ack_recv
pmtu rcv_ssthresh rtt rttvar snd_ssthresh snd_cwnd advmss reordering rcv_rtt rcv_space total_retrans
pacing_rate max_pacing_rate bytes_acked bytes_received segs_out segs_in notsent_bytes min_rtt data_segs_in data_segs_out
delivery_rate busy_time rwnd_limited sndbuf_limited delivered delivered_ce bytes_sent bytes_retrans dsack_dups
reord_seen rcv_ooopack snd_wnd
"""
_STRUCT: Final = struct.Struct("=8B24I4Q6I4Q2I2Q4I")


def values_of(info: TcpInfo, now: Nanos) -> dict[str, int | str]:
    """All that ``getsockopt`` tells, by name with ``tcpi_`` in front; and behind ``own_`` the fields of ours as they
    are, in octets and nanoseconds.
    """
    fields = msgspec.structs.asdict(info).items()
    own = {f"own_{name}": value for name, value in fields if isinstance(value, int | str)}
    numbers = _STRUCT.unpack_from(connection_octets(info, now))
    return own | {f"tcpi_{name}": number for name, number in zip(_MEMBERS.split(), numbers, strict=True)}
