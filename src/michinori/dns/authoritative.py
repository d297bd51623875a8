"""A server that answers for its own zones and for nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import dns.edns
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

from michinori.dns.listener import Client, Doors, Listener
from michinori.dns.messages import explain, rcode_text, texts
from michinori.dns.requests import Request, admit
from michinori.dns.telling import note, watched
from michinori.dns.told import Question, target
from michinori.dns.zones import Alias, Cut, Data, Missing, TooLong, Zone, hosts_in, nearest

_MAX_ALIASES: Final = 16
#: Types for which the CNAME that a DNAME makes is itself the answer.
_ANSWERED_BY_AN_ALIAS: Final = frozenset({dns.rdatatype.CNAME, dns.rdatatype.ANY})
_POINTING: Final = frozenset({dns.rdatatype.NS, dns.rdatatype.MX, dns.rdatatype.SRV})


class AuthoritativeServer:
    """Answers from zones, which can be added and replaced while it runs."""

    def __init__(self, zones: Iterable[Zone] = (), doors: Doors | None = None) -> None:
        self.zones: dict[dns.name.Name, Zone] = {}
        for zone in zones:
            self.add(zone)
        self._listener = Listener(self.handle, doors)
        self.ready = self._listener.ready
        self.addresses = self._listener.addresses

    def add(self, zone: Zone) -> None:
        """Serve this zone from now on, in place of an earlier one of the same name."""
        self.zones[zone.origin] = zone

    async def serve(self, host: str | Sequence[str] = "0.0.0.0", port: int = 53) -> None:
        """Answer over UDP and TCP until cancelled; ``ready`` is set when the doors are open. Raises ``OSError``."""
        await self._listener.serve(host, port)

    def handle(self, octets: bytes, client: Client) -> bytes | None:
        """The octets of the answer to these octets; None where silence is the answer."""
        request = admit(octets)
        if not isinstance(request, Request):
            if watched():
                note("query-refused", connection=client.connection, why="not a proper question", octets=len(octets))
            return request
        response = self.answer(request)
        self._tell(request, response, client)
        return request.fit(response, client.transport)

    def answer(self, request: Request) -> dns.message.Message:
        """The whole answer, of whatever size."""
        zone = nearest(self.zones, request.question)
        if zone is None:
            response = request.reply(dns.rcode.REFUSED)
            explain(response, dns.edns.EDECode.NOT_AUTHORITATIVE, "no zone here holds it")
            return response
        response = request.reply()
        _Answering(zone, response).run(request.question)
        return response

    def _tell(self, request: Request, response: dns.message.Message, client: Client) -> None:
        if not watched():
            return
        note(
            "query-answered",
            connection=client.connection,
            name=str(request.question.name),
            type=dns.rdatatype.to_text(request.question.rdtype),
            client=client.address[0],
            transport=client.transport,
            rcode=rcode_text(response),
            authoritative=bool(response.flags & dns.flags.AA),
            answers=texts(response.answer),
            authority=texts(response.authority),
        )


class _Answering:
    """One answer while it is put together: the algorithm of RFC 1034 section 4.3.2.

    An alias is followed within its zone alone. What this server knows of other zones, nobody would believe it here.
    """

    def __init__(self, zone: Zone, response: dns.message.Message) -> None:
        self._zone = zone
        self._response = response

    def run(self, question: Question) -> None:
        response = self._response
        seen = {question.name}
        while True:
            found = self._zone.find(question)
            if not response.answer and not isinstance(found, Cut):
                response.flags |= dns.flags.AA
            if not isinstance(found, Alias):
                break
            if found.dname is not None:
                response.answer.append(found.dname)
            response.answer.append(found.cname)
            if question.rdtype in _ANSWERED_BY_AN_ALIAS:
                return
            question = Question(target(found.cname), question.rdtype)
            if not self._zone.holds(question.name) or question.name in seen or len(seen) >= _MAX_ALIASES:
                return
            seen.add(question.name)
        match found:
            case Data(rrset):
                response.answer.append(rrset)
                if rrset.rdtype in _POINTING:
                    self._add_addresses(rrset)
            case Cut(ns):
                response.authority.append(ns)
                self._add_addresses(ns)
            case Missing(name_exists):
                # RFC 6604: after aliases, the code is about the last name.
                response.set_rcode(dns.rcode.NOERROR if name_exists else dns.rcode.NXDOMAIN)
                response.authority.append(self._zone.denial)
            case TooLong(dname):
                response.answer.append(dname)
                response.set_rcode(dns.rcode.YXDOMAIN)

    def _add_addresses(self, rrset: dns.rrset.RRset) -> None:
        for host in hosts_in(rrset):
            if self._zone.holds(host):
                self._response.additional.extend(self._zone.addresses(host))
