"""Why a journey failed, in one sentence and two languages."""

import errno

import pytest

from michinori.browser.errors import BadAddress, MissingExtra
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
        (
            errors.TlsFailed("a.example", "unable to get local issuer certificate"),
            "ssl",
            "暗号化 (TLS) で失敗: a.example と安全な接続ができません (unable to get local issuer certificate)。証明書を確かめるか",
            "Failed at encryption (TLS): no secure connection to a.example (unable to get local issuer certificate); check",
        ),
        (
            errors.TlsFailed("a.example", "WRONG_VERSION_NUMBER"),
            "ssl",
            "(WRONG_VERSION_NUMBER)。そのポートはTLSを話していないようです",
            "(WRONG_VERSION_NUMBER); that port seems to speak no TLS: try http://",
        ),
        (
            errors.Disconnected("a.example", "it closed without a word"),
            "wait",
            "a.example が、応答する前に接続を終えました (何も送らずに閉じました)。もう一度試すか、サーバのログを見てください",
            "a.example ended the connection before it answered (it closed without a word); try again",
        ),
        (errors.ProtocolError("x"), "receive", "相手の話すものはHTTPではありません (x)。そのポートで待つ", "check what listens"),
        (errors.IncompleteBody(5, 9), "receive", "ボディの 5 オクテット目で、接続が終わりました。もう", "after 5 of 9 octets"),
        (errors.TooLarge("the head", 9), "receive", "上限の 9 を超えました (the head)。信頼できる", "raise the bound"),
        (errors.BadCoding("br", "x"), "decode", "圧縮 'br' を元に戻せません (x)", "ask for 'Accept-Encoding: identity'"),
        (errors.BadRedirect("x:", "y"), "redirect", "サーバの指す 'x:' へは行けません (y)。サーバの管理者", "points to 'x:'"),
        (BadAddress("'ftp://a' cannot be opened: the scheme 'ftp' is not spoken here, only http and https are"), "address", "スキーム 'ftp' は扱えず", "the scheme 'ftp' is not"),
        (MissingExtra('parsing HTML needs the library turbohtml: pip install "michinori[browser]"'), "paint", 'turbohtml がインストールされていません。pip install "michinori[browser]" で', 'turbohtml; install it by pip install "michinori[browser]"'),
        (BadAddress("'file:///a' is a file of this machine"), "address", "はこのマシンのファイルです。そのフォルダを", "serve its folder"),
        (BadAddress("'http://' begins like a URL, but the URL standard refuses it"), "address", "URLの規格に合いません。", "refuses it; type a URL"),
        (ValueError("strange\nmore"), "world", "strange", "strange; look at the story"),
    ],
)  # fmt: skip
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


def test_a_name_of_the_little_internet_is_said_to_live_there_alone():
    error = errors.NameNotResolved("www.michinori.example", "Name or service not known")
    assert "without --via" in explain(error).tell("en")
    assert "--via なしで" in explain(error).tell("ja")
    assert "without --via" not in explain(error, inside=INSIDE).tell("en")
    assert "without --via" not in explain(errors.NameNotResolved("a.test", "Name or service not known")).tell("en")
