"""The runner of packet scripts: what is right passes, and each thing that can be wrong is caught and shown."""

from __future__ import annotations

import asyncio

import pytest

from michinori import World
from michinori.host import Host
from michinori.sim import Dice, EventQueue
from michinori.tcp import TcpConfig
from michinori.testing.packetscript import Mismatch, Runner, ScriptError, run

OPEN = """
0    socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0   bind(3, ..., ...) = 0
+0   listen(3, 1) = 0
+0   < S 0:0(0) win 30000 <mss 1000>
+0   > S. 0:0(0) ack 1 win 65535 <mss 1460>
+.1  < . 1:1(0) ack 1 win 30000
+0   accept(3, ..., ...) = 4
"""
HOSTS = {"server": "10.0.0.1/24", "other": "10.0.0.2/24"}
WHOLE = (
    OPEN
    + """
+0   write(4, ..., 2500) = 2500
+0   > . 1:2001(2000) ack 1
+.1  < . 1:1(0) ack 2001 win 30000
+0   > P. 2001:2501(500) ack 1
+.1  < P. 1:701(700) ack 2501 win 30000
+.04 > . 2501:2501(0) ack 701
+0   read(4, ..., 1000) = 700
+0   close(4) = 0
+0   > F. 2501:2501(0) ack 701
+.1  < F. 701:701(0) ack 2502 win 30000
+0   > . 2502:2502(0) ack 702
"""
)


def fails(script: str, **settings: object) -> str:
    with pytest.raises(Mismatch) as caught:
        run(script, **settings)
    return str(caught.value)


def two_columns(text: str) -> tuple[str, str]:
    """The row of parts, wanted and got."""
    rows = [line.split(" | ") for line in text.splitlines() if " | " in line]
    wanted, got = rows[1]
    return wanted.strip(), got.strip()


def test_a_whole_connection():
    run(WHOLE)


@pytest.mark.parametrize(
    ("right", "wrong", "wanted", "got"),
    [
        ("ack 1 win 65535 <", "ack 1 win 65534 <", "win 65534", "win 65535"),
        ("<mss 1460>", "<mss 1461>", "<mss 1461>", "<mss 1460>"),
        ("<mss 1460>", "", "", "<mss 1460>"),
        ("> P. 2001:2501(500) ack 1", "> . 2001:2501(500) ack 1", ". 2001", "P. 2001"),
        ("> P. 2001:2501(500) ack 1", "> P. 2002:2502(500) ack 1", "2002:2502(500)", "2001:2501(500)"),
        ("> P. 2001:2501(500) ack 1", "> P. 2001:2502(501) ack 1", "2001:2502(501)", "2001:2501(500)"),
        ("> P. 2001:2501(500) ack 1", "> P. 2001:2501(500) ack 2", "ack 2", "ack 1"),
        ("> P. 2001:2501(500) ack 1", "> P. 2001:2501(500) ack 1 urg 3", "urg 3", "urg 0"),
        ("> P. 2001:2501(500) ack 1", "> [ce] P. 2001:2501(500) ack 1", "[ce]", "[noecn]"),
        ("> P. 2001:2501(500) ack 1", "> [ttl 63] P. 2001:2501(500) ack 1", "[ttl 63]", "[ttl 64]"),
        ("> P. 2001:2501(500) ack 1", "> 8080 > 1 P. 2001:2501(500) ack 1", "8080 > 1", "8080 > 40000"),
        ("> . 1:2001(2000)", "> . 1:3001(3000)", "1:3001(3000)", "1:2001(2000)"),
        ("= 700", "= 701", "read = 701", "700"),
    ],
)
def test_one_wrong_thing_is_shown_in_two_columns(right, wrong, wanted, got):
    assert WHOLE.count(right) == 1
    in_columns = two_columns(fails(WHOLE.replace(right, wrong)))
    assert wanted in in_columns[0]
    assert got in in_columns[1]


def test_the_differing_part_is_marked_in_both_columns():
    text = fails(WHOLE.replace("> P. 2001:2501(500) ack 1", "> P. 2001:2501(500) ack 123"))
    wanted = "P. 2001:2501(500) ack 123"
    lines = text.splitlines()
    row = next(number for number, line in enumerate(lines) if line.startswith(f"  {wanted} |"))
    marks = lines[row + 1]
    assert marks.index("^") == lines[row].index("ack 123")
    assert marks.count("^") == len("ack 123") + len("ack 1")
    assert "line 13, at 0.200 s" in lines[0]
    assert "write(4, ..., 2500) = 2500" in text  # what went before


