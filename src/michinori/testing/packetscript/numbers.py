"""What the numbers of one connection in a script are on the wire, and the other way."""

from __future__ import annotations

from typing import Final

from michinori.wire.sequence import MASK, add

Endpoint = tuple[bytes, int]

#: The remote end's initial sequence number: after it the numbers soon wrap, so that who compares them wrongly is found.
REMOTE_ISN: Final = 0xFFFF_FFFA


class Numbers:
    """One pair of ends. A script counts from both initial sequence numbers; the host's is learned from its SYN. The
    number that stands on a SYN is the initial one as the script calls it; all others count from there, as packetdrill
    has it.

    Before that it counts as 0: a RST that repeats the number of a stray acknowledgment then repeats the script's.
    """

    def __init__(self, local: Endpoint, remote: Endpoint, cookie: bytes = b"") -> None:
        self.local = local
        self.remote = remote
        self.local_isn: int | None = None
        self.local_name = 0
        """What the script calls it: the number on the host's SYN."""
        self._remote_syn: int | None = None
        self._origin = 0
        """The number of that SYN of the remote's that the connection began with."""
        self.spoke_after_syn = False
        """Whether the remote has sent something else than a SYN."""
        self._has_answered = False
        self._is_settled = False
        self.cookie = cookie
        """The Fast Open cookie that the host hands out to the remote."""
        self.largest_segment = 536
        """What the remote said it takes in one segment (RFC 9293 section 3.7.1)."""
        self.written = bytearray()
        """All that the application wrote."""
        self.read_octets = 0
        self._renewed = True
        self._stamps: dict[int, int] = {}
        self._stamp_offset: int | None = None

    # What the host sends

    def host_sent_syn(self, seq: int) -> None:
        """A SYN of the host: the first of a connection tells its initial sequence number, and one that answers another
        accepts that.
        """
        if self._remote_syn is not None:
            self._origin = self._remote_syn
        if self._renewed:
            self.local_isn = seq
            self._renewed = False

    def local_to_script(self, number: int) -> int:
        """A sequence number of the host's."""
        return add(number, -(self.local_isn or 0))

    def remote_to_script(self, number: int, *, on_syn: bool = False) -> int:
        """A number of the remote's, as the host acknowledges it."""
        return add(number, -REMOTE_ISN if on_syn else -REMOTE_ISN - self._origin)

    def stamp_to_script(self, stamp: int, wanted: int) -> int:
        """The host's time stamp in the script's count, which the first one sets."""
        if self._stamp_offset is None:
            self._stamp_offset = add(stamp, -wanted)
        return add(stamp, -self._stamp_offset)

    def learn_stamp(self, wanted: int, stamp: int) -> None:
        """The script calls this time stamp of the host so."""
        self._stamps[wanted] = stamp

    # What the remote sends

    def remote_sends_syn(self, seq: int) -> None:
        """A SYN without ACK from the remote; with another number than before it begins a new connection."""
        if seq != self._remote_syn:
            self.renew()
        self._remote_syn = seq

    def remote_answers(self, seq: int) -> None:
        """A SYN with ACK from the remote: that to which something else follows begins its side of the connection."""
        self._has_answered = True
        if not self._is_settled and self._remote_syn is None:
            self._origin = seq

    def remote_speaks(self) -> None:
        """Something else than a SYN from the remote."""
        self.spoke_after_syn = True
        self._is_settled = self._has_answered

    def renew(self) -> None:
        """The next SYN of the host begins a new connection between these ends."""
        self._renewed = True
        self.local_name = 0
        self.written.clear()
        self.read_octets = 0

    def seq_to_host(self, number: int, *, on_syn: bool = False) -> int:
        """A sequence number of the remote's."""
        return add(REMOTE_ISN, number if on_syn else number + self._origin)

    def position(self, number: int, *, on_syn: bool) -> int:
        """Where in its stream the text behind that number stands: it begins behind the SYN."""
        return 0 if on_syn else number - 1

    def ack_to_host(self, number: int, *, on_syn: bool = False) -> int:
        """A number of the host's, as the remote acknowledges it."""
        return add(self.local_isn or 0, number - self.local_name if on_syn else number)

    def echo_to_host(self, echo: int) -> int:
        """The host's time stamp that the script calls so."""
        known = self._stamps.get(echo)
        if known is not None:
            return known
        if not echo or self._stamp_offset is None:
            return echo
        return add(echo, self._stamp_offset) & MASK


def pattern(start: int, length: int) -> bytes:
    """Text that tells where in its stream it stands: ``length`` octets from that position on."""
    first = start % 251
    return (_PERIOD * ((first + length) // 251 + 1))[first : first + length]


_PERIOD: Final = bytes(range(251))
