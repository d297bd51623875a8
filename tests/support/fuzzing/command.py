"""``tools/fuzz.py``: run the fuzzer and print what came of it."""

from __future__ import annotations

import argparse
import sys

from fuzzing.running import Piece, Report


def main(words: list[str]) -> int:
    """The command; gives its exit status."""
    parser = argparse.ArgumentParser(description="Fuzz the whole stack in a simulated world.")
    parser.add_argument("--frames", type=int, default=200_000, help="how many in all")
    parser.add_argument("--seed", type=int, default=1, help="of the first piece; each next has the next")
    parser.add_argument("--pieces", type=int, default=0, help="how many worlds; as a rule one for 50,000 frames")
    given = parser.parse_args(words)
    pieces = given.pieces or max(given.frames // 50_000, 1)
    report = Report()
    for number in range(pieces):
        piece = Piece(given.seed + number, given.frames // pieces).run()
        report.add(piece)
        for finding in piece.findings:
            print("FOUND", finding, file=sys.stderr, flush=True)
        if sys.stderr.isatty() or number % 20 == 19:
            print(f"{report.frames:,} frames, {len(report.findings)} findings", file=sys.stderr, flush=True)
    show(report, pieces)
    return 1 if report.findings else 0


def show(report: Report, pieces: int) -> None:
    """Print the figures."""
    rate = report.frames / report.seconds
    print(f"{report.frames:,} frames in {pieces} worlds, {report.seconds:,.0f} s: {rate:,.0f} frames/s")
    print(f"{report.transfers:,} healthy transfers beside them; {len(report.findings)} findings")
    print(f"slowest batch: {report.slowest_us:,.0f} us a frame: {report.slowest}")
    print("dropped:", ", ".join(f"{why} {count:,}" for why, count in report.drops.most_common()))
    print("at most:", ", ".join(f"{what} {size:,}" for what, size in sorted(report.sizes.items())))
