"""How the answers of the lessons are checked: by the events of the reader's own journey, and by nothing else."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, TypeAlias

import msgspec

from michinori.trace import Event, effects

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


_UNIT: Final = re.compile(r"\s*(オクテット|バイト|octets?|bytes?)$")


def plain(answer: str) -> str:
    """What was meant: a Japanese keyboard types full-width digits and stops, and units and commas say nothing more."""
    given = unicodedata.normalize("NFKC", answer).strip().lower().rstrip(".。")
    return _UNIT.sub("", given).replace(",", "")


def _value(
    found: Event | None,
    accepted: Iterable[str],
    answer: str,
    right: Texts,
    wrong: Texts,
    likely: Mapping[str, Texts] | None = None,
) -> Verdict:
    """``likely``: what may be answered by mistake, and what that is in truth."""
    if found is None:
        return Verdict(False, _NOT_MET)
    given = plain(answer)
    if given in {plain(one) for one in accepted}:
        return Verdict(True, right, found.n)
    return Verdict(False, (likely or {}).get(given, wrong))


def authority(events: Sequence[Event], answer: str) -> Verdict:
    """The server whose answer was authoritative."""
    found = next((one for one in _of(events, "dns", "answered", "isp-resolver") if one.data["authoritative"]), None)
    server = str(found.data["server"]) if found else ""
    names = [server, str(found.data.get("server_name", "")).rstrip(".")] if found else []
    referred = {
        str(one.data["server"]): str(one.data["zone"]) for one in _of(events, "dns", "referred", "isp-resolver")
    }
    asked = {str(one.data["server"]) for one in _of(events, "dns", "asked", "pc")}
    return _value(
        found,
        names,
        answer,
        {
            "ja": f"正解。ルート、トップレベルドメインの次に問い合わせた {server} が、AAビットを立てて答えました (RFC 1035)。",
            "en": f"Right: {server}, asked after the root and the top-level domain, answered with the AA bit set (RFC 1035).",
        },
        {
            "ja": "違います。紹介 (referral) ではなく、権威のある応答 (AA=1) を返したサーバはどれですか。",
            "en": "No. Which server answered with authority (AA=1) rather than with a referral?",
        },
        {server: _referral(zone) for server, zone in referred.items()} | dict.fromkeys(asked, _RESOLVER),
    )


def _referral(zone: str) -> Texts:
    return {
        "ja": f"違います。そのサーバは {zone} の権威DNSサーバを紹介 (referral) しただけで、AAビットは0です。",
        "en": f"No: that one only referred to the servers of {zone}, with the AA bit 0.",
    }


_RESOLVER: Final[Texts] = {
    "ja": "違います。それはPCが再帰的な問合せを送ったフルサービスリゾルバで、人に聞いた答えを返します (AA=0)。",
    "en": "No: that is the full-service resolver that the PC asked; it passes on what it was told (AA=0).",
}


def cache(events: Sequence[Event], _: str) -> Verdict:
    """The browser's host asked nobody for a name, and its cache answered."""
    began = _typed(events)
    asked = [one for one in _of(events, "dns", "asked", "pc") if one.n > began]
    hits = [one for one in _of(events, "dns", "cache-hit", "pc") if one.n > began]
    if asked:
        return Verdict(
            False,
            {
                "ja": f"まだです。このPCはDNSの問合せを {len(asked)} 回送りました。",
                "en": f"Not yet: DNS queries that the PC sent: {len(asked)}.",
            },
            asked[0].n,
        )
    if not hits:
        return Verdict(
            False,
            {
                "ja": "まだです。この旅では名前を調べていません。ホスト名の入ったURLで旅をしてください。",
                "en": "Not yet: no name was looked up at all. Make the journey to a URL with a host name.",
            },
        )
    return Verdict(
        True,
        {
            "ja": "正解。キャッシュが答え、問合せは一つも出ませんでした。覚えた資源レコードは、TTLの秒数だけ使えます (RFC 1035)。",
            "en": "Right: the cache answered, and no query left the PC. A record may be used for the seconds of its TTL (RFC 1035).",
        },
        hits[0].n,
    )


