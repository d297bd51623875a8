// @ts-check
// The slips of the two documents, each quoted in a few words, put right, and proved by an event of the journey.
import { eventsOf, firstOf, serverHost } from "./find.js";

/** @typedef {import("./find.js").Journey} Journey */
/** @typedef {import("./find.js").Event} Event */
/** @typedef {import("../i18n.js").Texts} Texts */
/**
 * What shows it in this journey: an event, and what it says.
 * @typedef {{n: number, says: Texts}} Proof
 */
/**
 * @typedef {object} Slip
 * @property {string} id
 * @property {"tutorial" | "article"} from Which of the two documents.
 * @property {string} quote A few words of it.
 * @property {string} row The row that it belongs to.
 * @property {Texts} right What is right.
 * @property {string} source
 * @property {(journey: Journey) => Proof | null} prove
 * @property {string} elsewhere A command that shows it, where this journey does not; empty if none does yet.
 * @property {Texts} [lacks] Then, what has to come before one does.
 */

/** @param {string} ja @param {string} en @returns {Texts} */
const t = (ja, en) => ({ ja, en });

/**
 * @param {Event | null} event
 * @param {(event: Event) => Texts} says
 * @returns {Proof | null}
 */
const by = (event, says) => (event ? { n: event.n, says: says(event) } : null);

/** Of what no event of a journey can show. */
const never = () => null;

const PAGE = "michinori open http://www.michinori.example/";

