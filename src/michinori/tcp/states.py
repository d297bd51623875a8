"""The states of a connection and the ways between them: RFC 9293 section 3.3.2 and its figure 5, as data.

A connection is *synchronized* when both ends know each other's initial sequence number: from ESTABLISHED on. Closing
has two halves. Whoever closes first goes through FIN-WAIT-1 and FIN-WAIT-2 and waits at the end in TIME-WAIT, so that
the last ACK can be repeated and so that stray segments die before the same four addresses and ports are used again;
the other goes through CLOSE-WAIT and LAST-ACK. When both close at once, both go through CLOSING.

The code that follows these ways is in ``arrives.py`` (what a segment does) and ``connection.py`` (what a call does).
``TRANSITIONS`` is not consulted by it: the documentation is drawn from this table, and the tests hold every change of
state that ever happens in them against it.
"""

from __future__ import annotations

from enum import Enum
from typing import Final, NamedTuple


class State(Enum):
    """The eleven states. The value is the name as the RFC writes it."""

    CLOSED = "CLOSED"
    LISTEN = "LISTEN"
    SYN_SENT = "SYN-SENT"
    SYN_RECEIVED = "SYN-RECEIVED"
    ESTABLISHED = "ESTABLISHED"
    FIN_WAIT_1 = "FIN-WAIT-1"
    FIN_WAIT_2 = "FIN-WAIT-2"
    CLOSE_WAIT = "CLOSE-WAIT"
    CLOSING = "CLOSING"
    LAST_ACK = "LAST-ACK"
    TIME_WAIT = "TIME-WAIT"


# By themselves, as most segments ask for them: before CPython 3.12 an enumeration is slow to look its members up.
CLOSED: Final = State.CLOSED
SYN_SENT: Final = State.SYN_SENT
SYN_RECEIVED: Final = State.SYN_RECEIVED
ESTABLISHED: Final = State.ESTABLISHED
FIN_WAIT_1: Final = State.FIN_WAIT_1
TIME_WAIT: Final = State.TIME_WAIT

# Tuples, not sets: a search by identity is faster than the hash of an enumeration's member.
SYNCHRONIZED: Final = (
    State.ESTABLISHED,
    State.FIN_WAIT_1,
    State.FIN_WAIT_2,
    State.CLOSE_WAIT,
    State.CLOSING,
    State.LAST_ACK,
    State.TIME_WAIT,
)
#: Where the peer may still send text.
RECEIVES_TEXT: Final = (State.ESTABLISHED, State.FIN_WAIT_1, State.FIN_WAIT_2)
#: Where we may still have text or a FIN to send, new or again.
SENDS_TEXT: Final = (State.ESTABLISHED, State.CLOSE_WAIT, State.FIN_WAIT_1, State.CLOSING, State.LAST_ACK)
#: Where the application may still hand in text.
TAKES_TEXT: Final = (State.SYN_SENT, State.SYN_RECEIVED, State.ESTABLISHED, State.CLOSE_WAIT)


class Transition(NamedTuple):
    """One arrow of the figure."""

    source: State
    event: str
    """What happens: a call by the application, a segment that arrives or a timer."""
    action: str
    """What is done about it."""
    target: State


TRANSITIONS: Final[tuple[Transition, ...]] = (
    Transition(State.CLOSED, "passive OPEN", "create TCB", State.LISTEN),
    Transition(State.CLOSED, "active OPEN", "create TCB, send SYN", State.SYN_SENT),
    Transition(State.LISTEN, "CLOSE", "delete TCB", State.CLOSED),
    Transition(State.LISTEN, "receive SYN", "send SYN,ACK", State.SYN_RECEIVED),
    Transition(State.SYN_SENT, "CLOSE", "delete TCB", State.CLOSED),
    Transition(State.SYN_SENT, "receive SYN", "send SYN,ACK", State.SYN_RECEIVED),
    Transition(State.SYN_SENT, "receive SYN,ACK", "send ACK", State.ESTABLISHED),
    Transition(State.SYN_RECEIVED, "receive ACK of SYN", "", State.ESTABLISHED),
    Transition(State.SYN_RECEIVED, "CLOSE", "send FIN", State.FIN_WAIT_1),
    Transition(State.ESTABLISHED, "CLOSE", "send FIN", State.FIN_WAIT_1),
    Transition(State.ESTABLISHED, "receive FIN", "send ACK", State.CLOSE_WAIT),
    Transition(State.FIN_WAIT_1, "receive ACK of FIN", "", State.FIN_WAIT_2),
    Transition(State.FIN_WAIT_1, "receive FIN", "send ACK", State.CLOSING),
    Transition(State.FIN_WAIT_1, "receive FIN,ACK of FIN", "send ACK", State.TIME_WAIT),
    Transition(State.FIN_WAIT_2, "receive FIN", "send ACK", State.TIME_WAIT),
    Transition(State.CLOSE_WAIT, "CLOSE", "send FIN", State.LAST_ACK),
    Transition(State.CLOSING, "receive ACK of FIN", "", State.TIME_WAIT),
    Transition(State.LAST_ACK, "receive ACK of FIN", "", State.CLOSED),
    Transition(State.TIME_WAIT, "timeout=2MSL", "delete TCB", State.CLOSED),
)

#: What the figure leaves out for the sake of clarity (its notes 1 to 3) and the text of section 3.10 says.
TRANSITIONS_BESIDE_THE_FIGURE: Final[tuple[Transition, ...]] = (
    Transition(State.SYN_RECEIVED, "receive RST", "", State.LISTEN),
    *(
        Transition(state, "receive RST, ABORT or give up", "delete TCB", State.CLOSED)
        for state in State
        if state not in (State.CLOSED, State.LISTEN)
    ),
)
