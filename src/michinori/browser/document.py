"""The document: what the HTML parser made of the text, as a tree that can be walked, asked, printed and painted.

The parser is turbohtml (the algorithm of the HTML standard, section 13.2); nothing outside of this module knows it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from michinori.browser import address_bar, encoding
from michinori.browser.errors import needed_for

if TYPE_CHECKING:
    import turbohtml

#: Beginnings of public identifiers that mean quirks mode (HTML section 13.2.6.4.1), in lower case.
_QUIRKY: Final = (
    "+//silmaril//dtd html pro v0r11 19970101//",
    "-//as//dtd html 3.0 aswedit + extensions//",
    "-//advasoft ltd//dtd html 3.0 aswedit + extensions//",
    *(f"-//ietf//dtd html {kind}" for kind in ("2.0", "2.1e", "3", "level", "strict")),
    "-//ietf//dtd html//",
    "-//metrius//dtd metrius presentational//",
    "-//microsoft//dtd internet explorer",
    "-//netscape comm. corp.//dtd",
    "-//o'reilly and associates//dtd html",
    "-//softquad",
    "-//spyglass//dtd html 2.0 extended//",
    "-//sq//dtd html 2.0 hotmetal + extensions//",
    "-//sun microsystems corp.//dtd hotjava",
    *(f"-//w3c//dtd html {version}" for version in ("3 1995-03-24", "3.2", "4.0 frameset", "4.0 transitional")),
    "-//w3c//dtd html experimental",
    "-//w3c//dtd w3 html",
    "-//w3o//dtd w3 html",
    "-//webtechs//dtd mozilla html",
)
_QUIRKY_WITHOUT_SYSTEM_ID: Final = ("-//w3c//dtd html 4.01 frameset", "-//w3c//dtd html 4.01 transitional")
_QUIRKY_WHOLE: Final = ("-//w3o//dtd w3 html strict 3.0//en//", "-/w3c/dtd html 4.0 transitional/en", "html")
#: Elements upon which an HTML parser changes its mode.
_NAMES_THAT_MOVE_PARSERS: Final = (
    *("html", "head", "body", "frameset", "frame", "template", "form", "select", "option", "optgroup", "button"),
    *("table", "caption", "colgroup", "col", "tbody", "thead", "tfoot", "tr", "td", "th"),
    *("noscript", "textarea", "plaintext"),
)


class ParseError(NamedTuple):
    """A mistake in the markup, by its name in the standard, and where it stands (line from 1, column from 0)."""

    code: str
    line: int
    column: int


class Node(NamedTuple):
    """A node of the tree, and how deep it is, from 0."""

    depth: int
    name: str
    """An element's name, or that of the DOM standard: ``#text``, ``#comment``, ``#doctype``, ``#document-fragment``."""
    text: str = ""
    attributes: Sequence[tuple[str, str]] = ()


class Element:
    """One element of a document. ``node`` belongs to the parser: hands off outside of this module."""

    __slots__ = ("node",)

    def __init__(self, node: turbohtml.Element) -> None:
        self.node = node

    @property
    def tag(self) -> str:
        """Its name; in lower case for HTML."""
        return self.node.tag

    @property
    def is_svg(self) -> bool:
        return self.node.namespace.value == "svg"

    @property
    def text(self) -> str:
        """All text inside."""
        return self.node.text

    @property
    def line(self) -> int:
        """The line of the source on which it begins, from 1; 0 where the parser added it."""
        return self.node.source_line or 0

    @property
    def parent(self) -> Element | None:
        import turbohtml

        parent = self.node.parent
        return Element(parent) if isinstance(parent, turbohtml.Element) else None

    def children(self) -> Iterator[Element]:
        """The elements directly inside."""
        import turbohtml

        return (Element(child) for child in self.node.children if isinstance(child, turbohtml.Element))

    def is_same(self, other: Element) -> bool:
        """Whether both stand for one element of one tree."""
        return self.node is other.node or self.node == other.node

    def get(self, name: str) -> str | None:
        """The value of an attribute; ``None`` where there is none."""
        return self.node.attr(name)

    def set(self, name: str, value: str) -> None:
        """Set an attribute."""
        self.node.attrs[name] = value

    def remove(self, name: str) -> None:
        """Take an attribute away, if it is there."""
        if name in self.node.attrs:
            del self.node.attrs[name]

    def insert_before(self, html: str) -> None:
        """Put a piece of markup before it."""
        self.node.insert_adjacent_html("beforebegin", html)

    def append(self, html: str) -> None:
        """Put a piece of markup inside, at the end."""
        self.node.insert_adjacent_html("beforeend", html)


