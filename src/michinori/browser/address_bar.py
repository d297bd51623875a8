"""The address bar: is it a URL, or words to search for? And if a URL, what are its parts?

A URL with a scheme is one. Without a scheme, what stands before the first ``/``, ``?`` or ``#`` decides: it is a URL if
it can be a host (``localhost``, a name with a dot, an address, anything with a port), and words if not. The parts are
those of the WHATWG URL standard, https://url.spec.whatwg.org/.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final, Literal
from urllib.parse import quote_plus

from michinori import trace
from michinori.browser.errors import BadAddress

#: Where words are sent; ``{}`` stands for the words, encoded as a form does.
SEARCH: Final = "http://search.example/?q={}"

Kind = Literal["url", "words"]

_SHOWN_OF_DATA: Final = 80
_DEFAULT_PORTS: Final = {"http": 80, "https": 443, "ws": 80, "wss": 443, "ftp": 21}
#: Schemes that mean a URL though no ``//`` follows. Any other ``word:`` may as well be part of a question.
_SCHEMES: Final = frozenset(
    ("http", "https", "ws", "wss", "ftp", "file", "data", "about", "blob", "javascript", "mailto", "tel", "view-source")
)
_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_SLIPPED_SCHEME: Final = re.compile(r"(https?)(?://+|;/*|:/(?!/)|:///+)(?=[^/])", re.IGNORECASE)
_EDGES: Final = "".join(map(chr, range(0x21))) + "\u3000"
_AUTHORITY_END: Final = re.compile(r"[/?#\\]")
_PORT: Final = re.compile(r":[0-9]{1,5}\Z")
_LABEL: Final = re.compile(
    r"(?![-])[^\s\x00-\x2c/:;<=>?@\[\\\]^`{|}~\u3000-\u3002\u300c\u300d\uff01\uff1f]{1,63}(?<!-)\Z"
)
_NUMBER: Final = re.compile(r"(?:0[xX][0-9A-Fa-f]*|[0-9]+)\Z")


@dataclass(frozen=True, slots=True)
class UrlParts:
    """The parts of a URL, by the names of the event ``url-parsed``."""

    href: str
    scheme: str
    username: str
    password: str
    host: str
    """As it goes into DNS: an IDN in its ASCII form, an IPv6 address in brackets."""
    host_shown: str
    """As a person reads it: an IDN in its own letters."""
    host_kind: Literal["name", "ipv4", "ipv6", "none"]
    port: int | None
    """The port that is meant, the scheme's own if none is written; ``None`` for schemes without ports."""
    port_written: bool
    path: str
    query: str
    fragment: str
    origin: str


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed, understood."""

    text: str
    kind: Kind
    url: str
    words: str = ""
    remarks: tuple[str, ...] = field(default=())
    """What was put right: ``scheme-added``, ``colon-added`` (``http//host``), ``slashes-corrected``."""


def understand(text: str, search: str = SEARCH) -> Typed:
    """Tell a URL from words. Raises ``BadAddress`` for nothing at all and for what begins like a URL and is none."""
    text = text.encode(errors="replace").decode()  # half a surrogate pair can come in from a command line
    stripped = re.sub(r"[\t\n\r]", "", text.strip(_EDGES))
    if not stripped:
        raise BadAddress("nothing was typed")
    if stripped.startswith("?"):
        return _words(text, stripped[1:].strip(_EDGES), search)
    slip = _SLIPPED_SCHEME.match(stripped)
    if slip and not stripped.lower().startswith(slip[1].lower() + "://"):
        remark = "slashes-corrected" if ":" in slip[0] else "colon-added"
        return _url(text, f"{slip[1].lower()}://{stripped[slip.end() :]}", remark)
    if _has_scheme(stripped):
        return _url(text, stripped)
    if stripped.startswith("//"):
        return _url(text, "http:" + stripped, "scheme-added")
    if stripped.startswith("/"):
        return _url(text, "file://" + stripped, "scheme-added")
    if _begins_with_a_host(stripped):
        typed = _try_url(text, "http://" + stripped, "scheme-added")
        if typed is not None:
            return typed
    return _words(text, stripped, search)


def split(url: str) -> UrlParts:
    """Take a URL apart. Raises ``BadAddress`` for what the URL standard refuses."""
    import ada_url

    try:
        parsed = ada_url.URL(url)
    except ValueError:  # UnicodeEncodeError is one
        raise BadAddress(f"{url!r} is not a URL") from None
    scheme = parsed.protocol.removesuffix(":")
    host = parsed.hostname
    kinds: Final = {ada_url.HostType.DEFAULT: "name", ada_url.HostType.IPV4: "ipv4", ada_url.HostType.IPV6: "ipv6"}
    return UrlParts(
        href=parsed.href,
        scheme=scheme,
        username=parsed.username,
        password=parsed.password,
        host=host,
        host_shown=ada_url.idna_to_unicode(host) if host else "",
        host_kind=kinds[parsed.host_type] if host else "none",  # type: ignore[arg-type]
        port=int(parsed.port) if parsed.port else _DEFAULT_PORTS.get(scheme),
        port_written=bool(parsed.port),
        path=parsed.pathname,
        query=parsed.search.removeprefix("?"),
        fragment=parsed.hash.removeprefix("#"),
        origin=parsed.origin,
    )


def refuse_other_schemes(url: str) -> None:
    """Raise ``BadAddress`` for a URL that no stage after this one could open."""
    scheme = url.partition(":")[0]
    if scheme in ("http", "https", "data") or url == "about:blank":
        return
    if scheme == "file":
        raise BadAddress(f"{url!r} is a file of this machine")
    raise BadAddress(f"{url!r} cannot be opened: the scheme {scheme!r} is not spoken here, only http and https are")


def join(base: str, reference: str) -> str | None:
    """The URL that a reference in a document means; ``None`` where it means none."""
    import ada_url

    try:
        return ada_url.URL(reference, base=base).href
    except ValueError:
        return None


def note_typed(typed: Typed) -> int:
    """Rows B1 and B2 for the trace: what was typed, what it was taken for, and its parts. Gives the number of the last,
    which is the cause of all that follows.
    """
    parts = split(typed.url)
    text, url = typed.text, hide_password(parts)
    if parts.password:
        text = text.replace(f":{parts.password}@", ":***@", 1) if f":{parts.password}@" in text else url
    remarks = list(typed.remarks)
    cause = trace.note("browser", "address-typed", text=text, kind=typed.kind, url=url, remarks=remarks)
    if typed.kind == "words":
        cause = trace.note("browser", "search-asked", cause=cause, words=typed.words, url=url)
    return note_parts(parts, cause)


def note_parts(parts: UrlParts, cause: int | None = None) -> int:
    """Row B2 for the trace. A password is never written down."""
    return trace.note(
        "browser",
        "url-parsed",
        cause=cause,
        href=hide_password(parts),
        scheme=parts.scheme,
        username=parts.username,
        password="***" if parts.password else "",
        host=parts.host,
        host_shown=parts.host_shown,
        host_kind=parts.host_kind,
        port=parts.port,
        port_written=parts.port_written,
        path=parts.path,
        query=parts.query,
        fragment=parts.fragment,
        origin=parts.origin,
    )


def shown(url: str) -> str:
    """A URL for eyes and files: without a password, and of a long ``data:`` URL only its beginning."""
    if url.startswith("data:"):
        return url if len(url) <= _SHOWN_OF_DATA else url[:_SHOWN_OF_DATA] + "..."
    if "@" not in url:
        return url
    try:
        return hide_password(split(url))
    except BadAddress:
        return url


def hide_password(parts: UrlParts) -> str:
    """The URL for eyes and files: with three stars where the password stood."""
    return parts.href.replace(f":{parts.password}@", ":***@", 1) if parts.password else parts.href


def _has_scheme(text: str) -> bool:
    match = _SCHEME.match(text)
    if not match:
        return False
    return match[1].lower() in _SCHEMES or text.startswith("//", match.end())


def _begins_with_a_host(text: str) -> bool:
    end = _AUTHORITY_END.search(text)
    authority, rest = (text[: end.start()], text[end.start() :]) if end else (text, "")
    userinfo, at, host = authority.rpartition("@")
    with_port = _PORT.search(host)
    host = _PORT.sub("", host)
    if re.search(r"\s", userinfo):
        return False
    if re.fullmatch(r"\[[0-9A-Fa-f:.]+\]", host):
        return True
    labels = host.removesuffix(".").split(".")
    if not all(map(_LABEL.match, labels)):
        return False
    if at and not (":" in userinfo or with_port or rest):
        return False  # an address of mail
    if _NUMBER.match(labels[-1]):
        return len(labels) == 4 or bool(with_port)
    if len(labels) > 1:
        return True
    # One word alone: a host only if something else says so.
    said = bool(with_port) or labels[0].lower() == "localhost" or rest[:1] in ("/", "?", "#")
    return said and not (rest and re.search(r"\s", rest))


def _url(text: str, url: str, *remarks: str) -> Typed:
    typed = _try_url(text, url, *remarks)
    if typed is None:
        raise BadAddress(f"{text.strip()!r} begins like a URL, but the URL standard refuses it")
    return typed


def _try_url(text: str, url: str, *remarks: str) -> Typed | None:
    import ada_url

    try:
        return Typed(text, "url", ada_url.URL(url).href, remarks=remarks)
    except ValueError:
        return None


def _words(text: str, words: str, search: str) -> Typed:
    if not words:
        raise BadAddress("nothing was typed")
    encoded = quote_plus(" ".join(words.split()))
    return Typed(text, "words", split(search.format(encoded)).href, words=" ".join(words.split()))
