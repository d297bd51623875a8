"""Libraries of the extra ``serve``, loaded when they are first needed."""

from __future__ import annotations

import importlib
from typing import Any

from michinori.server.settings import ServeError


class MissingLibrary(ServeError):
    """A library is not installed; the message says how to install it."""


def load(module: str, what_for: str, extra: str = "serve") -> Any:
    """The module. Raises ``MissingLibrary``, one sentence that names the way out."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        library = error.name or module
        raise MissingLibrary(f'{what_for} needs {library}: pip install "michinori[{extra}]"') from error
