"""One persistent connection of the client: carries one exchange after the other, never two at once."""

from __future__ import annotations

from michinori.http.channel import Channel
from michinori.http.framing import ClientFraming
from michinori.http.limits import Bounds
from michinori.http.urls import Origin


class Connection:
    """A channel to an origin with what the pool needs to know of it."""

    def __init__(self, channel: Channel, origin: Origin, number: int) -> None:
        self.channel = channel
        self.origin = origin
        self.number = number
        """From 1, in the order in which the client opened its connections."""
        self.exchanges = 0
        """How many it has carried, the running one included."""
        self.reusable = False
        """Whether it may carry another exchange."""
        self.whole = False
        """Whether the last exchange was whole both ways, so that it may end by FIN."""
        self.id = channel.id
        self.server_address, self.server_port = channel.peer_address

    def begin(self, bounds: Bounds) -> ClientFraming:
        """A machine for the next exchange."""
        self.exchanges += 1
        self.reusable = self.whole = False
        return ClientFraming(head_octets=bounds.head_octets, header_count=bounds.header_count)

    @property
    def alive(self) -> bool:
        """Whether it may be used: open, and nothing has come that nobody asked for."""
        return self.channel.quiet and not self.channel.closing

    def close(self) -> None:
        """Close it if it ended well, drop it if not."""
        if self.whole or self.channel.closing:
            self.channel.close()
        else:
            self.channel.abort()
