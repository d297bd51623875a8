"""Passwords: hashes of them made and checked (argon2, bcrypt), and how often somebody may guess."""

from __future__ import annotations

import asyncio
import hmac
import re
import secrets
import unicodedata
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from typing import Any, Final

from michinori.server import extras

_REMEMBERED: Final = 1000
_REMEMBERED_S: Final = 300.0
_WATCHED: Final = 10_000
_BCRYPT: Final = re.compile(
    r"\$2[aby]\$(?:0[4-9]|[12][0-9]|3[01])\$[./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{31}"  # cost; salt of 128 bits; digest
)
_BCRYPT_OCTETS: Final = 72
"""bcrypt looks at no more of a password."""
_AT_ONCE: Final = 4
"""Each check takes 64 MB and one processor for a while."""


class BadHash(ValueError):
    """What stands in the place of a hash is none that is known here; says so in one sentence."""


def make_hash(password: str) -> str:
    """An argon2id hash of the password, as the file of rules wants it. Raises ``extras.MissingLibrary``."""
    made: str = extras.load("argon2", "a password").PasswordHasher().hash(unicodedata.normalize("NFC", password))
    return made


def check_hash(user: str, hashed: str) -> None:
    """Raises ``BadHash`` for what is no hash, ``extras.MissingLibrary`` when its library is not there."""
    if hashed.startswith("$argon2"):
        argon2 = extras.load("argon2", "a password")
        try:
            argon2.extract_parameters(hashed)
        except argon2.exceptions.InvalidHash:
            raise BadHash(f"the hash of {user} is not a whole argon2 hash") from None
    elif _BCRYPT.fullmatch(hashed):
        extras.load("bcrypt", "a bcrypt hash")
    else:
        raise BadHash(
            f"the password of {user} is neither an argon2 nor a bcrypt hash: "
            "make one with michinori serve --hash-password"
        )


class Passwords:
    """Checks passwords against hashes, off the loop, and as long for an unknown user as for a known one: against the
    hash of another user, always the same for one name, as hashes of different kinds take differently long.

    A password that was right is remembered for a while, as a keyed digest, because a browser sends it with every
    request and a check is meant to be slow.
    """

    def __init__(self, hashes: Mapping[str, str]) -> None:
        self._hashes = dict(hashes)
        self._key = secrets.token_bytes(32)
        self._right: OrderedDict[bytes, float] = OrderedDict()
        self._checking = asyncio.Semaphore(_AT_ONCE)
        for user, hashed in self._hashes.items():
            check_hash(user, hashed)

    async def right(self, user: str, password: str) -> bool:
        """Whether that is the password of that user."""
        loop = asyncio.get_running_loop()
        hashed = self._hashes.get(user)
        mark = self._mark(f"{user}\0{password}\0{hashed}")
        if self._right.get(mark, 0.0) > loop.time():
            return True
        if not self._hashes:
            return False
        async with self._checking:
            right = await loop.run_in_executor(None, partial(_verify, hashed or self._stand_in(user), password))
        if not right or hashed is None:
            return False
        self._right[mark] = loop.time() + _REMEMBERED_S
        self._right.move_to_end(mark)
        if len(self._right) > _REMEMBERED:
            self._right.popitem(last=False)
        return True

    def _stand_in(self, user: str) -> str:
        hashes = list(self._hashes.values())
        return hashes[int.from_bytes(self._mark(user)) % len(hashes)]

    def _mark(self, text: str) -> bytes:
        return blake2b(text.encode(), key=self._key, digest_size=32).digest()


def _verify(hashed: str, password: str) -> bool:
    if hashed.startswith("$argon2"):
        argon2: Any = extras.load("argon2", "a password")
        try:
            return bool(argon2.PasswordHasher().verify(hashed, password))
        except argon2.exceptions.VerificationError:
            return False
    bcrypt: Any = extras.load("bcrypt", "a bcrypt hash")
    octets = password.encode()[:_BCRYPT_OCTETS]
    return hmac.compare_digest(bcrypt.hashpw(octets, hashed.encode()), hashed.encode())


@dataclass(slots=True)
class _Tally:
    failures: int = 0
    until_s: float = 0.0


class BackOff:
    """Who guesses has to wait: after ``free`` failures 1 s, then twice as long each time, up to ``longest_s``.

    Counted for address and user together, so that nobody can lock another out, and for the address alone, ten times
    as patient, so that going through users does not help.
    """

    def __init__(self, *, free: int = 3, longest_s: float = 300.0) -> None:
        self._free = free
        self._longest_s = longest_s
        self._tallies: OrderedDict[tuple[str, ...], _Tally] = OrderedDict()

    def wait_s(self, address: str, user: str, now_s: float) -> float:
        """How long that user, at that address, has still to wait; 0: may try."""
        tallies = (self._tallies.get(key) for key in ((address, user), (address,)))
        return max((tally.until_s - now_s for tally in tallies if tally is not None), default=0.0)

    def failed(self, address: str, user: str, now_s: float) -> None:
        """Count a failure."""
        for key, free in (((address, user), self._free), ((address,), 10 * self._free)):
            tally = self._tallies.pop(key, None) or _Tally()
            if tally.failures and now_s > tally.until_s + self._longest_s:
                tally = _Tally()  # long ago
            tally.failures += 1
            over = tally.failures - free
            tally.until_s = now_s + (min(2.0 ** min(over - 1, 30), self._longest_s) if over > 0 else 0.0)
            self._tallies[key] = tally
        while len(self._tallies) > _WATCHED:
            self._tallies.popitem(last=False)

    def succeeded(self, address: str, user: str) -> None:
        """Forget the failures of that user there."""
        self._tallies.pop((address, user), None)
