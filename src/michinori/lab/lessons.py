"""Ten lessons in the order of the way: each a scenario, a question, an experiment, and the check of the answer."""

from __future__ import annotations

from typing import Any, Final, Literal

import msgspec

from michinori.lab import checks
from michinori.lab.checks import Check, Texts
from michinori.lab.errors import Refused
from michinori.lab.order import DEFAULT_URL


class Lesson(msgspec.Struct, kw_only=True, frozen=True):
    """One of them. ``kind``: a ``value`` is read from the journey and typed; an ``experiment`` is a journey that must
    turn out in a certain way; a ``rule`` is a fault for the message that goes by UDP and by TCP.
    """

    id: str
    title: Texts
    question: Texts
    hint: Texts
    kind: Literal["value", "experiment", "rule"] = "value"
    text: str = DEFAULT_URL
    """What is typed into the address bar."""
    part: str = "way"
    """The part of the report to look at first."""
    seen: str = "way"
    """The part that shows best the event by which the answer was checked."""
    check: Check | None = None
    """None for a rule, whose check is the experiment itself."""

    def shown(self) -> dict[str, Any]:
        """What the page is told, without the answer."""
        names = ("id", "title", "question", "hint", "kind", "text", "part", "seen")
        return {name: getattr(self, name) for name in names}


def lesson(name: str) -> Lesson:
    """Raises ``Refused``."""
    found = next((one for one in LESSONS if one.id == name), None)
    if found is None:
        raise Refused(f"課 {name!r} はありません", f"there is no lesson {name!r}", 404)
    return found


def _t(ja: str, en: str) -> Texts:
    return {"ja": ja, "en": en}


