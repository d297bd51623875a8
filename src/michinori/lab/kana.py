"""あいうえお over one line by UDP and by TCP, in a process of its own: a rule comes on stdin, what arrived goes out."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import unicodedata
from pathlib import Path
from typing import Any, Final

import msgspec

from michinori.aio import Stuck
from michinori.experiment.ground import WorldGround
from michinori.experiment.udp_tcp import MESSAGE, Line
from michinori.lab.checks import Texts, Verdict
from michinori.lab.child import surroundings
from michinori.lab.errors import Refused
from michinori.link.faults import parse_fault

_PATIENCE_S: Final = 30.0


async def judge(rule: str, folder: Path) -> Verdict:
    """Send the message both ways over a line with that rule. ``folder`` is for what is recorded meanwhile. Raises
    ``Refused``.
    """
    came = await _in_a_process(unicodedata.normalize("NFKC", rule), folder)
    if "wrong" in came:
        raise Refused(
            "この障害は読めません: drop nth=3 や delay 15ms nth=2 のように書いてください",
            f"this is no fault: {came['wrong']}",
        )
    udp, tcp = came["udp"], came["tcp"]
    told: Texts = {
        "ja": f"UDPでは「{udp}」、TCPでは「{tcp}」が届きました。",
        "en": f"By UDP came “{udp}”, by TCP “{tcp}”.",
    }
    right = udp != MESSAGE and tcp == MESSAGE
    more = {
        (True, True): (
            "正解。TCPだけが、失われたものを再送し、順序を直します。",
            "Right: TCP alone sends again what was lost and puts things in order.",
        ),
        (False, True): ("まだです。UDPでも無事に届いています。", "Not yet: by UDP too it came whole."),
    }.get((right, tcp == MESSAGE), ("まだです。TCPでも届きませんでした。", "Not yet: by TCP it did not come either."))
    return Verdict(right, {"ja": f"{told['ja']}{more[0]}", "en": f"{told['en']} {more[1]}"})


async def _in_a_process(rule: str, folder: Path) -> dict[str, Any]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "michinori.lab.kana"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
        env=surroundings(folder),
    )
    try:
        async with asyncio.timeout(_PATIENCE_S):
            said, _ = await process.communicate(rule.encode(errors="replace"))
    except TimeoutError:
        said = b""
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
    if not said:
        raise Refused(
            "この障害では終わりません: 別のものを書いてください", "with this fault it does not end: write another"
        )
    came: dict[str, Any] = msgspec.json.decode(said)
    return came


def send_both_ways(rule: str) -> dict[str, str]:
    """What arrived by ``udp`` and by ``tcp``. Raises ``ValueError`` for what is no rule."""
    parse_fault(rule)  # before it is made one of a line, so that what is said is about what was written
    came = {}
    for way in ("udp", "tcp"):
        ground = WorldGround(0, delay="20ms")
        try:
            line = Line(ground)
            send = line.by_udp if way == "udp" else line.by_tcp
            came[way] = send(MESSAGE, (rule,)).arrived
        except UnicodeDecodeError:
            came[way] = "�"
        except (Stuck, OSError):  # the connection never came about, or broke
            came[way] = ""
        finally:
            ground.close()
    return came


def main() -> None:
    """Do it once."""
    rule = sys.stdin.read().strip()
    try:
        came = send_both_ways(rule)
    except ValueError as error:
        came = {"wrong": str(error)}
    sys.stdout.write(msgspec.json.encode(came).decode())


if __name__ == "__main__":
    main()
