"""curl, Chromium, httpx and h11 drive files, CGI, WSGI, ASGI, WebSocket, passwords and TLS behind one server."""

from __future__ import annotations

import asyncio
import re
import ssl
import sys
import textwrap
from pathlib import Path
from typing import Any
from urllib.parse import quote

import h11
import httpx
import peers
import pytest
import webtalk
from argon2 import PasswordHasher

from michinori.http import Handler, ServerRequest, ServerResponse, StaticSite
from michinori.server import access, tls
from michinori.server.access import AccessControl
from michinori.server.asgi import AsgiHandler
from michinori.server.cgi import CgiHandler
from michinori.server.mounts import Mounts
from michinori.server.wsgi import WsgiHandler

pytestmark = pytest.mark.peer

PERL = r"""
    #!/usr/bin/perl
    read(STDIN, my $body, $ENV{CONTENT_LENGTH} // 0);
    print "Content-Type: text/plain\r\n\r\nperl $ENV{REQUEST_METHOD} $ENV{QUERY_STRING} $body";
"""
SHELL = r"""
    #!/bin/sh
    printf 'Content-Type: text/plain\n\nsh %s %s ' "$REQUEST_METHOD" "$QUERY_STRING"; cat
"""
PYTHON = f"""
    #!{sys.executable}
    import os, sys
    body = sys.stdin.read()
    print("Content-Type: text/plain\\n")
    print("python", os.environ["REQUEST_METHOD"], os.environ["QUERY_STRING"], body, end="")
"""
PAGE = """<!doctype html><meta charset="utf-8"><title>all</title><pre id="said"></pre><script>
const said = [];
async function run() {
  for (const path of ["cgi/a.pl", "cgi/a.sh", "cgi/a.py", "flask/form", "django/form", "star/form", "fast/form"]) {
    const form = new URLSearchParams({name: "道"});
    const answer = await fetch(location.origin + "/" + path + "?q=1", {method: "POST", body: form});
    said.push(path + " " + answer.status + " " + (await answer.text()));
  }
  await new Promise((done) => {
    const socket = new WebSocket(location.origin.replace(/^http/, "ws") + "/star/socket");
    socket.onopen = () => socket.send("hello ".repeat(1000));
    socket.onmessage = (event) => { said.push("socket " + event.data.length); socket.close(4000, "enough"); };
    socket.onclose = (event) => { said.push("closed " + event.code); done(); };
  });
  said.push("done");
}
run().catch((error) => said.push("failed " + error)).then(async () => {
  document.getElementById("said").textContent = said.join("\\n");
  await fetch(location.origin + "/done", {method: "POST"});
});
</script><img src="/wait">"""
FORM = "name=%E9%81%93"
ANSWERS = {
    "cgi/a.pl": f"perl POST q=1 {FORM}",
    "cgi/a.sh": f"sh POST q=1 {FORM}",
    "cgi/a.py": f"python POST q=1 {FORM}",
    "flask/form": "flask 道",
    "django/form": "django 道",
    "star/form": f"starlette {FORM}",
    "fast/form": f"fastapi {FORM}",
}


def flask_application() -> Any:
    import flask

    app = flask.Flask(__name__)

    @app.post("/form")
    def form() -> str:
        return "flask " + str(flask.request.form["name"])

    return app


def django_application() -> Any:
    import django
    from django.conf import settings
    from django.core.wsgi import get_wsgi_application
    from django.http import HttpResponse
    from django.urls import path

    if not settings.configured:
        settings.configure(ROOT_URLCONF=__name__, SECRET_KEY="tests", ALLOWED_HOSTS=["*"], LOGGING_CONFIG=None)
        django.setup()
    settings.ROOT_URLCONF = __name__
    urlpatterns[:] = [path("form", lambda request: HttpResponse("django " + request.POST["name"]))]
    return get_wsgi_application()


urlpatterns: list[Any] = []


