"""The search engine of the little internet: small, and honest about what it knows."""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qs

from michinori.http import ServerRequest, ServerResponse, accept
from michinori.world.search_index import Index
from michinori.world.search_page import front_page, results_page

#: More than any form of ours has.
_MOST_FIELDS: Final = 20


class SearchSite:
    """Answers ``/?q=WORDS`` with the pages that hold the words, anything else with 404."""

    def __init__(self, index: Index) -> None:
        self._index = index

    async def __call__(self, request: ServerRequest) -> ServerResponse:
        if request.method not in ("GET", "HEAD"):
            return ServerResponse(405, [("Allow", "GET, HEAD")])
        if request.path != "/":
            return ServerResponse(
                404, [("Content-Type", "text/plain; charset=utf-8")], b"There is no such page here.\n"
            )
        language = accept.language(request.headers.get("Accept-Language"))
        try:
            words = parse_qs(request.query, max_num_fields=_MOST_FIELDS).get("q", [""])[0].strip()
        except ValueError:
            return ServerResponse(400, [("Content-Type", "text/plain; charset=utf-8")], b"Too many words of a form.\n")
        if words:
            page = results_page(words, self._index.search(words), len(self._index.pages()), language)
        else:
            page = front_page(language)
        fields = [
            ("Content-Type", "text/html; charset=utf-8"),
            ("Content-Language", language),
            ("Vary", "Accept-Language"),
        ]
        return ServerResponse(200, fields, page.encode())
