"""The sentences of the experiment ``reuseaddr``."""

from __future__ import annotations

from typing import Final

from michinori.experiment.texts import Texts, texts

SENTENCES: Final[dict[str, Texts]] = {
    "with": texts("あり", "with"),
    "without": texts("なし", "without"),
    "starts": texts("起動できる", "it starts"),
    "nowhere": texts("どこにもない", "nowhere"),
    "stopped": texts("1. サーバが動いて、止まる", "1. A server runs and stops"),
    "stopped-what": texts(
        "SO_REUSEADDR を設定しないサーバが、ポート {port} で接続を1つ受け、先に close() して終わります。",
        "A server without SO_REUSEADDR takes one connection on port {port}, closes it first and ends.",
    ),
    "stopped-result": texts(
        "プログラムは終わったのに、ソケットが1つ残っています: TIME-WAIT、あと {left}。最後の ACK が失われたときに送り直し、古いセグメントが新しいコネクションに紛れ込むのを防ぐためです。ディスクリプタはもうありません。",
        "The program has ended and one socket is still there: TIME-WAIT, {left} to go. It repeats the last ACK should that be lost, and keeps old segments out of a new connection. No program holds it.",
    ),
    "at-once": texts("2. すぐに起動し直す", "2. Started again at once"),
    "at-once-what": texts(
        "同じサーバを、SO_REUSEADDR なしで、すぐにもう一度起動します。",
        "The same server again, at once, without SO_REUSEADDR.",
    ),
    "at-once-result": texts(
        "bind() が失敗しました: {error}。入門書が「おまじない」として書いた1行は、このためのものです。ポートを割り当てるのが listen() ではなく bind() であることも、ここで分かります。",
        "bind() fails: {error}. This is what the tutorial's “magic” line is for. It also shows that it is bind() that takes the port, not listen().",
    ),
    "pairs": texts("3. 止まったサーバと、起動するサーバ", "3. The server that stopped, the server that starts"),
    "pairs-what": texts(
        "TIME-WAIT のソケットは、止まったサーバのオプションを受け継いでいます。4通りを試します。",
        "The socket in TIME-WAIT has inherited the options of the server that stopped. All four pairs:",
    ),
    "pair": texts(
        "前のサーバ {first}、次のサーバ {second}: {outcome}", "{first} it before, {second} it now: {outcome}"
    ),
    "pairs-result": texts(
        "起動できるのは、前のサーバと次のサーバの両方に SO_REUSEADDR があるときだけです。困ってから付けても、1回目は間に合いません。",
        "It starts only if both have SO_REUSEADDR, the one before and the one now. Adding it once one is in trouble is too late the first time.",
    ),
    "later": texts("4. SO_REUSEADDR なしで待つ", "4. Waiting without SO_REUSEADDR"),
    "later-refused": texts("{when} の時点: まだ {error}", "At {when}: still {error}"),
    "later-starts": texts("{when} の時点: 起動できました", "At {when}: it starts"),
    "later-result": texts(
        "TIME-WAIT は最大セグメント生存時間 (MSL) の2倍、ここでは 60 秒続き、終わればオプションがなくても起動できます。",
        "TIME-WAIT lasts twice the maximum segment lifetime, here 60 seconds; after that the server starts without the option.",
    ),
    "later-os": texts(
        "このマシンの TIME-WAIT は、あと {left} 続きます。実際に待つのは仮想世界に任せます (--via virtual なら一瞬です)。",
        "TIME-WAIT on this machine has {left} to go. To wait that long is left to the virtual world (--via virtual takes no time).",
    ),
    "client-first": texts("5. クライアントが先に閉じる", "5. The client closes first"),
    "client-first-result": texts(
        "TIME-WAIT は先に閉じた側に残ります: {where}。サーバのポートは空いているので、SO_REUSEADDR なしですぐに{outcome}。",
        "TIME-WAIT stays where close() was called first: at the {where}. The server's port is free, and without SO_REUSEADDR, at once, {outcome}.",
    ),
}
