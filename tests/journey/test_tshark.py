"""tshark reads every capture of a journey and finds nothing that our own trace does not explain."""

from collections import Counter

import pytest
import tshark

pytestmark = pytest.mark.peer

#: What tshark warns of, and the event of ours that says the same of that host's own doing or fate.
EXPLAINED = {
    "retransmission": ("tcp", "retransmitted"),
    "out-of-order": ("tcp", "out-of-order"),
    "previous segment": ("ip", "dropped"),
    "duplicate ack": ("tcp", "out-of-order"),
    "window": ("tcp", "segment-sent"),
    "reset": ("tcp", "reset"),
    "fragment": ("ip", "fragmented"),
}


def captures(walked):
    return [walked.folder / "packets.pcapng", *sorted((walked.folder / "captures").glob("*.pcapng"))]


def unexplained(walked):
    """Complaints without an event of the same kind anywhere on the journey."""
    happened = {(event.layer, event.what) for event in walked.events}
    for file in captures(walked):
        for complaint in tshark.complaints(file):
            events = [event for word, event in EXPLAINED.items() if word in complaint.what.lower()]
            if not any(event in happened for event in events):
                yield file.name, complaint


@pytest.mark.parametrize("journey", ["home", "lossy", "fragments"])
def test_no_adapter_saw_a_malformed_packet_or_a_wrong_sum(journey, request):
    assert list(unexplained(request.getfixturevalue(journey))) == []


def test_tshark_finds_the_retransmissions_that_we_recorded(lossy):
    """At the sender's adapter, where every one of them leaves: the same sequence numbers, each as often as we sent it."""
    file = lossy.folder / "captures" / "www.pcapng"
    seen = tshark.fields(file, "tcp.seq_raw", only="tcp.srcport == 80 && tcp.len > 0 && tcp.analysis.retransmission")
    theirs = Counter(int(frame["tcp.seq_raw"][0]) for frame in seen)
    ours = Counter(event.data["seq"] for event in lossy.of("tcp", "retransmitted", "www") if event.data["len"] > 0)
    assert theirs == ours
