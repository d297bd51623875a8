"""What a packet looks like in words, whether one is what a script wants, and how a difference is shown."""

from __future__ import annotations

from michinori.sim import Nanos
from michinori.testing.packetscript import option_octets
from michinori.testing.packetscript.remote import Sent
from michinori.testing.packetscript.script import ECN, IcmpPacket, Option, TcpPacket, UdpPacket, flag_letters
from michinori.wire.tcp import ACK

_ECN_NAMES = {number: name for name, number in ECN.items()}
_SEEN_LINES = 12

#: A part of what is wanted, the same part of what was sent, and whether that is well.
Row = tuple[str, str, bool]


class Mismatch(AssertionError):
    """What happened is not what the script wants; the text shows both side by side."""


def seconds(time_ns: Nanos) -> str:
    """An instant as scripts write it: seconds, to the microsecond where needed."""
    text = f"{time_ns / 1e9:.6f}"
    return text.rstrip("0").ljust(text.index(".") + 4, "0")


def differences(wanted: TcpPacket | UdpPacket | IcmpPacket, got: Sent, *, ignored_flags: int = 0) -> list[Row]:
    """Part by part what is wanted, what was sent, and whether that is well. What the script leaves open is shown as it
    was sent.
    """
    if isinstance(wanted, TcpPacket) and got.kind == "tcp":
        return _tcp_differences(wanted, got, ~ignored_flags)
    if isinstance(wanted, UdpPacket) and got.kind == "udp":
        return [*_mark_differences(wanted, got), _part(f"udp ({wanted.length})", f"udp ({len(got.payload)})")]
    return [_part(wanted_text(wanted), got_text(got))]


def _tcp_differences(wanted: TcpPacket, got: Sent, looked_at: int) -> list[Row]:
    parts = _mark_differences(wanted, got)
    if wanted.ports is not None:
        parts.append(_part("{} > {}".format(*wanted.ports), "{} > {}".format(*got.ports)))
    parts.append(_part(flag_letters(wanted.flags & looked_at), flag_letters(got.flags & looked_at)))
    parts.append(_part(_range(wanted.seq, wanted.length), _range(got.seq, len(got.payload))))
    if wanted.ack is not None or got.flags & ACK:
        # A script may leave the number away where there is no ACK flag, as in a plain SYN.
        parts.append(_part(f"ack {wanted.ack or 0}", f"ack {got.ack}"))
    if wanted.window is not None:
        parts.append(_part(f"win {wanted.window}", f"win {got.window}"))
    if wanted.urgent or got.urgent:
        parts.append(_part(f"urg {wanted.urgent}", f"urg {got.urgent}"))
    if wanted.options is not None:
        shown = option_octets.text(wanted.options), option_octets.text(got.options)
        parts.append((*shown, _options_fit(wanted.options, got.options)))
    return parts


def _options_fit(wanted: tuple[Option, ...], got: tuple[Option, ...]) -> bool:
    ours, theirs = option_octets.without_filling(wanted), option_octets.without_filling(got)
    if len(ours) != len(theirs):
        return False
    for one, other in zip(ours, theirs, strict=True):
        any_cookie = one[0] == other[0] and one[1] == (None,) and other[1][0]
        if one != other and not any_cookie:
            return False
    return True


def _mark_differences(wanted: TcpPacket | UdpPacket, got: Sent) -> list[Row]:
    parts: list[Row] = []
    marks = wanted.marks
    if marks.ecn is not None:
        names = "ect01" if len(marks.ecn) > 1 else _ECN_NAMES[min(marks.ecn)]
        parts.append((f"[{names}]", f"[{_ECN_NAMES[got.tos & 3]}]", got.tos & 3 in marks.ecn))
    if marks.tos is not None:
        parts.append(_part(f"[tos {marks.tos:#x}]", f"[tos {got.tos:#x}]"))
    if marks.ttl is not None:
        parts.append(_part(f"[ttl {marks.ttl}]", f"[ttl {got.ttl}]"))
    return parts


def _part(wanted: str, got: str) -> Row:
    return wanted, got, wanted == got


def _range(seq: int, length: int) -> str:
    return f"{seq}:{(seq + length) & 0xFFFF_FFFF}({length})"


def wanted_text(packet: TcpPacket | UdpPacket | IcmpPacket) -> str:
    """A packet of the script in words."""
    if isinstance(packet, UdpPacket):
        return f"udp ({packet.length})"
    if isinstance(packet, IcmpPacket):
        return f"icmp type {packet.type} code {packet.code}"
    parts = [flag_letters(packet.flags), _range(packet.seq, packet.length)]
    if packet.ack is not None:
        parts.append(f"ack {packet.ack}")
    if packet.window is not None:
        parts.append(f"win {packet.window}")
    if packet.options:
        parts.append(option_octets.text(packet.options))
    return " ".join(parts)


def got_text(sent: Sent) -> str:
    """A packet that was sent, in words."""
    if sent.kind == "udp":
        return f"udp ({len(sent.payload)})"
    if sent.kind != "tcp":
        return sent.text
    parts = [flag_letters(sent.flags), _range(sent.seq, len(sent.payload))]
    if sent.flags & ACK:
        parts.append(f"ack {sent.ack}")
    parts.append(f"win {sent.window}")
    if sent.urgent:
        parts.append(f"urg {sent.urgent}")
    if sent.options:
        parts.append(option_octets.text(sent.options))
    return " ".join(parts)


def columns(rows: list[Row]) -> str:
    """Wanted and got side by side, with a row of marks under the parts that differ."""
    left, right, left_marks, right_marks = [], [], [], []
    for wanted, got, well in rows:
        left.append(wanted)
        right.append(got)
        left_marks.append((" " if well else "^") * len(wanted))
        right_marks.append((" " if well else "^") * len(got))
    pairs = [
        ("wanted", "got"),
        (_joined(left), _joined(right)),
        (_joined(left_marks), _joined(right_marks)),
    ]
    width = max(len(pair[0]) for pair in pairs)
    return "\n".join(f"  {one:{width}} | {other}".rstrip() for one, other in pairs)


def _joined(parts: list[str]) -> str:
    return " ".join(part for part in parts if part).rstrip()


def told(head: str, rows: list[Row], seen: list[str], waiting: list[str]) -> Mismatch:
    """The whole message: where and why, both columns, what went before and what else was sent."""
    lines = [head, columns(rows)]
    for title, entries in (("before that:", seen[-_SEEN_LINES:]), ("sent too:", waiting[:_SEEN_LINES])):
        if entries:
            lines += [f"  {title}", *(f"    {entry}" for entry in entries)]
    return Mismatch("\n".join(lines))
