"""The map: where machines stand, and which frames are on which cable at any instant."""

from __future__ import annotations

import random
from bisect import bisect_right

import node
import pytest
from journeys import walk

pytestmark = pytest.mark.peer
WWW = "http://www.michinori.example/"


def network(seed, machines):
    """A random network: a tree, some more cables, some pairs of cables, and now and then a part by itself."""
    dice = random.Random(seed)
    names = [f"n{number}" for number in range(machines)]
    nodes = [{"name": name, "kind": dice.choice(("host", "router", "switch")), "adapters": []} for name in names]
    pairs = [(name, dice.choice(names[:at])) for at, name in enumerate(names) if at and dice.random() > 0.03]
    pairs += [tuple(dice.sample(names, 2)) for _ in range(machines // 5)]
    pairs += pairs[:1]
    dice.shuffle(pairs)
    return nodes, [{"name": f"l{at}", "ends": [{"node": a}, {"node": b}]} for at, (a, b) in enumerate(pairs)]


@pytest.mark.parametrize("machines", [2, 3, 5, 9, 17, 33, 60])
def test_no_machine_covers_another_and_the_same_network_looks_the_same(machines):
    networks = [network(seed, machines) for seed in range(8)]
    calls = [("layOut", nodes, lines, "n0", "n1") for nodes, lines in networks]
    for (nodes, lines), layout, again in zip(
        networks, node.call("map_layout.js", calls), node.call("map_layout.js", calls), strict=True
    ):
        assert layout == again
        spots = {spot["name"]: (spot["layer"], spot["row"]) for spot in layout["spots"]}
        assert len(spots) == len(set(spots.values())) == len(nodes)
        assert spots["n0"][0] == 0
        assert all(layer < layout["layers"] and row < layout["rows"] for layer, row in spots.values())
        assert sorted(cable["line"] for cable in layout["cables"]) == list(range(len(lines)))
        # The layers are those of the shortest ways, so a cable never passes by a machine between its ends.
        for cable in layout["cables"]:
            assert spots[cable["to"]][0] - spots[cable["from"]][0] in (0, 1)
        ways = [(cable["from"], cable["to"], cable["bow"]) for cable in layout["cables"]]
        assert len(set(ways)) == len(ways)


@pytest.fixture(scope="module")
def walked(tmp_path_factory):
    return walk(tmp_path_factory.mktemp("map") / "out", WWW, scenario="bad-line", seed=3)


def on_the_way(events, instants):
    """By cable-independent means: the frames that were sent by an instant and taken in, at the last place, after it."""
    last = {}
    for event in events:
        if event.layer == "link" and event.what == "frame-sent" and event.why != "queue-full":
            last[event.n] = [event.t, event.t, event.why]
        elif event.layer == "link" and event.cause in last:
            last[event.cause][1] = max(last[event.cause][1], event.t)
    return [{n for n, (begin, end, why) in last.items() if begin <= instant < end and not why} for instant in instants]


def test_what_is_on_the_cables_is_what_was_sent_and_has_not_come(walked):
    events = walked.events
    dice = random.Random(2)
    instants = [dice.randrange(events[-1].t) for _ in range(300)]
    [shown] = node.call("flights.js", [("underWay", node.JOURNEY, instants)], walked.folder / "journey.html")
    by_number = [event.t for event in events]
    seen = 0
    for instant, flights, wanted in zip(instants, shown, on_the_way(events, instants), strict=True):
        got_through = {flight["sent"] for flight in flights if not events[flight["sent"] - 1].why}
        assert got_through == wanted
        assert all(flight["sent"] <= bisect_right(by_number, instant) for flight in flights)
        seen += len(wanted)
    assert seen > 1000
