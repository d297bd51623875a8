// HTTP/1.1: lines of text. The names of header fields that journeys carry, and what they say.
import { field, words } from "./field.js";

const M = "RFC 9112";
const METHODS = {
  GET: words("取得する", "get it"), HEAD: words("ヘッダだけ取得する", "get its head alone"), POST: words("データを渡して処理させる", "process this data"),
  PUT: words("置く", "put this there"), DELETE: words("消す", "remove it"), OPTIONS: words("できることを尋ねる", "ask what is possible"),
  CONNECT: words("プロキシに中継路を作らせる", "make a tunnel through a proxy"), TRACE: words("届いたものを送り返させる", "send back what arrives"), PATCH: words("一部を変える", "change a part"),
};
export const STATUS = {
  100: words("続けてよい", "continue"), 101: words("プロトコルの切替え", "switching protocols"), 103: words("早めのヒント", "early hints"), 200: words("成功", "OK"),
  201: words("作成した", "created"), 204: words("内容なし", "no content"), 206: words("一部の内容", "partial content"), 301: words("恒久的に移動", "moved permanently"), 302: words("一時的に移動", "found elsewhere"),
  303: words("別のURIを見よ", "see other"), 304: words("変更なし (キャッシュを使ってよい)", "not modified: use the cached copy"), 307: words("一時的なリダイレクト", "temporary redirect"), 308: words("恒久的なリダイレクト", "permanent redirect"),
  400: words("要求の誤り", "bad request"), 401: words("認証が必要", "unauthorized"), 403: words("禁止", "forbidden"), 404: words("見つからない", "not found"), 405: words("許されないメソッド", "method not allowed"), 408: words("要求の時間切れ", "request timeout"),
  413: words("大きすぎる", "content too large"), 414: words("URIが長すぎる", "URI too long"), 416: words("範囲が不正", "range not satisfiable"), 429: words("要求が多すぎる", "too many requests"), 431: words("ヘッダが大きすぎる", "header fields too large"), 500: words("サーバ内部の誤り", "internal server error"),
  501: words("未実装", "not implemented"), 502: words("上流からの不正な応答", "bad gateway"), 503: words("一時的に利用不可", "service unavailable"), 504: words("上流の時間切れ", "gateway timeout"),
};
/** Of status codes by their first digit. */
export const STATUS_CLASSES = {
  1: words("途中経過", "informational"), 2: words("成功", "successful"), 3: words("リダイレクト", "redirection"), 4: words("クライアント側の誤り", "client error"), 5: words("サーバ側の誤り", "server error"),
};

