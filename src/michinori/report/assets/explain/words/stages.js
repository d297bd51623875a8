// What happens at each stage of the article, in each row, and at each layer: [ja, en, where it is defined].

/** @typedef {[string, string, string]} Told */

/** By way and number, as stages.js counts them. @type {Record<string, Told>} */
export const STAGE_WORDS = {
  "out-1": ["アドレスバーの文字列がURLか検索語かを見分け、URLをスキーム、ホスト名、パスなどに分解する。新しいキャッシュがあれば、通信せずに表示へ進める。",
    "Is it a URL or words? A URL is taken apart into scheme, host, path … A fresh copy in the cache makes all that follows unnecessary.", "RFC 3986, RFC 9111"],
  "out-2": ["リクエストライン、ヘッダフィールド、空行、メッセージボディの順にHTTPメッセージを組み立てる。送信はOSに依頼する。",
    "The HTTP message is put together: request line, header fields, empty line, body. Sending it is asked of the operating system.", "RFC 9112 3"],
  "out-3": ["スタブリゾルバがフルサービスリゾルバに再帰的に問い合わせ、リゾルバはルートから権威DNSサーバまで反復問合せで下りていく。UDPのポート53を使う。",
    "The stub resolver asks the full-service resolver (recursive); that one walks down from the root to the authoritative server (iterative). UDP, port 53.", "RFC 1034, RFC 1035"],
  "out-4": ["3ウェイハンドシェイク (SYN、SYN/ACK、ACK) で、両端が初期シーケンス番号やMSSを知らせ合う。できるのは線ではなく、両端のソケットに入った管理情報。",
    "By the three-way handshake (SYN, SYN/ACK, ACK) both ends tell their initial sequence numbers, MSS … Nothing physical comes to be: only what both sockets remember.", "RFC 9293 3.5"],
  "out-5": ["writeで渡されたデータをMSSごとのセグメントに分け、シーケンス番号を付けて送る。確認応答が来なければ再送する。送る量はウィンドウと輻輳ウィンドウの小さいほうまで。",
    "What write hands over is split into segments of the MSS and numbered. Without an ACK it is sent again. As much may be under way as the smaller of window and congestion window.", "RFC 9293 3.7, 3.8, RFC 5681"],
  "out-6": ["ルーティングテーブルでネクストホップを決め、ARPでそのMACアドレスを調べ、IPヘッダとMACヘッダを付ける。NICがプリアンブル、SFD、FCSを加えて信号にする。",
    "The routing table gives the next hop, ARP its MAC address; IP and Ethernet headers go in front. The adapter adds preamble, SFD and FCS and makes signals of it.", "RFC 791, RFC 826, IEEE 802.3 3"],
  "out-7": ["ルータはFCSを確かめ、最長一致で経路を選び、TTLを1減らし、MACヘッダを付け替えて次へ送る。家庭のルータはNAPTで送信元も書き換える。",
    "A router checks the FCS, takes the longest matching route, lowers the TTL, replaces the Ethernet header and sends it on. The home router also rewrites the source (NAPT).", "RFC 1812 5, RFC 3022"],
  "back-1": ["信号からフレーム、パケット、セグメントへと、送信と逆の順にヘッダを外す (非カプセル化)。FCS、宛先、チェックサム、シーケンス番号を順に確かめる。",
    "From signal to frame, packet and segment: headers come off in the opposite order. FCS, addresses, checksums and sequence numbers are checked on the way.", "RFC 1122, RFC 9293 3.10.7"],
  "back-2": ["サーバのアプリケーションがreadで要求を読み、URIとメソッドで処理を決め、レスポンスメッセージをwriteする。",
    "The server's application reads the request, decides by URI and method, and writes the response.", "RFC 9110, RFC 3875"],
  "back-3": ["ブラウザのPCが応答のセグメントを受け取り、順番どおりにつないで受信バッファに置く。ブラウザはreadで読む。",
    "The browser's PC takes the response's segments, puts them in order into the receive buffer; the browser reads.", "RFC 9293 3.10.7.4"],
  "back-4": ["Content-Typeと文字コードを確かめ、圧縮を解き、HTMLを解析する。画像などは1個ごとに要求し、最後に配置して描画する。",
    "Content type and encoding are settled, codings undone, the HTML parsed. Each image takes a request of its own; then all is laid out and painted.", "WHATWG HTML, RFC 9110 8"],
};

