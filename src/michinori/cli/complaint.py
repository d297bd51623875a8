"""What every command says when it cannot do what it was asked: one sentence on stderr."""

from __future__ import annotations

import sys

from michinori.cli.language import Language
from michinori.japanese import in_japanese


def complain(what: Exception | str, language: Language, *, see: str = "") -> None:
    """Say it. Sentences of the floors below come in English; what they quote cannot move the cursor.

    ``see``: the call that tells more.
    """
    from michinori.report.text import visible

    sentence = str(what)
    if language == "ja":
        sentence = f"できません: {in_japanese(sentence)}"
    if see:
        sentence = sentence.removesuffix(".") + (f" ({see} を見てください)" if language == "ja" else f" (see {see})")
    print(f"michinori: {visible(sentence)}", file=sys.stderr)


def remark(what: str, language: Language) -> None:
    """Say what is odd and stops nothing."""
    from michinori.report.text import visible

    told = f"気になること: {in_japanese(what)}" if language == "ja" else f"note: {what}"
    print(f"michinori: {visible(told)}", file=sys.stderr)
