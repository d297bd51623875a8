"""TLS: contexts from files, and certificates of our own authority."""

from __future__ import annotations

import asyncio
import builtins
import ssl
import stat
from pathlib import Path
from typing import Any

import pytest
import trustme
import webtalk

from michinori.http import ServerRequest, ServerResponse
from michinori.server import tls
from michinori.server.extras import MissingLibrary


async def hello(request: ServerRequest) -> ServerResponse:
    return ServerResponse(200, {}, request.scheme.encode())


async def ask(context: ssl.SSLContext, client: ssl.SSLContext, name: str) -> tuple[bytes, Any]:
    async with webtalk.served(hello, tls=context) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=client, server_hostname=name)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        answer = await reader.read()
        spoken = writer.get_extra_info("ssl_object").selected_alpn_protocol()
        writer.close()
        return answer, spoken


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "::1", "box.example", "192.0.2.7"])
def test_a_certificate_of_our_own_authority_is_trusted_by_who_trusts_it(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "ca"
    context, ca = tls.auto(["localhost", "box.example", "192.0.2.7"], folder)
    assert ca == folder / "michinori-ca.pem"
    client = ssl.create_default_context(cafile=str(ca))
    client.verify_flags |= ssl.VERIFY_X509_STRICT
    client.set_alpn_protocols(["h2", "http/1.1"])
    answer, spoken = webtalk.run(ask(context, client, name))
    assert answer.endswith(b"https")
    assert spoken == "http/1.1"


def test_the_authority_stays_and_its_keys_are_private(tmp_path: Path) -> None:
    folder = tmp_path / "ca"
    tls.auto(["localhost"], folder)
    kept = {file.name: file.read_bytes() for file in folder.iterdir()}
    tls.auto(["127.0.0.1"], folder)
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == kept
    tls.auto(["other.example"], folder)
    assert len(list(folder.iterdir())) == len(kept) + 2
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for file in folder.glob("*.key"):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_broken_authority_is_made_again(tmp_path: Path) -> None:
    folder = tmp_path / "ca"
    tls.auto(["localhost"], folder)
    (folder / "michinori-ca.pem").write_text("nonsense")
    context, _ = tls.auto(["localhost"], folder)
    client = ssl.create_default_context(cafile=str(folder / "michinori-ca.pem"))
    assert webtalk.run(ask(context, client, "localhost"))[0].endswith(b"https")


def test_without_the_library_one_sentence_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def refuse(name: str, *rest: Any) -> Any:
        if name.startswith("cryptography"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return real(name, *rest)

    import importlib

    monkeypatch.setattr(importlib, "import_module", refuse)
    with pytest.raises(MissingLibrary, match=r'--tls-auto needs .*: pip install "michinori\[tls\]"'):
        tls.auto(["localhost"], tmp_path)


def test_what_is_wrong_with_files_is_said_in_a_sentence(tmp_path: Path) -> None:
    ca = trustme.CA()
    one, other = ca.issue_cert("x.example"), ca.issue_cert("y.example")
    one.cert_chain_pems[0].write_to_path(str(tmp_path / "one.pem"))
    one.private_key_pem.write_to_path(str(tmp_path / "one.key"))
    other.private_key_pem.write_to_path(str(tmp_path / "other.key"))
    (tmp_path / "text").write_text("nothing")
    assert tls.context(tmp_path / "one.pem", tmp_path / "one.key").minimum_version is ssl.TLSVersion.TLSv1_2
    for cert, key, why in (
        ("none.pem", "one.key", "the certificate .*none.pem cannot be read: No such file"),
        ("one.pem", "other.key", "is not that of the certificate"),
        ("text", "one.key", "are no certificate and key in PEM"),
    ):
        with pytest.raises(tls.TlsError, match=why):
            tls.context(tmp_path / cert, tmp_path / key)


def test_old_versions_and_plain_text_do_not_get_in(tmp_path: Path) -> None:
    context, _ = tls.auto(["localhost"], tmp_path)

    async def main() -> None:
        async with webtalk.served(hello, tls=context) as port:
            assert b"200 OK" not in await webtalk.talk(port, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")

    webtalk.run(main())