/** @type {Slip[]} */
export const SLIPS = [
  {
    id: "colon", from: "tutorial", quote: "http//localhost:8080", row: "B2", source: "RFC 3986 3",
    right: t("スキームの後にはコロンが要る。http://localhost:8080 が正しい。", "A scheme is followed by a colon: http://localhost:8080."),
    prove: (journey) => by(firstOf(journey, "browser", "url-parsed"), ({ data }) => t(
      `アドレスバーは ${data.href} から、コロンの前のスキーム ${data.scheme} を取り出した。`, `The address bar took the scheme ${data.scheme} from in front of the colon of ${data.href}.`)),
    elsewhere: PAGE,
  },
  {
    id: "watches", from: "tutorial", quote: "8080番ポートを見張り続ける", row: "A1", source: "POSIX accept",
    right: t("acceptを1回しか呼ばないプログラムは、接続を1本受け付けたら終わる。見張り続けるには、acceptを繰り返す。", "A program that calls accept once serves one connection and ends. To go on watching it must call accept again and again."),
    prove: (journey) => {
      const calls = accepts(journey);
      return calls.length > 1 ? { n: calls[1].n, says: t(`${calls[0].host} は接続ごとに戻るacceptを ${calls.length} 回受け取った。`, `${calls[0].host} had ${calls.length} accepts return, one a connection.`) } : null;
    },
    elsewhere: "michinori catch --count 1",
  },
  {
    id: "bind", from: "tutorial", quote: "listen()は…ポートを実際に…割り当てる", row: "A1", source: "POSIX bind",
    right: t("ポートを割り当てるのはbind。listenは、接続を待つ状態 (LISTEN) にして、待ち行列の長さを決める。", "bind assigns the port. listen makes the socket wait for connections (LISTEN) and bounds its queue."),
    prove: (journey) => by(firstOf(journey, "socket", "returned", ({ data }) => data.call === "bind", serverHost(journey) ?? undefined), (event) => t(
      `${event.host} のbindが ${event.data.address} を割り当てて戻り、listenはその後で呼ばれた。`, `bind of ${event.host} returned with ${event.data.address}; listen was called after that.`)),
    elsewhere: PAGE,
  },
  {
    id: "backlog", from: "tutorial", quote: "いくつのクライアントと同時に通信を行えるか", row: "A8", source: "POSIX listen",
    right: t("listen(n) が限るのは、まだacceptされていない接続の待ち行列。同時に通信できる数ではない。", "listen(n) bounds the queue of connections not yet accepted, not how many may talk at once."),
    prove: (journey) => by(firstOf(journey, "socket", "called", ({ data }) => data.call === "listen", serverHost(journey) ?? undefined), ({ data }) => t(
      `ここでは listen(${data.backlog})。待ち行列の長さを渡しただけで、接続は別に受け付けられる。`, `Here listen(${data.backlog}): only the length of the queue was handed over.`)),
    elsewhere: "michinori experiment backlog",
  },
  {
    id: "recv", from: "tutorial", quote: "4096バイトずつ繰り返し取得し、全て取得します", row: "A3", source: "POSIX recv",
    right: t("recvは1回で1度だけ取り出す。届いた分だけで、全部とは限らない。終わりまで繰り返すのはアプリケーションの仕事。", "One recv takes once what is there, which need not be all. To go on to the end is the application's work."),
    prove: (journey) => by(severalReads(journey), (event) => t(`同じコネクションで、これが2回目のread (${event.data.octets} オクテット)。1回では全部届いていなかった。`,
      `The second read of one connection (${event.data.octets} octets): the first had not brought all.`)),
    elsewhere: PAGE,
  },
  {
    id: "timeout", from: "tutorial", quote: "timeout例外が発生する", row: "A5", source: "Python socket",
    right: t("ノンブロッキングのソケットで待つものがないときの例外は BlockingIOError (EWOULDBLOCK)。", "What a non-blocking socket raises when there is nothing is BlockingIOError (EWOULDBLOCK)."),
    prove: never, elsewhere: "michinori experiment blocking",
  },
  {
    id: "hang-up", from: "tutorial", quote: "ガチャ切りしてしまうようなもの", row: "A6", source: "RFC 9293 3.6, RFC 2525 2.17",
    right: t("closeせずに終わったプログラムのソケットは、OSが閉じてFINを送る。読み残しのあるcloseはRSTになり、TIME-WAITは残らない。",
      "When a program ends without close, the system closes and sends FIN. A close with unread octets sends RST, and there is no TIME-WAIT."),
    prove: (journey) => by(firstOf(journey, "tcp", "segment-sent", ({ data }) => String(data.flags).includes("FIN")), (event) => t(
      `${event.host} は終わりの合図に ${event.data.flags} を送った。これが行儀のよい終わり方。`, `${event.host} ended by ${event.data.flags}: the orderly way.`)),
    elsewhere: "michinori experiment close",
  },
  {
    id: "again", from: "tutorial", quote: "3と4が届いてないから、もう一度", row: "A9", source: "RFC 9293 3.4, RFC 2018",
    right: t("TCPの番号はオクテットに付く。ACKは「次に受け取りたい番号」を繰り返すだけで、「3番をもう一度」とは言えない。飛び飛びに届いた範囲はSACKで知らせる。",
      "TCP numbers octets. An ACK only repeats the next octet expected and cannot say “send 3 again”; SACK tells what arrived beyond."),
    prove: (journey) => by(firstOf(journey, "tcp", "segment-sent", ({ data }) => Array.isArray(data.sack) && data.sack.length > 0), (event) => t(
      `${event.host} のACKは ${event.data.rel_ack} のまま、SACKで後ろの範囲を知らせた。`, `The ACK of ${event.host} stays at ${event.data.rel_ack}; SACK tells the block behind it.`)),
    elsewhere: "michinori experiment udp-tcp",
  },
  {
    id: "video", from: "tutorial", quote: "動画ストリーミングサービスなどで", row: "A9", source: "RFC 9114, RFC 9000",
    right: t("動画配信の多くはTCP上のHTTPか、QUIC上のHTTP/3。UDPと決まっているわけではなく、逆にHTTPもTCPとは限らない (HTTP/3はUDP上のQUIC)。",
      "Most video comes by HTTP over TCP or by HTTP/3. It is not UDP as a rule, nor is HTTP always TCP (HTTP/3 runs on QUIC over UDP)."),
    prove: never, elsewhere: "", lacks: t("HTTP/3とQUICがまだありません。", "There is no HTTP/3 and no QUIC here yet."),
  },
  {
    id: "search", from: "article", quote: "検索ブラウザを呼び出す", row: "B1", source: "WHATWG URL 4.4",
    right: t("検索語を受け取るのは検索エンジン。ブラウザは、その問合せのURLを作って開く。", "Words go to a search engine; the browser makes the URL of that question and opens it."),
    prove: (journey) => by(firstOf(journey, "browser", "search-asked"), ({ data }) => t(`「${data.words}」は ${data.url} になった。`, `“${data.words}” became ${data.url}.`)),
    elsewhere: "michinori open \"tcp handshake\"",
  },
  {
    id: "first-line", from: "article", quote: "最初の行がリクエストヘッダ", row: "B4", source: "RFC 9112 2.1, 3",
    right: t("最初の行はリクエストライン。その次の行からがヘッダフィールド。", "The first line is the request line; header fields begin on the next."),
    prove: (journey) => by(firstOf(journey, "http", "request-sent"), ({ data }) => t(`リクエストラインは「${data.method} ${data.target} HTTP/1.1」、最初のヘッダフィールドは ${data.headers[0]?.[0]}。`,
      `The request line is “${data.method} ${data.target} HTTP/1.1”, the first header field ${data.headers[0]?.[0]}.`)),
    elsewhere: PAGE,
  },
  {
    id: "spaces", from: "article", quote: "POST / /sample… HTTP / 1.1", row: "B4", source: "RFC 9112 3",
    right: t("リクエストラインの区切りは空白2個だけ。リクエストターゲットは一つで、「HTTP/1.1」の中に空白はない。", "A request line has two spaces: one target, and none inside “HTTP/1.1”."),
    prove: (journey) => by(firstOf(journey, "http", "request-sent"), ({ data }) => t(`ここでは「${data.method} ${data.target} HTTP/1.1」。`, `Here it is “${data.method} ${data.target} HTTP/1.1”.`)),
    elsewhere: PAGE,
  },
  {
    id: "empty-line", from: "article", quote: "メソッドがPOSTの場合には…空白行", row: "B4", source: "RFC 9112 2.1",
    right: t("空行はPOSTに限らない。本体がなくても、すべての要求と応答のヘッダは空行で終わる。", "Not only with POST: an empty line ends the head of every request and response, body or none."),
    prove: (journey) => by(firstOf(journey, "http", "request-sent", ({ data }) => data.method === "GET" && !data.body_octets), ({ data }) => t(
      `本体のないGETのヘッダ (${data.head_octets} オクテット) も、CR LFの空行で終わっている。`, `The head of a GET without a body (${data.head_octets} octets) ends with an empty line too.`)),
    elsewhere: PAGE,
  },
  {
    id: "one-packet", from: "article", quote: "問い合わせに使うパケットは1つしかない", row: "B6", source: "RFC 7766 5",
    right: t("UDPに入りきらない応答は切り詰められ (TC=1)、TCPで問い合わせ直す。DNSサーバはTCPにも応じなければならない。", "A response that does not fit UDP is truncated (TC=1) and asked for again over TCP, which every name server must serve."),
    prove: (journey) => by(firstOf(journey, "dns", "asked", ({ data }) => data.transport === "tcp"), ({ host, data }) => t(
      `${host} は ${data.server} に、切り詰められた応答をTCPで問い合わせ直した。`, `${host} asked ${data.server} again over TCP, as the response over UDP was truncated.`)),
    elsewhere: "michinori open --scenario long-answer http://www.michinori.example/",
  },
  {
    id: "descriptor", from: "article", quote: "ディスクリプタ…ソケット内部に保存", row: "B7", source: "POSIX socket",
    right: t("ディスクリプタを持つのはアプリケーション。プロトコルスタックの中のソケットを、アプリケーションが指すための番号。", "The application holds the descriptor: the number by which it names a socket inside the stack."),
    prove: (journey) => by(firstOf(journey, "socket", "returned", ({ data }) => data.call === "socket", journey.about.browser_host), ({ data }) => t(
      `socketの呼出しは、アプリケーションにディスクリプタ ${data.descriptor} を返した。`, `The call socket returned descriptor ${data.descriptor} to the application.`)),
    elsewhere: PAGE,
  },
  {
    id: "syn-ack-syn", from: "article", quote: "SYN / ACK / SYNとやり取り", row: "B9", source: "RFC 9293 3.5",
    right: t("3ウェイハンドシェイクは SYN、SYN/ACK、ACK の順。", "The three-way handshake is SYN, SYN/ACK, ACK."),
    prove: (journey) => by(firstOf(journey, "tcp", "segment-sent", ({ data }) => data.flags === "SYN,ACK"), (event) => t(
      `2番目のセグメントは ${event.host} の ${event.data.flags}。`, `The second segment is the ${event.data.flags} of ${event.host}.`)),
    elsewhere: PAGE,
  },
  {
    id: "both-isn", from: "article", quote: "初期値をクライアントで設定して", row: "B12", source: "RFC 9293 3.4.1, RFC 6528",
    right: t("初期シーケンス番号は、クライアントとサーバがそれぞれ選ぶ。", "Both ends choose an initial sequence number."),
    prove: (journey) => by(firstOf(journey, "tcp", "isn-chosen", () => true, serverHost(journey) ?? undefined), (event) => t(
      `サーバ ${event.host} も ${event.data.isn} を選んだ。`, `The server ${event.host} chose ${event.data.isn} too.`)),
    elsewhere: PAGE,
  },
  {
    id: "next-octet", from: "article", quote: "何バイト目まで受信完了したのか", row: "B11", source: "RFC 9293 3.4",
    right: t("確認応答番号は、最後に受け取った番号ではなく、次に受け取りたい番号。", "The acknowledgment number is the next octet expected, not the last one received."),
    prove: (journey) => by(firstOf(journey, "tcp", "segment-received", ({ data }) => data.flags === "SYN,ACK"), ({ data }) => t(
      `SYN (番号0を使う) へのSYN/ACKの確認応答番号は相対値 ${data.rel_ack}。`, `The SYN used number 0; the SYN/ACK acknowledges ${data.rel_ack} (relative).`)),
    elsewhere: PAGE,
  },
  {
    id: "both-windows", from: "article", quote: "受け取ったデータを貯めておける量", row: "B13", source: "RFC 9293 3.8.6",
    right: t("ウィンドウは双方が知らせ合う。サーバからPCへ送るときは、PCのウィンドウが効く。", "Windows go both ways: what the server sends is bounded by the PC's window."),
    prove: (journey) => by(firstOf(journey, "tcp", "segment-sent", ({ data }) => data.window > 0 && data.flags === "ACK", journey.about.browser_host), ({ data }) => t(
      `PCも自分のウィンドウ ${data.window} を知らせた。`, `The PC told its own window, ${data.window}.`)),
    elsewhere: PAGE,
  },
  {
    id: "cwnd", from: "article", quote: "そのサイズまでは…連続してデータを送信", row: "B13", source: "RFC 5681 3.1",
    right: t("送れる量は、受信側のウィンドウと送信側の輻輳ウィンドウの小さいほうまで。", "As much as the smaller of the receiver's window and the sender's congestion window."),
    prove: (journey) => by(firstOf(journey, "tcp", "acked", ({ data }) => data.cwnd > 0, serverHost(journey) ?? undefined), (event) => t(
      `${event.host} の輻輳ウィンドウは、このとき ${event.data.cwnd} オクテット。`, `The congestion window of ${event.host} is ${event.data.cwnd} octets here.`)),
    elsewhere: PAGE,
  },
  {
    id: "mss", from: "article", quote: "マックス送信できるデータ量", row: "B10", source: "RFC 9293 3.7.1",
    right: t("MSSは Maximum Segment Size (最大セグメントサイズ)。", "MSS is the maximum segment size."),
    prove: (journey) => by(firstOf(journey, "tcp", "segment-sent", ({ data }) => data.mss > 0), (event) => t(
      `${event.host} がSYNで知らせたMSSは ${event.data.mss} (MTU−40)。`, `${event.host} offered an MSS of ${event.data.mss} in its SYN (MTU − 40).`)),
    elsewhere: PAGE,
  },
  {
    id: "encryption", from: "article", quote: "暗号処理モジュールを呼び出して", row: "B5", source: "RFC 8446 2, RFC 9110 4.2.2",
    right: t("TLSは、TCPのコネクションができてから、リクエストを送る前に始まる。URLの解析の段階ではない。", "TLS begins when TCP is up and before the request, not where the URL is parsed."),
    prove: (journey) => by(firstOf(journey, "tls", "handshake-done"), ({ data }) => t(
      `${data.server_name} とのハンドシェイク (${data.version}) は、コネクションの確立の後、最初のリクエストの前に終わった。`, `The handshake with ${data.server_name} (${data.version}) ended when the connection was there, before the first request.`)),
    elsewhere: "michinori open --via os https://…",
  },
  {
    id: "back-off", from: "article", quote: "MACアドレスから乱数を生成して", row: "B17", source: "IEEE 802.3 4.2.3.2.5",
    right: t("待つ時間は、衝突のたびに倍に広がる範囲 (10回で打止め) から選ぶランダムなスロット数。MACアドレスの関数ではない。", "The wait is a random number of slots within a range that doubles with each collision, up to ten; no function of the MAC address."),
    prove: (journey) => by(firstOf(journey, "link", "backed-off"), (event) => t(`${event.host} はランダムな時間だけ待った。`, `${event.host} waited a random time.`)),
    elsewhere: "", lacks: t("1本のケーブルを共有するLAN (行B17) がまだありません。", "A LAN that shares one cable (row B17) is not there yet."),
  },
  {
    id: "cdn", from: "article", quote: "CDSなど", row: "B19", source: "RFC 9110 3.7",
    right: t("CDN (コンテンツ配信ネットワーク)。", "CDN, a content delivery network."), prove: never, elsewhere: "",
    lacks: t("CDNを通る旅 (行B19) がまだありません。", "Journeys by way of a CDN (row B19) are not there yet."),
  },
  {
    id: "silence", from: "article", quote: "ICMPで通信相手にエラーを返す", row: "B21", source: "RFC 1122 3.2.1, 3.2.2",
    right: t("ヘッダの誤り、チェックサムの誤り、自分宛でないパケットは黙って捨てる。ICMPを返すのは、RFCが求める場合だけ (TTL切れ、分割が必要など)。",
      "A bad header, a bad checksum or a packet for another is dropped in silence. ICMP answers only where the RFC asks for it (TTL, fragmentation needed …)."),
    prove: (journey) => by(firstOf(journey, "icmp", "sent"), (event) => t(`${event.host} が返したICMPは「${event.data.meaning}」の場合。`, `${event.host} sent ICMP because of “${event.data.meaning}”.`)),
    elsewhere: PAGE,
  },
  {
    id: "reassembly", from: "article", quote: "ID情報に同じ値を持つパケット", row: "B21", source: "RFC 791 3.2",
    right: t("再構築の鍵は、送信元、宛先、プロトコル、識別子の四つ。MFフラグだけでは、最後のフラグメント (MF=0) と分割されていないパケットを見分けられない。",
      "The key of reassembly is source, destination, protocol and identification. MF alone does not tell the last fragment (MF=0) from a whole packet."),
    prove: (journey) => by(firstOf(journey, "ip", "reassembled"), ({ data }) => t(
      `${data.src} → ${data.dst}、${data.protocol}、識別子 ${data.id} のフラグメント ${data.fragments} 個から再構築した。`, `Put together from ${data.fragments} fragments of ${data.src} → ${data.dst}, ${data.protocol}, identification ${data.id}.`)),
    elsewhere: "michinori open --scenario fragments http://www.michinori.example/",
  },
];

/** @param {Journey} journey */
function accepts(journey) {
  const found = [];
  for (const event of eventsOf(journey, "socket", "returned", serverHost(journey) ?? undefined)) {
    if (event.data.call === "accept" && event.data.accepted) found.push(event);
  }
  return found;
}

/**
 * The second read of a connection that brought something.
 * @param {Journey} journey
 */
function severalReads(journey) {
  const seen = new Set();
  for (const event of eventsOf(journey, "socket", "returned", journey.about.browser_host)) {
    if (event.data.call !== "read" || !event.data.octets) continue;
    if (seen.has(event.connection)) return event;
    seen.add(event.connection);
  }
  return null;
}

/**
 * What this journey proves, by the id of the slip.
 * @param {Journey} journey
 * @returns {Record<string, Proof | null>}
 */
export function proveAll(journey) {
  return Object.fromEntries(SLIPS.map((slip) => [slip.id, slip.prove(journey)]));
}
