"""Sentences of the client and of the browser, taken apart and put into Japanese."""

import ast
import errno
import re
from pathlib import Path

import pytest

from michinori.http import errors
from michinori.report.reasons import retold, sentence

JAPANESE = re.compile("[ぁ-んァ-ヶ一-龠]")


@pytest.mark.parametrize(
    ("why", "ja", "en"),
    [
        (
            str(errors.NameNotResolved("a.example", "a.example: no such name (NXDOMAIN)")),
            "a.example のIPアドレスが得られません (その名前はありません (NXDOMAIN))。名前の綴りと、使っているDNSサーバを確かめてください",
            "the name 'a.example' has no address (a.example: no such name (NXDOMAIN)); check its spelling and the name server in use",
        ),
        (
            str(errors.ConnectFailed("a.example", 81, [("192.0.2.1", "Connection refused")], errno.ECONNREFUSED)),
            "a.example のポート 81 に接続できません (192.0.2.1: 接続が拒否されました)。待ち受けるプログラムがありません: サーバを起動するか、ポート番号を確かめてください",
            "no connection to a.example port 81 (192.0.2.1: Connection refused); nothing listens there: start the server, or check the port",
        ),
        (
            str(errors.TimedOut("wait", "a.example did not answer", 30)),
            "30 秒待っても進みません。もう一度試すか、待つ時間を延ばしてください",
            "a.example did not answer within 30 s; try again, or allow more time",
        ),
        ("the server answered 404", "サーバの応答は 404", "the server answered 404"),
        ("a reason that nobody knew", "a reason that nobody knew", "a reason that nobody knew"),
    ],
)
def test_each_is_told_in_both_languages(why: str, ja: str, en: str) -> None:
    assert sentence(why) == {"ja": ja, "en": en}


def test_several_reasons_within_one_are_all_put_into_japanese() -> None:
    tries = [("192.0.2.1", "Connection refused"), ("192.0.2.2", "Connection timed out")]
    (ja, _), _ = retold(str(errors.ConnectFailed("a.example", 80, tries, errno.ETIMEDOUT)))
    assert ja == "a.example のポート 80 に接続できません (192.0.2.1: 接続が拒否されました, 192.0.2.2: 応答がありません)"


@pytest.mark.parametrize("number", [errno.ECONNREFUSED, errno.ETIMEDOUT, errno.EHOSTUNREACH, errno.ENETUNREACH, 0])
def test_no_way_out_of_a_failed_connection_is_without_japanese(number: int) -> None:
    _, (ja, en) = retold(str(errors.ConnectFailed("a.example", 80, [], number)))
    assert ja
    assert en not in ("", ja)


def filled(gap: ast.expr) -> str:
    """Something that may stand in a gap; ways out of a failed connection have a test of their own."""
    if "_way_out" in ast.unparse(gap):
        return "try again"
    return "'x'" if isinstance(gap, ast.FormattedValue) and gap.conversion == ord("r") else "x"


def test_every_error_of_the_client_has_its_cause_and_its_way_out_in_japanese() -> None:
    told = [
        "".join(str(part.value) if isinstance(part, ast.Constant) else filled(part) for part in node.args[0].values)
        for node in ast.walk(ast.parse(Path(errors.__file__).read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) == "super().__init__"
        and isinstance(node.args[0], ast.JoinedStr)
    ]
    assert len(told) > 9
    assert [why for why in told if not all(JAPANESE.search(japanese) for japanese, _ in retold(why))] == []
