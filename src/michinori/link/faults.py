"""What can befall a frame on its way: rules that give a verdict; the first that is not Pass wins.

A rule is a frozen value that can be written as text and read back::

    loss 5%              loss 5% burst=4           drop nth=3,4 carrying=udp
    corrupt 1e-3         corrupt ber=1e-6          duplicate 1% after=2ms
    reorder 2% 5ms       delay 10ms from=1s        jitter 5ms until=3s
    mark 1%              (congestion experienced, RFC 3168)
    corrupt 1% fcs=right

The number or percentage is the share of frames that are struck. Conditions behind it narrow down which frames the rule
looks at: ``from`` and ``until`` (the instant at which the frame leaves), ``carrying`` (``arp ip icmp tcp udp``),
``longer`` (octets), and among those ``nth`` (counted from 1, for each direction by itself) and ``every``.
"""

from __future__ import annotations

import re
from math import log1p
from typing import ClassVar, Final, TypeAlias

import msgspec

from michinori.link.verdicts import Corrupt, Delay, Drop, Duplicate, Mark, Pass, Verdict
from michinori.sim import Nanos, Stream
from michinori.wire import ethernet, protocols

# -- Which frames ------------------------------------------------------------------------------------------------------

_CARRIED: Final = {
    "icmp": protocols.PROTOCOL_ICMP,
    "tcp": protocols.PROTOCOL_TCP,
    "udp": protocols.PROTOCOL_UDP,
}
_KINDS_OF_LOAD: Final = ("arp", "ip", *_CARRIED)


class Condition(msgspec.Struct, frozen=True):
    """Which frames a rule looks at, and which of those, counted, it strikes."""

    from_ns: Nanos = 0
    until_ns: Nanos | None = None
    carrying: str = ""
    longer: int = 0
    nth: tuple[tuple[int, int], ...] = ()
    every: int = 0

    def covers(self, frame: bytes, leaves_ns: Nanos) -> bool:
        """Whether the rule looks at this frame."""
        if leaves_ns < self.from_ns or (self.until_ns is not None and leaves_ns >= self.until_ns):
            return False
        return len(frame) > self.longer and (not self.carrying or _carries(frame, self.carrying))

    def picks(self, count: int) -> bool:
        """Whether the frame of that count, from 1, among those looked at, is meant."""
        if self.nth and not any(first <= count <= last for first, last in self.nth):
            return False
        return not self.every or count % self.every == 0

    def describe(self) -> str:
        """As text that ``parse_fault`` reads."""
        words = []
        if self.nth:
            words.append("nth=" + ",".join(f"{a}" if a == b else f"{a}-{b}" for a, b in self.nth))
        if self.every:
            words.append(f"every={self.every}")
        if self.from_ns:
            words.append(f"from={_time_text(self.from_ns)}")
        if self.until_ns is not None:
            words.append(f"until={_time_text(self.until_ns)}")
        if self.carrying:
            words.append(f"carrying={self.carrying}")
        if self.longer:
            words.append(f"longer={self.longer}")
        return "".join(" " + word for word in words)


def _carries(frame: bytes, load: str) -> bool:
    ethertype = int.from_bytes(frame[12:14], "big")
    if load == "arp":
        return ethertype == ethernet.ETHERTYPE_ARP
    if ethertype == ethernet.ETHERTYPE_IPV4:
        return load == "ip" or frame[23:24] == bytes((_CARRIED[load],))
    if ethertype == ethernet.ETHERTYPE_IPV6:
        return load == "ip" or frame[20:21] == bytes((_CARRIED[load],))
    return False


# -- Rules -------------------------------------------------------------------------------------------------------------

_ALWAYS: Final = Condition()


class _Rule(msgspec.Struct, frozen=True):
    """What all rules share; the kinds below say what befalls the share of frames that they strike."""

    word: ClassVar[str] = ""

    share: float = 1.0
    when: Condition = _ALWAYS

    def describe(self) -> str:
        """As text; ``parse_fault`` gives the same rule back."""
        share = "" if self.share == 1.0 else f" {_share_text(self.share)}"
        return f"{self.word}{share}{self._details()}{self.when.describe()}"

    def _details(self) -> str:
        return ""


class LossRule(_Rule, frozen=True):
    """Frames are lost; one by one, or in bursts of that mean length (Gilbert's model, 1960)."""

    word: ClassVar[str] = "loss"

    burst: float = 1.0

    def strike(self, frame: bytes, dice: Stream) -> Verdict:  # noqa: ARG002
        return Drop()

    def _details(self) -> str:
        return "" if self.burst == 1.0 else f" burst={self.burst:g}"


