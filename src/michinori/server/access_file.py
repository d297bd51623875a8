"""The file of rules for access control: one TOML file, every mistake in it told in one sentence."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Final, TypeAlias
from urllib.parse import unquote

import msgspec

from michinori.server import extras, passwords
from michinori.server.settings import WrongUsage

Network: TypeAlias = IPv4Network | IPv6Network

_DOMAIN: Final = re.compile(r"\.?(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_METHOD: Final = re.compile(r"[A-Z]+")

_KNOWN: Final = "realm, trusted_proxies, [users], [[rule]] (path, methods, allow, deny, users)"


class RulesError(WrongUsage):
    """A mistake in the file; one sentence that names file, place and way out."""


class _Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One ``[[rule]]`` as it is written."""

    path: str = "/"
    methods: list[str] = msgspec.field(default_factory=list)
    allow: list[str] = msgspec.field(default_factory=list)
    deny: list[str] = msgspec.field(default_factory=list)
    users: list[str] = msgspec.field(default_factory=list)


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file as it is written."""

    realm: str = "Michinori"
    trusted_proxies: list[str] = msgspec.field(default_factory=list)
    users: dict[str, str] = msgspec.field(default_factory=dict)
    rule: list[_Entry] = msgspec.field(default_factory=list)


class Who(msgspec.Struct, frozen=True):
    """Addresses and names of clients: ``all``, addresses, networks, ``example.com``, ``.example.com`` (all below)."""

    everybody: bool = False
    networks: tuple[Network, ...] = ()
    domains: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self.everybody or bool(self.networks) or bool(self.domains)


class Rule(msgspec.Struct, frozen=True):
    """What holds below a path, for some methods (none named: for all)."""

    segments: tuple[str, ...]
    methods: frozenset[str]
    allow: Who
    deny: Who
    users: frozenset[str]
    """Empty: nobody has to say who they are; ``*``: everybody has."""


class Rules(msgspec.Struct, frozen=True):
    """All rules, as they are applied."""

    rules: tuple[Rule, ...] = ()
    users: Mapping[str, str] = {}
    """Hashes of passwords by name."""
    realm: str = "Michinori"
    trusted_proxies: tuple[Network, ...] = ()


def load(path: str | os.PathLike[str]) -> Rules:
    """Read and check the file. Raises ``RulesError``, ``extras.MissingLibrary``."""
    file = Path(path)
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise RulesError(f"the access file {file} cannot be read: {why}") from None
    try:
        return parse(text)
    except RulesError as error:
        raise RulesError(f"{file}: {error}") from None


def parse(text: str) -> Rules:
    """The rules that a text holds. Raises ``RulesError``, ``extras.MissingLibrary``."""
    try:
        written = msgspec.convert(tomllib.loads(text), _File)
    except tomllib.TOMLDecodeError as error:
        raise RulesError(f"this is not TOML: {error}") from None
    except msgspec.ValidationError as error:
        raise RulesError(_told(str(error))) from None
    _check_users(written)
    return Rules(
        rules=tuple(_rule(number, entry, written.users) for number, entry in enumerate(written.rule, 1)),
        users=written.users,
        realm=_realm(written.realm),
        trusted_proxies=tuple(_network(text, "trusted_proxies") for text in written.trusted_proxies),
    )


def _told(error: str) -> str:
    """msgspec's sentence in the words of TOML."""
    what, _, where = error.partition(" - at `$")
    where = re.sub(
        r"^\.rule\[(\d+)\]",
        lambda match: f"[[rule]] number {int(match[1]) + 1}",
        where.rstrip("`").replace("[...]", ""),
    )
    place = f"{where.lstrip('.').replace('.', ', ')}: " if where else ""
    known = f"; known are {_KNOWN}" if "unknown field" in what else ""
    return f"{place}{what[:1].lower()}{what[1:]}{known}"


def _check_users(written: _File) -> None:
    for name, hashed in written.users.items():
        if not name or ":" in name or any(ord(character) < 32 for character in name):
            raise RulesError(f"[users]: {name!r} is no name of a user: it may hold neither colon nor control character")
        try:
            passwords.check_hash(name, hashed)
        except passwords.BadHash as error:
            raise RulesError(f"[users]: {error}") from None
        except extras.MissingLibrary as error:
            raise RulesError(f"[users]: {error}") from None


def _rule(number: int, entry: _Entry, users: Mapping[str, str]) -> Rule:
    place = f"[[rule]] number {number}"
    if not entry.path.startswith("/") or "?" in entry.path:
        raise RulesError(f"{place}: the path {entry.path!r} should begin with / and hold no query")
    for method in entry.methods:
        if not _METHOD.fullmatch(method):
            raise RulesError(f"{place}: {method!r} is no method: write it in capitals, as GET")
    unknown = [name for name in entry.users if name != "*" and name not in users]
    if unknown:
        raise RulesError(f"{place}: there is no user {unknown[0]!r} in [users]")
    if not (entry.allow or entry.deny or entry.users):
        raise RulesError(f"{place} says nothing: give it allow, deny or users")
    segments = segments_of(entry.path)
    if ".." in segments:
        raise RulesError(f"{place}: the path {entry.path!r} climbs; write where it leads to")
    return Rule(
        segments,
        frozenset(entry.methods),
        _who(entry.allow, f"{place}, allow"),
        _who(entry.deny, f"{place}, deny"),
        frozenset(entry.users),
    )


def segments_of(path: str) -> tuple[str, ...]:
    """A path as the most lenient of handlers could read it, a rule's like a request's: escapes undone, no ``.``."""
    return tuple(segment for segment in unquote(path).replace("\\", "/").split("/") if segment and segment != ".")


def _who(entries: list[str], place: str) -> Who:
    networks: list[Network] = []
    domains: list[str] = []
    for entry in entries:
        lower = entry.lower().removesuffix(".")
        if lower == "all":
            continue
        if re.fullmatch(r"[0-9.]+(/.*)?|.*:.*", lower):
            networks.append(_network(entry, place))
        elif _DOMAIN.fullmatch(lower):
            domains.append(lower)
        else:
            raise RulesError(f"{place}: {entry!r} is neither all nor an address, a network or a domain")
    return Who(any(entry.lower() == "all" for entry in entries), tuple(networks), tuple(domains))


def _network(text: str, place: str) -> Network:
    try:
        return ip_network(text)
    except ValueError as error:
        reason = str(error)
        if reason.endswith("has host bits set"):
            reason = f"{text} has bits set behind its prefix: the network is {ip_network(text, strict=False)}"
        raise RulesError(f"{place}: {reason}") from None


def _realm(realm: str) -> str:
    if not realm or not realm.isprintable() or not realm.isascii():
        raise RulesError("realm: it should be a few ASCII characters for the dialogue of the browser")
    return realm.replace("\\", "\\\\").replace('"', '\\"')
