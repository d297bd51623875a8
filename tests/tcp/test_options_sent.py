"""Which options our segments carry: those of a SYN on a SYN alone, time stamps on everything once agreed upon."""

from __future__ import annotations

import pytest
from lone_connection import PEER, US, PacketTest, Surroundings

from michinori.tcp import Connection, TcpConfig
from michinori.wire.tcp import ACK, FIN, RST, SYN, Options, Segment


class Life:
    """One connection from SYN to RST, and all that it has sent."""

    def __init__(self, test: PacketTest, theirs: Options, **settings: object) -> None:
        effects = Surroundings(test)
        connection = Connection(US, PEER, TcpConfig(**settings), effects, isn=7)  # type: ignore[arg-type]
        connection.connect(0)
        stamped = theirs.timestamps is not None and settings.get("timestamps", True)
        stamps = Options(timestamps=theirs.timestamps) if stamped else Options()
        connection.receive(Segment(80, 40000, 99, 8, SYN | ACK, 60000, b"", theirs), 10**8)
        connection.write(bytes(3000), 10**8)
        connection.receive(Segment(80, 40000, 110, 8, ACK, 60000, b"ahead", stamps), 10**8)
        connection.receive(Segment(80, 40000, 100, 8, ACK, 60000, bytes(10), stamps), 10**8)
        connection.on_deadline(5 * 10**8)
        connection.close(6 * 10**8)
        connection.abort(7 * 10**8)
        self.sent = [segment for _, segment in test.sent]


@pytest.fixture
def everything(make) -> Life:
    theirs = Options(mss=1000, window_scale=3, sack_permitted=True, timestamps=(5, 0))
    return Life(make(), theirs)


@pytest.mark.rfc("2018", "2-1")
@pytest.mark.rfc("7323", "2.2-1")
@pytest.mark.rfc("9293", "MUST-65")
def test_mss_scale_and_the_offer_of_sack_stand_on_the_syn_alone(everything):
    first, *rest = everything.sent
    assert first.flags == SYN
    assert first.options.mss == 1460
    assert first.options.window_scale is not None
    assert first.options.sack_permitted
    kinds = {bit for segment in rest for bit in (FIN, RST) if segment.flags & bit}
    assert RST in kinds
    assert len(rest) > 5
    for segment in rest:
        assert segment.options.mss is None
        assert segment.options.window_scale is None
        assert not segment.options.sack_permitted


@pytest.mark.rfc("7323", "3.2-2", "3.2-3", "5.4-1")
def test_agreed_time_stamps_stand_on_every_segment(everything):
    assert all(segment.options.timestamps is not None for segment in everything.sent)
    stamps = [segment.options.timestamps[0] for segment in everything.sent]
    assert stamps == sorted(stamps)
    assert stamps[-1] - stamps[0] == 700  # a millisecond a tick


@pytest.mark.rfc("7323", "3.2-8", "3.2-9")
def test_the_echo_of_a_syn_is_zero_and_later_ones_are_not(everything):
    echoes = [segment.options.timestamps[1] for segment in everything.sent]
    assert echoes[0] == 0
    assert set(echoes[1:]) == {5}


@pytest.mark.rfc("2018", "4-1")
def test_what_the_peer_did_not_offer_is_never_sent(make):
    first, *rest = Life(make(), Options(mss=1000)).sent
    assert first.options.timestamps is not None
    assert first.options.sack_permitted
    assert len(rest) > 5
    assert all(segment.options == Options() for segment in rest)


@pytest.mark.rfc("2018", "4-1")
def test_what_we_do_not_offer_is_not_agreed_upon(make):
    theirs = Options(mss=1000, window_scale=3, sack_permitted=True, timestamps=(5, 0))
    first, *rest = Life(make(), theirs, window_scale=False, sack=False, timestamps=False).sent
    assert first.options == Options(mss=1460)
    assert all(segment.options == Options() for segment in rest)


@pytest.mark.rfc("7323", "2.2-2", "3.2-1", "2.3-3")
@pytest.mark.parametrize("theirs", [Options(mss=900), Options(mss=900, window_scale=2, sack_permitted=True)])
def test_a_syn_ack_offers_only_what_the_syn_offered(make, theirs):
    test = make(passive=True, window_scale=True, sack=True, timestamps=True)
    test.listener.receive(Segment(80, 40000, 99, 0, SYN, 60000, b"", theirs), PEER, US, 0)
    (answer,) = [segment for _, segment in test.sent]
    assert answer.options.mss == 1000
    assert answer.options.timestamps is None
    assert (answer.options.window_scale is None) == (theirs.window_scale is None)
    assert answer.options.sack_permitted == theirs.sack_permitted


@pytest.mark.rfc("7323", "2.2-3")
def test_the_window_of_a_syn_is_not_scaled(make):
    test = make(passive=True, window_scale=True, receive_buffer=1 << 20, receive_buffer_max=1 << 20)
    syn = Segment(80, 40000, 99, 0, SYN, 50000, b"", Options(mss=900, window_scale=2))
    test.listener.receive(syn, PEER, US, 0)
    assert test.sent[0][1].window == 65535
    assert test.connection.info().snd_wnd == 50000
    test.connection.receive(Segment(80, 40000, 100, test.sent[0][1].seq + 1 & 0xFFFFFFFF, ACK, 50000), 0)
    assert test.connection.info().snd_wnd == 200_000


@pytest.mark.rfc("9293", "MUST-68", "MUST-69")
def test_a_list_that_does_not_fill_its_words_is_padded_with_zeros():
    assert Options(unknown=((200, b"x"),)).emit() == bytes((200, 3, 120, 0))
    assert Options(unknown=((200, b""), (201, b"xyz"))).emit() == bytes((200, 2, 201, 5, 120, 121, 122, 0))
    assert Options(unknown=((200, b"xyz"),)).emit() == bytes((200, 5, 120, 121, 122, 0, 0, 0))


@pytest.mark.rfc("7323", "2.2-1")
@pytest.mark.rfc("9293", "MUST-5", "MUST-6", "MUST-7")
def test_options_count_in_any_segment_and_unknown_ones_change_nothing(established):
    for options in (
        Options(unknown=((253, b"\x12\x34"),)),
        Options(mss=200, window_scale=9, sack_permitted=True),
        Options(malformed=b"\x06\x00"),
    ):
        before = established.connection.info()
        seq = before.octets_received
        plain = established.segment(f"P. {seq + 1}:{seq + 11}(10) ack 1")
        established.arrive(
            Segment(plain.src_port, plain.dst_port, plain.seq, plain.ack, ACK, 65535, plain.payload, options)
        )
        after = established.connection.info()
        assert after.octets_received == seq + 10
        assert (after.mss, after.snd_scale, after.sack) == (before.mss, before.snd_scale, before.sack)


@pytest.mark.rfc("7323", "2.2-5")
def test_who_scales_by_nothing_says_so_that_the_peer_may(make):
    test = make(window_scale=True, receive_buffer=30_000, receive_buffer_max=30_000)
    test.connection.connect(0)
    assert test.sent[0][1].options.window_scale == 0
