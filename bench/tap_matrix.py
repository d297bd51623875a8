"""Transfers between our TCP and the kernel's over bad lines, both ways, beside two kernels on the same line: a table.

    python -m bench.tap_matrix                      every line, every pair; takes long
    python -m bench.tap_matrix "5 % lost" "MTU 576" only these lines
    python -m bench.tap_matrix --octets 1000000     at most so many octets each
    python -m bench.tap_matrix --pytcp DIR/python   beside PyTCP, where that Python has it installed

Every transfer is compared by its SHA-256. Needs Linux, root and iproute2; what the lines are is in ``tap_lines``.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path
from typing import Final

from bench.tap_ends import (
    FAR,
    KERNELS,
    NEAR,
    Arrived,
    End,
    Ours,
    Process,
    ip,
    kernel_end,
    new_device,
    new_namespace,
    pass_over,
)
from bench.tap_lines import LINES, Line, digest
from michinori import TapWorld

LIMIT_S: Final = 300
_PYTCPS_END: Final = Path(__file__).with_name("_pytcp_end.py")


def transfer(line: Line, sender: str, receiver: str, octets: int, pytcp: str = "") -> Arrived:
    """One transfer between two ends by their names, of which one at least is a kernel. Raises ``RuntimeError`` when it
    is not whole, ``TimedOut`` after ``LIMIT_S``.
    """
    far, near = (receiver, sender) if receiver in KERNELS else (sender, receiver)
    with new_namespace("far") as beyond, new_namespace("near") as here, TapWorld(seed=1) as world:
        new_device(beyond, "michfar", line.mtu, FAR)
        world.tap("michfar", namespace=beyond)
        if near == "ours":
            host = world.host("ours", interfaces={"eth0": f"{NEAR}/24"})
            world.link(host, "michfar", **line.settings)
        else:
            host = world.host("onlooker")
            _near_device(here, line.mtu, bridged=near == "pytcp")
            world.tap("michnear", namespace=here)
            world.link("michnear", "michfar", **line.settings)
        ends = [kernel_end(beyond, FAR, far), _near_end(here, near, pytcp)]
        if far == sender and near == receiver:
            ends.reverse()
        try:
            arrived = world.run(pass_over(ends[1], ends[0], octets), on=host, limit=f"{LIMIT_S}s")
        finally:
            for end in ends:
                end.end()
    if (arrived.octets, arrived.sha256) != (octets, digest(octets)):
        raise RuntimeError(f"{arrived.octets} octets arrived of {octets}, or others than were sent")
    return arrived


def _near_end(namespace: str, near: str, pytcp: str) -> End:
    if near == "ours":
        return Ours()
    if near == "pytcp":
        return Process(namespace, NEAR, pytcp, str(_PYTCPS_END))
    return kernel_end(namespace, NEAR, near)


def _near_device(namespace: str, mtu: int, *, bridged: bool) -> None:
    """The device at the near end of the line; another TCP has a device of its own behind a bridge."""
    new_device(namespace, "michnear", mtu, "" if bridged else NEAR)
    if bridged:
        new_device(namespace, "pytcp0", mtu, "")
        ip(f"-n {namespace} link add bridge type bridge")
        for name in ("michnear", "pytcp0"):
            ip(f"-n {namespace} link set {name} master bridge")
        ip(f"-n {namespace} link set bridge up")


# -- The table ---------------------------------------------------------------------------------------------------------

PAIRS: Final = {
    "ours to kernel": ("ours", "kernel"),
    "kernel to ours": ("kernel", "ours"),
    "kernel to kernel": ("kernel", "kernel"),
    "kernel with BBR to kernel": ("bbr", "kernel"),
    "PyTCP to kernel": ("pytcp", "kernel"),
    "kernel to PyTCP": ("kernel", "pytcp"),
}
#: PyTCP takes minutes for more.
_PYTCPS_OCTETS: Final = 2_000_000


def _cell(name: str, sender: str, receiver: str, octets: int, pytcp: str) -> str:
    """In a process of its own, so that none suffers from what another left behind."""
    if "pytcp" in (sender, receiver):
        octets = min(octets, _PYTCPS_OCTETS)
    command = [sys.executable, "-m", "bench.tap_matrix", "--one", sender, receiver, "--octets", str(octets)]
    done = subprocess.run([*command, "--pytcp", pytcp, name], capture_output=True, text=True, check=False)
    if done.returncode:
        why = done.stderr.strip().splitlines()
        return f"- ({why[-1] if why else done.returncode})"
    seconds = float(done.stdout)
    return f"{octets * 8 / seconds / 1e6:.3g}"


def main(arguments: list[str]) -> None:
    """Print the table as it comes about."""
    parser = argparse.ArgumentParser(prog="python -m bench.tap_matrix")
    parser.add_argument("lines", nargs="*", metavar="LINE", help=f"of {', '.join(LINES)}")
    parser.add_argument("--octets", type=int, default=100_000_000)
    parser.add_argument("--pytcp", default="", metavar="PYTHON")
    parser.add_argument("--one", nargs=2, metavar=("SENDER", "RECEIVER"), help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.one:
        (name,) = options.lines
        print(transfer(LINES[name], *options.one, options.octets, options.pytcp).seconds)
        return
    pairs = {what: pair for what, pair in PAIRS.items() if options.pytcp or "pytcp" not in pair}
    print("| line | octets |", " | ".join(pairs), "|")
    print("| --- | ---: |", " | ".join("---:" for _ in pairs), "|", flush=True)
    for name in options.lines or LINES:
        octets = min(options.octets, LINES[name].octets)
        cells = [_cell(name, *pair, octets, options.pytcp) for pair in pairs.values()]
        print("|", " | ".join((name, f"{octets:,}", *cells)), "|", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
