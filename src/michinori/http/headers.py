"""Header fields as they were received or are to be sent: order, case and duplicates kept.

Values are text of one character an octet (ISO-8859-1), so that whatever came over the wire survives unchanged.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

Fields: TypeAlias = "Headers | Mapping[str, str] | Iterable[tuple[str, str]]"


class _Facts:
    """What was found out about fields; shared by all who have the same ones."""

    __slots__ = ("index", "lower_octets")

    def __init__(self) -> None:
        self.index: dict[str, list[str]] | None = None
        self.lower_octets: list[tuple[bytes, bytes]] | None = None


class Headers:
    """An ordered list of (name, value); names compare without case."""

    __slots__ = ("_facts", "_fields")

    def __init__(self, fields: Fields = ()) -> None:
        pairs = fields.items() if isinstance(fields, Mapping) else fields
        self._fields: list[tuple[str, str]] = [(name, value.strip(" \t")) for name, value in pairs]
        self._facts = _Facts()

    @classmethod
    def from_pairs(cls, fields: list[tuple[str, str]]) -> Headers:
        """From names and values without blanks around them; the list belongs to the headers from now on."""
        headers = cls.__new__(cls)
        headers._fields = fields
        headers._facts = _Facts()
        return headers

    def twin(self) -> Headers:
        """An independent copy that costs nothing: what one finds out about the fields is shared until they change."""
        twin = Headers.__new__(Headers)
        twin._fields = self._fields
        twin._facts = self._facts
        return twin

    @property
    def lower_octets(self) -> list[tuple[bytes, bytes]]:
        """Names in lower case, and values, as octets. To be read only."""
        octets = self._facts.lower_octets
        if octets is None:
            octets = self._facts.lower_octets = [
                (name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in self._fields
            ]
        return octets

    def _change(self) -> None:
        """Fields are never changed in place: twins may share them."""
        self._fields = list(self._fields)
        self._facts = _Facts()

    @classmethod
    def from_octets(cls, fields: Iterable[tuple[bytes, bytes]]) -> Headers:
        """From names and values as a parser gives them."""
        return cls.from_pairs(
            [(bytes(name).decode("latin-1"), bytes(value).decode("latin-1")) for name, value in fields]
        )

    @property
    def index(self) -> dict[str, list[str]]:
        """The values by name in lower case. To be read only; it is thrown away when a field changes."""
        index = self._facts.index
        if index is None:
            index = {}
            for name, value in self._fields:
                index.setdefault(name.lower(), []).append(value)
            self._facts.index = index  # when it is whole: other threads may look
        return index

    def octets(self) -> list[tuple[bytes, bytes]]:
        """Names and values as they go onto the wire. Raises ``ValueError`` for what no octet stands for."""
        return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in self._fields]

    def get(self, name: str, default: str = "") -> str:
        """The value; several fields of one name are one list (RFC 9110 section 5.3)."""
        values = self.index.get(name.lower())
        return ", ".join(values) if values else default

    def all(self, name: str) -> list[str]:
        """The values of every field of that name, in order."""
        return list(self.index.get(name.lower(), ()))

    def tokens(self, name: str) -> list[str]:
        """The members of a comma-separated list, in lower case, empty ones left out."""
        values = self.index.get(name.lower(), ())
        members = [member.strip(" \t") for value in values for member in value.lower().split(",")]
        return [member for member in members if member]

    def add(self, name: str, value: str) -> None:
        """Append a field, beside others of the name."""
        self._change()
        self._fields.append((name, value.strip(" \t")))

    def set(self, name: str, value: str) -> None:
        """Let there be one field of that name: in the place of the first, or at the end."""
        lower, value = name.lower(), value.strip(" \t")
        self._change()
        for place, (key, _) in enumerate(self._fields):
            if key.lower() == lower:
                rest = [field for field in self._fields[place + 1 :] if field[0].lower() != lower]
                self._fields[place:] = [(name, value), *rest]
                return
        self._fields.append((name, value))

    def set_default(self, name: str, value: str) -> None:
        """Append the field unless there is one of that name."""
        if name not in self:
            self.add(name, value)

    def remove(self, *names: str) -> None:
        """Leave out every field of these names."""
        lower = {name.lower() for name in names}
        self._change()
        self._fields = [field for field in self._fields if field[0].lower() not in lower]

    def copy(self) -> Headers:
        """An independent copy."""
        return self.twin()

    def as_lists(self) -> list[list[str]]:
        """``[[name, value], ...]``, as events and files keep them."""
        return [[name, value] for name, value in self._fields]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self.index

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Headers) and self._fields == other._fields

    __hash__ = None  # type: ignore[assignment]  # it changes

    def __repr__(self) -> str:
        return f"Headers({self._fields!r})"
