"""``getaddrinfo`` and ``getnameinfo`` on a host."""

from __future__ import annotations

import asyncio
import socket

import pytest
from small_world import CLIENT, SERVER, SmallWorld

STREAM = (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "")


async def lookup(name, port=80, **options):
    return await asyncio.get_running_loop().getaddrinfo(name, port, **options)


def addresses(found) -> list[str]:
    return list(dict.fromkeys(info[4][0] for info in found))


def test_numbers_and_names_of_the_hosts_table_reach_no_resolver(world: SmallWorld) -> None:
    async def resolver(name: str, family: int) -> list[str]:
        raise AssertionError(name)

    world.client.resolver = resolver
    kind = socket.SOCK_STREAM
    assert world.run(lookup("192.0.2.1", type=kind)) == [(*STREAM, ("192.0.2.1", 80))]
    assert world.run(lookup(b"server", "https", type=kind)) == [(*STREAM, (SERVER, 443))]
    assert world.run(lookup("SERVER.", None, type=kind)) == [(*STREAM, (SERVER, 0))]
    assert world.run(lookup("localhost", type=kind)) == [(*STREAM, ("127.0.0.1", 80))]
    assert world.run(lookup(None, type=kind)) == [(*STREAM, ("127.0.0.1", 80))]
    assert world.run(lookup("", type=kind, flags=socket.AI_PASSIVE)) == [(*STREAM, ("0.0.0.0", 80))]
    assert [info[1] for info in world.run(lookup("server", "80"))] == [
        socket.SOCK_STREAM,
        socket.SOCK_DGRAM,
        socket.SOCK_RAW,
    ]
    assert world.run(lookup("server", flags=socket.AI_CANONNAME, type=kind))[0][3] == "server"


def test_other_names_are_the_resolvers(world: SmallWorld) -> None:
    asked = []

    async def resolver(name: str, family: int) -> list[str]:
        asked.append((name, family))
        await asyncio.sleep(0.1)
        return {"www.example": ["192.0.2.1", "192.0.2.2"], "xn--wgv71a": ["192.0.2.3"]}.get(name, [])

    world.client.resolver = resolver
    assert addresses(world.run(lookup("www.example"))) == ["192.0.2.1", "192.0.2.2"]
    assert addresses(world.run(lookup("日本"))) == ["192.0.2.3"]
    assert world.queue.now_ns == 200_000_000
    with pytest.raises(socket.gaierror) as caught:
        world.run(lookup("nobody.example."))
    assert caught.value.errno == socket.EAI_NONAME
    # A host without IPv6 addresses asks for IPv4 alone.
    assert asked == [(name, socket.AF_INET) for name in ("www.example", "xn--wgv71a", "nobody.example.")]


def test_a_resolver_that_fails_is_a_temporary_failure(world: SmallWorld) -> None:
    async def resolver(name: str, family: int) -> list[str]:
        if name == "precise":
            raise socket.gaierror(socket.EAI_FAIL, "the server is broken")
        raise TimeoutError("nobody answers")

    world.client.resolver = resolver
    with pytest.raises(socket.gaierror) as caught:
        world.run(lookup("www.example"))
    assert caught.value.errno == socket.EAI_AGAIN
    with pytest.raises(socket.gaierror, match="the server is broken"):
        world.run(lookup("precise"))


@pytest.mark.parametrize(
    ("arguments", "number"),
    [
        (("unknown", 80), socket.EAI_NONAME),
        ((None, None), socket.EAI_NONAME),
        (("server", "no-such-service"), socket.EAI_SERVICE),
    ],
)
def test_questions_without_an_answer(world: SmallWorld, arguments, number) -> None:
    with pytest.raises(socket.gaierror) as caught:
        world.run(lookup(*arguments))
    assert caught.value.errno == number


@pytest.mark.parametrize(
    ("options", "number"),
    [
        ({"type": socket.SOCK_STREAM, "proto": socket.IPPROTO_UDP}, socket.EAI_SOCKTYPE),
        ({"family": socket.AF_UNIX}, socket.EAI_FAMILY),
        ({"family": socket.AF_INET6}, socket.EAI_ADDRFAMILY),
    ],
)
def test_options_without_an_answer(world: SmallWorld, options, number) -> None:
    with pytest.raises(socket.gaierror) as caught:
        world.run(lookup("server", **options))
    assert caught.value.errno == number


def test_a_number_is_asked_for_and_a_name_given(world: SmallWorld) -> None:
    with pytest.raises(socket.gaierror):
        world.run(lookup("www.example", flags=socket.AI_NUMERICHOST))


def test_addresses_to_names(world: SmallWorld) -> None:
    async def name(address, flags=0):
        return await asyncio.get_running_loop().getnameinfo(address, flags)

    assert world.run(name((SERVER, 80))) == ("server", "http")
    assert world.run(name((CLIENT, 5000), socket.NI_NUMERICHOST)) == (CLIENT, "5000")
    assert world.run(name((CLIENT, 53), socket.NI_NUMERICSERV)) == ("client", "53")
    assert world.run(name(("192.0.2.1", 53))) == ("192.0.2.1", "domain")
    with pytest.raises(socket.gaierror):
        world.run(name(("192.0.2.1", 53), socket.NI_NAMEREQD))
