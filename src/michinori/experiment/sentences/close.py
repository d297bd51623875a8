"""The sentences of the experiment ``close``."""

from __future__ import annotations

from typing import Final

from michinori.experiment.texts import Texts, texts

SENTENCES: Final[dict[str, Texts]] = {
    "saw": texts("{host}が見たもの: {what}", "What the {host} saw: {what}"),
    "states": texts("{host}の状態: {states}", "States of the {host}: {states}"),
    "time-wait": texts("TIME-WAIT は{host}に残りました。", "TIME-WAIT stays at the {host}."),
    "no-table": texts(
        "このシステムにはソケットの表がなく、TIME-WAIT があるかどうかは分かりません。",
        "This system shows no table of its sockets, so whether there is a TIME-WAIT is not known.",
    ),
    "no-time-wait": texts("TIME-WAIT はどちらにも残りません。", "TIME-WAIT appears at neither end."),
    "orderly": texts("1. きちんと閉じる: close()", "1. An orderly end: close()"),
    "orderly-what": texts(
        "サーバは届いたものを全て読み、3オクテットを返して close() を呼びます。",
        "The server reads all that has come, answers with 3 octets and calls close().",
    ),
    "orderly-result": texts(
        "FIN は「こちらからはもう送らない」という合図です。相手は残りを読み終えてから b'' を受け取り、エラーにはなりません。先に閉じた側に TIME-WAIT が残ります。",
        "FIN says “no more from me”. The peer first reads what was still to be read, then gets b'', and no error. TIME-WAIT stays where close() was called first.",
    ),
    "half-close": texts("2. 片方だけ閉じる: shutdown(SHUT_WR)", "2. A half-close: shutdown(SHUT_WR)"),
    "half-close-what": texts(
        "クライアントは送り終えたら自分の方向だけを閉じ、サーバの返事を読み続けます。",
        "The client ends its own direction when all is sent and goes on reading what the server answers.",
    ),
    "half-close-result": texts(
        "FIN は片方向ずつです。クライアントの FIN の後も、サーバからのオクテットは届きました。",
        "A FIN ends one direction. After the client's FIN the server's octets still arrived.",
    ),
    "program-ends": texts("3. close() を呼ばずにプログラムが終わる", "3. A program that ends without close()"),
    "program-ends-virtual": texts(
        "クライアントのプログラムは close() を呼ばずに終わります。ディスクリプタは、プログラムではなくホストが手放します。",
        "The client's program ends and has never called close(). It is the host that lets go of its descriptors.",
    ),
    "program-ends-os": texts(
        "クライアントは別のプロセスで、close() を呼ばないまま SIGKILL で終わらせました。",
        "The client is a process of its own, ended by SIGKILL: it had no chance to call close().",
    ),
    "program-ends-slip": texts(
        "「ガチャ切り」にはなりません: close() を呼ばなくても、OSが FIN を送り、相手は b'' を受け取ります。",
        "The tutorial calls this hanging up without a word. It is not: the operating system still sends FIN, and the peer gets b''.",
    ),
    "unread": texts("4. 読み残しがあるまま close()", "4. close() with octets left unread"),
    "unread-what": texts(
        "入門書のサーバです。リクエストは {octets} オクテット、recv({limit}) を1回だけ呼び、{left} オクテットを残して close() します。",
        "The tutorial's server. The request has {octets} octets; it calls recv({limit}) once and closes with {left} octets unread.",
    ),
    "unread-slip": texts(
        "これが本当の「ガチャ切り」です: close() を呼んだのに FIN ではなく RST が送られ、相手は ConnectionResetError になります。recv(4096) は最大でも 4,096 オクテットしか返さないので、長いリクエストを送ったブラウザはこうなります。",
        "This is what really hangs up: close() was called, and yet RST was sent, not FIN, and the peer gets ConnectionResetError. recv(4096) gives 4,096 octets at most, so a browser with a longer request meets this.",
    ),
    "linger": texts("5. わざと切る: SO_LINGER を 0 に", "5. On purpose: SO_LINGER of 0"),
    "linger-what": texts(
        "サーバは全て読みますが、SO_LINGER を有効、時間を 0 にしてから close() します。",
        "The server reads everything, but sets SO_LINGER on, with a time of 0, before close().",
    ),
    "linger-result": texts(
        "RST が送られ、コネクションは直ちに消えます。TIME-WAIT も残りませんが、送りかけのデータも捨てられます。",
        "RST is sent and the connection is gone at once: no TIME-WAIT, and whatever was still to be sent is thrown away.",
    ),
    "late": texts("6. 相手が閉じた後に送る", "6. Sending after the peer has closed"),
    "late-what": texts(
        "サーバは close() しました。クライアントはそれに気づかず、3回続けて送ります。",
        "The server has called close(). The client does not notice and sends three times more.",
    ),
    "late-result": texts(
        "1回目の send は成功します。FIN だけでは、相手がもう読まないことは分からないからです。届いた先に受け取る者がなく RST が返り、その後の send がエラーになります。",
        "The first send succeeds: a FIN does not say that nobody reads any more. There is nobody to take the octets, RST comes back, and sending fails from then on.",
    ),
    "side-by-side": texts("並べてみると", "Side by side"),
    "row": texts("{case}: {flag}、TIME-WAIT: {time_wait}", "{case}: {flag}, TIME-WAIT: {time_wait}"),
    "at": texts("{host}", "at the {host}"),
    "none": texts("なし", "none"),
    "orderly-short": texts("close()", "close()"),
    "half-close-short": texts("shutdown(SHUT_WR)", "shutdown(SHUT_WR)"),
    "program-ends-short": texts("プログラムの終わり", "the program ends"),
    "unread-short": texts("読み残して close()", "close(), octets unread"),
    "linger-short": texts("SO_LINGER 0 で close()", "close(), SO_LINGER 0"),
    "late-short": texts("閉じた相手に送る", "sent to a closed end"),
    "in-short": texts(
        "FIN は「終わり」を届け、相手は b'' を読みます。RST は「無かったこと」にし、相手はエラーになります。",
        "FIN delivers an end, and the peer reads b''. RST undoes the connection, and the peer gets an error.",
    ),
}
