"""The pages that the browser makes itself: errors, an image or a text shown alone, something it cannot show."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Final

_STYLE: Final = """
body{margin:0;background:#f6f5f1;color:#2b2f36;font-family:sans-serif;line-height:1.7}
main{max-width:640px;margin:0 auto;padding:96px 24px 48px}
.sign{width:72px;height:72px}
h1{font-size:26px;margin:20px 0 8px;line-height:1.4}
p{margin:8px 0}
code,pre{font-family:monospace;font-size:14px}
.url{word-wrap:break-word;overflow-wrap:break-word;color:#23527c}
.why{margin-top:24px;padding:12px 16px;background:#fff;border:1px solid #d8d4c8;border-left:4px solid #b3541e;
border-radius:4px;overflow-wrap:break-word}
.stage{color:#6b6f76;font-size:13px;margin-top:24px}
"""
_DOTS: Final = 'fill="none" stroke="#9a968a" stroke-width="6" stroke-linecap="round" stroke-dasharray="1 10"'
_SIGN: Final = (
    '<svg class="sign" width="72" height="72" viewBox="0 0 72 72">'
    f'<path d="M6 60 C18 44 24 50 30 38" {_DOTS}/><path d="M44 26 C50 18 58 20 66 10" {_DOTS}/>'
    '<path d="M31 25 l12 14 M43 25 l-12 14" stroke="#b3541e" stroke-width="5" stroke-linecap="round"/></svg>'
)


@dataclass(frozen=True, slots=True)
class Words:
    """A headline and what it means."""

    title: str
    text: str


_ERRORS: Final[dict[str, dict[str, Words]]] = {
    "ja": {
        "dns": Words(
            "サーバのIPアドレスが見つかりません",
            "名前解決ができませんでした。ホスト名の綴りと、DNSサーバの設定を確かめてください。",
        ),
        "connect": Words(
            "サーバに接続できません",
            "TCPのコネクションを確立できませんでした。経路、ポート番号、サーバの状態を確かめてください。",
        ),
        "ssl": Words("安全な接続ができません", "TLSのハンドシェイクに失敗しました。証明書を確かめてください。"),
        "send": Words("送信の途中で途切れました", "リクエストを送り終える前にコネクションが失われました。"),
        "wait": Words("サーバが応答しません", "リクエストは送りましたが、レスポンスが返ってきませんでした。"),
        "receive": Words("受信の途中で途切れました", "レスポンスを最後まで受け取れませんでした。"),
        "decode": Words("受け取ったデータを元に戻せません", "Content-Encoding のとおりに復元できませんでした。"),
        "redirect": Words("リダイレクトが終わりません", "転送が繰り返され、目的のページにたどり着けませんでした。"),
        "url": Words("このURLは開けません", "このブラウザが話せるのは http と https です。"),
        "download": Words("表示できないファイルです", "ブラウザでは表示せず、ダウンロードするべきデータです。"),
        "image": Words("この画像は表示できません", "画像のデータが壊れているか、対応していない形式です。"),
        "other": Words("ページを開けません", "途中で問題が起きました。"),
    },
    "en": {
        "dns": Words(
            "The server's address was not found",
            "Its name could not be resolved. Check the spelling, and the name server.",
        ),
        "connect": Words(
            "The server cannot be reached", "No TCP connection was made. Check the route, the port and the server."
        ),
        "ssl": Words("No secure connection", "The TLS handshake failed. Check the certificate."),
        "send": Words("The line broke while sending", "The connection was lost before the request was out."),
        "wait": Words("The server does not answer", "The request was sent, but no response came back."),
        "receive": Words("The line broke while receiving", "The response did not arrive whole."),
        "decode": Words("What came cannot be decoded", "Its Content-Encoding could not be undone."),
        "redirect": Words("The redirects do not end", "The page sends us round and round, and never arrives."),
        "url": Words("This URL cannot be opened", "This browser speaks http and https."),
        "download": Words("This file cannot be shown", "It is data to be downloaded, not a page."),
        "image": Words("This image cannot be shown", "Its data is damaged, or of an unknown kind."),
        "other": Words("The page cannot be opened", "Something went wrong on the way."),
    },
}
_STAGE: Final = {"ja": "つまずいた段階", "en": "Stage that failed"}


def error_page(stage: str, url: str, why: str, lang: str) -> str:
    """The page shown instead of one that could not be had. ``stage`` as in ``HttpError.stage``."""
    catalogue = _ERRORS.get(lang, _ERRORS["en"])
    words = catalogue.get(stage if stage != "blocked" else "connect", catalogue["other"])
    shown = _STAGE.get(lang, _STAGE["en"])
    return _page(
        words.title,
        f'{_SIGN}<h1>{escape(words.title)}</h1><p>{escape(words.text)}</p><p class="url"><code>{escape(url)}</code></p>'
        f'<p class="why"><code>{escape(why)}</code></p><p class="stage">{escape(shown)}: {escape(stage)}</p>',
        lang,
    )


def image_page(url: str, name: str, width: int, height: int, lang: str) -> str:
    """An image alone, as browsers show one: on a dark ground, in the middle."""
    size = f" ({width}×{height})" if width and height else ""
    return (
        f'<!DOCTYPE html><html lang="{escape(lang)}"><head><title>{escape(name)}{size}</title><style>'
        "body{margin:0;background:#0e0e0e;text-align:center}img{max-width:100%;background:#e6e6e6}</style></head>"
        f'<body><img src="{escape(url)}" alt="{escape(name)}"></body></html>'
    )


def text_page(text: str, lang: str) -> str:
    """A plain text as it is."""
    return (
        f'<!DOCTYPE html><html lang="{escape(lang)}"><head><style>pre{{white-space:pre-wrap;word-wrap:break-word;'
        f"font-family:monospace;font-size:13px}}</style></head><body><pre>\n{escape(text)}</pre></body></html>"
    )


def _page(title: str, body: str, lang: str) -> str:
    return (
        f'<!DOCTYPE html><html lang="{escape(lang)}"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style></head><body><main>{body}</main></body></html>"
    )
