"""The two grounds: a program that fails ends the experiment, and what lies in somebody's folder has no part in it."""

from __future__ import annotations

import pytest

from michinori.experiment.ground import RealGround, WorldGround


class Broken(Exception):
    """A program's own error."""


@pytest.mark.parametrize("make", [WorldGround, RealGround])
def test_a_program_that_fails_ends_the_others_too(make):
    ground = make(0)
    port = ground.new_port()

    async def server():
        listener = ground.calls.open_socket()
        ground.calls.bind_and_listen(listener, (ground.address, port), 1)
        try:
            await ground.calls.accept(listener)  # nobody will come
        finally:
            ground.calls.close(listener)

    async def client():
        await ground.pause(ground.step_s)
        raise Broken

    try:
        with pytest.raises(Broken):
            ground.play(server=server, client=client)
    finally:
        ground.close()


def test_the_program_that_is_ended_does_not_take_a_file_of_the_folder_for_a_module(tmp_path, monkeypatch):
    (tmp_path / "socket.py").write_text("raise SystemExit('this is not the socket of Python')")
    monkeypatch.chdir(tmp_path)
    ground = RealGround(0)
    port = ground.new_port()

    async def server():
        listener = ground.calls.open_socket()
        ground.calls.bind_and_listen(listener, (ground.address, port), 1)
        sock = await ground.calls.accept(listener)
        data = await ground.calls.recv(sock, 100)
        ground.calls.close(sock)
        ground.calls.close(listener)
        return data

    async def client():
        await ground.pause(ground.step_s)
        await ground.client_that_ends(port, b"hello", ground.step_s)

    try:
        assert ground.play(server=server, client=client)["server"] == b"hello"
    finally:
        ground.close()
