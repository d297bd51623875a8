"""What can go wrong in the browser, and the one place that says how a missing extra is installed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class BrowserError(Exception):
    """The base of every error that the browser raises. Its text is one sentence for a person."""


class MissingExtra(BrowserError):
    """A library of the extra ``browser`` is not installed."""


class BadAddress(BrowserError):
    """What was typed begins like a URL and is none, or it is a URL that this browser cannot open."""


class BadImage(BrowserError):
    """An image that cannot be decoded: broken, of an unknown kind, or too large to be safe."""


class BadDataUrl(BrowserError):
    """A ``data:`` URL that does not hold what RFC 2397 asks for."""


class NotDrawn(BrowserError):
    """The page could not be painted on this machine; the text says why."""


@contextmanager
def needed_for(purpose: str) -> Iterator[None]:
    """Around the import of a library of the extra. Raises ``MissingExtra`` where it is not installed."""
    try:
        yield
    except ModuleNotFoundError as missing:
        sentence = f'{purpose} needs the library {missing.name}: pip install "michinori[browser]"'
        raise MissingExtra(sentence) from missing
