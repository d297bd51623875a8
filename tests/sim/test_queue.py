"""The event queue: order, cancelling, compaction, the clock."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from michinori.sim import EventQueue, Timer


def test_things_happen_in_the_order_of_their_instants_and_then_of_asking() -> None:
    queue = EventQueue()
    happened: list[str] = []
    queue.call_at(20, happened.append, "c")
    queue.call_at(10, happened.append, "a")
    queue.post(20, happened.append, "d")
    queue.call_at(10, happened.append, "b")
    queue.run()
    assert happened == ["a", "b", "c", "d"]
    assert queue.now_ns == 20


def test_the_clock_shows_the_instant_of_what_happens() -> None:
    queue = EventQueue()
    seen: list[int] = []
    queue.call_at(5, lambda: seen.append(queue.now_ns))
    queue.call_at(7, lambda: queue.call_in(3, lambda: seen.append(queue.now_ns)))
    queue.run()
    assert seen == [5, 10]


def test_what_is_asked_for_in_the_past_happens_now_and_the_clock_never_goes_back() -> None:
    queue = EventQueue()
    seen: list[int] = []
    queue.run_until(100)
    queue.call_at(5, lambda: seen.append(queue.now_ns))
    queue.post(7, lambda _: seen.append(queue.now_ns), None)
    queue.run()
    assert seen == [100, 100]
    queue.call_at(120, lambda: seen.append(queue.now_ns))
    queue.now_ns = 150  # a driver in real time comes late
    queue.run()
    assert seen == [100, 100, 150]


def test_a_cancelled_timer_does_not_happen() -> None:
    queue = EventQueue()
    happened: list[str] = []
    timer = queue.call_at(10, happened.append, "no")
    queue.call_at(20, happened.append, "yes")
    assert timer.pending
    timer.cancel()
    timer.cancel()
    assert not timer.pending
    assert len(queue) == 1
    assert queue.next_ns() == 20
    queue.run()
    assert happened == ["yes"]
    assert len(queue) == 0


def test_a_timer_that_has_happened_is_not_pending_and_cancelling_it_has_no_effect() -> None:
    queue = EventQueue()
    seen: list[bool] = []
    timers: list[Timer] = []
    timers.append(queue.call_at(1, lambda: (seen.append(timers[0].pending), timers[0].cancel())))
    queue.run()
    assert seen == [False]
    timers[0].cancel()
    assert len(queue) == 0


def test_run_until_takes_what_is_due_at_that_very_instant_and_moves_the_clock() -> None:
    queue = EventQueue()
    happened: list[int] = []
    for instant in (10, 20, 21):
        queue.call_at(instant, happened.append, instant)
    queue.run_until(20)
    assert happened == [10, 20]
    assert queue.now_ns == 20
    queue.run_until(20)
    queue.run_until(5)
    assert queue.now_ns == 20
    assert queue.next_ns() == 21


def test_step_takes_one_thing() -> None:
    queue = EventQueue()
    happened: list[int] = []
    queue.call_at(1, happened.append, 1).cancel()
    queue.call_at(2, happened.append, 2)
    queue.post(3, happened.append, 3)
    assert queue.step()
    assert happened == [2]
    assert queue.step()
    assert not queue.step()
    assert happened == [2, 3]


def test_an_event_loop_lets_things_happen_until_it_has_something_to_do() -> None:
    queue = EventQueue()
    ready: list[int] = []
    queue.call_at(1, lambda: None)
    queue.call_at(2, ready.append, 2).cancel()
    queue.call_at(3, ready.append, 3)
    queue.post(4, ready.append, 4)
    assert queue.run_until_filled(ready, 100)
    assert (ready, queue.now_ns) == ([3], 3)
    ready.clear()
    assert not queue.run_until_filled(ready, 3)
    assert queue.next_ns() == 4
    assert queue.run_until_filled(ready, 4)
    assert not queue.run_until_filled([], 100)
    assert len(queue) == 0


def test_an_error_leaves_the_queue_whole() -> None:
    queue = EventQueue()
    happened: list[int] = []
    queue.call_at(1, lambda: 1 // 0)
    queue.call_at(2, happened.append, 2)
    try:
        queue.run()
    except ZeroDivisionError:
        queue.run()
    assert happened == [2]


def test_many_cancelled_timers_are_thrown_away_before_their_turn() -> None:
    queue = EventQueue()
    timers = [queue.call_at(1_000_000 + i, lambda: None) for i in range(10_000)]
    queue.call_at(5, lambda: None)
    for timer in timers:
        timer.cancel()
    assert len(queue) == 1
    assert len(queue.heap) < 2_000
    assert queue.next_ns() == 5


def test_a_timer_can_be_written_down_without_the_world_behind_it() -> None:
    queue = EventQueue()
    timer = queue.call_at(5, print)
    assert repr(timer) == "<Timer at 5 ns>"
    timer.cancel()
    assert repr(timer) == "<Timer at 5 ns, over>"
    assert timer != queue.call_at(5, print)
    assert len({timer}) == 1


_ORDERS = st.lists(
    st.one_of(
        st.tuples(st.just("call"), st.integers(0, 50)),
        st.tuples(st.just("post"), st.integers(0, 50)),
        st.tuples(st.just("cancel"), st.integers(0, 1_000)),
        st.tuples(st.just("until"), st.integers(0, 60)),
        st.tuples(st.just("filled"), st.integers(0, 60)),
        st.tuples(st.just("step"), st.just(0)),
    ),
    max_size=80,
)


class _Since:
    """Empty until something more happens."""

    def __init__(self, happened: list[int], before: int) -> None:
        self.happened, self.before = happened, before

    def __len__(self) -> int:
        return len(self.happened) - self.before


@settings(max_examples=200, deadline=None)
@given(_ORDERS)
def test_it_behaves_like_a_sorted_list(orders: list[tuple[str, int]]) -> None:
    queue = EventQueue()
    timers: list[tuple[int, Timer]] = []
    happened: list[int] = []
    model: list[tuple[int, int]] = []  # instant, name
    expected: list[int] = []

    def take() -> None:
        expected.append(model.pop(0)[1])

    for name, (order, number) in enumerate(orders):
        if order in ("call", "post"):
            when_ns = max(number, queue.now_ns)
            if order == "call":
                timers.append((name, queue.call_at(number, happened.append, name)))
            else:
                queue.post(number, happened.append, name)
            model.append((when_ns, name))
            model.sort()
        elif order == "cancel" and timers:
            cancelled, timer = timers[number % len(timers)]
            assert timer.pending == any(entry[1] == cancelled for entry in model)
            timer.cancel()
            model[:] = [entry for entry in model if entry[1] != cancelled]
        elif order == "until":
            while model and model[0][0] <= number:
                take()
            queue.run_until(number)
        elif order == "filled":
            before = len(happened)
            fresh = model[:1] if model and model[0][0] <= number else []
            assert queue.run_until_filled(_Since(happened, before), number) == bool(fresh)
            if fresh:
                take()
        elif order == "step":
            assert queue.step() == bool(model)
            if model:
                take()
        assert happened == expected
        assert len(queue) == len(model)
        assert queue.next_ns() == (model[0][0] if model else None)
