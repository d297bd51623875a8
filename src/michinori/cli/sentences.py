"""What the command line says besides the story, in Japanese and in English."""

from __future__ import annotations

from typing import Final

from michinori.cli.language import Language

_SENTENCES: Final[dict[str, dict[Language, str]]] = {
    "wrong": {"ja": "できません: ", "en": ""},
    "on-the-way": {"ja": "道のりの途中", "en": "on the way"},
    "progress": {"ja": "仮想時間 {virtual} · フレーム {frames:,}", "en": "virtual time {virtual} · {frames:,} frames"},
    "arrived": {
        "ja": "到着: {url} {status} — 仮想 {virtual}、リクエスト {requests}、フレーム {frames}、破棄 {dropped}、再送 {retransmitted}",
        "en": "Arrived: {url} {status} — {virtual} virtual, {requests} requests, {frames} frames, {dropped} dropped, {retransmitted} retransmitted",
    },
    "arrived-os": {
        "ja": "到着: {url} {status} — {virtual}、リクエスト {requests}",
        "en": "Arrived: {url} {status} — {virtual}, {requests} requests",
    },
    "interrupted": {
        "ja": "中断しました。ここまでの記録は残しました。",
        "en": "Interrupted. What was gathered until then was kept.",
    },
    "files": {"ja": "書き出し先: {folder} ({files})", "en": "Written to {folder} ({files})"},
    "not-drawn": {"ja": "絵は描かれませんでした: {why}", "en": "The picture was not drawn: {why}"},
}


def say(key: str, language: Language, **values: object) -> str:
    """The sentence with its gaps filled."""
    return _SENTENCES[key][language].format(**values)