/** @type {Record<string, Told>} */
export const ROW_WORDS = {
  B1: ["アドレスバーの文字列は、URLならそのまま、そうでなければ検索エンジンへの問合せになる。", "What is typed is a URL, or becomes a question to the search engine.", "WHATWG URL 4.4"],
  B2: ["URLはスキーム、ホスト、ポート、パス、クエリ、フラグメントに分かれる。フラグメントはサーバに送らない。", "A URL has scheme, host, port, path, query and fragment; the fragment is not sent.", "RFC 3986 3"],
  B3: ["新しいキャッシュは通信なしに使い、古いキャッシュはIf-None-Matchなどで確かめてから使う。", "A fresh cached response needs no network; a stale one is revalidated first.", "RFC 9111 4"],
  B4: ["最初の行はリクエストライン。空行はどのメソッドでもヘッダの終わりを示す。", "The first line is the request line. The empty line ends the head whatever the method.", "RFC 9112 2.1"],
  B5: ["httpsでは、TCPの確立の後、リクエストの前にTLSのハンドシェイクを行う。", "With https, TLS shakes hands after TCP is up and before the request.", "RFC 8446 2"],
  B6: ["再帰的な問合せ (PC→リゾルバ) と反復問合せ (リゾルバ→ルート、TLD、権威DNSサーバ) を見分ける。", "Tell the recursive query (PC to resolver) from the iterative ones (resolver to root, TLD, authority).", "RFC 1034 4.3.1"],
  B7: ["ソケットは管理情報を入れるメモリ。アプリケーションが持つのは、それを指すディスクリプタ。", "A socket is memory; what the application holds is a descriptor of it.", "POSIX socket"],
  B8: ["接続待ちのソケットは接続ごとにコピーされ、ポート番号は同じ。両端のIPアドレスとポート番号の四つで見分ける。", "The listening socket is copied for each connection on one port; both addresses and ports tell them apart.", "RFC 9293 3.10.7.2"],
  B9: ["SYN、SYN/ACK、ACKの3回。SYNはシーケンス番号を一つ使うので、確認応答番号は初期シーケンス番号+1。", "SYN, SYN/ACK, ACK. A SYN takes one sequence number, so the ACK number is the initial one + 1.", "RFC 9293 3.5"],
  B10: ["送信バッファは小さな書込みをまとめ、大きなデータをMSS (MTU−40) で分ける。", "The send buffer gathers small writes and splits large data at the MSS (MTU − 40).", "RFC 9293 3.7"],
  B11: ["失われた分は再送タイマか重複ACK 3回で再送し、限度を超えたらアプリケーションにエラーを返す。", "What is lost is sent again, by the timer or three duplicate ACKs; beyond a limit the application gets an error.", "RFC 6298, RFC 5681"],
  B12: ["初期シーケンス番号は、なりすましを防ぐため予測できない値にする。両端がそれぞれ選ぶ。", "The initial sequence number must be hard to guess, against forgery. Each end chooses its own.", "RFC 6528"],
  B13: ["ウィンドウの範囲なら、ACKを待たずに続けて送れる。一つのACKで複数のセグメントを確認できる。", "Within the window segments follow each other without waiting; one ACK may cover several.", "RFC 9293 3.8"],
  B14: ["IPヘッダには最終的な宛先が入り、途中では変わらない (NAPTを除く)。TTLはルータごとに1減る。", "The IP header has the final destination and keeps it (but for NAPT). The TTL goes down at each router.", "RFC 791 3.1"],
  B15: ["宛先MACアドレスはネクストホップのもの。まずARPテーブルを見て、なければARP要求を出す。", "The destination MAC address is the next hop's. First the ARP table is looked at, then an ARP request goes out.", "RFC 826"],
  B16: ["NICはプリアンブル、SFD、FCSを加え、ケーブルの種類と速度に合った信号に変える。", "The adapter adds preamble, SFD and FCS and makes the signal that this cable and speed use.", "IEEE 802.3 3, 7, 24"],
  B17: ["共有のケーブルでは、送る前に聞き、衝突したら止めてジャム信号を送り、ランダムな時間待つ (CSMA/CD)。全二重では起きない。", "On a shared cable: listen first; on collision stop, jam, wait a random time (CSMA/CD). Not in full duplex.", "IEEE 802.3 4"],
  B18: ["ルータは最長一致で経路を選ぶ。必要ならフラグメント化し、TTLが0なら破棄する。", "A router takes the longest match, fragments where it must, and drops at TTL 0.", "RFC 1812 5.2.4.3"],
  B19: ["途中にはNAPT、ファイアウォール、負荷分散装置、プロキシ、CDNなどがあり、書換えや破棄や代理応答をする。", "NAPT, firewalls, load balancers, proxies and CDNs stand between: they rewrite, drop, or answer in place of the server.", "RFC 3022, RFC 9111"],
  B20: ["プリアンブルでタイミングを合わせ、FCSと宛先MACアドレスを確かめ、CPUに割込みで知らせる。", "The preamble gives the timing; FCS and destination are checked; the CPU is interrupted.", "IEEE 802.3 4.2.4"],
  B21: ["IPはヘッダを確かめ、自分宛か中継かを決める。フラグメントは宛先のホストで再構築する。", "IP checks the header: mine, or to forward? Fragments are put together at the destination.", "RFC 1122 3.2.1, 3.3.2"],
  B22: ["TCPは四つの組でソケットを見つけ、シーケンス番号を確かめ、受信バッファにつないで確認応答を返す。", "TCP finds the socket by four numbers, checks the sequence, appends to the receive buffer and acknowledges.", "RFC 9293 3.10.7.4"],
  B23: ["サーバのアプリケーションは、URIとメソッドでファイルかCGIかなどを決め、アクセス制御もかける。", "The server's application decides by URI and method: a file, a program … and who may have it.", "RFC 9110, RFC 3875"],
  B24: ["ブラウザは種類、文字コード、圧縮を確かめてから解析し、画像を1個ずつ要求して、配置と描画をする。", "The browser settles type, encoding and coding, parses, asks for each image, lays out and paints.", "WHATWG HTML"],
  B25: ["FINは片方向ずつ閉じる。先に閉じた側はTIME-WAITで2MSL待つ。RSTは両方向を直ちに終える。", "FIN closes one direction each. Who closed first waits 2 MSL in TIME-WAIT. RST ends both at once.", "RFC 9293 3.6"],
  B26: ["アプリケーション→ソケットライブラリ→プロトコルスタック→ドライバ→NICの順に仕事を依頼する。", "Application → socket library → protocol stack → driver → adapter: each asks the next.", "POSIX socket, JIS X 5003 (OSI)"],
};

