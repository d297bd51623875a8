"""Plays for resolvers: scripted name servers, questions, and what must be answered and asked, in plain text.

    root 192.0.2.1                                    a server and its address
      * *  -> referral example. ns.example.=192.0.2.2     what it does with a name and a type
    tld 192.0.2.2
      www.example. A -> silent then answer A 203.0.113.80    the first time, and every time after
    ns3 192.0.2.3 down                                a host that is off (``closed``: on, but nothing listens)

    ask www.example. A                                a question to the resolver
      NOERROR                                         the code that must come back,
      www.example. 300 A 203.0.113.80                 and the records
    ask www.example. A -> 203.0.113.80                the same in one line, where one record comes
    asked                                             what must have been asked since the last look,
      root tld www.example. A                         in this order: each server named, that question
    wait 10s

Names in patterns may begin with ``*``. Actions: ``silent``, ``garbage``, ``empty``, ``rcode CODE``, ``answer RECORD |
RECORD``, ``referral ZONE HOST[=ADDRESS] ...``, ``nodata ZONE``, ``nxdomain ZONE``; ``and RECORD | RECORD`` adds to the
additional section. In front of an action: ``unauthoritative``, ``truncated`` (over UDP), ``wrong-id``, ``wrong-name``,
``lower-case``, ``no-edns`` (errors on EDNS), ``forgeries N`` (that many wrong ids first), ``late 2s``.
"""

from __future__ import annotations

import asyncio
import contextvars
import random
import textwrap
from collections.abc import Coroutine, Iterator
from fnmatch import fnmatchcase
from itertools import zip_longest
from typing import Any, TypeVar

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset
from tests.dns.memory_loop import MemoryLoop

from michinori import trace
from michinori.dns.recursive import Conduct, RecursiveResolver
from michinori.dns.told import Question

PORT = 53
#: Of a record that names none, in seconds.
TTL = 300
HIERARCHY = """
    root 192.0.2.1
      * * -> referral example. ns.example.=192.0.2.2
    tld 192.0.2.2
      *shop.example. * -> referral shop.example. ns1.shop.example.=192.0.2.3
      *lab.example. * -> referral lab.example. ns1.lab.example.=192.0.2.4
      *.example. * -> nxdomain example.
"""
TWO_SERVERS = """
    root 192.0.2.1
      * * -> referral shop.example. ns1.shop.example.=192.0.2.3 ns2.shop.example.=192.0.2.4
"""
Result = TypeVar("Result")
EPOCH_NS = trace.DEFAULT_EPOCH_NS


