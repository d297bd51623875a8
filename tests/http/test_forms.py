from __future__ import annotations

import email
import email.policy
import random

import pytest

from michinori.http import forms
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


def test_the_boundary_comes_from_the_dice() -> None:
    def rolled() -> str:
        token = SCOPE.set(Scope(None, "test", current().clock, random.Random(7)))
        try:
            return forms.multipart([])[1]
        finally:
            SCOPE.reset(token)

    assert rolled() == rolled()