/** By the number of the layer. @type {Record<number, Told>} */
export const OSI_WORDS = {
  1: ["ビットを信号にして運ぶ。リピータハブ、ケーブル。", "Bits become signals: cables, repeaters.", "JIS X 5003 7.7"],
  2: ["隣の機器までフレームを届ける。MACアドレス、スイッチ (L2)。", "Frames to the neighbour: MAC addresses, switches.", "JIS X 5003 7.6"],
  3: ["最終的な宛先までパケットを届ける。IPアドレス、ルータ。", "Packets to the final destination: IP addresses, routers.", "JIS X 5003 7.5"],
  4: ["アプリケーションからアプリケーションまで、信頼性などの品質を整えて届ける。ポート番号、TCP、UDP。", "From application to application, as reliably as wanted: ports, TCP, UDP.", "JIS X 5003 7.4"],
  5: ["対話の開始と終了を管理する。TCP/IPでは独立した層はなく、ソケットの呼出しなどが受け持つ。", "Begins and ends dialogues. TCP/IP has no such layer: the calls of sockets do it.", "JIS X 5003 7.3"],
  6: ["データの表し方をそろえる。文字コード、圧縮、暗号化 (TLS)。", "How data is represented: encodings, compression, encryption (TLS).", "JIS X 5003 7.2"],
  7: ["アプリケーションの間の約束。HTTP、DNSなど。", "What applications agree on: HTTP, DNS …", "JIS X 5003 7.1"],
};
