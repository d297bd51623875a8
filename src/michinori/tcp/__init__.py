"""One TCP connection at a time: states, sending, receiving, retransmission, congestion control, and the listener.

Pure: the time goes in as ``now``, the next deadline comes out, and every effect goes through the ``Effects`` that the
connection was given. RFC 9293, with the RFCs named in the modules.
"""

from michinori.tcp.config import LARGEST_MSS, TcpConfig
from michinori.tcp.connection import Connection
from michinori.tcp.controls import CONTROLS
from michinori.tcp.effects import Effects, Endpoint
from michinori.tcp.errors import (
    ConnectionAborted,
    ConnectionClosing,
    ConnectionRefused,
    ConnectionReset,
    ConnectionTimedOut,
    HostUnreachable,
    NetworkUnreachable,
    TcpError,
)
from michinori.tcp.fast_open import FastOpen, FastOpenCache, FastOpenCookies
from michinori.tcp.info import TcpInfo
from michinori.tcp.isn import IsnClock
from michinori.tcp.listener import Listener, ListenerCallbacks
from michinori.tcp.ports import EphemeralPorts
from michinori.tcp.segments import reset_for as answer_closed
from michinori.tcp.states import State
from michinori.tcp.syn_cookies import SynCookies

__all__ = [
    "CONTROLS",
    "LARGEST_MSS",
    "Connection",
    "ConnectionAborted",
    "ConnectionClosing",
    "ConnectionRefused",
    "ConnectionReset",
    "ConnectionTimedOut",
    "Effects",
    "Endpoint",
    "EphemeralPorts",
    "FastOpen",
    "FastOpenCache",
    "FastOpenCookies",
    "HostUnreachable",
    "IsnClock",
    "Listener",
    "ListenerCallbacks",
    "NetworkUnreachable",
    "State",
    "SynCookies",
    "TcpConfig",
    "TcpError",
    "TcpInfo",
    "answer_closed",
]
