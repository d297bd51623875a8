"""Write docs/conformance: each requirement of the RFCs, the code that does it and the tests that show it.

The requirements stand in docs/conformance/catalogue, a file an RFC (or a part of one); what shows them is read from the
``rfc`` markers of the tests: ``@pytest.mark.rfc("9293", "MUST-12")``, in a packet script ``// rfc: 9293 MUST-12``. With
``--check`` nothing is written, and a page that is not what it should be is an error. Always an error: a marker that
names no requirement, or one that is not done; a requirement that is done and has no test; code that is not there; a gap
in a numbered list of requirements.

A file of the catalogue has a table ``about`` (``rfc``, ``title``, ``page``, ``from``, if needed a ``note``, a ``rank``,
and for a list that the RFC numbers itself ``numbered = {MUST = 69}``) and a table for each requirement, named by its
identifier. ``from`` says what it was written from: the ``text`` of the RFC, a ``draft`` of it, or ``memory`` alone.

- ``says``: what is required, in our words; ``level``: MUST, MUST NOT, SHOULD, SHOULD NOT or MAY, ``rule`` where the RFC
  states it without such a word (left out where the identifier tells); ``section`` (left out where the identifier begins
  with it, as in ``3.2-1``).
- ``code``: where it is done, as ``tcp/arrives.py:first_check_sequence``, below src/michinori.
- or ``not_done``: why it is not; or ``not_ours``: whom it binds instead; or ``same``: the requirements, of other RFCs
  too, that ask for the same.
- ``note``: what else is to be known; ``heading``: begins a new table with that heading.
"""

from __future__ import annotations

import argparse
import ast
import sys
import tomllib
from collections import Counter
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "conformance"
CODE = ROOT / "src" / "michinori"

#: The pages in the order of the index, and their headings.
PAGES = {"tcp": "TCP", "ipv4": "IPv4", "icmp": "ICMP", "arp": "ARP", "udp": "UDP"}

#: What a file of the catalogue was written from.
SOURCES = ("text", "draft", "memory")

LEVELS = ("MUST", "MUST NOT", "SHOULD", "SHOULD NOT", "MAY", "rule")
_LEVEL_OF_NAME = {"MUST": "MUST", "SHLD": "SHOULD", "REC": "SHOULD", "MAY": "MAY"}
_KEYS = frozenset({"says", "level", "section", "code", "not_done", "not_ours", "same", "note", "heading"})

Key = tuple[str, str]


@dataclass
class Requirement:
    """One sentence of an RFC."""

    rfc: str
    id: str
    says: str
    level: str
    section: str
    code: list[str] = field(default_factory=list)
    same: list[Key] = field(default_factory=list)
    not_done: str = ""
    not_ours: str = ""
    note: str = ""
    heading: str = ""

    @property
    def key(self) -> Key:
        return self.rfc, self.id

    @property
    def is_done(self) -> bool:
        return bool(self.code)


@dataclass
class Part:
    """One file of the catalogue: an RFC, or what of it belongs to one page."""

    rfc: str
    title: str
    page: str
    source: str
    note: str
    numbered: dict[str, int]
    requirements: list[Requirement]


@dataclass
class Catalogue:
    """All of it, and what is wrong with it."""

    parts: list[Part]
    problems: list[str]

    def __post_init__(self) -> None:
        self.by_key = {one.key: one for part in self.parts for one in part.requirements}

    def doers(self, one: Requirement) -> list[Requirement]:
        """The requirements that stand for this one: itself, unless it is the same as others."""
        return [self.by_key[key] for key in one.same if key in self.by_key] or [one]


