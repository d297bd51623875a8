"""Octets to messages and back: the one door through which dnspython's parser and renderer are reached.

Nothing here rolls dice: ids are given, and records are written in the order in which they stand.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import dns.edns
import dns.exception
import dns.flags
import dns.message
import dns.opcode
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset

from michinori.dns.told import Question

#: The EDNS size that fits every path of today without fragments (RFC 9715 appendix A).
PAYLOAD: Final = 1232
#: What a client without EDNS can take over UDP, RFC 1035 section 4.2.1.
PLAIN_PAYLOAD: Final = 512
HEADER_OCTETS: Final = 12


class Garbled(ValueError):
    """These octets are no DNS message."""


def read(octets: bytes) -> dns.message.Message:
    """Parse a message. Raises ``Garbled`` and nothing else."""
    try:
        return dns.message.from_wire(octets, keyring=False)
    except Exception as error:  # dnspython's record parsers raise whatever their helpers raise
        raise Garbled(str(error) or type(error).__name__) from error


def query(
    question: Question, identifier: int, *, recursion_desired: bool, payload: int | None = PAYLOAD
) -> dns.message.Message:
    """A query; with EDNS(0) unless ``payload`` is None."""
    message = dns.message.QueryMessage(id=identifier)
    message.flags = dns.flags.Flag.RD if recursion_desired else dns.flags.Flag(0)
    message.find_rrset(
        message.question, question.name, dns.rdataclass.IN, question.rdtype, create=True, force_unique=True
    )
    if payload is not None:
        message.use_edns(0, payload=payload)
    return message


def write(message: dns.message.Message, limit: int = 65535) -> bytes | None:
    """The octets of a message, or None if they are more than ``limit``."""
    try:
        # The renderer raises a small limit to 512 by itself; no message of ours is ever held to less.
        return message.to_wire(max_size=limit, want_shuffle=False)
    except dns.exception.TooBig:
        return None


def is_answer_to(query: dns.message.Message, answer: dns.message.Message, *, same_case: bool = False) -> str:
    """Why that message does not answer the query, or an empty string if it does. RFC 5452 section 9.1.

    ``same_case``: the name must come back in the very mixture of cases in which it went out ("0x20").
    """
    if not answer.flags & dns.flags.QR:
        return "it is not a response"
    if answer.id != query.id:
        return "another id"
    if answer.opcode() != query.opcode():
        return "another opcode"
    if not answer.question and answer.rcode() in _MAY_LACK_THE_QUESTION:
        return ""
    if len(answer.question) != 1:
        return "not one question"
    asked, echoed = query.question[0], answer.question[0]
    if (asked.name, asked.rdtype, asked.rdclass) != (echoed.name, echoed.rdtype, echoed.rdclass):
        return "another question"
    if same_case and asked.name.labels != echoed.name.labels:
        return "another mixture of upper and lower case"
    return ""


_MAY_LACK_THE_QUESTION: Final = frozenset(
    {dns.rcode.FORMERR, dns.rcode.SERVFAIL, dns.rcode.NOTIMP, dns.rcode.REFUSED, dns.rcode.BADVERS}
)


def explain(message: dns.message.Message, code: dns.edns.EDECode, text: str) -> None:
    """Say why, to a client that speaks EDNS: an extended error, RFC 8914."""
    if message.edns >= 0:
        option = dns.edns.EDEOption(code, text[:200])
        message.use_edns(0, ednsflags=message.ednsflags, payload=message.payload, options=[*message.options, option])


def explanation(message: dns.message.Message) -> str:
    """What the extended errors of an answer say, in their own words where they have some; empty if there are none."""
    said = []
    for error in message.extended_errors():
        meaning = dns.edns.EDECode.to_text(error.code).replace("_", " ").lower()
        said.append(error.text or meaning)
    return "; ".join(said)


def texts(rrsets: Iterable[dns.rrset.RRset]) -> list[str]:
    """Records as lines of a zone file, for events; control characters stand escaped."""
    return [
        f"{rrset.name} {rrset.ttl} {dns.rdatatype.to_text(rrset.rdtype)} {rdata.to_text()}"
        for rrset in rrsets
        for rdata in rrset
    ]


def rcode_text(message: dns.message.Message) -> str:
    return dns.rcode.to_text(message.rcode())