/** Names in lower case: [ja, en, source]. */
export const HEADER_FIELDS = {
  "accept": ["受け取れるメディアタイプと優先度 (q)。", "Media types that are welcome, with their preference (q).", "RFC 9110 12.5.1"],
  "accept-encoding": ["解ける圧縮の形式。", "Codings that can be undone.", "RFC 9110 12.5.3"],
  "accept-language": ["望む言語と優先度。", "Languages wanted, with their preference.", "RFC 9110 12.5.4"],
  "accept-ranges": ["一部だけの要求に応じるか。", "Whether parts may be asked for.", "RFC 9110 14.3"],
  "age": ["キャッシュに置かれてからの秒数。", "Seconds since it was cached.", "RFC 9111 5.1"],
  "allow": ["使えるメソッド。", "Methods that are allowed.", "RFC 9110 10.2.1"],
  "authorization": ["利用者の認証情報。", "Credentials of the user.", "RFC 9110 11.6.2"],
  "cache-control": ["キャッシュの指示 (max-age、no-storeなど)。", "Directions for caches (max-age, no-store …).", "RFC 9111 5.2"],
  "connection": ["この接続だけの指示。closeなら応答の後でコネクションを解放する。", "For this connection alone; close: end it after this.", "RFC 9110 7.6.1"],
  "content-encoding": ["本体の圧縮の形式。解いてから読む。", "How the body is coded; undo it first.", "RFC 9110 8.4"],
  "content-language": ["本体の言語。", "Language of the body.", "RFC 9110 8.5"],
  "content-length": ["本体のオクテット数。ここまで読めば終わりと分かる。", "Octets of the body: by it the end is known.", "RFC 9110 8.6"],
  "content-range": ["全体のうちどの部分か。", "Which part of the whole it is.", "RFC 9110 14.4"],
  "content-security-policy": ["読み込んでよいもの、動かしてよいもの。", "What the page may load and run.", "CSP Level 3"],
  "content-type": ["本体のメディアタイプと文字コード (charset)。", "Media type and charset of the body.", "RFC 9110 8.3"],
  "cookie": ["以前サーバから渡された値。", "What the server set before.", "RFC 6265 5.4"],
  "date": ["応答が作られた日時。", "When the response was made.", "RFC 9110 6.6.1"],
  "etag": ["この内容の目印。変わったかどうかを比べる。", "A mark of this content, to tell whether it changed.", "RFC 9110 8.8.3"],
  "expect": ["100-continue: 本体を送る前に許しを待つ。", "100-continue: wait for leave before sending the body.", "RFC 9110 10.1.1"],
  "expires": ["この日時まで新しいとみなす。", "Fresh until then.", "RFC 9111 5.3"],
  "host": ["サーバ名 (とポート)。一つのIPアドレスに複数のサイトがあっても選べる。HTTP/1.1では必須。", "The server's name (and port): tells sites on one address apart. Required in HTTP/1.1.", "RFC 9110 7.2"],
  "if-modified-since": ["この日時から変わっていれば送ってほしい。", "Only if it changed since then.", "RFC 9110 13.1.3"],
  "if-none-match": ["このETagと違えば送ってほしい。", "Only if its ETag is another one.", "RFC 9110 13.1.2"],
  "keep-alive": ["持続的接続の条件。", "Terms of the persistent connection.", "RFC 2068 19.7.1"],
  "last-modified": ["最後に変わった日時。", "When it last changed.", "RFC 9110 8.8.2"],
  "location": ["リダイレクト先のURI。", "Where to go.", "RFC 9110 10.2.2"],
  "origin": ["要求を起こしたページの出どころ。", "Where the asking page comes from.", "RFC 6454 7"],
  "proxy-authenticate": ["プロキシの求める認証方式。", "How the proxy wants to be shown who asks.", "RFC 9110 11.7.1"],
  "range": ["この部分だけほしい。", "Only this part, please.", "RFC 9110 14.2"],
  "referer": ["どのページからの要求か (綴りは規格の誤記のまま)。", "Which page led here (spelt so in the standard).", "RFC 9110 10.1.3"],
  "retry-after": ["この時間の後でやり直してほしい。", "Try again after this time.", "RFC 9110 10.2.3"],
  "sec-fetch-dest": ["何として使うか。", "What it will be used as.", "W3C Fetch Metadata 2.1"],
  "sec-fetch-mode": ["要求の種類。", "The mode of the request.", "W3C Fetch Metadata 2.2"],
  "sec-fetch-site": ["要求元との関係。", "How asker and server are related.", "W3C Fetch Metadata 2.3"],
  "sec-fetch-user": ["利用者の操作によるか。", "Whether the user did it.", "W3C Fetch Metadata 2.4"],
  "server": ["サーバのソフトウェア。", "The server's software.", "RFC 9110 10.2.4"],
  "set-cookie": ["次から送り返してほしい値。", "A value to send back from now on.", "RFC 6265 4.1"],
  "strict-transport-security": ["今後はHTTPSだけを使う。", "HTTPS only, from now on.", "RFC 6797 6.1"],
  "transfer-encoding": ["転送の形式。chunkedなら、長さ付きの塊の並び。", "How it is transferred; chunked: pieces with their lengths.", "RFC 9112 6.1"],
  "upgrade": ["切り替えたいプロトコル。", "The protocol to switch to.", "RFC 9110 7.8"],
  "upgrade-insecure-requests": ["暗号化されたページを望む。", "An encrypted page is preferred.", "W3C UIR 3.2.1"],
  "user-agent": ["ブラウザの名前とバージョン。", "Name and version of the browser.", "RFC 9110 10.1.5"],
  "vary": ["応答がどの要求ヘッダで変わるか。キャッシュが見る。", "Which request fields the response depends on; caches look at it.", "RFC 9110 12.5.5"],
  "via": ["途中のプロキシ。", "Proxies on the way.", "RFC 9110 7.6.3"],
  "www-authenticate": ["求める認証方式。", "How to show who asks.", "RFC 9110 11.6.1"],
  "x-content-type-options": ["nosniff: 中身から型を推測しない。", "nosniff: do not guess the type.", "WHATWG Fetch 3.6"],
  "x-forwarded-for": ["プロキシの手前のクライアント。", "The client before the proxy.", "de facto"],
};

const part = (/** @type {string} */ key, /** @type {string} */ name, /** @type {string} */ ja, /** @type {string} */ mj, /** @type {string} */ me, /** @type {string} */ source, more = {}) =>
  field(key, undefined, "text", name, ja, mj, me, source, more);