def read_catalogue(folder: Path) -> Catalogue:
    """Everything in the folder, by rank, then in the order of the file names."""
    ranked, problems = [], []
    for path in sorted(folder.glob("*.toml")):
        document = tomllib.loads(path.read_text(encoding="utf-8"))
        about = document.pop("about")
        rfc = about["rfc"]
        requirements = []
        for identifier, table in document.items():
            if unknown := sorted(table.keys() - _KEYS):
                problems.append(f"{path.name}: {identifier} has unknown keys: {', '.join(unknown)}")
                continue
            prefix, _, _ = identifier.rpartition("-")
            same = [(name.split()[0], name.split()[1]) for name in table.pop("same", [])]
            level = table.pop("level", _LEVEL_OF_NAME.get(prefix, ""))
            section = table.pop("section", prefix)
            requirements.append(Requirement(rfc, identifier, level=level, section=section, same=same, **table))
        part = Part(
            rfc,
            title=about["title"],
            page=about["page"],
            source=about.get("from", ""),
            note=about.get("note", ""),
            numbered=about.get("numbered", {}),
            requirements=requirements,
        )
        ranked.append((about.get("rank", 1), len(ranked), part))
    parts = [part for _, _, part in sorted(ranked, key=lambda one: one[:2])]
    return Catalogue(parts, problems)


class Gather:
    """A pytest plugin that notes the ``rfc`` markers of what is collected."""

    def __init__(self) -> None:
        self.tests: dict[Key, list[str]] = {}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            name = item.nodeid.split("[", 1)[0]
            for marker in item.iter_markers("rfc"):
                for identifier in marker.args[1:]:
                    names = self.tests.setdefault((marker.args[0], identifier), [])
                    if name not in names:
                        names.append(name)


def collect_tests(folder: Path) -> dict[Key, list[str]]:
    """Which tests are marked with which requirement. Only files that mention a marker are looked at."""
    files = [path for path in sorted(folder.rglob("*.py")) if "mark.rfc(" in path.read_text(encoding="utf-8")]
    files += [path for path in sorted(folder.rglob("*.pkt")) if "rfc:" in path.read_text(encoding="utf-8")]
    gather = Gather()
    with redirect_stdout(StringIO()) as said:
        options = ["--collect-only", "-q", "-p", "no:cacheprovider", "--rootdir", str(ROOT)]
        status = pytest.main([*options, *map(str, files)], plugins=[gather])
    if status:
        raise SystemExit(f"conformance: the tests cannot be collected\n{said.getvalue()}")
    return {key: sorted(names) for key, names in gather.tests.items()}


def symbols(path: Path) -> set[str]:
    """What a module defines: functions, classes and their members, constants."""
    names: set[str] = set()

    def note(body: list[ast.stmt], prefix: str) -> None:
        for node in body:
            match node:
                case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                    names.add(prefix + name)
                case ast.ClassDef(name=name, body=inner):
                    names.add(prefix + name)
                    note(inner, f"{prefix}{name}.")
                case ast.Assign(targets=targets):
                    names.update(prefix + target.id for target in targets if isinstance(target, ast.Name))
                case ast.AnnAssign(target=ast.Name(id=name)):
                    names.add(prefix + name)

    note(ast.parse(path.read_text(encoding="utf-8")).body, "")
    return names


def problems_of(catalogue: Catalogue, tests: dict[Key, list[str]], code: Path) -> list[str]:
    """Everything that would make a page lie."""
    problems = list(catalogue.problems)
    counts = Counter(one.key for part in catalogue.parts for one in part.requirements)
    problems += [f"RFC {rfc} {name} stands in the catalogue twice" for (rfc, name), n in counts.items() if n > 1]
    for (rfc, name), names in sorted(tests.items()):
        known = catalogue.by_key.get((rfc, name))
        if known is None:
            problems.append(f"{names[0]} is marked RFC {rfc} {name}, which the catalogue does not have")
        elif not known.is_done:
            problems.append(f"{names[0]} is marked RFC {rfc} {name}, which is not said to be done by us")
    defined: dict[str, set[str]] = {}
    for part in catalogue.parts:
        if part.page not in PAGES:
            problems.append(f"RFC {part.rfc}: there is no page {part.page}")
        if part.source not in SOURCES:
            problems.append(f"RFC {part.rfc}: what it was written from is {part.source!r}")
        present = {one.id for one in part.requirements}
        for prefix, last in part.numbered.items():
            missing = [f"{prefix}-{n}" for n in range(1, last + 1) if f"{prefix}-{n}" not in present]
            problems += [f"RFC {part.rfc} {name} is missing from the catalogue" for name in missing]
        for one in part.requirements:
            problems += [f"RFC {one.rfc} {one.id}: {what}" for what in _flaws(one, catalogue, tests, code, defined)]
    return problems


