"""Run the public packetdrill scripts against our TCP and say, group by group, how many pass.

They are Google's, under a licence of their own, and stand in no repository of ours: get github.com/google/packetdrill
and name the folder ``gtests/net/tcp`` of it. docs/packetscript.md has the table that this prints and what it means.
"""

from __future__ import annotations

import argparse
import re
from collections import Counter
from pathlib import Path
from typing import Any

from michinori.testing.packetscript import Mismatch, ScriptError, run

#: What these scripts set up first: their common/defaults.sh in our words.
DEFAULTS: dict[str, Any] = {
    "receive_buffer": 540_000,
    "receive_buffer_max": 15 << 20,
    "send_buffer": 4 << 20,
    "send_buffer_max": 4 << 20,
    "restart_after_idle": False,
    "syn_retries": 5,
}
#: Linux acknowledges at once while a connection is young, and delays later: a script may need either.
DELAYS_NS = (0, 40_000_000)
TOLERANCE_NS = 10_000_000
#: The cookies in the scripts for servers are those of a key of Linux's; ours has its own.
_LINUX_COOKIE = re.compile(r"\bFO [0-9a-f]{16}\b")


def outcome_of(script: Path, group: str) -> tuple[str, str]:
    """``pass``, ``differs`` or ``notation``, and the first line of why."""
    settings = DEFAULTS | {"fast_open": group.startswith("fastopen")}
    text = script.read_text(encoding="utf-8")
    if group.startswith("fastopen/server"):
        text = _LINUX_COOKIE.sub("FO TFO_COOKIE", text)
    why = "", ""
    for delay_ns in DELAYS_NS:
        try:
            run(text, tcp=settings | {"delayed_ack_ns": delay_ns}, lenient=True, tolerance_ns=TOLERANCE_NS)
        except Mismatch as mismatch:
            why = "differs", "; ".join(line.strip() for line in str(mismatch).splitlines()[:2])
        except ScriptError as error:
            why = "notation", str(error)
        else:
            return "pass", ""
    return why


def main() -> None:
    """Print a line for each script that does not pass, where asked for, and the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="gtests/net/tcp of packetdrill")
    parser.add_argument("--why", action="store_true", help="say of each script why it does not pass")
    arguments = parser.parse_args()
    groups: dict[str, Counter[str]] = {}
    for script in sorted(arguments.folder.rglob("*.pkt")):
        group = str(script.parent.relative_to(arguments.folder))
        outcome, why = outcome_of(script, group)
        groups.setdefault(group, Counter())[outcome] += 1
        if arguments.why and why:
            print(f"{outcome:8} {group}/{script.name}: {why}")
    print(f"{'group':24}{'scripts':>8}{'pass':>8}{'differs':>8}{'notation':>9}")
    for group, counts in groups.items():
        print(f"{group:24}{counts.total():8}{counts['pass']:8}{counts['differs']:8}{counts['notation']:9}")
    total = sum(groups.values(), Counter())
    print(f"{'all':24}{total.total():8}{total['pass']:8}{total['differs']:8}{total['notation']:9}")


if __name__ == "__main__":
    main()