@pytest.mark.parametrize(("shift", "well"), [("+.0390", True), ("+.041", True), ("+.0389", False), ("+.0411", False)])
def test_a_time_outside_of_the_tolerance_is_caught(shift, well):
    script = WHOLE.replace("+.04 >", f"{shift} >")
    if well:
        run(script)
    else:
        text = fails(script)
        assert "another time" in text or "nothing was sent until" in text


def test_the_tolerance_is_the_script_s_or_the_caller_s():
    late = WHOLE.replace("+.04 >", "+.05 >")
    run("--tolerance_usecs=10000\n" + late)
    run(late, tolerance_ns=10_000_000)
    fails("--tolerance_usecs=9999\n" + late)
    fails(WHOLE.replace("+.04 >", "+.0399 >"), tolerance_ns=0)


def test_a_span_of_time_and_any_time():
    run(WHOLE.replace("+.04 >", "+.01~+.05 >"))
    run(WHOLE.replace("+.04 >", "* >"))
    assert "0.350 s to 0.360 s" in fails(WHOLE.replace("+.04 >", "+.05~+.06 >"))
    assert "nothing was sent until 0.321 s" in fails(WHOLE.replace("+.04 >", "+.01~+.02 >"))


def test_what_comes_next_counts_from_when_an_open_time_was_met():
    run(WHOLE.replace("+.04 >", "* >").replace("+0   read", "0.34 read"))


def test_a_packet_that_no_line_wants_is_caught_where_it_is_and_at_the_end():
    unwanted = WHOLE.replace("+0   > P. 2001:2501(500) ack 1\n", "")
    text = fails(unwanted)
    assert "sent at 0.200 s that no line wants" in text
    assert two_columns(text) == ("(nothing)", "> P. 2001:2501(500) ack 1 win 65535")
    text = fails(WHOLE.rstrip().rpartition("\n")[0])
    assert two_columns(text)[0] == "(nothing more)"


def test_the_host_s_initial_number_is_called_as_its_syn_says():
    passive = OPEN.replace("> S. 0:0(0) ack 1 win", "> S. 7000:7000(0) ack 1 win")
    run(passive + "+0 write(4, ..., 10) = 10\n+0 > P. 1:11(10) ack 1\n")
    active = """
0    socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0   fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK) = 0
+0   connect(3, ..., ...) = -1 EINPROGRESS (Operation now in progress)
+0   > S 500:500(0) <...>
+.1  < S. 900:900(0) ack 501 win 30000 <mss 1000>
+0   > . 1:1(0) ack 1
"""
    run(active)
    assert two_columns(fails(active.replace("ack 501", "ack 1")))[1].startswith("R")  # no number of ours


def test_a_lenient_run_looks_at_packets_as_packetdrill_does():
    unlisted = WHOLE.partition("+.1  < . 1:1(0) ack 2001")[0].replace("+0   > . 1:2001(2000) ack 1\n", "")
    assert "more was sent than the script wants" in fails(unlisted)
    run(unlisted, lenient=True)  # no line wants a packet any more
    skipped = unlisted + "+.1 < . 1:1(0) ack 2001 win 30000\n+0 > P. 2001:2501(500) ack 1\n"
    assert "1:1001(1000)" in two_columns(fails(skipped, lenient=True))[1]  # a line takes the next one that there is


def test_a_lenient_run_passes_over_packets_of_connections_before():
    two = OPEN + "+0 close(4) = 0\n+.1 < S 0:0(0) win 30000 <mss 1000>\n+0 > S. 0:0(0) ack 1 <mss 1460>\n"
    assert "sent at 0.100 s that no line wants" in fails(two)
    run(two, lenient=True)


def test_a_packet_that_never_comes_is_caught():
    text = fails(OPEN + "+.5 > . 1:1(0) ack 1\n")
    assert two_columns(text) == ("> . 1:1(0) ack 1", "(nothing was sent)")


def test_long_packets_are_as_many_segments_as_they_take_unless_each_must_be_one():
    assert "1:2001(2000)" in fails("--strict_segments\n" + WHOLE)
    # A segment that could be one must be one.
    cut = OPEN + "+0 write(4, ..., 400) = 400\n+0 write(4, ..., 400) = 400\n+0 > P. 1:801(800) ack 1\n"
    assert "1:401(400)" in two_columns(fails(cut, tcp={"nagle": False}))[1]


