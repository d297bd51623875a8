"""LISTEN: the socket that is copied, and the bounds of its two queues."""

from __future__ import annotations

from typing import Any

import pytest
from lone_connection import Silent

from michinori.sim import EventQueue
from michinori.tcp import Connection, Listener, State, TcpConfig
from michinori.wire.tcp import ACK, RST, SYN, Options, Segment, flag_names

LOCAL = (bytes((192, 0, 2, 2)), 80)


class Network:
    """A listener and any number of clients, which are just endpoints."""

    def __init__(self, backlog: int, **settings: Any) -> None:
        self.queue = EventQueue()
        self.config = TcpConfig(**settings)
        self.sent: list[Segment] = []
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.acceptables = 0
        self.connections: dict[tuple[bytes, int], Connection] = {}
        self.listener = Listener(LOCAL, self.config, backlog, self, watched=True)

    def copy(self, local: Any, remote: Any, now: int, isn: int | None) -> Connection:
        self.connections[remote] = Connection(local, remote, self.config, Silent(self.sent), isn=isn or 5000)
        return self.connections[remote]

    def settings(self, remote: Any) -> TcpConfig:
        return self.config

    def reply(self, segment: Segment, local: Any, remote: Any) -> None:
        self.sent.append(segment)

    def acceptable(self) -> None:
        self.acceptables += 1

    def event(self, what: str, data: dict[str, Any]) -> None:
        self.events.append((what, data))

    def syn(self, port: int, **options: Any) -> str:
        """A SYN from that port; the flags of what is answered."""
        self.sent.clear()
        segment = Segment(port, 80, 100, 0, SYN, 1000, b"", Options(mss=1460))
        self.listener.receive(segment, (bytes(4), port), LOCAL, 0, **options)
        return " ".join(flag_names(answer.flags) for answer in self.sent)

    def complete(self, port: int) -> State:
        """The ACK that ends the handshake of that port."""
        connection = self.connections[bytes(4), port]
        connection.receive(Segment(port, 80, 101, 5001, ACK, 1000), 0)
        return connection.state


@pytest.mark.row("B8")
def test_the_socket_is_copied_for_each_connection_and_keeps_its_port():
    network = Network(10)
    for port in (1001, 1002, 1003):
        assert network.syn(port) == "SYN,ACK"
        network.complete(port)
    accepted = [network.listener.accept() for _ in range(3)]
    assert [connection.remote[1] for connection in accepted if connection] == [1001, 1002, 1003]
    assert {connection.local for connection in accepted if connection} == {LOCAL}
    assert network.listener.state is State.LISTEN
    assert network.acceptables == 3
    told = [data for what, data in network.events if what == "socket-copied"]
    assert told[0] == {"listener": "192.0.2.2:80", "remote": "0.0.0.0:1001"}


def test_the_accept_queue_is_bounded_by_the_backlog():
    network = Network(2)
    for port in (1, 2, 3):
        assert network.syn(port) == "SYN,ACK"
    assert network.complete(1) is State.ESTABLISHED
    assert network.complete(2) is State.ESTABLISHED
    assert network.complete(3) is State.SYN_RECEIVED  # its ACK is passed over: it will come again
    assert network.syn(4) == ""
    assert network.events[-1][1]["why"] == "accept-queue-full"
    assert network.listener.accept() is network.connections[bytes(4), 1]
    assert network.complete(3) is State.ESTABLISHED
    assert network.listener.waiting == 2
    assert network.listener.half_open == 0


def test_the_syn_queue_is_bounded():
    network = Network(1000, syn_backlog=3)
    assert [network.syn(port) for port in range(1, 6)] == ["SYN,ACK"] * 3 + ["", ""]
    assert network.events[-1][1]["why"] == "syn-queue-full"
    assert network.listener.half_open == 3


def test_a_handshake_that_comes_to_nothing_makes_room():
    network = Network(1000, syn_backlog=1, syn_ack_retries=0)
    network.syn(1)
    connection = network.connections[bytes(4), 1]
    assert connection.deadline_ns == 1_000_000_000
    connection.on_deadline(1_000_000_000)
    assert connection.state is State.CLOSED
    assert network.syn(2) == "SYN,ACK"


def test_a_stray_ack_is_reset_and_a_stray_reset_passed_over():
    network = Network(1)
    network.listener.receive(Segment(1, 80, 7, 9, ACK, 0, b"x"), (bytes(4), 1), LOCAL, 0)
    assert network.sent == [Segment(80, 1, 9, 0, RST, 0)]
    network.listener.receive(Segment(1, 80, 7, 9, RST, 0), (bytes(4), 1), LOCAL, 0)
    network.listener.receive(Segment(1, 80, 7, 9, 0, 0), (bytes(4), 1), LOCAL, 0)
    network.listener.receive(Segment(1, 80, 7, 9, SYN | ACK, 0), (bytes(4), 1), LOCAL, 0)
    assert [flag_names(segment.flags) for segment in network.sent] == ["RST", "RST"]
    assert not network.connections


def test_text_that_comes_with_the_syn_is_left_to_be_sent_again():
    network = Network(1)
    network.listener.receive(Segment(1, 80, 100, 0, SYN, 1000, b"early"), (bytes(4), 1), LOCAL, 0)
    assert network.sent[-1].ack == 101


def test_closing_resets_what_was_not_accepted():
    network = Network(5)
    for port in (1, 2):
        network.syn(port)
    network.complete(1)
    network.sent.clear()
    network.listener.close(0)
    assert [flag_names(segment.flags) for segment in network.sent] == ["RST,ACK", "RST,ACK"]
    assert all(connection.state is State.CLOSED for connection in network.connections.values())
    assert network.syn(3) == "RST,ACK"


def test_the_answer_to_a_syn_that_ended_time_wait_begins_ahead_of_the_old_numbers():
    network = Network(5)
    network.syn(1, isn=77_777)
    assert network.sent[-1].seq == 77_777
