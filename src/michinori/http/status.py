"""The registered methods and status codes of HTTP (RFC 9110; IANA registries), as far as they are of use here."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

REASONS: Final[dict[int, str]] = {int(status): status.phrase for status in HTTPStatus} | {
    # The names of RFC 9110; the standard library renamed them between versions.
    413: "Content Too Large",
    414: "URI Too Long",
    416: "Range Not Satisfiable",
    418: "(Unused)",
    422: "Unprocessable Content",
}

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
IDEMPOTENT: Final = SAFE | {"PUT", "DELETE"}
KNOWN_METHODS: Final = IDEMPOTENT | {
    *("POST", "PATCH", "CONNECT", "LINK", "UNLINK", "QUERY"),
    *("PROPFIND", "PROPPATCH", "MKCOL", "COPY", "MOVE", "LOCK", "UNLOCK", "REPORT", "SEARCH", "ACL"),
}


def reason(status: int) -> str:
    """The phrase that goes with a status code; empty for an unknown one."""
    return REASONS.get(status, "")
