"""Why a journey ended early, as one sentence in each language: the stage, the cause, and the way out."""

from __future__ import annotations

import errno
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import msgspec

from michinori.report.catalogue import Language
from michinori.report.text import visible


if TYPE_CHECKING:
    from michinori.browser.page import Failure as PageFailure


class Failure(msgspec.Struct, frozen=True):
    """How a journey failed."""

    stage: str
    layer: str
    sentence: dict[str, str]
    """By language."""

    def tell(self, language: Language) -> str:
        """The sentence."""
        return self.sentence[language]


_STAGES: Final[dict[str, tuple[str, str]]] = {
    "address": ("アドレスバー", "address bar"),
    "url": ("URLの分解", "URL"),
    "dns": ("名前解決", "name resolution"),
    "connect": ("コネクション確立", "connection"),
    "ssl": ("暗号化", "encryption"),
    "blocked": ("順番待ち", "queueing"),
    "send": ("リクエストの送信", "sending the request"),
    "wait": ("応答待ち", "waiting for the answer"),
    "receive": ("応答の受信", "receiving the answer"),
    "decode": ("応答の復元", "decoding the answer"),
    "redirect": ("リダイレクト", "redirect"),
    "paint": ("描画", "painting"),
    "world": ("仮想世界", "virtual world"),
}
_LAYERS: Final[dict[str, tuple[str, str]]] = {
    "browser": ("ブラウザ", "browser"),
    "http": ("HTTP", "HTTP"),
    "tls": ("TLS", "TLS"),
    "dns": ("DNS", "DNS"),
    "tcp": ("TCP", "TCP"),
    "world": ("世界", "world"),
}

Pair: TypeAlias = tuple[str, str]


def explain(error: BaseException, *, virtual: bool) -> Failure:
    """The failure in words. ``virtual``: the journey was in a virtual internet, which has an outside."""
    kind = type(error).__name__
    stage = str(getattr(error, "stage", "")) or _STAGE_OF.get(kind, "world")
    layer = str(getattr(error, "layer", "")) or _LAYER_OF.get(kind, "world")
    cause, way_out = _TELLERS.get(kind, _other)(error)
    if virtual and _leads_outside(error):
        way_out = (
            "この小さなインターネットの外のURLなら --via os を付けてください",
            "for a URL outside the little internet, add --via os",
        )
    stages, layers = _STAGES.get(stage, (stage, stage)), _LAYERS.get(layer, (layer, layer))
    sentence = {
        "ja": f"{stages[0]} ({layers[0]}) で失敗: {cause[0]}。{way_out[0]}",
        "en": f"{stages[1].capitalize()} ({layers[1]}) failed: {cause[1]}; {way_out[1]}",
    }
    return Failure(stage, layer, {language: visible(text) for language, text in sentence.items()})


def explain_page(failure: PageFailure, *, virtual: bool) -> Failure:
    """The failure of a page, in words."""
    if failure.error is not None:
        return explain(failure.error, virtual=virtual)
    return explain(_Told(failure.why, failure.stage, failure.layer), virtual=virtual)


class _Told(Exception):
    """A failure that is known by its sentence alone."""

    def __init__(self, why: str, stage: str, layer: str) -> None:
        super().__init__(why)
        self.stage = stage
        self.layer = layer


_STAGE_OF: Final = {
    "BadAddress": "address",
    "NameNotResolved": "dns",
    "ConnectFailed": "connect",
    "NotDrawn": "paint",
    "MissingExtra": "paint",
}
_LAYER_OF: Final = {"BadAddress": "browser", "NotDrawn": "browser", "MissingExtra": "browser"}


def _leads_outside(error: BaseException) -> bool:
    if type(error).__name__ == "NameNotResolved":
        return "no such name" in str(error).lower() or "does not exist" in str(error).lower()
    return type(error).__name__ == "ConnectFailed" and getattr(error, "errno", 0) in (
        errno.ENETUNREACH,
        errno.EHOSTUNREACH,
    )


def _name(error: Any) -> tuple[Pair, Pair]:
    reason = str(error).partition("(")[2].rpartition(")")[0] or str(error)
    return (
        (f"{error.host} のIPアドレスが得られません ({reason})", f"the name {error.host} has no address ({reason})"),
        ("名前の綴りとDNSサーバを確かめてください", "check its spelling and the name server in use"),
    )


def _connect(error: Any) -> tuple[Pair, Pair]:
    tried = ", ".join(f"{address}: {cause}" for address, cause in error.attempts)
    cause = (
        f"{error.host} のポート {error.port} に接続できません ({tried})",
        f"no connection to {error.host} port {error.port} ({tried})",
    )
    return cause, _CONNECT_WAYS_OUT.get(error.errno, _CONNECT_ELSE)


_UNREACHED: Final = (
    "ケーブル、アドレス、経路を確かめてください",
    "no way leads there: check cable, addresses and routes",
)
_CONNECT_WAYS_OUT: Final[dict[int, Pair]] = {
    errno.ECONNREFUSED: (
        "待ち受けるプログラムがありません: サーバを起動するか、ポート番号を確かめてください",
        "nothing listens there: start the server, or check the port",
    ),
    errno.ETIMEDOUT: (
        "応答がありません: 経路と途中のファイアウォールを確かめてください",
        "nobody answered: check the route and the firewalls between",
    ),
    errno.ENETUNREACH: _UNREACHED,
    errno.EHOSTUNREACH: _UNREACHED,
}
_CONNECT_ELSE: Final = (
    "サーバが動いていて届くところにあるか確かめてください",
    "check that the server runs and can be reached",
)


def _timed_out(error: Any) -> tuple[Pair, Pair]:
    said = str(error).removeprefix(f"{getattr(error, 'stage', '')}: ").partition(";")[0]
    bound = getattr(error, "bound_s", None)
    return (
        (f"{bound:g} 秒待っても進みません" if bound is not None else "時間の上限までに終わりません", said),
        ("もう一度試すか、途中の障害を取り除いてください", "try again, or remove the fault on the way"),
    )


def _redirects(error: Any) -> tuple[Pair, Pair]:
    circle = " → ".join(dict.fromkeys(error.hops))
    return (
        (f"リダイレクトが終わりません ({circle})", f"the redirects do not end ({circle})"),
        ("サーバの管理者に知らせてください", "tell the server's owner"),
    )


def _stuck(error: Any) -> tuple[Pair, Pair]:
    return (
        (
            "これ以上何も起こらないのに、まだ待っているものがあります",
            f"nothing can happen any more ({_first_line(error)})",
        ),
        ("付けた障害を取り除いてください", "remove the faults that were added"),
    )


def _other(error: BaseException) -> tuple[Pair, Pair]:
    said = _first_line(error)
    stage = getattr(error, "stage", "")
    said = said.removeprefix(f"{stage}: ") if stage else said
    cause, _, way_out = said.partition("; ")
    out = way_out or "look at the story above for what happened before"
    return (cause, cause), (way_out or "ここまでの道のりを見てください", out)


def _first_line(error: BaseException) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]


_TELLERS: Final[dict[str, Callable[[Any], tuple[Pair, Pair]]]] = {
    "NameNotResolved": _name,
    "ConnectFailed": _connect,
    "TimedOut": _timed_out,
    "TooManyRedirects": _redirects,
    "Stuck": _stuck,
}
