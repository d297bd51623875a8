"""The side of a recursive resolver that faces its clients."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, Final, Protocol

import dns.edns
import dns.flags
import dns.message
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset

from michinori.dns.cache import Cache
from michinori.dns.listener import Client
from michinori.dns.messages import explain, rcode_text, texts
from michinori.dns.requests import Request, admit
from michinori.dns.telling import note, now_ns, watched
from michinori.dns.told import Question, Resolution

_ANY_TTL_S: Final = 3600


class Resolver(Protocol):
    """Who finds the answers."""

    cache: Cache

    async def resolve(self, question: Question) -> Resolution: ...


class Service:
    """Takes the questions of clients to a resolver and its answers back."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver

    def handle(self, octets: bytes, client: Client) -> bytes | Coroutine[Any, Any, bytes | None] | None:
        """The answer to these octets, at once or later; None where silence is the answer."""
        request = admit(octets)
        if isinstance(request, Request):
            return self._serve(request, client)
        if watched():
            note("query-refused", connection=client.connection, why="not a proper question", octets=len(octets))
        return request

    async def _serve(self, request: Request, client: Client) -> bytes | None:
        about = {
            "name": str(request.question.name),
            "type": dns.rdatatype.to_text(request.question.rdtype),
            "client": client.address[0],
            "transport": client.transport,
        }
        note("query-received", connection=client.connection, **about)
        response = await self._answer(request)
        response.flags |= dns.flags.RA
        if watched():
            note(
                "query-answered",
                connection=client.connection,
                **about,
                rcode=rcode_text(response),
                answers=texts(response.answer),
                authority=texts(response.authority),
            )
        return request.fit(response, client.transport)

    async def _answer(self, request: Request) -> dns.message.Message:
        if request.question.rdtype == dns.rdatatype.ANY:
            return _answer_to_any(request)
        if not request.recursion_desired:
            return self._from_cache_alone(request)
        return _response(request, await self._resolver.resolve(request.question))

    def _from_cache_alone(self, request: Request) -> dns.message.Message:
        told = self._resolver.cache.find(request.question, now_ns())
        if told is not None and told.end is not None:
            return _response(request, Resolution.of(told.aliases, told.end))
        response = request.reply(dns.rcode.REFUSED)
        explain(response, dns.edns.EDECode.PROHIBITED, "not in the cache, and recursion was not asked for")
        return response


def _response(request: Request, resolution: Resolution) -> dns.message.Message:
    response = request.reply(resolution.rcode)
    response.answer = list(resolution.answer)
    response.authority = list(resolution.authority)
    if resolution.reason:
        explain(response, dns.edns.EDECode.NO_REACHABLE_AUTHORITY, resolution.reason)
    if resolution.stale:
        explain(response, dns.edns.EDECode.STALE_ANSWER, "")
    return response


def _answer_to_any(request: Request) -> dns.message.Message:
    """RFC 8482 section 4.2: a made-up record instead of all there is."""
    response = request.reply()
    made_up = dns.rrset.from_text(request.question.name, _ANY_TTL_S, dns.rdataclass.IN, "HINFO", '"RFC8482" ""')
    response.answer.append(made_up)
    return response
