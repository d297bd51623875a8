"""Media queries and lengths: is a stylesheet or an image for this viewport? (Media Queries 4)"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_TOKEN: Final = re.compile(r"[()]|[<>]=?|=|:|/|,|[^\s()<>=:/,]+")
_LENGTH: Final = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)(%|[a-z]*)\Z", re.IGNORECASE)
_PX: Final = {"": 1, "px": 1, "pt": 96 / 72, "pc": 16, "in": 96, "cm": 96 / 2.54, "mm": 96 / 25.4, "q": 96 / 101.6}
#: As media queries have them: by the font that a page begins with.
_FONT_PX: Final = {"em": 16.0, "rem": 16.0, "ex": 8.0, "ch": 8.0}
_PER_DPPX: Final = {"dppx": 1.0, "x": 1.0, "dpi": 1 / 96, "dpcm": 2.54 / 96}
_MAX_DEPTH: Final = 32

#: Features with words as their values, as a browser on a screen without scripts answers.
_WORDS: Final = {
    "prefers-color-scheme": "light",
    "prefers-reduced-motion": "no-preference",
    "prefers-contrast": "no-preference",
    "hover": "hover",
    "any-hover": "hover",
    "pointer": "fine",
    "any-pointer": "fine",
    "scripting": "none",
    "update": "none",
    "scan": "progressive",
    "color-gamut": "srgb",
    "dynamic-range": "standard",
    "forced-colors": "none",
    "inverted-colors": "none",
    "display-mode": "browser",
    "overflow-block": "scroll",
    "overflow-inline": "scroll",
}
#: Words that mean "no" where a feature stands without a value.
_NO: Final = frozenset(("none", "no-preference"))


@dataclass(frozen=True, slots=True)
class Viewport:
    """The window onto the page, in CSS pixels, and how many device pixels make one of them."""

    width: int = 1280
    height: int = 800
    scale: float = 1.0


class _Unknown(Exception):
    """A query that is not understood; it matches nothing."""


def length(text: str, viewport: Viewport) -> float | None:
    """A length in CSS pixels; ``None`` for what is none (percentages and ``calc()`` included)."""
    match = _LENGTH.match(text.strip())
    if not match:
        return None
    number, unit = float(match[1]), match[2].lower()
    if unit == "" and number:
        return None
    fixed = _PX.get(unit) or _FONT_PX.get(unit)
    if fixed:
        return number * fixed
    per_hundred = {
        "vw": viewport.width,
        "vh": viewport.height,
        "vmin": min(viewport.width, viewport.height),
        "vmax": max(viewport.width, viewport.height),
    }.get(unit)
    return None if per_hundred is None else number * per_hundred / 100


def matches(queries: str, viewport: Viewport) -> bool:
    """Whether a list of media queries is true. An empty list is; one that is not understood is false."""
    if not queries.strip():
        return True
    parts: list[list[str]] = [[]]
    depth = 0
    for token in _TOKEN.findall(queries.lower()):
        depth += (token == "(") - (token == ")")
        if token == "," and depth <= 0:
            parts.append([])
        else:
            parts[-1].append(token)
    return any(_query(part, viewport) for part in parts)


def all_match(conditions: tuple[str, ...], viewport: Viewport) -> bool:
    """Whether each of these lists is true, as those of nested blocks must be."""
    return all(matches(condition, viewport) for condition in conditions)


def _query(tokens: list[str], viewport: Viewport) -> bool:
    try:
        value, rest = _typed_query(tokens, viewport)
    except _Unknown:
        return False
    return value and not rest


def _typed_query(tokens: list[str], viewport: Viewport) -> tuple[bool, list[str]]:
    rest = tokens
    negated = False
    if rest[:1] == ["not"] and rest[1:2] != ["("]:
        negated, rest = True, rest[1:]
    elif rest[:1] == ["only"]:
        rest = rest[1:]
    if not rest:
        raise _Unknown
    if rest[0] == "(" or rest[0] == "not":
        return _condition(rest, viewport, 0)
    value = rest[0] in ("all", "screen")
    rest = rest[1:]
    if rest[:1] == ["and"]:
        inner, rest = _condition(rest[1:], viewport, 0)
        value = value and inner
    return value != negated, rest


def _condition(tokens: list[str], viewport: Viewport, depth: int) -> tuple[bool, list[str]]:
    """``not X``, or terms joined by ``and`` or by ``or``."""
    if depth > _MAX_DEPTH:
        raise _Unknown
    if tokens[:1] == ["not"]:
        value, rest = _term(tokens[1:], viewport, depth)
        return not value, rest
    value, rest = _term(tokens, viewport, depth)
    joint = rest[0] if rest[:1] in (["and"], ["or"]) else ""
    while joint and rest[:1] == [joint]:
        other, rest = _term(rest[1:], viewport, depth)
        value = (value and other) if joint == "and" else (value or other)
    return value, rest


def _term(tokens: list[str], viewport: Viewport, depth: int) -> tuple[bool, list[str]]:
    if tokens[:1] == ["not"]:
        value, rest = _term(tokens[1:], viewport, depth + 1)
        return not value, rest
    if tokens[:1] != ["("]:
        raise _Unknown
    end = _closing(tokens)
    inside, rest = tokens[1:end], tokens[end + 1 :]
    if inside[:1] in (["("], ["not"]):
        value, left = _condition(inside, viewport, depth + 1)
        if left:
            raise _Unknown
        return value, rest
    return _feature(inside, viewport), rest


def _closing(tokens: list[str]) -> int:
    """Where the bracket that the first token opens is closed; at the end, if it is not."""
    level = 0
    for at, token in enumerate(tokens):
        level += (token == "(") - (token == ")")
        if level == 0:
            return at
    return len(tokens)


def _feature(tokens: list[str], viewport: Viewport) -> bool:
    """``(name)``, ``(name: value)`` or a range such as ``(400px <= width < 700px)``."""
    if len(tokens) == 1:
        name = tokens[0]
        if name in _WORDS:
            return _WORDS[name] not in _NO
        return bool(_number(name, viewport))
    if len(tokens) > 2 and tokens[1] == ":":
        name, value = tokens[0], tokens[2:]
        if name in _WORDS:
            return value == [_WORDS[name]]
        if name == "orientation":
            return value == ["landscape" if viewport.width > viewport.height else "portrait"]
        for prefix, operator in (("min-", ">="), ("max-", "<=")):
            if name.startswith((prefix, f"-webkit-{prefix}")):
                return _compare(_number(name.replace(prefix, "", 1), viewport), operator, _value(value, viewport))
        return _compare(_number(name, viewport), "=", _value(value, viewport))
    return _range(tokens, viewport)


def _range(tokens: list[str], viewport: Viewport) -> bool:
    operators = [at for at, token in enumerate(tokens) if token in ("<", "<=", ">", ">=", "=")]
    if not operators or len(operators) > 2:
        raise _Unknown
    sides = [tokens[: operators[0]], *([tokens[operators[0] + 1 : operators[1]]] if operators[1:] else [])]
    sides.append(tokens[operators[-1] + 1 :])
    numbers = [_side(side, viewport) for side in sides]
    return all(_compare(numbers[at], tokens[place], numbers[at + 1]) for at, place in enumerate(operators))


def _side(tokens: list[str], viewport: Viewport) -> float:
    if len(tokens) == 1 and tokens[0][:1].isalpha():
        return _number(tokens[0], viewport)
    return _value(tokens, viewport)


def _number(name: str, viewport: Viewport) -> float:
    match name:
        case "width" | "device-width":
            return viewport.width
        case "height" | "device-height":
            return viewport.height
        case "aspect-ratio" | "device-aspect-ratio":
            return viewport.width / viewport.height
        case "resolution" | "-webkit-device-pixel-ratio":
            return viewport.scale
        case "color":
            return 8
        case "monochrome" | "color-index" | "grid":
            return 0
        case _:
            raise _Unknown


def _value(tokens: list[str], viewport: Viewport) -> float:
    if len(tokens) == 3 and tokens[1] == "/":
        numerator, denominator = _value(tokens[:1], viewport), _value(tokens[2:], viewport)
        return numerator / denominator if denominator else float("inf")
    match = _LENGTH.match(tokens[0]) if len(tokens) == 1 else None
    if not match:
        raise _Unknown
    number, unit = float(match[1]), match[2].lower()
    if unit == "":
        return number
    if unit in _PER_DPPX:
        return number * _PER_DPPX[unit]
    pixels = length(tokens[0], viewport)
    if pixels is None:
        raise _Unknown
    return pixels


def _compare(left: float, operator: str, right: float) -> bool:
    match operator:
        case "<":
            return left < right
        case "<=":
            return left <= right
        case ">":
            return left > right
        case ">=":
            return left >= right
        case _:
            return abs(left - right) < 1e-6
