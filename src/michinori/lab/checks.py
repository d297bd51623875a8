"""How the answers of the lessons are checked: by the events of the reader's own journey, and by nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

import msgspec

from michinori.trace import Event

Texts = dict[str, str]


class Verdict(msgspec.Struct):
    """Whether it is right, what is to be said, and the event that shows it (0: none)."""

    right: bool
    told: Texts
    n: int = 0


#: Of a journey's events, and of what was answered.
Check: TypeAlias = Callable[[Sequence[Event], str], Verdict]

_NOT_MET = {
    "ja": "この旅では起きていません。課の条件で旅をし直してください。",
    "en": "This did not happen on this journey: go again with the lesson's conditions.",
}


def _of(events: Iterable[Event], layer: str, what: str, host: str = "") -> list[Event]:
    return [each for each in events if (each.layer, each.what) == (layer, what) and host in ("", each.host)]


def _typed(events: Sequence[Event]) -> int:
    """The event with which the journey itself begins; a look-up that warms the caches comes before."""
    return next((event.n for event in events if event.what == "address-typed"), 0)


def _value(found: Event | None, accepted: Iterable[str], answer: str, right: Texts, wrong: Texts) -> Verdict:
    if found is None:
        return Verdict(False, _NOT_MET)
    given = answer.strip().rstrip(".").replace(",", "").lower()
    if given in {one.lower() for one in accepted}:
        return Verdict(True, right, found.n)
    return Verdict(False, wrong)


def authority(events: Sequence[Event], answer: str) -> Verdict:
    """The server whose answer was authoritative."""
    found = next((one for one in _of(events, "dns", "answered", "isp-resolver") if one.data["authoritative"]), None)
    server = str(found.data["server"]) if found else ""
    names = [server, str(found.data.get("server_name", "")).rstrip(".")] if found else []
    return _value(
        found,
        names,
        answer,
        {
            "ja": f"正解。ルート、トップレベルドメインの次に問い合わせた {server} が、AAビットを立てて答えました。",
            "en": f"Right: {server}, asked after the root and the top-level domain, answered with the AA bit set.",
        },
        {
            "ja": "違います。紹介 (referral) ではなく、権威のある応答 (AA=1) を返したサーバはどれですか。",
            "en": "No. Which server answered with authority (AA=1) rather than with a referral?",
        },
    )


def cache(events: Sequence[Event], _: str) -> Verdict:
    """The browser's host asked nobody for a name, and its cache answered."""
    began = _typed(events)
    asked = [one for one in _of(events, "dns", "asked", "pc") if one.n > began]
    hits = [one for one in _of(events, "dns", "cache-hit", "pc") if one.n > began]
    if asked or not hits:
        return Verdict(
            False,
            {
                "ja": f"まだです。このPCはDNSの問合せを {len(asked)} 回送りました。",
                "en": f"Not yet: the PC sent {len(asked)} DNS queries.",
            },
            asked[0].n if asked else 0,
        )
    return Verdict(
        True,
        {
            "ja": "正解。キャッシュが答え、問合せのフレームは一つも出ませんでした。",
            "en": "Right: the cache answered, and no frame with a query left the PC.",
        },
        hits[0].n,
    )


def isn(events: Sequence[Event], answer: str) -> Verdict:
    """The initial sequence number of the PC's first connection, in decimal or hexadecimal."""
    found = next(iter(_of(events, "tcp", "isn-chosen", "pc")), None)
    number = int(found.data["isn"]) if found else 0
    return _value(
        found,
        (str(number), hex(number), f"0x{number:08x}"),
        answer,
        {
            "ja": f"正解。SYNのシーケンス番号 {number} です。接続ごとに予測しにくい値が選ばれます (RFC 6528)。",
            "en": f"Right: {number}, the sequence number of the SYN, hard to guess and new each time (RFC 6528).",
        },
        {
            "ja": "違います。PCが最初に送るSYNのシーケンス番号を、相対値でなく実際の値で見てください。",
            "en": "No. Look at the sequence number of the first SYN that the PC sends, as it is and not relative.",
        },
    )


def handshake(events: Sequence[Event], _: str) -> Verdict:
    """A SYN was lost and sent again, and the connection came about all the same."""
    again = [one for one in _of(events, "tcp", "segment-sent", "pc") if one.data.get("flags") == "SYN"]
    twice = next((one for one in again if sum(one.connection == other.connection for other in again) > 1), None)
    reached = twice is not None and any(
        one.connection == twice.connection and one.data.get("to") == "ESTABLISHED"
        for one in _of(events, "tcp", "state-changed", "pc")
    )
    if twice is None or not reached:
        return Verdict(
            False,
            {
                "ja": "まだです。SYNが再送されて、それでも確立したコネクションがありません。",
                "en": "Not yet: no connection was established by a SYN that had to be sent again.",
            },
        )
    last = [one for one in again if one.connection == twice.connection][-1]
    waited = (last.t - twice.t) / 1e9
    return Verdict(
        True,
        {
            "ja": f"正解。SYNは {waited:g} 秒後に再送され、3ウェイハンドシェイクが成立しました。最初のRTOは1秒です (RFC 6298)。",
            "en": f"Right: the SYN was sent again {waited:g} s later, and the handshake was completed. The first RTO is 1 s (RFC 6298).",
        },
        last.n,
    )


