"""Everything that a report and a story say, in Japanese and in English. Terms as the examinations use them."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

Language: TypeAlias = Literal["ja", "en"]
Texts: TypeAlias = dict[Language, str]


LANGUAGES: Final[tuple[Language, ...]] = ("ja", "en")


def _t(ja: str, en: str) -> Texts:
    return {"ja": ja, "en": en}


#: The sentences of the story. What stands in braces comes from the recorded events.
SENTENCES: Final[dict[str, Texts]] = {
    "unmet": _t("この旅では起きていません ({hint})", "not met on this journey ({hint})"),
    # B1
    "typed-url": _t("「{text}」はURLです", "“{text}” is a URL"),
    "typed-words": _t("「{text}」は検索する言葉です", "“{text}” are words to search for"),
    "search-asked": _t("検索エンジンに渡します: {url}", "given to the search engine: {url}"),
    # B2
    "url-parts": _t(
        "スキーム {scheme}、サーバ {host}、ポート {port}、パス {path}",
        "scheme {scheme}, server {host}, port {port}, path {path}",
    ),
    "url-more": _t(
        "ページの中のURLも同じように分解しました: {count} 個", "the URLs inside the page taken apart likewise: {count}"
    ),
    # B4
    "request": _t(
        "{method} {target} {version}: リクエストラインとヘッダフィールド {fields} 個、空行までで {octets} オクテット",
        "{method} {target} {version}: request line and {fields} header fields, {octets} octets up to the empty line",
    ),
    "requests": _t(
        "リクエストは全部で {count} 個、応答は {statuses}", "{count} requests in all, answered by {statuses}"
    ),
    # B5
    "tls": _t(
        "{server_name} と鍵を取り決めました: {version}、{cipher} ({count} 本のコネクションで)",
        "keys agreed upon with {server_name}: {version}, {cipher} (on connections: {count})",
    ),
    # B6
    "dns-asked": _t(
        "{host}: {name} の {type} をキャッシュになく {server} に問合せ ({transport})",
        "{host}: {name} {type} was not in the cache; asked {server} ({transport})",
    ),
    "dns-walk": _t(
        "{host} は {count} 回の反復問合せで階層をたどりました: {zones}",
        "{host} walked down in {count} iterative queries: {zones}",
    ),
    "dns-answer": _t("{name} → {answers} ({took})", "{name} → {answers} ({took})"),
    "dns-cached": _t("キャッシュで済んだ問合せ: {count} 回", "answered from the cache: {count}"),
    "dns-timed-out": _t("応答のなかった問合せ: {count} 回", "queries without an answer: {count}"),
    "dns-truncated": _t("UDPに収まらずTCPで問い直し: {count} 回", "did not fit UDP, asked again over TCP: {count}"),
    "dns-gave-up": _t("{name} の名前解決を諦めました ({why})", "gave up resolving {name} ({why})"),
    # B7
    "sockets": _t("{host} が作ったソケット: {kinds}", "sockets made by {host}: {kinds}"),
    "socket-line": _t(
        "その中身: {local} ⇔ {remote}、状態 {state}", "what is in one: {local} ⇔ {remote}, state {state}"
    ),
    # B8
    "copied": _t(
        "{host} の待受けソケット {listener} がコピーされ {remote} とつながりました (全部で {count} 個)",
        "the listening socket {listener} of {host} was copied for {remote} ({count} in all)",
    ),
    # B9
    "handshake": _t(
        "SYN → SYN/ACK → ACK: {client} は {path} と進み、{took} でコネクション確立",
        "SYN → SYN/ACK → ACK: {client} went {path}, established after {took}",
    ),
    "handshakes": _t("確立したコネクション: {host} から {count} 本", "connections established by {host}: {count}"),
    # B10
    "split": _t(
        "最大のもの: {octets} オクテットを MSS {mss} で {segments} 個のセグメントに分割 ({host})",
        "the largest: {octets} octets split at an MSS of {mss} into {segments} segments ({host})",
    ),
    "gathered": _t(
        "小さな書込みを1つのセグメントに集めた: {count} 回", "small writes gathered into one segment: {count} times"
    ),
    # B11
    "retransmitted": _t("再送: {count} セグメント ({whys})", "retransmitted: {count} segments ({whys})"),
    "received-twice": _t("重複して届いたセグメント: {count}", "segments received twice: {count}"),
    "out-of-order": _t("順序が入れ替わって届いたセグメント: {count}", "segments received out of order: {count}"),
    "tcp-gave-up": _t(
        "再送を諦めてアプリケーションにエラーを返しました: {count} 回",
        "gave up and told the application: {count} times",
    ),
    # B12
    "isn": _t(
        "初期シーケンス番号は双方が乱数で選ぶ: {host} は {isn} ({connection})",
        "both ends choose an initial sequence number that cannot be guessed: {host} chose {isn} ({connection})",
    ),
    # B13
    "in-flight": _t(
        "ACKを待たずに飛んでいたのは最大 {octets} オクテット (輻輳ウィンドウ {cwnd}、相手のウィンドウ {window}; {host})",
        "at most {octets} octets flew before an ACK (congestion window {cwnd}, peer's window {window}; {host})",
    ),
    "acked": _t("1つのACKで最大 {segments} セグメントをまとめて確認", "one ACK confirmed up to {segments} segments"),
    # B14
    "ip-header": _t(
        "最初のIPパケット: 送信元 {src} 宛先 {dst}、プロトコル {protocol}、TTL {ttl}、全長 {length} オクテット、識別子 {id}、フラグ {flags}",
        "first IP packet: source {src}, destination {dst}, protocol {protocol}, TTL {ttl}, {length} octets in all, identification {id}, flags {flags}",
    ),
    "ip-sent": _t(
        "{host} が送ったIPパケット: {sent}、受けた: {received}",
        "IP packets sent by {host}: {sent}, received: {received}",
    ),
    # B15
    "mac-read": _t(
        "起動時にLANアダプタから読んだMACアドレス: {mac} ({host})",
        "MAC address read from the adapter at boot: {mac} ({host})",
    ),
    "routed": _t(
        "{host}: {dst} には {chosen} の経路、ネクストホップは {next_hop}",
        "{host}: to {dst} by the route {chosen}, next hop {next_hop}",
    ),
    "arp": _t("{host} がARPで尋ねた: {targets}; 応答 {mac}", "{host} asked by ARP: {targets}; the answer {mac}"),
    "arp-cache": _t(
        "全部の機器で: ARP要求 {asked} 回、キャッシュで済んだ {hits} 回",
        "on all machines: {asked} ARP requests, {hits} answered by the cache",
    ),
    # B18
    "hops": _t(
        "{dst} への道: {hops} (TTL {first} → {last})",
        "the way to {dst}: {hops} (TTL {first} → {last})",
    ),
    "longest": _t(
        "{host} では {dst} に {count} 本の経路が合い、最長一致の {chosen} を選択 (他は {others})",
        "at {host} {count} routes match {dst}; the longest, {chosen}, wins (the others: {others})",
    ),
    "forwarded": _t("転送したパケット: {count}", "packets forwarded: {count}"),
    "fragmented": _t(
        "{host} が {count} 個のパケットをフラグメント化 (MTU {mtu})",
        "{host} cut {count} packets into fragments (MTU {mtu})",
    ),
    # B19
    "translated": _t(
        "NAPT ({host}): {protocol} {inside} を {outside} に", "NAPT ({host}): {protocol} {inside} becomes {outside}"
    ),
    "between": _t(
        "アドレスとポート番号を書き換えたパケット: {count}", "packets whose address and port were rewritten: {count}"
    ),
    # B21
    "icmp": _t("ICMP: {host} → {to}「{meaning}」 ×{count}", "ICMP: {host} → {to} “{meaning}” ×{count}"),
    "path-mtu": _t("{host} は {dst} への経路MTUを {mtu} に下げました", "{host} lowered its path MTU to {dst} to {mtu}"),
    "reassembled": _t(
        "{host} がフラグメントから再構築: {count} 個", "{host} put packets together from fragments: {count}"
    ),
    "ip-dropped": _t("破棄されたIPパケット: {whys}", "IP packets dropped: {whys}"),
    # B22
    "delivered": _t(
        "{host} の受信バッファからアプリケーションに {octets} オクテット ({count} 回)",
        "{octets} octets from the receive buffer of {host} to the application ({count} times)",
    ),
    # B23
    "served": _t(
        "サーバは {count} 個のリクエストをURIとメソッドで処理", "the server handled {count} requests by URI and method"
    ),
    # B24
    "sniffed": _t(
        "Content-Type: {type} (ヘッダは {header_type})", "Content-Type: {type} (the header says {header_type})"
    ),
    "decoded": _t("文字コード {charset} ({how})", "character encoding {charset} ({how})"),
    "content-decoded": _t(
        "圧縮を元に戻した: {coding} {before} → {after} オクテット", "coding undone: {coding} {before} → {after} octets"
    ),
    "resources": _t("HTMLの中に見つけたもの: {kinds}", "found in the HTML: {kinds}"),
    "images": _t("デコードした画像: {images}", "images decoded: {images}"),
    "missing": _t("届かなかったもの: {url} ({why})", "did not arrive: {url} ({why})"),
    "painted": _t("{width}×{height} 画素に描画 ({engine})", "painted {width}×{height} pixels ({engine})"),
    # B25
    "closing": _t("{host}: {path} ({connection})", "{host}: {path} ({connection})"),
    "time-wait": _t("TIME-WAIT に入ったコネクション: {count}", "connections that entered TIME-WAIT: {count}"),
    "reset": _t("RSTで切れたコネクション: {count}", "connections ended by RST: {count}"),
    # B26
    "no-calls": _t(
        "{host} のアプリケーションは、まだ何も依頼していません", "the application of {host} had asked for nothing yet"
    ),
    "calls": _t("{host} のアプリケーションの依頼: {calls}", "calls by the application of {host}: {calls}"),
    "chain": _t("例: {chain}", "for example: {chain}"),
}

#: Words that events hold, where the story has better ones.
WORDS: Final[dict[str, Texts]] = {
    "rto": _t("再送タイマ", "retransmission timer"),
    "fast": _t("高速再送", "fast retransmit"),
    "sack": _t("選択確認応答", "SACK"),
    "probe": _t("ゼロウィンドウの探査", "zero-window probe"),
    "path-mtu": _t("経路MTU", "path MTU"),
    "fragmentation needed": _t("フラグメント化が必要 (分割禁止)", "fragmentation needed"),
    "port unreachable": _t("ポート到達不能", "port unreachable"),
    "host unreachable": _t("ホスト到達不能", "host unreachable"),
    "network unreachable": _t("ネットワーク到達不能", "network unreachable"),
    "protocol unreachable": _t("プロトコル到達不能", "protocol unreachable"),
    "communication administratively prohibited": _t(
        "管理上の理由で通信不可", "communication administratively prohibited"
    ),
    "time to live exceeded in transit": _t("転送中に生存時間 (TTL) 超過", "time to live exceeded in transit"),
    "fragment reassembly time exceeded": _t("再構築の制限時間超過", "fragment reassembly time exceeded"),
    "stylesheet": _t("スタイルシート", "stylesheet"),
    "image": _t("画像", "image"),
    "icon": _t("アイコン", "icon"),
    "font": _t("フォント", "font"),
    "header": _t("ヘッダから", "from the header"),
    "meta": _t("meta要素から", "from its meta element"),
    "bom": _t("BOMから", "from its byte order mark"),
    "guess": _t("推定", "guessed"),
    "default": _t("既定", "by default"),
}


def word(text: str) -> Texts:
    """A word in both languages; unknown ones stay as they are."""
    return WORDS.get(text) or {"ja": text, "en": text}