class CorruptRule(_Rule, frozen=True):
    """Bits are turned over: one bit of a share of the frames, or each bit with the probability ``ber``."""

    word: ClassVar[str] = "corrupt"

    ber: float = 0.0
    fcs_is_right: bool = False
    """``fcs=right``: as in the memory of a switch, which sends what it has with a check sequence made anew. Only the
    sums of the layers above can tell."""

    def strike(self, frame: bytes, dice: Stream) -> Verdict:
        size = (len(frame) + 4) * 8
        if not self.ber:
            return self._verdict((dice.randrange(size),))
        # The distance from one wrong bit to the next is geometric, so the dice are rolled once a wrong bit.
        bits = []
        bit = -1
        while (bit := bit + 1 + int(log1p(-dice.random()) / log1p(-self.ber))) < size:
            bits.append(bit)
        return self._verdict(tuple(bits)) if bits else Pass

    def _verdict(self, bits: tuple[int, ...]) -> Verdict:
        return Corrupt(bits, not self.fcs_is_right)

    def _details(self) -> str:
        return (f" ber={self.ber:g}" if self.ber else "") + (" fcs=right" if self.fcs_is_right else "")


class DuplicateRule(_Rule, frozen=True):
    """Frames come twice."""

    word: ClassVar[str] = "duplicate"

    after_ns: Nanos = 0

    def strike(self, frame: bytes, dice: Stream) -> Verdict:  # noqa: ARG002
        return Duplicate(self.after_ns)

    def _details(self) -> str:
        return f" after={_time_text(self.after_ns)}" if self.after_ns else ""


class MarkRule(_Rule, frozen=True):
    """Packets are marked as if they had met a queue that is about to be full."""

    word: ClassVar[str] = "mark"

    def strike(self, frame: bytes, dice: Stream) -> Verdict:  # noqa: ARG002
        return Mark()


class DelayRule(_Rule, frozen=True):
    """Frames come later by that time, or by anything up to it; those behind overtake them."""

    word: ClassVar[str] = "delay"

    by_ns: Nanos = 0
    uniform: bool = False

    def strike(self, frame: bytes, dice: Stream) -> Verdict:  # noqa: ARG002
        return Delay(dice.randrange(self.by_ns + 1) if self.uniform else self.by_ns)

    def describe(self) -> str:
        word = "jitter" if self.uniform else "delay"
        share = "" if self.share == 1.0 else f" {_share_text(self.share)}"
        return f"{word}{share} {_time_text(self.by_ns)}{self.when.describe()}"


#: A rule that faults are made of; ``strike`` gives what befalls a frame that is struck.
Rule: TypeAlias = LossRule | CorruptRule | DuplicateRule | MarkRule | DelayRule


class ArmedRule:
    """A rule at one end of a cable, with what it must remember there."""

    __slots__ = ("_bursting", "_count", "rule")

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self._count = 0
        self._bursting = False

    def __call__(self, frame: bytes, leaves_ns: Nanos, dice: Stream) -> Verdict:
        rule = self.rule
        if rule.when is not _ALWAYS:
            if not rule.when.covers(frame, leaves_ns):
                return Pass
            self._count += 1
            if not rule.when.picks(self._count):
                return Pass
        return rule.strike(frame, dice) if self._is_struck(dice) else Pass

    def _is_struck(self, dice: Stream) -> bool:
        share = self.rule.share
        if share >= 1.0 or share <= 0.0:
            return share > 0.0
        burst = self.rule.burst if isinstance(self.rule, LossRule) else 1.0
        if burst == 1.0:
            return dice.random() < share
        leave = 1.0 / burst
        self._bursting = dice.random() < (1.0 - leave if self._bursting else leave * share / (1.0 - share))
        return self._bursting


# -- Text --------------------------------------------------------------------------------------------------------------

_UNITS_NS: Final = {"ns": 1, "us": 1_000, "ms": 1_000_000, "s": 1_000_000_000}
#: Nearly three hundred years: what a trace can still write down.
_LONGEST_NS: Final = 1 << 63
_TIME: Final = re.compile(r"(\d+(?:\.\d+)?)(ns|us|ms|s)")
_NTH: Final = re.compile(r"(\d+)(?:-(\d+))?")
_WORDS: Final = ("loss", "drop", "corrupt", "duplicate", "reorder", "delay", "jitter", "mark")
_CONDITIONS: Final = ("nth", "every", "from", "until", "carrying", "longer")
_EXTRAS: Final = {"loss": ("burst",), "drop": ("burst",), "corrupt": ("ber", "fcs"), "duplicate": ("after",)}


def parse_fault(text: str, besides: tuple[str, ...] = ()) -> Rule:
    """The rule that the text describes (see the head of this module). Raises ``ValueError`` that says what is wrong and
    what could stand there; ``besides``: words with which a rule may begin that the caller reads itself.
    """
    words = text.split()
    try:
        if not words or words[0] not in _WORDS:
            raise ValueError(f"it begins with one of {', '.join((*besides, *_WORDS))}")
        return _parse(words)
    except ValueError as error:
        raise ValueError(f"fault rule {text!r}: {error}") from None


