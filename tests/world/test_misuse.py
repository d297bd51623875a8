"""What cannot be is said in one sentence that names the cause and the way out, and leaves nothing half done."""

from __future__ import annotations

import asyncio
import re

import pytest

from michinori import World
from michinori.world import UnitError, UnknownNameError


async def nothing():
    pass


def join(**settings):
    return lambda world: world.link("a", "b", **settings)


def addressed(world, *addresses):
    ends = [world.host(f"h{number}", interfaces={"eth0": address}) for number, address in enumerate(addresses)]
    world.link(*ends)
    world.settle()


@pytest.mark.parametrize(
    ("misuse", "said"),
    [
        (lambda world: world.link("a", "nobody"), "there is no machine 'nobody'; there are a, b"),
        (lambda world: world.run(nothing(), on="nobody"), "there is no machine 'nobody'; there are a, b"),
        (lambda world: world.save_pcapng("x", host="nobody"), "there is no machine 'nobody'; there are a, b"),
        (lambda world: world.router("a"), "there is a 'a' already; give this one another name"),
        (lambda world: world.switch("a"), "there is a 'a' already; give this one another name"),
        (lambda world: world.host(5), "5 is no name for a machine: a name is text"),
        (lambda world: world.link("a", "a"), "a line joins two machines or switches, and both its ends are a"),
        (lambda world: (join(name="x")(world), join(name="x")(world)), "there is a line 'x' already; give this one"),
        (join(rate="1Gbitt"), "'1Gbitt' is not a rate: the unit 'gbitt' is not known; write one such as"),
        (join(rate=0), "it must be greater than zero; to let nothing pass, cut the line"),
        (join(delay="-1ms"), "'-1ms' is not a duration: write one such as"),
        (join(delay=5), "5 is not a duration: it has no unit; write one such as"),
        (join(loss=-0.1), "-0.1 is not a chance: write one such as"),
        (join(loss="101%"), "'101%' is no chance: it must lie between 0% and 100%"),
        (join(mtu=67), "67 is no MTU: it must lie between 68 and 65535 octets, such as 1500"),
        (join(mtu="64KiB"), "'64KiB' is no MTU"),
        (join(queue=-1), "-1 is no length for a queue: it is a whole number of packets, such as 1000"),
        (join(queue="1000"), "'1000' is no length for a queue"),
        (join(faults="los 5%"), "fault rule 'los 5%': it begins with one of cut, loss, drop, corrupt"),
        (join(faults=["cut from=5s until=3s"]), "fault rule 'cut from=5s until=3s': it ends before it begins"),
        (lambda world: world.at("2x", print), "'2x' is not a duration: the unit 'x' is not known"),
        (lambda world: world.at("2s", print()), r"give the function itself, as in at('2s', line.cut)"),
        (lambda world: world.run(nothing(), on="a", limit="soon"), "'soon' is not a duration"),
        (lambda world: addressed(world, "10.9.0.1", "10.9.0.2"), "10.9.0.1 lacks the length of its network's prefix"),
        (
            lambda world: addressed(world, "10.9.0.1/24", "10.9.0.1/24"),
            "10.9.0.1 is the address of h0:eth0 and of h1:eth0, which are joined: give one of them another",
        ),
    ],
)
def test_it_is_one_sentence(misuse, said):
    with World() as world:
        world.host("a")
        world.host("b")
        with pytest.raises(ValueError, match=re.escape(said)) as caught:
            misuse(world)
        assert "\n" not in str(caught.value)


def test_a_name_that_is_not_there_is_an_error_of_key_and_of_value():
    with World() as world:
        with pytest.raises(KeyError) as caught:
            world.machine("moon")
        assert str(caught.value) == "there is no machine 'moon'; there are none yet"
    assert issubclass(UnknownNameError, ValueError)


def test_machines_of_another_world_are_not_taken_for_those_of_this():
    with World() as one, World() as other:
        a, b = one.host("a"), one.host("b")
        foreign, switch = other.host("a"), other.switch("b")
        for misuse in (
            lambda: one.link(b, foreign),
            lambda: one.link(a, switch),
            lambda: one.run(nothing(), on=foreign),
        ):
            with pytest.raises(UnknownNameError, match="of this world"):
                misuse()


def test_an_instant_that_is_over_cannot_be_planned():
    with World() as world:
        a = world.host("a")
        world.run(asyncio.sleep(3), on=a)
        with pytest.raises(ValueError, match=r"2s is over: this world is at 3\.00 s already"):
            world.at("2s", print)


def test_what_could_not_be_filled_in_is_said_again():
    with World() as world:
        a, b = world.host("a", gateway="203.0.113.1"), world.host("b")
        world.link(a, b)
        for _ in range(2):
            with pytest.raises(ValueError, match="it cannot be a next hop"):
                world.run(nothing(), on=a)


def test_a_closed_world_takes_nothing_more():
    world = World()
    a, b = world.host("a"), world.host("b")
    world.close()
    for misuse in (
        lambda: world.host("c"),
        lambda: world.switch("s"),
        lambda: world.link(a, b),
        lambda: a.spawn(nothing()),
        lambda: world.run(nothing(), on=a),
    ):
        with pytest.raises(RuntimeError, match="this world is closed; make another"):
            misuse()


def test_a_change_that_cannot_be_changes_nothing():
    with World() as world:
        line = world.link(world.host("a"), world.host("b"), rate="1Mbit", loss="5%")
        with pytest.raises(UnitError):
            line.change(rate="2Mbit", loss="500%")
        assert line.cable.a.rate == 1_000_000


def test_a_new_loss_takes_the_place_of_the_old():
    with World() as world:
        line = world.link(world.host("a"), world.host("b"), loss="100%", faults="duplicate 1%")
        line.change(loss="5%")
        assert [rule.rule.describe() for rule in line.cable.a.faults] == ["duplicate 1%", "loss 5%"]
        line.change(loss=0)
        assert [rule.rule.describe() for rule in line.cable.b.faults] == ["duplicate 1%"]
        line.clear_faults()
        line.change(loss="1%", delay=0, rate=1000)
        assert [rule.rule.describe() for rule in line.cable.a.faults] == ["loss 1%"]
        assert (line.cable.b.delay_ns, line.cable.b.rate) == (0, 1000)


def test_a_single_name_can_be_recorded(tmp_path):
    with World(record="client") as world:
        client, server = world.host("client"), world.host("server")
        world.link(client, server)
        world.settle()
        world.save_pcapng(tmp_path / "client.pcapng", host=client)
