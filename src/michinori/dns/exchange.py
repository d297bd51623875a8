"""One question to one server: a datagram and its answer, and TCP when the answer says that it was cut short."""

from __future__ import annotations

import asyncio
import errno
import os
import string
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, Literal

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype

from michinori import trace
from michinori.dns.listener import Address
from michinori.dns.messages import PAYLOAD, Garbled, is_answer_to, query, rcode_text, read, texts, write
from michinori.dns.telling import note, now_ns, place, watched
from michinori.dns.told import Question

#: Datagrams that come from the right place and are wrong, before it is taken for an attempt at guessing the id
#: (RFC 5452 section 5) and the question is asked over TCP, where guessing does not help.
_FORGERIES_BORNE: Final = 5
_LETTERS: Final = string.ascii_letters.encode()


class Unanswered(Exception):
    """No answer came of it. The message says why, as the end of a sentence about the server."""


class Silent(Unanswered):
    """Nothing came in time."""


class Unreachable(Unanswered):
    """The network said that the server cannot be reached, or it closed the connection."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How a question is put."""

    recursion_desired: bool
    payload: int | None = PAYLOAD
    """The EDNS size offered; None to ask without EDNS."""
    mixed_case: bool = False
    """Mix upper and lower case at random and expect the same back ("0x20"): harder to forge."""
    tcp_timeout_s: float = 5.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    message: dns.message.Message
    rtt_ns: int
    """Of the first exchange, the datagrams."""


async def exchange(
    question: Question, server: Address, manner: Manner, timeout_s: float, about: Mapping[str, Any]
) -> Answer:
    """Ask once. ``about`` goes into the events beside what is known here. Raises ``Unanswered``."""
    asking = _Asking(question, server, manner, about)
    began_ns = now_ns()
    message = await asking.by_udp(timeout_s)
    rtt_ns = now_ns() - began_ns
    if message is None or message.flags & dns.flags.TC:
        message = await asking.by_tcp(manner.tcp_timeout_s)
    return Answer(message, rtt_ns)


class _Asking:
    """A question on its way to one server; a fresh id for each transport."""

    def __init__(self, question: Question, server: Address, manner: Manner, about: Mapping[str, Any]) -> None:
        self._server = server
        self._manner = manner
        name = _mixed(question.name) if manner.mixed_case else question.name
        self._question = Question(name, question.rdtype)
        self._about = {
            **about,
            "name": str(question.name),
            "type": dns.rdatatype.to_text(question.rdtype),
            "server": place(server),
        }

    async def by_udp(self, timeout_s: float) -> dns.message.Message | None:
        """The answer that comes as a datagram; None when it is better asked over TCP."""
        message, octets = self._new_query()
        loop = asyncio.get_running_loop()
        began_ns = now_ns()
        try:
            door, inbox = await loop.create_datagram_endpoint(_Inbox, remote_addr=self._server)
        except OSError as error:
            raise self._unreachable(error, "udp") from error
        connection = _connection("udp", door, self._server)
        try:
            with trace.acting(self._tell_asked(message, "udp", connection, octets)):
                door.sendto(octets)
            async with asyncio.timeout(timeout_s):
                answer = await self._await_answer(message, inbox, connection)
        except TimeoutError:
            note("timed-out", connection=connection, **self._about, transport="udp", waited_ns=now_ns() - began_ns)
            raise Silent("no answer") from None
        except OSError as error:
            raise self._unreachable(error, "udp", connection) from error
        finally:
            door.close()
        if answer is None:
            return None
        self._tell_answered(answer, "udp", connection, now_ns() - began_ns)
        if answer.flags & dns.flags.TC:
            note("truncated", connection=connection, **self._about, octets=len(answer.wire or b""))
        return answer

    async def _await_answer(
        self, message: dns.message.Message, inbox: _Inbox, connection: str
    ) -> dns.message.Message | None:
        """Wait for the datagram that answers, past those that do not."""
        for _ in range(_FORGERIES_BORNE):
            octets = await inbox.next()
            try:
                answer = read(octets)
                wrong = is_answer_to(message, answer, same_case=self._manner.mixed_case)
            except Garbled as error:
                if octets[:2] == message.id.to_bytes(2, "big"):
                    note("garbled", connection=connection, why=str(error), **self._about)
                    raise Unanswered("its answer is garbled") from error
                wrong = "garbled"
            else:
                if not wrong:
                    return answer
            note("ignored", connection=connection, why=wrong, **self._about)
        return None

    async def by_tcp(self, timeout_s: float) -> dns.message.Message:
        """The answer that comes over a connection of its own, RFC 7766."""
        message, octets = self._new_query()
        began_ns = now_ns()
        writer = None
        connection = ""
        try:
            async with asyncio.timeout(timeout_s):
                reader, writer = await asyncio.open_connection(*self._server)
                connection = _connection("tcp", writer.transport, self._server)
                with trace.acting(self._tell_asked(message, "tcp", connection, octets)):
                    writer.write(len(octets).to_bytes(2, "big") + octets)
                length = int.from_bytes(await reader.readexactly(2), "big")
                answer = read(await reader.readexactly(length))
        except TimeoutError:
            note("timed-out", connection=connection, **self._about, transport="tcp", waited_ns=now_ns() - began_ns)
            raise Silent("no answer over TCP") from None
        except (OSError, EOFError) as error:
            raise self._unreachable(error, "tcp", connection) from error
        except Garbled as error:
            note("garbled", connection=connection, why=str(error), **self._about)
            raise Unanswered("its answer over TCP is garbled") from error
        finally:
            if writer is not None:
                writer.close()
                with suppress(OSError):
                    await writer.wait_closed()
        wrong = is_answer_to(message, answer, same_case=self._manner.mixed_case)
        if wrong:
            note("ignored", connection=connection, why=wrong, **self._about)
            raise Unanswered(f"its answer over TCP has {wrong}")
        self._tell_answered(answer, "tcp", connection, now_ns() - began_ns)
        return answer

    def _new_query(self) -> tuple[dns.message.Message, bytes]:
        identifier = trace.current().dice.randrange(1 << 16)
        message = query(
            self._question,
            identifier,
            recursion_desired=self._manner.recursion_desired,
            payload=self._manner.payload,
        )
        octets = write(message)
        assert octets is not None
        return message, octets

    def _unreachable(self, error: OSError | EOFError, transport: str, connection: str = "") -> Unreachable:
        why = _meaning(error)
        note("unreachable", connection=connection, why=why, **self._about, transport=transport)
        return Unreachable(why)

    def _tell_asked(
        self, message: dns.message.Message, transport: Literal["udp", "tcp"], connection: str, octets: bytes
    ) -> int:
        return note(
            "asked",
            connection=connection,
            **self._about,
            transport=transport,
            id=message.id,
            recursion_desired=self._manner.recursion_desired,
            edns=self._manner.payload is not None,
            octets=len(octets),
        )

    def _tell_answered(
        self, message: dns.message.Message, transport: Literal["udp", "tcp"], connection: str, took_ns: int
    ) -> None:
        if not watched():
            return
        note(
            "answered",
            connection=connection,
            **self._about,
            transport=transport,
            id=message.id,
            rcode=rcode_text(message),
            authoritative=bool(message.flags & dns.flags.AA),
            truncated=bool(message.flags & dns.flags.TC),
            answers=texts(message.answer),
            authority=texts(message.authority),
            additional=texts(message.additional),
            octets=len(message.wire or b""),
            took_ns=took_ns,
        )


