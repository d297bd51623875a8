"""What methods, status codes and header fields mean, in a short sentence each, in Japanese and in English.

After RFC 9110, 9111, 9112, 6265bis, the Fetch standard and the client hints drafts.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

Language: TypeAlias = Literal["ja", "en"]
_Pair: TypeAlias = tuple[str, str]
"""Japanese and English."""

_METHODS: Final[dict[str, _Pair]] = {
    "GET": ("このリソースをください", "Give me this resource"),
    "HEAD": ("ヘッダだけをください(ボディは不要)", "Give me the header only, without the body"),
    "POST": ("このデータを処理してください", "Process this data"),
    "PUT": ("このデータをここに置いてください", "Put this data here"),
    "DELETE": ("このリソースを消してください", "Delete this resource"),
    "PATCH": ("このリソースの一部を変えてください", "Change a part of this resource"),
    "OPTIONS": ("何ができるかを教えてください", "Tell me what is possible"),
    "TRACE": ("届いたリクエストをそのまま返してください", "Send the request back as it arrived"),
    "CONNECT": ("ここまでトンネルを通してください", "Open a tunnel to there"),
}

_CLASSES: Final[dict[int, _Pair]] = {
    1: ("途中経過", "interim: the final answer follows"),
    2: ("成功", "success"),
    3: ("転送、またはキャッシュの利用", "redirection, or use what is cached"),
    4: ("リクエスト側の誤り", "the request is at fault"),
    5: ("サーバ側の誤り", "the server is at fault"),
}

_FIELDS: Final[dict[str, _Pair]] = {
    # What requests carry.
    "host": (
        "どのサイト宛てか。一つのサーバに複数のサイトを置ける",
        "Which site is meant; one server can hold several",
    ),
    "user-agent": ("ブラウザの種類と版の自己申告", "Which browser this is, by its own account"),
    "accept": ("受け取りたいデータの種類と優先度(q)", "Kinds of data that are welcome, weighted by q"),
    "accept-language": ("読みたい言語と優先度(q)", "Languages to read, weighted by q"),
    "accept-encoding": ("元に戻せる圧縮方式", "Compressions that can be undone"),
    "accept-charset": ("読める文字コード(今は使われない)", "Charsets that can be read; no longer used"),
    "cookie": ("サーバから預かった小さなデータを返す", "Small data that the server gave earlier, sent back"),
    "authorization": ("利用者であることの証明", "Proof of who the user is"),
    "proxy-authorization": ("プロキシサーバに対する証明", "Proof of who the user is, for the proxy"),
    "referer": ("どのページから来たか(綴りは規格のまま)", "Which page led here; misspelt so in the standard"),
    "origin": ("どのサイトのページがこのリクエストを出したか", "The site whose page sent this"),
    "upgrade-insecure-requests": ("可能ならhttpsのページに案内してほしい", "Please lead to https where there is one"),
    "sec-fetch-site": (
        "出したページと宛先の関係(none: 利用者の操作)",
        "How the sending page relates to here; none: the user",
    ),
    "sec-fetch-mode": ("取りに行く方法(navigate: ページを開く)", "How it is fetched; navigate: a page is opened"),
    "sec-fetch-user": ("利用者の操作によるもの(?1: はい)", "Whether the user did it; ?1: yes"),
    "sec-fetch-dest": ("何に使うか(document: ページ全体)", "What it is for; document: a whole page"),
    "sec-fetch-storage-access": ("第三者としてのCookieの扱い", "How cookies of third parties are handled"),
    "sec-ch-ua": (
        "ブラウザの名前と版(GREASE: わざと混ぜた偽名を含む)",
        "Browser names and versions, a made-up one among them",
    ),
    "sec-ch-ua-mobile": ("携帯端末か(?0: いいえ)", "Whether it is a mobile device; ?0: no"),
    "sec-ch-ua-platform": ("OSの種類", "The operating system"),
    "sec-ch-prefers-color-scheme": ("明るい画面か暗い画面か", "Light or dark"),
    "sec-gpc": ("個人データを売らないでほしい", "Do not sell my data"),
    "sec-purpose": ("先読みである", "It is fetched in advance"),
    "dnt": ("追跡しないでほしい(1: はい)", "Do not track; 1: yes"),
    "priority": (
        "急ぎの度合い(u=0が最も急ぐ。i: 少しずつ使える)",
        "How urgent; u=0 is the most, i: usable piece by piece",
    ),
    "purpose": ("先読みである", "It is fetched in advance"),
    "if-modified-since": ("この日時より新しければください", "Only if it changed since then"),
    "if-none-match": ("この版と違えばください", "Only if it is not this version"),
    "if-match": ("この版のままなら実行してください", "Only if it is still this version"),
    "if-unmodified-since": ("この日時から変わっていなければ実行してください", "Only if it did not change since then"),
    "if-range": ("版が同じときだけ一部分をください", "The part only if the version is the same"),
    "range": ("この範囲だけをください", "Only this part"),
    "expect": ("ボディを送る前に返事(100)を待つ", "Waits for a word (100) before it sends the body"),
    "te": ("使える転送方式", "Transfer codings that are welcome"),
    "max-forwards": ("中継してよい回数", "How often it may be passed on"),
    "from": ("利用者のメールアドレス", "The user's e-mail address"),
    "access-control-request-method": (
        "この後に使いたいメソッド(CORSの事前確認)",
        "The method to come (CORS preflight)",
    ),
    "access-control-request-headers": ("この後に送りたいヘッダ(CORSの事前確認)", "The fields to come (CORS preflight)"),
    "x-forwarded-for": ("中継した者が書いた、元の送信元アドレス", "The original sender, as a proxy wrote it"),
    "x-forwarded-proto": ("中継した者が書いた、元のスキーム", "The original scheme, as a proxy wrote it"),
    "x-forwarded-host": ("中継した者が書いた、元のホスト名", "The original host, as a proxy wrote it"),
    "forwarded": ("中継した者が書いた、元の通信の情報", "What a proxy wrote about the original"),
    "x-requested-with": ("スクリプトから送られたという印", "A mark that a script sent it"),
    "sec-websocket-key": ("WebSocketの合言葉の材料", "What the WebSocket answer is made from"),
    "sec-websocket-version": ("WebSocketの版", "The version of WebSocket"),
    "sec-websocket-extensions": ("使えるWebSocketの拡張", "Extensions of WebSocket"),
    "sec-websocket-protocol": ("WebSocketの上で話す約束", "What is spoken over the WebSocket"),
    # What both carry.
    "connection": (
        "この区間だけの約束(keep-alive: つないだままにする)",
        "For this hop alone; keep-alive: stay connected",
    ),
    "keep-alive": ("つないだままにする時間と回数", "How long to stay connected, and for how many requests"),
    "proxy-connection": ("昔のブラウザがプロキシサーバに送ったConnection", "What old browsers sent to proxies"),
    "upgrade": ("別のプロトコルに切り替えたい", "Change to another protocol"),
    "cache-control": ("キャッシュの使い方", "How caches may use it"),
    "pragma": ("HTTP/1.0のキャッシュ指定", "Cache control of HTTP/1.0"),
    "content-length": ("ボディの長さ(オクテット)", "Length of the body in octets"),
    "content-type": ("ボディの種類と文字コード", "Kind of the body, and its charset"),
    "content-encoding": ("ボディの圧縮方式", "How the body is compressed"),
    "content-language": ("ボディの言語", "Language of the body"),
    "content-disposition": ("表示するか、ファイルとして保存するか", "To be shown, or to be saved as a file"),
    "content-location": ("この内容そのもののURL", "URL of just this content"),
    "content-range": ("全体のどの範囲か", "Which part of the whole this is"),
    "transfer-encoding": (
        "運び方(chunked: 長さを付けた塊に分けて送る)",
        "How it travels; chunked: in pieces with lengths",
    ),
    "trailer": ("ボディの後に付くフィールド", "Fields that follow the body"),
    "date": ("作られた日時", "When it was made"),
    "via": ("途中で中継した者", "Who passed it on"),
    "link": ("関係するリソース", "Related resources"),
    # What answers carry.
    "server": ("サーバのソフトウェア", "The server's software"),
    "last-modified": ("最後に変わった日時", "When it last changed"),
    "etag": ("この版の印", "A mark of this version"),
    "expires": ("キャッシュの期限", "Until when caches may use it"),
    "age": ("キャッシュにあった秒数", "Seconds that it lay in a cache"),
    "vary": ("どのヘッダによって内容が変わるか", "Request fields on which the content depends"),
    "accept-ranges": ("範囲を指定して取れる", "Parts can be asked for"),
    "allow": ("使えるメソッド", "Methods that are possible"),
    "location": ("行き先", "Where to go"),
    "retry-after": ("いつ試し直すか", "When to try again"),
    "set-cookie": ("ブラウザに預ける小さなデータ", "Small data for the browser to keep"),
    "www-authenticate": ("どう証明してほしいか", "How to prove who the user is"),
    "proxy-authenticate": ("プロキシサーバにどう証明するか", "How to prove it to the proxy"),
    "strict-transport-security": ("これからはhttpsだけで来てほしい", "From now on by https alone"),
    "content-security-policy": ("ページが使ってよいものの制限", "What the page may use"),
    "x-content-type-options": ("種類を推測しないでほしい", "Do not guess the kind"),
    "x-frame-options": ("ほかのページに埋め込んでよいか", "Whether other pages may embed it"),
    "referrer-policy": ("次のサーバにどこまで来歴を伝えるか", "How much the next server is told of the way"),
    "permissions-policy": ("ページが使ってよい機能", "Features that the page may use"),
    "access-control-allow-origin": ("読んでよいサイト(CORS)", "Sites that may read it (CORS)"),
    "alt-svc": ("別の行き方(HTTP/3など)", "Other ways here, such as HTTP/3"),
    "x-powered-by": ("サーバで動くプログラムの自己申告", "The program behind the server, by its own account"),
}


def method_meaning(method: str, language: Language) -> str:
    """What a request with that method asks for; empty if it is not known."""
    return _one(_METHODS.get(method), language)


def status_meaning(status: int, language: Language) -> str:
    """What the class of a status code says."""
    return _one(_CLASSES.get(status // 100), language)


def field_meaning(name: str, language: Language) -> str:
    """What a header field is for; empty if it is not known."""
    return _one(_FIELDS.get(name.lower()), language)


def _one(pair: _Pair | None, language: Language) -> str:
    if pair is None:
        return ""
    return pair[0] if language == "ja" else pair[1]
