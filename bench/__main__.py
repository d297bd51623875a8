"""Run the benches that were named, or all, and print one table."""

from __future__ import annotations

import importlib
import pkgutil
import platform
import sys
from collections.abc import Iterator

import bench
from bench import Measure

_HEAD = ("", "measured", "goal", "bare", "ratio")


def modules(names: list[str]) -> Iterator[str]:
    """The benches with these names, or all."""
    there = [module.name for module in pkgutil.iter_modules(bench.__path__) if not module.name.startswith("_")]
    for name in names:
        if name not in there:
            sys.exit(f"no bench is called {name!r}; there are: {', '.join(there)}")
    yield from names or there


def line(measure: Measure) -> tuple[str, ...]:
    """The cells of a line; an exclamation mark says that the goal was missed."""

    def number(value: float | None) -> str:
        if value is None:
            return ""
        return f"{value:,.0f} {measure.unit}" if value >= 100 else f"{value:.2f} {measure.unit}"

    goal = "" if measure.goal is None else f"<= {number(measure.goal)}"
    missed = " !" if measure.goal is not None and measure.value > measure.goal else "  "
    ratio = "" if not measure.bare else f"{measure.value / measure.bare:.2f}"
    return measure.what, number(measure.value) + missed, goal, number(measure.bare), ratio


def main(names: list[str]) -> None:
    """Measure and print."""
    rows = [_HEAD]
    for name in modules(names):
        measure = getattr(importlib.import_module(f"bench.{name}"), "measure", None)
        if measure is not None:
            print(f"measuring {name} ...", file=sys.stderr, flush=True)
            rows += [line(one) for one in measure()]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    print(f"{platform.python_implementation()} {platform.python_version()} on {platform.machine()}")
    for row in rows:
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        print("  ".join(cells).rstrip())


if __name__ == "__main__":
    main(sys.argv[1:])
