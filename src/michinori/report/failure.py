"""Why a journey ended early, as one sentence in each language: the stage, the layer, the cause, and the way out."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import msgspec

from michinori.japanese import in_japanese
from michinori.report.catalogue import Language
from michinori.report.reasons import Pair, first_line, retold
from michinori.report.text import visible

if TYPE_CHECKING:
    from michinori.browser.page import Failure as PageFailure

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


# -- The kinds of failure ----------------------------------------------------------------------------------------------

_CALL_FAILED: Final = re.compile(r"Connect call failed \([^)]*\)(: )?")


def _name(error: Any) -> tuple[Pair, Pair]:
    reason = str(error).partition("(")[2].rpartition(")")[0] or str(error)
    reason = reason.removeprefix(f"{error.host}: ")
    cause = (
        f"{error.host} のIPアドレスが得られません ({in_japanese(reason)})",
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
    tried = [", ".join(f"{address}: {say(reason)}" for address, reason in reasons) for say in (in_japanese, str)]
    cause = (
        f"{error.host} のポート {error.port} に接続できません ({tried[0]})",
        f"no connection to {error.host} port {error.port} ({tried[1]})",
    )
    return cause, retold(str(error))[1]


def _timed_out(error: Any) -> tuple[Pair, Pair]:
    said = str(error).removeprefix(f"{getattr(error, 'stage', '')}: ").partition(";")[0]
    bound = getattr(error, "bound_s", None)
    return (
        (f"{bound:g} 秒待っても進みません" if bound is not None else "時間の上限までに終わりません", first_line(said)),
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
    said = first_line(str(error))
    if said.endswith("is a file of this machine"):
        return (in_japanese(said), said), (
            "そのフォルダを michinori serve で公開し、http:// のURLを入力してください",
            "serve its folder by michinori serve, and type its http:// URL",
        )
    return (in_japanese(said), said), (
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
    what, _, command = first_line(str(error)).partition(": ")
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
    said = first_line(str(error))
    return (
        ("もう何も起こらないのに、まだ待っているものがあります", f"nothing can happen any more ({said})"),
        ("付けた障害を取り除いてください", "remove the faults that were added"),
    )


def _other(error: BaseException) -> tuple[Pair, Pair]:
    cause, way_out = retold(str(error) or type(error).__name__)
    return cause, (
        way_out[0] or "ここまでの道のりを見てください",
        way_out[1] or "look at the story above for what happened before",
    )


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
