"""What a stylesheet asks for: ``@import``, the fonts of ``@font-face``, and images.

A stylesheet is only skimmed here, by the token rules of CSS Syntax (comments, strings, ``url()``, escapes, nested
blocks); applying it is the painter's business.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

_MAX_DEPTH: Final = 64
_TOKEN: Final = re.compile(
    r"""
      (?P<comment>  /\*.*?(?:\*/|\Z) )
    | (?P<string>   "(?:[^"\\\n\f\r]|\\.)*+"? | '(?:[^'\\\n\f\r]|\\.)*+'? )
    | (?P<url>      url\(\s*+(?!["'])(?:[^)\\\s]|\\.)*+\s*+\) )
    | (?P<name>     @?(?:[-_A-Za-z0-9]|[^\x00-\x7f]|\\[^\n\f\r])++\(? )
    | (?P<space>    \s++ )
    | (?P<mark>     . )
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_ESCAPE: Final = re.compile(r"\\(?:([0-9A-Fa-f]{1,6})(?:\r\n|[ \t\r\n\f])?|(\r\n|[\n\r\f])|(.))", re.DOTALL)
_GROUP_RULES: Final = frozenset(("@supports", "@layer", "@container", "@scope", "@starting-style"))
_NOT_FETCHED: Final = frozenset(("cursor", "filter", "clip-path", "behavior", "-moz-binding", "fill", "stroke"))


@dataclass(frozen=True, slots=True)
class Import:
    """``@import``: the reference as written and the media that it is for."""

    reference: str
    media: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Face:
    """``@font-face``: the family and its sources ``(reference, format)`` in order of preference."""

    family: str
    sources: tuple[tuple[str, str], ...]
    media: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Image:
    """A ``url()`` in a declaration. ``selector`` is empty where it cannot be told whom it is for (nested rules)."""

    reference: str
    property: str
    selector: str
    media: tuple[str, ...]


@dataclass(slots=True)
class Wants:
    """What one stylesheet asks for, in its order."""

    imports: list[Import] = field(default_factory=list)
    faces: list[Face] = field(default_factory=list)
    images: list[Image] = field(default_factory=list)
    families: set[str] = field(default_factory=set)
    """Words in lower case that stand in a ``font`` or ``font-family``: only fonts among these are fetched."""


class _Token(NamedTuple):
    kind: str
    text: str


class _Block(NamedTuple):
    """An open ``{``: ``rules`` holds rules, ``style`` declarations, ``face`` those of a font, ``skip`` neither."""

    kind: str
    selector: str
    media: tuple[str, ...]


def skim(text: str) -> Wants:
    """Skim a whole stylesheet."""
    wants = Wants()
    blocks = [_Block("rules", "", ())]
    descriptors: dict[str, list[_Token]] = {}
    prelude: list[_Token] = []
    imports_allowed = True
    for token in _tokens(text):
        block = blocks[-1]
        if token.text == "{" and token.kind == "mark":
            imports_allowed = False
            descriptors = {} if block.kind != "face" else descriptors
            blocks.append(_opened(block, prelude, len(blocks)))
        elif token.text in (";", "}") and token.kind == "mark":
            if block.kind in ("style", "face"):
                _declaration(wants, block, prelude, descriptors)
            elif block.kind == "rules" and token.text == ";":
                imports_allowed = _statement(wants, prelude, block.media, imports_allowed)
            if token.text == "}" and len(blocks) > 1:
                if block.kind == "face":
                    _face(wants, descriptors, block.media)
                blocks.pop()
        else:
            prelude.append(token)
            continue
        prelude = []
    if len(blocks) == 1 and prelude:
        _statement(wants, prelude, (), imports_allowed)  # the end of the sheet ends an @import too
    return wants


def unescape(text: str) -> str:
    """Undo the escapes of CSS."""

    def character(match: re.Match[str]) -> str:
        code, newline, literal = match.groups()
        if code:
            number = int(code, 16)
            return chr(number) if 0 < number < 0x110000 and not 0xD800 <= number < 0xE000 else "\ufffd"
        return "" if newline else str(literal)

    return _ESCAPE.sub(character, text) if "\\" in text else text


def _tokens(text: str) -> Iterator[_Token]:
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or ""
        if kind != "comment":
            yield _Token(kind, match[0])


def _opened(outer: _Block, prelude: list[_Token], depth: int) -> _Block:
    """The block that begins after this prelude."""
    written = "".join(token.text for token in prelude).strip()
    at_rule = next((token.text.lower() for token in prelude if token.kind != "space"), "")
    if depth > _MAX_DEPTH or outer.kind in ("skip", "face"):
        return _Block("skip", "", outer.media)
    if at_rule.startswith("@"):
        if at_rule.rstrip("(") == "@media":
            return _Block(outer.kind, outer.selector, (*outer.media, written[len("@media") :].strip()))
        if at_rule.rstrip("(") in _GROUP_RULES:
            return _Block(outer.kind, outer.selector, outer.media)
        return _Block("face" if at_rule == "@font-face" else "skip", "", outer.media)
    return _Block("style", written if outer.kind == "rules" else "", outer.media)


def _statement(wants: Wants, prelude: list[_Token], media: tuple[str, ...], allowed: bool) -> bool:
    """A rule without a block. Gives whether ``@import`` may still follow (CSS Cascade section 2)."""
    tokens = [token for token in prelude if token.kind != "space" and token.text not in ("<!--", "-->")]
    if not tokens:
        return allowed
    at_rule = tokens[0].text.lower()
    if at_rule == "@import" and allowed and not media:
        found = list(_references(prelude))
        if found:
            after = prelude.index(found[0][1]) + 1
            if found[0][1].kind == "string" and any(token.text.lower() == "url(" for token in prelude):
                after += 1
            condition = "".join(token.text for token in prelude[after:])
            condition = re.sub(r"^[\s)]*(?:layer(?:\([^)]*\))?)?\s*(?:supports\([^)]*\))?", "", condition, flags=re.I)
            wants.imports.append(Import(found[0][0], (condition.strip(),) if condition.strip() else ()))
        return True
    return allowed and at_rule in ("@charset", "@layer", "@import")


def _declaration(wants: Wants, block: _Block, tokens: list[_Token], descriptors: dict[str, list[_Token]]) -> None:
    colon = next((at for at, token in enumerate(tokens) if token == _Token("mark", ":")), -1)
    if colon < 0:
        return
    name = "".join(token.text for token in tokens[:colon]).strip().lower()
    value = tokens[colon + 1 :]
    if block.kind == "face":
        descriptors[name] = value
        return
    if name in ("font-family", "font") or name.startswith("--"):
        wants.families.update(_families(value))
    if name in _NOT_FETCHED:
        return
    for reference, _ in _references(value):
        if not reference.startswith("#"):
            wants.images.append(Image(reference, name, block.selector, block.media))


def _face(wants: Wants, descriptors: dict[str, list[_Token]], media: tuple[str, ...]) -> None:
    family = ", ".join(_families(descriptors.get("font-family", [])))
    sources: list[tuple[str, str]] = []
    for part in _comma_separated(descriptors.get("src", [])):
        names = [token.text.lower() for token in part if token.kind == "name"]
        found = next(_references(part, inside=("url(",)), None)
        if found is None:
            continue
        strings = [unescape(token.text[1:-1]).lower() for token in part if token.kind == "string"]
        words = [name for name in names if name not in ("url(", "format(", "tech(")]
        known = strings if found[1].kind == "url" else strings[1:]
        sources.append((found[0], (known or words or [""])[0] if "format(" in names else ""))
    if family and sources:
        wants.faces.append(Face(family, tuple(sources), media))


def _references(
    tokens: list[_Token], inside: tuple[str, ...] = ("url(", "image-set(", "-webkit-image-set(", "src(", "image(")
) -> Iterator[tuple[str, _Token]]:
    """What ``url()`` and the strings of image functions point to; for ``@import`` a bare string as well."""
    functions: list[str] = []
    at_import = any(token.text.lower() == "@import" for token in tokens[:2])
    for token in tokens:
        if token.kind == "url":
            reference = unescape(token.text[4:-1].strip())
            if reference:
                yield reference, token
        elif token.kind == "string":
            if (functions and functions[-1] in inside) or (at_import and not functions):
                reference = unescape(token.text[1:].removesuffix(token.text[0]))
                if reference:
                    yield reference, token
        elif token.kind == "name" and token.text.endswith("("):
            functions.append(token.text.lower())
        elif token.text == "(":
            functions.append("(")
        elif token.text == ")" and functions:
            functions.pop()


def _comma_separated(tokens: list[_Token]) -> Iterator[list[_Token]]:
    part: list[_Token] = []
    depth = 0
    for token in tokens:
        depth += token.text.endswith("(") and token.kind != "string"
        depth -= token == _Token("mark", ")")
        if token == _Token("mark", ",") and depth <= 0:
            yield part
            part = []
        else:
            part.append(token)
    yield part


def _families(tokens: list[_Token]) -> list[str]:
    """The family names of a value, in lower case; those of several words joined by one space."""
    found = []
    for part in _comma_separated(tokens):
        strings = [token.text for token in part if token.kind == "string"]
        if strings:
            found.append(unescape(strings[-1].strip("\"'")).lower())
            continue
        name = unescape(" ".join(token.text for token in part if token.kind == "name")).lower()
        if name:
            found.append(name)
            found.extend(name.split(" ")[-1:] if " " in name else [])  # ``font: bold 12px name``
    return found
