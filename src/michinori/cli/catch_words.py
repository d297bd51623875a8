"""What ``michinori catch`` says, in Japanese and in English. The lines between ``===`` are the tutorial's own."""

from __future__ import annotations

import errno
from typing import Final

from michinori.cli.language import Language
from michinori.http.errors import HttpError
from michinori.japanese import in_japanese
from michinori.report.failure import explain
from michinori.report.text import visible
from michinori.server.catch import CatchError
from michinori.server.keeping import KeepError

_WORDS: Final[dict[str, tuple[str, str]]] = {
    "starting": ("=== サーバーを起動します ===", "=== Starting the server ==="),
    "waiting": ("=== クライアントからの接続を待ちます ===", "=== Waiting for a connection from a client ==="),
    "connected": (
        "=== クライアントとの接続が完了しました remote_address: {peer} ===",
        "=== Connected to a client, remote_address: {peer} ===",
    ),
    "stopping": ("=== サーバーを停止します。 ===", "=== Stopping the server. ==="),
    "address": ("ブラウザで {url} を開いてください (待っている所: {addresses})", "Open {url} in a browser (listening on {addresses})"),
    "forward": ("{url} に取り次ぎます。", "Passing everything on to {url}."),
    "silent": ("  {peer} は何も送らずに閉じました(ブラウザが先に用意した接続です)。", "  {peer} closed without a word: a connection that the browser held ready."),
    "continued": ("  100 Continue を送り、ボディを待っています。", "  Sent 100 Continue, waiting for the body."),
    "late": ("  この後に届いた {octets:,} オクテットは、保存していません。", "  {octets:,} octets came after it and were not kept."),
    "unwanted": ("  {peer} から届いたものは、数が足りたので保存していません。", "  What came from {peer} was not kept: enough had come."),
    "passing": ("  {peer} と {server} の間を取り次いでいます。", "  Passing on between {peer} and {server}."),
    "interrupted": ("中断されました。", "Interrupted."),
    "several": (
        "一度に {count} 個のリクエストが届きました。全部を保存しました。",
        "{count} requests came in one go; all of them were kept.",
    ),
    "kind-tls": (
        "HTTPではなく、TLSのClientHelloが届きました。https:// で開いたようです。http:// で開き直してください。オクテットは保存しました。",
        "This is a TLS ClientHello, not HTTP: it was opened as https://. Open it as http://. The octets were kept.",
    ),
    "kind-http2": (
        "HTTP/2の接続開始の合図(preface)が届きました。ここで話せるのはHTTP/1.1です。オクテットは保存しました。",
        "This is the connection preface of HTTP/2; HTTP/1.1 is spoken here. The octets were kept.",
    ),
    "kind-other": (
        "HTTPのリクエストではないものが届きました。オクテットは保存しました。",
        "What came is not an HTTP request. The octets were kept.",
    ),
    "why-too-long": (
        "大きさの上限({bound:,} オクテット)を超えました。ここまでを保存しました。--max-size で変えられます。",
        "It is larger than the bound of {bound:,} octets; it was kept up to there. --max-size changes that.",
    ),
    "why-silent": (
        "途中で {silence:g} 秒間何も届きませんでした。ここまでを保存しました。--max-silence で変えられます。",
        "Nothing came for {silence:g} s in the middle of it; it was kept up to there. --max-silence changes that.",
    ),
    "why-too-slow": (
        "{whole:g} 秒たっても届き終わりませんでした。ここまでを保存しました。--max-time で変えられます。",
        "It was not whole after {whole:g} s; it was kept up to there. --max-time changes that.",
    ),
    "why-ended": (
        "途中で相手が接続を閉じました。ここまでを保存しました。",
        "The peer closed the connection in the middle of it; it was kept up to there.",
    ),
    "why-reset": (
        "途中で接続がリセットされました。ここまでを保存しました。",
        "The connection was reset in the middle of it; it was kept up to there.",
    ),
    "why-interrupted": (
        "届き終わる前に中断されました。ここまでを保存しました。",
        "It was interrupted before it was whole; it was kept up to there.",
    ),
    "why-no-server": ("サーバからの応答はありません。", "There is no answer from the server."),
    "answer": ("サーバからの応答", "The server's answer"),
    "after": ("応答の後に、同じコネクションで届いたもの", "What came on the same connection behind the answer"),
    "kept": (
        "保存: {file} ({octets:,} オクテット。所有者だけが読めます)",
        "Kept in {file} ({octets:,} octets, readable by its owner alone)",
    ),
    "timing": ("  応答の最初のオクテットまで {first:.1f} ms", "  {first:.1f} ms until the first octet of the answer"),
    "taken": (
        "{path} はすでにあり、Michinoriが書いたままの結果ではありません。別のファイルを選ぶか、--force で置き換えてください",
        "{path} is there already and is no earlier result as Michinori wrote it: choose another, or replace it with --force",
    ),
    "unwritable": (
        "{path} に書けません({reason})。空きを作るか、別の場所を選んでください",
        "{path} cannot be written ({reason}): make room, or choose another place",
    ),
    "port-taken": (
        "{host} の {port} 番ポートは、別のプログラムが使っています。それを終わらせるか、--port {other} のように別の番号を選んでください",
        "port {port} of {host} is in use by another program: end that one, or choose another port, such as --port {other}",
    ),
    "port-forbidden": (
        "{port} 番ポートを使う権利がありません。1024 以上の番号を --port で選んでください",
        "port {port} needs rights that you do not have: choose one from 1024 up with --port",
    ),
    "no-listening": (
        "{host} の {port} 番ポートで待てません({reason})。--host と --port を確かめてください",
        "{host} port {port} cannot be listened on ({reason}): check --host and --port",
    ),
    # Wrong usage.
    "both-outputs": (
        "-o と -O は、どちらか一つにしてください",
        "-o and -O do not go together: leave one out",
    ),
    "count-needs-folder": (
        "--count {count} には、番号つきのファイルを置くフォルダが要ります。-O DIR を付けてください",
        "--count {count} needs a folder for numbered files: add -O DIR",
    ),
    "reply-and-forward": (
        "--reply と --forward は、どちらか一つにしてください。--forward では本物のサーバが応答します",
        "--reply and --forward do not go together: with --forward the real server answers",
    ),
    "bad-reply": (
        "--reply {reply} が分かりません。none、hello、@FILE のどれかにしてください",
        "--reply {reply} is not known: write none, hello or @FILE",
    ),
    "unreadable": ("{path} を読めません({reason})。パスを確かめてください", "{path} cannot be read ({reason}): check the path"),
    "bad-url": (
        "{url} に送れません。http://ホスト または https://ホスト の形で書いてください",
        "{url} cannot be sent to: write http://host or https://host",
    ),
    "no-path": (
        "{url} のうち使われるのはスキームとホストとポートだけです。リクエストが自分のターゲットとヘッダを持っています。{origin} と書いてください",
        "only scheme, host and port of {url} have an effect, the request has its own target and fields: write {origin}",
    ),
    "own-tail": (
        "--forward {url} は、この catch 自身を指しています。別のサーバを書いてください",
        "--forward {url} leads back to this very catcher: name another server",
    ),
}  # fmt: skip


def say(key: str, language: Language, **values: object) -> str:
    """The sentence with its gaps filled."""
    return _WORDS[key][0 if language == "ja" else 1].format(**values)


def reason_in(language: Language, reason: str) -> str:
    """What the operating system says, in that language."""
    return in_japanese(reason) if language == "ja" else reason


def explain_failure(error: Exception, language: Language) -> str:
    """What went wrong, in one sentence with the way out."""
    match error:
        case KeepError():
            reason = reason_in(language, error.reason)
            return say(error.why, language, path=visible(str(error.path)), reason=reason)
        case CatchError(host=host, port=port):
            key = {errno.EADDRINUSE: "port-taken", errno.EACCES: "port-forbidden"}.get(error.errno, "no-listening")
            other = port + 1 if port < 65535 else 8080
            return say(
                key, language, host=visible(host), port=port, other=other, reason=reason_in(language, error.reason)
            )
        case HttpError():
            return explain(error).tell(language)
        case _:
            return str(error)
