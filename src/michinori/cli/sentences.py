"""What the command line says besides the story, in Japanese and in English."""

from __future__ import annotations

from typing import Final

from michinori.cli.language import Language

_SENTENCES: Final[dict[str, dict[Language, str]]] = {
    "on-the-way": {"ja": "道のりの途中", "en": "on the way"},
    "progress": {"ja": "仮想時間 {virtual} · フレーム {frames:,}", "en": "virtual time {virtual} · {frames:,} frames"},
    "progress-tap": {"ja": "{virtual} · フレーム {frames:,}", "en": "{virtual} · {frames:,} frames"},
    "arrived": {
        "ja": "到着: {url} {status} — 仮想 {virtual}、リクエスト {requests}、フレーム {frames}、破棄 {dropped}、再送 {retransmitted}",
        "en": "Arrived: {url} {status} — {virtual} virtual, {requests} requests, {frames} frames, {dropped} dropped, {retransmitted} retransmitted",
    },
    "arrived-tap": {
        "ja": "到着: {url} {status} — {virtual}、リクエスト {requests}、フレーム {frames}、破棄 {dropped}、再送 {retransmitted}",
        "en": "Arrived: {url} {status} — {virtual}, {requests} requests, {frames} frames, {dropped} dropped, {retransmitted} retransmitted",
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
    "serve-serving": {
        "ja": "{targets} を {url} で公開しています (終わるには Ctrl-C)",
        "en": "Serving {targets} at {url} (Ctrl-C ends it)",
    },
    "serve-serving-workers": {
        "ja": "{targets} を {url} で公開しています (プロセス {workers} 個、終わるには Ctrl-C)",
        "en": "Serving {targets} at {url} with {workers} processes (Ctrl-C ends it)",
    },
    "serve-stopping": {
        "ja": "終了します。コネクション {connections} 本の応答が済むまで、長くて {grace_s:g} 秒待ちます (もう一度 Ctrl-C で即時終了)",
        "en": "Stopping; open connections: {connections}, with {grace_s:g} s for their answers (Ctrl-C again ends it at once)",
    },
    "serve-stopping-idle": {"ja": "終了します", "en": "Stopping"},
    "serve-log-lost": {
        "ja": "アクセスログに書けません ({why})。書けるようになるまでの行は失われます",
        "en": "The access log cannot be written ({why}): lines are lost until it can be again",
    },
    "serve-log-again": {"ja": "アクセスログにまた書けるようになりました", "en": "The access log can be written again"},
    "serve-stopping-workers": {
        "ja": "終了します。プロセス {workers} 個の応答が済むまで、長くて {grace_s:g} 秒待ちます (もう一度 Ctrl-C で即時終了)",
        "en": "Stopping: {workers} processes have {grace_s:g} s to finish their answers (Ctrl-C again ends it at once)",
    },
    "serve-worker-ended": {
        "ja": "プロセス {process} が状態 {status} で終わったので、新しく始めます",
        "en": "Process {process} ended with status {status}: starting another",
    },
    "serve-reloaded": {"ja": "設定を読み直しました", "en": "Read the settings anew"},
    "serve-not-reloaded": {
        "ja": "設定を読み直せないため、前のまま続けます: {why}",
        "en": "Going on with the old settings, as the new ones are wrong: {why}",
    },
    "serve-advice": {
        "ja": "証明書には {ca} の認証局が署名しています。信頼させるには、クライアントに渡すか (curl --cacert {ca})、ブラウザにサイトの認証局として読み込みます",
        "en": "The certificate is signed by {ca}. To trust it, give it to the client (curl --cacert {ca}) or import it into the browser as an authority for websites",
    },
    "serve-kept": {
        "ja": "記録を書き出しました: {folder} ({files})",
        "en": "Kept what was served in {folder} ({files})",
    },
    "password": {"ja": "パスワード", "en": "Password"},
    "password-again": {"ja": "もう一度", "en": "Once more"},
    "lab-ready": {
        "ja": "ラボを {url} で開いています (終わるには Ctrl-C)",
        "en": "The lab is at {url} (Ctrl-C ends it)",
    },
    "tap-up": {
        "ja": "TAP デバイス {name} を用意しました{where}。カーネル側は {address}、こちら側には例えば {ours} を使います",
        "en": "The TAP device {name} is there{where}: the kernel is {address}; take {ours}, for example, for our side",
    },
    "tap-namespace": {"ja": " (ネットワーク名前空間 {namespace})", "en": " in the network namespace {namespace}"},
    "tap-down": {"ja": "TAP デバイス {name} を取り除きました", "en": "The TAP device {name} is gone"},
    "tap-namespace-down": {
        "ja": "ほかに何もないので、ネットワーク名前空間 {namespace} も取り除きました",
        "en": "The network namespace {namespace} is gone too, as nothing else was in it",
    },
    "not-drawn": {"ja": "絵は描かれませんでした: {why}", "en": "The picture was not drawn: {why}"},
}


def say(key: str, language: Language, **values: object) -> str:
    """The sentence with its gaps filled."""
    return _SENTENCES[key][language].format(**values)
