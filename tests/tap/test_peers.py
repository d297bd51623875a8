"""Our browser, HTTP client and resolvers on our own TCP and UDP, before real servers in a namespace."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import sys
from pathlib import Path

import dns.name
import dns.rdatatype
import netns
import peers
import pytest
import trustme
import tshark
from bind import named
from tap_wire import KERNEL, OURS, Wire

from michinori import http
from michinori.dns import RecursiveResolver
from michinori.dns.told import Question
from michinori.world.build import set_resolver

pytestmark = pytest.mark.peer

_MANY = 90
ROOT = f"""
$ORIGIN .
$TTL 3600
@            SOA a.root. hostmaster.root. 1 7200 900 1209600 60
@            NS  a.root.
a.root.      A   {KERNEL}
test.        NS  ns.test.
ns.test.     A   10.99.0.3
"""
TEST = f"""
$ORIGIN test.
$TTL 60
@     SOA   ns hostmaster 1 7200 900 1209600 60
@     NS    ns
ns    A     10.99.0.3
www   A     {KERNEL}
alias CNAME www
""" + "".join(f"many A 198.51.100.{number}\n" for number in range(1, _MANY + 1))


def place(namespace: netns.Namespace, address: str = KERNEL) -> peers.Place:
    return peers.Place(address, namespace.inside)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "index.html").write_text('<!doctype html><title>Over the wire</title><img src="a.svg"><p>It works.')
    (folder / "a.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg" width="30" height="20"/>')
    (folder / "big.bin").write_bytes(bytes(range(256)) * 8000)
    return folder


@pytest.mark.parametrize("server", [peers.apache, peers.nginx], ids=["Apache", "nginx"])
def test_our_client_keeps_a_connection_and_takes_pieces(wire: Wire, site: Path, server: object) -> None:
    big = (site / "big.bin").read_bytes()
    host = wire.host_behind(delay="1ms", loss="1%")

    async def fetch(url: str) -> None:
        async with http.Client() as client:
            whole = await client.fetch(http.Request("GET", f"{url}/big.bin"))
            assert (whole.status, whole.body == big) == (200, True)
            part = await client.fetch(http.Request("GET", f"{url}/big.bin", {"Range": "bytes=1000-1999"}))
            assert (part.status, part.body == big[1000:2000]) == (206, True)
            assert (await client.fetch(http.Request("HEAD", f"{url}/none"))).status == 404

    with server(site, at=place(wire.namespace)) as url:  # type: ignore[operator]
        wire.world.run(fetch(url), on=host, limit="30s")
    exchanges = [event for event in wire.world.recorder.read() if (event.layer, event.what) == ("http", "exchange")]
    assert [event.data["reused"] for event in exchanges] == [False, True, True]


def test_our_client_speaks_tls_to_nginx(wire: Wire, site: Path, tmp_path: Path) -> None:
    authority = trustme.CA()
    certificate = authority.issue_cert(KERNEL)
    pem = tmp_path / "server.pem"
    certificate.private_key_and_cert_chain_pem.write_to_path(pem)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    host = wire.host()

    async def fetch() -> None:
        async with http.Client(tls=trusting) as client:
            answer = await client.fetch(http.Request("GET", f"https://{KERNEL}/big.bin"))
            assert answer.body == (site / "big.bin").read_bytes()
        async with http.Client(tls=ssl.create_default_context()) as distrusting:
            with pytest.raises(http.HttpError, match="certificate"):
                await distrusting.fetch(http.Request("GET", f"https://{KERNEL}/"))

    more = f"listen {KERNEL}:443 ssl; ssl_certificate {pem}; ssl_certificate_key {pem};"
    with peers.nginx(site, more=more, at=place(wire.namespace)):
        wire.world.run(fetch(), on=host, limit="30s")


def test_our_stub_asks_bind_by_udp_and_what_does_not_fit_by_tcp(wire: Wire, tmp_path: Path) -> None:
    host = wire.host()
    set_resolver(host, [KERNEL])

    async def ask() -> None:
        loop = asyncio.get_running_loop()

        async def addresses(name: str) -> set[str]:
            return {found[4][0] for found in await loop.getaddrinfo(name, 80, type=socket.SOCK_STREAM)}

        assert await addresses("alias.test") == {KERNEL}
        assert await addresses("many.test") == {f"198.51.100.{number}" for number in range(1, _MANY + 1)}
        with pytest.raises(socket.gaierror):
            await addresses("none.test")

    with named(tmp_path / "bind", {"test.": TEST.replace("10.99.0.3", KERNEL)}, at=place(wire.namespace)):
        wire.world.run(ask(), on=host, limit="20s")
    capture = tmp_path / "ours.pcapng"
    wire.world.save_pcapng(capture, host)
    cut_short = tshark.fields(capture, "dns.qry.name", only="udp && dns.flags.truncated == 1")
    assert {frame["dns.qry.name"][0] for frame in cut_short} == {"many.test"}
    whole = tshark.fields(capture, "dns.count.answers", only="tcp && dns.flags.response == 1")
    assert [frame["dns.count.answers"] for frame in whole] == [[str(_MANY)]]


def test_our_resolver_walks_over_bind_for_a_resolver_of_the_kernels_side(wire: Wire, tmp_path: Path) -> None:
    host = wire.host()
    wire.namespace.ip("address add 10.99.0.3/24 dev mich0")

    async def walk() -> None:
        resolver = RecursiveResolver({"a.root.": [KERNEL]})
        serving = asyncio.ensure_future(resolver.serve(OURS))
        await resolver.ready.wait()
        found = await resolver.resolve(Question(dns.name.from_text("alias.test."), dns.rdatatype.A))
        assert KERNEL in str(found)
        asked = await asyncio.to_thread(wire.namespace.run, "dig", "+short", "+tries=1", f"@{OURS}", "many.test")
        assert len(asked.stdout.split()) == _MANY, asked
        serving.cancel()

    zones = ((KERNEL, {".": ROOT}), ("10.99.0.3", {"test.": TEST}))
    root, below = (named(tmp_path / a, zone, at=place(wire.namespace, a)) for a, zone in zones)
    with root, below:
        wire.world.run(walk(), on=host, limit="20s")


def test_our_browser_opens_a_page_by_name(kernel: netns.Namespace, site: Path, tmp_path: Path) -> None:
    zone = {"test.": TEST.replace("10.99.0.3", KERNEL)}
    out = tmp_path / "journey"
    command = (sys.executable, "-m", "michinori", "open", "http://alias.test/", "--via", "tap", "--resolver", KERNEL)
    with named(tmp_path / "bind", zone, at=place(kernel)), peers.apache(site, at=place(kernel)):
        done = kernel.run(*command, "-O", str(out), "--json", "--lang", "en", timeout_s=60)
    assert done.returncode == 0, done.stderr.decode()
    numbers = json.loads(done.stdout)
    assert (numbers["status"], numbers["final_url"]) == (200, "http://alias.test/")
    assert numbers["requests"] >= 2  # the page and its picture
    assert numbers["dns_queries"] >= 1
    assert {row for row in ("B6", "B9", "B15", "B22", "B24", "B25") if not numbers["rows"].get(row)} == set()
    assert (out / "page.png").stat().st_size > 1000
    assert tshark.complaints(out / "packets.pcapng", tshark.ERROR) == []
