"""Errors as a socket call reports them: ``OSError`` with the number that POSIX gives the case."""

from __future__ import annotations

import errno
import os


def os_error(number: int) -> OSError:
    """The error of that number; Python picks the subclass, such as ``ConnectionRefusedError`` for ``ECONNREFUSED``."""
    return OSError(number, os.strerror(number))


def would_block() -> OSError:
    """``BlockingIOError``: nothing can be done now; the socket says when."""
    return os_error(errno.EAGAIN)
