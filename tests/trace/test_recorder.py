"""The recorder: numbers, causes, reasons of drops, and that the cheap way of writing writes the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from michinori.trace import Event, Recorder, call_of, causes, effects, read_trace

MAC = b"\x02\0\0\0\0\x01"
FRAME = bytes(range(60))

Blocks = Callable[[Path], list[tuple[int, bytes]]]


def events_of(recorder: Recorder) -> list[Event]:
    return list(recorder.read())


def test_events_are_numbered_and_keep_what_they_were_told(recorder: Recorder) -> None:
    first = recorder.event(5, "pc", "dns", "asked", connection="udp a b", data={"name": "x.example"})
    second = recorder.event(6, "pc", "dns", "gave-up", why="silence", cause=first)
    assert (first, second) == (1, 2)
    asked, gave_up = events_of(recorder)
    assert asked == Event(1, 5, "pc", "dns", "asked", 0, "udp a b", "", 0, {"name": "x.example"})
    assert gave_up == Event(2, 6, "pc", "dns", "gave-up", 1, "", "silence")


def test_acting_sets_the_cause_and_puts_it_back(recorder: Recorder) -> None:
    call = recorder.event(1, "pc", "socket", "called")
    with recorder.acting(call):
        inner = recorder.event(1, "pc", "tcp", "segment-sent")
        with recorder.acting(inner):
            recorder.event(1, "pc", "ip", "sent")
        recorder.event(1, "pc", "tcp", "split")
    recorder.event(2, "pc", "world", "ended")
    assert [event.cause for event in events_of(recorder)] == [0, 1, 2, 1, 0]


def test_an_error_puts_the_cause_back(recorder: Recorder) -> None:
    tap = recorder.tap("pc", "eth0", MAC)
    with pytest.raises(ZeroDivisionError), recorder.acting(7), tap.receiving(1, FRAME):
        raise ZeroDivisionError
    assert recorder.cause == 0
    assert [event.what for event in events_of(recorder)] == ["frame-received"]


def test_a_reception_is_the_cause_of_what_happens_inside_and_its_line_comes_first(recorder: Recorder) -> None:
    tap = recorder.tap("pc", "eth0", MAC)
    sent = tap.sent(1, FRAME)
    with tap.receiving(2, FRAME, None, sent) as received:
        recorder.event(2, "pc", "ip", "received")
        answered = tap.sent(2, FRAME)
    assert recorder.cause == 0
    assert [(event.n, event.what, event.cause) for event in events_of(recorder)] == [
        (sent, "frame-sent", 0),
        (received, "frame-received", sent),
        (3, "received", received),
        (answered, "frame-sent", received),
    ]


def test_a_dropped_frame_says_why_and_the_first_reason_stands(
    recorder: Recorder, tmp_path: Path, blocks: Blocks
) -> None:
    tap = recorder.tap("pc", "eth0", MAC)
    recorder.drop("nobody is receiving")
    with tap.receiving(1, FRAME):
        recorder.drop("checksum")
        recorder.drop("no-socket")
    tap.sent(2, FRAME, "queue-full")
    assert [event.why for event in events_of(recorder)] == ["checksum", "queue-full"]
    recorder.save_capture(tmp_path / "pc.pcapng", "pc")
    _, _, dropped, refused = blocks(tmp_path / "pc.pcapng")
    assert b"\x01\x00\x08\x00checksum" in dropped[1]
    assert b"\x01\x00\x0a\x00queue-full\0\0" in refused[1]


def test_receptions_nest_and_each_is_dropped_for_its_own_reason(recorder: Recorder) -> None:
    outer, inner = recorder.tap("a", "eth0", MAC), recorder.tap("b", "eth0", MAC)
    with outer.receiving(1, FRAME) as first:
        with inner.receiving(1, FRAME) as second:
            recorder.drop("ttl")
            assert recorder.cause == second
        assert recorder.cause == first
        recorder.drop("no-route")
    got = [(event.n, event.host, event.cause, event.why) for event in events_of(recorder)]
    assert got == [(1, "a", 0, "no-route"), (2, "b", 1, "ttl")]


def test_nested_receptions_at_one_host_keep_their_reasons_apart(
    recorder: Recorder, tmp_path: Path, blocks: Blocks
) -> None:
    tap = recorder.tap("pc", "eth0", MAC)
    with tap.receiving(1, FRAME):
        tap.sent(1, FRAME)
        with tap.receiving(1, FRAME, bytes(4)):
            recorder.drop("fcs")
            tap.sent(1, FRAME, "cut")
        recorder.drop("ttl")
    with tap.receiving(2, FRAME):
        pass
    whys = ["ttl", "", "fcs", "cut", ""]
    assert [event.why for event in events_of(recorder)] == whys
    assert [event.data["octets"] for event in events_of(recorder)] == [60, 60, 64, 60, 60]
    recorder.save_capture(tmp_path / "pc.pcapng", "pc")
    packets = [body for kind, body in blocks(tmp_path / "pc.pcapng") if kind == 6]
    assert [next((why for why in whys if why and why.encode() in body), "") for body in packets] == whys


def test_a_long_reception_goes_to_disk_when_it_is_over(recorder: Recorder, tmp_path: Path, blocks: Blocks) -> None:
    tap = recorder.tap("pc", "eth0", MAC)
    with tap.receiving(1, FRAME):
        for _ in range(500):
            tap.sent(1, bytes(1_000))
        recorder.drop("ttl")
    assert events_of(recorder)[0].why == "ttl"
    recorder.save_capture(tmp_path / "pc.pcapng", "pc")
    assert b"ttl" in blocks(tmp_path / "pc.pcapng")[2][1]


def test_saving_in_the_middle_of_a_reception_harms_nothing(recorder: Recorder, tmp_path: Path, blocks: Blocks) -> None:
    tap = recorder.tap("pc", "eth0", MAC)
    with tap.receiving(1, FRAME):
        recorder.save_capture(tmp_path / "early.pcapng", "pc")
        tap.sent(1, FRAME)
        recorder.drop("too late")
    recorder.save_capture(tmp_path / "pc.pcapng", "pc")
    assert [kind for kind, _ in blocks(tmp_path / "pc.pcapng")] == [0x0A0D0D0A, 1, 6, 6]


def test_frames_count_within_the_capture_of_their_host(recorder: Recorder, tmp_path: Path, blocks: Blocks) -> None:
    router = [recorder.tap("router", name, MAC) for name in ("wan", "lan")]
    pc = recorder.tap("pc", "eth0", MAC)
    for tap in (*router, pc, *router):
        tap.sent(1, FRAME)
    assert [(event.host, event.frame) for event in events_of(recorder)] == [
        ("router", 1),
        ("router", 2),
        ("pc", 1),
        ("router", 3),
        ("router", 4),
    ]
    assert recorder.hosts() == ["router", "pc"]
    recorder.save_capture(tmp_path / "router.pcapng", "router")
    kinds = [kind for kind, _ in blocks(tmp_path / "router.pcapng")]
    assert kinds == [0x0A0D0D0A, 1, 1, 6, 6, 6, 6]


def test_an_adapter_tapped_later_gets_its_block_before_its_first_frame(
    recorder: Recorder, tmp_path: Path, blocks: Blocks
) -> None:
    recorder.tap("pc", "eth0", MAC).sent(1, FRAME)
    recorder.tap("pc", "eth1", MAC).sent(2, FRAME)
    recorder.save_capture(tmp_path / "pc.pcapng", "pc")
    assert [kind for kind, _ in blocks(tmp_path / "pc.pcapng")] == [0x0A0D0D0A, 1, 6, 1, 6]


@pytest.mark.parametrize("name", ["eth0", 'a"b\\c', "100%d", "改行\n"])
def test_the_ready_made_line_is_the_line_that_the_encoder_writes(recorder: Recorder, tmp_path: Path, name: str) -> None:
    tap = recorder.tap(name, name, MAC)
    with recorder.acting(recorder.event(1, "pc", "socket", "called")):
        tap.sent(2, FRAME)
        with tap.receiving(3, FRAME):
            pass
    recorder.save_trace(tmp_path / "trace.jsonl")
    _, sent, received = [json.loads(line) for line in (tmp_path / "trace.jsonl").read_text().splitlines()]
    data = {"interface": name, "octets": 60}
    common = {"host": name, "layer": "link", "cause": 1, "data": data}
    assert sent == {"n": 2, "t": 2, "what": "frame-sent", "frame": 1, **common}
    assert received == {"n": 3, "t": 3, "what": "frame-received", "frame": 2, **common}
    assert list(sent) == ["n", "t", "host", "layer", "what", "cause", "frame", "data"]


def test_a_recorder_of_frames_alone_keeps_no_events(tmp_path: Path, blocks: Blocks) -> None:
    recorder = Recorder(events=False)
    tap = recorder.tap("pc", "eth0", MAC)
    assert recorder.event(1, "pc", "dns", "asked") == 0
    assert tap.sent(1, FRAME) == 1
    with tap.receiving(1, FRAME):
        recorder.drop("ttl")
    assert events_of(recorder) == []
    recorder.save_capture(tmp_path / "pc.pcapng", "pc")
    assert len(blocks(tmp_path / "pc.pcapng")) == 4
    recorder.close()


def test_a_recording_goes_to_disk_while_it_grows_and_comes_back_whole(recorder: Recorder, tmp_path: Path) -> None:
    taps = [recorder.tap(f"host-{i:03}", "eth0", MAC) for i in range(300)]
    for instant in range(20):
        for tap in taps:
            tap.sent(instant, bytes(1_000))
    assert len(events_of(recorder)) == 6_000
    for host in recorder.hosts():
        recorder.save_capture(tmp_path / f"{host}.pcapng", host)
    assert {path.stat().st_size for path in tmp_path.iterdir()} == {(tmp_path / "host-000.pcapng").stat().st_size}
    assert (tmp_path / "host-000.pcapng").stat().st_size > 20_000


def test_reading_and_saving_in_between_loses_nothing(recorder: Recorder, tmp_path: Path) -> None:
    recorder.event(1, "pc", "dns", "asked")
    assert len(events_of(recorder)) == 1
    recorder.save_trace(tmp_path / "one")
    recorder.event(2, "pc", "dns", "answered")
    recorder.save_trace(tmp_path / "two")
    assert (tmp_path / "two").read_bytes().startswith((tmp_path / "one").read_bytes())
    with (tmp_path / "two").open("rb") as file:
        assert read_trace(file) == events_of(recorder)


def test_an_unrecorded_host_has_no_capture(recorder: Recorder, tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        recorder.save_capture(tmp_path / "x", "nobody")


def test_closing_throws_the_spool_away() -> None:
    recorder = Recorder()
    folder = recorder._folder
    recorder.tap("pc", "eth0", MAC).sent(1, FRAME)
    recorder.close()
    recorder.close()
    assert not folder.exists()


@pytest.mark.row("B26")
def test_the_call_that_caused_a_frame_is_found_by_walking_up(recorder: Recorder) -> None:
    pc, server = recorder.tap("pc", "eth0", MAC), recorder.tap("server", "eth0", MAC)
    page = recorder.event(0, "pc", "browser", "address-typed")
    call = recorder.event(1, "pc", "socket", "called", cause=page, data={"call": "connect"})
    with recorder.acting(call):
        segment = recorder.event(1, "pc", "tcp", "segment-sent")
        with recorder.acting(segment):
            frame = pc.sent(1, FRAME)
    with server.receiving(2, FRAME, None, frame):
        answer = server.sent(2, FRAME)
    recorder.event(3, "pc", "world", "ended")
    events = events_of(recorder)
    assert [event.n for event in causes(events, answer)] == [5, frame, segment, call, page]
    found = call_of(events, answer)
    assert found is not None
    assert found.data == {"call": "connect"}
    assert [event.n for event in effects(events, call)] == [segment, frame, 5, answer]
    assert call_of(events, page) is None
    assert causes(events, page) == []
    with pytest.raises(KeyError):
        causes(events, 99)
