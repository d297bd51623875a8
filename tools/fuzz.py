"""Fuzz the whole stack in a simulated world: ``tools/fuzz.py --frames 200000 --seed 1`` (docs/bad-neighbours.md)."""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests/support")]

from fuzzing.command import main  # noqa: E402 - only found now

sys.exit(main(sys.argv[1:]))
