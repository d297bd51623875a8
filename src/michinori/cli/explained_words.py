"""The words around an explained message, in Japanese and in English."""

from __future__ import annotations

from typing import Final

from michinori.cli.language import Language

_WORDS: Final[dict[str, tuple[str, str]]] = {
    "raw": ("オクテットそのまま ({octets:,} オクテット)", "The octets as they came ({octets:,} octets)"),
    "explained": ("読み解き", "What it says"),
    "request-line": ("リクエストライン", "Request line"),
    "status-line": ("ステータスライン", "Status line"),
    "method": ("メソッド", "method"),
    "target": ("ターゲット: サーバの中のどれか", "target: which thing on the server"),
    "version": ("話す約束の版", "the version that is spoken"),
    "fields": ("ヘッダフィールド ({count})", "Header fields ({count})"),
    "body": ("メッセージボディ", "Message body"),
    "no-body": ("ありません", "none"),
    "kind-form": ("フォームの項目、{octets:,} オクテット", "fields of a form, {octets:,} octets"),
    "kind-multipart": (
        "フォームの項目とファイル、{octets:,} オクテット",
        "fields and files of a form, {octets:,} octets",
    ),
    "kind-json": ("JSON、{octets:,} オクテット", "JSON, {octets:,} octets"),
    "kind-text": ("テキスト、{octets:,} オクテット", "text, {octets:,} octets"),
    "kind-octets": ("テキストではないデータ、{octets:,} オクテット", "not text, {octets:,} octets"),
    "cut": ("… 続きはファイルにあります", "… the rest is in the file"),
    "more": ("… ほかに {octets:,} オクテット(ファイルに全部あります)", "… {octets:,} octets more, all in the file"),
    "odd-chunk": (
        "chunkedの長さが規格に合いません。沈黙を終わりとみなしました。",
        "A chunk's size breaks the standard; silence was taken for the end.",
    ),
    "odd-length": (
        "Content-Lengthが一つの数に決まりません。最も長いものに従いました。",
        "Content-Length does not give one number; the largest was taken.",
    ),
    "odd-length-and-chunks": (
        "Content-LengthとTransfer-Encodingの両方があります。サーバによって終わりの位置が変わる、危険な書き方です。",
        "Content-Length and Transfer-Encoding are both there: servers may disagree on where this message ends.",
    ),
}


def say(key: str, language: Language, **values: object) -> str:
    """The words with their gaps filled."""
    return _WORDS[key][0 if language == "ja" else 1].format(**values)
