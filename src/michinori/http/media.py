"""Media types by file name: an own table, because the machine's differs from one machine to the next."""

from __future__ import annotations

from typing import Final

DEFAULT: Final = "application/octet-stream"

_TYPES: Final[dict[str, str]] = {
    "aac": "audio/aac",
    "apng": "image/apng",
    "atom": "application/atom+xml",
    "avif": "image/avif",
    "bin": DEFAULT,
    "bmp": "image/bmp",
    "br": "application/x-brotli",
    "bz2": "application/x-bzip2",
    "css": "text/css",
    "csv": "text/csv",
    "deb": "application/vnd.debian.binary-package",
    "eot": "application/vnd.ms-fontobject",
    "epub": "application/epub+zip",
    "flac": "audio/flac",
    "gif": "image/gif",
    "gz": "application/gzip",
    "htm": "text/html",
    "html": "text/html",
    "ico": "image/x-icon",
    "ics": "text/calendar",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "js": "text/javascript",
    "json": "application/json",
    "jsonld": "application/ld+json",
    "jxl": "image/jxl",
    "m4a": "audio/mp4",
    "map": "application/json",
    "md": "text/markdown",
    "mjs": "text/javascript",
    "mp3": "audio/mpeg",
    "mp4": "video/mp4",
    "mpeg": "video/mpeg",
    "oga": "audio/ogg",
    "ogg": "audio/ogg",
    "ogv": "video/ogg",
    "opus": "audio/ogg",
    "otf": "font/otf",
    "pcap": "application/vnd.tcpdump.pcap",
    "pdf": "application/pdf",
    "png": "image/png",
    "rss": "application/rss+xml",
    "svg": "image/svg+xml",
    "tar": "application/x-tar",
    "tif": "image/tiff",
    "tiff": "image/tiff",
    "toml": "application/toml",
    "ttf": "font/ttf",
    "txt": "text/plain",
    "vtt": "text/vtt",
    "wasm": "application/wasm",
    "wav": "audio/wav",
    "weba": "audio/webm",
    "webm": "video/webm",
    "webmanifest": "application/manifest+json",
    "webp": "image/webp",
    "woff": "font/woff",
    "woff2": "font/woff2",
    "xht": "application/xhtml+xml",
    "xhtml": "application/xhtml+xml",
    "xml": "application/xml",
    "xsl": "application/xslt+xml",
    "xz": "application/x-xz",
    "yaml": "application/yaml",
    "yml": "application/yaml",
    "zip": "application/zip",
    "zst": "application/zstd",
}
_TEXTUAL: Final = frozenset(
    {
        "application/json",
        "application/ld+json",
        "application/manifest+json",
        "application/toml",
        "application/wasm",
        "application/xml",
        "application/yaml",
        "font/otf",
        "font/ttf",
        "image/bmp",
        "image/x-icon",
    }
)


def media_type(name: str) -> str:
    """The type that goes with a file's name; ``application/octet-stream`` if its ending is unknown."""
    stem, dot, ending = name.rpartition(".")
    return _TYPES.get(ending.lower(), DEFAULT) if dot and stem else DEFAULT


def is_text(kind: str) -> bool:
    """Whether a charset makes sense beside it."""
    return kind.startswith("text/")


def is_compressible(kind: str) -> bool:
    """Whether coding it is worth the work: text in any sense, and formats without a compression of their own."""
    return kind.startswith("text/") or kind.endswith("+xml") or kind in _TEXTUAL
