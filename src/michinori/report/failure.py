"""Why a journey ended early, as one sentence in each language: the stage, the layer, the cause, and the way out."""

from __future__ import annotations

import errno
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import msgspec

from michinori.report.catalogue import Language
from michinori.report.text import visible

if TYPE_CHECKING:
    from michinori.browser.page import Failure as PageFailure

Pair: TypeAlias = tuple[str, str]
"""Japanese and English."""
Inside: TypeAlias = Callable[[str], bool]
"""Whether an address lies in the virtual internet."""


class Failure(msgspec.Struct, frozen=True):
    """How a journey failed."""

    stage: str
    layer: str
    sentence: dict[str, str]
    """By language."""

    def tell(self, language: Language) -> str:
        """The sentence."""
        return self.sentence[language]


_STAGES: Final[dict[str, Pair]] = {
    "address": ("アドレスバー", "the address bar"),
    "url": ("URLの分解", "taking the URL apart"),
    "dns": ("名前解決", "name resolution"),
    "connect": ("コネクション確立", "connecting"),
    "ssl": ("暗号化", "encryption"),
    "blocked": ("順番待ち", "queueing"),
    "send": ("リクエストの送信", "sending the request"),
    "wait": ("応答待ち", "waiting for the answer"),
    "receive": ("応答の受信", "receiving the answer"),
    "decode": ("応答の復元", "decoding the answer"),
    "redirect": ("リダイレクト", "redirection"),
    "paint": ("描画", "painting"),
    "world": ("仮想世界", "the virtual world"),
}
_LAYERS: Final[dict[str, Pair]] = {
    "browser": ("ブラウザ", "browser"),
    "http": ("HTTP", "HTTP"),
    "tls": ("TLS", "TLS"),
    "dns": ("DNS", "DNS"),
    "tcp": ("TCP", "TCP"),
    "world": ("世界", "world"),
}
_STAGE_OF: Final = {"BadAddress": "address", "NotDrawn": "paint", "MissingExtra": "paint"}
_LAYER_OF: Final = {"BadAddress": "browser", "NotDrawn": "browser", "MissingExtra": "browser"}

_OUTSIDE: Final[Pair] = (
    "この小さなインターネットの外のURLは、michinori open --via os で開けます",
    "a URL outside the little internet is opened by michinori open --via os",
)

#: Of names that exist nowhere else (RFC 2606).
_INSIDE: Final[Pair] = (
    ".example の名前は小さなインターネットの中だけにあります: michinori open を --via なしで使ってください",
    "names under .example live in the little internet alone: use michinori open without --via",
)


def explain(error: BaseException, *, inside: Inside | None = None) -> Failure:
    """The failure in words. ``inside`` is given for a journey in a virtual internet, which has an outside."""
    kind = type(error).__name__
    stage = str(getattr(error, "stage", "")) or _STAGE_OF.get(kind, "world")
    layer = str(getattr(error, "layer", "")) or _LAYER_OF.get(kind, "world")
    if stage == "connect":
        layer = "tcp"
    cause, way_out = _TELLERS.get(kind, _other)(error)
    if inside is not None and _leads_outside(error, inside):
        way_out = _OUTSIDE
    if (
        inside is None
        and kind == "NameNotResolved"
        and str(getattr(error, "host", "")).rstrip(".").endswith(".example")
    ):
        way_out = _INSIDE
    stages, layers = _STAGES.get(stage, (stage, stage)), _LAYERS.get(layer, (layer, layer))
    where = (
        ("", "")
        if kind == "Stopped"
        else (f"{stages[0]} ({layers[0]}) で失敗: ", f"Failed at {stages[1]} ({layers[1]}): ")
    )
    sentence = {"ja": f"{where[0]}{cause[0]}。{way_out[0]}", "en": f"{where[1]}{cause[1]}; {way_out[1]}"}
    return Failure(stage, layer, {language: visible(text) for language, text in sentence.items()})


