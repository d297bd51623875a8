"""HTTP over TLS, both ends ours."""

from __future__ import annotations

import ssl

import pytest
import trustme
from tests.http.wires import peer, recorded, run, says, served

from michinori.http import Client, Request, ServerRequest, ServerResponse
from michinori.http.errors import BadUrl, TlsFailed


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA(key_type=trustme.KeyType.RSA)


@pytest.fixture(scope="module")
def own(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", key_type=trustme.KeyType.RSA).configure_cert(context)
    return context


def trusting(authority: trustme.CA | None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if authority is not None:
        authority.configure_trust(context)
    return context


async def hello(request: ServerRequest) -> ServerResponse:
    return ServerResponse(200, {}, f"{request.scheme} {request.method} ".encode() + await request.read())


def test_an_exchange_over_tls(authority: trustme.CA, own: ssl.SSLContext) -> None:
    async def main() -> None:
        async with served(hello, tls=own) as (server, url), Client(tls=trusting(authority)) as client:
            url = url.replace("http:", "https:")
            with recorded() as events:
                for _ in range(2):
                    assert (await client.fetch(Request.get(url))).body == b"https GET "
                exchange, second = [event.data for event in events() if event.what == "exchange"]
            assert (
                exchange["connect_ns"][0] < exchange["ssl_ns"][0] < exchange["ssl_ns"][1] == exchange["connect_ns"][1]
            )
            assert second["ssl_ns"] is None
            assert server.connections == 1
            large = bytes(1 << 20)
            assert (await client.fetch(Request("POST", url, body=large))).body == b"https POST " + large

    run(main())


def test_whom_nobody_vouches_for(own: ssl.SSLContext) -> None:
    async def main() -> None:
        async with served(hello, tls=own) as (_, url), Client(tls=trusting(None)) as client:
            with pytest.raises(TlsFailed, match="certificate") as caught:
                await client.fetch(Request.get(url.replace("http:", "https:")))
            assert (caught.value.layer, caught.value.stage) == ("tls", "ssl")

    run(main())


def test_a_server_that_speaks_no_tls(authority: trustme.CA) -> None:
    async def main() -> None:
        async with peer(says(b"")) as url, Client(tls=trusting(authority)) as client:
            pass
        async with served(hello) as (_, url), Client(tls=trusting(authority)) as client:
            with pytest.raises(TlsFailed):
                await client.fetch(Request.get(url.replace("http:", "https:")))

    run(main())


def test_a_client_without_a_context() -> None:
    async def main() -> None:
        async with Client() as client:
            with pytest.raises(BadUrl, match="no TLS context"):
                await client.fetch(Request.get("https://a.example/"))

    run(main())
