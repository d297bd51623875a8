"""Names as people write them, made into names as the DNS has them.

Names beyond ASCII are encoded by ada-url (UTS #46 without transition, as the WHATWG URL standard does), so that the
address bar and the resolver always mean the same name, and a bare install needs no further package.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import dns.exception
import dns.name

from michinori.dns.errors import BadName

LOCALHOST: Final = dns.name.from_text("localhost.")


def to_name(text: str) -> dns.name.Name:
    """The absolute name of that text, which may lack the trailing dot. Raises ``BadName``."""
    ascii_text = text
    if not text.isascii():
        import ada_url

        try:
            ascii_text = ada_url.idna.encode(text).decode()
        except ValueError as error:
            raise BadName(text, "it cannot be encoded as an internationalised name (UTS #46)") from error
    if not ascii_text:
        raise BadName(text, "it is empty")
    try:
        return dns.name.from_text(ascii_text)
    except (dns.exception.DNSException, ValueError) as error:
        raise BadName(text, str(error) or type(error).__name__) from error


def candidates(text: str, search: Sequence[dns.name.Name], ndots: int = 1) -> list[dns.name.Name]:
    """The names to try for that text, in order, as resolv.conf(5) has it.

    A trailing dot says that the name is whole. Otherwise a name with at least ``ndots`` dots is first tried as it
    stands, and a shorter one first below each domain of the search list.
    """
    name = to_name(text)
    if text.endswith((".", "。", "．", "｡")) or not search:
        return [name]
    relative = name.relativize(dns.name.root)
    below = []
    for domain in search:
        try:
            below.append(relative.concatenate(domain))
        except dns.name.NameTooLong:
            continue
    dots = len(name) - 2
    return [name, *below] if dots >= ndots else [*below, name]


def called(name: dns.name.Name) -> str:
    """A name as sentences write it: without the dot that no person types."""
    return "the root" if name == dns.name.root else str(name).removesuffix(".")


def ancestors(name: dns.name.Name) -> Iterator[dns.name.Name]:
    """The name itself, then what stands above it, up to the root."""
    while True:
        yield name
        if name == dns.name.root:
            return
        name = name.parent()
