from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest
from tests.http.wires import peer, recorded, run, says

from michinori.http import Client, Request, Timeouts
from michinori.http.errors import ConnectFailed, NameNotResolved, TimedOut
from michinori.http.names import HostCache, is_address

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


def answering(*addresses: str, wait_s: float = 0.0) -> tuple[list[str], Any]:
    asked: list[str] = []

    async def getaddrinfo(host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        await asyncio.sleep(wait_s)
        if not addresses:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    return asked, getaddrinfo


def test_asked_once_and_believed_for_a_minute() -> None:
    async def main() -> None:
        asked, getaddrinfo = answering("192.0.2.1", "192.0.2.2", "192.0.2.1", wait_s=0.01)
        asyncio.get_running_loop().getaddrinfo = getaddrinfo  # type: ignore[method-assign]
        names = HostCache()
        together = await asyncio.gather(*(names.resolve("a.example", 80) for _ in range(6)))
        assert together == [["192.0.2.1", "192.0.2.2"]] * 6
        with recorded() as events:
            assert await names.resolve("a.example", 443) == ["192.0.2.1", "192.0.2.2"]
            (hit,) = events()
        assert asked == ["a.example"]
        assert (hit.layer, hit.what) == ("dns", "cache-hit")
        assert (hit.data["name"], hit.data["cache"]) == ("a.example", "browser")
        names = HostCache(lifetime_s=0)
        await names.resolve("a.example", 80)
        await names.resolve("a.example", 80)
        assert len(asked) == 3

    run(main())


def test_addresses_are_nobody_asked_for() -> None:
    assert is_address("192.0.2.1")
    assert is_address("2001:db8::1")
    assert is_address("fe80::1%eth0")
    assert not is_address("a.example")

    async def main() -> None:
        asked, getaddrinfo = answering()
        asyncio.get_running_loop().getaddrinfo = getaddrinfo  # type: ignore[method-assign]
        assert await HostCache().resolve("::1", 80) == ["::1"]
        assert not asked

    run(main())


def test_failures_are_told_and_not_remembered() -> None:
    async def main() -> None:
        asked, getaddrinfo = answering()
        asyncio.get_running_loop().getaddrinfo = getaddrinfo  # type: ignore[method-assign]
        names = HostCache()
        for _ in range(2):
            with pytest.raises(NameNotResolved, match="Name or service not known"):
                await names.resolve("a.example", 80)
        assert len(asked) == 2

    run(main())


def test_who_leaves_does_not_take_the_answer_away() -> None:
    async def main() -> None:
        _, getaddrinfo = answering("192.0.2.1", wait_s=0.05)
        asyncio.get_running_loop().getaddrinfo = getaddrinfo  # type: ignore[method-assign]
        names = HostCache()
        one = asyncio.create_task(names.resolve("a.example", 80))
        two = asyncio.create_task(names.resolve("a.example", 80))
        await asyncio.sleep(0.01)
        one.cancel()
        assert await two == ["192.0.2.1"]

    run(main())


def test_the_next_address_is_tried() -> None:
    async def main() -> None:
        _, getaddrinfo = answering("127.0.0.2", "127.0.0.1")
        asyncio.get_running_loop().getaddrinfo = getaddrinfo  # type: ignore[method-assign]
        async with peer(says(OK)) as url, Client() as client:
            with recorded() as events:
                response = await client.fetch(Request.get(url.replace("127.0.0.1", "a.example")))
                (failed,) = [event for event in events() if event.what == "connect-failed"]
            assert response.ok
            assert failed.data["address"] == "127.0.0.2"
            assert "refused" in failed.why

    run(main())


def test_all_addresses_fail() -> None:
    async def main() -> None:
        _, getaddrinfo = answering("127.0.0.2", "127.0.0.3")
        asyncio.get_running_loop().getaddrinfo = getaddrinfo  # type: ignore[method-assign]
        async with Client() as client:
            with pytest.raises(ConnectFailed, match=r"127\.0\.0\.2: .*refused, 127\.0\.0\.3: "):
                await client.fetch(Request.get("http://a.example:9/"))

    run(main())


def test_a_slow_resolver_and_a_silent_address_are_given_up() -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        loop.getaddrinfo = answering("127.0.0.1", wait_s=1000)[1]  # type: ignore[method-assign]
        async with Client(timeouts=Timeouts(resolve_s=20, connect_s=30)) as client:
            with pytest.raises(TimedOut, match=r"dns: no address of a\.example within 20 s"):
                await client.fetch(Request.get("http://a.example/"))

            async def never(*_: Any, **__: Any) -> Any:
                await asyncio.sleep(10_000)

            loop.create_connection = never  # type: ignore[method-assign]
            began = loop.time()
            with pytest.raises(TimedOut, match="connect: no connection to 192"):
                await client.fetch(Request.get("http://192.0.2.1/"))
            assert loop.time() - began == pytest.approx(30, abs=3)

    run(main(), jump=True)
