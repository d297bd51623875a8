"""Worlds in Python: what is left out is filled in, and ordinary asyncio code runs on the machines."""

import asyncio
from datetime import UTC, datetime

import pytest

from michinori import World
from michinori.aio import Stuck, TimedOut
from michinori.world import NotRecordedError, UnitError


async def answer(reader, writer):
    writer.write((await reader.readline()).upper())
    await writer.drain()
    writer.close()


async def serve():
    async with await asyncio.start_server(answer, port=80) as listener:
        await listener.serve_forever()


async def ask(name="server"):
    reader, writer = await asyncio.open_connection(name, 80)
    writer.write(b"hello\n")
    said = await reader.readline()
    writer.close()
    return said


def two_routers(world, **line):
    client, server, r1, r2 = world.host("client"), world.host("server"), world.router("r1"), world.router("r2")
    world.link(client, r1, rate="1Gbit", delay="1ms")
    middle = world.link(r1, r2, **{"rate": "1Gbit", "delay": "10ms"} | line)
    world.link(r2, server, rate="1Gbit", delay="1ms")
    server.spawn(serve())
    return client, server, middle


def test_ordinary_asyncio_code_crosses_two_routers(tmp_path):
    with World(seed=0, record=True) as world:
        client, _, line = two_routers(world, loss="1%", mtu=1500, queue=1000)
        assert world.run(ask(), on=client) == b"HELLO\n"
        line.cut()
        line.mend()
        assert world.run(ask(), on="client") == b"HELLO\n"
        world.save_pcapng(tmp_path / "packets.pcapng", host=client)
        world.save_pcapng(str(tmp_path / "server.pcapng"), host="server")
        world.save_trace(tmp_path / "trace.jsonl")
        world.save_har(tmp_path / "page.har")
    assert (tmp_path / "packets.pcapng").stat().st_size > 1000
    assert (tmp_path / "trace.jsonl").read_text().count("\n") > 100


def test_virtual_time_is_what_the_lines_take():
    with World() as world:
        client, _, _ = two_routers(world)
        world.run(ask(), on=client)
        assert 72_000_000 < world.now_ns < 73_000_000  # three round trips of 24 ms: ARP, handshake, question
        before_ns = world.now_ns
        world.run(asyncio.sleep(1000), on=client)
        assert world.now_ns - before_ns == 1_000 * 10**9


def test_what_was_not_recorded_says_how_to_record_it(tmp_path):
    with World() as world:
        world.host("a")
        with pytest.raises(NotRecordedError, match=r"were not recorded: make the world with World\(record=\{'a'\}\)"):
            world.save_pcapng(tmp_path / "x", host="a")
    with World(record={"a"}) as world:
        a, b = world.host("a"), world.host("b")
        world.link(a, b)
        world.settle()
        world.save_pcapng(tmp_path / "x", host=a)
        with pytest.raises(NotRecordedError, match="the packets of b were not recorded"):
            world.save_pcapng(tmp_path / "x", host=b)
        with pytest.raises(NotRecordedError, match=r"only packets: make the world with World\(record=True\)"):
            world.save_trace(tmp_path / "x")


def test_faults_come_and_go_at_any_instant():
    with World() as world:
        client, _, line = two_routers(world)
        world.at("5ms", line.cut)
        world.at("2s", line.mend)
        assert world.run(ask(), on=client) == b"HELLO\n"
        assert world.now_ns > 2_000_000_000


@pytest.mark.parametrize("rule", ["cut from=5ms until=2s", "drop from=5ms until=2s"])
def test_faults_can_be_written_as_text(rule):
    with World() as world:
        client, _, line = two_routers(world)
        line.fault(rule)
        assert world.run(ask(), on=client) == b"HELLO\n"
        assert world.now_ns > 2_000_000_000


def test_a_fault_can_be_for_one_direction():
    with World(record={"client", "server"}) as world:
        client, server, line = two_routers(world)
        line.fault("drop nth=1", toward="r1")
        world.run(ask(), on=client)
        assert server.adapters["eth0"].counters.rx_frames > client.adapters["eth0"].counters.rx_frames - 3
        with pytest.raises(ValueError, match='"moon" is no end of the line r1--r2; its ends are r1 and r2'):
            line.fault("loss 1%", toward="moon")


def test_nothing_can_happen_any_more_is_said_with_names():
    with World() as world:
        client, _, _ = two_routers(world)

        async def wait():
            await asyncio.get_running_loop().create_future()

        with pytest.raises(Stuck, match="wait"):
            world.run(wait(), on=client)
        with pytest.raises(TimedOut):
            world.run(asyncio.sleep(10), on=client, limit="1s")


def test_the_same_seed_is_the_same_world(tmp_path):
    captures = []
    for number in range(2):
        with World(seed=3, record={"client"}) as world:
            client, _, _ = two_routers(world, loss="20%")
            world.run(ask(), on=client)
            world.save_pcapng(tmp_path / str(number), host=client)
        captures.append((tmp_path / str(number)).read_bytes())
    assert captures[0] == captures[1]


