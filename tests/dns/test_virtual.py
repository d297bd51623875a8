"""The same servers and resolvers on virtual machines: every question crosses cables, and cables can be cut."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator

import pytest

from michinori import World
from michinori.dns import (
    AuthoritativeServer,
    Habits,
    NoAnswer,
    NoSuchName,
    RecursiveResolver,
    ServerFailed,
    StubResolver,
    Zone,
)

ROOT = """
$ORIGIN .
$TTL 86400
@            SOA a.root. hostmaster.root. 1 1800 900 604800 300
@            NS  a.root.
a.root.      A   10.9.1.2
example.     NS  ns.example.
ns.example.  A   10.9.2.2
"""
EXAMPLE = """
$ORIGIN example.
$TTL 3600
@     SOA  ns hostmaster 1 1800 900 604800 300
@     NS   ns
ns    A    10.9.2.2
www   A    203.0.113.80
web   CNAME www
big   A    203.0.113.1
""" + "".join(f"big A 203.0.113.{i}\n" for i in range(2, 120))


class NameWorld:
    """A PC, a resolver, a root server and a name server, each on a line of its own to one router."""

    def __init__(self, seed: int = 0) -> None:
        world = self.world = World(seed, record=True)
        router = world.router("router", interfaces={f"port{i}": f"10.9.{i}.1/24" for i in range(4)})
        self.lines = {}
        machines = {}
        for i, name in enumerate(("pc", "root", "server", "resolver")):
            machines[name] = world.host(name, interfaces={"eth0": f"10.9.{i}.2/24"}, gateway=f"10.9.{i}.1")
            self.lines[name] = world.link(f"{name}:eth0", f"router:port{i}", delay="5ms")
        assert router.name == "router"
        self.pc = machines["pc"]
        machines["root"].spawn(AuthoritativeServer([Zone.from_text(ROOT)]).serve())
        self.server_task = machines["server"].spawn(AuthoritativeServer([Zone.from_text(EXAMPLE)]).serve())
        machines["resolver"].spawn(RecursiveResolver({"a.root.": ["10.9.1.2"]}).serve())
        self.stub = StubResolver(["10.9.3.2"], Habits(families=(socket.AF_INET,)))
        self.pc.resolver = self.stub.lookup

    def lookup(self, name: str) -> list[str]:
        async def ask() -> list[str]:
            found = await asyncio.get_running_loop().getaddrinfo(name, 80, type=socket.SOCK_STREAM)
            return [entry[4][0] for entry in found]

        return self.world.run(ask(), on=self.pc)

    def told(self, host: str) -> list[str]:
        recorder = self.world.recorder_for(host)
        assert recorder is not None
        return [event.what for event in recorder.read() if event.layer == "dns" and event.host == host]


@pytest.fixture
def names() -> Iterator[NameWorld]:
    one = NameWorld()
    yield one
    one.world.close()


@pytest.mark.row("B6")
def test_a_name_is_found_through_the_whole_hierarchy_and_then_in_the_cache(names):
    assert names.lookup("web.example") == ["203.0.113.80"]
    assert names.told("resolver") == [
        "query-received",
        *("asked", "answered", "referred"),
        *("asked", "answered", "cached", "cached"),
        "query-answered",
    ]
    at_ns = names.world.now_ns
    assert names.lookup("web.example") == ["203.0.113.80"]
    assert names.world.now_ns == at_ns
    assert names.told("pc") == ["asked", "answered", "cached", "cached", "cache-hit"]


def test_what_does_not_fit_a_datagram_comes_over_tcp(names):
    assert names.lookup("big.example") == [f"203.0.113.{i}" for i in range(1, 120)]
    assert names.told("pc") == ["asked", "answered", "truncated", "asked", "answered", "cached"]


def test_errors_of_getaddrinfo_tell_the_reason(names):
    with pytest.raises(NoSuchName, match=r"no\.example: no such name"):
        names.lookup("no.example")


@pytest.mark.row("B6")
def test_lost_answers_are_asked_for_again(names):
    names.lines["server"].fault("drop nth=1 carrying=udp", toward="router")
    assert names.lookup("www.example") == ["203.0.113.80"]
    assert names.told("resolver").count("timed-out") == 1


@pytest.mark.row("B6")
def test_a_cut_line_to_the_server_is_given_up_and_the_person_learns_which(names):
    names.lines["server"].cut()
    with pytest.raises(ServerFailed) as raised:
        names.lookup("www.example")
    # The router finds nobody there by ARP and says so by ICMP, before the third wait is over.
    assert "ns.example (10.9.2.2): the host cannot be reached" in str(raised.value)
    assert names.told("resolver")[-2:] == ["gave-up", "query-answered"]


@pytest.mark.row("B6")
def test_a_cut_line_to_the_resolver(names):
    names.lines["resolver"].cut()
    with pytest.raises(NoAnswer, match=r"www\.example: 10\.9\.3\.2: the host cannot be reached"):
        names.lookup("www.example")


@pytest.mark.row("B6")
def test_a_line_that_swallows_every_question(names):
    names.lines["resolver"].fault("drop carrying=udp")
    with pytest.raises(NoAnswer, match=r"www\.example: no answer from 10\.9\.3\.2 after 2 tries"):
        names.lookup("www.example")
    assert names.told("pc") == ["asked", "timed-out", "asked", "timed-out", "gave-up"]
    assert names.world.now_ns == 10_000_000_000


def test_a_server_that_ended_is_told_by_icmp_at_once(names):
    names.lookup("www.example")
    names.server_task.cancel()
    began_ns = names.world.now_ns
    with pytest.raises(ServerFailed, match="nothing listens at its port"):
        names.lookup("web.example")
    assert names.world.now_ns - began_ns < 100_000_000


def test_a_bad_line_costs_time_and_nothing_else(names):
    for line in names.lines.values():
        line.fault("loss 10%")  # of 20 % the patience of a stub, two tries of 5 s, is not always a match
    assert names.lookup("big.example")[0] == "203.0.113.1"


def test_the_same_seed_gives_the_same_trace(tmp_path):
    traces = []
    for number in range(2):
        one = NameWorld(seed=3)
        one.lines["server"].fault("loss 20%")
        one.lookup("web.example")
        one.world.save_trace(tmp_path / str(number))
        one.world.close()
        traces.append((tmp_path / str(number)).read_bytes())
    assert traces[0] == traces[1]
