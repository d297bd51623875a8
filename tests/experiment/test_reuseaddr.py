"""A server started again at once: the port is taken while TIME-WAIT lasts, unless both said SO_REUSEADDR."""

from __future__ import annotations

import pytest

from michinori.experiment.telling import Listing

pytestmark = pytest.mark.row("A7")

IN_USE = "OSError (EADDRINUSE)"
PAIRS = {"without, without": IN_USE, "with, with": "", "without, with": IN_USE, "with, without": IN_USE}


@pytest.mark.parametrize("via", ["virtual", "os"])
def test_only_if_both_set_the_option_can_the_port_be_taken_again(perform, via):
    found = perform("reuseaddr", via).told.findings
    assert found["time_wait_at"] == "server"
    assert found["at_once_without"] == IN_USE
    assert found["pairs"] == PAIRS


@pytest.mark.parametrize("via", ["virtual", "os"])
def test_time_wait_is_with_who_closes_first(perform, via):
    assert perform("reuseaddr", via).told.findings["client_first"] == {"time_wait_at": "client", "without": ""}


def test_it_is_bind_that_fails(perform):
    failed = {made.call for made in perform("reuseaddr").ground.made() if made.error}
    assert failed == {"bind"}


def test_without_the_option_it_takes_two_maximum_segment_lifetimes(perform):
    done = perform("reuseaddr")
    assert done.told.findings["later"] == {"before": IN_USE, "after": ""}
    waits = [event for event in done.ground.events() if event.what == "time-wait"]
    assert {event.data["until_ns"] - event.t for event in waits} == {60_000_000_000}
    assert 59e9 < done.told.findings["time_wait_left_ns"] < 60e9


@pytest.mark.parametrize("via", ["virtual", "os"])
def test_the_listing_shows_the_socket_that_no_program_holds(perform, via):
    listings = [
        part for step in perform("reuseaddr", via).told.steps for part in step.parts if isinstance(part, Listing)
    ]
    assert [row.state for row in listings[0].rows] == ["TIME-WAIT"]
    assert 55e9 < listings[0].rows[0].time_wait_ns <= 60e9


def test_the_listing_of_the_world_is_empty_when_it_is_over(perform):
    later = next(step for step in perform("reuseaddr").told.steps if step.title["en"].startswith("4."))
    before, after = [part for part in later.parts if isinstance(part, Listing)]
    assert [row.state for row in before.rows] == ["TIME-WAIT"]
    assert after.rows == []
