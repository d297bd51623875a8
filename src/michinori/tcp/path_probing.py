"""Finding out what the path takes without being told: packetization layer path-MTU discovery, RFC 4821 and RFC 8899.

Routers should say when a packet is too large (RFC 1191), but some filter drops what they say, and then large segments
vanish without a word: a black hole. When a full segment was sent again and again in vain, segments become smaller; once
these get through, one segment at a time is made larger, to find what does pass. The search begins nowhere but in a
black hole, so an ordinary connection pays for it by looking at one attribute.
"""

from __future__ import annotations

from typing import Final

from michinori.sim import Nanos
from michinori.tcp.config import IPV4_AND_TCP_HEADERS, IPV6_AND_TCP_HEADERS
from michinori.tcp.lifecycle import fit_mss
from michinori.tcp.recovery import Phase
from michinori.tcp.segments import send_text
from michinori.tcp.states import State
from michinori.tcp.tcb import Tcb

#: Where RFC 4821 section 7.2 begins, and half of it for paths that are narrower still.
_SMALLER: Final = (1024, 512)
#: The search ends when what passes and what does not are so close (as in Linux).
_CLOSE_ENOUGH: Final = 8
#: A path can become better: look again then (RFC 4821 section 7.3, RFC 8899 section 5.1.1).
_AGAIN_NS: Final = 600 * 1_000_000_000
#: So many times longer than after any probe that was lost, where only a time-out has shown it (section 7.6.3).
_AFTER_TIME_OUT: Final = 5
#: Segments that must follow a probe, so that its loss is found by what they bring back.
_FOLLOWERS: Final = 4


class PathSearch:
    """Between what is known to pass and what is known to vanish; sizes as of an MSS."""

    __slots__ = ("again_ns", "end", "high", "is_spared", "low", "most", "not_before_ns", "size", "start")

    def __init__(self, low: int, most: int) -> None:
        self.low = low
        self.high = self.most = most
        """The smallest that is thought to vanish, and what the interface takes."""
        self.size = 0
        self.start = self.end = 0
        """The positions that the probe under way covers; 0 when there is none."""
        self.is_spared = False
        """It is lost, and the window is as before, as long as nothing behind it turns out to be lost too."""
        self.not_before_ns: Nanos = 0
        """When the next may be sent."""
        self.again_ns: Nanos = 0
        """When the next search begins; 0 while there is one."""

    def next_size(self, now: Nanos) -> int:
        """What to try next; 0 while there is nothing to try."""
        if now < max(self.again_ns, self.not_before_ns):
            return 0
        if self.again_ns:
            self.again_ns, self.high = 0, self.most + 1
        if self.high - self.low < _CLOSE_ENOUGH:
            self.again_ns = now + _AGAIN_NS
            return 0
        return (self.low + self.high) // 2


def look_for_black_hole(tcb: Tcb) -> None:
    """Before a retransmission time-out does its work: if full segments seem to vanish, make them smaller."""
    snd, config = tcb.snd, tcb.config
    if not config.black_hole_detection or snd.retries + 1 < config.retries_before_doubt or not 0 < snd.una < snd.nxt:
        return
    in_use = min(snd.peer_mss, tcb.path_mss)
    smaller = next((mss for mss in _SMALLER if mss < in_use), 0)
    options = in_use - snd.mss
    if not smaller or min(snd.mss, snd.buffer.end - snd.una) <= smaller - options:
        return  # what goes unanswered is small: it is not for its size
    most = tcb.path_mss if tcb.path_search is None else tcb.path_search.most
    tcb.path_mss = smaller
    tcb.path_search = PathSearch(smaller, most)
    if tcb.watch is not None:
        tcb.watch.tell("black-hole", mss=smaller, before=most, retries=snd.retries + 1)
    fit_mss(tcb)


def packet_octets(tcb: Tcb, mss: int) -> int:
    """The packet that carries a segment of that size."""
    return mss + (IPV4_AND_TCP_HEADERS if len(tcb.local[0]) == 4 else IPV6_AND_TCP_HEADERS)


