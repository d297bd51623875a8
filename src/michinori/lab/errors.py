"""What the lab refuses: one sentence in both languages."""

from __future__ import annotations

import errno
from typing import Final

from michinori.japanese import in_japanese

_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT})


class Refused(Exception):
    """The lab does not do that; the sentence says why, and what helps. ``status`` is that of HTTP."""

    def __init__(self, ja: str, en: str, status: int = 400) -> None:
        super().__init__(en)
        self.sentence = {"ja": ja, "en": en}
        self.status = status


class Stopped(Exception):
    """A journey was ended before it arrived, by the reader or by a bound. ``why`` is a clause in both languages."""

    stage = "world"
    layer = "world"

    def __init__(self, why: dict[str, str]) -> None:
        super().__init__(why["en"])
        self.why = why


def no_room(error: Exception) -> Refused | None:
    """The refusal, if that is what a full disk says."""
    if not isinstance(error, OSError) or error.errno not in _NO_ROOM:
        return None
    return Refused(
        "ディスクがいっぱいです: 空きを作るか、--dir で別の場所を選んでラボを起動し直してください",
        "the disk is full: make room, or start the lab again with another --dir",
        507,
    )


def retold(error: Exception) -> Refused:
    """What the floors below refuse in English, as the lab refuses it."""
    return no_room(error) or Refused(in_japanese(str(error)), str(error))