def isn(events: Sequence[Event], answer: str) -> Verdict:
    """The initial sequence number of the PC's first connection, in decimal or hexadecimal."""
    found = next(iter(_of(events, "tcp", "isn-chosen", "pc")), None)
    number = int(found.data["isn"]) if found else 0
    syn = next((one for one in _of(events, "tcp", "segment-sent", "pc") if one.data.get("seq") == number), found)
    servers = [str(one.data["isn"]) for one in _of(events, "tcp", "isn-chosen") if one.host != "pc"]
    return _value(
        syn if found else None,
        (str(number), hex(number), f"0x{number:08x}"),
        answer,
        {
            "ja": f"正解。SYNのシーケンス番号 {number} です。コネクションごとに、予測しにくい値が選ばれます (RFC 6528)。",
            "en": f"Right: {number}, the sequence number of the SYN, hard to guess and new for each connection (RFC 6528).",
        },
        {
            "ja": "違います。PCが最初に送るSYNのシーケンス番号を、相対値でなく実際の値で見てください。",
            "en": "No. Look at the sequence number of the first SYN that the PC sends, as it is and not relative.",
        },
        dict.fromkeys(servers, _ISN_OF_SERVER)
        | {str((number + 1) % 2**32): _ISN_AND_ONE}
        | dict.fromkeys(("0", "1"), _RELATIVE),
    )


_ISN_OF_SERVER: Final[Texts] = {
    "ja": "違います。それはwebサーバがSYN/ACKで伝えた、サーバ側のISNです。ISNは両端がそれぞれ選びます。",
    "en": "No: that is the server's, told in the SYN/ACK. Each end chooses one of its own.",
}
_ISN_AND_ONE: Final[Texts] = {
    "ja": "違います。それはISN+1、つまりSYN/ACKの確認応答番号です。SYNは1オクテット分に数えられます。",
    "en": "No: that is ISN+1, the acknowledgment number of the SYN/ACK, since a SYN counts as one octet.",
}
_RELATIVE: Final[Texts] = {
    "ja": "違います。それは相対シーケンス番号です。パケットに入っている実際の値を見てください。",
    "en": "No: that is a relative number. Look at the one that the packet really carries.",
}


def handshake(events: Sequence[Event], _: str) -> Verdict:
    """A SYN was lost and sent again, and the connection came about all the same."""
    syns: dict[str, list[Event]] = {}
    for one in _of(events, "tcp", "segment-sent", "pc"):
        if one.data.get("flags") == "SYN":
            syns.setdefault(one.connection, []).append(one)
    reached = {
        one.connection for one in _of(events, "tcp", "state-changed", "pc") if one.data.get("to") == "ESTABLISHED"
    }
    again = [sent for connection, sent in syns.items() if len(sent) > 1 and connection in reached]
    lost = next((sent for sent in again if not _arrived(events, sent[0])), None)
    if lost is None:
        return Verdict(False, _ANSWER_LOST if again else _NO_SYN_AGAIN)
    first, *others = lost
    after = [f"{(one.t - first.t) / 1e9:g}" for one in others]
    return Verdict(
        True,
        {
            "ja": f"正解。SYNは {'、'.join(after)} 秒後に再送され、3ウェイハンドシェイクが成立しました。"
            "最初のRTOは1秒で、再送のたびに2倍になります (RFC 6298)。",
            "en": f"Right: the SYN was sent again {', '.join(after)} s later, and the handshake was completed. "
            "The first RTO is 1 s, doubled each time (RFC 6298).",
        },
        others[0].n,
    )


def _arrived(events: Iterable[Event], sent: Event) -> bool:
    return any((one.layer, one.what) == ("tcp", "segment-received") for one in effects(events, sent.n))


_NO_SYN_AGAIN: Final[Texts] = {
    "ja": "まだです。SYNが再送されて、それでも確立したコネクションがありません。",
    "en": "Not yet: no connection was established by a SYN that had to be sent again.",
}
_ANSWER_LOST: Final[Texts] = {
    "ja": "まだです。SYNは再送されましたが、失われたのはSYNではなく、届いたSYNへのSYN/ACKでした。",
    "en": "Not yet: a SYN was sent again, but what was lost was the SYN/ACK that answered it.",
}