LESSONS: Final[tuple[Lesson, ...]] = (
    Lesson(
        id="dns-walk",
        title=_t("名前をたどる", "Walking down the names"),
        question=_t(
            "www.michinori.example のAレコードを答えた権威DNSサーバのIPアドレスは何ですか。",
            "Which authoritative name server, by IP address, answered with the A record of www.michinori.example?",
        ),
        hint=_t(
            "「全体の道のり」の往路3「名前解決」で、プロバイダのフルサービスリゾルバ (isp-resolver) の反復問合せを上から順に見ます。",
            "In the whole way, at “name resolution”, follow the iterative queries of the provider's resolver (isp-resolver).",
        ),
        seen="inspector",
        check=checks.authority,
    ),
    Lesson(
        id="dns-cache",
        title=_t("キャッシュに答えさせる", "Let the cache answer"),
        question=_t(
            "PCからDNSの問合せが一つも出ない旅をしてください。",
            "Make a journey on which no DNS query leaves the PC.",
        ),
        hint=_t(
            "「条件」を開き、DNSキャッシュを「名前を覚えている」にして、もう一度出発します。",
            "Open the conditions, let the DNS caches know the name, and go again.",
        ),
        kind="experiment",
        check=checks.cache,
    ),
    Lesson(
        id="handshake",
        title=_t("損失の中の3ウェイハンドシェイク", "A handshake under loss"),
        question=_t(
            "SYNが失われ、再送されて、それでもコネクションが確立する旅をしてください。",
            "Make a journey on which a SYN is lost, sent again, and the connection comes about all the same.",
        ),
        hint=_t(
            "「条件」の「障害」で、ケーブル access に「1番目のTCPセグメントを失う」を加えて出発します。",
            "Under “Faults” in the conditions, let the cable access lose the first TCP segment, and go.",
        ),
        kind="experiment",
        part="map",
        seen="ladder",
        check=checks.handshake,
    ),
    Lesson(
        id="isn",
        title=_t("初期シーケンス番号", "The initial sequence number"),
        question=_t(
            "PCが最初のTCPコネクションで選んだ初期シーケンス番号 (ISN) はいくつですか。",
            "Which initial sequence number (ISN) did the PC choose for its first TCP connection?",
        ),
        hint=_t(
            "「フレームの中身」で機器 pc のフレームを › で進め、最初のTCPセグメント (SYN) のシーケンス番号を見ます。"
            "10進でも16進 (0x…) でもかまいません。",
            "In the inspector, go on with › through the frames of pc to the first TCP segment (SYN), and look at its "
            "sequence number; decimal or 0x… will do.",
        ),
        part="inspector",
        seen="inspector",
        check=checks.isn,
    ),
    Lesson(
        id="udp",
        title=_t("UDPで「あいうえお」を壊す", "Break あいうえお by UDP"),
        question=_t(
            "「あいうえお」を1文字ずつ、UDPとTCPの両方で送ります。UDPでは壊れ、TCPでは無事に届くように、回線の障害を書いてください。",
            "あいうえお is sent a letter at a time, by UDP and by TCP. Write a fault of the line that breaks it by UDP alone.",
        ),
        hint=_t(
            "drop nth=3 なら3番目のパケットを失います。delay 15ms nth=2 なら2番目を遅らせ、順序が変わります。",
            "drop nth=3 loses the third packet; delay 15ms nth=2 delays the second, so that the order changes.",
        ),
        kind="rule",
    ),
    Lesson(
        id="path-mtu",
        title=_t("MSSと経路MTU", "MSS and path MTU"),
        question=_t(
            "webサーバは、経路MTU探索でPCへの経路のMTUをいくつと知りましたか（オクテット）。",
            "Which path MTU toward the PC did the web server learn, in octets?",
        ),
        hint=_t(
            "下の時刻のつまみを終わりまで動かし、地図の「ここまでに届かなかったもの」から、破棄された大きなパケットへ移ります。"
            "そこから「フレームの中身」で先へ進むと、返されたICMPの中に値があります。",
            "Drag time to the end, and follow “what did not get through so far” on the map to a large packet that was "
            "dropped. A little further on, in the inspector, the ICMP message that came back has the value.",
        ),
        part="map",
        seen="inspector",
        check=checks.path_mtu,
    ),
    Lesson(
        id="longest-match",
        title=_t("最長一致", "The longest match"),
        question=_t(
            "宛先がwebサーバ (203.0.113.80) のパケットに、ルータ backbone-1 が採用したエントリのプレフィックスは何ですか。",
            "By which prefix did backbone-1 forward packets to the web server (203.0.113.80)?",
        ),
        hint=_t(
            "地図で backbone-1 を選び、その下のルーティングテーブルで、宛先に一致するエントリを比べます。",
            "Choose backbone-1 on the map, and compare the entries of its routing table that match.",
        ),
        part="map",
        check=checks.longest_match,
    ),
    Lesson(
        id="arp",
        title=_t("ARPテーブルに答えさせる", "Let the ARP table answer"),
        question=_t(
            "URLを入力してから、PCがARP要求を一度も送らない旅をしてください。",
            "Make a journey on which the PC sends no ARP request once the URL is typed.",
        ),
        hint=_t(
            "直前に通信をしたPCは、次のルータのMACアドレスを覚えています。"
            "「条件」のDNSキャッシュを「名前を覚えている」にすると、PCは旅の前に名前を問い合わせます。",
            "A PC that has just sent something remembers the router's MAC address. With DNS caches that know the name, it "
            "has sent a query before the journey begins.",
        ),
        kind="experiment",
        check=checks.arp_cache,
    ),
    Lesson(
        id="napt",
        title=_t("NAPTが書き換えるもの", "What NAPT changes"),
        question=_t(
            "最初のTCPコネクションの送信元は、家庭のルータの外側では何になりますか（アドレス:ポート）。",
            "What is the source of the first TCP connection outside the home router (address:port)?",
        ),
        hint=_t(
            "「メッセージを追う」で「3ウェイハンドシェイク」を選び、home-router の前後の列で送信元を比べます。",
            "Follow one message, the three-way handshake, and compare the source before and behind home-router.",
        ),
        part="message",
        seen="message",
        check=checks.napt,
    ),
    Lesson(
        id="time-wait",
        title=_t("TIME-WAIT", "TIME-WAIT"),
        question=_t(
            "コネクションが閉じたあと、TIME-WAITにとどまるのはどの機器ですか。",
            "Which machine stays in TIME-WAIT after the connections are closed?",
        ),
        hint=_t(
            "先にFINを送った側です。下の時刻のつまみを終わりまで動かし、地図で pc と www を選んで、それぞれのソケットの状態を見ます。",
            "The end that sent its FIN first. Drag time to the end, choose pc and www on the map, and look at the state of "
            "their sockets.",
        ),
        part="map",
        seen="ladder",
        check=checks.time_wait,
    ),
)
