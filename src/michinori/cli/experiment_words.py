"""What ``michinori experiment`` says around what its experiments tell."""

from __future__ import annotations

from typing import Final

from michinori.cli.language import Language

_WORDS: Final[dict[str, dict[Language, str]]] = {
    "no-experiment": {"ja": "{name} という実験はありません", "en": "there is no experiment {name}"},
    "experiments": {
        "ja": "実験 (michinori experiment 名前):",
        "en": "Experiments (michinori experiment NAME):",
    },
    "way-virtual": {
        "ja": "仮想世界、乱数の種 {seed}。仮想時間で {took} の実験です。",
        "en": "In the virtual world, seed {seed}; it took {took} of virtual time.",
    },
    "way-os": {
        "ja": "このマシンのソケット (ループバック) で {took}。",
        "en": "On this machine's sockets (its loopback), {took}.",
    },
    "no-packets": {
        "ja": "パケットは記録していません。OSが見せるのは Linux で CAP_NET_RAW があるときだけです。",
        "en": "No packets were recorded: the operating system shows them on Linux alone, to those with CAP_NET_RAW.",
    },
    "packets": {
        "ja": "パケット ({capture}、→ サーバへ、← サーバから):",
        "en": "Packets ({capture}, → to the server, ← from it):",
    },
    "octets": {"ja": "{octets} オクテット", "en": "{octets} octets"},
    "octet": {"ja": "1 オクテット", "en": "1 octet"},
    "waited": {"ja": "{waited} 待ち", "en": "waited {waited}"},
    "at-once": {"ja": "待たない", "en": "at once"},
    "host-client": {"ja": "クライアント", "en": "client"},
    "host-server": {"ja": "サーバ", "en": "server"},
    "sockets": {"ja": "{host}のソケット ({when}):", "en": "Sockets of the {host} ({when}):"},
    "none": {"ja": "なし", "en": "none"},
    "files": {"ja": "書き出し先: {folder} ({files})", "en": "Written to {folder} ({files})"},
}


def say(key: str, language: Language, **values: object) -> str:
    """The sentence with its gaps filled."""
    return _WORDS[key][language].format(**values)