def test_blocking_calls_return_when_they_must():
    blocking = OPEN.replace("+0   < S", "+0...0.3 accept(3, ..., ...) = 4\n+.2 < S").replace(
        "+0   accept(3, ..., ...) = 4\n", ""
    )
    run(blocking)
    assert "returned at another time" in fails(blocking.replace("0...0.3", "0...0.4"))
    assert "the call waits still" in fails(OPEN + "+0...0.1 read(4, ..., 10) = 10\n+1 close(4) = 0\n")
    assert "the call waits still" in fails(OPEN + "+0...0.1 read(4, ..., 10) = 10\n")
    assert "the call waits" in fails(OPEN + "+0 read(4, ..., 10) = 10\n")
    assert "returned at another time" in fails(OPEN + "+0...0.1 write(4, ..., 10) = 10\n")
    run(OPEN + "+0 fcntl(4, F_SETFL, O_RDWR|O_NONBLOCK) = 0\n+0 read(4, ..., 10) = -1 EAGAIN (try again)\n")


def test_a_call_that_fails_otherwise_is_caught():
    text = fails(OPEN + "+0 connect(4, ..., ...) = -1 EALREADY (no)\n")
    assert two_columns(text) == ("connect = -1 EALREADY", "-1 EISCONN")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("poll([{fd=4, events=POLLIN|POLLOUT, revents=POLLIN|POLLOUT}], 1, 0) = 1", "poll tells 0x4 of 4, not 0x5"),
        ("poll([{fd=4, events=POLLIN, revents=0}], 1, 0) = 1", "0"),
        ("ioctl(4, SIOCINQ, [5]) = 0", "SIOCINQ tells 0"),
        ("getsockopt(4, SOL_SOCKET, SO_ERROR, [ECONNRESET], [4]) = 0", "SO_ERROR is 0"),
        ("fcntl(4, F_GETFL) = 3", "2"),
        ("close(9) = 0", "-1 EBADF"),
        ("shutdown(3, SHUT_WR) = 0", "-1 ENOTCONN"),
    ],
)
def test_what_calls_tell_is_compared(line, told):
    assert two_columns(fails(f"{OPEN}+0 {line}\n"))[1] == told


def test_what_calls_tell_when_it_is_right():
    run(
        OPEN
        + """
        +0 poll([{fd=4, events=POLLIN|POLLOUT, revents=POLLOUT}], 1, 0) = 1
        +0...0.05 poll([{fd=4, events=POLLIN, revents=0}], 1, 50) = 0
        +.1...0.2 poll([{fd=4, events=POLLIN, revents=POLLIN}], 1, 1000) = 1
        +.1 < P. 1:11(10) ack 1 win 9
        +0 ioctl(4, SIOCINQ, [10]) = 0
        +0 getsockopt(4, SOL_SOCKET, SO_ERROR, [0], [4]) = 0
        +0 fcntl(4, F_GETFL) = 0x2 (flags O_RDWR)
        +0 sendmsg(4, {msg_name(...)=..., msg_iov(2)=[{..., 2}, {..., 1}], msg_flags=0}, 0) = 3
        +0 > P. 1:4(3) ack 11
        +0 close(9) = -1
    """
    )


def test_epoll_tells_of_edges_and_of_levels():
    edge = """
+0 epoll_create(1) = 5
+0 epoll_ctl(5, EPOLL_CTL_ADD, 4, {events=EPOLLIN|EPOLLET, fd=4}) = 0
+0 epoll_ctl(5, EPOLL_CTL_ADD, 4, {events=EPOLLIN, fd=4}) = -1 EEXIST (File exists)
+0...0.1 epoll_wait(5, {events=EPOLLIN, fd=4}, 1, -1) = 1
+.1 < P. 1:11(10) ack 1 win 9
+0 epoll_wait(5, {events=0, ptr=0}, 1, 0) = 0
+0 read(4, ..., 5) = 5
+0 epoll_wait(5, {events=0, ptr=0}, 1, 0) = 0
+0 < P. 11:21(10) ack 1 win 9
+0 epoll_wait(5, {events=EPOLLIN, fd=4}, 1, 0) = 1
+.04 > . 1:1(0) ack 21
+0 epoll_ctl(5, EPOLL_CTL_MOD, 4, {events=EPOLLIN|EPOLLOUT|EPOLLONESHOT, fd=4}) = 0
+0 epoll_wait(5, {events=EPOLLIN|EPOLLOUT, fd=4}, 1, 0) = 1
+0 epoll_wait(5, {events=0, ptr=0}, 1, 0) = 0
+0 epoll_ctl(5, EPOLL_CTL_MOD, 4, {events=EPOLLIN, fd=4}) = 0
+0 epoll_wait(5, {events=EPOLLIN, fd=4}, 1, 0) = 1
+0 epoll_wait(5, {events=EPOLLIN, fd=4}, 1, 0) = 1
+0 epoll_ctl(5, EPOLL_CTL_DEL, 4, NULL) = 0
+0 epoll_wait(5, {events=0, ptr=0}, 1, 0) = 0
+0 epoll_ctl(5, EPOLL_CTL_MOD, 4, {events=EPOLLIN, fd=4}) = -1 ENOENT (No such file)
+0 close(5) = 0
+0 epoll_wait(5, {events=0, ptr=0}, 1, 0) = -1 EBADF (Bad file descriptor)
"""
    run(OPEN + edge)
    told = fails(
        OPEN + edge.replace("+0 epoll_wait(5, {events=EPOLLIN, fd=4}", "+0 epoll_wait(5, {events=EPOLLOUT, fd=4}")
    )
    assert two_columns(told)[1] == "epoll tells 0x1 of 4"


