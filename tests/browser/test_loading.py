"""What the browser is made of is loaded before a real clock runs, or imports would be told as time on the way."""

from __future__ import annotations

import subprocess
import sys

WALK = """
import sys
from michinori.browser.loading import load
from michinori.world.journey import journey_by_os

load()
before = set(sys.modules)
page = "data:text/html,<title>x</title><img src='data:image/svg+xml,<svg xmlns=%22http://www.w3.org/2000/svg%22/>'><p>hi"
journey = journey_by_os(page, seed=0, language="en")
assert journey.failure is None, journey.failure
names = {name.partition(".")[0] for name in set(sys.modules) - before}
print(*sorted(names & {"michinori", "ada_url", "turbohtml", "PIL", "plutoprint", "resvg_py", "h11", "dns"}))
"""


def test_a_journey_imports_nothing_more_once_the_browser_is_loaded() -> None:
    done = subprocess.run([sys.executable, "-c", WALK], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []
