"""Beside BIND: its tools ask our servers, our resolver walks over its servers, and both answer alike."""

from __future__ import annotations

import asyncio
import itertools
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import dns.edns
import dns.flags
import dns.message
import dns.query
import dns.rcode
import pytest
from bind import named
from peers import free_port
from tests.dns.test_zones import TEXT as SHOP

from michinori.dns.authoritative import AuthoritativeServer
from michinori.dns.listener import Listener
from michinori.dns.recursive import Conduct, RecursiveResolver
from michinori.dns.told import Question
from michinori.dns.zones import Zone

pytestmark = pytest.mark.peer

ROOT = """
$ORIGIN .
$TTL 3600
@            SOA a.root. hostmaster.root. 1 7200 900 1209600 60
@            NS  a.root.
a.root.      A   127.0.0.41
example.     NS  ns.example.
ns.example.  A   127.0.0.42
org.         NS  ns.example.
"""
EXAMPLE = """
$ORIGIN example.
$TTL 3600
@         SOA ns hostmaster 1 7200 900 1209600 60
@         NS  ns
ns        A   127.0.0.42
shop      NS  ns1.shop
shop      NS  ns.dns.org.
ns1.shop  A   127.0.0.43
lab       NS  ns.dns.org.
dead      NS  ns.dead
ns.dead   A   127.0.0.46
"""
ORG = """
$ORIGIN org.
$TTL 3600
@         SOA ns.example. hostmaster.example. 1 7200 900 1209600 60
@         NS  ns.example.
ns.dns    A   127.0.0.43
"""
LAB = """
$ORIGIN lab.example.
$TTL 60
@    SOA   ns.dns.org. hostmaster 1 7200 900 1209600 60
@    NS    ns.dns.org.
www  A     203.0.113.90
back CNAME x.www.shop.example.
"""
BIG = SHOP + "".join(f'big TXT "{chr(97 + i) * 200}"\n' for i in range(8))


def relay(port: int) -> Listener:
    """Lets the BIND at that port be met at an address of its own: it binds only addresses that interfaces have."""

    async def pass_on(octets: bytes, transport: str) -> bytes:
        kind = socket.SOCK_DGRAM if transport == "udp" else socket.SOCK_STREAM
        loop = asyncio.get_running_loop()
        with socket.socket(type=kind) as bind:
            bind.setblocking(False)
            await loop.sock_connect(bind, ("127.0.0.1", port))
            if transport == "udp":
                await loop.sock_sendall(bind, octets)
                return await loop.sock_recv(bind, 65535)
            await loop.sock_sendall(bind, len(octets).to_bytes(2, "big") + octets)
            got = await loop.sock_recv(bind, 65535)
            while len(got) < 2 or len(got) < 2 + int.from_bytes(got[:2], "big"):
                got += await loop.sock_recv(bind, 65535)
            return got[2:]

    return Listener(lambda octets, client: pass_on(octets, client.transport))


@asynccontextmanager
async def ours(server: Any, address: str, port: int) -> AsyncIterator[None]:
    task = asyncio.get_running_loop().create_task(server.serve(address, port))
    try:
        async with asyncio.timeout(5):
            await server.ready.wait()
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def dig(address: str, port: int, *words: str) -> str:
    program = shutil.which("dig") or pytest.skip("dig is not installed")
    process = await asyncio.create_subprocess_exec(
        program, f"@{address}", "-p", str(port), "+time=2", "+tries=1", *words, stdout=asyncio.subprocess.PIPE
    )
    return (await process.communicate())[0].decode()


def with_our_server(text: str, ask: Callable[[int], Awaitable[Any]]) -> Any:
    async def main() -> Any:
        port = free_port("127.0.0.40")
        async with ours(AuthoritativeServer([Zone.from_text(text)]), "127.0.0.40", port):
            return await ask(port)

    return asyncio.run(main())


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["www.shop.example", "A", "+short"], "203.0.113.80\n"),
        (["www.shop.example", "A", "+short", "+tcp"], "203.0.113.80\n"),
        (["www.shop.example", "A", "+short", "+noedns"], "203.0.113.80\n"),
        (["web.shop.example", "AAAA", "+short"], "www.shop.example.\n2001:db8::80\n"),
        (["nowhere.shop.example", "MX", "+short"], "20 mail.shop.example.\n"),
    ],
)
def test_dig_understands_our_authoritative_server(words, expected):
    assert with_our_server(SHOP, lambda port: dig("127.0.0.40", port, *words)) == expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["big.shop.example", "TXT", "+noedns", "+ignore"], ["flags: qr aa tc rd", "ANSWER: 0"]),
        (["big.shop.example", "TXT", "+noedns"], ["Truncated, retrying in TCP mode", "ANSWER: 8", "(TCP)"]),
        (["big.shop.example", "TXT", "+bufsize=4096"], ["ANSWER: 8", "(TCP)"]),
        (["x.www.shop.example", "A"], ["status: NXDOMAIN", "SOA\tns1.shop.example. hostmaster.shop.example. 1"]),
        (["www.lab.example", "A"], ["status: REFUSED", "EDE: 20 (Not Authoritative)"]),
        (["shop.example", "AXFR"], ["Transfer failed"]),
        (["www.shop.example", "A", "+edns=7", "+noednsnegotiation"], ["status: BADVERS"]),
        (["www.shop.example", "A", "+opcode=notify"], ["status: NOTIMP"]),
        (["www.shop.example", "A", "+cookie", "+nsid", "+subnet=1.2.3.0/24"], ["status: NOERROR", "203.0.113.80"]),
        (["www.shop.example", "A", "+keepopen", "+tcp", "web.shop.example", "A"], ["203.0.113.80"]),
    ],
)
def test_dig_finds_nothing_odd(words, expected):
    said = with_our_server(BIG, lambda port: dig("127.0.0.40", port, *words))
    for part in expected:
        assert part in said
    for harmless in ("recursion requested but not available", "EDNS query returned status NOTIMP"):
        said = said.replace(f"WARNING: {harmless}", "")
    assert "WARNING" not in said
    assert "malformed" not in said.lower()


@pytest.mark.parametrize(("origin", "text"), [("shop.example", BIG), ("lab.example", LAB), (".", ROOT), ("org", ORG)])
def test_named_checkzone_agrees_that_our_zones_are_sound(tmp_path, origin, text):
    program = shutil.which("named-checkzone") or pytest.skip("BIND is not installed")
    (tmp_path / "zone").write_text(text)
    said = subprocess.run(
        [program, "-i", "local", origin, tmp_path / "zone"], capture_output=True, text=True, check=False
    )
    assert said.returncode == 0, said.stdout
    assert Zone.from_text(text).problems() == []


# Left out: circles of aliases, which BIND calls SERVFAIL after 16 turns; no RFC says what they are.
QUESTIONS = [
    (name, rdtype)
    for name in (
        "shop.example.",
        "www.shop.example.",
        "WWW.Shop.Example.",
        "web.shop.example.",
        "out.shop.example.",
        "b.c.shop.example.",
        "z.c.shop.example.",
        "a.b.c.shop.example.",
        "any.wild.shop.example.",
        "two.labels.wild.shop.example.",
        "*.wild.shop.example.",
        "known.wild.shop.example.",
        "below.known.wild.shop.example.",
        "wild2.shop.example.",
        "x.wild2.shop.example.",
        "x.deep.wild2.shop.example.",
        "nowhere.shop.example.",
        "x.www.shop.example.",
        "sub.shop.example.",
        "x.sub.shop.example.",
        "ns.sub.shop.example.",
        "old.shop.example.",
        "x.old.shop.example.",
        "y.old.shop.example.",
        "back.lab.example.",
        "www.other.example.",
        ".",
    )
    for rdtype in ("A", "AAAA", "MX", "NS", "SOA", "TXT", "CNAME", "DS", "DNAME", "ANY", "SRV")
]


def essence(message: dns.message.Message, rdtype: str) -> dict[str, Any]:
    """What two servers must agree on. Which of its record sets a server gives for ANY is its own choice."""

    def lines(rrsets: list[Any]) -> list[str]:
        return sorted(line.lower() for rrset in rrsets for line in rrset.to_text().splitlines())

    seen: dict[str, Any] = {
        "rcode": dns.rcode.to_text(message.rcode()),
        "flags": dns.flags.to_text(message.flags & ~dns.flags.RA),
        "authority": lines(message.authority),
    }
    if rdtype == "ANY":
        seen["answered"] = bool(message.answer)
    else:
        seen["answer"] = lines(message.answer)
    return seen


def test_bind_answers_the_same_from_the_same_zones(tmp_path):
    async def main() -> list[str]:
        different = []
        with named(tmp_path / "bind", {"shop.example.": BIG, "lab.example.": LAB}) as bind_port:
            port = free_port("127.0.0.44")
            server = AuthoritativeServer([Zone.from_text(BIG), Zone.from_text(LAB)])
            async with ours(server, "127.0.0.44", port):
                for (name, rdtype), tcp in itertools.product([*QUESTIONS, ("big.shop.example.", "TXT")], (False, True)):
                    query = dns.message.make_query(name, rdtype, use_edns=0, payload=1232)
                    ask = dns.query.tcp if tcp else dns.query.udp
                    theirs, mine = [
                        essence(await asyncio.to_thread(ask, query, host, timeout=20, port=at), rdtype)
                        for host, at in (("127.0.0.1", bind_port), ("127.0.0.44", port))
                    ]
                    if theirs != mine:
                        different.append(f"{name} {rdtype} tcp={tcp}\n  BIND {theirs}\n  ours {mine}")
        return different

    different = asyncio.run(main())
    assert different == [], "\n".join(different)


