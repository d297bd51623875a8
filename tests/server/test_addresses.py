"""Places to listen on."""

from __future__ import annotations

import asyncio
import socket

import pytest

from michinori.http import ServerRequest, ServerResponse, serve
from michinori.server import addresses

WAITING = 8


async def never(request: ServerRequest) -> ServerResponse:
    raise AssertionError(request)


async def accepted_in_a_moment() -> tuple[int, int]:
    """How many connections of those that wait the loop accepts in a few turns, and how many places that takes."""
    sockets = addresses.bind("127.0.0.1", 0)
    sockets += addresses.more_descriptors(sockets, asyncio.get_running_loop())
    async with await serve(never, sockets=sockets) as server:
        clients = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(WAITING)]
        for _ in range(4):
            await asyncio.sleep(0)
        accepted = server.connections
        for client in clients:
            client.close()
        return accepted, len(server.addresses)


def test_who_listens_everywhere_is_called_by_every_name() -> None:
    assert addresses.names_for("127.0.0.1") == ["127.0.0.1"]
    assert addresses.names_for("box.example") == ["box.example"]
    everywhere = addresses.names_for("0.0.0.0")
    assert everywhere[:2] == ["0.0.0.0", socket.gethostname()]
    for numeric in everywhere[2:]:
        for sock in addresses.bind(numeric, 0):  # so it is one of ours
            sock.close()


def test_many_who_wait_are_accepted_at_once_on_uvloop() -> None:
    uvloop = pytest.importorskip("uvloop")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(accepted_in_a_moment()) == (WAITING, 1)


def test_many_who_wait_are_accepted_at_once_on_asyncio() -> None:
    assert asyncio.run(accepted_in_a_moment()) == (WAITING, 1)
