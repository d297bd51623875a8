"""HTTP/1.1, both ends, in plain asyncio: the client (``Client``) and the server (``serve``) run on any loop.

On a virtual host the same code uses that host's sockets; clock, dice and recorder come from ``michinori.trace``.
"""

from michinori.http.client import Client
from michinori.http.errors import HttpError
from michinori.http.headers import Headers
from michinori.http.limits import Bounds, Timeouts
from michinori.http.message import Request, Response
from michinori.http.refusal import Refusal
from michinori.http.reply import Reply
from michinori.http.server import Server, serve
from michinori.http.server_limits import ServerLimits
from michinori.http.serving import Direct, FileBody, Handler, ServerRequest, ServerResponse, Upgraded, Verbatim
from michinori.http.static import StaticSite
from michinori.http.strict import HeadLimits
from michinori.http.virtual_hosts import VirtualHosts

__all__ = [
    "Bounds",
    "Client",
    "Direct",
    "FileBody",
    "Handler",
    "HeadLimits",
    "Headers",
    "HttpError",
    "Refusal",
    "Reply",
    "Request",
    "Response",
    "Server",
    "ServerLimits",
    "ServerRequest",
    "ServerResponse",
    "StaticSite",
    "Timeouts",
    "Upgraded",
    "Verbatim",
    "VirtualHosts",
    "serve",
]
