from __future__ import annotations

from small_world import make_world, recorded, world

__all__ = ["make_world", "recorded", "world"]
