"""The driver and the loop in real time, with a clock and pipes of the test's own in the place of a device."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from itertools import count

import pytest

from michinori.aio import RealLoop, RealTime, TimedOut
from michinori.aio.ending import LimitReached
from michinori.sim import EventQueue


class Pipe:
    """Something that comes in: octets of a pipe, one at a time."""

    def __init__(self, happens: Callable[[bytes], None]) -> None:
        self.end, self.far_end = os.pipe()
        self._happens = happens

    def fileno(self) -> int:
        return self.end

    def take_in(self) -> bool:
        octet = os.read(self.end, 1)
        if octet:
            self._happens(octet)
        return bool(octet)

    def close(self) -> None:
        os.close(self.end)
        os.close(self.far_end)


class Clock:
    """A clock that the test moves."""

    now_ns = 5_000

    def __call__(self) -> int:
        return self.now_ns


@pytest.fixture
def queue() -> EventQueue:
    return EventQueue()


@pytest.fixture
def loop(queue: EventQueue) -> Iterator[RealLoop]:
    made = RealLoop(queue)
    yield made
    made.close()


def test_what_is_due_happens_by_the_real_clock(queue: EventQueue) -> None:
    clock = Clock()
    driver = RealTime(queue, clock=clock)
    happened: list[int] = []
    for when_ns in (10, 20, 30):
        queue.call_at(when_ns, lambda: happened.append(queue.now_ns))
    clock.now_ns += 25
    assert driver.advance([1], 10**9)
    assert happened == [25, 25]
    clock.now_ns += 100
    assert driver.advance([1], 10**9)
    assert happened == [25, 25, 125]
    driver.close()


def test_the_clock_never_goes_back(queue: EventQueue) -> None:
    clock = Clock()
    driver = RealTime(queue, clock=clock)
    clock.now_ns += 50
    assert driver.look_at_clock() == 50
    clock.now_ns -= 20
    assert driver.look_at_clock() == 50
    driver.close()


def test_what_has_come_in_goes_before_a_deadline_that_has_passed(queue: EventQueue) -> None:
    clock = Clock()
    driver = RealTime(queue, clock=clock)
    order: list[str] = []
    queue.call_at(10, order.append, "deadline")
    pipe = Pipe(lambda _: order.append("answer"))
    driver.listen_to(pipe)
    os.write(pipe.far_end, b"x")
    clock.now_ns += 1000
    assert driver.advance([1], 10**9)
    assert order == ["answer", "deadline"]
    driver.close()
    pipe.close()


def test_it_sleeps_until_the_deadline_and_not_longer(queue: EventQueue) -> None:
    driver = RealTime(queue)
    ready: list[int] = []
    queue.call_in(30_000_000, ready.append, 1)
    began, worked = time.monotonic(), time.process_time()
    assert driver.advance(ready, 10**12)
    assert 0.03 <= time.monotonic() - began < 10  # and not the 1,000 that it may
    assert time.process_time() - worked < 0.02  # it slept
    driver.close()


def test_it_wakes_for_what_comes_in_and_from_threads(queue: EventQueue) -> None:
    driver = RealTime(queue)
    ready: list[bytes] = []
    pipe = Pipe(ready.append)
    driver.listen_to(pipe)
    thread = threading.Timer(0.01, os.write, (pipe.far_end, b"x"))
    thread.start()
    assert driver.advance(ready, 10**12)
    assert ready == [b"x"]
    thread.join()
    queue.call_in(10**11, ready.append, b"late")
    ready.clear()

    def wake() -> None:
        ready.append(b"woken")
        driver.wake()

    thread = threading.Timer(0.01, wake)
    thread.start()
    assert driver.advance(ready, 10**12)
    assert ready == [b"woken"]
    thread.join()
    driver.close()
    pipe.close()


def test_what_has_ended_is_not_listened_to_any_more(queue: EventQueue) -> None:
    driver = RealTime(queue)
    pipe = Pipe(lambda _: None)
    driver.listen_to(pipe)
    os.close(pipe.far_end)
    worked = time.process_time()
    assert not driver.advance([], 20_000_000)
    assert time.process_time() - worked < 0.01  # no spinning around the end of the pipe
    driver.close()
    os.close(pipe.end)


def test_waking_often_never_blocks(queue: EventQueue) -> None:
    driver = RealTime(queue)
    for _ in range(200_000):
        driver.wake()
    assert driver.advance([1], 10**12)
    driver.close()


def test_a_limit_is_the_only_end(queue: EventQueue) -> None:
    driver = RealTime(queue)
    assert not driver.advance([], 10_000_000)
    assert isinstance(driver.why_not([], 10_000_000), LimitReached)
    driver.close()


def test_sleep_takes_its_time(loop: RealLoop) -> None:
    async def sleep() -> float:
        began = loop.time()
        await asyncio.sleep(0.02)
        return loop.time() - began

    began = time.monotonic()
    assert 0.02 <= loop.run(sleep()) < 10
    assert time.monotonic() - began >= 0.02


def test_a_sleep_begins_when_it_is_asked_for(loop: RealLoop) -> None:
    async def work_then_sleep() -> float:
        time.sleep(0.05)  # noqa: ASYNC251 (as a callback that computes for long)
        asked = time.monotonic()
        await asyncio.sleep(0.03)
        return time.monotonic() - asked

    assert loop.run(work_then_sleep()) >= 0.03


def test_a_run_times_out(loop: RealLoop) -> None:
    ended: list[str] = []

    async def wait() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("cleaned up")

    with pytest.raises(TimedOut, match=r"not done after 0.01 s:\n  task 'wait' waits for"):
        loop.run(wait(), limit_ns=10_000_000)
    assert ended == ["cleaned up"]

    async def spin() -> None:
        for _ in count():
            await asyncio.sleep(0)

    with pytest.raises(TimedOut):
        loop.run(spin(), limit_ns=10_000_000)


def test_busy_callbacks_starve_nothing(loop: RealLoop) -> None:
    came: list[bytes] = []
    pipe = Pipe(came.append)
    loop.driver.listen_to(pipe)

    async def busy() -> None:
        timer = asyncio.create_task(asyncio.sleep(0.01))
        os.write(pipe.far_end, b"x")
        for _ in count():
            await asyncio.sleep(0)
            if came and timer.done():
                break

    loop.run(busy(), limit_ns=10**10)
    pipe.close()


def test_threads_work(loop: RealLoop) -> None:
    async def ask() -> tuple[int, int]:
        other = await asyncio.to_thread(threading.get_ident)
        later = loop.create_future()
        threading.Timer(0.01, loop.call_soon_threadsafe, (later.set_result, 5)).start()
        return other, await later

    other, five = loop.run(ask(), limit_ns=10**10)
    assert other != threading.get_ident()
    assert five == 5


def test_ctrl_c_cancels_what_runs(loop: RealLoop) -> None:
    ended: list[str] = []

    async def wait() -> None:
        loop.call_later(0.01, signal.raise_signal, signal.SIGINT)
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.01)
            ended.append("cleaned up")

    with pytest.raises(KeyboardInterrupt):
        loop.run(wait())
    assert ended == ["cleaned up"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_ctrl_c_that_comes_while_it_sleeps(loop: RealLoop) -> None:
    async def wait() -> None:
        await asyncio.sleep(60)

    thread = threading.Timer(0.05, signal.pthread_kill, (threading.get_ident(), signal.SIGINT))
    thread.start()
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        loop.run(wait())
    assert time.monotonic() - began < 5
    thread.join()


def test_a_second_ctrl_c_breaks_it_off(loop: RealLoop) -> None:
    async def stubborn() -> None:
        loop.call_later(0.01, signal.raise_signal, signal.SIGINT)
        loop.call_later(0.05, signal.raise_signal, signal.SIGINT)
        while True:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                await asyncio.sleep(60)

    with pytest.raises(KeyboardInterrupt):
        loop.run(stubborn())


def test_signal_handlers_are_called(loop: RealLoop) -> None:
    async def wait() -> str:
        heard = loop.create_future()
        loop.add_signal_handler(signal.SIGUSR1, heard.set_result, "heard")
        threading.Timer(0.02, os.kill, (os.getpid(), signal.SIGUSR1)).start()
        try:
            return str(await heard)
        finally:
            assert loop.remove_signal_handler(signal.SIGUSR1)
            assert not loop.remove_signal_handler(signal.SIGUSR1)

    assert loop.run(wait(), limit_ns=10**10) == "heard"
    assert signal.getsignal(signal.SIGUSR1) is signal.SIG_DFL


def test_asyncios_own_runner_can_use_it(queue: EventQueue) -> None:
    async def main() -> int:
        await asyncio.sleep(0.001)
        return 7

    with asyncio.Runner(loop_factory=lambda: RealLoop(queue)) as runner:
        assert runner.run(main()) == 7


def test_closing_lets_go_of_its_descriptors(queue: EventQueue) -> None:
    before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    for _ in range(3):
        loop = RealLoop(queue)
        loop.run(asyncio.sleep(0))
        loop.close()
        loop.close()
    after = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    assert after == before


def test_sockets_outside_of_any_host_are_real(loop: RealLoop) -> None:
    async def make() -> bool:
        with socket.socket() as sock:
            return sock.fileno() > 2

    assert loop.run(make())


def test_what_is_put_off_until_the_end_of_a_round_is_done_in_the_last_one_too(loop: RealLoop) -> None:
    done = []

    def begin() -> None:
        loop.at_end_of_round(lambda: done.append("put off"))
        done.append("begun")
        loop.stop()

    loop.call_soon(begin)
    loop.call_soon(done.append, "beside it")
    loop.run_forever()
    assert done == ["begun", "beside it", "put off"]
