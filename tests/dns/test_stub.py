"""The resolver of a host: its habits, its cache, and what it says when it fails."""

from __future__ import annotations

import asyncio
import socket

import pytest
from tests.dns.play import serve_script

from michinori.dns.authoritative import AuthoritativeServer
from michinori.dns.errors import BadName, NoAddress, NoAnswer, NoSuchName, ServerFailed
from michinori.dns.recursive import RecursiveResolver
from michinori.dns.stub import Habits, StubResolver
from michinori.dns.zones import Zone

ZONE = """
$ORIGIN example.
$TTL 300
@     SOA  ns hostmaster 1 7200 900 1209600 60
@     NS   ns
ns    A    192.0.2.2
www   A    203.0.113.80
      A    203.0.113.81
      AAAA 2001:db8::80
web   CNAME www
v4    A    203.0.113.84
v6    AAAA 2001:db8::86
mail  MX   10 www
*.home A   203.0.113.90
big   A    203.0.113.1
""" + "".join(f"big A 203.0.113.{i}\n" for i in range(2, 100))

SERVER = "192.0.2.53"
V4, V6 = socket.AF_INET, socket.AF_INET6


def run(play, script: str, coroutine):
    """Run that beside a scripted server at 192.0.2.53."""

    async def main():
        await serve_script(play, f"resolver {SERVER}\n" + script)
        return await coroutine

    return play.run(main())


def run_with_zone(play, coroutine):
    """Run that beside a real server for the zone, which answers to stubs as well."""

    async def main():
        server = AuthoritativeServer([Zone.from_text(ZONE)])
        task = asyncio.get_running_loop().create_task(server.serve(SERVER))
        await server.ready.wait()
        try:
            return await coroutine
        finally:
            task.cancel()

    return play.run(main())


@pytest.mark.parametrize(
    ("name", "family", "addresses"),
    [
        ("www.example", V4, ["203.0.113.80", "203.0.113.81"]),
        ("www.example.", V6, ["2001:db8::80"]),
        ("web.example", 0, ["2001:db8::80", "203.0.113.80", "203.0.113.81"]),
        ("v4.example", 0, ["203.0.113.84"]),
        ("v6.example", 0, ["2001:db8::86"]),
        ("203.0.113.7", 0, ["203.0.113.7"]),
        ("2001:DB8::7", 0, ["2001:db8::7"]),
        ("localhost", V4, ["127.0.0.1"]),
        ("x.localhost", 0, ["::1", "127.0.0.1"]),
        ("x.home.example", V4, ["203.0.113.90"]),
    ],
)
def test_addresses_come_in_a_stable_order(play, name, family, addresses):
    assert run_with_zone(play, StubResolver([SERVER]).lookup(name, family)) == addresses


def test_a_long_answer_comes_over_tcp(play):
    addresses = run_with_zone(play, StubResolver([SERVER]).lookup("big.example", V4))
    assert addresses == [f"203.0.113.{i}" for i in range(1, 100)]
    assert [event.data["transport"] for event in play.recorder.read() if event.what == "asked"] == ["udp", "tcp"]


@pytest.mark.parametrize(
    ("name", "family", "error", "sentence"),
    [
        ("no.example", 0, NoSuchName, "no.example: no such name (NXDOMAIN)"),
        ("v4.example", V6, NoAddress, "v4.example: the name exists but has no IPv6 address"),
        ("mail.example", 0, NoAddress, "mail.example: the name exists but has no address"),
        (
            "www.lab",
            V4,
            ServerFailed,
            "www.lab: 192.0.2.53 answered REFUSED (no zone here holds it)",
        ),
        ("a..example", 0, BadName, "a..example: A DNS label is empty."),
        ("203.0.113.7", V6, NoAddress, "203.0.113.7: it is an IPv4 address, and another kind was asked for"),
    ],
)
def test_failures_say_what_and_why(play, name, family, error, sentence):
    with pytest.raises(error) as raised:
        run_with_zone(play, StubResolver([SERVER]).lookup(name, family))
    assert str(raised.value) == sentence


@pytest.mark.row("B6")
def test_a_silent_server_is_asked_twice_and_given_up(play):
    stub = StubResolver([SERVER])
    with pytest.raises(NoAnswer) as raised:
        run(play, " * * -> silent", stub.lookup("www.example", V4))
    assert str(raised.value) == "www.example: no answer from 192.0.2.53 after 2 tries"
    assert raised.value.errno == socket.EAI_AGAIN
    assert play.loop.time() == pytest.approx(10.0)
    assert [event.what for event in play.recorder.read()] == ["asked", "timed-out"] * 2 + ["gave-up"]


def test_the_next_server_is_asked_before_the_first_is_asked_again(play):
    play.loop.down.add("192.0.2.54")
    stub = StubResolver(["192.0.2.54", SERVER])
    assert run(play, " * A -> answer A 203.0.113.80", stub.lookup("www.example", V4)) == ["203.0.113.80"]
    assert 5 < play.loop.time() < 5.1


