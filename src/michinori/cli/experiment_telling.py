"""An experiment on the terminal: step by step, with the calls, the packets and the sockets that prove it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from michinori.cli.experiment_words import say
from michinori.cli.language import Language
from michinori.cli.lines import Lines, columns, pad
from michinori.cli.wrapping import wrapped
from michinori.experiment.telling import Calls, Listing, Packets, Part, Remark
from michinori.report.text import visible
from michinori.world.units import show_duration

if TYPE_CHECKING:
    from michinori.experiment import Performed
    from michinori.experiment.calls import Made
    from michinori.experiment.packets import Packet
    from michinori.experiment.sockets import Row

_INDENT: Final = "  "
_SIGNS: Final = {"fact": ("", ""), "result": ("⇒ ", "bold green"), "slip": ("⇒ ", "bold yellow")}
_HOST_WIDTHS: Final[dict[Language, int]] = {"ja": 13, "en": 7}
#: A terminal with fewer columns gets the short form of packets, calls and listings.
_WIDE: Final = 72


def tell(done: Performed, language: Language, out: Lines) -> None:
    """Print it."""
    experiment = done.experiment
    out.line((f"{experiment.row}  {experiment.title[language]}", "bold"))
    way = say(f"way-{done.ground.via}", language, seed=done.seed, took=show_duration(done.ground.now_ns))
    _say(out, way, "dim")
    if not done.ground.captures:
        _say(out, say("no-packets", language), "dim")
    for step in done.told.steps:
        out.line("")
        for line in wrapped(step.title[language], out.width):
            out.line((line, "bold cyan"))
        for part in step.parts:
            _tell_part(part, language, out)


def _tell_part(part: Part, language: Language, out: Lines) -> None:
    if isinstance(part, Remark):
        sign, style = _SIGNS[part.kind]
        _say(out, visible(part.sentence.tell(language)), style, sign)
    elif isinstance(part, Packets):
        _tell_packets(part, language, out)
    elif isinstance(part, Calls):
        _tell_calls(part, language, out)
    else:
        _tell_listing(part, language, out)


def _say(out: Lines, sentence: str, style: str = "", sign: str = "") -> None:
    head = _INDENT + sign
    for line in wrapped(sentence, out.width - columns(head)):
        out.line((head + line, style))
        head = " " * columns(head)


# -- Packets


def _tell_packets(part: Packets, language: Language, out: Lines) -> None:
    legend = say("packets", language, capture=f"{part.capture}.pcapng")
    _say(out, legend, "dim")
    for packet in part.packets:
        lost = bool(packet.dropped)
        number, when = f"#{packet.number}", f"{packet.t / 1e6:,.3f}"
        if out.width >= _WIDE:
            head = f"{_INDENT}{_INDENT}{number:>5} {when:>12} ms  "
        else:
            head = f" {number:>4} {packet.t / 1e6:.1f} "
        arrow = "→ " if packet.to_server else "← "
        words = _words(packet, language, wide=out.width >= _WIDE)
        _hang(out, head, arrow, words, "red" if lost else _style(packet))


def _words(packet: Packet, language: Language, *, wide: bool) -> list[str]:
    words = []
    if packet.kind == "udp":
        words.append(_wide(f"UDP {_octets(packet, language)}", 24, wide=wide))
    else:
        numbers = f"seq {packet.seq}" + ("" if packet.ack is None else f" ack {packet.ack}")
        words.append(_wide(packet.flags, 8, wide=wide))
        words.append(_wide(numbers, 16, wide=wide))
        words.append(_octets(packet, language))
    if packet.text:
        words.append(f"「{packet.text}」")
    if packet.sack:
        words.append("SACK " + " ".join(f"{start}–{end - 1}" for start, end in packet.sack))
    if packet.dropped:
        words.append(f"✗ {packet.dropped}")
    return [word for word in words if word.strip()]


def _octets(packet: Packet, language: Language) -> str:
    return _count(packet.length, language) if packet.length else ""


def _count(octets: int, language: Language) -> str:
    return say("octet", language) if octets == 1 else say("octets", language, octets=f"{octets:,}")


def _style(packet: Packet) -> str:
    if packet.has("RST"):
        return "red"
    if packet.has("FIN"):
        return "yellow"
    return "cyan" if packet.has("SYN") else ""


def _wide(text: str, width: int, *, wide: bool) -> str:
    return pad(text, width) if wide else text


def _hang(out: Lines, head: str, sign: str, words: list[str], style: str, under: int = 0) -> None:
    """Words behind a head; those that do not fit go on under the first, or ``under`` columns in."""
    under = under or columns(head + sign)
    line = ""
    for word in words:
        longer = f"{line} {word}" if line else word
        if line and columns(head + sign + longer.rstrip()) > out.width:
            out.line((head, "dim"), (sign + line.rstrip(), style))
            head, sign, line = " " * under, "", word
        else:
            line = longer
    out.line((head, "dim"), (sign + line.rstrip(), style))


# -- Calls


def _tell_calls(part: Calls, language: Language, out: Lines) -> None:
    for made in part.made:
        wide = out.width >= _WIDE
        host = say(f"host-{made.host.partition('_')[0]}", language)
        head = f"{_INDENT}{_INDENT}{pad(host, _HOST_WIDTHS[language])}" if wide else f"{_INDENT}{host} "
        waited = (
            say("waited", language, waited=show_duration(made.waited_ns))
            if made.waited_ns
            else say("at-once", language)
        )
        words = [_wide(_call(made), 26, wide=wide), _wide(waited, 14, wide=wide), _outcome(made, language)]
        under = 0 if wide else 2 * len(_INDENT)
        _hang(out, head, "", [word for word in words if word], "red" if made.error else "", under)


def _call(made: Made) -> str:
    shown = made.arguments.get("address", made.arguments.get("limit", made.arguments.get("backlog", "")))
    if made.call == "send" and "octets" in made.arguments:
        shown = f"{made.arguments['octets']:,}"
    return f"{made.call}({shown})"


def _outcome(made: Made, language: Language) -> str:
    if made.error:
        return f"✗ {made.error}"
    if made.octets is not None:
        return "→ " + (_count(made.octets, language) if made.octets else "b''")
    return ""


# -- Sockets


def _tell_listing(part: Listing, language: Language, out: Lines) -> None:
    host = say(f"host-{part.host}", language)
    _say(out, say("sockets", language, host=host, when=f"{part.t / 1e6:,.3f} ms"), "dim")
    if not part.rows:
        out.line((f"{_INDENT}{_INDENT}{say('none', language)}", ""))
    elif out.width >= _WIDE:
        _tell_table(part.rows, out)
    else:
        for row in part.rows:
            _hang(
                out, 2 * _INDENT, "", [row.state, f"{row.recv_q}/{_queue(row)}", row.local, row.remote, _timer(row)], ""
            )


def _tell_table(rows: list[Row], out: Lines) -> None:
    table = [("State", "Recv-Q", "Send-Q", "Local", "Peer", "")]
    table += [(row.state, str(row.recv_q), _queue(row), row.local, row.remote, _timer(row)) for row in rows]
    widths = [max(len(line[column]) for line in table) for column in range(len(table[0]))]
    for index, line in enumerate(table):
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        out.line((f"{_INDENT}{_INDENT}{' '.join(cells)}".rstrip(), "" if index else "dim"))


def _queue(row: Row) -> str:
    return "-" if row.send_q is None else str(row.send_q)


def _timer(row: Row) -> str:
    return "" if row.time_wait_ns is None else show_duration(row.time_wait_ns)