def probe_path(tcb: Tcb, search: PathSearch, now: Nanos) -> bool:
    """Before anything new is sent: see what has become of the probe under way, or send the next. Says whether to hold
    back, until the congestion window has room for a segment that is larger than the others.
    """
    if search.end:
        _judge(tcb, search, now)
        return False
    snd, recovery, cwnd = tcb.snd, tcb.recovery, tcb.congestion.cwnd
    if not recovery.calm or tcb.state not in (State.ESTABLISHED, State.CLOSE_WAIT) or snd.up > snd.nxt:
        return False
    size = search.next_size(now)
    text = min(size, snd.peer_mss) - (min(snd.peer_mss, tcb.path_mss) - snd.mss)
    ahead = text + _FOLLOWERS * snd.mss
    if not size or text <= snd.mss or min(snd.buffer.end, snd.una + snd.wnd) - snd.nxt < ahead or cwnd < ahead:
        return False
    if snd.una + cwnd - snd.nxt < text:
        return True
    before, snd.mss = snd.mss, text  # one segment is cut to another size
    end = send_text(tcb, snd.nxt, snd.nxt + text, now)
    snd.mss = before
    search.size, search.start, search.end = size, snd.nxt, end
    snd.nxt = end
    snd.max = max(snd.max, end)
    tcb.flight.sent(end, now)
    if tcb.watch is not None:
        tcb.watch.tell("path-probe", mtu=packet_octets(tcb, size), rel_seq=search.start)
    return False


def _judge(tcb: Tcb, search: PathSearch, now: Nanos) -> None:
    """What has become of the probe under way, as far as it is known by now."""
    snd, recovery = tcb.snd, tcb.recovery
    if search.is_spared:
        _watch_over_the_rest(tcb, search, now)
    elif snd.una >= search.end:
        search.low = tcb.path_mss = search.size
        search.start = search.end = 0
        fit_mss(tcb)
        if tcb.watch is not None:
            tcb.watch.tell("path-mtu", mtu=packet_octets(tcb, search.size), mss=snd.mss, why="probe")
    elif recovery.phase is Phase.FAST and snd.una == search.start and not _others_are_lost(tcb, search):
        # Lost for its size and not for want of room: the window is to stay (section 7.6.2).
        search.high = search.size
        search.is_spared = True
        search.not_before_ns = now + _between_losses_ns(tcb)
        tcb.congestion.undo(snd.nxt - snd.una, 0)
        if tcb.watch is not None:
            tcb.watch.window("undo")
    elif recovery.phase is not Phase.OPEN:
        if recovery.phase is Phase.LOSS and snd.una == search.start:
            search.high = search.size
            search.not_before_ns = now + _AFTER_TIME_OUT * _between_losses_ns(tcb)
        # Otherwise something else was lost too: nothing is known of the probe, so it is tried again (section 7.6.4).
        search.start = search.end = 0


def _watch_over_the_rest(tcb: Tcb, search: PathSearch, now: Nanos) -> None:
    """Until the recovery is over that the loss of the probe has begun: any other loss cuts the window (section 4)."""
    snd, recovery, congestion = tcb.snd, tcb.recovery, tcb.congestion
    if recovery.phase is Phase.FAST:
        if not _others_are_lost(tcb, search):
            return
        congestion.lost(min(snd.nxt - snd.una, congestion.cwnd), now)
        tcb.window_was_cut()
        if tcb.watch is not None:
            tcb.watch.window("loss")
    search.is_spared = False
    search.start = search.end = 0


def _others_are_lost(tcb: Tcb, search: PathSearch) -> bool:
    """Whether more than the probe is lost in this fast recovery, which began with the probe."""
    snd, recovery = tcb.snd, tcb.recovery
    if not recovery.sack:
        return search.end <= snd.una < recovery.recover  # a partial acknowledgment
    return bool(recovery.scoreboard.gaps(max(search.end, snd.una), recovery.lost_to))


def _between_losses_ns(tcb: Tcb) -> Nanos:
    """How far losses usually lie apart: until a window that one has halved is as large again, with a segment more each
    round trip. Probes that are lost are no more frequent (sections 4 and 7.6.2).
    """
    return tcb.rtt.srtt_ns * max(tcb.congestion.cwnd // tcb.snd.mss // 2, 1)