def test_a_world_can_grow_while_it_lives():
    with World() as world:
        switch = world.switch("switch")
        a, b = world.host("a"), world.host("b")
        world.link(a, switch)
        world.link(b, switch)
        b.spawn(serve())
        assert world.run(ask("b"), on=a) == b"HELLO\n"
        before = a.addresses
        router, far = world.router("router"), world.host("far")
        world.link(router, switch)
        world.link(router, far)
        far.spawn(serve())
        assert world.run(ask("far"), on=a) == b"HELLO\n"
        assert a.addresses == before


def test_addresses_routes_and_names_can_be_given():
    with World() as world:
        a = world.host("a", interfaces={"eth0": "192.0.2.10/24"}, gateway="192.0.2.1", hosts={"friend": "198.51.100.9"})
        r = world.router("r", interfaces={"left": ["192.0.2.1/24", "192.0.2.2/24"], "right": "198.51.100.1/24"})
        b = world.host("b", interfaces={"eth0": "198.51.100.9/24"}, routes={"192.0.2.0/24": "198.51.100.1"})
        world.link(a, "r:left")
        world.link("r:right", b)
        b.spawn(serve())
        assert world.run(ask("friend"), on=a) == b"HELLO\n"
        assert r.addresses == ["192.0.2.1", "192.0.2.2", "198.51.100.1"]
        with pytest.raises(ValueError, match="r:left has a cable already"):
            world.link("r:left", world.host("c"))


@pytest.mark.rfc("5227", "2.1-1")
def test_a_machine_can_find_out_first_whether_its_address_is_free():
    async def try_again():
        with pytest.raises(OSError, match="unreachable"):
            await ask()
        await asyncio.sleep(8)
        return await ask()

    with World(record=True) as world:
        client = world.host("client", interfaces={"eth0": "10.1.0.2/24"}, gateway="10.1.0.1", probe_addresses=True)
        router, server = world.router("r1", interfaces={"eth0": "10.1.0.1/24"}), world.host("server")
        world.link(client, router)
        world.link(router, server)
        server.spawn(serve())
        assert world.run(try_again(), on=client) == b"HELLO\n"
        told = [event.what for event in world.recorder.read() if event.host == "client" and event.layer == "arp"]
    assert told[:6] == ["probed", "probed", "probed", "claimed", "announced", "announced"]


def test_a_next_hop_that_no_interface_reaches_is_said():
    with World() as world:
        world.link(world.host("a", gateway="203.0.113.1"), world.host("b"))
        with pytest.raises(ValueError, match=r"a reaches 203\.0\.113\.1 by none of its interfaces"):
            world.settle()


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda world: world.link("a", "b", delay="10"), "it has no unit"),
        (lambda world: world.link("a", "b", loss="5"), "between 0% and 100%"),
        (lambda world: world.link("a", "moon"), "there is no machine 'moon'; there are a, b"),
        (lambda world: world.host("a"), "there is a 'a' already"),
        (lambda world: world.host("a:b"), "is no name for a machine"),
        (lambda world: world.host("../a"), "is no name for a machine"),
        (lambda world: world.host(""), "is no name for a machine"),
        (lambda world: world.host("a\x1b"), "is no name for a machine"),
        (lambda world: world.host("c", tcp={"windw": 1}), "TCP has no setting 'windw'; there are mss"),
        (
            lambda world: world.host("c", tcp={"fastopen": True}),
            "TCP has no setting 'fastopen'; did you mean \"fast_open\"?",
        ),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(make, said):
    with World() as world:
        world.host("a")
        world.host("b")
        with pytest.raises((ValueError, KeyError, UnitError), match=said):
            make(world)


def test_the_date_begins_where_it_is_told():
    with World(epoch=datetime(2030, 1, 2, tzinfo=UTC)) as world:
        a = world.host("a")
        world.link(a, world.host("b"))

        async def date():
            from michinori.trace import current

            return current().clock.date_ns()

        assert world.run(date(), on=a) == 1_893_542_400 * 10**9
        assert a.internet.node.date_ns == world.epoch_ns + world.now_ns  # which routers stamp on packets


def test_a_closed_world_says_so_and_closes_twice():
    world = World()
    client, _, _ = two_routers(world)
    world.run(ask(), on=client)
    world.close()
    world.close()
    with pytest.raises(RuntimeError, match="this world is closed"):
        world.run(ask(), on=client)


# On a switch each ARP request reaches everybody, so the frames grow by the square.
@pytest.mark.parametrize(("middle", "count"), [("router", 1000), ("switch", 200)])
def test_a_thousand_hosts_each_fetch_in_one_world(middle, count):
    with World() as world:
        hub = world.router("hub") if middle == "router" else world.switch("hub")
        server = world.host("server")
        world.link(server, hub, rate="10Gbit")
        server.spawn(serve())
        clients = [world.host(f"host{number}") for number in range(count)]
        for client in clients:
            world.link(client, hub)
        asked = [client.spawn(ask()) for client in clients]

        async def all_of_them():
            return await asyncio.gather(*asked)

        assert world.run(all_of_them(), on=clients[0]) == [b"HELLO\n"] * count
