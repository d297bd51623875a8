"""Connection tracking: which packets belong together, and for how long."""

from __future__ import annotations

import pytest
from network import Line, Mailbox, Network, Pinger, S, datagram, ip

from michinori.host.conntrack import Connection, Conntrack, Flow, State, TcpState, Tracked
from michinori.inet import Passing, Verdict
from michinori.wire import checksum, icmp, ipv4, tcp

CLIENT, SERVER = "10.0.1.2", "10.0.3.2"


class Watch:
    """A line whose first router tracks, and what it makes of each packet."""

    def __init__(self, network: Network | None = None) -> None:
        self.line = Line(network or Network())
        self.tracker = Conntrack(self.line.r1)
        self.states: list[tuple[str, bool]] = []
        self.line.r1.hooks.forward.append(self.see)
        for host in (self.line.client, self.line.server):
            for protocol in (6, 17, 200):
                Mailbox(host, protocol)

    def see(self, passing: Passing) -> Verdict:
        tracked = passing.connection
        assert isinstance(tracked, Tracked)
        self.states.append((tracked.state.value, tracked.is_reply))
        return None

    def segment(self, flags: int, *, back: bool = False, port: int = 1000) -> tuple[str, bool]:
        """A segment from the client (or back); gives what the tracker made of it."""
        ends, host = ((SERVER, CLIENT), self.line.server) if back else ((CLIENT, SERVER), self.line.client)
        ports = (80, port) if back else (port, 80)
        src, dst = ip(ends[0]), ip(ends[1])
        octets = tcp.Segment(*ports, 1, 1, flags, 1000).emit(checksum.pseudo(src, dst, 6))
        return self.send(host, dst, 6, octets)

    def udp(self, *, back: bool = False, port: int = 1000) -> tuple[str, bool]:
        if back:
            return self.send(self.line.server, ip(CLIENT), 17, datagram(SERVER, 53, CLIENT, port))
        return self.send(self.line.client, ip(SERVER), 17, datagram(CLIENT, port, SERVER, 53))

    def send(self, host: object, dst: bytes, protocol: int, octets: bytes) -> tuple[str, bool]:
        self.states.clear()
        host.send(dst, protocol, octets)  # type: ignore[attr-defined]
        self.line.queue.run_until(self.line.queue.now_ns + S)
        return self.states[0] if self.states else ("", False)

    def pass_time(self, seconds: int) -> None:
        self.line.queue.run_until(self.line.queue.now_ns + seconds * S)

    def tcp_state(self) -> str:
        (row,) = self.tracker.rows()
        return row.state


def test_a_first_packet_is_new_until_somebody_answers() -> None:
    watch = Watch()
    assert watch.udp() == ("new", False)
    assert watch.udp() == ("new", False)
    assert watch.udp(back=True) == ("established", True)
    assert watch.udp() == ("established", False)
    (row,) = watch.tracker.rows()
    assert (row.protocol, row.original, row.state) == ("udp", "10.0.1.2:1000 > 10.0.3.2:53", "replied")
    assert row.reply == "10.0.3.2:53 > 10.0.1.2:1000"
    assert row.packets == (3, 1)
    assert len(watch.tracker) == 1


def test_the_other_end_can_be_first_too() -> None:
    watch = Watch()
    assert watch.udp(back=True) == ("new", False)
    assert watch.udp() == ("established", True)


@pytest.mark.parametrize(("protocol", "seconds"), [(17, 300), (200, 600)])
def test_entries_end_when_they_are_looked_at_after_their_time(protocol: int, seconds: int) -> None:
    watch = Watch()
    octets = datagram(CLIENT, 1000, SERVER, 53)
    watch.send(watch.line.client, ip(SERVER), protocol, octets)
    watch.send(watch.line.server, ip(CLIENT), protocol, datagram(SERVER, 53, CLIENT, 1000))
    watch.pass_time(seconds - 3)
    assert watch.send(watch.line.client, ip(SERVER), protocol, octets) == ("established", False)
    watch.pass_time(seconds + 1)
    assert watch.tracker.rows() == []
    assert watch.send(watch.line.client, ip(SERVER), protocol, octets) == ("new", False)


def test_tracking_needs_no_timers() -> None:
    watch = Watch()
    watch.udp()
    watch.line.queue.run()
    before = watch.line.queue.now_ns
    assert len(watch.line.queue) == 0
    assert before < 10 * S


def test_a_connection_from_its_handshake_to_its_end() -> None:
    watch = Watch()
    steps = [
        (tcp.SYN, False, "new", "syn-sent"),
        (tcp.SYN | tcp.ACK, True, "established", "syn-received"),
        (tcp.ACK, False, "established", "established"),
        (tcp.ACK | tcp.PSH, True, "established", "established"),
        (tcp.FIN | tcp.ACK, False, "established", "fin-sent"),
        (tcp.ACK, True, "established", "fin-sent"),
        (tcp.FIN | tcp.ACK, True, "established", "closing"),
        (tcp.ACK, False, "established", "time-wait"),
    ]
    for flags, back, state, tcp_state in steps:
        assert watch.segment(flags, back=back) == (state, back)
        assert watch.tcp_state() == tcp_state
    assert watch.segment(tcp.SYN) == ("new", False)  # the same ports once more
    assert watch.tcp_state() == "syn-sent"


def test_the_other_way_to_close_and_to_open() -> None:
    watch = Watch()
    for flags, back in ((tcp.SYN, False), (tcp.SYN, True), (tcp.SYN | tcp.ACK, False)):
        watch.segment(flags, back=back)
    assert watch.tcp_state() == "established"
    watch.segment(tcp.FIN | tcp.ACK, back=True)
    assert watch.tcp_state() == "fin-received"
    watch.segment(tcp.FIN | tcp.ACK)
    assert watch.tcp_state() == "closing"