def test_a_server_that_said_no_is_not_asked_again(play):
    stub = StubResolver([SERVER])
    with pytest.raises(ServerFailed, match=r"www\.example: 192\.0\.2\.53 answered SERVFAIL"):
        run(play, " * * -> rcode SERVFAIL", stub.lookup("www.example", V4))
    assert play.asked == ["resolver www.example. A"]


def test_a_port_where_nobody_listens_costs_no_wait(play):
    stub = StubResolver(["192.0.2.54"])
    with pytest.raises(NoAnswer, match=r"192\.0\.2\.54: nothing listens at its port"):
        run(play, "", stub.lookup("www.example", V4))
    assert play.loop.time() < 0.1


@pytest.mark.row("B6")
def test_what_is_known_is_not_asked_again(play):
    stub = StubResolver([SERVER])

    async def twice():
        first = await stub.lookup("www.example", V4)
        await asyncio.sleep(100)
        second = await stub.lookup("WWW.example.", V4)
        await asyncio.sleep(200)
        return [first, second, await stub.lookup("www.example", V4)]

    first, second, third = run(play, " www.example. A -> answer A 203.0.113.80 then answer A 203.0.113.99", twice())
    assert (first, second, third) == (["203.0.113.80"], ["203.0.113.80"], ["203.0.113.99"])
    assert play.asked == ["resolver www.example. A"] * 2
    hit = next(event for event in play.recorder.read() if event.what == "cache-hit")
    assert hit.data["ttl"] == 200


def test_denials_are_known_too(play):
    stub = StubResolver([SERVER])

    async def twice():
        for _ in range(2):
            with pytest.raises(NoSuchName):
                await stub.lookup("no.example", V4)

    run(play, " * * -> nxdomain example.", twice())
    assert len(play.asked) == 1


def test_many_who_ask_at_once_ask_once_and_one_may_leave(play):
    stub = StubResolver([SERVER])

    async def crowd():
        tasks = [asyncio.get_running_loop().create_task(stub.lookup("www.example", V4)) for _ in range(5)]
        await asyncio.sleep(0.1)
        tasks[0].cancel()
        return await asyncio.gather(*tasks[1:])

    assert run(play, " * A -> late 1s answer A 203.0.113.80", crowd()) == [["203.0.113.80"]] * 4
    assert len(play.asked) == 1


def test_when_all_have_left_nothing_goes_on(play):
    stub = StubResolver([SERVER])

    async def leave():
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await stub.lookup("www.example", V4)
        await asyncio.sleep(0)
        return list(play.loop.doors)

    assert run(play, " * * -> silent", leave()) == [(SERVER, 53)]


def test_one_family_is_enough(play):
    stub = StubResolver([SERVER], Habits(timeout_s=0.5))
    script = " * A -> answer A 203.0.113.80\n * AAAA -> silent"
    assert run(play, script, stub.lookup("www.example")) == ["203.0.113.80"]


def test_short_names_are_searched_for(play):
    stub = StubResolver([SERVER], Habits(search=("home.example", "example"), families=(V4,)))
    script = " www.example. A -> answer A 203.0.113.80\n * * -> nxdomain example."
    assert run(play, script, stub.lookup("www")) == ["203.0.113.80"]
    assert play.asked == ["resolver www.home.example. A", "resolver www.example. A"]


def test_the_end_of_a_search_speaks_of_the_name_as_typed(play):
    stub = StubResolver([SERVER], Habits(search=("home.example",), families=(V4,)))
    with pytest.raises(NoSuchName, match=r"^www\.lab: no such name"):
        run(play, " * * -> nxdomain example.", stub.lookup("www.lab"))


def test_an_old_server_is_asked_without_edns(play):
    stub = StubResolver([SERVER])
    assert run(play, " * A -> no-edns answer A 203.0.113.80", stub.lookup("www.example", V4)) == ["203.0.113.80"]
    assert play.asked == ["resolver www.example. A", "resolver www.example. A plain"]


def test_the_reason_of_the_resolver_reaches_the_person(play):
    async def main():
        play.loop.down.add("192.0.2.1")
        resolver = RecursiveResolver({"a.root.example.": ["192.0.2.1"]})
        task = asyncio.get_running_loop().create_task(resolver.serve(SERVER))
        await resolver.ready.wait()
        try:
            await StubResolver([SERVER]).lookup("www.example", V4)
        finally:
            task.cancel()

    with pytest.raises(ServerFailed) as raised:
        play.run(main())
    assert str(raised.value) == (
        "www.example: 192.0.2.53 answered SERVFAIL (no server of the root helps: "
        "a.root.example (192.0.2.1) did not answer, asked 3 times)"
    )


def test_without_servers_it_says_so():
    with pytest.raises(NoAnswer, match="no name server is set"):
        asyncio.run(StubResolver([]).lookup("www.example", V4))
