"""Names to addresses: authoritative servers, a resolver that walks from the root, and the stub in each host.

Plain asyncio: whose sockets are used is decided by the loop. The clock, the luck and the recorder come from the scope
of the running task.
"""

from michinori.dns.authoritative import AuthoritativeServer
from michinori.dns.errors import BadName, LookupFailed, NoAddress, NoAnswer, NoSuchName, ServerFailed
from michinori.dns.recursive import Conduct, RecursiveResolver
from michinori.dns.stub import Habits, StubResolver
from michinori.dns.zones import BadZone, Zone

__all__ = [
    "AuthoritativeServer",
    "BadName",
    "BadZone",
    "Conduct",
    "Habits",
    "LookupFailed",
    "NoAddress",
    "NoAnswer",
    "NoSuchName",
    "RecursiveResolver",
    "ServerFailed",
    "StubResolver",
    "Zone",
]
