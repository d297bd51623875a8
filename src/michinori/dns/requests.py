"""The gate of every server: what comes in is a question, or is answered with an error, or is ignored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import dns.edns
import dns.flags
import dns.message
import dns.opcode
import dns.rcode
import dns.rdataclass
import dns.rdatatype

from michinori.dns.messages import HEADER_OCTETS, PAYLOAD, PLAIN_PAYLOAD, Garbled, explain, read, write
from michinori.dns.told import Question

_QR: Final = 0x8000
_RD: Final = 0x0100
_TYPES_THAT_ARE_NO_QUESTION: Final = frozenset({dns.rdatatype.OPT, dns.rdatatype.TSIG, dns.rdatatype.TKEY})
_OBSOLETE: Final = frozenset({dns.rdatatype.MAILA, dns.rdatatype.MAILB})
_TRANSFERS: Final = frozenset({dns.rdatatype.AXFR, dns.rdatatype.IXFR})


@dataclass(frozen=True, slots=True)
class Request:
    """One proper question of a client."""

    message: dns.message.Message
    question: Question

    @property
    def recursion_desired(self) -> bool:
        return bool(self.message.flags & dns.flags.RD)

    def reply(self, rcode: dns.rcode.Rcode = dns.rcode.NOERROR) -> dns.message.Message:
        """An empty response to it, with EDNS if the client spoke EDNS."""
        response = dns.message.make_response(self.message, our_payload=PAYLOAD, pad=0)
        if self.message.ednsflags & dns.flags.EDNSFlag.DO:
            response.want_dnssec()  # RFC 3225 section 3: the bit is copied
        response.set_rcode(rcode)
        return response

    def fit(self, response: dns.message.Message, transport: Literal["udp", "tcp"]) -> bytes | None:
        """The octets of the response, cut short where a datagram cannot hold it.

        Addresses that are mere courtesy are left out first. If that is not enough, or if they are the glue without
        which a referral leads nowhere (RFC 9471), nothing is sent but the wish to be asked again over TCP.
        """
        if transport == "tcp":
            return write(response) or write(self.reply(dns.rcode.SERVFAIL))
        limit = PLAIN_PAYLOAD
        if self.message.edns >= 0:  # RFC 6891 section 6.2.5
            limit = min(max(self.message.payload, PLAIN_PAYLOAD), PAYLOAD)
        octets = write(response, limit)
        if octets is None and response.answer:
            response.additional = []
            octets = write(response, limit)
        if octets is None:
            response.answer, response.authority, response.additional = [], [], []
            response.flags |= dns.flags.TC
            octets = write(response, limit)
        return octets


def admit(octets: bytes) -> Request | bytes | None:
    """The question in these octets; or the error to send back; or None where silence is the answer.

    A message that is itself a response is never answered, or two servers could answer each other for ever.
    """
    if len(octets) < HEADER_OCTETS or octets[2] & 0x80:
        return None
    opcode = octets[2] >> 3 & 0xF
    if opcode != dns.opcode.QUERY:
        return _bare_error(octets, dns.rcode.NOTIMP)
    try:
        message = read(octets)
    except Garbled:
        return _bare_error(octets, dns.rcode.FORMERR)
    if message.edns > 0:
        return _bad_version(message)
    if message.had_tsig:
        return _bare_error(octets, dns.rcode.NOTAUTH)  # RFC 8945 section 5.2.1: we know no key
    if len(message.question) != 1:  # RFC 9619
        return _bare_error(octets, dns.rcode.FORMERR)
    asked = message.question[0]
    request = Request(message, Question(asked.name, asked.rdtype))
    return _refusal(request, asked.rdclass) or request


def _refusal(request: Request, rdclass: dns.rdataclass.RdataClass) -> bytes | None:
    rdtype = request.question.rdtype
    if rdtype in _TYPES_THAT_ARE_NO_QUESTION:
        response = request.reply(dns.rcode.FORMERR)
    elif rdtype in _OBSOLETE:
        response = request.reply(dns.rcode.NOTIMP)
    elif rdtype in _TRANSFERS:
        response = request.reply(dns.rcode.REFUSED)
        explain(response, dns.edns.EDECode.PROHIBITED, "zones are not transferred to anybody")
    elif rdclass != dns.rdataclass.IN:
        response = request.reply(dns.rcode.REFUSED)
        explain(response, dns.edns.EDECode.NOT_AUTHORITATIVE, "only the class IN is served here")
    else:
        return None
    return write(response)


def _bad_version(message: dns.message.Message) -> bytes | None:
    """RFC 6891 section 6.1.3: the answer tells the version that we have."""
    response = dns.message.QueryMessage(id=message.id)
    response.flags = dns.flags.Flag(_QR | message.flags & _RD)
    response.question = list(message.question)
    response.use_edns(0, payload=PAYLOAD)
    response.set_rcode(dns.rcode.BADVERS)
    return write(response)


def _bare_error(octets: bytes, rcode: dns.rcode.Rcode) -> bytes:
    """A header alone: id, opcode and RD of what came; the rest of it could not be trusted."""
    flags = _QR | (octets[2] << 8) & 0x7900 | rcode
    return octets[:2] + flags.to_bytes(2, "big") + bytes(8)