def test_a_reset_closes_but_need_not_be_genuine() -> None:
    watch = Watch()
    for flags, back in ((tcp.SYN, False), (tcp.SYN | tcp.ACK, True), (tcp.ACK, False), (tcp.RST, True)):
        watch.segment(flags, back=back)
    assert watch.tcp_state() == "closed"
    assert watch.segment(tcp.ACK) == ("established", False)
    watch.pass_time(241)
    assert watch.segment(tcp.ACK) == ("invalid", False)


@pytest.mark.parametrize(("established", "seconds"), [(False, 240), (True, 7440)])
def test_how_long_a_connection_may_be_silent(established: bool, seconds: int) -> None:
    watch = Watch()
    watch.segment(tcp.SYN)
    watch.segment(tcp.SYN | tcp.ACK, back=True)
    if established:
        watch.segment(tcp.ACK)
    watch.pass_time(seconds - 3)
    assert watch.segment(tcp.ACK | tcp.PSH, back=True) == ("established", True)


@pytest.mark.parametrize("flags", [tcp.ACK, tcp.SYN | tcp.ACK, tcp.RST, tcp.FIN | tcp.ACK])
def test_no_connection_begins_in_the_middle(flags: int) -> None:
    watch = Watch()
    assert watch.segment(flags) == ("invalid", False)
    assert watch.tracker.rows() == []


def test_echoes_are_told_apart_by_their_identifier() -> None:
    watch = Watch()
    pinger = Pinger(watch.line.client)
    pinger.ask(SERVER)
    watch.pass_time(1)
    assert watch.states == [("new", False), ("established", True)]
    assert watch.send(watch.line.server, ip(CLIENT), 1, icmp.Message(0, 0, b"\0\x09\0\0", b"").emit())[0] == "invalid"
    assert watch.send(watch.line.server, ip(CLIENT), 1, icmp.Message(0, 0, b"\0\x07\0\0", b"").emit()) == (
        "established",
        True,
    )


def test_an_error_is_related_to_what_it_is_about() -> None:
    watch = Watch()
    del watch.line.server.protocols[17]
    watch.udp()
    assert watch.states == [("new", False), ("related", True)]
    unknown = ipv4.Packet(ip(CLIENT), ip(SERVER), 17, datagram(CLIENT, 7, SERVER, 7)).emit()
    assert watch.send(watch.line.server, ip(CLIENT), 1, icmp.unreachable(3, unknown).emit())[0] == "invalid"
    assert watch.send(watch.line.server, ip(CLIENT), 1, icmp.unreachable(3, b"short").emit())[0] == "invalid"


def test_what_is_dropped_leaves_nothing_behind() -> None:
    watch = Watch()
    watch.line.r1.hooks.forward.append(lambda passing: "no")
    watch.udp()
    assert watch.tracker.rows() == []


def test_fragments_are_put_together_to_be_tracked() -> None:
    watch = Watch()
    mail = Mailbox(watch.line.server)
    payload = datagram(CLIENT, 1000, SERVER, 53, bytes(4000))
    assert watch.send(watch.line.client, ip(SERVER), 17, payload) == ("new", False)
    assert mail.payloads == [payload]


def test_what_a_host_says_to_itself_is_tracked_once() -> None:
    watch = Watch()
    seen: list[State] = []
    mail = Mailbox(watch.line.r1)

    def look(passing: Passing) -> Verdict:
        assert isinstance(passing.connection, Tracked)
        seen.append(passing.connection.state)
        return None

    watch.line.r1.hooks.input.insert(0, look)
    watch.line.r1.send(ip("10.0.1.1"), 17, datagram("10.0.1.1", 5, "10.0.1.1", 5))
    watch.line.queue.run()
    assert seen == [State.NEW]
    assert len(mail.packets) == 1
    assert len(watch.tracker.rows()) == 1


def test_the_table_of_transitions_names_states_that_lead_on() -> None:
    connection = Connection(Flow(6, (ip(CLIENT), 1), (ip(SERVER), 2)))
    assert connection.tcp is TcpState.SYN_SENT
    assert connection.leaves_as(False) == connection.original
    assert connection.leaves_as(True) == connection.reply


def test_when_the_table_is_full_who_was_never_answered_gives_way() -> None:
    watch = Watch()
    watch.tracker.most = 4
    assert watch.segment(tcp.SYN, port=999) == ("new", False)
    watch.segment(tcp.SYN | tcp.ACK, back=True, port=999)
    for port in range(1000, 1020):
        assert watch.segment(tcp.SYN, port=port) == ("new", False)
        assert len(watch.tracker) <= 4
    assert watch.line.r1.drops == {"conntrack-early": 17}
    known = [row.original.split(":")[1].split()[0] for row in watch.tracker.rows()]
    assert known == ["999", "1017", "1018", "1019"]


def test_a_table_full_of_answered_connections_takes_no_more_and_is_searched_once_a_second() -> None:
    watch = Watch()
    watch.tracker.most = 4
    for port in range(1000, 1004):
        watch.udp(port=port)
        watch.udp(port=port, back=True)
    sweeps = []
    sweep = watch.tracker._sweep
    watch.tracker._sweep = lambda: sweeps.append(sweep())  # type: ignore[method-assign]
    for port in range(1004, 1104):
        watch.line.client.send(ip(SERVER), 17, datagram(CLIENT, port, SERVER, 53))
    watch.pass_time(0)
    watch.line.queue.run_until(watch.line.queue.now_ns + S // 2)
    assert watch.line.r1.drops == {"conntrack-full": 100}
    assert len(sweeps) == 1
    watch.pass_time(300)
    assert watch.udp(port=2000) == ("new", False), "their time is over"
    assert len(watch.tracker) == 1
