"""Octets and values: each format of the wire is a value with two verbs, ``parse`` and ``emit``.

No state and no clock. Whatever the octets, ``parse`` gives a value or raises ``Malformed``; for every value that the
format can carry, ``parse(emit(value)) == value``. A payload is a slice of what was parsed: of ``bytes`` a copy, of a
``memoryview`` a view.
"""

from michinori.wire.malformed import Malformed, Octets

__all__ = ["Malformed", "Octets"]