class _Inbox(asyncio.DatagramProtocol):
    """The datagrams that have come to one socket, and the errors that ICMP reported about it."""

    def __init__(self) -> None:
        self._arrived: asyncio.Queue[bytes | OSError] = asyncio.Queue()

    async def next(self) -> bytes:
        arrived = await self._arrived.get()
        if isinstance(arrived, OSError):
            raise arrived
        return arrived

    def datagram_received(self, data: bytes, addr: tuple[Any, ...]) -> None:  # noqa: ARG002
        # The socket is connected, so whatever arrives comes from the server asked (RFC 5452 section 9.1).
        self._arrived.put_nowait(data)

    def error_received(self, exc: Exception) -> None:
        if isinstance(exc, OSError):
            self._arrived.put_nowait(exc)

    def connection_lost(self, exc: Exception | None) -> None:
        if isinstance(exc, OSError):
            self._arrived.put_nowait(exc)


def _mixed(name: dns.name.Name) -> dns.name.Name:
    dice = trace.current().dice
    labels = []
    for label in name.labels:
        flips = [0x20 if octet in _LETTERS and dice.random() < 0.5 else 0 for octet in label]
        labels.append(bytes(octet ^ flip for octet, flip in zip(label, flips, strict=True)))
    return dns.name.Name(labels)


def _connection(transport: str, door: asyncio.BaseTransport, server: Address) -> str:
    own = door.get_extra_info("sockname")
    return f"{transport} {own[0]}:{own[1]} {server[0]}:{server[1]}" if own else ""


def _meaning(error: OSError | EOFError) -> str:
    """An error of a socket in words that are the same on every system."""
    if isinstance(error, EOFError):
        return "it closed the connection without an answer"
    known = {
        errno.ECONNREFUSED: "nothing listens at its port",
        errno.EHOSTUNREACH: "the host cannot be reached",
        errno.ENETUNREACH: "there is no route to its network",
        errno.ECONNRESET: "it reset the connection",
        errno.ETIMEDOUT: "no answer over TCP",
    }
    number = error.errno or 0
    return known.get(number) or (os.strerror(number) if number else str(error) or type(error).__name__)
