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
    # What Linux does where an RFC leaves it open or advises otherwise.
    "nagle": "minshall",
    "slow_start_limit": 1000,
    "fast_open_wait_ns": 0,
    "quick_acks_at_start": 16,
}
TOLERANCE_NS = 10_000_000
#: The cookies in the scripts for servers are those of a key of Linux's; ours has its own.
_GRANTED_COOKIE = re.compile(r"> S\..*\bFO(?:EXP)? ([0-9a-f]{16})\b")


def linux_cookies(folder: Path) -> set[str]:
    """The Fast Open cookies that a server of these scripts hands out."""
    servers = (folder / "fastopen" / "server").rglob("*.pkt")
    return {cookie for script in servers for cookie in _GRANTED_COOKIE.findall(script.read_text(encoding="utf-8"))}


def prepared(script: Path, group: str, cookies: set[str]) -> tuple[str, dict[str, Any]]:
    """The text of the script, and the settings of TCP with which it is run."""
    text = script.read_text(encoding="utf-8")
    if group.startswith("fastopen/server"):
        for cookie in cookies:
            text = re.sub(rf"\b(FO|FOEXP) {cookie}\b", r"\1 TFO_COOKIE", text)
    # Every listener takes part, as with the bit 0x400 in their defaults.sh; clients do where a call asks for it.
    return text, DEFAULTS | {"fast_open": group.startswith("fastopen/server")}


def outcome_of(script: Path, group: str, cookies: set[str]) -> tuple[str, str]:
    """``pass``, ``differs`` or ``notation``, and the first line of why."""
    text, tcp = prepared(script, group, cookies)
    try:
        run(text, tcp=tcp, lenient=True, tolerance_ns=TOLERANCE_NS)
    except Mismatch as mismatch:
        return "differs", "; ".join(line.strip() for line in str(mismatch).splitlines()[:2])
    except ScriptError as error:
        return "notation", str(error)
    return "pass", ""


def main() -> None:
    """Print a line for each script that does not pass, where asked for, and the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="gtests/net/tcp of packetdrill")
    parser.add_argument("--why", action="store_true", help="say of each script why it does not pass")
    arguments = parser.parse_args()
    groups: dict[str, Counter[str]] = {}
    cookies = linux_cookies(arguments.folder)
    for script in sorted(arguments.folder.rglob("*.pkt")):
        group = str(script.parent.relative_to(arguments.folder))
        outcome, why = outcome_of(script, group, cookies)
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
