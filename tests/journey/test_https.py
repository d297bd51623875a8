"""A journey by https: over the sockets of the operating system, to a server that speaks TLS."""

from __future__ import annotations

import ssl
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
import trustme
from journeys import walk

from michinori.report.place import Stage, locate


class Silent(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def secure_site(tmp_path, monkeypatch):
    """The URL of a page by https, whose authority this process trusts."""
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "index.html").write_text("<!doctype html><title>a</title><p>by TLS")
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Silent, directory=str(folder))) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        yield f"https://localhost:{server.server_address[1]}/"
        server.shutdown()
        serving.join()


@pytest.mark.row("B5")
def test_the_handshake_is_told_between_the_connection_and_the_request(secure_site, tmp_path):
    walked = walk(tmp_path / "out", secure_site, via="os")
    assert walked.numbers["status"] == 200
    done = walked.of("tls", "handshake-done")
    assert walked.numbers["rows"]["B5"] == len(done) > 0
    first = done[0]
    assert first.data["server_name"] == "localhost"
    assert first.data["version"] == "TLSv1.3"
    assert first.data["cipher"].startswith("TLS_")
    sent = next(event for event in walked.of("http", "request-sent") if event.connection == first.connection)
    assert first.n < sent.n
    assert f"keys agreed upon with localhost: TLSv1.3, {first.data['cipher']}" in walked.story
    assert locate(walked.events, first.host).stages[first.n - 1] == Stage.CONNECTION
