"""asyncio event loops whose sockets are a host's. Ordinary asyncio code runs on them unmodified."""

from michinori.aio.context import CURRENT_HOST, VirtualClock
from michinori.aio.ending import Stuck, TimedOut
from michinori.aio.loop import HostLoop
from michinori.aio.pinging import PingReport, ping
from michinori.aio.real_loop import RealLoop
from michinori.aio.real_time import RealTime
from michinori.aio.virtual_loop import DEFAULT_LIMIT_NS, VirtualLoop

__all__ = [
    "CURRENT_HOST",
    "DEFAULT_LIMIT_NS",
    "HostLoop",
    "PingReport",
    "RealLoop",
    "RealTime",
    "Stuck",
    "TimedOut",
    "VirtualClock",
    "VirtualLoop",
    "ping",
]
