"""The congestion controls there are, by name."""

from __future__ import annotations

from typing import Final

from michinori.tcp.config import TcpConfig
from michinori.tcp.congestion import CongestionControl
from michinori.tcp.cubic import Cubic
from michinori.tcp.reno import Reno

CONTROLS: Final[dict[str, type[CongestionControl]]] = {"cubic": Cubic, "reno": Reno}


def control_for(config: TcpConfig, mss: int) -> CongestionControl:
    """A congestion control as it is set, for segments of that size. Raises ``KeyError`` for a name that is none."""
    control, limit = CONTROLS[config.congestion], config.slow_start_limit
    return control(mss, config.initial_window, hystart=config.hystart, limit=limit)
