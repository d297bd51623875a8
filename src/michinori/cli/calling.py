"""One call of the command: what was typed wrongly and what the terminal does not take become one sentence each."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

import click

from michinori.cli.commands import michinori
from michinori.cli.complaint import complain
from michinori.cli.language import asked
from michinori.cli.status import DONE, FAILED, INTERRUPTED, WRONG_USAGE

#: What writing to a full disk, a closed pipe and a terminal that has gone ends with.
_OUTPUT_ERRORS: Final = (errno.ENOSPC, errno.EDQUOT, errno.EPIPE, errno.EIO)


def call(words: Sequence[str]) -> int:
    """Do what the words say. Gives the exit status."""
    try:
        status = michinori.main(list(words), prog_name="michinori", standalone_mode=False, obj=asked(words))
        sys.stdout.flush()
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return WRONG_USAGE
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        complain(error.format_message(), asked(words), see=f"{context.command_path} --help" if context else "")
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except OSError as error:
        if error.errno not in _OUTPUT_ERRORS or error.filename is not None:
            raise
        _let_go_of_output()
        if error.errno == errno.EPIPE:
            return FAILED  # whoever read it has seen enough
        complain(f"the output cannot be written ({error.strerror}): make room, or send it elsewhere", asked(words))
        return FAILED
    return DONE if status is None else int(status)


def _let_go_of_output() -> None:
    """The interpreter flushes once more at its end: let that go nowhere instead of complaining."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
