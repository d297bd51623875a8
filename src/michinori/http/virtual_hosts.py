"""Several sites behind one address: the name that the client asks for decides."""

from __future__ import annotations

from collections.abc import Mapping

from michinori.http.refusal import Refusal
from michinori.http.serving import Handler, ServerRequest, ServerResponse


class VirtualHosts:
    """A handler that passes each request to the handler of its host; ``default`` takes what nobody is named for."""

    def __init__(self, hosts: Mapping[str, Handler], default: Handler | None = None) -> None:
        self._hosts = {name.lower().removesuffix("."): handler for name, handler in hosts.items()}
        self._default = default

    async def __call__(self, request: ServerRequest) -> ServerResponse:
        """Answer one request. Raises ``Refusal`` (421) for a host that is not here."""
        handler = self._hosts.get(request.host, self._default)
        if handler is None:
            raise Refusal(421, "That host is not served here.")
        return await handler(request)
