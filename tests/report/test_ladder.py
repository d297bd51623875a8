"""The ladder's arrows: from the send that the trace has to the reception that it caused, or to where it was lost."""

from __future__ import annotations

import node
import pytest
from journeys import walk

from michinori.trace import causes

pytestmark = pytest.mark.peer
WWW = "http://www.michinori.example/"


@pytest.fixture(scope="module", params=["home", "bad-line", "fragments"])
def walked(request, tmp_path_factory):
    return walk(tmp_path_factory.mktemp("ladder") / "out", WWW, scenario=request.param, seed=4)


@pytest.fixture(scope="module")
def arrows(walked):
    [found] = node.call("ladder_rows.js", [("arrowsOf", node.JOURNEY)], walked.folder / "journey.html")
    return found


def test_every_segment_and_datagram_is_an_arrow(walked, arrows):
    sent = {"tcp": ("tcp", "segment-sent"), "udp": ("udp", "sent"), "icmp": ("icmp", "sent")}
    for sort, kind in sent.items():
        assert [arrow["sent"] for arrow in arrows if arrow["sort"] == sort] == [one.n for one in walked.of(*kind)]
    questions = [one.n for one in walked.events if one.layer == "arp" and one.what in ("asked", "answered")]
    assert [arrow["sent"] for arrow in arrows if arrow["sort"] == "arp"] == questions


def test_an_arrow_ends_where_what_it_caused_was_received(walked, arrows):
    events = walked.events
    received = {("tcp", "segment-received"), ("udp", "received"), ("icmp", "received")}
    ends = {arrow["received"]: arrow for arrow in arrows if arrow["received"]}
    seen = 0
    for event in events:
        if (event.layer, event.what) not in received or event.n not in ends:
            continue
        arrow = ends[event.n]
        assert arrow["to"] == event.host
        assert arrow["sent"] in {cause.n for cause in causes(events, event.n)}
        if event.layer == "tcp":
            sent = events[arrow["sent"] - 1].data
            assert [sent[key] for key in ("seq", "len", "flags")] == [
                event.data[key] for key in ("seq", "len", "flags")
            ]
        seen += 1
    assert seen > 200


def test_what_never_arrived_has_its_reason(walked, arrows):
    lost = [arrow for arrow in arrows if not arrow["received"] and arrow["sort"] in ("tcp", "udp")]
    calls = [("lossOf", node.JOURNEY, arrow["sent"]) for arrow in lost]
    reasons = node.call("ladder_rows.js", calls, walked.folder / "journey.html") if calls else []
    whys = {(event.host, event.why) for event in walked.events if event.why}
    assert all((reason["host"], reason["why"]) in whys for reason in reasons if reason)
    # What has no reason was on a cable when the journey ended.
    events = walked.events
    for arrow in (arrow for arrow, reason in zip(lost, reasons, strict=True) if reason is None):
        below = [one for one in events[arrow["sent"] :] if arrow["sent"] in {up.n for up in causes(events, one.n)}]
        assert below[-1].what == "frame-sent"
        assert events[-1].t - below[-1].t < 100_000_000
    retransmitted = sum(1 for arrow in arrows if arrow["again"])
    assert retransmitted == len(walked.of("tcp", "retransmitted"))


def test_a_refused_connection_is_asked_for_and_refused_by_the_host_where_nothing_listens(tmp_path):
    refused = walk(tmp_path / "out", "http://www.michinori.example:81/")
    report = refused.folder / "journey.html"
    [arrows] = node.call("ladder_rows.js", [("arrowsOf", node.JOURNEY)], report)
    [dropped] = refused.of("tcp", "dropped", "www")
    [reset] = [event for event in refused.of("tcp", "segment-received", "pc") if "RST" in event.data["flags"]]
    asked, answered = [arrow for arrow in arrows if arrow["sort"] == "tcp"]
    assert (asked["from"], asked["to"], asked["received"]) == ("pc", "www", dropped.n)
    assert asked["refused"] == dropped.why == "no-socket"
    assert (answered["from"], answered["to"], answered["received"]) == ("www", "pc", reset.n)
    assert answered["answers"] == asked["sent"]
    assert refused.events[answered["sent"] - 1].host == "www"
    assert answered["sent"] in {cause.n for cause in causes(refused.events, reset.n)}
    assert dropped.n < answered["sent"]
    # No socket sent it, so what it says is read from its octets: the same as where it came.
    [said] = node.call("ladder_rows.js", [("segmentOf", node.JOURNEY, answered)], report)
    assert said.items() <= reset.data.items()
    assert said["rel_ack"] == 1


def test_a_refusal_that_is_lost_is_an_arrow_too_and_so_is_the_one_that_follows(tmp_path):
    refused = walk(
        tmp_path / "out", "http://www.michinori.example:81/", faults=["access>home-router:drop nth=1 carrying=tcp"]
    )
    report = refused.folder / "journey.html"
    [arrows] = node.call("ladder_rows.js", [("arrowsOf", node.JOURNEY)], report)
    asked, lost, again, came = [arrow for arrow in arrows if arrow["sort"] == "tcp"]
    assert (lost["from"], lost["to"], lost["received"]) == ("www", "", 0)
    assert lost["conversation"] == asked["conversation"] == again["conversation"] == came["conversation"] > 0
    assert (lost["answers"], came["answers"]) == (asked["sent"], again["sent"])
    said, loss = node.call(
        "ladder_rows.js", [("segmentOf", node.JOURNEY, lost), ("lossOf", node.JOURNEY, lost["sent"])], report
    )
    assert loss == {"why": "fault:loss", "host": "isp-router"}
    assert (said["flags"], said["rel_ack"]) == ("RST,ACK", 1)
