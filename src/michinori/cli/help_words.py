"""The texts of ``--help`` in Japanese. Those in English stand where the commands and their options are made."""

from __future__ import annotations

from typing import Final

WORDS: Final = {
    "Options": "オプション",
    "Commands": "コマンド",
    "[OPTIONS]": "[オプション]",
    "COMMAND [ARGS]...": "コマンド [引数]...",
    "URL|WORDS...": "URL|語句...",
    "DIR|MODULE:APP|/PREFIX=TARGET...": "フォルダ|モジュール:アプリ|/場所=対象...",
}
"""What click writes around them."""

BESIDE: Final = {
    "default: by the locale": "既定値: ロケールによる",
    "default: until the lab ends": "既定値: ラボが終わるまで",
    "default": "既定値",
    "required": "必須",
}
"""What stands in brackets behind an option's sentence."""

ABOUT: Final = {
    "michinori": """\
入力したURLから、描かれたページまでの道のりの全部を、全てのレイヤの本物のオクテットで。

例:
  michinori open http://www.michinori.example/""",
    "michinori open": """\
URL、または検索する語句の道のりを全部たどり、全部を残します。

物語を段階ごとに語ります。フォルダには、page.png (描かれたページ)、journey.html (レポート)、packets.pcapng (ブラウザのPCのアダプタが見たもの)、captures/ (ほかの各ホスト)、page.har、trace.jsonl が残ります。""",
    "michinori serve": """\
フォルダ、プログラム (CGI)、アプリケーション (ASGI、WSGI) を HTTP/1.1 で公開します。

対象は、フォルダか、モジュール:アプリ の形のアプリケーションです。場所は / か、前に書いた /場所 です。SIGTERM と Ctrl-C で静かに終わります。SIGHUP でアクセス規則、証明書、ログを読み直し、--workers があればアプリケーションも読み直します。""",
    "michinori catch": """\
ブラウザの送るものを待ち、届いたオクテットをそのまま残し、読み解きます。

ファイルは所有者だけが読めます。Cookie、Authorization、APIキーの値は、画面では隠します。""",
    "michinori replay": """\
残したリクエストを、1バイトも違えずにもう一度送り、応答のオクテットをそのまま残します。

--diff を付けると、応答が違うときの終了ステータスは 1 です (Date と Age は違ってもかまいません)。""",
    "michinori experiment": """\
小さな実験をして、起きたことを、証拠のパケット付きで語ります。

名前を書かなければ、実験の一覧を示します。フォルダには、各ホストのキャプチャと trace.jsonl が残ります。""",
    "michinori lab": """\
動くレポート: ブラウザの中で旅をさせて、比べます。障害を起こし、十の課を解けます。

127.0.0.1 だけで待ち、Ctrl-C で終わります。""",
    "michinori tap": """\
MichinoriのホストがこのマシンのカーネルとつながるTAPデバイスを、用意し、取り除きます。Linuxだけです。

例:
  sudo michinori tap up
  sudo michinori tap down""",
    "michinori tap up": """\
デバイス NAME (mich0) を用意します。名前空間がなければ、それも作ります。sudo を呼んだ人が使えます。

例:
  sudo michinori tap up mich0 --address 10.99.0.1/24""",
    "michinori tap down": """\
デバイス NAME (mich0) を取り除きます。ほかに何もなければ、名前空間も取り除きます。

例:
  sudo michinori tap down mich0""",
}
"""What a command does, by its path."""

EXAMPLES: Final = {
    "Examples:": "例:",
    "then open http://localhost:8080/ in a browser": "ブラウザで http://localhost:8080/ を開く",
    "the browser is shown what it sent": "送ったものを、ブラウザに見せる",
    "every request in a file of its own, until Ctrl-C": "リクエストごとのファイルに。Ctrl-C まで",
    "between the browser and a real server": "ブラウザと本物のサーバの間に立つ",
    "then open the URL that it prints": "表示されたURLを開く",
    "past journeys are there again next time": "前の旅が、次のときもある",
    "a folder of yours to try": "自分のフォルダを試す",
}
"""What stands in the examples beside the commands."""

