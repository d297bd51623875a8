"""Who may ask for what: by address, by domain, by user and password, below a path and by method (row B23)."""

from __future__ import annotations

import asyncio
import base64
import binascii
import logging
import math
import os
import unicodedata
from collections.abc import Callable, Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final, TypeAlias, TypeVar
from weakref import WeakValueDictionary

from michinori.http import Handler, Refusal, ServerRequest, ServerResponse
from michinori.server import living
from michinori.server.access_file import Network, Rule, Rules, RulesError, Who, load, parse, segments_of
from michinori.server.passwords import BackOff, Passwords
from michinori.server.reverse_names import ReverseName, ReverseNames

__all__ = ["AccessControl", "Rules", "RulesError", "guard", "load", "parse"]

T = TypeVar("T")

Address: TypeAlias = IPv4Address | IPv6Address

_LONGEST_PASSWORD: Final = 1024
_NAMELESS: Final = ReverseName()

_log = logging.getLogger("michinori.server.access")


def guard(path: str | os.PathLike[str], inner: Handler) -> AccessControl:
    """The handler behind the rules of that file. Raises ``RulesError``, ``extras.MissingLibrary``."""
    return AccessControl(load(path), inner)


class AccessControl:
    """A handler that lets requests through to another, or not.

    Every rule whose path and methods fit is looked at. Whoever one of them denies is out (403). Of the rules that
    allow, and of those that name users, the ones with the longest path count: whoever is not allowed is out (403), and
    whoever has not proved to be one of the users is asked to (401), with less and less patience (429).
    """

    def __init__(
        self,
        rules: Rules,
        inner: Handler,
        *,
        names: ReverseNames | None = None,
        back_off: BackOff | None = None,
    ) -> None:
        self._rules = rules
        self._inner = inner
        self._names = names or ReverseNames()
        self._passwords = Passwords(rules.users)
        self._back_off = back_off or BackOff()
        self._turns: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()
        self._challenge = {"WWW-Authenticate": f'Basic realm="{rules.realm}", charset="UTF-8"'}

    @property
    def inside(self) -> list[Handler]:
        """What stands behind."""
        return [self._inner]

    async def startup(self) -> None:
        """Start what stands behind."""
        await living.start(self._inner)

    async def aclose(self) -> None:
        """Stop what stands behind."""
        await living.stop(self._inner)

    async def __call__(self, request: ServerRequest) -> ServerResponse:
        """Answer one request. Raises ``Refusal``: 400, 401, 403, 429, and what the other handler raises."""
        fitting = self._fitting(request)
        if fitting:
            address = self._client(request)
            await self._check_place(request, fitting, address)
            users = _longest(fitting, lambda rule: rule.users)
            if users:
                request.user = await self._check_user(request, frozenset().union(*users), str(address))
        return await self._inner(request)

    def at_once(self, request: ServerRequest) -> ServerResponse | None:
        """Answer without waiting, where nobody has to be asked. Raises ``Refusal``."""
        inner = getattr(self._inner, "at_once", None)
        if inner is None:
            return None
        fitting = self._fitting(request)
        if any(rule.users or rule.allow.domains or rule.deny.domains for rule in fitting):
            return None
        if fitting:
            self._decide(request, fitting, self._client(request), _NAMELESS)
        response: ServerResponse | None = inner(request)
        return response

    def _fitting(self, request: ServerRequest) -> list[Rule]:
        segments = _segments(request.whole_path)
        methods = {request.method, "GET"} if request.method == "HEAD" else {request.method}
        return [
            rule
            for rule in self._rules.rules
            if segments[: len(rule.segments)] == rule.segments and (not rule.methods or rule.methods & methods)
        ]

    def _client(self, request: ServerRequest) -> Address:
        """Who asks: the peer, or what a proxy that is trusted says, from the nearest proxy on."""
        address = _address(request.peer_address[0])
        hops = request.headers.tokens("X-Forwarded-For")
        while hops and _within(address, self._rules.trusted_proxies):
            try:
                address = _address(hops.pop())
            except ValueError:
                raise Refusal(400, "X-Forwarded-For holds no address.") from None
        return address

    async def _check_place(self, request: ServerRequest, fitting: list[Rule], address: Address) -> None:
        name = _NAMELESS
        if any(rule.allow.domains or rule.deny.domains for rule in fitting):
            name = await self._names.name(str(address))
        self._decide(request, fitting, address, name)

    def _decide(self, request: ServerRequest, fitting: list[Rule], address: Address, name: ReverseName) -> None:
        """By a name that leads nowhere nobody gets in, but who claims one that is denied stays out."""
        if any(_is_among(rule.deny, address, name.text) for rule in fitting):
            self._refuse(request, address, name.text, "denied")
        allowed = _longest(fitting, lambda rule: rule.allow)
        believed = name.text if name.confirmed else ""
        if allowed and not any(_is_among(who, address, believed) for who in allowed):
            self._refuse(request, address, name.text, "not among those that are allowed")

    def _refuse(self, request: ServerRequest, address: Address, name: str, why: str) -> None:
        _log.info("%s %s refused: %s%s is %s", request.method, request.path, address, f" ({name})" if name else "", why)
        raise Refusal(403)

    async def _check_user(self, request: ServerRequest, users: frozenset[str], address: str) -> str:
        """The user's name. One guess at a time for each user and address: none gets in beside the counting."""
        user, password = self._credentials(request)
        loop = asyncio.get_running_loop()
        turn = self._turns.setdefault((address, user), asyncio.Lock())
        async with turn:
            wait_s = self._back_off.wait_s(address, user, loop.time())
            if wait_s > 0:
                raise Refusal(429, "There were too many wrong passwords.", {"Retry-After": str(math.ceil(wait_s))})
            right = len(password) <= _LONGEST_PASSWORD and await self._passwords.right(user, password)
            if not right:
                self._back_off.failed(address, user, loop.time())
                _log.warning("a wrong password for %r from %s", user, address)
                raise self._ask()
        self._back_off.succeeded(address, user)
        if "*" not in users and user not in users:
            _log.info("%s %s refused: the user %r is not among those that may", request.method, request.path, user)
            raise Refusal(403)
        return user

    def _credentials(self, request: ServerRequest) -> tuple[str, str]:
        """RFC 7617."""
        given = request.headers.all("Authorization")
        if len(given) > 1:
            raise Refusal(400, "There are several Authorization fields.")
        scheme, _, token = given[0].partition(" ") if given else ("", "", "")
        if scheme.lower() != "basic":
            raise self._ask()
        try:
            octets = base64.b64decode(token.strip(" "), validate=True)
        except (binascii.Error, ValueError):
            raise Refusal(400, "The Authorization is malformed.") from None
        try:
            text = octets.decode("utf-8")
        except UnicodeDecodeError:
            text = octets.decode("latin-1")
        user, colon, password = unicodedata.normalize("NFC", text).partition(":")
        if not colon:
            raise Refusal(400, "The Authorization is malformed.")
        return user, password

    def _ask(self) -> Refusal:
        return Refusal(401, "Say who you are.", self._challenge)


