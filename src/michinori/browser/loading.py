"""Everything that the browser is made of, loaded at once.

Its libraries are imported where they are first needed, so that a command that draws nothing does not wait for them. By
a real clock that would count: a journey would tell a second of imports as the time of its first stages.
"""

from __future__ import annotations

import importlib
from contextlib import suppress
from typing import Final

_LIBRARIES: Final = ("ada_url", "turbohtml", "turbohtml.detect", "PIL.Image", "plutoprint", "resvg_py")


def load() -> None:
    """Import it all; what is not installed is told when it is needed."""
    import michinori.browser.page
    import michinori.http.client  # noqa: F401

    for name in _LIBRARIES:
        with suppress(ImportError):
            importlib.import_module(name)
