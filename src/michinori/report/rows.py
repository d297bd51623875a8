"""The rows: what must happen on the way from the address bar to the pixels, and which events show each of them.

A row that no event shows was not met by this journey, and says which journey meets it. Nothing is made up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, TypeAlias

from michinori.trace import Event

Shows: TypeAlias = Callable[[Event], bool]


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table."""

    name: str
    title: dict[str, str]
    elsewhere: dict[str, str]
    """For a journey that did not meet it: which journey does."""
    events: frozenset[tuple[str, str]]
    """The events that show it, as (layer, what)."""
    condition: Shows | None = None
    """A further condition on those events."""

    def shown_by(self, event: Event) -> bool:
        """Whether that event shows the row."""
        return (event.layer, event.what) in self.events and (self.condition is None or self.condition(event))


_ENDING: Final = frozenset({"FIN-WAIT-1", "FIN-WAIT-2", "CLOSE-WAIT", "CLOSING", "LAST-ACK", "TIME-WAIT", "CLOSED"})
_LATER: Final = {"ja": "この版にはまだありません", "en": "this version does not have it yet"}


def _row(
    name: str, ja: str, en: str, events: str, elsewhere: tuple[str, str] | None = None, condition: Shows | None = None
) -> Row:
    pairs = frozenset((layer, what) for layer, _, what in (word.partition(":") for word in events.split()))
    hint = {"ja": elsewhere[0], "en": elsewhere[1]} if elsewhere else _LATER
    return Row(name, {"ja": ja, "en": en}, hint, pairs, condition)


def _journey(arguments: str) -> tuple[str, str]:
    command = f"michinori open {arguments}".rstrip()
    return f"{command} で見られます", f"{command} shows it"


_PAGE: Final = _journey("http://www.michinori.example/")
_LOSSY: Final = _journey("--loss 5% --seed 7 http://www.michinori.example/")

ROWS: Final[tuple[Row, ...]] = (
    _row("B1", "アドレスバー", "Address bar", "browser:address-typed browser:search-asked", _PAGE),
    _row("B2", "URLの分解", "URL taken apart", "browser:url-parsed", _PAGE),
    _row("B3", "ブラウザのキャッシュ", "Browser cache", "http:cache-hit http:cache-revalidated"),
    _row("B4", "リクエストメッセージ", "Request message", "http:request-sent", _PAGE),
    _row("B5", "暗号化 (TLS)", "Encryption (TLS)", "tls:handshake-done", _journey("--via os https://…")),
    _row(
        "B6",
        "名前解決",
        "Name resolution",
        "dns:asked dns:answered dns:referred dns:cache-hit dns:timed-out dns:truncated dns:gave-up",
        _PAGE,
    ),
    _row("B7", "ソケット", "Socket", "socket:created socket:table", _PAGE),
    _row("B8", "ソケットのコピー", "Copied socket", "tcp:socket-copied", _PAGE),
    _row(
        "B9",
        "3ウェイハンドシェイク",
        "Three-way handshake",
        "tcp:state-changed",
        _PAGE,
        lambda event: event.data.get("to") in ("SYN-SENT", "SYN-RECEIVED", "ESTABLISHED"),
    ),
    _row("B10", "送信バッファとMSS", "Send buffer and MSS", "tcp:split tcp:gathered", _PAGE),
    _row(
        "B11",
        "再送制御",
        "Retransmission",
        "tcp:retransmitted tcp:duplicate-received tcp:out-of-order tcp:gave-up",
        _LOSSY,
    ),
    _row("B12", "初期シーケンス番号", "Initial sequence number", "tcp:isn-chosen", _PAGE),
    _row("B13", "ウィンドウ", "Window", "tcp:acked", _PAGE, lambda event: event.data.get("segments", 0) > 1),
    _row("B14", "IPヘッダ", "IP header", "ip:sent ip:received", _PAGE),
    _row(
        "B15",
        "MACヘッダとARP",
        "MAC header and ARP",
        "arp:asked arp:answered arp:cache-hit arp:learned arp:failed link:mac-read ip:routed",
        _PAGE,
    ),
    _row("B16", "LANアダプタ", "LAN adapter", "link:buffered link:preamble-sent"),
    _row("B17", "共有ケーブル (CSMA/CD)", "Shared cable (CSMA/CD)", "link:collided link:backed-off"),
    _row("B18", "ルータ", "Router", "ip:forwarded ip:fragmented", _PAGE),
    _row(
        "B19",
        "途中にあるもの",
        "What stands between",
        "ip:nat-mapped ip:translated",
        _PAGE,
    ),
    _row("B20", "信号の受信", "Reception of the signal", "link:interrupted link:synchronised"),
    _row(
        "B21",
        "IPの受信とICMP",
        "IP reception and ICMP",
        "icmp:sent icmp:received ip:reassembled ip:dropped ip:path-mtu",
        _PAGE,
    ),
    _row("B22", "TCPの受信", "TCP reception", "tcp:delivered", _PAGE),
    _row(
        "B23", "サーバのアプリケーション", "The server's application", "http:request-received http:response-sent", _PAGE
    ),
    _row(
        "B24",
        "ブラウザの描画",
        "The browser draws",
        "browser:sniffed browser:decoded http:content-decoded browser:document-parsed browser:resource-found "
        "browser:image-decoded browser:laid-out browser:painted",
        _PAGE,
    ),
    _row(
        "B25",
        "コネクションの解放",
        "Connection release",
        "tcp:state-changed tcp:time-wait tcp:reset",
        _PAGE,
        lambda event: event.what != "state-changed" or event.data.get("to") in _ENDING,
    ),
    _row("B26", "依頼の連鎖", "The chain of requests", "socket:called socket:returned", _PAGE),
)

BY_NAME: Final = {row.name: row for row in ROWS}


def sort_out(events: Iterable[Event]) -> dict[str, list[Event]]:
    """The events of each row, in their order; one event may show several rows."""
    candidates: dict[tuple[str, str], list[Row]] = {}
    for row in ROWS:
        for pair in row.events:
            candidates.setdefault(pair, []).append(row)
    found: dict[str, list[Event]] = {row.name: [] for row in ROWS}
    for event in events:
        for row in candidates.get((event.layer, event.what), ()):
            if row.condition is None or row.condition(event):
                found[row.name].append(event)
    return found
