"""Why something failed, as the floors below say it in English, taken apart and put into Japanese."""

from __future__ import annotations

import re
from typing import Final, TypeAlias

from michinori.report.catalogue import Language
from michinori.report.text import visible

Pair: TypeAlias = tuple[str, str]
"""Japanese and English."""

_REASONS: Final[tuple[tuple[re.Pattern[str], str], ...]] = (
    (re.compile(r"the name '(.+?)' has no address \((?:\S+: )?(?P<why>.*)\)"), r"\1 のIPアドレスが得られません (\2)"),
    (
        re.compile(r"no connection to (\S+) port (\d+) \((?P<why>.*)\)"),
        r"\1 のポート \2 に接続できません (\3)",
    ),
    (
        re.compile(r"'(.+)' cannot be fetched: this client was given no TLS context"),
        r"\1 は https で、ここではTLSを話しません",
    ),
    (re.compile(r"the server answered (\d+)"), r"サーバの応答は \1"),
    (re.compile(r"it had not come after (\S+) s"), r"\1 秒待っても届きません"),
    (re.compile(r".* within (\S+) s$"), r"\1 秒待っても進みません"),
    (re.compile(r"the page names more than is fetched for one page"), "一つのページで取得する数の上限を超えています"),
    (re.compile(r"a stylesheet must be text/css, and this is (\S+)"), r"スタイルシートは text/css のはずが、\1 です"),
    (re.compile(r"it is not a font, but (\S+)"), r"フォントではなく \1 です"),
    (
        re.compile(r"a font of another origin that does not allow its use here \(CORS\)"),
        "別のオリジンのフォントで、ここでの使用が許されていません (CORS)",
    ),
    (re.compile(r"nothing was typed"), "何も入力されていません"),
    (re.compile(r"(.+) is a file of this machine"), r"\1 はこのマシンのファイルです"),
    (
        re.compile(r"(.+) cannot be opened: the scheme (.+) is not spoken here.*"),
        r"\1 は開けません。スキーム \2 は扱えず、http と https だけです",
    ),
    (
        re.compile(r"(.+) begins like a URL, but the URL standard refuses it"),
        r"\1 はURLのように始まりますが、URLの規格に合いません",
    ),
    (re.compile(r"no secure connection to (\S+) \((.*)\)"), r"\1 と安全な接続ができません (\2)"),
    (
        re.compile(r"(\S+) ended the connection before it answered \((?P<why>.*)\)"),
        r"\1 が、応答する前に接続を終えました (\2)",
    ),
    (re.compile(r"it closed without (a word|an answer)"), "何も送らずに閉じました"),
    (re.compile(r"the peer broke HTTP \((.*)\)"), r"相手の話すものはHTTPではありません (\1)"),
    (re.compile(r".+ after (\d+)(?: of (\d+))? octets of the body"), r"ボディの \1 オクテット目で、接続が終わりました"),
    (re.compile(r"(.+) exceeds the bound of (.+)"), r"上限の \2 を超えました (\1)"),
    (re.compile(r"the content coding (.+) could not be undone \((.*)\)"), r"圧縮 \1 を元に戻せません (\2)"),
    (re.compile(r"the server points to (.+), which (.*)"), r"サーバの指す \1 へは行けません (\2)"),
    (
        re.compile(r"Name or service not known|nodename nor servname provided, or not known"),
        "その名前は知られていません",
    ),
    (re.compile(r"Temporary failure in name resolution"), "DNSサーバが応答しません"),
    (re.compile(r"Address family not supported by protocol"), "この種類のアドレスは、ここでは使えません"),
    (re.compile(r"no answer from (\S+) after (\d+) tries"), r"\1 は \2 回問い合わせても応答しません"),
    (re.compile(r"no such name \(NXDOMAIN\)"), "その名前はありません (NXDOMAIN)"),
    (re.compile(r"(\S+) answered (SERVFAIL|REFUSED)\b.*"), r"\1 の応答は \2"),
    (re.compile(r"Connection refused"), "接続が拒否されました"),
    (re.compile(r"Connection timed out"), "応答がありません"),
    (re.compile(r"(No route to host|Host is unreachable)"), "ホストに届きません"),
    (re.compile(r"Network is unreachable"), "ネットワークに届きません"),
    (re.compile(r"Connection reset by peer"), "相手がコネクションをリセットしました"),
    (re.compile(r"(.+) is not a URL"), r"\1 はURLではありません"),
)

#: What to do, by what the client's errors say of it.
_WAYS_OUT: Final = {
    "check its certificate, or trust the authority behind it": "証明書を確かめるか、その認証局を信頼させてください",
    "try again": "もう一度試すか、サーバのログを見てください",
    "check what listens on that port": "そのポートで待つプログラムを確かめてください",
    "raise the bound if the server is trusted": "信頼できるサーバなら、上限を上げてください",
    "ask for 'Accept-Encoding: identity'": "'Accept-Encoding: identity' で求めてください",
    "tell the server's owner": "サーバの管理者に知らせてください",
    "check its spelling and the name server in use": "名前の綴りと、使っているDNSサーバを確かめてください",
    "give an absolute http:// or https:// URL": "http:// のURLにしてください",
    "nothing listens there: start the server, or check the port": (
        "待ち受けるプログラムがありません: サーバを起動するか、ポート番号を確かめてください"
    ),
    "nobody answered: check the route and the firewalls between": "経路と途中のファイアウォールを確かめてください",
    "no way leads there: check cable, addresses and routes": "ケーブル、アドレス、経路を確かめてください",
    "check that the server runs and can be reached": "サーバが動いていて届くところにあるか確かめてください",
    "try again, or allow more time": "もう一度試すか、待つ時間を延ばしてください",
}


def in_japanese(reason: str) -> str:
    """The reason in Japanese; a group ``why`` in it holds reasons too, behind each other."""
    for pattern, japanese in _REASONS:
        if found := pattern.search(reason):
            if "why" in pattern.groupindex:
                start, end = found.span("why")
                reason = reason[:start] + ", ".join(map(in_japanese, found["why"].split(", "))) + reason[end:]
            return pattern.sub(japanese, reason)
    return reason


#: An error of the client begins with its stage.
_STAGE_AHEAD: Final = re.compile(r"(?:dns|connect|ssl|tls|blocked|send|wait|receive|decode|redirect|url): ")


def retold(why: str) -> tuple[Pair, Pair]:
    """The cause and the way out of a client's sentence, without the stage that it may begin with. A way out that is not
    there, or not known in Japanese, is empty.
    """
    said = _STAGE_AHEAD.sub("", first_line(why), count=1)
    cause, _, way_out = said.rpartition("; ")
    if not cause:
        cause, way_out = way_out, ""
    return (in_japanese(cause), cause), (_WAYS_OUT.get(way_out, ""), way_out)


def sentence(why: str) -> dict[Language, str]:
    """The whole of it by language, in Japanese without what is not known there."""
    cause, way_out = retold(why)
    japanese = "。".join(text for text in (cause[0], way_out[0]) if text)
    english = "; ".join(text for text in (cause[1], way_out[1]) if text)
    return {"ja": visible(japanese), "en": visible(english)}


def first_line(text: str) -> str:
    """Of a sentence that a tree of tasks may follow, the sentence."""
    return text.splitlines()[0] if text else ""