def _flaws(
    one: Requirement, catalogue: Catalogue, tests: dict[Key, list[str]], code: Path, defined: dict[str, set[str]]
) -> list[str]:
    flaws = []
    if one.level not in LEVELS:
        flaws.append(f"its level is {one.level!r}")
    if sum(map(bool, (one.code, one.not_done, one.not_ours, one.same))) != 1:
        flaws.append("it needs one of code, not_done, not_ours and same")
    flaws += [
        f"it is the same as {' '.join(key)}, which does not exist" for key in one.same if key not in catalogue.by_key
    ]
    if one.is_done and not tests.get(one.key):
        flaws.append("it is said to be done and no test shows it")
    for place in one.code:
        module, _, symbol = place.partition(":")
        if module not in defined:
            path = code / module
            defined[module] = symbols(path) if path.is_file() else set()
        if symbol not in defined[module]:
            flaws.append(f"there is no {place}")
    return flaws


# -- Writing -----------------------------------------------------------------------------------------------------------


def pages_of(catalogue: Catalogue, tests: dict[Key, list[str]]) -> dict[str, str]:
    """The text of every page, by file name."""
    pages = {}
    for page, heading in PAGES.items():
        parts = [part for part in catalogue.parts if part.page == page]
        if parts:
            pages[f"{page}.md"] = _page(heading, parts, catalogue, tests)
    pages["README.md"] = _index(catalogue)
    return pages


_GENERATED = (
    "Written by `make conformance` from the [catalogue](catalogue) and from the markers of the tests; a test of the\n"
    "ordinary run holds it to both. A requirement is *done* when the named code does it and the named tests show it.\n"
    "*Not ours* binds somebody else, such as applications; a *rule* is stated without one of the words of RFC 2119.\n"
    "The sentences are our own: the RFC has the exact ones. *From* says what they were written from: the text of the\n"
    "RFC, a draft of it, or memory alone, in which case some may be missing or wrong.\n"
)


