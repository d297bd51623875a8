"""What a CGI program is told about its request (RFC 3875 section 4.1)."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import unquote_to_bytes

from michinori.http import Refusal, ServerRequest, paths
from michinori.http.urls import bracketed
from michinori.version import __version__

_NAME: Final = re.compile(r"[A-Za-z0-9-]+")
_NOT_PASSED_ON: Final = frozenset(
    {
        "content-type",
        "content-length",
        "authorization",  # the server's business (section 4.1.18)
        "proxy",  # would be HTTP_PROXY, which programs take for a setting of their own: httpoxy.org
        *("connection", "keep-alive", "proxy-authorization", "proxy-connection", "te", "trailer"),
        *("transfer-encoding", "upgrade", "expect"),
    }
)
_OF_THE_SERVER: Final = ("PATH", "LANG", "LC_ALL", "TZ", "SYSTEMROOT")
_PATH: Final = "/usr/local/bin:/usr/bin:/bin"


class Script(NamedTuple):
    """A program below the folder, and what stands behind its name in the path."""

    file: Path
    name: str
    """SCRIPT_NAME below the mount, decoded, one character an octet."""
    path_info: str
    """Decoded likewise; empty, or with its slash."""


def find(root: Path, path: str) -> Script:
    """The first file that the path leads to below ``root``; the rest is its PATH_INFO.

    Raises ``Refusal``: 404 for what is not there, 403 for a folder, 400 for what climbs.
    """
    raw = path[1:].split("/")
    found = root
    for count, segment in enumerate(raw, 1):
        names = paths.decode(segment)
        if not names:
            raise Refusal(403 if count == len(raw) else 404)
        place = paths.find(found, paths.encode(names, folder=False))
        found = place.path
        if not found.is_relative_to(root):
            raise Refusal(404)
        if not place.is_folder:
            name = "/" + "/".join(_decode(one) for one in raw[:count])
            rest = [_decode(one) for one in raw[count:]]
            if ".." in rest:
                raise Refusal(400, "The path climbs.")
            if any("/" in one for one in rest):
                raise Refusal(404)  # a separator in disguise would be lost (section 4.1.5)
            return Script(found, name, "".join(f"/{one}" for one in rest))
    raise Refusal(403)


def environment(request: ServerRequest, script: Script, length: int | None, documents: Path) -> dict[str, str]:
    """The variables. ``length`` is that of the body, None if there is none."""
    own_host, own_port = request.own_address
    peer_host, peer_port = request.peer_address
    host = request.host or own_host
    variables = {
        "GATEWAY_INTERFACE": "CGI/1.1",
        "SERVER_SOFTWARE": f"Michinori/{__version__}",
        "SERVER_PROTOCOL": request.version,
        "SERVER_NAME": bracketed(host),
        "SERVER_PORT": str(_port(request) or own_port),
        "REQUEST_METHOD": request.method,
        "REQUEST_SCHEME": request.scheme,
        "REQUEST_URI": request.target,
        "SCRIPT_NAME": _decode(request.root_path) + script.name,
        "SCRIPT_FILENAME": _octets(script.file),
        "DOCUMENT_ROOT": _octets(documents),
        "QUERY_STRING": request.query,
        "REMOTE_ADDR": peer_host,
        "REMOTE_HOST": peer_host,
        "REMOTE_PORT": str(peer_port),
        "REDIRECT_STATUS": "200",  # without it php-cgi refuses to work
        "PATH": os.environ.get("PATH", _PATH),
    }
    variables |= {name: _octets(os.environ[name]) for name in _OF_THE_SERVER if name in os.environ}
    if script.path_info:
        variables["PATH_INFO"] = script.path_info
        variables["PATH_TRANSLATED"] = _octets(documents) + script.path_info
    if length is not None:
        variables["CONTENT_LENGTH"] = str(length)
    if "Content-Type" in request.headers:
        variables["CONTENT_TYPE"] = request.headers.get("Content-Type")
    if request.scheme == "https":
        variables["HTTPS"] = "on"
    if request.user:
        variables |= {"AUTH_TYPE": "Basic", "REMOTE_USER": request.user.encode().decode("latin-1")}
    return variables | _header_variables(request)


def _header_variables(request: ServerRequest) -> dict[str, str]:
    """Section 4.1.18. A name with an underscore would look like another with a hyphen, and is left out."""
    variables: dict[str, str] = {}
    for name, value in request.headers:
        if name.lower() in _NOT_PASSED_ON or not _NAME.fullmatch(name):
            continue
        variable = "HTTP_" + name.upper().replace("-", "_")
        if variable in variables:
            value = variables[variable] + ("; " if variable == "HTTP_COOKIE" else ", ") + value
        variables[variable] = value
    return variables


def _port(request: ServerRequest) -> str:
    port = request.authority.rpartition("]")[2].rpartition(":")[2] if ":" in request.authority else ""
    return port if port.isdecimal() else ""


def _decode(text: str) -> str:
    decoded = unquote_to_bytes(text.encode("latin-1"))
    if 0 in decoded:
        raise Refusal(400, "The path holds a NUL.")
    return decoded.decode("latin-1")


def _octets(text: str | Path) -> str:
    return os.fsencode(text).decode("latin-1")