class Document:
    """A parsed HTML document."""

    def __init__(self, text: str, url: str) -> None:
        """Parse ``text``, which came from ``url``. Never refuses: every text is a document."""
        with needed_for("parsing HTML"):
            import turbohtml

        self.url = url
        self.text = text
        self._tree = turbohtml.parse(text)
        self._selected: dict[str, bool] = {}

    def twin(self) -> Document:
        """Another one of the same text, to be changed for the painter."""
        return Document(self.text, self.url)

    @cached_property
    def title(self) -> str:
        """The title with its spaces collapsed, as a tab shows it."""
        element = next((e for e in self.elements("title") if not e.is_svg), None)
        return " ".join(element.text.split()) if element else ""

    @cached_property
    def lang(self) -> str:
        return self._tree.root.attr("lang", "") or "" if self._tree.root else ""

    @cached_property
    def base_url(self) -> str:
        """What relative references start from: ``<base href>``, or the document's own URL."""
        for element in self.elements("base"):
            reference = element.get("href")
            if reference is not None:
                return address_bar.join(self.url, reference.strip()) or self.url
        return self.url

    @cached_property
    def declared_charset(self) -> str | None:
        """The encoding that a ``<meta>`` anywhere in the document names, by its WHATWG name."""
        for element in self.elements("meta"):
            label = element.get("charset")
            if label is None and (element.get("http-equiv") or "").lower() == "content-type":
                label = encoding.charset_in_content(element.get("content") or "")
            name = encoding.canonical(label.strip()) if label else None
            if name:
                return "UTF-8" if name.startswith("UTF-16") else name
        return None

    @cached_property
    def refresh(self) -> tuple[float, str] | None:
        """``<meta http-equiv=refresh>``: after how many seconds, and to which URL."""
        return self._tree.meta_refresh(self.url)

    @cached_property
    def quirks(self) -> bool:
        """Whether it is drawn by the rules of the nineties, for want of a modern doctype."""
        doctype = self._doctype
        if doctype is None or doctype.name != "html":
            return True
        public = (doctype.public_id or "").lower()
        if public in _QUIRKY_WHOLE or public.startswith(_QUIRKY):
            return True
        return doctype.system_id is None and public.startswith(_QUIRKY_WITHOUT_SYSTEM_ID)

    @cached_property
    def errors(self) -> list[ParseError]:
        """The mistakes that the parser mended."""
        return [ParseError(error.code, error.line, error.col) for error in self._tree.errors]

    @cached_property
    def depth(self) -> int:
        """How deeply its elements are nested."""
        deepest, level = 0, 0
        node: Any = self._tree
        while True:
            children = node.children
            if children:
                node, level = children[0], level + 1
                deepest = max(deepest, level)
                continue
            while node.next_sibling is None:
                node = node.parent
                level -= 1
                if node is None or level <= 0:
                    return deepest
            node = node.next_sibling

    @property
    def root(self) -> Element | None:
        return Element(self._tree.root) if self._tree.root else None

    def elements(self, *tags: str) -> Iterator[Element]:
        """The elements with one of these names (all, if none is named) in tree order; those in a template are not."""
        inert = any(True for _ in self._tree.iter_elements("template"))
        for node in self._tree.iter_elements(tags or None):
            if not (inert and node.closest("template")):
                yield Element(node)

    def selects(self, selector: str) -> bool:
        """Whether a CSS selector fits any element. One that is not understood is taken to do so."""
        known = self._selected.get(selector)
        if known is None:
            import turbohtml

            try:
                known = self._tree.select_one(selector) is not None
            except turbohtml.SelectorSyntaxError:
                known = True
            self._selected[selector] = known
        return known

    def count(self) -> int:
        """How many elements it has."""
        return sum(1 for _ in self._tree.iter_elements(None))

    def html(self) -> str:
        """The tree as markup that parses to the same tree."""
        markup = self._tree.html
        doctype = self._doctype
        if doctype is None or (doctype.public_id is None and doctype.system_id is None):
            return markup
        # The parser's own serializer leaves out what decides on quirks mode.
        keyword, ids = "PUBLIC", [doctype.public_id, doctype.system_id]
        if doctype.public_id is None:
            keyword, ids = "SYSTEM", [doctype.system_id]
        quoted = " ".join(_quoted(one) for one in ids if one is not None)
        return markup.replace(f"<!DOCTYPE {doctype.name}>", f"<!DOCTYPE {doctype.name} {keyword} {quoted}>", 1)

    def xhtml(self) -> str:
        """The tree as XML. In it names in selectors tell upper case from lower."""
        import turbohtml

        if self._tree.root is not None and "xmlns" in self._tree.root.attrs:
            del self._tree.root.attrs["xmlns"]
        markup = self._tree.serialize(turbohtml.Html(xml=True))
        return markup.replace("<html", '<html xmlns="http://www.w3.org/1999/xhtml"', 1)

    @property
    def mixes_languages(self) -> bool:
        """Whether names that mean a table or a form in HTML stand for something else inside SVG or MathML."""
        return any(node.namespace.value != "html" for node in self._tree.iter_elements(_NAMES_THAT_MOVE_PARSERS))

    @cached_property
    def _doctype(self) -> turbohtml.Doctype | None:
        import turbohtml

        return next((node for node in self._tree.children if isinstance(node, turbohtml.Doctype)), None)

    def nodes(self) -> Iterator[Node]:
        """All nodes, depth first."""
        import turbohtml

        for node, depth in _walk(self._tree):
            if isinstance(node, turbohtml.Element):
                attributes = [(name, node.attr(name) or "") for name in node.attrs]
                yield Node(depth, node.tag, attributes=attributes)
            elif isinstance(node, turbohtml.DocumentFragment):
                yield Node(depth, "#document-fragment")
            elif isinstance(node, turbohtml.Doctype):
                yield Node(depth, "#doctype", _doctype(node))
            elif isinstance(node, turbohtml.Comment):
                yield Node(depth, "#comment", node.data)
            elif isinstance(node, turbohtml.Text):
                yield Node(depth, "#text", node.data)

    def dump(self) -> str:
        """The tree in the notation of the html5lib tests: a line a node, indented by depth."""
        lines: list[str] = []
        _dump(self._tree, lines)
        return "\n".join(lines) + "\n" if lines else ""


