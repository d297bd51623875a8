"""Switches: learning, flooding, ageing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from michinori.link import Adapter, Cable, Switch
from michinori.link.switch import AGEING_NS, TABLE_SIZE
from michinori.sim import Dice, EventQueue
from michinori.trace import Recorder
from michinori.wire import ethernet


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    recorder = Recorder()
    yield recorder
    recorder.close()


class Lan:
    """A switch with so many machines; machine n has the MAC 02:00:00:00:00:n."""

    def __init__(self, machines: int = 3, recorder: Recorder | None = None) -> None:
        self.queue = EventQueue()
        self.switch = Switch("switch", self.queue, machines, recorder=recorder)
        self.taken: dict[int, list[bytes]] = {}
        self.adapters: list[Adapter] = []
        self.cables: list[Cable] = []
        for number in range(machines):
            adapter = Adapter("eth0", mac(number), self.queue, host=f"m{number}", recorder=recorder)
            adapter.boot()
            adapter.on_frame = self.taken.setdefault(number, []).append
            adapter.promiscuous = True
            adapter.on_foreign_frame = adapter.on_frame
            if recorder is not None:
                adapter.tap = recorder.tap(adapter.host, "eth0", adapter.mac)
            cable = Cable(self.queue, Dice(0).stream(str(number)), rate=10**9, delay_ns=100)
            cable.connect(adapter, self.switch.ports[number])
            self.adapters.append(adapter)
            self.cables.append(cable)

    def send(self, src: int, dst: bytes, src_mac: bytes | None = None) -> list[int]:
        """Send a frame; gives the machines that it reached."""
        for taken in self.taken.values():
            taken.clear()
        self.adapters[src].send(ethernet.Frame(dst, src_mac or mac(src), 0x88B5, b"hello").emit())
        self.queue.run()
        return [number for number, taken in self.taken.items() if taken]

    def table(self) -> dict[str, str]:
        return {entry.mac.hex()[-2:]: entry.port for entry in self.switch.mac_table()}


def mac(number: int) -> bytes:
    return b"\2\0\0\0\0" + bytes((number,))


def test_what_is_not_known_is_flooded_and_what_was_heard_is_not() -> None:
    lan = Lan()
    assert lan.send(0, mac(1)) == [1, 2]
    assert lan.send(1, mac(0)) == [0]
    assert lan.send(0, mac(1)) == [1]
    assert lan.table() == {"00": "port1", "01": "port2"}


def test_broadcasts_and_groups_go_everywhere() -> None:
    lan = Lan()
    assert lan.send(0, ethernet.BROADCAST) == [1, 2]
    assert lan.send(1, b"\1\0\x5e\0\0\1") == [0, 2]


def test_frames_for_bridges_themselves_go_nowhere() -> None:
    lan = Lan()
    assert lan.send(0, bytes.fromhex("0180c200000e")) == []
    assert lan.switch.ports[0].counters.dropped == {"reserved-group": 1}


def test_entries_age_when_they_are_looked_at() -> None:
    lan = Lan()
    lan.send(1, mac(0))
    lan.queue.run_until(lan.queue.now_ns + AGEING_NS - 10_000)
    assert lan.send(0, mac(1)) == [1]
    assert len(lan.queue) == 0  # no timer
    lan.queue.run_until(lan.queue.now_ns + AGEING_NS + 10_000)
    assert lan.table() == {}
    assert lan.send(0, mac(1)) == [1, 2]


def test_a_machine_that_moved_is_found_again() -> None:
    lan = Lan()
    lan.send(0, mac(1))
    lan.send(2, mac(1), src_mac=mac(0))
    assert lan.table()["00"] == "port3"
    assert lan.send(1, mac(0)) == [2]


def test_a_frame_is_not_sent_back_where_it_came_from() -> None:
    lan = Lan()
    lan.send(0, mac(2), src_mac=mac(1))  # both behind port 1
    assert lan.send(0, mac(1)) == []
    assert lan.switch.ports[0].counters.dropped == {"same-port": 1}


def test_a_damaged_frame_goes_no_further() -> None:
    lan = Lan()
    lan.cables[0].fault("corrupt nth=1")
    assert lan.send(0, mac(1)) == []
    assert lan.switch.ports[0].counters.dropped == {"fcs": 1}
    assert lan.table() == {}


def test_a_group_address_is_never_learned() -> None:
    lan = Lan()
    assert lan.send(0, mac(1), src_mac=ethernet.BROADCAST) == []
    assert lan.table() == {}


def test_a_runt_is_dropped() -> None:
    lan = Lan()
    lan.adapters[0].send(b"\2\0\0")
    lan.queue.run()
    assert lan.switch.ports[0].counters.dropped == {"malformed": 1}


def test_the_table_has_an_end() -> None:
    lan = Lan()
    for number in range(TABLE_SIZE + 10):
        lan.switch.carry(lan.switch.ports[0], mac(1) + b"\2\1" + number.to_bytes(4, "big") + bytes(50))
    assert len(lan.switch.mac_table()) == TABLE_SIZE
    lan.queue.run_until(lan.queue.now_ns + AGEING_NS + 1)
    lan.send(2, mac(0))
    assert lan.table() == {"02": "port3"}


def test_ports_are_found_and_made() -> None:
    lan = Lan(2)
    assert lan.switch.free_port().name == "port3"
    assert lan.switch.free_port() is lan.switch.ports[2]


def test_a_full_queue_towards_a_machine_drops_there() -> None:
    lan = Lan()
    lan.send(1, mac(0))
    lan.cables[1].b.queue_packets = 1
    lan.cables[1].b.rate = 10**6
    for _ in range(4):
        lan.adapters[0].send(ethernet.Frame(mac(1), mac(0), 0x88B5, b"hello").emit())
    lan.queue.run()
    assert lan.switch.ports[1].counters.dropped == {"queue-full": 2}


def test_causes_pass_through_a_switch(recorder: Recorder) -> None:
    lan = Lan(recorder=recorder)
    lan.send(0, mac(1))
    events = list(recorder.read())
    (sent,) = [event for event in events if event.what == "frame-sent"]
    received = [event for event in events if event.what == "frame-received"]
    assert [event.cause for event in received] == [sent.n, sent.n]
    noted = [(event.what, event.cause) for event in events if event.host == "switch"]
    assert noted == [("learned", sent.n), ("flooded", sent.n)]


def test_a_drop_at_a_cut_cable_names_the_frame_that_came_in(recorder: Recorder) -> None:
    lan = Lan(recorder=recorder)
    lan.send(1, mac(0))
    lan.cables[1].cut()
    lan.send(0, mac(1))
    events = list(recorder.read())
    sent = [event.n for event in events if event.what == "frame-sent" and event.host == "m0"]
    (drop,) = [event for event in events if event.what == "dropped"]
    assert (drop.host, drop.why, drop.data, [drop.cause]) == ("switch", "cut", {"port": "port2"}, sent)


@pytest.mark.parametrize(("cable", "place"), [(0, "m0"), (1, "switch")])
def test_a_frame_lost_on_its_way_names_its_sending(recorder: Recorder, cable: int, place: str) -> None:
    lan = Lan(recorder=recorder)
    lan.send(1, mac(0))
    lan.cables[cable].a.delay_ns = lan.cables[cable].b.delay_ns = 1_000_000
    lan.adapters[0].send(ethernet.Frame(mac(1), mac(0), 0x88B5, b"hello").emit())
    lan.queue.run_until(lan.queue.now_ns + 10_000)
    lan.cables[cable].cut()
    lan.queue.run()
    events = list(recorder.read())
    sent = [event.n for event in events if event.what == "frame-sent" and event.host == "m0"]
    (drop,) = [event for event in events if event.what == "dropped"]
    assert (drop.host, drop.why, [drop.cause]) == (place, "cut", sent)
