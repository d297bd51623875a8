"""The sentences of the experiment ``backlog``."""

from __future__ import annotations

from typing import Final

from michinori.experiment.texts import Texts, texts

SENTENCES: Final[dict[str, Texts]] = {
    "busy": texts("1. accept() しないサーバに、次々と接続が来る", "1. Clients come to a server that does not accept"),
    "busy-what": texts(
        "サーバは listen({backlog}) を呼び、まだ accept() を呼びません。そこへ {clients} 個のクライアントが順に接続します。",
        "The server has called listen({backlog}) and does not call accept() yet. {clients} clients connect, one after the other.",
    ),
    "busy-result": texts(
        "accept() を待つコネクション: {waiting} (待受けソケットの Recv-Q)。まだ SYN を送っているだけのクライアント: {asking}。",
        "Connections that wait for accept(): {waiting} (Recv-Q of the listening socket). Clients that are still sending SYN: {asking}.",
    ),
    "one-more": texts(
        "{backlog} ではなく {waiting} なのは Linux のカーネルの数え方です: キューの長さが listen() の値を超えるまで受け入れるので、1つ多くなります。",
        "It is {waiting} and not {backlog} because of how the Linux kernel counts: it takes connections in until the queue is longer than what listen() was given, so one more.",
    ),
    "syn-dropped": texts(
        "サーバが黙って捨てた SYN: {count} ({why})。断りの RST は送りません。クライアントはSYNを再送します。",
        "SYNs that the server dropped in silence: {count} ({why}). It sends no RST to refuse them, so the clients send their SYN again.",
    ),
    "accepting": texts("2. サーバが accept() を始める", "2. The server begins to accept"),
    "accepting-what": texts(
        "{when} 後、サーバは accept() を始め、受けたコネクションをどれも閉じずに持ち続けます。",
        "After {when} the server begins to call accept(), and closes none of the connections it has taken.",
    ),
    "client": texts("クライアント {number}: connect() は {took} で完了", "client {number}: connect() took {took}"),
    "slip": texts(
        "入門書は listen の引数を「いくつのクライアントと同時に通信を行えるか」と書いていますが、listen({backlog}) のサーバが同時に {served} 個のクライアントと通信しました。制限されるのは、まだ accept() されていないコネクションのキューです。",
        "The tutorial says that the number given to listen limits how many clients can be served at once. The server called listen({backlog}) and served {served} at once. What is bounded is the queue of connections not yet accepted.",
    ),
}
