"""Text that came from the wire, made fit to be looked at: ``visible``, which every floor may need."""

from michinori.trace.visible import visible

__all__ = ["visible"]