def explain_page(failure: PageFailure, *, inside: Inside | None = None) -> Failure:
    """The failure of a page, in words."""
    error = failure.error or _PageError(failure.why, failure.stage, failure.layer)
    return explain(error, inside=inside)


class _PageError(Exception):
    """A failure that is known by its sentence alone."""

    def __init__(self, why: str, stage: str, layer: str) -> None:
        super().__init__(why)
        self.stage = stage
        self.layer = layer


def _leads_outside(error: BaseException, inside: Inside) -> bool:
    kind = type(error).__name__
    if kind == "NameNotResolved":
        return "NXDOMAIN" in str(error)
    attempts = getattr(error, "attempts", ()) if kind == "ConnectFailed" else ()
    return bool(attempts) and not any(inside(address) for address, _ in attempts)


# -- Reasons that other floors give, in Japanese -----------------------------------------------------------------------

_REASONS: Final[tuple[tuple[re.Pattern[str], str], ...]] = (
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
_CALL_FAILED: Final = re.compile(r"Connect call failed \([^)]*\)(: )?")


#: What to do, by what the client's errors say of it.
_WAYS_OUT: Final = {
    "check its certificate, or trust the authority behind it": "証明書を確かめるか、その認証局を信頼させてください",
    "try again": "もう一度試すか、サーバのログを見てください",
    "check what listens on that port": "そのポートで待つプログラムを確かめてください",
    "raise the bound if the server is trusted": "信頼できるサーバなら、上限を上げてください",
    "ask for 'Accept-Encoding: identity'": "'Accept-Encoding: identity' で求めてください",
    "tell the server's owner": "サーバの管理者に知らせてください",
}


def _in_japanese(reason: str) -> str:
    """The reason in Japanese; what a group ``why`` of it holds is a reason too."""
    for pattern, japanese in _REASONS:
        if found := pattern.search(reason):
            said = pattern.sub(japanese, reason)
            why = found.groupdict().get("why")
            return said.replace(why, _in_japanese(why)) if why else said
    return reason


# -- The kinds of failure ----------------------------------------------------------------------------------------------


def _name(error: Any) -> tuple[Pair, Pair]:
    reason = str(error).partition("(")[2].rpartition(")")[0] or str(error)
    reason = reason.removeprefix(f"{error.host}: ")
    cause = (
        f"{error.host} のIPアドレスが得られません ({_in_japanese(reason)})",
        f"the name {error.host} has no address ({reason})",
    )
    if "NXDOMAIN" in reason:
        return cause, ("名前の綴りを確かめてください", "check its spelling")
    return cause, (
        "DNSサーバと、そこまでの回線を確かめてください",
        "check the name servers and the lines that lead there",
    )


def _connect(error: Any) -> tuple[Pair, Pair]:
    reasons = [(address, _CALL_FAILED.sub("", cause) or "failed") for address, cause in error.attempts]
    tried = [", ".join(f"{address}: {say(reason)}" for address, reason in reasons) for say in (_in_japanese, str)]
    cause = (
        f"{error.host} のポート {error.port} に接続できません ({tried[0]})",
        f"no connection to {error.host} port {error.port} ({tried[1]})",
    )
    return cause, _CONNECT_WAYS_OUT.get(error.errno, _CONNECT_ELSE)


_UNREACHED: Final[Pair] = (
    "ケーブル、アドレス、経路を確かめてください",
    "no way leads there: check cable, addresses and routes",
)
_CONNECT_WAYS_OUT: Final[dict[int, Pair]] = {
    errno.ECONNREFUSED: (
        "待ち受けるプログラムがありません: サーバを起動するか、ポート番号を確かめてください",
        "nothing listens there: start the server, or check the port",
    ),
    errno.ETIMEDOUT: (
        "経路と途中のファイアウォールを確かめてください",
        "nobody answered: check the route and the firewalls between",
    ),
    errno.ENETUNREACH: _UNREACHED,
    errno.EHOSTUNREACH: _UNREACHED,
}
_CONNECT_ELSE: Final[Pair] = (
    "サーバが動いていて届くところにあるか確かめてください",
    "check that the server runs and can be reached",
)


def _timed_out(error: Any) -> tuple[Pair, Pair]:
    said = str(error).removeprefix(f"{getattr(error, 'stage', '')}: ").partition(";")[0]
    bound = getattr(error, "bound_s", None)
    return (
        (f"{bound:g} 秒待っても進みません" if bound is not None else "時間の上限までに終わりません", _first_line(said)),
        ("もう一度試すか、途中の障害を取り除いてください", "try again, or remove the fault on the way"),
    )


def _redirects(error: Any) -> tuple[Pair, Pair]:
    circle = " → ".join(dict.fromkeys(error.hops))
    return (
        (f"リダイレクトが終わりません ({circle})", f"the redirects do not end ({circle})"),
        ("サーバの管理者に知らせてください", "tell the server's owner"),
    )


def _bad_url(error: Any) -> tuple[Pair, Pair]:
    if str(error.url).startswith("https:"):
        return (
            (
                f"{error.url} は https で、仮想のインターネットではTLSを話しません",
                f"{error.url} is https, and the virtual internet speaks no TLS",
            ),
            ("http:// のURLを開いてください", "open an http:// URL"),
        )
    return _other(error)


def _bad_address(error: Any) -> tuple[Pair, Pair]:
    said = _first_line(str(error))
    if said.endswith("is a file of this machine"):
        return (_in_japanese(said), said), (
            "そのフォルダを michinori serve で公開し、http:// のURLを入力してください",
            "serve its folder by michinori serve, and type its http:// URL",
        )
    return (_in_japanese(said), said), (
        "http:// で始まるURLか、検索する言葉を入力してください",
        "type a URL that begins with http://, or words to search for",
    )


def _tls(error: Any) -> tuple[Pair, Pair]:
    cause, way_out = _other(error)
    if "WRONG_VERSION_NUMBER" in cause[1]:
        way_out = (
            "そのポートはTLSを話していないようです: http:// で試してください",
            "that port seems to speak no TLS: try http://",
        )
    return cause, way_out


def _missing(error: Any) -> tuple[Pair, Pair]:
    what, _, command = _first_line(str(error)).partition(": ")
    return (f"{what.rpartition(' ')[2]} がインストールされていません", what), (
        f"{command} で入れてください",
        f"install it by {command}",
    )


def _stopped(error: Any) -> tuple[Pair, Pair]:
    return (error.why["ja"], error.why["en"]), (
        "ここまでの記録は残してあります",
        "what was gathered until then was kept",
    )


def _stuck(error: Any) -> tuple[Pair, Pair]:
    said = _first_line(str(error))
    return (
        ("もう何も起こらないのに、まだ待っているものがあります", f"nothing can happen any more ({said})"),
        ("付けた障害を取り除いてください", "remove the faults that were added"),
    )


def _other(error: BaseException) -> tuple[Pair, Pair]:
    said = _STAGE_AHEAD.sub("", _first_line(str(error) or type(error).__name__))
    cause, _, way_out = said.rpartition("; ")
    if not cause:
        cause, way_out = way_out, ""
    return (_in_japanese(cause), cause), (
        _WAYS_OUT.get(way_out, "ここまでの道のりを見てください"),
        way_out or "look at the story above for what happened before",
    )


#: An error of the client begins with its stage, which the sentence has told by then.
_STAGE_AHEAD: Final = re.compile(r"(?:dns|connect|ssl|tls|blocked|send|wait|receive|decode|redirect|url): ")


def _first_line(text: str) -> str:
    return text.splitlines()[0] if text else ""


_TELLERS: Final[dict[str, Callable[[Any], tuple[Pair, Pair]]]] = {
    "BadAddress": _bad_address,
    "BadUrl": _bad_url,
    "MissingExtra": _missing,
    "NameNotResolved": _name,
    "ConnectFailed": _connect,
    "TimedOut": _timed_out,
    "TooManyRedirects": _redirects,
    "Stuck": _stuck,
    "TlsFailed": _tls,
    "Stopped": _stopped,
}
