"""Applications by name, and one-sentence errors for names that lead nowhere."""

from __future__ import annotations

import functools
import sys
from pathlib import Path
from typing import Any

import pytest

from michinori.server import apps
from michinori.server.asgi import AsgiHandler
from michinori.server.wsgi import WsgiHandler

MODULE = """
async def asgi(scope, receive, send): ...
def wsgi(environ, start_response): ...
def wrapped(scope, receive, send): return asgi(scope, receive, send)
class Both:
    async def __call__(self, scope, receive, send): ...
    method = lambda self: None
both = Both()
application = wsgi
text = "text"
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "shop_for_tests.py").write_text(MODULE)
    (tmp_path / "bare_for_tests.py").write_text("")
    (tmp_path / "broken_for_tests.py").write_text("1 / 0")
    (tmp_path / "needy_for_tests.py").write_text("import no_such_module_at_all")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    return "shop_for_tests"


@pytest.mark.parametrize(
    ("attribute", "kind"),
    [
        *((f":{name}", AsgiHandler) for name in ("asgi", "wrapped", "both")),
        *((name, WsgiHandler) for name in (":wsgi", "")),
    ],
)
def test_it_is_served_as_what_it_is(module: str, attribute: str, kind: Any) -> None:
    assert isinstance(apps.load(module + attribute), kind)


def test_frameworks_are_known_for_what_they_are() -> None:
    from fastapi import FastAPI
    from flask import Flask
    from starlette.applications import Starlette

    assert apps.is_asgi(Starlette())
    assert apps.is_asgi(FastAPI())
    assert not apps.is_asgi(Flask(__name__))
    assert not apps.is_asgi(Flask(__name__).wsgi_app)
    assert apps.is_asgi(functools.partial(Starlette()))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("no_such_module_at_all:app", "there is no module no_such_module_at_all, neither installed nor in "),
        ("shop_for_tests:none", "the module shop_for_tests has no none"),
        ("shop_for_tests:text", "shop_for_tests:text is a str, which is no application"),
        ("bare_for_tests", "bare_for_tests has neither app nor application"),
        ("broken_for_tests:app", "the module broken_for_tests failed while it was imported: ZeroDivisionError"),
        ("needy_for_tests:app", "the module needy_for_tests needs no_such_module_at_all, which is not installed"),
    ],
)
def test_a_name_that_leads_nowhere_is_one_sentence(module: str, name: str, said: str) -> None:
    with pytest.raises(apps.NoApplication) as caught:
        apps.load(name)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