def _index(catalogue: Catalogue) -> str:
    lines = ["# Held against the RFCs", "", _GENERATED]
    lines += ["| page | RFC | from | requirements | done | not done | not ours |"]
    lines.append("| --- | --- | --- | ---: | ---: | ---: | ---: |")
    total: Counter[str] = Counter()
    for page, heading in PAGES.items():
        for part in catalogue.parts:
            if part.page == page:
                counts = _counts(part, catalogue)
                total += counts
                lines.append(
                    f"| [{heading}]({page}.md) | {_anchored(part, f'{page}.md')} | {part.source} | {_cells(counts)} |"
                )
    lines.append(f"| | all | | {_cells(total)} |")
    lines += [
        "",
        "## What is not done",
        "",
        "| | RFC | id | level | what | why |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for page, heading in PAGES.items():
        missing = [one for part in catalogue.parts if part.page == page for one in part.requirements if one.not_done]
        for one in missing:
            cells = (one.rfc, one.id, one.level, _cell(one.says), _cell(one.not_done))
            lines.append(f"| [{heading}]({page}.md) | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _page(heading: str, parts: list[Part], catalogue: Catalogue, tests: dict[Key, list[str]]) -> str:
    lines = [f"# {heading}, held against the RFCs", "", _GENERATED]
    lines += ["| RFC | from | requirements | done | not done | not ours |", "| --- | --- | ---: | ---: | ---: | ---: |"]
    lines += [f"| {_anchored(part)} | {part.source} | {_cells(_counts(part, catalogue))} |" for part in parts]
    for part in parts:
        lines += ["", f"## {_title(part)}", ""]
        if part.note:
            lines += [part.note, ""]
        is_open = False
        for one in part.requirements:
            if one.heading:
                lines += ([""] if is_open else []) + [f"### {one.heading}", ""]
                is_open = False
            if not is_open:
                lines += ["| id | level | what | where | shown by |", "| --- | --- | --- | --- | --- |"]
                is_open = True
            lines.append(_row(one, catalogue, tests))
    return "\n".join(lines) + "\n"


def _row(one: Requirement, catalogue: Catalogue, tests: dict[Key, list[str]]) -> str:
    says = one.says if one.section == one.id.rpartition("-")[0] else f"{one.says} ({one.section})"
    if one.note:
        says += f" *{one.note}*"
    if one.not_done:
        where, shown = f"**not done**: {one.not_done}", ""
    elif one.not_ours:
        where, shown = f"*not ours*: {one.not_ours}", ""
    elif one.same:
        where, shown = "as " + ", ".join(_reference(key, one, catalogue) for key in one.same), ""
    else:
        where = "<br>".join(_code_link(place) for place in one.code)
        shown = "<br>".join(_test_link(name) for name in tests.get(one.key, []))
    return f"| {one.id} | {one.level} | {_cell(says)} | {_cell(where)} | {shown} |"


def _reference(key: Key, one: Requirement, catalogue: Catalogue) -> str:
    other = catalogue.by_key.get(key)
    state = " (**not done**)" if other is not None and other.not_done else ""
    return f"{key[1]}{state}" if key[0] == one.rfc else f"{key[0]} {key[1]}{state}"


def _code_link(place: str) -> str:
    module, _, symbol = place.partition(":")
    return f"[`{module.removesuffix('.py').replace('/', '.')}.{symbol}`](../../src/michinori/{module})"


def _test_link(name: str) -> str:
    """The names of tests are sentences, and so are those of the files of packet scripts, within their folder."""
    path, *rest = name.split("::")
    if rest and path.endswith(".py"):
        text = rest[-1].removeprefix("test_").replace("_", " ")
    else:
        *_, folder, file = path.split("/")
        text = f"{folder}: {file.removesuffix('.pkt').replace('-', ' ')}"
    return f"[{text}](../../{path})"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _title(part: Part) -> str:
    return f"RFC {part.rfc}: {part.title}"


def _anchored(part: Part, page: str = "") -> str:
    title = _title(part)
    kept = "".join(letter for letter in title.lower() if letter.isalnum() or letter in " -_")
    return f"[{title}]({page}#{kept.replace(' ', '-')})"


def _counts(part: Part, catalogue: Catalogue) -> Counter[str]:
    counts: Counter[str] = Counter(all=len(part.requirements))
    for one in part.requirements:
        doers = catalogue.doers(one)
        if any(doer.not_done for doer in doers):
            counts["not done"] += 1
        elif all(doer.not_ours for doer in doers):
            counts["not ours"] += 1
        else:
            counts["done"] += 1
    return counts


def _cells(counts: Counter[str]) -> str:
    return " | ".join(str(counts[name]) for name in ("all", "done", "not done", "not ours"))


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Write the pages of docs/conformance.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a page is not up to date")
    check = parser.parse_args(arguments).check
    catalogue = read_catalogue(FOLDER / "catalogue")
    tests = collect_tests(ROOT / "tests")
    problems = problems_of(catalogue, tests, CODE)
    for name, text in pages_of(catalogue, tests).items():
        path = FOLDER / name
        if not check:
            path.write_text(text, encoding="utf-8")
        elif not path.is_file() or path.read_text(encoding="utf-8") != text:
            problems.append(f"docs/conformance/{name} is not up to date: run make conformance")
    for problem in problems:
        print(f"conformance: {problem}", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
