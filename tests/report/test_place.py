"""Where each event is: stage of the way, request, conversation."""

import pytest
from journeys import walk

from michinori.report.place import Stage, locate

WWW = "http://www.michinori.example/"


class Placed:
    def __init__(self, walked):
        self.events = walked.events
        self.places = locate(self.events, "pc")

    def stages(self, layer, what, host="", **data):
        return {
            Stage(stage)
            for stage, event in zip(self.places.stages, self.events, strict=True)
            if (event.layer, event.what) == (layer, what)
            and (not host or event.host == host)
            and all(event.data.get(name) == value for name, value in data.items())
        }


@pytest.fixture(scope="module", params=[None, "5%"], ids=["good line", "bad line"])
def placed(request, tmp_path_factory):
    return Placed(walk(tmp_path_factory.mktemp("place") / "out", WWW, loss=request.param, seed=7))


@pytest.mark.parametrize(
    ("stage", "layer", "what", "more"),
    [
        (Stage.URL, "browser", "url-parsed", {}),
        (Stage.MESSAGE, "http", "request-sent", {}),
        (Stage.NAME, "dns", "asked", {}),
        (Stage.NAME, "udp", "received", {}),
        (Stage.CONNECTION, "tcp", "isn-chosen", {}),
        (Stage.CONNECTION, "tcp", "socket-copied", {}),
        (Stage.CONNECTION, "tcp", "segment-sent", {"flags": "SYN"}),
        (Stage.CONNECTION, "tcp", "segment-received", {"flags": "SYN,ACK"}),
        (Stage.SENDING, "socket", "called", {"host": "pc", "call": "write", "octets": 271}),
        (Stage.APPLICATION, "http", "request-received", {}),
        (Stage.APPLICATION, "http", "response-sent", {}),
        (Stage.DISPLAY, "http", "response-head", {}),
        (Stage.DISPLAY, "browser", "painted", {}),
        (Stage.CONNECTION, "tcp", "time-wait", {}),
        (Stage.NONE, "link", "mac-read", {}),
    ],
)
def test_events_that_have_only_one_place_are_there(placed, stage, layer, what, more):
    assert placed.stages(layer, what, **more) == {stage}


def test_a_request_goes_through_the_stages_in_the_order_of_the_article(placed):
    """The chain of causes of the first request, from the message to the server's application."""
    by_number = {event.n: event for event in placed.events}
    received = next(event for event in placed.events if event.what == "request-received")
    chain = [received]
    while chain[-1].cause and chain[-1].what != "request-sent":
        chain.append(by_number[chain[-1].cause])
    stages = [placed.places.stages[event.n - 1] for event in reversed(chain)]
    assert stages == sorted(stages)
    assert set(stages) == {2, 5, 6, 7, 8, 9}
    for event, stage in zip(reversed(chain), stages, strict=True):
        if event.host not in ("pc", "www"):
            assert stage == Stage.ROUTERS


def test_what_serves_a_request_has_its_number(placed):
    places, events = placed.places, placed.events
    by_number = {one.id: one for one in places.exchanges}
    sent = [event for event in events if event.what == "request-sent"]
    for event in sent:
        one = by_number[places.exchange_of[event.n - 1]]
        assert one.data["url"].endswith(event.data["target"])
        assert one.connection == event.connection
    for event in events:
        if event.what == "segment-sent" and event.data["len"] and event.connection.startswith("tcp"):
            assert places.exchange_of[event.n - 1] == places.exchange_of[event.data["calls"][0] - 1] > 0


def test_both_ends_of_a_conversation_are_found_through_a_nat(placed):
    places = placed.places
    connections = [one for one in places.conversations if one.protocol == "tcp"]
    assert len(connections) == len({one.client_end for one in connections}) >= 6
    for one in connections:
        assert (one.client, one.server) == ("pc", "www")
        assert one.client_end.split(" ")[1].startswith("192.168.1.10:")
        assert one.server_end.split(" ")[2].startswith("198.51.100.202:")
    names = [one for one in places.conversations if one.dns]
    assert {one.client for one in names} >= {"pc", "isp-resolver"}


def test_a_cause_never_has_a_later_place_in_one_direction(placed):
    """On the way from the client to the server nothing goes back to an earlier stage."""
    stages = placed.places.stages
    for event in placed.events:
        if event.cause and event.layer in ("ip", "link"):
            before, now = stages[event.cause - 1], stages[event.n - 1]
            if {before, now} <= {Stage.SENDING, Stage.HEADERS, Stage.ROUTERS, Stage.SERVER_RECEIVES}:
                assert before <= now, event


def test_the_other_end_is_also_who_has_no_socket_for_what_comes(tmp_path):
    placed = Placed(walk(tmp_path / "out", "http://www.michinori.example:81/"))
    [refused] = [one for one in placed.places.conversations if one.protocol == "tcp"]
    assert (refused.client, refused.server) == ("pc", "www")
