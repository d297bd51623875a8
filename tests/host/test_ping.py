"""Asking whether somebody is there, as an application does it: RFC 1122 section 3.2.2.6."""

from __future__ import annotations

import pytest
from small_world import SERVER, SmallWorld

from michinori.host.addresses import pack
from michinori.host.ping import Answer


@pytest.mark.rfc("1122", "3.2.2.6-2")
def test_an_echo_that_is_answered_and_one_that_is_not(world: SmallWorld) -> None:
    answers: list[Answer] = []
    series = world.client.echoes.open(pack(SERVER), answers.append)
    other = world.client.echoes.open(pack(SERVER), lambda answer: None)
    series.ask(1, b"hello")
    other.ask(7)
    world.pass_time(1)
    series.ask(2, ttl=1)
    world.pass_time(1)
    assert [(answer.sequence, answer.source) for answer in answers] == [(1, pack(SERVER)), (2, pack("10.0.1.2"))]
    assert 24e6 < answers[0].round_trip_ns < 50e6
    assert [answer.error for answer in answers] == ["", "time to live exceeded in transit"]
    series.close()
    series.ask(3)
    world.pass_time(1)
    assert len(answers) == 2
