"""What the report puts together from events equals what the world's own objects said at that virtual instant."""

from __future__ import annotations

import random

import node
import pytest
from journeys import walk

from michinori.dns import RecursiveResolver, StubResolver
from michinori.host.conntrack import Conntrack
from michinori.host.nat import Napt
from michinori.world import journey as journeys
from michinori.world import rules

pytestmark = pytest.mark.peer
WWW = "http://www.michinori.example/"
#: What of a connection's numbers every event tells of; the others are told of once a round trip (``info``).
EXACT = ("cwnd", "ssthresh", "mss", "rto_ns", "srtt_ns")
CASES = {
    "home": ({}, 150_000_000),
    "bad line": ({"scenario": "bad-line"}, 700_000_000),
    "slow reader": ({"rate": "2Mbit", "delay": "40ms", "loss": "2%"}, 4_000_000_000),
}


def text(endpoint):
    from michinori.host.addresses import endpoint_text

    return endpoint_text(*endpoint)


class Witness:
    """Looks at a world at chosen instants, while a journey runs in it."""

    def __init__(self, world, instants, objects):
        self.world = world
        self.objects = objects
        self.seen = {}
        for instant in instants:
            world.at(f"{instant}ns", lambda instant=instant: self.look(instant))

    def look(self, instant):
        for machine in self.world.machines.values():
            self.seen[machine.name, instant] = {
                "sockets": sorted(map(self.socket, machine.sockets()), key=str),
                "arp": sorted(
                    [interface.name, row.address, row.mac if row.mac != "" else "", row.state]
                    for interface in machine.internet.interfaces
                    for row in interface.neighbours.rows()
                ),
                "dns": sorted(
                    [line.name, line.type, line.ttl_s, line.text]
                    for cache in self.objects.caches(machine)
                    for line in cache.lines(instant)
                ),
                "tracked": sorted(
                    [row.protocol, row.original, row.reply, row.state]
                    for tracker in self.objects.of(Conntrack, machine)
                    for row in tracker.rows()
                ),
                "napt": sorted(
                    [row.protocol, row.inside, row.outside, row.connections]
                    for napt in self.objects.of(Napt, machine)
                    for row in napt.rows()
                ),
            }
        for switch in self.world.switches.values():
            self.seen[switch.name, instant] = {"macs": [[row.mac.hex(":"), row.port] for row in switch.mac_table()]}

    @staticmethod
    def socket(info):
        numbers = {name: info.details.get(name) for name in EXACT} if "cwnd" in info.details else {}
        queues = [info.recv_q, info.send_q]
        return [info.kind, info.state, *queues, text(info.local), text(info.remote), info.descriptor, numbers]


class Objects:
    """What was made while the world was built, which nobody holds a name of."""

    def __init__(self, patch):
        self.made = []
        for kind, module, name in ((Conntrack, rules, "Conntrack"), (Napt, rules, "Napt")):
            patch.setattr(module, name, self._noting(kind))
        self.servers = []
        begin = RecursiveResolver.__init__

        def noted(server, *given, **named):
            self.servers.append(server)
            begin(server, *given, **named)

        patch.setattr(RecursiveResolver, "__init__", noted)

    def _noting(self, kind):
        def make(*given, **named):
            made = kind(*given, **named)
            self.made.append(made)
            return made

        return make

    def of(self, kind, machine):
        for made in self.made:
            tracker = made if isinstance(made, Conntrack) else made._tracker
            if isinstance(made, kind) and tracker.internet is machine.internet:
                yield made

    def caches(self, machine):
        stub = getattr(machine.resolver, "__self__", None)
        if isinstance(stub, StubResolver):
            yield stub.cache
        if machine.name == "isp-resolver":
            yield from (server.cache for server in self.servers)


@pytest.fixture(scope="module", params=CASES, ids=str)
def case(request, tmp_path_factory):
    options, until_ns = CASES[request.param]
    dice = random.Random(5)
    # Odd instants, at which nothing happens.
    instants = sorted(dice.randrange(until_ns) | 1 for _ in range(60))
    with pytest.MonkeyPatch.context() as patch:
        objects, witnesses = Objects(patch), []
        begin = journeys.VirtualJourney.__init__

        def witnessed(journey, *given, **named):
            begin(journey, *given, **named)
            witnesses.append(Witness(journey.world, instants, objects))

        patch.setattr(journeys.VirtualJourney, "__init__", witnessed)
        walked = walk(tmp_path_factory.mktemp("states") / "out", WWW, **options)
    assert witnesses, walked.story
    [witness] = witnesses
    moments = list(witness.seen)
    random.Random(1).shuffle(moments)  # forwards and backwards
    [views] = node.call("host_state.js", [("statesAt", node.JOURNEY, moments)], walked.folder / "journey.html")
    return witness.seen, dict(zip(moments, views, strict=True))


def compare(case, name, shown):
    seen, views = case
    compared = 0
    for moment, truth in seen.items():
        if name in truth:
            assert sorted(shown(views[moment]), key=str) == sorted(truth[name], key=str), moment
            compared += len(truth[name])
    return compared


def test_the_sockets_are_those_that_the_host_listed(case):
    def shown(view):
        for one in view["sockets"]:
            numbers = {key: one["tcp"].get(key) for key in EXACT} if "cwnd" in one["tcp"] else {}
            ends = [one["local"], one["remote"], one["descriptor"]]
            yield [one["kind"], one["state"], one["recv_q"], one["send_q"], *ends, numbers]

    assert compare(case, "sockets", shown) > 400


def test_the_neighbours_are_those_of_the_arp_tables(case):
    keys = ("interface", "address", "mac", "state")
    assert compare(case, "arp", lambda view: ([one[key] for key in keys] for one in view["arp"])) > 300


def test_the_dns_caches_hold_what_they_held(case):
    def shown(view):
        return [[one["name"], one["type"], one["ttl"], text] for one in view["dns"] for text in one["records"]]

    assert compare(case, "dns", shown) > 30


def test_the_connections_that_are_tracked_and_mapped(case):
    keys = ("protocol", "original", "reply", "state")
    assert compare(case, "tracked", lambda view: ([one[key] for key in keys] for one in view["tracked"])) > 100
    keys = ("protocol", "inside", "outside", "connections")
    assert compare(case, "napt", lambda view: ([one[key] for key in keys] for one in view["napt"])) > 100


def test_the_addresses_that_switches_know(case):
    assert compare(case, "macs", lambda view: ([one["mac"], one["port"]] for one in view["macs"])) > 100
