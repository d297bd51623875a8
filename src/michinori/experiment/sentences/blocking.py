"""The sentences of the experiment ``blocking``."""

from __future__ import annotations

from typing import Final

from michinori.experiment.texts import Texts, texts

SENTENCES: Final[dict[str, Texts]] = {
    "raises": texts(
        "ノンブロッキング: {call} は待たずに ({waited})、{error} を送出しました。",
        "Non-blocking: {call} did not wait ({waited}) and raised {error}.",
    ),
    "ready": texts(
        "select は {waited} 後に「{what}」と知らせ、同じ呼出しが今度はすぐに済みました。",
        "After {waited} select said “{what}”, and then the same call was done at once.",
    ),
    "complete": texts(
        "select は {waited} 後に「{what}」と知らせました。ハンドシェイクが終わったということです。",
        "After {waited} select said “{what}”: the handshake was complete.",
    ),
    "readable": texts("読める", "readable"),
    "writable": texts("書ける", "writable"),
    "accept": texts("1. accept(): 接続を待つ", "1. accept(): waits for a connection"),
    "waits-accept": texts(
        "ブロッキング: {waited} 待ちました。クライアントが来て、3ウェイハンドシェイクが終わるまでです。",
        "Blocking: it waited {waited}, until a client had come and the three-way handshake was complete.",
    ),
    "accept-slip": texts(
        "入門書は「timeout 例外が発生する」と書いていますが、setblocking(False) のソケットが送出するのは {error} です。",
        "The tutorial says that a timeout exception is raised. What a socket raises after setblocking(False) is {error}.",
    ),
    "recv": texts("2. recv(): データを待つ", "2. recv(): waits for octets"),
    "waits-recv": texts(
        "ブロッキング: {waited} 待ちました。最初のセグメントが受信バッファに入るまでです。",
        "Blocking: it waited {waited}, until the first segment stood in the receive buffer.",
    ),
    "recv-limit": texts(
        "recv(4096) が返したのは届いていた 5 オクテットだけです。4,096 は上限であって、待つ量ではありません。",
        "recv(4096) gave the 5 octets that were there. 4,096 is the most it gives, not what it waits for.",
    ),
    "connect": texts("3. connect(): ハンドシェイクを待つ", "3. connect(): waits for the handshake"),
    "waits-connect": texts(
        "ブロッキング: {waited} 待ちました。SYN を送り、SYN/ACK が返るまで、つまり1往復です。",
        "Blocking: it waited {waited}, from sending SYN to the SYN,ACK: one round trip.",
    ),
    "send": texts("4. send(): 送信バッファの空きを待つ", "4. send(): waits for room in the send buffer"),
    "send-what": texts(
        "クライアントは {octets} オクテットを送りますが、サーバはしばらく読みません。どちらのバッファも小さくしてあります。",
        "The client sends {octets} octets, and the server does not read for a while. The buffers of both are small.",
    ),
    "waits-send": texts(
        "ブロッキング: sendall() は {waited} 待ちました。サーバが読んでウィンドウが開き、残りがバッファに入りきるまでです。",
        "Blocking: sendall() waited {waited}, until the server had read, its window had opened and the rest fitted into the buffer.",
    ),
    "took": texts(
        "ノンブロッキング: 1回目の send() はすぐに戻りましたが、受け取ったのは {asked} オクテットのうち {octets} です。",
        "Non-blocking: the first send() returned at once, but took {octets} of {asked} octets.",
    ),
    "send-result": texts(
        "send() の戻り値を見ないと、残りは送られないまま失われます。",
        "Who does not look at what send() returned loses the rest.",
    ),
    "timeout": texts("5. その間: settimeout()", "5. In between: settimeout()"),
    "timeout-what": texts(
        "settimeout({timeout}) のソケットで、データのない recv() を呼びます。",
        "recv() on a socket with settimeout({timeout}), with nothing there.",
    ),
    "timeout-slip": texts(
        "{waited} 待ってから {error} (古い名前は socket.timeout) を送出しました。入門書の「timeout」はこちらの形のものです。",
        "It waited {waited} and then raised {error} (once called socket.timeout). That is the form to which the tutorial's “timeout” belongs.",
    ),
}
