"""The tree of the document, as the report carries it."""

from __future__ import annotations

from itertools import islice
from typing import Any, Final

from michinori.browser.document import Document, Node

#: More nodes than this are not carried.
MAX_NODES: Final = 10_000
#: Longer texts are cut: a script of a megabyte is no tree.
MAX_TEXT: Final = 1_000


def carried(document: Document) -> dict[str, Any]:
    """``nodes``, depth first: ``[depth, name, attributes]`` for an element, ``[depth, "#text", text]`` and the like for
    the rest, without texts that are only white space; and whether anything was ``cut``.
    """
    wanted = (node for node in document.nodes() if node.name != "#text" or node.text.strip())
    nodes = list(islice(wanted, MAX_NODES + 1))
    shown = nodes[:MAX_NODES]
    cut = len(nodes) > MAX_NODES or any(len(node.text) > MAX_TEXT for node in shown)
    return {"cut": cut, "nodes": [_short(node) for node in shown]}


def _short(node: Node) -> list[Any]:
    if node.name.startswith("#"):
        return [node.depth, node.name, node.text[:MAX_TEXT]]
    return [node.depth, node.name, [[name, value[:MAX_TEXT]] for name, value in node.attributes]]
