"""A TAP device, with a pair of sockets in its place; the real one is in tests/tap."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator

import pytest
from tap_bench import OURS, THEIRS, Bench

from michinori.link import Adapter, Cable, TapError, open_tap, tap
from michinori.sim import Dice
from michinori.wire import ethernet


def frame(payload: bytes = bytes(46), dst: bytes = OURS, src: bytes = THEIRS) -> bytes:
    return dst + src + b"\x08\x00" + payload


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench(batch=4)
    yield made
    made.close()


def test_frames_pass_both_ways(bench: Bench) -> None:
    bench.device.plug_into(bench.adapter)
    assert bench.adapter.has_carrier
    bench.adapter.send(frame(dst=THEIRS, src=OURS))
    assert bench.kernel.recv(2000) == frame(dst=THEIRS, src=OURS)
    bench.kernel.send(frame())
    assert bench.device.take_in()
    assert bench.got == [frame()]
    counters = bench.device.counters
    assert (counters.tx_frames, counters.rx_frames, counters.dropped) == (1, 1, {})
    assert bench.adapter.counters.tx_octets == len(frame())


def test_one_waking_takes_a_batch(bench: Bench) -> None:
    bench.device.plug_into(bench.adapter)
    for _ in range(6):
        bench.kernel.send(frame())
    assert bench.device.take_in()
    assert len(bench.got) == 4
    assert bench.device.take_in()
    assert len(bench.got) == 6
    assert bench.device.take_in()


def test_it_can_stand_at_the_end_of_a_cable(bench: Bench) -> None:
    cable = Cable(bench.queue, Dice(0).stream("x"), delay_ns=1000)
    cable.connect(bench.adapter, bench.device)
    bench.kernel.send(frame())
    bench.device.take_in()
    assert bench.got == []
    bench.adapter.send(frame(dst=THEIRS))
    bench.queue.run()
    assert bench.got == [frame()]
    assert bench.kernel.recv(2000) == frame(dst=THEIRS)
    with pytest.raises(ValueError, match="taken"):
        bench.device.plug_into(Adapter("eth1", THEIRS, bench.queue))


def test_what_the_cable_has_damaged_does_not_reach_the_kernel(bench: Bench) -> None:
    bench.device.receive(frame(), ethernet.fcs(b"other"))
    with pytest.raises(BlockingIOError):
        bench.kernel.recv(2000)
    assert bench.device.counters.dropped == {"fcs": 1}


def test_without_anything_plugged_in_frames_are_dropped(bench: Bench) -> None:
    bench.kernel.send(frame())
    assert bench.device.take_in()
    assert bench.device.counters.dropped == {"no-cable": 1}


def test_a_full_queue_drops(bench: Bench) -> None:
    bench.device.plug_into(bench.adapter)
    for _ in range(5000):
        bench.adapter.send(frame(bytes(1500)))
        if "queue-full" in bench.adapter.counters.dropped:
            break
    assert bench.adapter.counters.dropped == {"queue-full": 1}
    assert not bench.device.gone


def test_frames_that_are_too_long_are_dropped(bench: Bench) -> None:
    bench.device.plug_into(bench.adapter)
    bench.adapter.send(frame(bytes(1600)))
    assert bench.adapter.counters.dropped == {"too-long": 1}
    bench.kernel.send(frame(bytes(1600)))
    bench.device.take_in()
    assert bench.got == []
    assert bench.device.counters.dropped == {"too-long": 1}


@pytest.mark.parametrize(
    ("number", "why"), [(errno.EIO, "interface-down"), (errno.EBADFD, "device-gone"), (errno.ENOBUFS, "queue-full")]
)
def test_what_the_kernel_refuses_has_a_reason(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, number: int, why: str
) -> None:
    def write(*_: object) -> int:
        raise OSError(number, "no")

    bench.device.plug_into(bench.adapter)
    monkeypatch.setattr(tap.os, "writev", write)
    bench.adapter.send(frame())
    assert bench.adapter.counters.dropped == {why: 1}
    assert bench.device.gone == (why == "device-gone")
    assert bench.adapter.has_carrier == (why != "device-gone")


@pytest.mark.parametrize("offload", [False, True], ids=["whole frames", "headers in front"])
def test_the_short_way_into_a_device_is_the_careful_one(offload: bool) -> None:
    """Frames that fit, one that does not, more of them than the queue holds, and one after the device was let go: the
    same goes down and the same is counted, whether the adapter sends them by ``put`` or by ``send``.
    """
    found = []
    for way in ("put", "send"):
        made = Bench(offload=offload)
        made.device.plug_into(made.adapter)
        for size in (46, 1500, 1600, *[1500] * 500):
            getattr(made.adapter, way)(frame(size.to_bytes(2, "big") * (size // 2)))
        octets = []
        with contextlib.suppress(BlockingIOError):
            while True:
                octets.append(made.kernel.recv(2000))
        made.close()
        getattr(made.adapter, way)(frame())
        ours, theirs = made.adapter.counters, made.device.counters
        found.append((octets, ours.tx_frames, ours.tx_octets, ours.dropped, theirs.tx_frames, theirs.tx_octets))
    assert found[0] == found[1]
    assert found[0][3].keys() == {"too-long", "queue-full", "device-gone"}


def test_a_device_that_is_taken_away_says_so_once(bench: Bench) -> None:
    bench.device.plug_into(bench.adapter)
    bench.kernel.close()
    assert not bench.device.take_in()
    assert bench.device.gone


def test_what_cannot_be_opened_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TapError, match="15 characters at most"):
        open_tap("a-name-that-is-too-long")
    with pytest.raises(TapError, match="no network namespace nowhere-michinori"):
        open_tap("mich0", namespace="nowhere-michinori")

    def refuse(number: int) -> None:
        def open_(*_: object) -> int:
            raise OSError(number, os.strerror(number))

        monkeypatch.setattr(tap.os, "open", open_)

    refuse(errno.EACCES)
    with pytest.raises(TapError, match="needs root or CAP_NET_ADMIN") as caught:
        open_tap("mich0")
    assert f"`sudo {tap.sys.executable} -m michinori tap up mich0`" in str(caught.value)
    assert "\n" not in str(caught.value)
    refuse(errno.ENOENT)
    with pytest.raises(TapError, match="modprobe tun"):
        open_tap("mich0")
    monkeypatch.setattr(tap.sys, "platform", "darwin")
    with pytest.raises(TapError, match="TAP devices are Linux's, and this is darwin"):
        open_tap("mich0")


def test_a_kernel_without_offload_is_asked_once_more_without(monkeypatch: pytest.MonkeyPatch) -> None:
    """Meanwhile somebody else may have taken the device: that is told, and nothing is closed twice."""
    opened, closed = iter([100, 101]), []

    def ioctl(descriptor: int, *_: object) -> None:
        if descriptor == 101:
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))

    monkeypatch.setattr(tap.os, "open", lambda *_: next(opened))
    monkeypatch.setattr(tap.os, "close", closed.append)
    monkeypatch.setattr("fcntl.ioctl", ioctl)
    monkeypatch.setattr(tap, "_mtu_of", lambda _: 1500)
    monkeypatch.setattr(tap.offload, "negotiate", lambda *_, **__: False)
    with pytest.raises(TapError, match="in use by another program"):
        open_tap("mich0", offload=True)
    assert closed == [100, 101]
