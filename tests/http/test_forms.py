from __future__ import annotations

import email
import email.policy
import random

import pytest

from michinori import World
from michinori.http import Client, Request, ServerRequest, ServerResponse, forms, serve
from michinori.trace import SCOPE, Scope, current


@pytest.mark.row("B4")
def test_urlencoded() -> None:
    body, kind = forms.urlencoded([("name", "道 a&b=c"), ("name", "~*-._"), ("empty", "")])
    assert kind == "application/x-www-form-urlencoded"
    assert body == b"name=%E9%81%93+a%26b%3Dc&name=%7E*-._&empty="


def test_multipart() -> None:
    fields = [("text", "line\nline"), ('odd"\r\n', "x"), ("file", forms.File("道.png", b"\x89PNG\0", "image/png"))]
    body, kind = forms.multipart(fields, "MARK")
    assert kind == "multipart/form-data; boundary=MARK"
    message = email.message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + body, policy=email.policy.HTTP)
    text, odd, file = message.iter_parts()
    assert text.get_payload(decode=True) == b"line\r\nline"
    assert odd["Content-Disposition"] == 'form-data; name="odd%22%0D%0A"'
    assert file.get_payload(decode=True) == b"\x89PNG\0"
    assert file.get_content_type() == "image/png"


@pytest.mark.row("B4")
@pytest.mark.parametrize("with_file", [False, True])
def test_a_form_is_submitted_as_a_browser_does_it(with_file: bool) -> None:
    heard: list[tuple[str, bytes]] = []

    async def listen(request: ServerRequest) -> ServerResponse:
        heard.append((request.headers.get("Content-Type"), await request.read()))
        return ServerResponse(204)

    fields: list[tuple[str, str | forms.File]] = [("name", "道 a")]
    if with_file:
        fields.append(("file", forms.File("x.txt", b"content", "text/plain")))
    with World(seed=0) as world:
        browser, server = world.host("browser"), world.host("server")
        world.link(browser, server)

        async def serving() -> None:
            await (await serve(listen)).serve_forever()

        async def ask() -> int:
            async with Client() as http:
                return (await http.fetch(Request.form("http://server/", fields))).status

        server.spawn(serving())
        assert world.run(ask(), on=browser) == 204
    [(kind, body)] = heard
    if with_file:
        assert kind.startswith("multipart/form-data; boundary=")
        assert body.count(b"Content-Disposition") == 2
    else:
        assert (kind, body) == ("application/x-www-form-urlencoded", b"name=%E9%81%93+a")


def test_the_boundary_comes_from_the_dice() -> None:
    def rolled() -> str:
        token = SCOPE.set(Scope(None, "test", current().clock, random.Random(7)))
        try:
            return forms.multipart([])[1]
        finally:
            SCOPE.reset(token)

    assert rolled() == rolled()
