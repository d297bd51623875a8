"""What ``michinori serve`` was told, as a value that can be handed to another process."""

from __future__ import annotations

import dataclasses
import re
from typing import Final

import msgspec

from michinori.http import HeadLimits, ServerLimits

GRACE_S: Final = 10.0

_NUMBER: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?([kMG]i?B?|B|s)?")
_UNITS: Final = {"k": 1 << 10, "M": 1 << 20, "G": 1 << 30}
_IN_HEAD: Final = {"url": "target_octets", "field": "field_octets", "fields": "field_count", "head": "head_octets"}
_OF_ALL: Final = {
    "body": "body_octets",
    "connections": "connections",
    "connections-per-address": "connections_per_address",
    "head-time": "head_s",
    "idle-time": "idle_s",
    "body-time": "body_s",
    "send-time": "send_s",
}


class ServeError(Exception):
    """It cannot be served so; the message is one sentence with the way out."""


class WrongUsage(ServeError):
    """What was asked for makes no sense."""


class Settings(msgspec.Struct, kw_only=True, frozen=True):
    """Paths are as they were typed; a worker runs in the same folder."""

    targets: tuple[str, ...]
    host: str = "127.0.0.1"
    port: int = 8000
    cgi: str | None = None
    access: str | None = None
    workers: int = 1
    tls_cert: str | None = None
    tls_key: str | None = None
    tls_auto: bool = False
    log: str | None = None
    trace: str | None = None
    listing: bool = False
    compress: bool = False
    limits: tuple[str, ...] = ()
    grace_s: float = GRACE_S
    loop: str = "auto"
    language: str = "en"
    descriptors: tuple[int, ...] = ()
    """For a worker: of the bound sockets that it was handed."""

    @property
    def scheme(self) -> str:
        return "https" if self.tls_auto or self.tls_cert else "http"


def read_limits(limits: tuple[str, ...]) -> ServerLimits:
    """The bounds from ``NAME=VALUE`` each. Raises ``WrongUsage``."""
    for_all: dict[str, float] = {}
    for_head: dict[str, int] = {}
    for limit in limits:
        name, _, text = limit.partition("=")
        match = _NUMBER.fullmatch(text.strip())
        if match is None or (name not in _IN_HEAD and name not in _OF_ALL):
            names = ", ".join([*_OF_ALL, *_IN_HEAD])
            raise WrongUsage(f"--limit {limit!r} is none: write NAME=VALUE, as body=10M; names are {names}")
        value = float(match[1]) * _UNITS.get((match[2] or "")[:1], 1)
        if value < (0.001 if name.endswith("-time") else 1) and name != "body":
            raise WrongUsage(f"--limit {limit!r} lets nothing through: give it more")
        if name in _IN_HEAD:
            for_head[_IN_HEAD[name]] = int(value)
        else:
            for_all[_OF_ALL[name]] = value if name.endswith("-time") else int(value)
    return dataclasses.replace(ServerLimits(head=HeadLimits(**for_head)), **for_all)  # type: ignore[arg-type]
