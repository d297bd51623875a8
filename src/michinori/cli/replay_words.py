"""What ``michinori replay`` says, in Japanese and in English."""

from __future__ import annotations

from typing import Final

from michinori.cli.language import Language

_WORDS: Final[dict[str, tuple[str, str]]] = {
    "sending": (
        "{file} の {octets:,} オクテットを {to} に送ります: {requests}",
        "Sending the {octets:,} octets of {file} to {to}: {requests}",
    ),
    "same-file": (
        "{path} は送るリクエストそのもののファイルです。応答には -o で別のファイルを選んでください",
        "{path} holds the very request that is sent: choose another file for the answer with -o",
    ),
    "host-set": ("Host を {authority} に書き換えました。", "Host was changed to {authority}."),
    "cut-off": (
        "最後のリクエストは途中で切れています。それでも送ります。",
        "The last request is cut off. It is sent all the same.",
    ),
    "answer": ("応答 {number}/{count} ({address})", "Answer {number} of {count} ({address})"),
    "one-answer": ("応答 ({address})", "The answer ({address})"),
    "interim": ("先に届いた途中経過: {statuses}", "Interim answers before it: {statuses}"),
    "timing": ("時間", "Times"),
    "dns": ("名前解決", "name"),
    "connect": ("コネクション確立", "connection"),
    "tls": ("TLSハンドシェイク", "TLS handshake"),
    "first": ("最初のオクテットまで", "first octet"),
    "end": ("最後のオクテットまで", "last octet"),
    "round": ("{number:>4} 回目", "{number:>4}"),
    "statuses": ("ステータス {statuses}", "status {statuses}"),
    "median": ("中央値", "median"),
    "all-same": ("{count} 回とも、Date と Age を除いて同じ応答でした。", "All {count} answers are the same but for Date and Age."),
    "not-same": ("最初と違う応答がありました: {rounds} 回目", "Answers that differ from the first: {rounds}"),
    "diff": ("二つの応答", "Both answers"),
    "same": ("同じです(Date と Age は比べていません)。", "They are the same (Date and Age were not compared)."),
    "differ": ("違う所が {count} か所あります。", "They differ in {count} places."),
    "status-line": ("ステータス", "status"),
    "body": ("ボディ", "body"),
    "equal-lines": ("… 同じ {count} 行 …", "… {count} equal lines …"),
    "surplus": (
        "応答の後に、さらに {octets:,} オクテットが届きました。ファイルには入っています。",
        "{octets:,} octets more came behind the answer; they are in the file.",
    ),
    "missing": ("{count} 個のリクエストに応答がありません。", "{count} requests got no answer."),
    "why-too-long": (
        "応答が上限({bound:,} オクテット)を超えました。ここまでを保存しました。--max-size で変えられます。",
        "The answer is larger than the bound of {bound:,} octets; it was kept up to there. --max-size changes that.",
    ),
    "why-silent": (
        "応答の途中で {silence:g} 秒間何も届きませんでした。ここまでを保存しました。--max-silence で変えられます。",
        "Nothing came for {silence:g} s before the answer was complete; it was kept up to there. --max-silence changes that.",
    ),
    "why-too-slow": (
        "{whole:g} 秒たっても応答が終わりませんでした。ここまでを保存しました。--max-time で変えられます。",
        "The answer was not complete after {whole:g} s; it was kept up to there. --max-time changes that.",
    ),
    "why-ended": (
        "応答の途中でサーバが接続を閉じました。ここまでを保存しました。",
        "The server closed the connection before the answer was complete; it was kept up to there.",
    ),
    "why-reset": (
        "応答の途中で接続がリセットされました。ここまでを保存しました。",
        "The connection was reset before the answer was complete; it was kept up to there.",
    ),
    "not-a-request": (
        "{file} はHTTP/1のリクエストではありません({kind})。michinori catch が保存したファイルを指定してください",
        "{file} holds no HTTP/1 request ({kind}): give a file that michinori catch kept",
    ),
    "kind-tls": ("TLSのClientHello", "a TLS ClientHello"),
    "kind-http2": ("HTTP/2の接続開始の合図", "the connection preface of HTTP/2"),
    "kind-unknown": ("空か、途中までのヘッダ", "empty, or a head that is cut off"),
    "kind-http": ("途中までのヘッダ", "a head that is cut off"),
    "kind-other": ("別のもの", "something else"),
}  # fmt: skip


def say(key: str, language: Language, **values: object) -> str:
    """The sentence with its gaps filled."""
    return _WORDS[key][0 if language == "ja" else 1].format(**values)
