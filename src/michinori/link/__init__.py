"""What carries frames: adapters, cables with their faults, switches."""

from michinori.link.adapter import Adapter
from michinori.link.cable import Cable, CableEnd, Direction
from michinori.link.counters import Counters
from michinori.link.faults import Rule, parse_fault
from michinori.link.offload import LARGEST_TEXT
from michinori.link.plug import Lead, Plug
from michinori.link.switch import MacEntry, Switch, SwitchPort
from michinori.link.tap import TapDevice, TapError, open_tap
from michinori.link.verdicts import Corrupt, Delay, Drop, Duplicate, Judge, Mark, Pass, Verdict

__all__ = [
    "LARGEST_TEXT",
    "Adapter",
    "Cable",
    "CableEnd",
    "Corrupt",
    "Counters",
    "Delay",
    "Direction",
    "Drop",
    "Duplicate",
    "Judge",
    "Lead",
    "MacEntry",
    "Mark",
    "Pass",
    "Plug",
    "Rule",
    "Switch",
    "SwitchPort",
    "TapDevice",
    "TapError",
    "Verdict",
    "open_tap",
    "parse_fault",
]
