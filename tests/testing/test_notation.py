"""What a packet script says, and how its mistakes are named."""

from __future__ import annotations

import pytest

from michinori.testing.packetscript import ScriptError, parse
from michinori.testing.packetscript.script import Call, IcmpPacket, TcpPacket, Word
from michinori.wire import icmp, tcp


def only(text: str):
    (step,) = parse(text).steps
    return step


@pytest.mark.parametrize(
    ("text", "start", "end", "relative", "is_any"),
    [
        ("0", 0, None, False, False),
        ("+.1", 100_000_000, None, True, False),
        ("+0.0000015", 1_500, None, True, False),
        ("2", 2_000_000_000, None, False, False),
        ("+0~+.2", 0, 200_000_000, True, False),
        ("0.1 ~ 0.3", 100_000_000, 300_000_000, False, False),
        ("*", 0, None, False, True),
    ],
)
def test_times(text, start, end, relative, is_any):
    when = only(f"{text} > . 1:1(0) ack 1").when
    assert (when.start_ns, when.end_ns, when.relative, when.any) == (start, end, relative, is_any)


def test_a_segment_with_everything():
    packet = only("+0 < [ce] 4000 > 80 FP.EW 1:11(10) ack 5 win 7 urg 3 <nop,nop,TS val 1 ecr 2,sack 3:4 5:6>").action
    assert isinstance(packet, TcpPacket)
    assert packet.flags == tcp.FIN | tcp.PSH | tcp.ACK | tcp.ECE | tcp.CWR
    assert (packet.seq, packet.length, packet.ack, packet.window, packet.urgent) == (1, 10, 5, 7, 3)
    assert packet.options == (("nop", ()), ("nop", ()), ("TS", (1, 2)), ("sack", ((3, 4), (5, 6))))
    assert (packet.ports, packet.marks.ecn, packet.inbound) == ((4000, 80), frozenset({3}), True)


def test_options_that_are_not_looked_at_and_cookies():
    assert only("+0 > S. 0:0(0) ack 1 <...>").action.options is None
    cookies = only("+0 < S 0:0(0) <FO 0a0b,FOEXP,FO TFO_COOKIE>").action.options
    assert cookies == (("FO", (b"\x0a\x0b",)), ("FOEXP", (b"",)), ("FO", (None,)))


def test_an_icmp_error_quotes_a_segment():
    packet = only("+0 < icmp unreachable frag_needed mtu 1000 [1:1461(1460)]").action
    assert packet == IcmpPacket(True, icmp.UNREACHABLE, icmp.FRAGMENTATION_NEEDED, 1000, (1, 1460))


def test_calls():
    step = only('+0...0.2 write(3, "a\\n", 2, MSG_OOB|MSG_DONTWAIT) = -1 EPIPE (Broken pipe)')
    call = step.action
    assert isinstance(call, Call)
    assert call.arguments == (3, b"a\n", 2, (Word("MSG_OOB"), Word("MSG_DONTWAIT")))
    assert (call.result, call.error, call.end.start_ns) == (-1, "EPIPE", 200_000_000)
    call = only("0 setsockopt(3, SOL_SOCKET, SO_LINGER, {onoff=1, linger=0}, 8) = 0").action
    assert call.arguments[3] == {"onoff": 1, "linger": 0}
    call = only("0 sendmsg(4, {msg_name(...)=..., msg_iov(1)=[{..., 40}], msg_flags=0}, 0) = 40").action
    assert call.arguments[1]["msg_iov"] == [{"0": ..., "1": 40}]


def test_head_comments_and_commands():
    script = parse("""// What it shows.
        // rfc: 9293 MUST-12 MUST-13, 5961 3.2
        --tolerance_usecs=500
        `sysctl -q net.ipv4.tcp_sack=0`
        /* two
           lines */ 0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3 // why
        +0 `sysctl -q net.ipv4.tcp_sack=1`
        +0 %{ assert tcpi_state == TCP_LISTEN
              assert tcpi_rtt > 0 }%
    """)
    assert script.rfcs == (("9293", ("MUST-12", "MUST-13")), ("5961", ("3.2",)))
    assert [(flag.name, flag.value) for flag in script.flags] == [("tolerance_usecs", "500")]
    assert (len(script.commands), len(script.steps)) == (1, 3)


@pytest.mark.parametrize(
    ("line", "column", "says"),
    [
        ("+0 < . 1:12(10) ack 1", 8, "1 and 10 octets end at 11, not at 12"),
        ("+0 < X 1:1(0)", 6, "the flags of a segment"),
        ("+0 < . 1:1(0) ack 1 ack 2", 21, "ack is there twice"),
        ("+0 < . 1:1(0) ack 1 win 65536", 25, "16 bits"),
        ("+0 < . 1:1(0) <mss 70000>", 20, "at most 65535"),
        ("+0 < . 1:1(0) <wide 3>", 16, "the TCP option wide is not known"),
        ("+0 < . 1:1(0) <sack>", 20, "a block"),
        ("+0 < . 1:1(0) <...>", 19, "can only stand in a packet that is sent"),
        ("+0 < . 1:1(0) ack 1 today", 21, "no known form"),
        ("+0 < [blue] . 1:1(0)", 11, "no mark of an IP header"),
        ("+0 < icmp unreachable today", 10, "not known here"),
        ("+0~+.1 < . 1:1(0)", 1, "only stand before a packet that is sent"),
        ("+.2~+.1 > . 1:1(0)", 9, "ends before it begins"),
        ("+.2~.3 > . 1:1(0)", 5, "counted alike"),
        ("soon < . 1:1(0)", 1, "a time is missing"),
        ("+0 close(3", 11, "',' is missing"),
        ("+0 close(3)", 12, "'=' is missing"),
        ("+0 3", 4, "a system call, a packet"),
        ('+0 write(4, "あ", 3) = 3', 4, "codec can't encode"),
    ],
)
def test_a_mistake_is_named_with_line_and_column(line, column, says):
    with pytest.raises(ScriptError) as caught:
        parse(f"0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n{line}\n+0 close(3) = 0\n")
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.line == 2
    assert caught.value.column == column


def test_numbers_are_decimal_with_zeros_before_them_too():
    (step,) = parse("+0 send(4, ..., 010, 0x10) = 010").steps
    assert (step.action.arguments, step.action.result) == ((4, ..., 10, 16), 10)


def test_a_line_of_requirements_may_end_in_a_comma():
    assert parse("// rfc: 9293 MUST-12, 5961 3.2,\n").rfcs == (("9293", ("MUST-12",)), ("5961", ("3.2",)))


def test_a_file_that_is_no_text_is_named(tmp_path):
    script = tmp_path / "octets.pkt"
    script.write_bytes(b"\xff\xfe")
    with pytest.raises(ScriptError, match=r"octets.pkt, line 1, column 1: the text is not UTF-8"):
        parse(script)
