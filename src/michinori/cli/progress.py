"""A line that lives while a journey runs, on a terminal; nothing in a pipe."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from michinori.cli.language import Language
from michinori.cli.lines import cut
from michinori.cli.sentences import say

if TYPE_CHECKING:
    from rich.text import Text

    from michinori.world import World

#: Columns for what was typed at least, and for the numbers beside it.
_LEAST_TEXT: Final = 16
_BESIDE_TEXT: Final = 44


@contextmanager
def progress(world: World | None, text: str, language: Language) -> Iterator[None]:
    """Around the journey. The line is drawn by a thread of rich's that only reads the clock and the counters."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console
    from rich.live import Live
    from rich.spinner import Spinner
    from rich.text import Text

    from michinori.report.text import visible
    from michinori.world import TapWorld
    from michinori.world.units import show_duration

    console = Console(stderr=True)

    def line() -> Text:
        shown = Text.assemble((f" {cut(visible(text), max(_LEAST_TEXT, console.width - _BESIDE_TEXT))} ", "bold"))
        if world is None or world.recorder is None:
            shown.append(say("on-the-way", language), style="dim")
        else:
            frames = sum(
                adapter.counters.tx_frames
                for machine in world.machines.values()
                for adapter in machine.adapters.values()
            )
            key = "progress-tap" if isinstance(world, TapWorld) else "progress"
            said = say(key, language, virtual=show_duration(world.now_ns), frames=frames)
            shown.append(said, style="dim")
        return shown

    class Moving(Spinner):
        """The spinner, with a line that is made anew each time it is drawn."""

        def render(self, time: float) -> object:  # type: ignore[override]
            self.text = line()
            return super().render(time)

    with Live(Moving("dots"), console=console, transient=True, refresh_per_second=10):
        yield
