"""Why a journey failed, in one sentence and two languages."""

import errno

import pytest

from michinori.http import errors
from michinori.report.failure import explain

INSIDE = ["203.0.113.80"].__contains__


@pytest.mark.parametrize(
    ("error", "stage", "ja", "en"),
    [
        (
            errors.ConnectFailed("a.example", 81, [("203.0.113.80", "Connection refused")], errno.ECONNREFUSED),
            "connect",
            "(TCP) で失敗: a.example のポート 81 に接続できません (203.0.113.80: 接続が拒否されました)",
            "(TCP): no connection to a.example port 81 (203.0.113.80: Connection refused); nothing",
        ),
        (
            errors.NameNotResolved("a.example", "a.example: no answer from 192.0.2.53 after 2 tries"),
            "dns",
            "a.example のIPアドレスが得られません (192.0.2.53 は 2 回問い合わせても応答しません)",
            "(DNS): the name a.example has no address (no answer from 192.0.2.53 after 2 tries); ",
        ),
        (
            errors.TooManyRedirects(["http://a/", "http://b/", "http://a/"], 20),
            "redirect",
            "リダイレクト (HTTP) で失敗: リダイレクトが終わりません (http://a/ → http://b/)",
            "Failed at redirection (HTTP): the redirects do not end (http://a/ → http://b/); tell the server's owner",
        ),
        (ValueError("strange\nmore"), "world", "strange", "strange; look at the story"),
    ],
)
def test_the_stage_the_cause_and_the_way_out(error, stage, ja, en):
    failure = explain(error, inside=INSIDE)
    assert failure.stage == stage
    assert ja in failure.tell("ja")
    assert en in failure.tell("en")


def test_what_the_peer_said_cannot_move_the_cursor():
    assert "\x1b" not in explain(errors.ProtocolError("\x1b[2J"), inside=INSIDE).tell("en")


def test_outside_of_the_little_internet_there_is_a_hint():
    error = errors.ConnectFailed("198.18.0.1", 80, [("198.18.0.1", "No route to host")], errno.EHOSTUNREACH)
    assert "--via os" in explain(error, inside=INSIDE).tell("en")
    assert "--via os" not in explain(error).tell("en")