def _longest(fitting: list[Rule], said: Callable[[Rule], T]) -> list[T]:
    """What the rules with the longest path say, of those that say anything."""
    saying = [rule for rule in fitting if said(rule)]
    depth = max((len(rule.segments) for rule in saying), default=0)
    return [said(rule) for rule in saying if len(rule.segments) == depth]


def _segments(path: str) -> tuple[str, ...]:
    """As the rules have them. Raises ``Refusal`` for a path that climbs."""
    segments = segments_of(path)
    if ".." in segments:
        raise Refusal(400, "The path climbs.")
    return segments


def _address(text: str) -> Address:
    """Raises ``ValueError``."""
    text = text.removeprefix("[").partition("]")[0].partition("%")[0]
    address = ip_address(text)
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def _within(address: Address, networks: Iterable[Network]) -> bool:
    return any(address.version == network.version and address in network for network in networks)


def _is_among(who: Who, address: Address, name: str) -> bool:
    return (
        who.everybody
        or _within(address, who.networks)
        or (bool(name) and any(_is_of(name, domain) for domain in who.domains))
    )


def _is_of(name: str, domain: str) -> bool:
    """``example.com`` is that name alone, ``.example.com`` every name below it too."""
    return name == domain.removeprefix(".") or (domain.startswith(".") and name.endswith(domain))
