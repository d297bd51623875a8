"""What holds for all tests."""

from __future__ import annotations

from hypothesis import settings

# No deadline: how long an example takes says something about the machine, not about the code.
settings.register_profile("michinori", deadline=None, max_examples=100)
settings.load_profile("michinori")
