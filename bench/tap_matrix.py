"""Transfers between our TCP and the kernel's over bad lines, both ways, beside two kernels on the same line: a table.

    python -m bench.tap_matrix                      every line, every pair: some six minutes
    python -m bench.tap_matrix "5 % lost" "MTU 576" only these lines
    python -m bench.tap_matrix --octets 100000000   so many octets over each line, and --limit 600 seconds for them
    python -m bench.tap_matrix --connections 100    by so many connections at once, which share the octets
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
from michinori import TapWorld, TimedOut

#: How long a transfer may take.
LIMIT_S: Final = 60
_PYTCPS_END: Final = Path(__file__).with_name("_pytcp_end.py")


def transfer(
    line: Line,
    sender: str,
    receiver: str,
    octets: int,
    connections: int = 1,
    *,
    pytcp: str = "",
    limit_s: int = LIMIT_S,
) -> Arrived:
    """One transfer between two ends by their names, of which one at least is a kernel: so many octets in each of the
    connections. Raises ``RuntimeError`` when it is not whole, ``TimedOut`` after ``limit_s``.
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
            arrived = world.run(pass_over(ends[1], ends[0], octets, connections), on=host, limit=f"{limit_s}s")
        finally:
            for end in ends:
                end.end()
    if (arrived.octets, arrived.sha256) != (octets * connections, digest(octets)):
        raise RuntimeError(f"{arrived.octets} octets arrived of {octets * connections}, or others than were sent")
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
    "kernel with BBR to ours": ("bbr", "ours"),
    "kernel with BBR to kernel": ("bbr", "kernel"),
    "PyTCP to kernel": ("pytcp", "kernel"),
    "kernel to PyTCP": ("kernel", "pytcp"),
}
#: PyTCP takes minutes for more.
_PYTCPS_OCTETS: Final = 1_000_000
_PYTCPS_LINES: Final = ("nothing wrong", "1 % lost", "5 % lost", "5 % 3 ms late", "50 ms")


def _cell(name: str, pair: tuple[str, str], octets: int, options: argparse.Namespace) -> str:
    """Mbit/s; in a process of its own, so that none suffers from what another left behind."""
    command = [sys.executable, "-m", "bench.tap_matrix", "--one", *pair, "--octets", str(octets)]
    command += ["--connections", str(options.connections), "--limit", str(options.limit)]
    command += ["--pytcp", options.pytcp, name]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        why = done.stderr.strip().splitlines()
        return f"- ({why[-1] if why else done.returncode})"
    seconds = float(done.stdout)
    return f"{octets * options.connections * 8 / seconds / 1e6:.3g}"


def _print_table(pairs: dict[str, tuple[str, str]], options: argparse.Namespace, most: int | None = None) -> None:
    """As it comes about."""
    print("| line | octets |", " | ".join(pairs), "|")
    print("| --- | ---: |", " | ".join("---:" for _ in pairs), "|", flush=True)
    for name in options.lines or LINES:
        octets = options.octets or LINES[name].octets
        octets = (octets if most is None else min(octets, most)) // options.connections
        cells = [_cell(name, pair, octets, options) for pair in pairs.values()]
        print("|", " | ".join((name, f"{octets * options.connections:,}", *cells)), "|", flush=True)


def main(arguments: list[str]) -> None:
    """Print the table; that of PyTCP stands by itself, as its octets are others."""
    parser = argparse.ArgumentParser(prog="python -m bench.tap_matrix")
    parser.add_argument("lines", nargs="*", metavar="LINE", help=f"of {', '.join(LINES)}".replace("%", "%%"))
    parser.add_argument("--octets", type=int, default=0, help="so many over each line")
    parser.add_argument("--connections", type=int, default=1, metavar="NUMBER", help="at once, sharing the octets")
    parser.add_argument("--limit", type=int, default=LIMIT_S, metavar="SECONDS", help="for each transfer")
    parser.add_argument("--pytcp", default="", metavar="PYTHON")
    parser.add_argument("--one", nargs=2, metavar=("SENDER", "RECEIVER"), help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if unknown := [name for name in options.lines if name not in LINES]:
        parser.error(f"there is no line {unknown[0]!r}: --help names those that there are")
    if options.connections < 1:
        parser.error("--connections takes 1 or more")
    if options.pytcp and options.connections > 1:
        parser.error("PyTCP's end takes one connection: leave out --connections or --pytcp")
    if options.one:
        (name,) = options.lines
        try:
            arrived = transfer(
                LINES[name],
                *options.one,
                options.octets,
                options.connections,
                pytcp=options.pytcp,
                limit_s=options.limit,
            )
        except TimedOut:
            sys.exit(f"not within {options.limit} s")
        print(arrived.seconds)
        return
    _print_table({what: pair for what, pair in PAIRS.items() if "pytcp" not in pair}, options)
    if options.pytcp:
        print()
        options.lines = options.lines or _PYTCPS_LINES
        _print_table({what: pair for what, pair in PAIRS.items() if "pytcp" in pair}, options, _PYTCPS_OCTETS)


if __name__ == "__main__":
    main(sys.argv[1:])
