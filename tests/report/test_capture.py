"""Frames read back from a capture, and the line that is told of each."""

from ipaddress import ip_address

import dns.message

from michinori.report.capture import read_frames
from michinori.report.summary import Summary
from michinori.trace import Recorder
from michinori.wire import arp, checksum, ethernet, icmp, ipv4, protocols, tcp, udp

MAC_A, MAC_B = bytes.fromhex("020000000001"), bytes.fromhex("020000000002")
A, B = ip_address("192.0.2.1").packed, ip_address("192.0.2.2").packed


def frames_of(tmp_path, *frames):
    """The frames, sent and received in turn, as a capture gives them back."""
    recorder = Recorder()
    tap = recorder.tap("pc", "eth0", MAC_A)
    for number, octets in enumerate(frames):
        if number % 2 == 0:
            tap.sent(number, octets)
        else:
            with tap.receiving(number, octets):
                pass
    recorder.save_capture(tmp_path / "c.pcapng", "pc")
    recorder.close()
    return list(read_frames((tmp_path / "c.pcapng").read_bytes()))


def lines_of(tmp_path, *frames):
    summary = Summary()
    return [summary.of(frame) for frame in frames_of(tmp_path, *frames)]


def in_ip(protocol, emit, src=A, dst=B):
    payload = emit(checksum.pseudo(src, dst, protocol))
    return ethernet.Frame(MAC_B, MAC_A, 0x0800, ipv4.Packet(src, dst, protocol, payload).emit()).emit()


def test_frames_come_back_as_they_were(tmp_path):
    octets = ethernet.Frame(MAC_B, MAC_A, 0x88B5, b"hello").emit()
    one, two = frames_of(tmp_path, octets, octets)
    assert (one.number, one.octets, one.sent) == (1, octets, True)
    assert (two.number, two.sent, two.comment) == (2, False, "")
    assert two.date_ns - one.date_ns == 1


def test_tcp_counts_from_the_initial_sequence_number(tmp_path):
    def segment(seq, ack, flags, payload=b"", options=tcp.NO_OPTIONS):
        return tcp.Segment(49152, 80, seq, ack, flags, 1000, payload, options).emit

    options = tcp.Options(mss=1460, sack_permitted=True)
    last = 2**32 - 1
    syn, data = lines_of(
        tmp_path,
        in_ip(6, segment(last, 0, tcp.SYN, options=options)),
        in_ip(6, segment(0, 7, tcp.ACK | tcp.PSH, b"GET /x HTTP/1.1\r\nHost: \x1b\r\n\r\n")),
    )
    assert syn.info == "49152 → 80 [SYN] Seq=0 Win=1000 Len=0 MSS=1460 SACK_PERM"
    assert data.protocol == "HTTP"
    assert data.info == "49152 → 80 [PSH, ACK] Seq=1 Ack=0 Win=1000 Len=28 · GET /x HTTP/1.1"


def test_names_are_told_of_dns(tmp_path):
    question = dns.message.make_query("www.michinori.example", "A", id=7).to_wire()
    [line] = lines_of(tmp_path, in_ip(17, udp.Datagram(5000, 53, question).emit))
    assert (line.protocol, line.info) == ("DNS", "5000 → 53 query 0x0007 A www.michinori.example.")


def test_arp_and_icmp(tmp_path):
    asking = arp.Message(arp.REQUEST, MAC_A, A, bytes(6), B).emit()
    needed = icmp.unreachable(icmp.FRAGMENTATION_NEEDED, b"x" * 28, mtu=1454)
    who, too_big = lines_of(
        tmp_path,
        ethernet.Frame(ethernet.BROADCAST, MAC_A, 0x0806, asking).emit(),
        in_ip(protocols.PROTOCOL_ICMP, lambda pseudo: needed.emit()),
    )
    assert (who.destination, who.info) == ("broadcast", "Who has 192.0.2.2? Tell 192.0.2.1")
    assert too_big.info.endswith("(MTU 1454)")


def test_nonsense_is_told_as_such(tmp_path):
    [line] = lines_of(tmp_path, ethernet.Frame(MAC_B, MAC_A, 0x0800, b"\x45nonsense").emit())
    assert line.protocol == "?"