def _parse(words: list[str]) -> Rule:
    kind = words[0]
    plain = [word for word in words[1:] if "=" not in word]
    named: dict[str, str] = {}
    for key, _, value in (word.partition("=") for word in words[1:] if "=" in word):
        allowed = (*_EXTRAS.get(kind, ()), *_CONDITIONS)
        if key not in allowed or key in named:
            raise ValueError(f"{key}= is there twice" if key in named else f"{key}= is none of {', '.join(allowed)}")
        named[key] = value
    is_timed = kind in ("reorder", "delay", "jitter")
    share = _parse_share(plain.pop(0)) if len(plain) > is_timed else 1.0
    if is_timed:
        if len(plain) != 1 or not _TIME.fullmatch(plain[0]):
            raise ValueError(f"{kind} takes one time, such as 5ms")
        by_ns = _parse_time(plain.pop())
        return DelayRule(share, _parse_condition(named), by_ns, kind == "jitter")
    if plain:
        raise ValueError(f"{plain[0]!r} is too much")
    when = _parse_condition(named)
    if kind == "corrupt":
        if named.get("fcs", "right") != "right":
            raise ValueError(f"fcs= takes right, for damage that it does not show, not {named['fcs']!r}")
        ber = _parse_share(named["ber"], below=1.0) if "ber" in named else 0.0
        return CorruptRule(share, when, ber, "fcs" in named)
    if kind == "mark":
        return MarkRule(share, when)
    if kind == "duplicate":
        return DuplicateRule(share, when, _parse_time(named.get("after", "0s")))
    return LossRule(share, when, _parse_burst(named.get("burst", "1"), share))


def _parse_condition(named: dict[str, str]) -> Condition:
    carrying = named.get("carrying", "")
    if carrying and carrying not in _KINDS_OF_LOAD:
        raise ValueError(f"carrying= is one of {', '.join(_KINDS_OF_LOAD)}, not {carrying!r}")
    condition = Condition(
        from_ns=_parse_time(named.get("from", "0s")),
        until_ns=_parse_time(named["until"]) if "until" in named else None,
        carrying=carrying,
        longer=_parse_count("longer", named.get("longer", "0")),
        nth=_parse_nth(named["nth"]) if "nth" in named else (),
        every=_parse_count("every", named.get("every", "0")),
    )
    if condition.until_ns is not None and condition.until_ns <= condition.from_ns:
        raise ValueError("it ends before it begins")
    return _ALWAYS if condition == _ALWAYS else condition


def _parse_share(text: str, below: float | None = None) -> float:
    try:
        share = float(text[:-1]) / 100 if text.endswith("%") else float(text)
    except ValueError:
        raise ValueError(f"{text!r} is no share of the frames, such as 5% or 0.05") from None
    if not 0.0 <= share <= 1.0 or (below is not None and share >= below):
        raise ValueError(f"{text} is not between 0 and 100%")
    return share


def _parse_time(text: str) -> Nanos:
    match = _TIME.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no time, such as 5ms, 20us or 1.5s")
    nanos = float(match[1]) * _UNITS_NS[match[2]]
    if nanos > _LONGEST_NS:
        raise ValueError(f"{text!r} is too large")
    return round(nanos)


def _parse_nth(text: str) -> tuple[tuple[int, int], ...]:
    ranges = []
    for part in text.split(","):
        match = _NTH.fullmatch(part)
        if match is None or not 1 <= int(match[1]) <= int(match[2] or match[1]):
            raise ValueError(f"nth= counts frames from 1, such as 3,4 or 7-9, not {part!r}")
        ranges.append((int(match[1]), int(match[2] or match[1])))
    return tuple(ranges)


def _parse_count(name: str, text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise ValueError(f"{name}= takes a whole number, not {text!r}")
    return int(text)


def _parse_burst(text: str, share: float) -> float:
    try:
        burst = float(text)
    except ValueError:
        burst = 0.0
    if not 1.0 <= burst < float("inf"):
        raise ValueError(f"burst= takes the mean number of frames lost at a time, 1 or more, not {text!r}")
    if burst > 1.0 and share * (burst + 1) > burst:
        raise ValueError(f"with bursts of {burst:g} at most {burst / (burst + 1):.3g} can be lost")
    return burst


def _share_text(share: float) -> str:
    percent = f"{share * 100:.10g}%"
    return percent if float(percent[:-1]) / 100 == share else repr(share)


def _time_text(time_ns: Nanos) -> str:
    for unit, scale in reversed(_UNITS_NS.items()):
        if time_ns % scale == 0:
            return f"{time_ns // scale}{unit}"
    raise AssertionError("every time is a whole number of nanoseconds")
