"""Adapters: what is taken, what is dropped, and what is written down about it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from michinori.link import Adapter, Cable
from michinori.sim import Dice, EventQueue
from michinori.trace import Event, Recorder
from michinori.wire import ethernet

MAC, OTHER, GROUP = b"\2\0\0\0\0\1", b"\2\0\0\0\0\2", b"\1\0\x5e\0\0\1"


def frame(dst: bytes, src: bytes = OTHER) -> bytes:
    return ethernet.Frame(dst, src, 0x88B5, b"hello").emit()


class Bench:
    """Two adapters and a cable."""

    def __init__(self, recorder: Recorder | None = None) -> None:
        self.queue = EventQueue()
        self.here = Adapter("eth0", MAC, self.queue, host="here", recorder=recorder)
        self.there = Adapter("eth0", OTHER, self.queue, host="there", recorder=recorder)
        self.taken: list[bytes] = []
        for adapter in (self.here, self.there):
            adapter.boot()
            if recorder is not None:
                adapter.tap = recorder.tap(adapter.host, adapter.name, adapter.mac)
        self.here.on_frame = self.taken.append
        self.there.on_frame = lambda _: None
        self.cable = Cable(self.queue, Dice(0).stream("cable"), rate=10**9)
        self.cable.connect(self.here, self.there)

    def deliver(self, octets: bytes) -> list[bytes]:
        self.there.send(octets)
        self.queue.run()
        return self.taken


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    recorder = Recorder()
    yield recorder
    recorder.close()


@pytest.mark.row("B15")
def test_the_address_is_read_from_rom_at_boot(recorder: Recorder) -> None:
    adapter = Adapter("eth0", MAC, EventQueue(), host="pc", recorder=recorder)
    assert not adapter.booted
    adapter.boot()
    assert adapter.booted
    assert adapter.mac == MAC
    (event,) = recorder.read()
    assert (event.layer, event.what, event.host) == ("link", "mac-read", "pc")
    assert event.data == {"interface": "eth0", "mac": "02:00:00:00:00:01"}


@pytest.mark.parametrize("mac", [b"\2\0\0\0\0", GROUP, ethernet.BROADCAST])
def test_no_adapter_has_a_group_address(mac: bytes) -> None:
    with pytest.raises(ValueError, match="six octets"):
        Adapter("eth0", mac, EventQueue())


def test_what_is_for_us_or_for_everybody_is_taken() -> None:
    bench = Bench()
    assert bench.deliver(frame(MAC)) == [frame(MAC)]
    assert bench.deliver(frame(ethernet.BROADCAST))[-1] == frame(ethernet.BROADCAST)
    assert bench.here.counters.rx_frames == 2
    assert bench.here.counters.rx_octets == 120
    assert bench.there.counters.tx_frames == 2


def test_what_is_for_others_is_dropped() -> None:
    bench = Bench()
    assert bench.deliver(frame(b"\2\0\0\0\0\3")) == []
    assert bench.deliver(frame(GROUP)) == []
    assert bench.here.counters.dropped == {"not-my-mac": 2}


def test_groups_are_listened_to_on_demand() -> None:
    bench = Bench()
    bench.here.groups.add(GROUP)
    assert bench.deliver(frame(GROUP)) == [frame(GROUP)]


def test_a_promiscuous_adapter_shows_what_is_for_others_without_taking_it() -> None:
    bench = Bench()
    seen: list[bytes] = []
    bench.here.promiscuous = True
    bench.here.on_foreign_frame = seen.append
    foreign = frame(b"\2\0\0\0\0\3")
    assert bench.deliver(foreign) == []
    assert seen == [foreign]


def test_a_damaged_frame_is_dropped_by_its_check_sequence() -> None:
    bench = Bench()
    bench.cable.fault("corrupt nth=1", "b->a")
    assert bench.deliver(frame(MAC)) == []
    assert bench.deliver(frame(MAC)) == [frame(MAC)]
    assert bench.here.counters.dropped == {"fcs": 1}


def test_damage_that_leaves_the_check_sequence_right_goes_unnoticed() -> None:
    bench = Bench()
    other = frame(MAC)[:-1] + b"x"
    bench.here.receive(other, ethernet.fcs(other))
    assert bench.taken == [other]


def test_without_a_cable_nothing_leaves() -> None:
    queue = EventQueue()
    adapter = Adapter("eth0", MAC, queue)
    adapter.boot()
    assert not adapter.has_carrier
    adapter.send(frame(OTHER))
    assert adapter.counters.dropped == {"no-cable": 1}
    assert adapter.counters.tx_frames == 0


def test_carrier() -> None:
    bench = Bench()
    assert bench.here.has_carrier
    bench.cable.cut()
    assert not bench.here.has_carrier


def test_a_frame_lost_on_the_way_counts_as_sent() -> None:
    bench = Bench()
    bench.cable.fault("loss 100%")
    bench.deliver(frame(MAC))
    assert bench.there.counters.tx_frames == 1
    assert bench.there.counters.dropped == {"fault:loss": 1}


def frames(recorder: Recorder) -> list[Event]:
    return [event for event in recorder.read() if event.frame]


def test_drops_are_written_down_with_their_reason(recorder: Recorder) -> None:
    bench = Bench(recorder)
    bench.cable.fault("drop nth=1", "b->a")
    bench.cable.fault("corrupt nth=1", "b->a")
    for _ in range(2):
        bench.deliver(frame(MAC))
    bench.deliver(frame(b"\2\0\0\0\0\3"))
    bench.deliver(frame(MAC))
    said = [(event.host, event.what, event.why) for event in frames(recorder)]
    assert said == [
        ("there", "frame-sent", "fault:loss"),
        ("there", "frame-sent", ""),
        ("here", "frame-received", "fcs"),
        ("there", "frame-sent", ""),
        ("here", "frame-received", "not-my-mac"),
        ("there", "frame-sent", ""),
        ("here", "frame-received", ""),
    ]


def test_a_reception_is_caused_by_its_sending_and_causes_what_follows(recorder: Recorder) -> None:
    bench = Bench(recorder)
    bench.here.on_frame = lambda octets: bench.here.send(frame(OTHER, MAC))
    bench.there.send(frame(MAC))
    bench.queue.run()
    sent, received, answer, arrived = frames(recorder)
    assert (received.cause, answer.cause, arrived.cause) == (sent.n, received.n, answer.n)


def test_without_a_tap_drops_are_events(recorder: Recorder) -> None:
    bench = Bench(recorder)
    bench.here.tap = bench.there.tap = None
    bench.cable.fault("drop nth=1", "b->a")
    bench.deliver(frame(MAC))
    bench.deliver(frame(b"\2\0\0\0\0\3"))
    drops = [(event.host, event.why) for event in recorder.read() if event.what == "dropped"]
    assert drops == [("there", "fault:loss"), ("here", "not-my-mac")]


def test_a_cut_is_told_to_the_sender_of_what_was_on_the_way(recorder: Recorder) -> None:
    bench = Bench(recorder)
    bench.there.send(frame(MAC))
    bench.cable.cut()
    bench.queue.run()
    assert [(event.host, event.why) for event in recorder.read() if event.what == "dropped"] == [("there", "cut")]


@pytest.mark.parametrize("faults", [[], ["loss 0%"]], ids=["sound", "with-a-rule"])
@given(
    packets=st.integers(0, 4),
    marks=st.none() | st.integers(0, 3),
    sent=st.lists(st.tuples(st.sampled_from([0, 1, 9_000, 30_000]), st.integers(0, 1486)), max_size=40),
)
def test_the_short_way_into_a_cable_is_the_careful_one(faults, packets, marks, sent) -> None:
    """Frames of all sizes, at once and one behind the other, too long ones too: the same arrive at the same instants,
    and the same is counted, whether the adapter sends them by ``put`` or by ``send``.
    """
    found = []
    for way in ("put", "send"):
        bench = Bench()
        end = bench.cable.b
        end.queue_packets, end.mark_packets = packets, marks
        for fault in faults:
            bench.cable.fault(fault)
        arrived: list[tuple[int, bytes]] = []
        bench.here.on_frame = lambda octets, bench=bench, arrived=arrived: arrived.append((bench.queue.now_ns, octets))
        waiting = []
        for wait_ns, size in sent:
            bench.queue.run_until(bench.queue.now_ns + wait_ns)
            getattr(bench.there, way)(MAC + OTHER + b"\x08\x00\x45\x02" + bytes(20 + size))
            waiting.append(end.waiting)
        bench.queue.run()
        counters = bench.there.counters
        found.append((arrived, waiting, counters.tx_frames, counters.tx_octets, counters.dropped))
    assert found[0] == found[1]
