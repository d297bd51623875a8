"""What holds for all tests."""

from __future__ import annotations

import os

from hypothesis import settings

# No deadline: how long an example takes says something about the machine, not about the code. Where a change is judged
# the examples are always the same ones; at a desk they are new each time, and what they find is kept.
settings.register_profile("michinori", deadline=None, max_examples=100, derandomize="CI" in os.environ)
settings.load_profile("michinori")
