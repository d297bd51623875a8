"""Virtual time: the order of things, executors, endings, and worlds inside running loops."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import threading
import time
import warnings
from collections.abc import Callable

import pytest
from small_world import SmallWorld

from michinori.aio import Stuck, TimedOut, VirtualLoop
from michinori.aio.base import LoopBase, TransportBase
from michinori.sim import EventQueue

HOUR_NS = 3600 * 10**9


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
    writer.close()


async def serve(handler=echo) -> None:
    async with await asyncio.start_server(handler, port=80) as server:
        await server.serve_forever()


def test_sleeping_costs_no_real_time(world: SmallWorld) -> None:
    async def nap() -> float:
        await asyncio.sleep(3000)
        return asyncio.get_running_loop().time()

    began = time.monotonic()
    assert world.run(nap()) == 3000
    assert time.monotonic() - began < 60


def test_time_has_come_when_a_timer_fires(world: SmallWorld) -> None:
    """Rounded to the nearest nanosecond, this loop would spin for ever."""

    async def run() -> None:
        loop = asyncio.get_running_loop()
        for number in range(1, 300):
            deadline = loop.time() + number / 7 / 1000
            rounds = 0
            while (left := deadline - loop.time()) > 0:
                await asyncio.sleep(left)
                rounds += 1
            assert rounds <= 2

    world.run(run())


def test_ready_callbacks_run_before_time_goes_on(world: SmallWorld) -> None:
    order: list[str] = []

    async def run() -> None:
        loop = asyncio.get_running_loop()
        loop.call_later(0, order.append, "timer of now")
        world.queue.call_at(world.queue.now_ns, order.append, "event of now")
        loop.call_soon(lambda: loop.call_soon(order.append, "second"))
        loop.call_soon(order.append, "first")
        await asyncio.sleep(0.001)

    world.run(run())
    assert order == ["first", "second", "timer of now", "event of now"]


def test_timers_of_one_instant_run_in_the_order_in_which_they_were_set(world: SmallWorld) -> None:
    order: list[int] = []

    async def run() -> None:
        loop = asyncio.get_running_loop()
        for number in range(20):
            loop.call_at(1.0, order.append, number)
        cancelled = loop.call_at(1.0, order.append, 99)
        cancelled.cancel()
        assert cancelled.when() == 1.0
        await asyncio.sleep(2)

    world.run(run())
    assert order == list(range(20))


def test_sets_of_tasks_and_futures_have_one_order_in_every_run(make_world: Callable[..., SmallWorld]) -> None:
    def order() -> list[str]:
        world = make_world()
        ballast = [object() for _ in range(id(world) % 97)]  # moves where things lie in memory

        async def run() -> list[str]:
            tasks = {asyncio.ensure_future(asyncio.sleep(1, f"task {number}")) for number in range(50)}
            done, _ = await asyncio.wait(tasks)
            futures = {asyncio.get_running_loop().create_future() for _ in range(50)}
            numbers = [hash(future) for future in futures]
            return [task.result() for task in done] + [str(number) for number in numbers]

        result = world.run(run())
        del ballast
        return result

    assert order() == order() == order()


def test_executors_work_inline(world: SmallWorld) -> None:
    variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="")

    def work(number: int) -> tuple[int, threading.Thread, str]:
        with pytest.raises(RuntimeError, match="no running event loop"):
            asyncio.get_running_loop()
        return number * 2, threading.current_thread(), variable.get()

    def fail() -> None:
        raise KeyError("no")

    async def run() -> None:
        loop = asyncio.get_running_loop()
        variable.set("seen")
        assert await loop.run_in_executor(None, work, 1) == (2, threading.main_thread(), "seen")
        assert await asyncio.to_thread(work, 2) == (4, threading.main_thread(), "seen")
        results = await asyncio.gather(*(asyncio.to_thread(work, number) for number in range(3)))
        assert [result[0] for result in results] == [0, 2, 4]
        with pytest.raises(KeyError):
            await asyncio.to_thread(fail)
        assert loop.time() == 0

    world.run(run())


def test_inline_work_cannot_wait_for_the_loop(world: SmallWorld) -> None:
    async def run() -> None:
        loop = asyncio.get_running_loop()
        heard = []

        def ask_the_loop() -> None:
            loop.call_soon_threadsafe(heard.append, "this is fine")
            asyncio.run_coroutine_threadsafe(asyncio.sleep(1), loop).result()

        with pytest.raises(RuntimeError, match="inline cannot wait for the loop"):
            await asyncio.to_thread(ask_the_loop)
        assert heard == ["this is fine"]

    world.run(run())


def test_another_thread_cannot_reach_in(world: SmallWorld) -> None:
    errors = []

    async def run() -> None:
        loop = asyncio.get_running_loop()

        def reach_in() -> None:
            try:
                loop.call_soon_threadsafe(print)
            except RuntimeError as error:
                errors.append(str(error))

        thread = threading.Thread(target=reach_in)
        thread.start()
        thread.join()
        loop.call_soon_threadsafe(errors.append, "from here it can")
        await asyncio.sleep(0)

    world.run(run())
    assert "another thread cannot reach into a world" in errors[0]
    assert errors[1] == "from here it can"


def test_what_a_world_does_not_have_is_said_in_a_sentence(world: SmallWorld) -> None:
    async def run() -> None:
        loop = asyncio.get_running_loop()
        with pytest.raises(NotImplementedError):
            loop.add_signal_handler(2, print)
        with pytest.raises(RuntimeError, match="no subprocesses"):
            await asyncio.create_subprocess_exec("true")
        with pytest.raises(RuntimeError, match="no subprocesses"):
            await asyncio.create_subprocess_shell("true")

    world.run(run())


def test_stuck_names_what_each_task_waits_for(world: SmallWorld) -> None:
    async def wait_for_event() -> None:
        await asyncio.Event().wait()

    async def wait_for_task() -> None:
        await asyncio.create_task(wait_for_event(), name="inner")

    async def wait_for_future() -> None:
        await asyncio.get_running_loop().create_future()

    world.spawn(wait_for_event(), name="forgotten")
    world.spawn(wait_for_future(), world.r1)
    with pytest.raises(Stuck) as caught:
        world.run(wait_for_task())
    told = str(caught.value)
    assert "nothing can happen any more at 0 s:" in told
    assert "task 'wait_for_task' on client waits for task 'inner'" in told
    assert "task 'inner' on client waits for Event.wait (test_loop.py line" in told
    assert "task 'forgotten' on server waits for Event.wait" in told
    assert "task 'wait_for_future' on r1 waits for" in told


def test_after_being_stuck_the_world_goes_on(world: SmallWorld) -> None:
    cleaned = []

    async def wait() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cleaned.append(True)

    with pytest.raises(Stuck):
        world.run(wait())
    assert cleaned == [True]
    assert world.run(asyncio.sleep(1, "fine")) == "fine"


def test_timed_out_at_the_limit_of_virtual_time(world: SmallWorld) -> None:
    async def tick() -> None:
        for _ in range(100_000):
            await asyncio.sleep(0.5)

    with pytest.raises(TimedOut) as caught:
        world.run(tick(), limit_ns=10 * 10**9)
    assert "not done after 10 s of virtual time" in str(caught.value)
    assert "task 'tick' on client waits for sleep (test_loop.py line" in str(caught.value)
    assert world.queue.now_ns == 10 * 10**9
    with pytest.raises(TimedOut, match="after 3600 s"):
        world.run(tick())


def test_a_loop_that_lets_no_time_pass_is_found_out(world: SmallWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("michinori.aio.virtual_loop._SPINNING", 1000)

    async def spin() -> None:
        for _ in range(100_000):
            await asyncio.sleep(0)

    with pytest.raises(Stuck, match="without letting time pass"):
        world.run(spin())


def test_errors_of_the_coroutine_come_out(world: SmallWorld) -> None:
    async def fail() -> None:
        await asyncio.sleep(1)
        raise LookupError("not here")

    with pytest.raises(LookupError, match="not here"):
        world.run(fail())


def test_a_spawned_task_that_fails_is_heard_of_at_once(world: SmallWorld) -> None:
    heard = []
    world.loop.set_exception_handler(lambda loop, context: heard.append((loop.time(), context["message"])))

    async def fail() -> None:
        await asyncio.sleep(1)
        raise LookupError("not here")

    world.spawn(fail(), name="clumsy")
    world.run(asyncio.sleep(5))
    assert heard == [(1.0, "task 'clumsy' failed")]


def test_a_world_runs_inside_a_running_loop(make_world: Callable[..., SmallWorld]) -> None:
    async def ask() -> bytes:
        reader, writer = await asyncio.open_connection("server", 80)
        writer.write(b"x")
        got = await reader.read(1)
        writer.close()
        return got

    async def outer() -> bytes:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        world = make_world()
        world.spawn(serve())
        got = world.run(ask())
        world.close()
        assert asyncio.get_running_loop() is loop
        assert asyncio.current_task() is task
        await asyncio.sleep(0)
        return got

    assert asyncio.run(outer()) == b"x"


def test_a_world_runs_inside_another(make_world: Callable[..., SmallWorld]) -> None:
    async def outer() -> float:
        await asyncio.sleep(2)
        inner = make_world()
        assert inner.run(asyncio.sleep(5, "inner")) == "inner"
        return asyncio.get_running_loop().time()

    assert make_world().run(outer()) == 2


def test_a_running_world_cannot_be_run_again(world: SmallWorld) -> None:
    async def again() -> None:
        with pytest.raises(RuntimeError, match="running already"):
            world.run(asyncio.sleep(1))
        with pytest.raises(RuntimeError, match="cannot be closed"):
            world.loop.close()

    world.run(again())


def test_closing_ends_everything_without_a_warning(make_world: Callable[..., SmallWorld]) -> None:
    ended = []

    async def stubborn() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(1)
            ended.append("stubborn")

    async def generate():
        try:
            while True:
                yield 1
        finally:
            ended.append("generator")

    async def begin() -> None:
        writers.append((await asyncio.open_connection("server", 80))[1])
        generators.append(generate())
        await anext(generators[0])

    writers: list[asyncio.StreamWriter] = []
    generators: list = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        world = make_world()
        world.spawn(serve())
        world.spawn(stubborn())
        world.run(begin())
        world.close()
        world.close()
        assert world.loop.is_closed()
        assert sorted(ended) == ["generator", "stubborn"]
        assert writers[0].is_closing()
        writers.clear()
        generators.clear()
        del world
        gc.collect()
    assert [str(warning.message) for warning in caught] == []


def test_a_task_that_refuses_to_end_is_dropped(make_world: Callable[..., SmallWorld]) -> None:
    async def immortal() -> None:
        while True:
            try:
                await asyncio.sleep(1000)
            except asyncio.CancelledError:
                continue

    world = make_world()
    world.spawn(immortal())
    world.run(asyncio.sleep(1))
    world.close()
    assert world.loop.is_closed()
    with pytest.raises(RuntimeError, match="closed"):
        world.run(asyncio.sleep(1))


def test_the_loop_knows_the_runner_of_asyncio() -> None:
    queue = EventQueue()

    async def main() -> float:
        await asyncio.sleep(7)
        return asyncio.get_running_loop().time()

    with asyncio.Runner(loop_factory=lambda: VirtualLoop(queue)) as runner:
        assert runner.run(main()) == 7


def test_debug_mode_checks_callbacks(world: SmallWorld) -> None:
    async def run() -> None:
        loop = asyncio.get_running_loop()
        loop.set_debug(True)
        try:
            with pytest.raises(TypeError, match="callable"):
                loop.call_soon(1)
            with pytest.raises(TypeError, match="coroutines cannot be used"):
                loop.call_later(1, run)
            await asyncio.sleep(1)
        finally:
            loop.set_debug(False)

    world.run(run())


@pytest.mark.skipif(not hasattr(asyncio, "eager_task_factory"), reason="from Python 3.12 on")
def test_eager_tasks(world: SmallWorld) -> None:
    async def run() -> list[str]:
        order = []

        async def step(name: str) -> None:
            order.append(name)
            await asyncio.sleep(1)

        asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)
        task = asyncio.create_task(step("eager"))
        order.append("after")
        await task
        return order

    assert world.run(run()) == ["eager", "after"]


@pytest.mark.parametrize(("base", "missing"), [(LoopBase, "make_ready"), (TransportBase, "abandon")])
def test_what_is_not_whole_cannot_be_made(base: type, missing: str) -> None:
    with pytest.raises(TypeError, match=f"abstract .*{missing}"):
        base()
