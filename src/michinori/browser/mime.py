"""MIME types as headers carry them (WHATWG MIME Sniffing, sections 4 and 5)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")
_VALUE: Final = re.compile(r"[\t\x20-\x7e\x80-\xff]*\Z")
_HTTP_SPACE: Final = "\t\n\r "
_QUOTED: Final = re.compile(r'"((?:[^"\\]|\\.|\\\Z)*)"?', re.DOTALL)

_XML: Final = ("text/xml", "application/xml")


@dataclass(frozen=True, slots=True)
class MimeType:
    """A parsed type. ``essence`` is ``type/subtype`` in lower case; names of parameters are in lower case too."""

    essence: str
    parameters: dict[str, str] = field(default_factory=dict)

    @property
    def charset(self) -> str | None:
        return self.parameters.get("charset")

    @property
    def is_xml(self) -> bool:
        return self.essence in _XML or self.essence.endswith("+xml")

    @property
    def is_image(self) -> bool:
        return self.essence.startswith("image/")

    @property
    def is_text(self) -> bool:
        """Whether a browser shows it as plain text: text of any kind, JSON and scripts."""
        major, _, minor = self.essence.partition("/")
        return major == "text" or minor in _TEXTUAL or minor.endswith("+json")


_TEXTUAL: Final = frozenset(("json", "javascript", "ecmascript", "x-javascript", "manifest+json"))


def parse(value: str) -> MimeType | None:
    """One type, or ``None`` for what is none."""
    value = value.strip(_HTTP_SPACE)
    essence, _, rest = value.partition(";")
    major, slash, minor = essence.rstrip(_HTTP_SPACE).partition("/")
    if not (slash and _TOKEN.match(major) and _TOKEN.match(minor)):
        return None
    return MimeType(f"{major}/{minor}".lower(), _parameters(rest))


def _parameters(rest: str) -> dict[str, str]:
    found: dict[str, str] = {}
    while rest:
        rest = rest.lstrip(_HTTP_SPACE)
        name = re.match(r"[^;=]*", rest)[0]  # type: ignore[index]  # it matches nothing at least
        rest = rest[len(name) :]
        if not rest.startswith("="):
            rest = rest[1:]
            continue
        rest = rest[1:]
        quoted = _QUOTED.match(rest)
        if quoted:
            value = re.sub(r"\\(.)", r"\1", quoted[1], flags=re.DOTALL)
            rest = rest[quoted.end() :].partition(";")[2]
        else:
            value, _, rest = rest.partition(";")
            value = value.rstrip(_HTTP_SPACE)
            if not value:
                continue
        if _TOKEN.match(name) and _VALUE.match(value):
            found.setdefault(name.lower(), value)
    return found


def from_header(values: list[str]) -> MimeType | None:
    """The type that a response's Content-Type fields mean together (Fetch, "extract a MIME type"): the last that is
    one, with the charset of an earlier one of the same essence if it has none itself.
    """
    chosen: MimeType | None = None
    for value in _split_list(", ".join(values)):
        found = parse(value)
        if found is None or found.essence == "*/*":
            continue
        if chosen and chosen.essence == found.essence and found.charset is None and chosen.charset is not None:
            found = MimeType(found.essence, {**found.parameters, "charset": chosen.charset})
        chosen = found
    return chosen


def _split_list(value: str) -> list[str]:
    return re.findall(r'(?:[^",]|"(?:[^"\\]|\\.)*+"?)++', value)