def test_what_is_not_the_last_may_wait_for_what_follows():
    more = "+0 send(4, ..., 10, MSG_MORE) = 10\n+.1 send(4, ..., 10, 0) = 10\n+0 > P. 1:21(20) ack 1\n"
    run(OPEN + more)
    assert "sent at 0.100 s that no line wants" in fails(OPEN + more.replace("MSG_MORE", "0"))


def test_cookies_can_be_forgotten_in_between():
    run("--tcp=fast_open=true\n" + OPEN + "+0 `ip tcp_metrics flush all`\n")


def test_what_is_read_is_held_against_what_was_sent():
    text = fails(OPEN + '+0 < P. 1:4(3) ack 1 win 9\n+0 read(4, "abc", 3) = 3\n')
    assert "read b'\\x00\\x01\\x02'" in text


def test_assertions_show_the_values():
    run(OPEN + "+0 %{ assert tcpi_snd_cwnd == 10 and tcpi_rtt == 100000 and not tcpi_unacked }%\n")
    run(OPEN + "+0 %{\nassert tcpi_state == TCP_ESTABLISHED, tcpi_state\nassert (tcpi_options & 1) == 0\n}%\n")
    text = fails(OPEN + "+0 %{ assert tcpi_snd_cwnd == 11, tcpi_snd_cwnd }%\n")
    assert two_columns(text) == ("tcpi_snd_cwnd == 11", "tcpi_snd_cwnd is 10")


@pytest.mark.parametrize(
    "code",
    [
        "import os",
        "assert __import__('os')",
        "assert tcpi_state.real == 1",
        "assert [1]",
        "assert tcpi_nothing == 1",
        "assert (lambda: 1)()",
        "assert 2 ** 9 == 512",
        "assert tcpi_rtt / 0 == 1",
        "assert tcpi_congestion < 3",
        "assert (",
    ],
)
def test_assertions_are_no_programs(code):
    with pytest.raises(ScriptError, match="line 9, column 1"):
        run(OPEN + f"+0 %{{ {code} }}%\n")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("+0 splice(4, 5) = 0", "the call splice is not there"),
        ("+0 send(4, ..., 10, MSG_ZEROCOPY) = 10", "MSG_ZEROCOPY"),
        ("+0 epoll_create(1) = 5\n+0 epoll_ctl(5, EPOLL_CTL_ADD, 4, NULL) = 0", "epoll_ctl without events"),
        ("+0 setsockopt(4, SOL_SOCKET, SO_WONDER, [1], 4) = 0", "SO_WONDER"),
        ("+0 `ip route flush`", "no command is run"),
        ("+0 `sysctl net.ipv4.tcp_wonder=1`", "tcp_wonder has no counterpart"),
        ("+0 `sysctl net.ipv4.tcp_ecn=3`", "tcp_ecn cannot be '3'"),
        ("+0 `sysctl net.ipv4.tcp_rmem=4096`", "tcp_rmem cannot be '4096'"),
        ("+0 < 70000 > 8080 . 1:1(0) ack 1 win 99", "larger than what it is for"),
        (f"+0 send(4, ..., {2**62}, 0) = 10", "larger than what it is for"),
    ],
)
def test_what_is_not_there_is_said_so(line, says):
    with pytest.raises(ScriptError, match=says):
        run(OPEN + line + "\n")


