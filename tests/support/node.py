"""Lets node run the report's modules, those that know no page, outside a browser."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

ASSETS = Path(__file__).parents[2] / "src/michinori/report/assets"

#: Octets go in and come out as ``{"octets": "00ff…"}``.
_RUNNER = """
import { readFileSync } from "node:fs";
const into = (key, value) => (value?.octets !== undefined ? Uint8Array.from(Buffer.from(value.octets, "hex")) : value);
const out = (key, value) =>
  value instanceof Uint8Array ? { octets: Buffer.from(value).toString("hex") } :
  value instanceof Map ? Object.fromEntries(value) : value;
const module = await import(process.argv[1]);
const calls = JSON.parse(readFileSync(0, "utf8"), into);
process.stdout.write(JSON.stringify(calls.map(([name, ...given]) =>
  typeof module[name] === "function" ? module[name](...given) : module[name]), out));
"""


def octets(data: bytes) -> dict[str, str]:
    """As an argument of a call."""
    return {"octets": data.hex()}


def call(module: str, calls: Iterable[tuple[Any, ...]]) -> list[Any]:
    """What the functions of a module return: each call is a name and its arguments; the name of a value gives that.

    ``module`` is a path in the folder of the report's assets.
    """
    program = shutil.which("node")
    if program is None:
        pytest.skip("node is not installed")
    command = [program, "--input-type=module", "--eval", _RUNNER, (ASSETS / module).as_uri()]
    given = json.dumps(list(calls)).encode()
    done = subprocess.run(command, input=given, capture_output=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
    results: list[Any] = json.loads(done.stdout)
    return results
