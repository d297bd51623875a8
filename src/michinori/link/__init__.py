"""What carries frames: adapters, cables with their faults, switches."""

from michinori.link.adapter import Adapter
from michinori.link.cable import Cable, CableEnd, Direction
from michinori.link.counters import Counters
from michinori.link.faults import Corrupt, Delay, Drop, Duplicate, Judge, Pass, Rule, Verdict, parse_fault
from michinori.link.plug import Plug
from michinori.link.switch import MacEntry, Switch, SwitchPort

__all__ = [
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
    "MacEntry",
    "Pass",
    "Plug",
    "Rule",
    "Switch",
    "SwitchPort",
    "Verdict",
    "parse_fault",
]