@pytest.fixture(scope="module")
def binds(tmp_path_factory) -> Iterator[dict[str, int]]:
    """Three BINDs: the root, the zones of the top level, and the zones below. Their addresses and ports."""
    folder = tmp_path_factory.mktemp("hierarchy")
    with (
        named(folder / "root", {".": ROOT}) as root,
        named(folder / "top", {"example.": EXAMPLE, "org.": ORG}) as top,
        named(folder / "below", {"shop.example.": BIG, "lab.example.": LAB}) as below,
    ):
        yield {"127.0.0.41": root, "127.0.0.42": top, "127.0.0.43": below}


@asynccontextmanager
async def hierarchy(binds: dict[str, int]) -> AsyncIterator[tuple[RecursiveResolver, int]]:
    """Our resolver beside a hierarchy of BINDs, and the port at which all listen."""
    port = free_port(*binds, "127.0.0.45")
    async with AsyncExitStack() as stack:
        for address, bind_port in binds.items():
            await stack.enter_async_context(ours(relay(bind_port), address, port))
        resolver = RecursiveResolver({"a.root.": [("127.0.0.41", port)]}, Conduct(port=port))
        await stack.enter_async_context(ours(resolver, "127.0.0.45", port))
        yield resolver, port


@pytest.mark.row("B6")
@pytest.mark.parametrize("prime", [False, True])
def test_our_resolver_walks_over_bind(binds, prime):
    async def main() -> list[str]:
        async with hierarchy(binds) as (resolver, _):
            if prime:
                await resolver.prime()
                assert [str(host.name) for host in resolver.delegations.root.hosts] == ["a.root."]
            said = []
            for name, rdtype in [
                ("www.shop.example.", "A"),
                ("web.shop.example.", "AAAA"),
                ("out.shop.example.", "A"),
                ("big.shop.example.", "TXT"),
                ("back.lab.example.", "A"),
                ("x.old.shop.example.", "A"),
                ("nowhere.example.", "A"),
                ("www.nowhere.", "A"),
            ]:
                question = Question(dns.name.from_text(name), dns.rdatatype.from_text(rdtype))
                resolution = await resolver.resolve(question)
                last = min((rdata.to_text()[:30] for rrset in resolution.answer[-1:] for rdata in rrset), default="-")
                said.append(f"{name} {dns.rcode.to_text(resolution.rcode)} {last}")
            return said

    assert asyncio.run(main()) == [
        "www.shop.example. NOERROR 203.0.113.80",
        "web.shop.example. NOERROR 2001:db8::80",
        "out.shop.example. NOERROR 203.0.113.90",
        f'big.shop.example. NOERROR "{"a" * 29}',
        "back.lab.example. NXDOMAIN x.www.shop.example.",
        "x.old.shop.example. NOERROR 192.0.2.60",
        "nowhere.example. NXDOMAIN -",
        "www.nowhere. NXDOMAIN -",
    ]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["www.shop.example", "A"], ["status: NOERROR", "flags: qr rd ra;", "203.0.113.80"]),
        (["www.shop.example", "A", "+tcp"], ["203.0.113.80", "(TCP)"]),
        (["big.shop.example", "TXT", "+noedns"], ["Truncated, retrying in TCP mode", "ANSWER: 8"]),
        (["back.lab.example", "A"], ["status: NXDOMAIN", "CNAME\tx.www.shop.example."]),
        (["www.dead.example", "A"], ["status: SERVFAIL", "EDE: 22 (No Reachable Authority)"]),
        (["shop.example", "ANY"], ["RFC8482"]),
    ],
)
def test_dig_understands_our_recursive_resolver(binds, words, expected):
    async def main() -> str:
        async with hierarchy(binds) as (_, port):
            return await dig("127.0.0.45", port, *words)

    said = asyncio.run(main())
    for part in expected:
        assert part in said
    assert "WARNING" not in said


def test_delv_understands_our_resolver(binds):
    program = shutil.which("delv") or pytest.skip("delv is not installed")

    async def main() -> str:
        async with hierarchy(binds) as (_, port):
            words = ["-i", "@127.0.0.45", "-p", str(port), "web.shop.example", "A"]
            process = await asyncio.create_subprocess_exec(program, *words, stdout=asyncio.subprocess.PIPE)
            return (await process.communicate())[0].decode()

    said = asyncio.run(main())
    assert "203.0.113.80" in said
    assert "web.shop.example." in said
