"""The sentences of the experiment ``udp-tcp``."""

from __future__ import annotations

from typing import Final

from michinori.experiment.texts import Texts, texts

SENTENCES: Final[dict[str, Texts]] = {
    "line": texts(
        "回線に起きること (サーバ向き、かな1つ目から数えて): {rules}",
        "What befalls the line (toward the server, counted from the first kana): {rules}",
    ),
    "arrived-udp": texts(
        "UDP: 「{message}」を送ると、「{arrived}」と届きました ({took})。",
        "UDP: “{message}” was sent, “{arrived}” arrived ({took}).",
    ),
    "arrived-tcp": texts(
        "TCP: 「{message}」を送ると、「{arrived}」と届きました ({took})。",
        "TCP: “{message}” was sent, “{arrived}” arrived ({took}).",
    ),
    "as-received": texts("サーバのアダプタに届いた順:", "In the order in which they came to the server's adapter:"),
    "lost": texts("1. 3つ目が失われる", "1. The third is lost"),
    "lost-result": texts(
        "UDPにはシーケンス番号も確認応答もないので、「う」が無いことに誰も気づきません。TCPは「う」を再送し、アプリケーションに渡すのはそろってからです。",
        "UDP has neither sequence numbers nor acknowledgments: nobody notices that う is missing. TCP sent う again, and gave the application the rest only behind it.",
    ),
    "reordered": texts("2. 順序が入れ替わる", "2. The order is changed"),
    "reordered-result": texts(
        "UDPは届いた順にそのまま渡します。TCPは番号で並べ直します。",
        "UDP hands on what comes as it comes. TCP puts it in order by its numbers.",
    ),
    "reordered-more": texts("3. もっと入れ替わる", "3. Changed further"),
    "reordered-more-result": texts(
        "入門書の「えあういお」です。IPは順序を約束しません。",
        "This is the tutorial's own えあういお. IP promises no order.",
    ),
    "dialogue": texts("4. 「3と4が届いてないから、もう一度」", "4. “3 and 4 did not arrive, send them again”"),
    "dialogue-what": texts(
        "「{message}」の3つ目と4つ目を失わせます ({rules})。かなは1つ3オクテットで、「う」はシーケンス番号 7、「え」は 10 から始まります。",
        "The third and the fourth of “{message}” are lost ({rules}). A kana has 3 octets; う begins at sequence number 7, え at 10.",
    ),
    "dialogue-ack": texts(
        "受信側は確認応答番号 {ack} を {count} 回送り、{start} から {end} までは届いていると SACK で伝えました。",
        "The receiver sent the acknowledgment number {ack} {count} times, and told by SACK that it has {start} to {end}.",
    ),
    "again": texts(
        "再送: 「{kana}」 (シーケンス番号 {seq} から {octets} オクテット、{why})",
        "Sent again: {kana} ({octets} octets from sequence number {seq}, {why})",
    ),
    "why-rto": texts("再送タイマ", "retransmission timer"),
    "why-fast": texts("高速再送", "fast retransmit"),
    "why-sack": texts("SACKによる高速再送", "fast retransmit by SACK"),
    "dialogue-slip": texts(
        "TCPが数えるのはセグメントではなくオクテットで、「3をもう一度」と言う方法はありません。確認応答番号 {ack} は「次に待っているのは {ack} 番」という意味です。後ろに続くセグメントが少なく重複ACKが3回に届かないので、送信側の再送タイマ (RTO) が直しました。2つのセグメントで送った「うえ」が1つで送り直されたのも、番号がオクテットに付いているからです。",
        "TCP numbers octets, not segments, and has no way to say “send 3 again”. The acknowledgment number {ack} says “{ack} is what I expect next”. With so little behind the gap there are not three duplicate ACKs, so the sender's retransmission timer (RTO) made the repair. What had gone out as two segments, う and え, came again as one: it is octets that have numbers.",
    ),
    "fast": texts("5. 続きがあれば: 高速再送", "5. With more to come: fast retransmit"),
    "fast-what": texts(
        "同じ回線 ({rules}) で、もっと長い「{message}」を送ります。",
        "The same line ({rules}) and a longer message, “{message}”.",
    ),
    "fast-slip": texts(
        "後ろのセグメントが届くたびに確認応答番号 {ack} が繰り返され、重複ACKが3回になった時点で、タイマを待たずに再送しました。入門書の対話に一番近いのはこれです。「4が無い」ことは SACK の隙間から分かります。",
        "With each segment that came behind the gap the acknowledgment number {ack} was repeated, and at the third duplicate ACK the sender did not wait for its timer. This is as near to the tutorial's dialogue as it gets; that 4 is missing too shows in the gap that SACK leaves.",
    ),
    "dice": texts("6. さいころに任せる", "6. By the dice"),
    "dice-what": texts(
        "どれが失われ、遅れるかを乱数で決めます ({rules})。--seed で変わります。UDPとTCPで {sendings} 回ずつ送りました。",
        "Which packets are lost and late is left to the dice ({rules}); --seed changes them. {sendings} messages by each.",
    ),
    "dice-udp": texts(
        "UDP: {sendings} 回のうち {whole} 回がそのまま届きました。届いた形は {forms} 通り: {arrived}",
        "UDP: {whole} of {sendings} arrived whole, in {forms} form(s): {arrived}",
    ),
    "dice-tcp": texts(
        "TCP: {sendings} 回のうち {whole} 回がそのまま届きました。届いた形は {forms} 通り: {arrived}",
        "TCP: {whole} of {sendings} arrived whole, in {forms} form(s): {arrived}",
    ),
    "dice-slip": texts(
        "入門書はUDPの例に動画配信を挙げますが、動画サイトの多くはHTTPで、TCPの上にあります。逆にHTTP/3はUDPの上で、再送と順序をQUICが受け持ちます。",
        "The tutorial names video streaming as an example of UDP. Video sites mostly use HTTP, over TCP; and HTTP/3 runs over UDP, where QUIC sees to repair and order.",
    ),
}
