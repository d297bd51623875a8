"""A connection alone with a script, watched (so that the steps of the RFC do everything) and unwatched (so that header
prediction does what it can).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from lone_connection import PacketTest

HANDSHAKE = """
    +0.00 = connect
    +0.00 > S 0:0(0) <mss 1000>
    +0.10 < S. 0:0(0) ack 1 win {window} <mss {mss}>
    +0.00 > . 1:1(0) ack 1
"""
HANDSHAKE_WITH_SACK = """
    +0.00 = connect
    +0.00 > S 0:0(0) <mss 1000,sackOK>
    +0.10 < S. 0:0(0) ack 1 win 65535 <mss 1000,sackOK>
    +0.00 > . 1:1(0) ack 1
"""

Make = Callable[..., PacketTest]


@pytest.fixture(params=[True, False], ids=["watched", "unwatched"])
def watched(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def make(watched: bool) -> Make:
    """A connection that was not opened yet, with these settings."""

    def make(**settings: Any) -> PacketTest:
        return PacketTest(watched=watched, **settings)

    return make


@pytest.fixture
def open_one(make: Make) -> Make:
    """An established connection with these settings; the round trip of the handshake took 100 ms."""

    def open_one(*, window: int = 65535, mss: int = 1000, **settings: Any) -> PacketTest:
        return make(**settings).run(HANDSHAKE.format(window=window, mss=mss))  # the peer's window and MSS

    return open_one


@pytest.fixture
def open_with_sack(make: Make) -> Make:
    def open_with_sack(**settings: Any) -> PacketTest:
        return make(sack=True, **settings).run(HANDSHAKE_WITH_SACK)

    return open_with_sack


@pytest.fixture
def established(open_one: Make) -> PacketTest:
    return open_one()


@pytest.fixture
def server(make: Make) -> PacketTest:
    """A listener, and the copy of its socket once a SYN has come."""
    return make(passive=True)
