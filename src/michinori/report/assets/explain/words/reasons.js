// Why something was dropped, sent again or given up: [ja, en, where it is defined].

/** @type {Record<string, [string, string, string]>} */
export const REASONS = {
  // cable
  "queue-full": ["送信待ちの列が一杯だった。輻輳で最もよくある損失。", "The queue was full: the usual loss of congestion.", "RFC 2309 2"],
  "too-long": ["このケーブルのMTUより長い。", "Longer than the cable's MTU.", "IEEE 802.3 3.2.7"],
  "cut": ["ケーブルが切れている。", "The cable is cut.", "—"],
  "no-cable": ["ケーブルがつながっていない。", "No cable is plugged in.", "—"],
  "fault:loss": ["回線の品質の設定により失われた。", "Lost, as the line's faults say.", "—"],
  "fault:drop": ["指定した障害により失われた。", "Lost by a fault that was asked for.", "—"],
  // adapter, switch
  "fcs": ["FCSが合わない。ビット誤りがあるので破棄し、この層では再送しない。", "The FCS does not fit: a bit is wrong. Dropped; this layer does not retransmit.", "IEEE 802.3 4.2.4.1.2"],
  "not-my-mac": ["宛先MACアドレスが自分ではない。", "The destination is another adapter's.", "IEEE 802.3 4.2.4.1.1"],
  "no-driver": ["ドライバが動いていない。", "No driver is running.", "—"],
  "unknown-ethertype": ["タイプのプロトコルを知らない。", "Nobody here knows that EtherType.", "RFC 894"],
  "malformed": ["ヘッダより短いか、送信元がグループアドレス。", "Shorter than its header, or from a group address.", "IEEE 802.1Q 8.6"],
  "same-port": ["宛先が受信ポートの側にあるので、転送しない。", "The destination is where it came from.", "IEEE 802.1Q 8.6"],
  "reserved-group": ["スイッチが転送してはならない予約のグループ宛。", "A reserved group address, which no switch forwards.", "IEEE 802.1Q 8.6.3"],
  // arp
  "arp-failed": ["ARP応答がなく、宛先のMACアドレスが分からない。", "No ARP reply, so nobody knows where to send it.", "RFC 1122 2.3.2.2"],
  "arp-queue-full": ["ARP応答を待つパケットが多すぎる。", "Too many packets wait for an ARP reply.", "RFC 1122 2.3.2.2"],
  "martian": ["送信元として (または宛先として) ありえないアドレス。", "An address that cannot be there.", "RFC 1812 5.3.7"],
  // ip header
  "too-short": ["ヘッダに足りない長さしかない。", "Shorter than its header.", "RFC 1122 3.2.1"],
  "version": ["IPのバージョンが違う。", "Not this version of IP.", "RFC 1122 3.2.1.1"],
  "header-length": ["ヘッダ長がおかしい。", "The header length is impossible.", "RFC 1812 5.2.2"],
  "total-length": ["全長がおかしい。", "The total length is impossible.", "RFC 1812 5.2.2"],
  "checksum": ["チェックサムが合わない。黙って捨てる。", "The checksum is wrong: dropped in silence.", "RFC 1122 3.2.1.2"],
  "fragment-offset": ["フラグメントの位置と長さの和が65,535を超える。", "The fragment would end beyond 65,535.", "RFC 791 3.2"],
  "option-length": ["オプションの長さがおかしい。", "The length of an option is impossible.", "RFC 791 3.1"],
  "option-pointer": ["オプションのポインタがおかしい。", "The pointer of an option is impossible.", "RFC 791 3.1"],
  "timestamp-flag": ["タイムスタンプオプションのフラグがおかしい。", "The flag of the timestamp option is unknown.", "RFC 791 3.1"],
  // ip arriving and forwarding
  "link-broadcast": ["リンクのブロードキャストで届いたが、IPアドレスは個別宛。", "It came by link broadcast but is for one host.", "RFC 1122 3.3.6"],
  "not-for-me": ["宛先IPアドレスが自分ではなく、ルータでもない。黙って捨てる。", "For another host, and this is no router: dropped in silence.", "RFC 1122 3.2.1.3"],
  "source-route": ["ソースルート付きは通さない。", "Source-routed packets are not passed on.", "RFC 1812 5.3.13.4"],
  "no-protocol": ["プロトコル番号の相手がいない。ICMPタイプ3コード2で知らせる。", "Nobody here speaks that protocol: ICMP type 3 code 2.", "RFC 1122 3.2.2.1"],
  "ttl": ["TTLが0になった。ICMPタイプ11 (時間超過) で知らせる。", "The TTL ran out: ICMP type 11.", "RFC 1812 5.3.1"],
  "no-route": ["ルーティングテーブルに合う経路がない。ICMPタイプ3で知らせる。", "No route matches: ICMP type 3.", "RFC 1812 5.2.7.1"],
  "fragmentation-needed": ["MTUより大きいがDF=1なので分割できない。ICMPタイプ3コード4でMTUを知らせる (経路MTU探索)。", "Larger than the MTU, and DF=1: ICMP type 3 code 4 tells the MTU (path MTU discovery).", "RFC 1191 4"],
  "directed-broadcast": ["よそのネットワークへのブロードキャストは中継しない。", "A broadcast for another network is not forwarded.", "RFC 2644"],
  // reassembly
  "fragment-timeout": ["フラグメントが時間内にそろわなかった。", "The fragments did not all come in time.", "RFC 1122 3.3.2"],
  "fragment-memory": ["再構築用のメモリが足りない。", "No more memory for reassembly.", "RFC 791 3.2"],
  "fragment-overlap": ["フラグメントが重なっている (攻撃の疑い)。", "Fragments overlap, as attacks do.", "RFC 5722, RFC 1858"],
  "fragment-repeated": ["同じフラグメントがまた届いた。", "The same fragment came again.", "RFC 791 3.2"],
  "fragment-length": ["最後でないフラグメントの長さが8の倍数でない。", "Not a multiple of 8 octets, though not the last.", "RFC 791 3.2"],
  "fragment-too-large": ["つなぐと65,535オクテットを超える。", "Together longer than 65,535 octets.", "RFC 791 3.2"],
  // icmp
  "rate-limit": ["ICMPを出しすぎないための限度に達した。", "The limit on ICMP messages was reached.", "RFC 1812 4.3.2.8"],
  "icmp-not-ours": ["引用されたパケットは、こちらが送ったものではない。", "The packet quoted is none of ours.", "RFC 5927 4"],
  "icmp-not-believed": ["引用がコネクションの状態と合わないので信じない。", "The quotation does not fit the connection, so it is not believed.", "RFC 5927 4"],
  "icmp-redirect": ["リダイレクトには従わない。だれでも送れるから。", "Redirects are not followed: anybody can send one.", "RFC 1122 3.2.2.2"],
  "icmp-type": ["知らない種類のICMP。黙って捨てる。", "An ICMP message of a type not known here: dropped in silence.", "RFC 1122 3.2.2"],
  "echo-to-many": ["全員あてのエコー要求には答えない。答えると、送信元を装われた相手にあふれるから。", "An echo request to everybody is not answered, or whoever it claims to come from would be flooded.", "RFC 1122 3.2.2.6"],
  // tcp, of a connection
  "outside-window": ["受信ウィンドウの外なので受け取らない。", "Outside the receive window, so it is not acceptable.", "RFC 9293 3.10.7.4"],
  "paws": ["タイムスタンプが古い。前の周の番号のセグメントかもしれない (PAWS)。", "Its time stamp is old: it may be of an earlier turn of the sequence numbers (PAWS).", "RFC 7323 5"],
  "no-timestamps": ["使うと決めたタイムスタンプがない。偽物の疑い。", "The time stamp that was agreed upon is missing: probably forged.", "RFC 7323 3.2"],
  "reassembly-full": ["飛び飛びのセグメントが多すぎて、覚えておけない。失われたものとして扱う。", "Too many separate pieces out of order to remember one more; as if it had been lost.", "RFC 9293 3.10.7.4"],
  "scoreboard-full": ["SACKの示す範囲が細切れすぎるので、無視する。", "SACK names too many separate pieces; it is only advice, so it is passed over.", "RFC 2018 8"],
  // tcp, udp
  "length": ["長さの欄がおかしい。", "The length is impossible.", "RFC 768"],
  "data-offset": ["TCPヘッダ長がおかしい。", "The data offset is impossible.", "RFC 9293 3.1"],
  "no-socket": ["宛先ポートを使うソケットがない。TCPならRST、UDPならICMPポート到達不能を返す。", "No socket at that port: TCP answers RST, UDP ICMP port unreachable.", "RFC 9293 3.10.7.1, RFC 1122 4.1.3.1"],
  "not-unicast": ["TCPは1対1の通信だけ。", "TCP is between two hosts only.", "RFC 9293 3.9.2.3"],
  "receive-buffer-full": ["受信バッファが一杯。UDPでは失われる。", "The receive buffer is full; with UDP the datagram is lost.", "RFC 768"],
  // firewall, NAT
  "firewall:rule": ["ファイアウォールのこの番号の規則が破棄した。", "The firewall's rule of that number dropped it.", "RFC 2979"],
  "firewall:default": ["どの規則にも当たらず、ファイアウォールの既定の動作で破棄した。", "No rule of the firewall matched; its default is to drop.", "RFC 2979"],
  "conntrack-full": ["コネクションの記録が一杯。", "The table of connections is full.", "—"],
  "conntrack-early": ["表が一杯なので、まだ返事のない最も古い記録を消した。", "The table was full: the oldest entry that nobody had answered had to go.", "—"],
  "conntrack-clash": ["対応付けが、ほかのものとぶつかった。", "The mapping clashes with another.", "RFC 4787 4"],
  // retransmissions
  "rto": ["確認応答が再送タイマ (RTO) までに来なかった。", "No ACK before the retransmission timer ran out.", "RFC 6298 5"],
  "fast": ["重複ACKが3回来た (高速再送)。", "Three duplicate ACKs (fast retransmit).", "RFC 5681 3.2"],
  "sack": ["SACKから、この範囲が失われたと分かった。", "SACK shows that this part was lost.", "RFC 6675 4"],
  "rack": ["後から送った分が先に届き、順序の入替えにしては遅すぎる (RACK)。", "Later octets arrived, and reordering would not take so long (RACK).", "RFC 8985 6"],
  "tlp": ["確認応答が途絶えたときの探り (TLP)。", "A tail-loss probe.", "RFC 8985 7"],
  "probe": ["最後のセグメントが失われたかを確かめる。", "To find out whether the last segment was lost.", "RFC 8985 7"],
  "path-mtu": ["経路MTUに合わせて、小さく切り直した。", "Cut smaller, to the path MTU.", "RFC 1191 6.4"],
  // the congestion window
  "slow-start": ["スロースタート: 往復のたびに倍になる。", "Slow start: it doubles every round trip.", "RFC 5681 3.1"],
  "css": ["往復時間が延び始めたので、スロースタートの増え方を抑えた (HyStart++)。", "Round trips began to grow, so slow start slows down (HyStart++).", "RFC 9406 4.2"],
  "avoidance": ["輻輳回避: CUBICやRenoの増え方になった。", "Congestion avoidance: it grows as CUBIC or Reno does.", "RFC 5681 3.1, RFC 9438 4"],
  "loss": ["損失が見つかった。混んでいるとみて減らす。", "A loss was found: the path is taken to be crowded.", "RFC 5681 3.2"],
  "ecn": ["ルータが混雑の印を付けた (ECN)。", "A router marked a packet: congestion (ECN).", "RFC 3168 6.1.2"],
  "idle": ["しばらく送らなかったので、経路の様子は分からなくなった。", "Nothing was sent for a while, so what was known of the path is old.", "RFC 5681 4.1"],
  "reopened": ["印のために閉じたウィンドウを、再送タイマが切れたので1セグメント分開けた。", "Marks had closed the window; the retransmission timer opens it by a segment.", "RFC 3168 6.1.2"],
  "recovered": ["損失からの回復が終わった。", "The recovery from a loss is over.", "RFC 6582 3.2"],
  "undo": ["減らした理由は誤りだったので、元に戻した。", "It had been cut for nothing, so it is as before.", "RFC 4015 3.2"],
  "syn": ["SYN (またはSYN/ACK) に返事がない。", "No answer to the SYN (or SYN,ACK).", "RFC 6298 5"],
};

/** What stands behind a colon or a number varies: the beginning tells. */
export const REASON_BEGINNINGS = { "firewall:rule-": "firewall:rule", "fault:": "fault:drop" };