def path_mtu(events: Sequence[Event], answer: str) -> Verdict:
    """What the web server learnt of the way to the reader."""
    found = next(iter(_of(events, "ip", "path-mtu", "www")), None)
    mtu = int(found.data["mtu"]) if found else 0
    mss = mtu - 40
    return _value(
        found,
        [str(mtu)],
        answer,
        {
            "ja": f"正解。ICMPのタイプ3コード4が、次のリンクのMTU {mtu} を知らせました (RFC 1191)。MSSなら {mss}、"
            "IPヘッダとTCPヘッダの20オクテットずつを引いた値です。",
            "en": f"Right: ICMP type 3 code 4 told the MTU of the next link, {mtu} (RFC 1191). As an MSS that is {mss}: "
            "20 octets less for the IP header and 20 for the TCP header.",
        },
        {
            "ja": "違います。webサーバに届いたICMP「分割が必要だがDF=1」の中の値を見てください。",
            "en": "No. Look into the ICMP message “fragmentation needed” that reached the web server.",
        },
        {
            str(mss): {
                "ja": "違います。それはMSSです。MTUは、IPヘッダとTCPヘッダ (20オクテットずつ) も含むパケットの大きさです。",
                "en": "No: that is the MSS. The MTU is the size of a packet with its IP and TCP headers, 20 octets each.",
            },
            "1500": {
                "ja": "違います。それはイーサネットのMTUで、その大きさのパケットが途中で破棄されました。",
                "en": "No: that is the MTU of Ethernet, and packets of that size were dropped on the way.",
            },
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
            "ja": f"正解。一致した {count} つのエントリのうち、プレフィックスが最も長い {chosen} が選ばれました (最長一致、RFC 1812)。",
            "en": f"Right: of {count} entries that matched, {chosen} has the longest prefix (RFC 1812).",
        },
        {
            "ja": "違います。一致するエントリのうち、プレフィックス長が最も大きいものを 203.0.113.0/24 の形で答えてください。",
            "en": "No. Of the entries that match, which has the longest prefix? Write it as in 203.0.113.0/24.",
        },
        dict.fromkeys([str(one["prefix"]) for one in found.data["matches"]] if found else [], _SHORTER),
    )


_SHORTER: Final[Texts] = {
    "ja": "違います。そのエントリも一致しますが、一致するエントリの中に、もっと長いプレフィックスのものがあります。",
    "en": "No: that entry matches too, but another that matches has a longer prefix.",
}


def arp_cache(events: Sequence[Event], _: str) -> Verdict:
    """The PC found the MAC address of its next hop without asking."""
    began = _typed(events)
    asked = [one for one in _of(events, "arp", "asked", "pc") if one.n > began]
    hits = [one for one in _of(events, "arp", "cache-hit", "pc") if one.n > began]
    if asked:
        return Verdict(
            False,
            {
                "ja": "まだです。旅の間に、PCはARP要求をブロードキャストしました。",
                "en": "Not yet: the PC broadcast an ARP request during the journey.",
            },
            asked[0].n,
        )
    if not hits:
        return Verdict(
            False,
            {
                "ja": "まだです。この旅ではパケットが一つも出ていません。URLを確かめてください。",
                "en": "Not yet: no packet left the PC on this journey. Check the URL.",
            },
        )
    mac = hits[0].data.get("mac", "")
    return Verdict(
        True,
        {
            "ja": f"正解。ARPテーブルにあった {mac} (家庭のルータのMACアドレス) が使われ、ARP要求は出ませんでした (RFC 826)。",
            "en": f"Right: {mac}, the home router's, stood in the ARP table, and no request was sent (RFC 826).",
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
            "ja": f"正解。送信元 {inside} は {outside} に書き換えられ、対応がNAPTの表に残りました (RFC 3022)。"
            "外側は、グローバルIPアドレスの代わりの文書用アドレスです。",
            "en": f"Right: the source {inside} became {outside}, and the table of NAPT keeps the pair (RFC 3022). "
            "The address outside, kept for documentation, stands for a global one.",
        },
        {
            "ja": "違います。家庭のルータから先で、SYNの送信元は何になりますか。アドレス:ポート の形で答えてください。",
            "en": "No. What is the source of the SYN beyond the home router? Write address:port.",
        },
        {
            inside: {
                "ja": "違います。それは内側の送信元で、プライベートIPアドレスです。",
                "en": "No: that is the source inside, with a private address.",
            },
            outside.partition(":")[0]: {
                "ja": "アドレスは合っています。ポート番号も、アドレス:ポート の形で答えてください。",
                "en": "The address is right. Add the port: address:port.",
            },
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
            "ja": f"正解。先にFINを送った {host} が、MSLの2倍の時間だけTIME-WAITにとどまります (RFC 9293)。"
            "最後のACKが失われたら送り直し、古いセグメントが消えるのを待つためです。",
            "en": f"Right: {host} sent its FIN first and stays in TIME-WAIT for twice the MSL (RFC 9293): its last ACK "
            "may have to be sent again, and old segments have to die out.",
        },
        {
            "ja": "違います。TIME-WAITになるのは、先にコネクションを閉じた側です。機器の名前で答えてください。",
            "en": "No. The end that closes first gets there. Answer with the name of the machine.",
        },
    )
