"""Where in the whole each event is: which stage of the way, for which request, in which conversation.

The way is told as the article tells it, seven stages out and four back. What serves the question for a name belongs to
stage 3, whatever layer it is on; a handshake and a release belong to stage 4. What carries a request belongs to 5 (the
call and TCP), 6 (IP and below, at the sender), 7 (on the way), then to the server's reception. An acknowledgment
belongs to the reception that it confirms. The purpose of an event is that of its cause unless the event shows another.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from enum import IntEnum
from typing import Any, Final

import msgspec

from michinori.trace import Event


class Stage(IntEnum):
    """A stage of the way; ``NONE`` is what happened before the way began, as at boot."""

    NONE = 0
    URL = 1
    MESSAGE = 2
    NAME = 3
    CONNECTION = 4
    SENDING = 5
    HEADERS = 6
    ROUTERS = 7
    SERVER_RECEIVES = 8
    APPLICATION = 9
    BROWSER_RECEIVES = 10
    DISPLAY = 11


class _For(IntEnum):
    """What an event is for."""

    NOTHING = 0
    URL = 1
    MESSAGE = 2
    NAME = 3
    CONNECTION = 4
    REQUEST = 5
    REQUEST_ACK = 6
    ANSWERING = 7
    RESPONSE = 8
    RESPONSE_ACK = 9
    DISPLAY = 10
    RELEASE = 11


_PURPOSES: Final = tuple(_For)
_ALWAYS: Final = {
    _For.NOTHING: Stage.NONE,
    _For.URL: Stage.URL,
    _For.MESSAGE: Stage.MESSAGE,
    _For.NAME: Stage.NAME,
    _For.CONNECTION: Stage.CONNECTION,
    _For.RELEASE: Stage.CONNECTION,
    _For.REQUEST_ACK: Stage.SERVER_RECEIVES,
    _For.ANSWERING: Stage.APPLICATION,
    _For.RESPONSE_ACK: Stage.BROWSER_RECEIVES,
    _For.DISPLAY: Stage.DISPLAY,
}
_HTTP: Final = {
    **dict.fromkeys(("name-asked", "name-resolved", "name-failed"), _For.NAME),
    **dict.fromkeys(("connected", "connect-failed"), _For.CONNECTION),
    **dict.fromkeys(("queued", "request-sent", "tried-again"), _For.MESSAGE),
    **dict.fromkeys(("request-received", "request-refused", "response-sent", "handler-failed"), _For.ANSWERING),
    "answer-broken-off": _For.ANSWERING,
    "cache-hit": _For.URL,
}
_BROWSER: Final = dict.fromkeys(("address-typed", "search-asked", "url-parsed", "page-opened"), _For.URL)
_OPENING: Final = frozenset({"SYN-SENT", "SYN-RECEIVED", "ESTABLISHED"})
_TCP: Final = {
    **dict.fromkeys(("isn-chosen", "socket-copied", "syn-dropped"), _For.CONNECTION),
    **dict.fromkeys(("time-wait", "reset"), _For.RELEASE),
}
_DNS_PORT: Final = ":53"
_UNSPECIFIED: Final = ("*", " 0.0.0.0:", " [::]:")
"""In the name of an end that is not one of a conversation."""


class Conversation(msgspec.Struct):
    """What two hosts say to each other over one connection or one pair of UDP ports."""

    id: int
    protocol: str
    client: str
    """The host that began it."""
    client_end: str
    """As it names the connection: its own end first."""
    server: str = ""
    server_end: str = ""
    """As the other host names it; other addresses where they were translated on the way."""
    dns: bool = False
    opened: bool = False
    """Whether its first sequence number was chosen: the same ends once more are another conversation."""
    first: int = 0
    last: int = 0
    exchange: int = 0
    """The request that is under way, while the events are walked through; in the end the last one."""


class Exchange(msgspec.Struct):
    """One request and its answer."""

    id: int
    event: int
    """The number of the ``exchange`` event that sums it up."""
    data: dict[str, Any]
    connection: str
    host: str
    why: str
    conversation: int = 0


class Places(msgspec.Struct):
    """The places of all events, by their index (their number less one)."""

    stages: array[int]
    exchange_of: array[int]
    conversation_of: array[int]
    exchanges: list[Exchange]
    conversations: list[Conversation]


def locate(events: Sequence[Event], browser_host: str) -> Places:
    """Place all the events of a journey; their numbers go from 1 without gaps."""
    return _Walk(events, browser_host).go()


class _Walk:
    """One pass over the events, in their order: a cause always stands before what it caused."""

    def __init__(self, events: Sequence[Event], browser_host: str) -> None:
        self.events = events
        self.browser_host = browser_host
        size = len(events)
        self.purpose = bytearray(size + 1)
        self.exchange = array("H", bytes(2 * (size + 1)))
        self.conversation = array("I", bytes(4 * (size + 1)))
        self.stages = array("B", bytes(size))
        self.exchanges = _exchanges(events)
        self.conversations: list[Conversation] = []
        self.by_end: dict[tuple[str, str], Conversation] = {}
        self.kinds: dict[tuple[str, int], str] = {}
        self.call_of: dict[int, str] = {}
        self.connected_as = {
            event.cause: event.connection
            for event in events
            if event.what == "returned" and event.data.get("call") == "connect"
        }
        self.turns: dict[tuple[str, str], list[Exchange]] = {}
        for one in self.exchanges:
            if one.data["send_ns"]:
                self.turns.setdefault((one.host, one.connection), []).append(one)
        for turns in self.turns.values():
            turns.sort(key=lambda one: (one.data["send_ns"][0], one.event))
        self.sent: dict[tuple[str, str], int] = {}
        self.by_url = {(one.host, one.data["url"]): one for one in reversed(self.exchanges)}

    def go(self) -> Places:
        layers: dict[str, Callable[[Event, _For], _For]] = {
            "browser": self._browser,
            "http": self._http,
            "tls": lambda *_: _For.CONNECTION,
            "socket": self._socket,
            "tcp": self._tcp,
            "udp": self._of_datagram,
        }
        for event in self.events:
            n, cause = event.n, event.cause
            own = self._conversation(event)
            inherited = _PURPOSES[self.purpose[cause]]
            self.exchange[n] = self.exchange[cause]
            by_layer = layers.get(event.layer)
            if by_layer is not None:
                inherited = by_layer(event, inherited)
            purpose = _For.NAME if event.layer == "dns" else inherited
            self.purpose[n] = purpose
            self.stages[n - 1] = self._stage(event, purpose, own)
        for conversation in self.conversations:
            self._finish(conversation)
        return Places(self.stages, self.exchange[1:], self.conversation[1:], self.exchanges, self.conversations)

    def _finish(self, conversation: Conversation) -> None:
        if not conversation.server_end and conversation.client_end.count(" ") == 2:  # of a peer that is not recorded
            protocol, own, other = conversation.client_end.split(" ")
            conversation.server_end = f"{protocol} {other} {own}"
        for one in self.turns.get((conversation.client, conversation.client_end), ()):
            one.conversation = conversation.id

    def _conversation(self, event: Event) -> Conversation | None:
        n, cause = event.n, event.cause
        end = event.connection or self.connected_as.get(n, "")
        number = self.conversation[cause]
        if not end or any(mark in end for mark in _UNSPECIFIED):
            if event.layer not in ("browser", "http", "dns") and (event.layer, event.what) != ("socket", "called"):
                self.conversation[n] = number
                self._refuse(event, number)
            return self.conversations[self.conversation[n] - 1] if self.conversation[n] else None
        known = self.by_end.get((event.host, end))
        if known is None or (event.what == "isn-chosen" and known.opened and known.client == event.host):
            known = self._begin(event, end, number)
        known.opened |= event.what == "isn-chosen"
        known.last = n
        self.conversation[n] = known.id
        return known

    def _begin(self, event: Event, end: str, number: int) -> Conversation:
        """The first time that a host names a conversation: as the other end of one that came to it, or as a new one."""
        came = self.events[event.cause - 1] if event.cause else None
        if number and came is not None and came.layer in ("link", "ip", "tcp", "udp"):
            known = self.conversations[number - 1]
            if known.client != event.host and not known.server:
                known.server, known.server_end = event.host, end
                self.by_end[event.host, end] = known
                return known
        protocol, _, ends = end.partition(" ")
        dns = any(one.endswith(_DNS_PORT) for one in ends.split(" "))
        known = Conversation(len(self.conversations) + 1, protocol, event.host, end, dns=dns, first=event.n)
        known.exchange = self._opening(event.host, end)
        self.conversations.append(known)
        self.by_end[event.host, end] = known
        return known

    def _refuse(self, event: Event, number: int) -> None:
        """A host that has no socket for what came is the other end all the same: it is the one that answers."""
        if number and event.what == "dropped" and event.layer in ("tcp", "udp"):
            known = self.conversations[number - 1]
            if not known.server and known.client != event.host:
                known.server = event.host

    def _own(self, event: Event) -> Conversation | None:
        number = self.conversation[event.n]
        return self.conversations[number - 1] if number else None

    def _stage(self, event: Event, purpose: _For, own: Conversation | None) -> Stage:
        always = _ALWAYS.get(purpose)
        if always is not None:
            return always
        client = own.client if own else self.browser_host
        server = own.server if own else ""
        if purpose is _For.RESPONSE:
            return Stage.APPLICATION if event.host == server else Stage.BROWSER_RECEIVES
        if event.host == client:
            return Stage.SENDING if event.layer in ("socket", "tcp", "http", "tls") else Stage.HEADERS
        return Stage.SERVER_RECEIVES if event.host == server else Stage.ROUTERS

    def _browser(self, event: Event, _: _For) -> _For:
        url = event.data.get("url")
        if event.what not in ("resource-found", "resource-failed"):
            one = self.by_url.get((event.host, url)) if isinstance(url, str) else None
            if one is not None:
                self.exchange[event.n] = one.id
        return _BROWSER.get(event.what, _For.DISPLAY)

    def _http(self, event: Event, _: _For) -> _For:
        n, what = event.n, event.what
        own = self._own(event)
        if what == "request-sent" and own is not None:
            key = (event.host, event.connection)
            turn = self.sent[key] = self.sent.get(key, 0) + 1
            turns = self.turns.get(key, [])
            own.exchange = turns[turn - 1].id if turn <= len(turns) else 0
            self.exchange[n] = own.exchange
        elif what == "exchange":
            self.exchange[n] = next((one.id for one in self.exchanges if one.event == n), 0)
        elif what == "queued" and event.cause:
            url = self.events[event.cause - 1].data.get("url")
            one = self.by_url.get((event.host, str(url)))
            self.exchange[n] = one.id if one else 0
        elif own is not None:
            self.exchange[n] = own.exchange
        return _HTTP.get(what, _For.DISPLAY)

    def _socket(self, event: Event, inherited: _For) -> _For:
        data = event.data
        if event.what == "returned":
            if "accepted" in data:
                return _For.CONNECTION
            self.exchange[event.n] = self.exchange[event.cause]
            return inherited
        if event.what == "created":
            self.kinds[event.host, data.get("descriptor", 0)] = str(data.get("kind"))
            return inherited
        if event.what != "called":
            return inherited
        call = str(data.get("call"))
        if call == "getaddrinfo":
            self._name_for(event)
            return _For.NAME
        own = self._own(event)
        stream = data.get("type") == "tcp" or self.kinds.get((event.host, data.get("descriptor", 0))) == "tcp"
        if not stream or (own is not None and own.dns):
            return inherited
        return self._of_stream(event, call, own, inherited)

    def _of_stream(self, event: Event, call: str, own: Conversation | None, inherited: _For) -> _For:
        if call in ("socket", "connect", "accept"):
            if own is not None:
                self.exchange[event.n] = own.exchange or self._opening(event.host, own.client_end)
            return _For.CONNECTION if event.cause else inherited
        if own is None:
            return inherited
        if call == "close":
            self.exchange[event.n] = 0
            return _For.RELEASE
        self.exchange[event.n] = own.exchange
        sends = call in ("write", "send", "sendall", "sendto")
        if event.host == own.client:
            return _For.REQUEST if sends else _For.RESPONSE
        return _For.RESPONSE if sends else _For.REQUEST

    def _opening(self, host: str, end: str) -> int:
        """The request for which a connection was opened: that which waited for it, or else the first one on it."""
        turns = self.turns.get((host, end), ())
        waited = next((one for one in turns if one.data["connect_ns"]), None)
        return waited.id if waited else turns[0].id if turns else 0

    def _name_for(self, event: Event) -> None:
        """Which request needs the name: the one whose phase of resolving begins now."""
        for one in self.exchanges:
            span = one.data.get("dns_ns")
            if span and one.host == event.host and span[0] <= event.t < max(span[1], span[0] + 1):
                self.exchange[event.n] = one.id
                return

    def _tcp(self, event: Event, inherited: _For) -> _For:
        what, own, data = event.what, self._own(event), event.data
        if own is None or own.dns:
            return _For.NAME if own is not None else inherited
        if what == "segment-sent":
            return self._sent(event, own, inherited)
        if what == "state-changed":
            self.exchange[event.n] = own.exchange if data.get("to") in _OPENING else 0
            return _For.CONNECTION if data.get("to") in _OPENING else _For.RELEASE
        always = _TCP.get(what)
        if always is not None:
            self.exchange[event.n] = own.exchange if always is _For.CONNECTION else 0
            return always
        outward = event.host == own.client
        if what in ("split", "gathered") or (what == "retransmitted" and data.get("len")):
            self._by_calls(event, own)
            return _For.REQUEST if outward else _For.RESPONSE
        if what == "delivered":
            self.exchange[event.n] = own.exchange
            return _For.RESPONSE if outward else _For.REQUEST
        return inherited

    def _sent(self, event: Event, own: Conversation, inherited: _For) -> _For:
        flags, outward = event.data["flags"], event.host == own.client
        if event.data["len"]:
            self._by_calls(event, own)
            return _For.REQUEST if outward else _For.RESPONSE
        if "SYN" in flags:
            self.exchange[event.n] = own.exchange
            return _For.CONNECTION
        if "FIN" in flags or "RST" in flags:
            self.exchange[event.n] = 0
            return _For.RELEASE
        if inherited in (_For.CONNECTION, _For.RELEASE):
            return inherited
        self.exchange[event.n] = self.exchange[event.n] or own.exchange
        return _For.RESPONSE_ACK if outward else _For.REQUEST_ACK

    def _by_calls(self, event: Event, own: Conversation) -> None:
        """Octets belong to the request of the call that wrote them, whatever let them go now."""
        calls = event.data.get("calls") or [event.data.get("call", 0)]
        self.exchange[event.n] = self.exchange[calls[0]] or own.exchange

    def _of_datagram(self, event: Event, inherited: _For) -> _For:
        own = self._own(event)
        return _For.NAME if own is not None and own.dns else inherited


def _exchanges(events: Sequence[Event]) -> list[Exchange]:
    found = [event for event in events if event.layer == "http" and event.what == "exchange"]
    found.sort(key=lambda event: (event.data["started_ns"], event.data["send_ns"] or [0], event.n))
    return [
        Exchange(number, event.n, event.data, event.connection, event.host, event.why)
        for number, event in enumerate(found, 1)
    ]
