"""What happened: events and frames, the recorder that keeps them, and the scope through which tasks reach it."""

from michinori.trace.causes import call_of, causes, effects, read_trace
from michinori.trace.event import Event
from michinori.trace.recorder import DEFAULT_EPOCH_NS, Recorder
from michinori.trace.scope import NS_PER_S, SCOPE, Clock, Scope, acting, current, note
from michinori.trace.tap import Tap

__all__ = [
    "DEFAULT_EPOCH_NS",
    "NS_PER_S",
    "SCOPE",
    "Clock",
    "Event",
    "Recorder",
    "Scope",
    "Tap",
    "acting",
    "call_of",
    "causes",
    "current",
    "effects",
    "note",
    "read_trace",
]