export const requestLine = part("http.request.first", "Request line", "リクエストライン", "メソッド、リクエストターゲット、バージョン。ヘッダフィールドではない。",
  "Method, target and version. It is no header field.", `${M} 3`);
export const requestParts = [
  part("http.request.method", "Method", "メソッド", "何をしてほしいか。", "What to do.", "RFC 9110 9", { codes: METHODS }),
  part("http.request.uri", "Request target", "リクエストターゲット (URI)", "何に対してか。普通はパスとクエリ。", "To what; usually path and query.", `${M} 3.2`),
  part("http.request.version", "HTTP version", "HTTPのバージョン", "HTTP/1.1など。", "HTTP/1.1, for example.", `${M} 2.3`),
];
export const statusLine = part("http.response.first", "Status line", "ステータスライン", "バージョン、ステータスコード、理由。", "Version, status code and reason.", `${M} 4`);
export const statusParts = [
  part("http.response.version", "HTTP version", "HTTPのバージョン", "HTTP/1.1など。", "HTTP/1.1, for example.", `${M} 2.3`),
  part("http.response.code", "Status code", "ステータスコード", "結果。先頭の数字が種類を表す (2 成功、3 リダイレクト、4 クライアント側、5 サーバ側の誤り)。",
    "The result. Its first digit says the kind: 2 success, 3 redirection, 4 client's, 5 server's error.", "RFC 9110 15", { codes: STATUS }),
  part("http.response.phrase", "Reason phrase", "理由句", "人が読むための一言。", "A word for people.", `${M} 4`),
];
export const headerLine = part("http.line", "Header field", "ヘッダフィールド", "名前、コロン、値。", "Name, colon, value.", `${M} 5`);
export const headerParts = [
  part("http.header.name", "Field name", "フィールド名", "大文字と小文字は区別しない。", "Upper and lower case are the same.", "RFC 9110 5.1"),
  part("http.header.value", "Field value", "フィールド値", "コロンの後の空白は値に含まない。", "White space behind the colon does not belong to it.", "RFC 9110 5.5"),
];
export const emptyLine = part("http.end", "Empty line", "空行", "ヘッダの終わり。どのメソッドの要求にも、応答にもある。",
  "The end of the head, in every request and response, whatever the method.", `${M} 2.1`);
export const body = field("http.body", undefined, "octets", "Message body", "メッセージボディ", "本体。長さはContent-Lengthかchunkedで決まる。",
  "The body. Content-Length or chunks tell its length.", `${M} 6`);

const C = `${M} 7.1`;
export const chunk = field("http.chunk", undefined, "octets", "chunk", "チャンク", "大きさ、データ、CR LFの組。大きさ0のチャンクで終わる。", "Size, data and CR LF; one of size 0 is the last.", C);
export const chunkLine = field("http.chunk_line", undefined, "text", "chunk-size line", "チャンクサイズの行", "データのオクテット数 (16進数) と、あれば拡張。", "How many octets of data, in hexadecimal, and extensions if any.", C);
export const chunkSize = field("http.chunk_size", undefined, "uint", "chunk-size", "チャンクサイズ", "続くデータのオクテット数。16進数で書く。0なら最後。", "Octets of data that follow, written in hexadecimal; 0: the last.", C);
export const chunkExtension = field("http.chunk_ext", undefined, "text", "chunk-ext", "チャンク拡張", "名前と値。知らないものは無視する。", "Names and values; unknown ones are ignored.", `${C}.1`);
export const chunkData = field("http.chunk_data", undefined, "octets", "chunk-data", "チャンクデータ", "本体の一部。つなぐと本体になる。", "A part of the body; all of them together are the body.", C);
export const chunkBoundary = field("http.chunk_boundary", undefined, "text", "CRLF", "チャンクの終わり", "データの終わりを確かめる改行。大きさには数えない。", "The line end behind the data; not counted in the size.", C);
export const trailerEnd = field("http.chunk_end", undefined, "text", "CRLF", "本体の終わり", "トレーラの後の空行。本体はここまで。", "The empty line behind the trailers: the end of the body.", C);

export const http = {
  key: "http", name: "HTTP", label: words("HTTPメッセージ", "HTTP message"), unit: words("メッセージ", "message"), osi: 7,
  meaning: words("リクエストとレスポンス。行からなるヘッダ、空行、本体の順。", "Requests and responses: lines of a head, an empty line, a body."),
  source: `${M} 2.1`,
};