class LoopClock:
    """The clock of a loop as traces want it."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def now_ns(self) -> int:
        return round(self._loop.time() * trace.NS_PER_S)

    def date_ns(self) -> int:
        return EPOCH_NS + self.now_ns()


class ScriptedServer:
    """A name server that does what its rows say."""

    def __init__(self, name: str, address: str, asked: list[str]) -> None:
        self.name, self.address = name, address
        self.rows: list[tuple[str, str, list[str]]] = []
        self._asked = asked

    async def take(self, octets: bytes, transport: str) -> list[bytes]:
        query = dns.message.from_wire(octets)
        name, rdtype = query.question[0].name, query.question[0].rdtype
        mark = {"udp": "", "tcp": " tcp"}[transport] + ("" if query.edns == 0 else " plain")
        self._asked.append(f"{self.name} {str(name).lower()} {dns.rdatatype.to_text(rdtype)}{mark}")
        for pattern, kind, actions in self.rows:
            if fnmatchcase(str(name).lower(), pattern) and kind in ("*", dns.rdatatype.to_text(rdtype)):
                action = actions.pop(0) if len(actions) > 1 else actions[0]
                return [octets async for octets in _act(action, query, transport)]
        raise AssertionError(f"{self.name} has no row for {name} {dns.rdatatype.to_text(rdtype)}")


async def _act(action: str, query: dns.message.Message, transport: str):
    response = dns.message.make_response(query, pad=0)
    response.flags |= dns.flags.AA
    forgeries = 0
    while True:
        word, _, rest = action.partition(" ")
        match word:
            case "silent":
                return
            case "late":
                delay, _, rest = rest.partition(" ")
                await asyncio.sleep(float(delay.removesuffix("s")))
            case "unauthoritative":
                response.flags &= ~dns.flags.AA
            case "truncated" if transport == "udp":
                response.flags |= dns.flags.TC
                yield response.to_wire()
                return
            case "wrong-id":
                response.id ^= 1
            case "wrong-name":
                response.question = [dns.rrset.RRset(dns.name.from_text("other.example."), 1, query.question[0].rdtype)]
            case "lower-case":
                response.question = [
                    dns.rrset.RRset(query.question[0].name.canonicalize(), 1, query.question[0].rdtype)
                ]
            case "no-edns" if query.edns >= 0:
                response.use_edns(False)
                response.set_rcode(dns.rcode.FORMERR)
                yield response.to_wire()
                return
            case "forgeries":
                count, _, rest = rest.partition(" ")
                forgeries = int(count) if transport == "udp" else 0
            case "truncated" | "no-edns":
                pass
            case "garbage":
                yield query.to_wire()[:2] + b"\x80\x00\xff\xff"
                return
            case _:
                _fill(response, action, query.question[0].name)
                octets = response.to_wire(max_size=65535, want_shuffle=False)
                for number in range(1, forgeries + 1):
                    yield (query.id ^ number).to_bytes(2, "big") + octets[2:]
                yield octets
                return
        action = rest


def _fill(response: dns.message.Message, action: str, qname: dns.name.Name) -> None:
    """Put into the response what the last part of an action says."""
    action, _, additional = action.partition(" and ")
    response.additional += _records(additional, qname)
    word, _, rest = action.partition(" ")
    match word:
        case "answer":
            response.answer += _records(rest, qname)
        case "referral":
            zone, *hosts = rest.split()
            response.flags &= ~dns.flags.AA
            names = [host.partition("=")[0] for host in hosts]
            response.authority.append(dns.rrset.from_text_list(zone, 3600, "IN", "NS", names))
            glue = [host.split("=") for host in hosts if "=" in host]
            response.additional += [dns.rrset.from_text(host, 3600, "IN", "A", address) for host, address in glue]
        case "nodata" | "nxdomain":
            response.authority.append(dns.rrset.from_text(rest, 60, "IN", "SOA", f"ns.{rest} root.{rest} 1 2 3 4 30"))
            response.set_rcode(dns.rcode.NOERROR if word == "nodata" else dns.rcode.NXDOMAIN)
        case "alias-nxdomain":
            record, zone = rest.split(" @ ")
            response.answer += _records(record, qname)
            _fill(response, f"nxdomain {zone}", qname)
        case "rcode":
            response.set_rcode(dns.rcode.from_text(rest))
        case "empty":
            response.flags &= ~dns.flags.AA
        case _:
            raise ValueError(f"no such action: {action}")


def _records(text: str, qname: dns.name.Name) -> list[dns.rrset.RRset]:
    """``[owner.] [ttl] TYPE data``, several between bars."""
    rrsets: dict[tuple[dns.name.Name, str], dns.rrset.RRset] = {}
    for record in filter(None, (part.strip() for part in text.split("|"))):
        words = record.split()
        owner = dns.name.from_text(words.pop(0)) if words[0].endswith(".") else qname
        ttl = int(words.pop(0)) if words[0].isdigit() else TTL
        kind, data = words[0], " ".join(words[1:])
        new = dns.rrset.from_text(owner, ttl, "IN", kind, data)
        rrsets.setdefault((owner, kind), new).update(new)
    return list(rrsets.values())


class _Door(asyncio.DatagramProtocol):
    def __init__(self, server: ScriptedServer) -> None:
        self._server = server
        self._tasks: list[asyncio.Task[None]] = []

    def connection_made(self, transport) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr) -> None:
        self._tasks.append(asyncio.get_running_loop().create_task(self._answer(data, addr)))

    async def _answer(self, data: bytes, addr) -> None:
        for octets in await self._server.take(data, "udp"):
            self._transport.sendto(octets, addr)


class Play:
    """Runs one script. Use it once."""

    def __init__(self, seed: int = 0) -> None:
        self.loop = MemoryLoop()
        self.recorder = trace.Recorder()
        self.asked: list[str] = []
        self.servers: dict[str, ScriptedServer] = {}
        self._scope = trace.Scope(self.recorder, "resolver", LoopClock(self.loop), random.Random(seed))

    def close(self) -> None:
        self.recorder.close()
        self.loop.close()

    def __call__(self, script: str, conduct: Conduct | None = None) -> RecursiveResolver:
        """Run the script; the resolver, for a further look."""
        return self.run(self._run(textwrap.dedent(script), conduct))

    def run(self, coroutine: Coroutine[Any, Any, Result]) -> Result:
        """Run that in the scope of the play, and end what it left running."""
        context = contextvars.copy_context()
        context.run(trace.SCOPE.set, self._scope)
        try:
            return self.loop.run_until_complete(self.loop.create_task(coroutine, context=context))
        finally:
            self.loop.run_until_complete(self._end())

    async def _end(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for other in others:
            other.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _run(self, script: str, conduct: Conduct | None) -> RecursiveResolver:
        steps = []
        for head, body in _blocks(script):
            if head[0] in ("ask", "asked", "wait", "why", "together"):
                steps.append((head, body))
            else:
                await self.set_up(head, body)
        hints = {f"{name}.": [server.address] for name, server in self.servers.items() if name.startswith("root")}
        resolver = RecursiveResolver(hints, conduct)
        why = ""
        for head, body in steps:
            match head:
                case ["ask", name, rdtype, *record]:
                    resolution = await resolver.resolve(_question(name, rdtype))
                    why = resolution.reason
                    if record:
                        body = ["NOERROR", f"{name} {TTL} {rdtype} {' '.join(record[1:])}", *body]
                    _compare(f"ask {name} {rdtype}", body, _lines(resolution))
                case ["together", *questions]:
                    pairs = zip(questions[::2], questions[1::2], strict=True)
                    await asyncio.gather(*(resolver.resolve(_question(*pair)) for pair in pairs))
                case ["asked"]:
                    _compare("asked", [line for row in body for line in _each_asked(row)], self.asked)
                    self.asked.clear()
                case ["why"]:
                    _compare("why", body, [why])
                case ["wait", time]:
                    await asyncio.sleep(float(time.removesuffix("s")))
        return resolver

    async def set_up(self, head: list[str], body: list[str]) -> None:
        name, address, *state = head
        server = self.servers[name] = ScriptedServer(name, address, self.asked)
        for row in body:
            pattern, actions = row.split(" -> ")
            owner, rdtype = pattern.split()
            server.rows.append((owner, rdtype, actions.split(" then ")))
        if "down" in state:
            self.loop.down.add(address)
        elif "closed" not in state:
            await self.loop.create_datagram_endpoint(lambda: _Door(server), local_addr=(address, PORT))
            await asyncio.start_server(lambda *ends: _converse(server, *ends), address, PORT)


async def serve_script(play: Play, script: str) -> None:
    """Set up servers alone, for questions that are put by other means."""
    for head, body in _blocks(script):
        await play.set_up(head, body)


async def _converse(server: ScriptedServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    length = int.from_bytes(await reader.readexactly(2), "big")
    for octets in await server.take(await reader.readexactly(length), "tcp"):
        writer.write(len(octets).to_bytes(2, "big") + octets)
    writer.close()


def _blocks(script: str) -> Iterator[tuple[list[str], list[str]]]:
    head: list[str] = []
    body: list[str] = []
    for line in [*script.splitlines(), "end"]:
        text = " ".join(line.split("#")[0].split())
        if not text:
            continue
        if line[0] == " ":
            body.append(text)
            continue
        if head:
            yield head, body
        head, body = text.split(), []


def _each_asked(row: str) -> Iterator[str]:
    """``root tld www.example. A`` is a line for each of the servers."""
    words = row.split()
    first = next(index for index, word in enumerate(words) if word.endswith("."))
    yield from (" ".join([server, *words[first:]]) for server in words[:first])


def _question(name: str, rdtype: str) -> Question:
    return Question(dns.name.from_text(name), dns.rdatatype.from_text(rdtype))


def _lines(resolution) -> list[str]:
    records = [
        f"{rrset.name} {rrset.ttl} {dns.rdatatype.to_text(rrset.rdtype)} {rdata}"
        for rrset in resolution.answer
        for rdata in rrset
    ]
    soas = [f"; {rrset.name} {rrset.ttl} SOA" for rrset in resolution.authority]
    return [dns.rcode.to_text(resolution.rcode), *records, *soas]


def _compare(what: str, wanted: list[str], got: list[str]) -> None:
    """Two columns side by side where they differ."""
    if wanted == got:
        return
    width = max([*map(len, wanted), 20])
    rows = [
        f"{'  ' if left == right else '! '}{left:<{width}}   {right}"
        for left, right in zip_longest(wanted, got, fillvalue="-")
    ]
    raise AssertionError("\n".join([what, f"  {'WANTED':<{width}}   GOT", *rows]))
