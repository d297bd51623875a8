"""Why a look-up failed, in the terms of ``getaddrinfo`` and in a sentence."""

from __future__ import annotations

import socket
from typing import ClassVar, Final

# Not every platform tells "no such name" from "a name without addresses".
EAI_NODATA: Final = getattr(socket, "EAI_NODATA", socket.EAI_NONAME)


class LookupFailed(socket.gaierror):
    """A name could not be turned into addresses. ``errno`` is the code of ``getaddrinfo``."""

    code: ClassVar[int] = socket.EAI_FAIL

    def __init__(self, name: str, reason: str) -> None:
        self.name = name
        self.reason = reason
        super().__init__(self.code, f"{name}: {reason}")

    def __str__(self) -> str:
        return f"{self.name}: {self.reason}"

    def __reduce__(self) -> tuple[type[LookupFailed], tuple[str, str]]:
        return type(self), (self.name, self.reason)


class BadName(LookupFailed):
    """The text cannot be a name: an empty or overlong label, or characters that no name may have."""

    code = socket.EAI_NONAME


class NoSuchName(LookupFailed):
    """An authoritative server says that the name does not exist (NXDOMAIN)."""

    code = socket.EAI_NONAME


class NoAddress(LookupFailed):
    """The name exists, but it has no address of the family asked for (NODATA)."""

    code = EAI_NODATA


class ServerFailed(LookupFailed):
    """A name server answered that it cannot or will not help (SERVFAIL, REFUSED ...)."""

    code = socket.EAI_AGAIN


class NoAnswer(LookupFailed):
    """No name server answered in time."""

    code = socket.EAI_AGAIN
