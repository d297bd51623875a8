"""From next hops to Ethernet addresses: the cache, its states, and what waits meanwhile."""

from __future__ import annotations

import pytest
from network import MS, US, Mailbox, Network, S, default_route, ip, plug_of, sniff

from michinori.inet import Internet, addresses
from michinori.inet.neighbours import MOST_NEIGHBOURS, MOST_WAITING
from michinori.wire import arp, ethernet, icmp, ipv4

A, B = "10.0.0.1", "10.0.0.2"
STRANGER = b"\2\0\0\0\xff\xff"


class Lan:
    """Two hosts on a cable."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.queue = network.queue
        self.a, self.b = network.host("a"), network.host("b")
        self.cable = network.join(self.a, f"{A}/24", self.b, f"{B}/24")
        self.at_a, self.at_b = sniff(plug_of(self.a.interfaces[0])), sniff(plug_of(self.b.interfaces[0]))
        self.mail = Mailbox(self.b, 200)

    def say(self, text: bytes = b"hello", dst: str = B) -> None:
        self.a.send(ip(dst), 200, text)

    def states(self, host: Internet) -> dict[str, str]:
        return {row.address: row.state for row in host.interfaces[0].neighbours.rows()}

    def questions(self) -> list[arp.Message]:
        return [message for message in arps(self.at_b) if message.operation == arp.REQUEST]

    def hear(self, message: arp.Message, dst: bytes = ethernet.BROADCAST) -> None:
        """Let A receive an ARP message from somebody else."""
        frame = ethernet.Frame(dst, message.sender_mac, ethernet.ETHERTYPE_ARP, message.emit()).emit()
        plug_of(self.a.interfaces[0]).receive(frame)


@pytest.fixture
def lan(network: Network) -> Lan:
    return Lan(network)


def arps(frames: list[bytes]) -> list[arp.Message]:
    return [arp.Message.parse(frame[14:]) for frame in frames if frame[12:14] == b"\x08\x06"]


def mac_of(host: Internet) -> bytes:
    return host.interfaces[0].mac


@pytest.mark.rfc("826", "0-1", "0-2", "0-5", "0-7")
@pytest.mark.rfc("5227", "2.5-1")
@pytest.mark.row("B15")
def test_a_question_to_all_an_answer_to_one_and_then_the_packet(lan: Lan) -> None:
    lan.say()
    lan.queue.run_until(S)
    question, packet = lan.at_b
    assert question[:14] == ethernet.BROADCAST + mac_of(lan.a) + b"\x08\x06"
    assert arp.Message.parse(question[14:]) == arp.Message(arp.REQUEST, mac_of(lan.a), ip(A), bytes(6), ip(B))
    (answer,) = lan.at_a
    assert answer[:14] == mac_of(lan.a) + mac_of(lan.b) + b"\x08\x06"
    assert arp.Message.parse(answer[14:]) == arp.Message(arp.REPLY, mac_of(lan.b), ip(B), mac_of(lan.a), ip(A))
    assert packet[:14] == mac_of(lan.b) + mac_of(lan.a) + b"\x08\x00"
    assert lan.mail.payloads == [b"hello"]
    assert lan.states(lan.a) == {B: "reachable"}
    assert lan.states(lan.b) == {A: "stale"}  # he knows from the question, not from an answer


@pytest.mark.rfc("1122", "3.3.1.2-1")
def test_the_second_packet_asks_nobody(lan: Lan) -> None:
    for _ in range(3):
        lan.say()
        lan.queue.run_until(lan.queue.now_ns + S)
    assert len(lan.questions()) == 1
    assert len(lan.mail.packets) == 3


@pytest.mark.rfc("1122", "2.3.2.1-3")
@pytest.mark.parametrize("base_s", [2, 300])
def test_how_long_an_entry_lasts_can_be_set(lan: Lan, base_s: int) -> None:
    neighbours = lan.a.interfaces[0].neighbours
    neighbours.reachable_ns = base_s * S
    assert neighbours.reachable_ns == base_s * S
    lan.say()
    for seconds, state in ((0.49, "reachable"), (1.51, "stale")):
        lan.queue.run_until(round(base_s * seconds * S))
        assert lan.states(lan.a) == {B: state}


@pytest.mark.row("B15")
def test_the_cache_comes_first_and_says_so(watched: Network) -> None:
    lan = Lan(watched)
    lan.say()
    lan.queue.run_until(S)
    lan.say()
    lan.queue.run_until(2 * S)
    said = [event.what for event in watched.recorder.read() if event.layer == "arp" and event.host == "a"]  # type: ignore[union-attr]
    assert said == ["state-changed", "asked", "learned", "cache-hit"]
    (asked,), (sent, _) = watched.events("asked"), watched.events("sent", "a")
    assert asked.cause == sent.n


def test_every_change_of_an_entry_is_told(watched: Network) -> None:
    lan = Lan(watched)
    lan.say()
    lan.queue.run_until(S)
    (learned,) = watched.events("learned", "a")
    lan.queue.run_until(learned.data["until_ns"])
    assert lan.states(lan.a) == {B: "stale"}
    lan.say()
    assert lan.states(lan.a) == {B: "delay"}
    lan.queue.run_until(lan.queue.now_ns + 10 * S)
    lan.a.interfaces[0].neighbours.forget(ip(B))
    said = [event for event in watched.recorder.read() if event.layer == "arp" and event.host == "a"]  # type: ignore[union-attr]
    changes = [event for event in said if event.what in ("state-changed", "learned", "forgotten")]
    assert [event.data["state"] for event in changes] == [
        *("incomplete", "reachable", "delay", "probe", "reachable", "reachable"),
    ]
    assert changes[-1].what == "forgotten"


@pytest.mark.rfc("1122", "2.3.2.2-1")
def test_packets_wait_in_order(lan: Lan) -> None:
    for number in range(10):
        lan.say(bytes((number,)))
    lan.queue.run_until(S)
    assert lan.mail.payloads == [bytes((number,)) for number in range(10)]
    assert len(lan.questions()) == 1


def test_a_waiting_packet_keeps_its_cause(watched: Network) -> None:
    lan = Lan(watched)
    assert watched.recorder is not None
    calls = [watched.recorder.event(0, "a", "socket", "called") for _ in range(2)]
    for call in calls:
        with watched.recorder.acting(call):
            lan.say()
    lan.queue.run_until(S)
    sent = watched.events("sent", "a")
    frames = [event for event in watched.events("frame-sent", "a") if event.cause in [one.n for one in sent]]
    assert [event.cause for event in sent] == calls
    assert [event.cause for event in frames][-2:] == [one.n for one in sent]


@pytest.mark.rfc("1122", "2.3.2.2-1")
def test_the_queue_of_waiting_packets_drops_the_oldest(lan: Lan) -> None:
    for number in range(MOST_WAITING + 5):
        lan.say(bytes((number,)))
    lan.queue.run_until(S)
    assert lan.mail.payloads == [bytes((number,)) for number in range(5, MOST_WAITING + 5)]
    assert lan.a.drops == {"arp-queue-full": 5}


@pytest.mark.rfc("1122", "2.3.2.1-2")
def test_three_questions_in_vain_a_second_apart(lan: Lan) -> None:
    errors: list[tuple[int, int, str]] = []
    lan.a.on_icmp_error.append(lambda error: errors.append((error.type, error.code, addresses.text(error.dst))))
    instants: list[int] = []
    adapter = plug_of(lan.b.interfaces[0])
    inner = adapter.on_frame

    def on_frame(frame: bytes) -> None:
        instants.append(lan.queue.now_ns)
        assert inner is not None
        inner(frame)

    adapter.on_frame = on_frame
    lan.say(dst="10.0.0.9")
    lan.queue.run()
    assert [(instant + MS) // S for instant in instants] == [0, 1, 2]
    assert lan.queue.now_ns == 3 * S
    assert lan.states(lan.a) == {"10.0.0.9": "failed"}
    assert lan.a.drops == {"arp-failed": 1}
    assert errors == [(icmp.UNREACHABLE, icmp.HOST_UNREACHABLE, "10.0.0.9")]


def test_after_a_failure_a_new_packet_asks_anew(lan: Lan) -> None:
    lan.say(dst="10.0.0.9")
    lan.queue.run()
    lan.say(dst="10.0.0.9")
    lan.queue.run()
    assert len(lan.questions()) == 6


@pytest.mark.rfc("1122", "3.3.1.4-2", "3.3.1.4-3", "2.3.2.1-1")
def test_an_old_entry_is_verified_by_asking_the_neighbour_himself(lan: Lan) -> None:
    lan.say()
    lan.queue.run_until(60 * S)
    assert lan.states(lan.a) == {B: "stale"}
    lan.say(b"at once")  # in use though not verified
    assert lan.states(lan.a) == {B: "delay"}
    lan.queue.run_until(60 * S + 100 * US)
    assert lan.mail.payloads[-1] == b"at once"
    lan.queue.run_until(64 * S)
    assert len(lan.questions()) == 1
    lan.queue.run()
    assert lan.states(lan.a)[B] == "reachable"
    assert len(lan.questions()) == 2
    probe = lan.at_b[-1]
    assert probe[:6] == mac_of(lan.b)


@pytest.mark.rfc("1122", "3.3.1.4-1", "2.3.2.1-1")
def test_a_neighbour_who_went_away_is_found_out(lan: Lan) -> None:
    lan.say()
    lan.queue.run_until(60 * S)
    lan.cable.cut()
    lan.say()
    lan.queue.run()
    assert lan.queue.now_ns == 68 * S  # 5 s of delay, three questions
    assert lan.states(lan.a)[B] == "failed"


@pytest.mark.rfc("1122", "3.3.1.4-4", "3.3.1.4-5")
def test_a_transport_that_makes_progress_spares_the_question(lan: Lan) -> None:
    lan.say()
    lan.queue.run_until(60 * S)
    lan.say()
    lan.a.confirm(ip(B))
    assert lan.states(lan.a) == {B: "reachable"}
    lan.queue.run()
    assert len(lan.questions()) == 1


@pytest.mark.rfc("826", "0-4", "0-6")
def test_a_changed_address_counts_at_once(lan: Lan) -> None:
    lan.say()
    lan.queue.run_until(S)
    lan.hear(arp.Message(arp.REQUEST, STRANGER, ip(B), bytes(6), ip(B)))  # an announcement: B has a new adapter
    lan.say()
    lan.queue.run_until(2 * S)
    assert plug_of(lan.b.interfaces[0]).counters.dropped == {"not-my-mac": 1}
    (row,) = lan.a.interfaces[0].neighbours.rows()
    assert row.mac == ethernet.text(STRANGER)


@pytest.mark.rfc("826", "0-5")
def test_strangers_are_not_remembered(lan: Lan) -> None:
    lan.hear(arp.Message(arp.REQUEST, STRANGER, ip("10.0.0.7"), bytes(6), ip("10.0.0.8")))
    lan.hear(arp.Message(arp.REPLY, STRANGER, ip("10.0.0.7"), STRANGER, ip("10.0.0.8")))
    assert lan.states(lan.a) == {}


@pytest.mark.rfc("5227", "2.5-2")
def test_a_probe_is_answered_and_not_learned(lan: Lan) -> None:
    lan.hear(arp.Message(arp.REQUEST, STRANGER, bytes(4), bytes(6), ip(A)))  # RFC 5227: is it free?
    assert lan.states(lan.a) == {}
    assert plug_of(lan.a.interfaces[0]).counters.tx_frames == 1


@pytest.mark.rfc("5227", "2.3-2", "2.4-1", "2.4-2", "2.4-3")
def test_our_address_is_defended_once_in_ten_seconds(watched: Network) -> None:
    lan = Lan(watched)
    for _ in range(3):
        lan.hear(arp.Message(arp.REQUEST, STRANGER, ip(A), bytes(6), ip(A)))
    lan.queue.run()
    assert arps(lan.at_b) == [arp.Message(arp.REQUEST, mac_of(lan.a), ip(A), bytes(6), ip(A))]
    assert len(watched.events("conflict")) == 3
    lan.queue.run_until(11 * S)
    lan.hear(arp.Message(arp.REPLY, STRANGER, ip(A), mac_of(lan.a), ip(A)), dst=mac_of(lan.a))
    lan.queue.run()
    assert len(arps(lan.at_b)) == 2


@pytest.mark.rfc("5227", "2.3-2")
def test_an_announcement_puts_old_entries_right(lan: Lan) -> None:
    lan.b.interfaces[0].neighbours.set_permanent(ip("10.0.0.77"), STRANGER)
    lan.say()
    lan.queue.run_until(S)
    lan.a.add_address(lan.a.interfaces[0], ip("10.0.0.77"), 24)
    lan.a.announce(lan.a.interfaces[0], ip("10.0.0.77"))
    lan.queue.run()
    rows = {row.address: row.mac for row in lan.b.interfaces[0].neighbours.rows()}
    assert rows == {A: ethernet.text(mac_of(lan.a)), "10.0.0.77": ethernet.text(STRANGER)}  # permanent stays


@pytest.mark.parametrize(
    "message",
    [
        arp.Message(arp.REQUEST, ethernet.BROADCAST, ip("10.0.0.7"), bytes(6), ip(A)),
        arp.Message(arp.REQUEST, STRANGER, ip("10.0.0.255"), bytes(6), ip(A)),
        arp.Message(arp.REQUEST, STRANGER, ip("224.0.0.1"), bytes(6), ip(A)),
    ],
)
def test_impossible_senders_are_dropped(lan: Lan, message: arp.Message) -> None:
    lan.hear(message)
    assert lan.a.drops == {"martian": 1}
    assert lan.states(lan.a) == {}


@pytest.mark.rfc("1122", "3.3.6-1", "3.3.6-3", "3.3.6-4", "3.3.7-1")
@pytest.mark.parametrize("with_router", [False, True])
def test_broadcasts_and_groups_need_no_question(lan: Lan, with_router: bool) -> None:
    if with_router:
        default_route(lan.a, B)
    lan.say(b"all", "255.255.255.255")
    lan.say(b"here", "10.0.0.255")
    lan.say(b"group", "239.1.2.3")
    lan.queue.run()
    assert [frame[:6] for frame in lan.at_b] == [ethernet.BROADCAST] * 2
    assert lan.mail.payloads == [b"all", b"here"]
    lan.b.interfaces[0].join(ip("239.1.2.3"))
    lan.say(b"group", "239.1.2.3")
    lan.queue.run()
    assert lan.at_b[-1][:6] == bytes.fromhex("01005e010203")
    assert lan.mail.payloads[-1] == b"group"
    lan.b.interfaces[0].leave(ip("239.1.2.3"))
    lan.say(b"group", "239.1.2.3")
    lan.queue.run()
    assert len(lan.mail.payloads) == 3


def test_the_table_has_an_end(lan: Lan) -> None:
    for number in range(MOST_NEIGHBOURS + 50):
        sender = ip("10.0.0.0")[:2] + (256 + number).to_bytes(2, "big")
        lan.hear(arp.Message(arp.REQUEST, STRANGER, sender, bytes(6), ip(A)))
    assert len(lan.a.interfaces[0].neighbours.rows()) == MOST_NEIGHBOURS


def test_forgetting_a_neighbour_counts_for_ready_paths_too(lan: Lan) -> None:
    for _ in range(2):
        lan.say()
        lan.queue.run_until(lan.queue.now_ns + S)
    lan.a.interfaces[0].neighbours.forget(ip(B))
    lan.say()
    lan.queue.run_until(lan.queue.now_ns + S)
    assert len(lan.questions()) == 2
    assert len(lan.mail.packets) == 3


def test_packets_wait_whole(lan: Lan) -> None:
    payload = bytes(range(256)) * 5
    buffer = bytearray(payload)
    lan.a.send(ip(B), 200, memoryview(buffer))
    buffer[:] = bytes(len(buffer))  # the caller's buffer is his again after the call
    lan.queue.run_until(S)
    assert lan.mail.payloads == [payload]
    assert isinstance(lan.mail.packets[0], ipv4.Packet)


@pytest.mark.rfc("826", "0-7")
@pytest.mark.rfc("5227", "2.6-1")
def test_a_reply_to_all_is_not_sent_by_us(lan: Lan) -> None:
    lan.say()
    lan.queue.run_until(S)
    replies = [frame for frame in lan.at_a if frame[12:14] == b"\x08\x06"]
    assert [frame[:6] for frame in replies] == [mac_of(lan.a)]


@pytest.mark.rfc("1122", "2.3.2.1-2")
def test_in_spite_of_many_packets_one_question_goes_out_a_second(lan: Lan) -> None:
    for number in range(25):
        lan.say(dst="10.0.0.9")
        lan.queue.run_until(number * S // 10)
    assert len(lan.questions()) == 3


@pytest.mark.rfc("1122", "2.4-1")
def test_an_unanswered_question_alone_reports_nothing(lan: Lan) -> None:
    errors: list[object] = []
    lan.a.on_icmp_error.append(errors.append)
    lan.say(dst="10.0.0.9")
    lan.queue.run_until(2 * S)
    assert errors == []


def test_a_flood_of_claims_does_not_push_out_whom_we_talk_to(lan: Lan) -> None:
    lan.say()
    lan.queue.run_until(lan.queue.now_ns + S)
    assert lan.states(lan.a)[B] == "reachable"
    for number in range(2 * MOST_NEIGHBOURS):
        claimed = bytes((10, 0, 0x80 | number >> 8, number & 255))
        lan.hear(arp.Message(arp.REQUEST, STRANGER, claimed, bytes(6), ip(A)))
    assert len(lan.states(lan.a)) == MOST_NEIGHBOURS
    assert lan.states(lan.a)[B] == "reachable"
