"""Hosts tables, addresses, adapters and ping."""

from __future__ import annotations

import pytest
from small_world import CLIENT, SERVER, SmallWorld

from michinori.aio import ping
from michinori.host import HostsTable
from michinori.host.addresses import endpoint_text, pack, text
from michinori.host.names import numeric


def test_a_hosts_table_knows_names_numbers_and_itself() -> None:
    table = HostsTable("pc", {"server": ["192.0.2.1", "2001:db8::1"]})
    assert table.look_up("server") == ["192.0.2.1", "2001:db8::1"]
    assert table.look_up("SERVER.", 4) == ["192.0.2.1"]
    assert table.look_up("server", 6) == ["2001:db8::1"]
    assert table.look_up("localhost") == table.look_up("a.localhost") == ["127.0.0.1"]
    assert table.look_up("192.0.2.7") == ["192.0.2.7"]
    assert table.look_up("192.0.2.7", 6) == []
    assert table.look_up("unknown") is None
    assert numeric("1.2.3") is None
    assert numeric("2001:db8::1") == "2001:db8::1"


def test_addresses_as_text() -> None:
    assert text(pack("192.0.2.1")) == "192.0.2.1"
    assert endpoint_text(pack("192.0.2.1"), 0) == "192.0.2.1:*"
    assert endpoint_text(pack("::1"), 80) == "[::1]:80"


def test_adapters_have_addresses_of_their_own(world: SmallWorld) -> None:
    macs = [adapter.mac for host in world.hosts.values() for adapter in host.adapters.values()]
    assert len(set(macs)) == len(macs) == 6
    assert all(mac[0] == 2 for mac in macs)
    with pytest.raises(ValueError, match="has an adapter to-r1 already"):
        world.client.add_adapter("to-r1")
    given = world.client.add_adapter("second", bytes.fromhex("02aabbccddee"))
    assert given.mac.hex() == "02aabbccddee"


def test_one_more_host_does_not_change_the_luck_of_the_others(make_world) -> None:
    from michinori.host import Host

    first, second = make_world(), make_world()
    Host("newcomer", second.queue, second.dice).add_adapter("eth0")
    pairs = [(world.connected()[0].local, world.client.adapters["to-r1"].mac) for world in (first, second)]
    assert pairs[0] == pairs[1]


def test_ping_counts_answers_and_times(world: SmallWorld) -> None:
    report = world.run(ping(world.client, pack(SERVER), count=3, interval_s=0.5))
    assert (report.sent, report.received, report.lost) == (3, 3, 0)
    # The first has to wait for three ARP exchanges on the way.
    assert report.round_trips_ns[0] > report.round_trips_ns[1]
    assert 0.024e9 < report.round_trips_ns[2] < 0.0241e9
    assert str(report).startswith("10.0.3.2: 3 sent, 3 received, 0% lost, round trip min/avg/max 24.0")


def test_ping_tells_of_errors_and_of_silence(world: SmallWorld) -> None:
    nobody = world.run(ping(world.client, pack("10.0.3.77"), count=1, timeout_s=10))
    assert nobody.lost == 1
    assert "host unreachable (from 10.0.2.2)" in str(nobody)
    far = world.run(ping(world.client, pack(SERVER), count=1, ttl=1))
    assert [answer.error for answer in far.answers] == ["time to live exceeded in transit"]
    world.r2.internet.hooks.forward.append(lambda passing: "swallowed")
    silent = world.run(ping(world.client, pack(SERVER), count=2))
    assert (silent.received, silent.answers) == (0, ())
    assert "100% lost" in str(silent)


def test_ping_without_a_route_is_an_error(world: SmallWorld) -> None:
    for route in [route for route in world.client.internet.routes if route.length == 0]:
        world.client.internet.routes.remove(route)
    with pytest.raises(OSError, match=r"192\.0\.2\.1"):
        world.run(ping(world.client, pack("192.0.2.1"), count=1))


def test_ping_oneself(world: SmallWorld) -> None:
    report = world.run(ping(world.client, pack(CLIENT), count=1))
    assert report.round_trips_ns == (0,)
