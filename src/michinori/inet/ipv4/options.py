"""What a host does with the options of a packet that passes or arrives: RFC 791, RFC 1122 3.2.1.8, RFC 1812 5.2.4.

Routes are recorded and time stamps put in. Packets that name their own route are refused, as RFC 7126 advises: that
option has served attackers alone for decades.
"""

from __future__ import annotations

from typing import Final

from michinori.sim import Nanos
from michinori.wire import ipv4
from michinori.wire.ipv4_options import Option, Route, Timestamp
from michinori.wire.malformed import Malformed

_DAY_MS: Final = 86_400_000
_MOST_OCTETS: Final = 40
_SOURCE_ROUTES: Final = frozenset({131, 137})


class SourceRouted(Exception):
    """The packet names a hop that it still wants to go by."""


def pass_through(options: bytes, own: bytes, date_ns: Nanos) -> bytes:
    """The options as they leave this host, whose address there is ``own``, at that date (since 1970).

    Raises ``Malformed`` when they make no sense, and ``SourceRouted``.
    """
    refuse_source_routes(options)
    return ipv4.emit_options(tuple(_mark(option, own, date_ns) for option in ipv4.parse_options(options)))


def refuse_source_routes(options: bytes) -> None:
    """Raises ``Malformed`` when the options make no sense, and ``SourceRouted`` when they name a hop yet to come."""
    for option in ipv4.parse_options(options):
        if isinstance(option, Route) and option.kind in _SOURCE_ROUTES and not option.used_up:
            raise SourceRouted


def to_send(options: bytes) -> bytes:
    """The options that a transport wants a packet to have, as they stand in the header: in words of four octets.

    Raises ``Malformed`` when they make no sense or are too many, and ``SourceRouted``.
    """
    if len(options) > _MOST_OCTETS:
        raise Malformed("ipv4", "options-too-long", _MOST_OCTETS)
    refuse_source_routes(options)
    return options.ljust(-(-len(options) // 4) * 4, b"\0")


def answered(options: bytes, own: bytes, date_ns: Nanos) -> bytes:
    """What of the options of an echo request belongs on the reply: routes that are recorded and time stamps, with this
    host's entry (RFC 1122 section 3.2.2.6).
    """
    recorders = [option for option in ipv4.parse_options(options) if _is_recorder(option)]
    return ipv4.emit_options(tuple(_mark(option, own, date_ns) for option in recorders))


def _is_recorder(option: Option) -> bool:
    return isinstance(option, Timestamp) or (isinstance(option, Route) and option.kind not in _SOURCE_ROUTES)


def _mark(option: Option, own: bytes, date_ns: Nanos) -> Option:
    if isinstance(option, Route) and option.kind not in _SOURCE_ROUTES:
        return option.record(own)
    if isinstance(option, Timestamp):
        return option.stamp(own, date_ns // 1_000_000 % _DAY_MS)
    return option