def path_mtu(events: Sequence[Event], answer: str) -> Verdict:
    """What the web server learnt of the way to the reader."""
    found = next(iter(_of(events, "ip", "path-mtu", "www")), None)
    mtu = str(found.data["mtu"]) if found else ""
    return _value(
        found,
        [mtu],
        answer,
        {
            "ja": f"正解。ICMPのタイプ3コード4が、次のリンクのMTU {mtu} を知らせました (RFC 1191)。",
            "en": f"Right: ICMP type 3 code 4 told the MTU of the next link, {mtu} (RFC 1191).",
        },
        {
            "ja": "違います。webサーバに届いたICMP「分割が必要だがDF=1」の中の値を見てください。",
            "en": "No. Look into the ICMP message “fragmentation needed” that reached the web server.",
        },
    )


def longest_match(events: Sequence[Event], answer: str) -> Verdict:
    """The route by which backbone-1 forwarded to the web server."""
    found = next(
        (
            one
            for one in _of(events, "ip", "forwarded", "backbone-1")
            if one.data.get("dst") == "203.0.113.80" and len(one.data.get("matches", ())) > 1
        ),
        None,
    )
    chosen = str(found.data["chosen"]) if found else ""
    count = len(found.data["matches"]) if found else 0
    return _value(
        found,
        [chosen],
        answer,
        {
            "ja": f"正解。一致した {count} つのエントリのうち、プレフィックスが最も長い {chosen} が選ばれました。",
            "en": f"Right: of {count} entries that matched, {chosen} has the longest prefix.",
        },
        {
            "ja": "違います。一致するエントリのうち、プレフィックス長が最も大きいものを 203.0.113.0/24 の形で答えてください。",
            "en": "No. Of the entries that match, which has the longest prefix? Write it as in 203.0.113.0/24.",
        },
    )


def arp_cache(events: Sequence[Event], _: str) -> Verdict:
    """The PC found the MAC address of its next hop without asking."""
    began = _typed(events)
    asked = [one for one in _of(events, "arp", "asked", "pc") if one.n > began]
    hits = [one for one in _of(events, "arp", "cache-hit", "pc") if one.n > began]
    if asked or not hits:
        return Verdict(
            False,
            {
                "ja": "まだです。旅の間に、PCはARP要求をブロードキャストしました。",
                "en": "Not yet: the PC broadcast an ARP request during the journey.",
            },
            asked[0].n if asked else 0,
        )
    mac = hits[0].data.get("mac", "")
    return Verdict(
        True,
        {
            "ja": f"正解。ARPテーブルにあった {mac} が使われ、ARP要求は出ませんでした。",
            "en": f"Right: {mac} stood in the ARP table, and no request was sent.",
        },
        hits[0].n,
    )


def napt(events: Sequence[Event], answer: str) -> Verdict:
    """The source that the first connection has outside."""
    found = next((one for one in _of(events, "ip", "nat-mapped") if one.data.get("protocol") == "tcp"), None)
    outside = str(found.data["outside"]) if found else ""
    inside = str(found.data["inside"]) if found else ""
    return _value(
        found,
        [outside],
        answer,
        {
            "ja": f"正解。送信元 {inside} は {outside} に書き換えられ、対応がNAPTの表に残りました。",
            "en": f"Right: the source {inside} became {outside}, and the table of NAPT keeps the pair.",
        },
        {
            "ja": "違います。家庭のルータから先で、SYNの送信元は何になりますか。アドレス:ポート の形で答えてください。",
            "en": "No. What is the source of the SYN beyond the home router? Write address:port.",
        },
    )


def time_wait(events: Sequence[Event], answer: str) -> Verdict:
    """Who stays in TIME-WAIT."""
    found = next((one for one in _of(events, "tcp", "state-changed") if one.data.get("to") == "TIME-WAIT"), None)
    host = found.host if found else ""
    return _value(
        found,
        [host],
        answer,
        {
            "ja": f"正解。先にFINを送った {host} が、MSLの2倍の時間だけTIME-WAITにとどまります (RFC 9293)。",
            "en": f"Right: {host} sent its FIN first and stays in TIME-WAIT for twice the MSL (RFC 9293).",
        },
        {
            "ja": "違います。TIME-WAITになるのは、先にコネクションを閉じた側です。機器の名前で答えてください。",
            "en": "No. The end that closes first gets there. Answer with the name of the machine.",
        },
    )