def _walk(root: Any) -> Iterator[tuple[Any, int]]:
    """All nodes and how deep each is, depth first; with an own stack, as trees may be deeper than Python's."""
    stack: list[tuple[Any, int]] = [(child, 0) for child in reversed(root.children)]
    while stack:
        node, depth = stack.pop()
        yield node, depth
        if node:
            stack.extend((child, depth + 1) for child in reversed(node.children))


def _dump(root: Any, lines: list[str]) -> None:
    import turbohtml

    for node, depth in _walk(root):
        indent = "| " + "  " * depth
        if isinstance(node, turbohtml.Element):
            prefix = "" if node.namespace.value == "html" else node.namespace.value + " "
            lines.append(f"{indent}<{prefix}{node.tag}>")
            lines.extend(
                f'{indent}  {_attribute_name(name, prefix)}="{node.attr(name) or ""}"' for name in sorted(node.attrs)
            )
        elif isinstance(node, turbohtml.DocumentFragment):
            lines.append(f"{indent}content")
        elif isinstance(node, turbohtml.Doctype):
            lines.append(f"{indent}<!DOCTYPE {_doctype(node)}>")
        elif isinstance(node, turbohtml.Comment):
            lines.append(f"{indent}<!-- {node.data} -->")
        elif isinstance(node, turbohtml.Text):
            lines.append(f'{indent}"{node.data}"')


def _attribute_name(name: str, prefix: str) -> str:
    """Attributes of other namespaces are written ``xlink href``."""
    space, colon, local = name.partition(":")
    if not prefix or space not in ("xlink", "xml", "xmlns") or not (colon or name == "xmlns"):
        return name
    return f"{space} {local or space}"


def _quoted(identifier: str) -> str:
    """It can hold one kind of quotation marks only, as those around it were of the other."""
    return f"'{identifier}'" if '"' in identifier else f'"{identifier}"'


def _doctype(node: turbohtml.Doctype) -> str:
    if node.public_id is None and node.system_id is None:
        return node.name or ""
    return f'{node.name or ""} "{node.public_id or ""}" "{node.system_id or ""}"'
