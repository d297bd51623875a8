"""The words of the page that shows a browser what it sent."""

from __future__ import annotations

from typing import Final

from michinori.server.messages.words import Language

WORDS: Final[dict[Language, dict[str, str]]] = {
    "ja": {
        "title": "ブラウザは、これを送りました",
        "way": "{peer} から {own} へ、{octets:,} オクテット。",
        "line": "リクエストライン",
        "method": "メソッド",
        "target": "ターゲット: サーバの中のどれか",
        "version": "話す約束の版",
        "fields": "ヘッダフィールド",
        "body": "メッセージボディ",
        "octets": "{octets:,} オクテット",
        "no-body": "ありません。",
        "none": "ありません。",
        "cut": "続きは、保存したファイルにあります。",
        "raw": "届いたままのヘッダ",
        "raw-note": "行末は CR LF、空行がヘッダの終わり",
        "mask": "{mask} の所は、画面では隠しています。",
        "end": "全オクテットは、サーバ側のファイルにそのまま残っています。このページは Michinori の catch が返しました。",
    },
    "en": {
        "title": "This is what your browser sent",
        "way": "From {peer} to {own}, {octets:,} octets.",
        "line": "Request line",
        "method": "Method",
        "target": "Target: which thing on the server",
        "version": "Version that is spoken",
        "fields": "Header fields",
        "body": "Message body",
        "octets": "{octets:,} octets",
        "no-body": "There is none.",
        "none": "There are none.",
        "cut": "The rest is in the file that was kept.",
        "raw": "The head as it arrived",
        "raw-note": "lines end with CR LF, and an empty line ends the head",
        "mask": "What reads {mask} is hidden on the screen.",
        "end": "Every octet is kept as it came in a file on the server's side. This page was answered by Michinori's catch.",
    },
}