def starlette_application() -> Any:
    from starlette.applications import Starlette
    from starlette.responses import PlainTextResponse
    from starlette.routing import Route, WebSocketRoute

    async def form(request: Any) -> Any:
        return PlainTextResponse("starlette " + (await request.body()).decode())

    async def socket(socket: Any) -> None:
        await socket.accept()
        async for text in socket.iter_text():
            await socket.send_text(text)

    return Starlette(routes=[Route("/form", form, methods=["POST"]), WebSocketRoute("/socket", socket)])


def fastapi_application() -> Any:
    from fastapi import FastAPI
    from fastapi import Request as FastRequest
    from fastapi.responses import PlainTextResponse

    app = FastAPI()

    async def form(request: Any) -> Any:
        return PlainTextResponse("fastapi " + (await request.body()).decode())

    form.__annotations__["request"] = FastRequest
    app.post("/form")(form)
    return app


class Pause:
    """An image that comes when the page has done its work: until then a browser takes the page as loading."""

    def __init__(self) -> None:
        self._over = asyncio.Event()

    async def wait(self, request: ServerRequest) -> ServerResponse:
        await asyncio.wait_for(self._over.wait(), 30)
        return ServerResponse(204)

    async def done(self, request: ServerRequest) -> ServerResponse:
        self._over.set()
        return ServerResponse(204)


@pytest.fixture
def site(tmp_path: Path) -> Handler:
    for name, text in (("a.pl", PERL), ("a.sh", SHELL), ("a.py", PYTHON)):
        file = tmp_path / "cgi" / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(textwrap.dedent(text).lstrip())
        file.chmod(0o755)
    (tmp_path / "files").mkdir()
    (tmp_path / "files/index.html").write_text(PAGE)
    pause = Pause()
    return Mounts(
        {
            "/": StaticSite(tmp_path / "files"),
            "/done": pause.done,
            "/wait": pause.wait,
            "/cgi": CgiHandler(tmp_path / "cgi"),
            "/flask": WsgiHandler(flask_application()),
            "/django": WsgiHandler(django_application()),
            "/star": AsgiHandler(starlette_application()),
            "/fast": AsgiHandler(fastapi_application()),
        }
    )


def behind_a_password(site: Handler) -> Handler:
    hashed = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("道")
    return AccessControl(access.parse(f"[users]\naki='{hashed}'\n[[rule]]\nusers=['aki']\n"), site)


async def in_thread(*arguments: Any, **options: Any) -> str:
    done = await asyncio.to_thread(*arguments, **options)
    return str(done.stdout.decode())


def test_curl_drives_everything(site: Handler) -> None:
    async def main() -> None:
        async with webtalk.served(site) as port:
            for path, answered in ANSWERS.items():
                url = f"http://127.0.0.1:{port}/{path}?q=1"
                assert await in_thread(peers.curl, "-d", FORM, url) == answered
                chunked = ("-H", "Transfer-Encoding: chunked", "-H", "Expect: 100-continue", "-d", FORM)
                assert await in_thread(peers.curl, *chunked, url) == answered
            assert "<title>all" in await in_thread(peers.curl, f"http://127.0.0.1:{port}/")

    webtalk.run(main())


def test_curl_is_asked_for_a_password_over_tls(site: Handler, tmp_path: Path) -> None:
    context, _ = tls.auto(["localhost"], tmp_path / "ca")

    async def main() -> None:
        async with webtalk.served(behind_a_password(site), tls=context) as port:
            url, ca = f"https://localhost:{port}/", ("--cacert", str(tmp_path / "ca/michinori-ca.pem"))
            status = ("-o", "/dev/null", "-w", "%{http_code} %{ssl_verify_result} %{http_version}")
            assert await in_thread(peers.curl, *ca, *status, url) == "401 0 1.1"
            assert await in_thread(peers.curl, *ca, *status, "-u", "aki:道", url) == "200 0 1.1"
            assert await in_thread(peers.curl, *ca, "-u", "aki:道", url + "cgi/a.sh?x") == "sh GET x "

    webtalk.run(main())


