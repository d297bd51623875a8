"""Packet scripts in the notation of packetdrill, run against a host of a world in virtual time.

    0    socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
    +0   bind(3, ..., ...) = 0
    +0   listen(3, 1) = 0
    +0   < S 0:0(0) win 30000 <mss 1460>
    +0   > S. 0:0(0) ack 1 <mss 1460>
    +.1  < . 1:1(0) ack 1 win 30000
    +0   accept(3, ..., ...) = 4

Calls are what the application does, ``<`` is what the wire brings to the host, ``>`` is what the host must send. The
host is a real one (``michinori.host.Host``), and what crosses the wire are Ethernet frames. docs/packetscript.md has
the whole notation.
"""

from __future__ import annotations

from michinori.testing.packetscript.mismatch import Mismatch
from michinori.testing.packetscript.parser import parse
from michinori.testing.packetscript.runner import Runner, run
from michinori.testing.packetscript.script import Script, ScriptError

__all__ = ["Mismatch", "Runner", "Script", "ScriptError", "parse", "run"]