@pytest.mark.parametrize(
    "head", ["--wonder=1", "--tcp=wonder=1", "--tcp=sack=perhaps", "--mtu=wide", "`net.ipv4.tcp_sack=?`"]
)
def test_a_head_that_means_nothing_is_refused(head):
    with pytest.raises(ScriptError, match="line 1, column 1: ") as caught:
        run(f"{head}\n{OPEN}")
    assert head.strip("`").rpartition(".")[2].partition("=?")[0] in str(caught.value)


def test_settings_of_the_script_go_before_those_of_the_caller():
    active = """
        0 socket(..., SOCK_STREAM|SOCK_NONBLOCK, IPPROTO_TCP) = 3
        +0 connect(3, ..., ...) = -1 EINPROGRESS (Operation now in progress)
    """
    run(f"--tcp=sack=false,timestamps=false,window_scale=false\n{active}+0 > S 0:0(0) <mss 1460>\n")
    bare = {"sack": False, "timestamps": False, "window_scale": False}
    run(f"--mtu=1000\n{active}+0 > S 0:0(0) <mss 960>\n", tcp=bare)
    run(f"`sysctl net.ipv4.tcp_sack=1`\n{active}+0 > S 0:0(0) <mss 1460,sackOK>\n", tcp=TcpConfig(**bare))


def test_time_stamps_are_looked_at_when_the_script_says_how_long_they_last():
    active = """
        0 socket(..., SOCK_STREAM|SOCK_NONBLOCK, IPPROTO_TCP) = 3
        +0 connect(3, ..., ...) = -1 EINPROGRESS
        +0 > S 0:0(0) <mss 1460,TS val 100 ecr 0>
        +.1 < S. 0:0(0) ack 1 win 9000 <mss 1460,nop,nop,TS val 7 ecr 100>
        +0 > . 1:1(0) ack 1 <nop,nop,TS val {} ecr 7>
    """
    plain = "--tcp=sack=false,window_scale=false\n"
    run(plain + active.format(5))
    run(plain + "--tcp_ts_tick_usecs=1000\n" + active.format(200))
    text = fails(plain + "--tcp_ts_tick_usecs=1000\n" + active.format(201))
    assert "TS val 201" in two_columns(text)[0]
    assert "TS val 200" in two_columns(text)[1]


def test_on_a_host_of_somebody_s_own_world():
    queue = EventQueue()
    queue.run_until(5_000_000_000)
    host = Host("mine", queue, Dice(3))
    interface = host.add_interface(host.add_adapter("eth0"), bytes([10, 0, 0, 1]), 24)
    host.internet.routes.add(bytes(4), 0, bytes([10, 0, 0, 254]), interface)
    run(WHOLE, host=host, tcp={"congestion": "reno"})
    assert queue.now_ns == 5_340_000_000 + 100_000_000
    assert host.adapters["eth0"].cable_end is None
    assert host.tcp.config == TcpConfig(mss=host.tcp.config.mss)


def test_on_a_machine_of_a_world_whose_cable_is_put_back():
    with World() as world:
        server, other = (world.host(name, interfaces={"eth0": address}) for name, address in HOSTS.items())
        world.link(server, other)
        world.run(asyncio.sleep(1), on=server)
        cable = server.adapters["eth0"].cable_end
        run("--remote_ip=10.0.0.2\n" + WHOLE, host=server)
        assert server.adapters["eth0"].cable_end is cable is not None


def test_a_host_without_an_address_is_refused():
    with pytest.raises(ValueError, match="bare has no adapter with an IPv4 address"):
        run(WHOLE, host=Host("bare", EventQueue(), Dice(0)))


def test_scripts_can_follow_each_other_on_one_host():
    runner = Runner()
    runner.play(OPEN).play("+0 < P. 1:11(10) ack 1 win 9\n+0 read(4, ..., 10) = 10\n")
    assert runner.info().unread == 0
    runner.play("+.04 > . 1:1(0) ack 11\n")


def test_an_icmp_error_reaches_the_connection_it_quotes():
    run(
        OPEN
        + """
        +0 write(4, ..., 900) = 900
        +0 > P. 1:901(900) ack 1
        +0 < icmp unreachable frag_needed mtu 640 [1:901(900)]
        +0 > . 1:601(600) ack 1
        +0 > P. 601:901(300) ack 1
    """
    )


def test_datagrams():
    run("""
        0 socket(..., SOCK_DGRAM, IPPROTO_UDP) = 3
        +0 bind(3, ..., ...) = 0
        +0 connect(3, ..., ...) = 0
        +0 send(3, ..., 20, 0) = 20
        +0 > udp (20)
        +0 < udp (30)
        +0 recv(3, ..., 100, 0) = 30
    """)