SENTENCES: Final = {
    # click's own.
    "Show this message and exit.": "この説明を示して終わります。",
    "Show the version and exit.": "版を示して終わります。",
    # The commands in short.
    "Walk the whole way of a URL, and keep all of it.": "URLの道のりを全部たどり、全部を残す。",
    "Serve folders, programs and applications.": "フォルダ、プログラム、アプリケーションを公開する。",
    "Keep and explain what a browser sends.": "ブラウザの送るものを残し、読み解く。",
    "Send a kept request again, byte for byte.": "残したリクエストを、そのままもう一度送る。",
    "Perform a small experiment, and prove it by packets.": "小さな実験を、証拠のパケット付きで。",
    "The same live, in a browser.": "同じものを、ブラウザの中で動かしながら。",
    "Make or remove a TAP device (Linux).": "TAPデバイスを用意し、取り除く (Linux)。",
    "Make the device.": "デバイスを用意する。",
    "Remove the device.": "デバイスを取り除く。",
    # Several commands.
    "The language": "表示する言語",
    "The seed of all luck.": "乱数の種。",
    "Replace files that are no earlier result.": "前の結果でないファイルも置き換えます。",
    "Replace a file that is no earlier result.": "前の結果でないファイルも置き換えます。",
    "With --via tap: the device": "--via tap で: デバイス",
    "With --via tap: our own": "--via tap で: こちらのアドレス",
    "With --via tap: the router to all other networks.": "--via tap で: ほかの全てのネットワークへのルータ。",
    "With --via tap: a name server.": "--via tap で: DNSサーバ。",
    "Print one JSON object; the story goes to stderr.": "JSONを一つ出力します。物語は標準エラーに出ます。",
    "Print one JSON object; the rest goes to stderr.": "JSONを一つ出力します。ほかは標準エラーに出ます。",
    "Print one JSON object; the telling goes to stderr.": "JSONを一つ出力します。物語は標準エラーに出ます。",
    "Where the results go.": "結果を置くフォルダ。",
    "Where the results go": "結果を置くフォルダ",
    # open
    "Whose network: the virtual internet, the sockets of this machine, or our own TCP/IP on a TAP device.": "どのネットワークか: 仮想のインターネット、このマシンのソケット、TAPデバイスの上の自前のTCP/IP。",
    "The virtual internet: home, bad-line, satellite, fragments, long-answer, or a TOML file.": "仮想のインターネット: home、bad-line、satellite、fragments、long-answer、またはTOMLファイル。",
    "Add a web site: its name and its folder.": "Webサイトを加えます: 名前とフォルダ。",
    "Packets lost on the access line, in each direction.": "アクセス回線で失われるパケット (それぞれの方向で)。",
    "Delay of the access line, in each direction.": "アクセス回線の遅延 (それぞれの方向で)。",
    "Rate of the access line.": "アクセス回線の速度。",
    "Largest packet on the access line, in octets.": "アクセス回線を通る最大のパケット (オクテット)。",
    'A fault of any line: "access:drop nth=3", "access:cut from=90ms until=2s".': '任意の回線の障害: "access:drop nth=3"、"access:cut from=90ms until=2s"。',
    "A switch of every TCP: sack=false, congestion=reno.": "全てのTCPの設定: sack=false、congestion=reno。",
    "Look the name up once before, so that every cache knows it.": "先に一度名前解決をして、全てのキャッシュに入れておきます。",
    "Exit with 1 when the page has a status of 400 or more.": "ページのステータスが 400 以上なら、終了ステータスを 1 にします。",
    "Do not write journey.html.": "journey.html を書きません。",
    # serve
    "Whose TCP/IP: that of this machine, or our own on a TAP device.": "どのTCP/IPか: このマシンのもの、TAPデバイスの上の自前のもの。",
    "The address to listen on; 0.0.0.0 for all.": "待ち受けるアドレス。0.0.0.0 なら全部。",
    "Run the programs in this folder below /cgi-bin/.": "このフォルダのプログラムを /cgi-bin/ の下で実行します。",
    "Who may do what: a TOML file.": "誰に何を許すか: TOMLファイル。",
    "Ask for a password, print its hash for the access file, and end.": "パスワードを尋ね、アクセス規則のファイルに書くハッシュを示して終わります。",
    "Processes to serve with.": "プロセスの数。",
    "The certificate (PEM, its chain included).": "証明書 (PEM。中間証明書を含む)。",
    "The private key of the certificate (PEM).": "証明書の秘密鍵 (PEM)。",
    "TLS by a local authority of our own, for development.": "自前の認証局の証明書でTLSを使います (開発用)。",
    "Append the access log (combined format) to this file; - for stdout.": "アクセスログ (combined形式) をこのファイルに足します。- なら標準出力。",
    "Keep every stage of what is served: trace.jsonl and server.har.": "公開したものの全段階を残します: trace.jsonl と server.har。",
    "Replace files in DIR that are no earlier result.": "DIR にある、前の結果でないファイルも置き換えます。",
    "List folders that have no index.html.": "index.html のないフォルダの一覧を見せます。",
    "Code text as gzip for who takes it.": "受け取れる相手には、テキストをgzipで圧縮します。",
    "A bound: connections=1000, body=10M, head-time=10 ...": "上限: connections=1000、body=10M、head-time=10 など。",
    "Seconds to end gently in.": "静かに終わるまでの秒数。",
    "The event loop; auto takes uvloop where it is installed.": "イベントループ。auto は、uvloop があればそれを使います。",
    # catch
    "Where to listen; localhost is ::1 and 127.0.0.1.": "待ち受ける所。localhost は ::1 と 127.0.0.1。",
    "The port; 0 takes any free one.": "ポート。0 なら空いているもの。",
    "How many; 0 until stopped.": "リクエストの数。0 なら止めるまで。",
    "The file for the octets": "オクテットを残すファイル",
    "A folder for numbered files and requests.jsonl.": "番号つきのファイルと requests.jsonl を置くフォルダ。",
    "What is answered.": "何を応答するか。",
    "Pass everything on to this server, and keep its answer too.": "全部をこのサーバに取り次ぎ、応答も残します。",
    # catch and replay
    "Do not check the server's certificate.": "サーバの証明書を確かめません。",
    "Largest message that is kept whole.": "全部を残すメッセージの最大の大きさ。",
    "Longest wait for more of it, in seconds.": "続きを待つ最長の秒数。",
    "Longest time for all of it, in seconds.": "全部にかかる最長の秒数。",
    # replay
    "The server: http://host:port or https://host.": "サーバ: http://ホスト:ポート または https://ホスト。",
    "The file for the answer": "応答を残すファイル",
    "Let the Host field name the server; all else stays.": "Host をそのサーバに書き換えます。ほかはそのままです。",
    "How many times.": "送る回数。",
    "Send it to this server too and show both answers side by side.": "このサーバにも送り、二つの応答を並べて見せます。",
    # experiment
    "Whose sockets: those of two hosts in a virtual world, or this machine's own.": "どのソケットか: 仮想世界の二つのホストのもの、このマシンのもの。",
    # lab
    "The port on 127.0.0.1; 0 takes any free one.": "127.0.0.1 のポート。0 なら空いているもの。",
    "Keep past journeys there": "前の旅をここに残します",
    "Offer a web site: its name and its folder.": "Webサイトを用意します: 名前とフォルダ。",
    "Offer a scenario of your own too.": "自分のシナリオも選べるようにします。",
    # tap
    "What the kernel is on it.": "カーネル側のアドレス。",
    "In this network namespace.": "このネットワーク名前空間に。",
}
"""Sentences about options, and the commands in short."""