def test_httpx_drives_everything_over_tls_and_behind_a_password(site: Handler, tmp_path: Path) -> None:
    context, ca = tls.auto(["localhost"], tmp_path / "ca")

    async def pieces() -> Any:
        for octet in FORM.encode():
            yield bytes([octet])

    async def main() -> None:
        async with webtalk.served(behind_a_password(site), tls=context) as port:
            base = f"https://localhost:{port}"
            trusting = ssl.create_default_context(cafile=str(ca))
            async with httpx.AsyncClient(verify=trusting, base_url=base, timeout=20) as client:
                assert (await client.get("/")).status_code == 401
                client.auth = ("aki", "道")
                whole, part = await client.get("/"), await client.get("/", headers={"Range": "bytes=1-3"})
                assert (whole.text, part.status_code, part.content) == (PAGE, 206, PAGE.encode()[1:4])
                stored = {"If-None-Match": whole.headers["ETag"]}
                assert (await client.get("/", headers=stored)).status_code == 304
                for path, answered in ANSWERS.items():
                    form = {"Content-Type": "application/x-www-form-urlencoded"}
                    for body in (FORM.encode(), pieces()):
                        answer = await client.post(f"/{path}?q=1", content=body, headers=form)
                        assert (answer.status_code, answer.text) == (200, answered)

    webtalk.run(main())


def as_h11_reads(connection: h11.Connection, octets: bytes) -> tuple[int, bytes]:
    """Status and body of an answer behind which the server closes. Raises what h11 finds wrong with it."""
    connection.receive_data(octets)
    connection.receive_data(b"")
    status, body = 0, b""
    while not isinstance(event := connection.next_event(), h11.EndOfMessage):
        if isinstance(event, h11.Response):
            status = event.status_code
        elif isinstance(event, h11.Data):
            body += event.data
    return status, body


def test_h11_takes_every_answer_for_what_it_is(site: Handler) -> None:
    async def main() -> None:
        async with webtalk.served(site) as port:
            for path, answered in ANSWERS.items():
                for framing in (("Content-Length", str(len(FORM))), ("Transfer-Encoding", "chunked")):
                    client = h11.Connection(h11.CLIENT)
                    kind = ("Content-Type", "application/x-www-form-urlencoded")
                    head = [("Host", "x"), ("Connection", "close"), kind, framing]
                    said = client.send(h11.Request(method="POST", target=f"/{path}?q=1", headers=head)) or b""
                    said += client.send(h11.Data(FORM.encode())) or b""
                    said += client.send(h11.EndOfMessage()) or b""
                    came = await webtalk.talk(port, said, end=False)
                    assert as_h11_reads(client, came) == (200, answered.encode())

    webtalk.run(main())


@pytest.mark.row("B23")
@pytest.mark.parametrize("secure", [False, True])
def test_chromium_drives_everything(site: Handler, tmp_path: Path, secure: bool) -> None:
    """Files, programs, applications and a WebSocket, behind a password; and all that over TLS."""
    context = tls.auto(["localhost"], tmp_path / "ca")[0] if secure else None
    options = ("--dump-dom", "--ignore-certificate-errors")

    async def main() -> str:
        async with webtalk.served(behind_a_password(site), tls=context) as port:
            url = f"http{'s' if secure else ''}://aki:{quote('道')}@localhost:{port}/"
            return await in_thread(peers.chromium, url.replace("localhost", "127.0.0.1"), *options)

    page = webtalk.run(main(), 90)
    found = re.search(r'<pre id="said">(.*?)</pre>', page, re.DOTALL)
    assert found is not None, page
    said = found[1].replace("&amp;", "&").split("\n")
    assert said[-1] == "done", said
    assert said[:-3] == [f"{path} 200 {answered}" for path, answered in ANSWERS.items()]
    assert said[-3:] == ["socket 6000", "closed 4000", "done"]
