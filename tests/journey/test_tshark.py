"""tshark reads every capture of a journey and finds nothing that our own trace does not explain."""

from __future__ import annotations

from collections import Counter

import pytest
import tshark

pytestmark = pytest.mark.peer

#: What tshark warns of, and what our trace says of the same connection.
EXPLAINED = {
    "out-of-order segment": {"retransmitted", "out-of-order"},
    "previous segment(s) not captured": {"out-of-order", "retransmitted"},
    "d-sack": {"duplicate-received"},
    "suspected) retransmission": {"retransmitted"},
    "fast retransmission": {"retransmitted"},
    "spurious retransmission": {"retransmitted"},
    "duplicate ack": {"out-of-order", "duplicate-received"},
    # Who saw the large segments that the access line refused, and the same octets again in smaller ones.
    "illegal characters found in header name": {"retransmitted path-mtu"},
}
#: At the sender's adapter every one of these left a second time; how tshark calls it depends on how soon.
SENT_AGAIN = " || ".join(
    f"tcp.analysis.{name}"
    for name in ("retransmission", "out_of_order", "fast_retransmission", "spurious_retransmission")
)


def captures(walked):
    return [walked.folder / "packets.pcapng", *sorted((walked.folder / "captures").glob("*.pcapng"))]


def happened(walked):
    """For each connection, named by its two ports (the address translation keeps them), what befell it."""
    found = {}
    for event in walked.events:
        if event.layer == "tcp":
            ports = frozenset(int(end.rpartition(":")[2]) for end in event.connection.split()[1:] if end[-1].isdigit())
            found.setdefault(ports, set()).update({event.what, f"{event.what} {event.why}"})
    return found


def unexplained(walked):
    explained = happened(walked)
    for file in captures(walked):
        complaints = tshark.complaints(file)
        if not complaints:
            continue
        frames = tshark.fields(file, "frame.number", "tcp.port")
        ports = {int(frame["frame.number"][0]): frozenset(map(int, frame.get("tcp.port", ()))) for frame in frames}
        for complaint in complaints:
            reasons = [events for words, events in EXPLAINED.items() if words in complaint.what.lower()]
            befell = explained.get(ports[complaint.frame], set())
            if not any(events & befell for events in reasons):
                yield file.name, complaint


@pytest.mark.parametrize("journey", ["home", "lossy", "fragments"])
def test_no_adapter_saw_a_malformed_packet_a_wrong_sum_or_an_unexplained_warning(journey, request):
    assert list(unexplained(request.getfixturevalue(journey))) == []


def test_tshark_finds_the_retransmissions_that_we_recorded(lossy):
    """At the sender's adapter, where all of them leave: the same sequence numbers and lengths, each as often."""
    file = lossy.folder / "captures" / "www.pcapng"
    seen = tshark.fields(file, "tcp.seq_raw", "tcp.len", only=f"tcp.srcport == 80 && tcp.len > 0 && ({SENT_AGAIN})")
    theirs = Counter((int(frame["tcp.seq_raw"][0]), int(frame["tcp.len"][0])) for frame in seen)
    events = [event.data for event in lossy.of("tcp", "retransmitted", "www")]
    ours = Counter((data["seq"], data["len"]) for data in events if data["len"])
    assert theirs == ours
    assert ours
