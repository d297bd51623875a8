"""What is wrong with what was typed, and why a system refuses."""

from __future__ import annotations

from typing import Final

SENTENCES: Final[tuple[tuple[str, str], ...]] = (
    # What stands around a sentence.
    ("Invalid value for {name}: {why}", "{name} の値が正しくありません: {why}"),
    ("[{place}] fault rule {rule}: {why}", "[{place}] 障害の規則 {rule}: {why}"),
    ("fault rule {rule}: {why}", "障害の規則 {rule}: {why}"),
    # Folders and files.
    ("The folder {path} cannot be written: {why}; choose another with {option}", "フォルダ {path} に書けません ({why})。{option} で別の場所を選んでください"),
    ("{path} cannot be written: {why}; choose another folder with {option}", "{path} に書けません ({why})。{option} で別のフォルダを選んでください"),
    ("{path} cannot be written ({why}): choose another with --dir", "{path} に書けません ({why})。--dir で別の場所を選んでください"),
    (
        "{path} is there already and is no earlier result as Michinori wrote it: choose another folder with {option}, or replace it with --force",
        "{path} はすでにあり、Michinoriが書いたままの結果ではありません。{option} で別のフォルダを選ぶか、--force で置き換えてください",
    ),
    # The command line itself.
    ("nothing was typed: give a URL, or some words to search for", "何も入力されていません。URLか、検索する言葉を書いてください"),
    ("the output cannot be written ({why}): make room, or send it elsewhere", "出力を書けません ({why})。空きを作るか、別の所へ出力してください"),
    ("No such command {name}. Did you mean {near}?", "{name} というコマンドはありません。{near} のことでしょうか"),
    ("No such command {name}.", "{name} というコマンドはありません"),
    ("No such option {name}. Did you mean {near}?", "{name} というオプションはありません。{near} のことでしょうか"),
    ("No such option {name}. (Possible options: {near})", "{name} というオプションはありません。{near} のことでしょうか"),
    ("No such option {name}.", "{name} というオプションはありません"),
    ("No such option {name}", "{name} というオプションはありません"),
    ("Missing option {name}.", "{name} が要ります"),
    ("Missing argument {name}.", "{name} が要ります"),
    ("Missing command.", "コマンドが要ります"),
    ("Option {name} requires an argument.", "{name} には値が要ります"),
    ("Option {name} does not take a value.", "{name} に値は付きません"),
    ("Got unexpected extra argument ({name})", "余分な引数があります ({name})"),
    ("Got unexpected extra arguments ({name})", "余分な引数があります ({name})"),
    ("{value} is not one of {choices}.", "{value} は {choices} のどれでもありません"),
    ("{value} is not in the range {range}.", "{value} は範囲 {range} にありません"),
    ("{value} is not a valid integer.", "{value} は整数ではありません"),
    ("{value} is not a valid integer range.", "{value} は整数ではありません"),
    ("{value} is not a valid float range.", "{value} は数ではありません"),
    # Programs.
    ("another program", "別のプログラム"),
    ("{name} (process {number})", "{name} (プロセス {number})"),
    # Reasons of the operating system.
    ("[Errno {number}] {why}", "{why}"),
    ("[Errno {number}] {why}: {path}", "{path}: {why}"),
    ("Permission denied", "権限がありません"),
    ("Operation not permitted", "権限がありません"),
    ("No space left on device", "空き容量がありません"),
    ("Disk quota exceeded", "割り当てられた容量を使い切りました"),
    ("Read-only file system", "読むことしかできないファイルシステムです"),
    ("No such file or directory", "ファイルもフォルダもありません"),
    ("Is a directory", "フォルダです"),
    ("Not a directory", "フォルダではありません"),
    ("File exists", "同じ名前のファイルがあります"),
    ("File name too long", "名前が長すぎます"),
    ("Name or service not known", "その名前は知られていません"),
    ("Cannot assign requested address", "このマシンのアドレスではありません"),
    ("Input/output error", "入出力の誤り"),
    ("nodename nor servname provided, or not known", "その名前は知られていません"),
    ("Temporary failure in name resolution", "DNSサーバが応答しません"),
    ("Address family not supported by protocol", "この種類のアドレスは、ここでは使えません"),
    ("Connection refused", "接続が拒否されました"),
    ("Connection timed out", "応答がありません"),
    ("No route to host", "ホストに届きません"),
    ("Host is unreachable", "ホストに届きません"),
    ("Network is unreachable", "ネットワークに届きません"),
    ("Connection reset by peer", "相手がコネクションをリセットしました"),
    ("Broken pipe", "相手がもう受け取りません"),
    ("Address already in use", "もう使われています"),
)  # fmt: skip
