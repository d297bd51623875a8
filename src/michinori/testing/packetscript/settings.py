"""What the head of a script sets: lines ``--name=value``, and the settings of Linux in a command."""

from __future__ import annotations

import re
from collections.abc import Callable
from ipaddress import IPv4Address
from typing import Any, Final

import msgspec

from michinori.sim import Nanos
from michinori.tcp import TcpConfig
from michinori.testing.packetscript.script import Flag, Script, ScriptError, Step

_NS_PER_S: Final = 1_000_000_000
_NS_PER_US: Final = 1_000
_SETTING: Final = re.compile(r"net[./]ipv4[./](tcp_[a-z_0-9]+)=(?:\"([^\"]*)\"|'([^']*)'|([^\s`\"'\\]+))")
_FIELDS: Final = {field.name: field for field in msgspec.structs.fields(TcpConfig)}

Changes = dict[str, Any]


class Settings(msgspec.Struct):
    """How a script wants to be run."""

    tcp: Changes
    """Fields of ``TcpConfig``."""
    tolerance_ns: Nanos | None = None
    mtu: int | None = None
    local: bytes | None = None
    remote: bytes | None = None
    strict_segments: bool = False
    """Whether a long packet of the script must be one packet too, instead of as many full segments as it takes."""
    stamp_tick_ns: Nanos = 0
    """How long the host's time stamps last, if they are looked at; 0: their values are not."""


def settings_of(script: Script, *, lenient: bool = False) -> Settings:
    """What the head of that script sets. ``lenient``: what has no counterpart is passed over.

    Raises ``ScriptError``.
    """
    settings = Settings({})
    for step in script.commands:
        settings.tcp |= changes_of(step, script.name, lenient=lenient)
    for flag in script.flags:
        try:
            _apply(flag, settings, lenient)
        except (ValueError, TypeError) as error:
            raise ScriptError(f"--{flag.name}={flag.value}: {error}", flag.line, 1, script.name) from None
    return settings


def _apply(flag: Flag, settings: Settings, lenient: bool) -> None:
    value = flag.value
    match flag.name:
        case "tcp":
            settings.tcp |= _fields(value)
        case "tolerance_usecs":
            settings.tolerance_ns = int(value) * _NS_PER_US
        case "mtu":
            settings.mtu = int(value)
        case "local_ip":
            settings.local = IPv4Address(value).packed
        case "remote_ip":
            settings.remote = IPv4Address(value).packed
        case "strict_segments":
            settings.strict_segments = True
        case "tcp_ts_tick_usecs":
            settings.stamp_tick_ns = int(value) * _NS_PER_US
        case "ip_version" if value == "ipv4":
            pass
        case _:
            if not lenient:
                raise ValueError("there is no such flag here")


def _fields(text: str) -> Changes:
    """``sack=false,congestion=reno``: fields of ``TcpConfig``."""
    changes: Changes = {}
    for part in text.split(","):
        name, _, word = part.partition("=")
        if name not in _FIELDS:
            raise ValueError(f"TcpConfig has no field {name!r}")
        changes[name] = msgspec.convert(word if word != "none" else None, _FIELDS[name].type, strict=False)
    return changes


# The settings of Linux, as sysctl(8) writes them


def _flag(value: str) -> bool:
    return int(value, 0) != 0


def _whole(value: str) -> int:
    return int(value, 0)


def _seconds(value: str) -> Nanos:
    return int(value, 0) * _NS_PER_S


def _text(value: str) -> str:
    return value


#: Of each setting: the field of TcpConfig, and how the value is read.
_LINUX: Final[dict[str, tuple[str, Callable[[str], Any]]]] = {
    "tcp_timestamps": ("timestamps", _flag),
    "tcp_sack": ("sack", _flag),
    "tcp_window_scaling": ("window_scale", _flag),
    "tcp_congestion_control": ("congestion", _text),
    "tcp_syn_retries": ("syn_retries", _whole),
    "tcp_synack_retries": ("syn_ack_retries", _whole),
    "tcp_retries1": ("retries_before_doubt", _whole),
    "tcp_retries2": ("data_retries", _whole),
    "tcp_orphan_retries": ("orphan_retries", _whole),
    "tcp_slow_start_after_idle": ("restart_after_idle", _flag),
    "tcp_fin_timeout": ("fin_wait_2_ns", _seconds),
    "tcp_keepalive_time": ("keepalive_idle_ns", _seconds),
    "tcp_keepalive_intvl": ("keepalive_interval_ns", _seconds),
    "tcp_keepalive_probes": ("keepalive_probes", _whole),
    "tcp_max_syn_backlog": ("syn_backlog", _whole),
    "tcp_syncookies": ("syn_cookies", _flag),
    "tcp_recovery": ("rack", _flag),
    "tcp_early_retrans": ("tlp", _flag),
    "tcp_frto": ("frto", _flag),
    "tcp_ecn": ("ecn", {"0": False, "1": True, "2": "accept"}.__getitem__),
}
#: The bits of tcp_fastopen. Clients and listeners that ask for it may have it; what counts here is who has it unasked.
#: What lets Linux forget its Fast Open cookies: ``ip tcp_metrics flush all``.
FORGETTING: Final = "tcp_metrics flush"
_EVERY_LISTENER: Final = 0x400
_WITHOUT_COOKIE: Final = 0x4 | 0x200
#: Settings of two fields: least, first and largest size of a buffer.
_BUFFERS: Final = {"tcp_rmem": "receive_buffer", "tcp_wmem": "send_buffer"}


class _NoCounterpart(Exception):
    """The setting, or its value, is not there; the message is a sentence."""


def _linux_setting(name: str, value: str) -> Changes:
    """Raises ``_NoCounterpart``."""
    try:
        if name in _BUFFERS:
            _, first, largest = (int(size) for size in value.split())
            return {_BUFFERS[name]: first, f"{_BUFFERS[name]}_max": largest}
        if name == "tcp_fastopen":
            bits = int(value, 0)
            fast_open = bool(bits & _EVERY_LISTENER) if bits else "never"
            return {"fast_open": fast_open, "fast_open_cookies": not bits & _WITHOUT_COOKIE}
        if name in _LINUX:
            field, convert = _LINUX[name]
            return {field: convert(value)}
    except (ValueError, KeyError):
        raise _NoCounterpart(f"the setting {name} cannot be {value!r} here") from None
    raise _NoCounterpart(f"the setting {name} has no counterpart here")


def changes_of(step: Step, script: str, *, lenient: bool = False) -> Changes:
    """What the settings in a command change. Raises ``ScriptError`` for what has no counterpart, unless ``lenient``."""
    text = getattr(step.action, "text", "")
    changes: Changes = {}
    found = list(_SETTING.finditer(text))
    for match in found:
        name, value = match[1], match[2] or match[3] or match[4]
        try:
            changes |= _linux_setting(name, value)
        except _NoCounterpart as error:
            if not lenient:
                raise ScriptError(str(error), step.line, step.column, script) from None
    if not found and not lenient and FORGETTING not in text:
        raise ScriptError("no command is run: only settings net.ipv4.tcp_…=… count", step.line, step.column, script)
    return changes
