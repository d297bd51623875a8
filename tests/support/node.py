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
import { inflateSync } from "node:zlib";
const [file, assets, report] = process.argv.slice(1);
const journey = async () => {
  const { Journey } = await import(assets + "data.js");
  const found = readFileSync(report, "utf8").matchAll(/id="blob-(\\w+)" data-form="deflate">([^<]*)</g);
  const opened = ([, name, text]) => {
    const { buffer, byteOffset, length } = inflateSync(Buffer.from(text, "base64"));
    return [name, buffer.slice(byteOffset, byteOffset + length)];
  };
  return new Journey(Object.fromEntries(Array.from(found, opened)));
};
const walked = report ? await journey() : undefined;
const into = (key, value) =>
  value?.octets !== undefined ? Uint8Array.from(Buffer.from(value.octets, "hex")) :
  value === "$journey" ? walked : value;
const out = (key, value) =>
  value instanceof Uint8Array ? { octets: Buffer.from(value).toString("hex") } :
  value instanceof Map ? Object.fromEntries(value) : value;
const module = await import(file);
const calls = JSON.parse(readFileSync(0, "utf8"), into);
process.stdout.write(JSON.stringify(calls.map(([name, ...given]) =>
  typeof module[name] === "function" ? module[name](...given) : module[name]), out));
"""


#: As an argument of a call: the journey of the report.
JOURNEY = "$journey"


def octets(data: bytes) -> dict[str, str]:
    """As an argument of a call."""
    return {"octets": data.hex()}


def call(module: str, calls: Iterable[tuple[Any, ...]], report: Path | None = None) -> list[Any]:
    """What the functions of a module return: each call is a name and its arguments; the name of a value gives that.

    ``module`` is a path in the folder of the report's assets. The argument ``JOURNEY`` is what ``report`` holds.
    """
    program = shutil.which("node")
    if program is None:
        pytest.skip("node is not installed")
    places = [(ASSETS / module).as_uri(), ASSETS.as_uri() + "/", *([str(report)] if report else [])]
    command = [program, "--input-type=module", "--eval", _RUNNER, *places]
    given = json.dumps(list(calls)).encode()
    done = subprocess.run(command, input=given, capture_output=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
    results: list[Any] = json.loads(done.stdout)
    return results
