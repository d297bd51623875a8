"""The pages of the search engine: its front page and its results, in Japanese or in English."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Final

from michinori.world.search_index import Hit

_MOST_SHOWN: Final = 20

_STYLE: Final = """
body { margin: 0; font: 16px/1.7 "Noto Sans", "Noto Sans JP", "Noto Sans CJK JP", sans-serif; color: #1f2733; background: #fbfaf7; }
header { background: #fff; border-bottom: 1px solid #e2dfd6; padding: 18px 40px; }
.brand { font-size: 22px; font-weight: 700; color: #0b6b63; margin: 0 0 10px; }
.brand span { color: #b2431e; }
.box { border: 2px solid #0b6b63; border-radius: 22px; background: #fff; padding: 7px 20px; width: 520px; font-size: 17px; }
.front { text-align: center; padding: 130px 40px; }
.front .brand { font-size: 46px; margin-bottom: 18px; }
.front .box { margin: 0 auto; color: #8a8f98; text-align: left; }
main { padding: 14px 40px 50px; max-width: 760px; }
.count { color: #68717f; font-size: 14px; }
article { margin: 0 0 22px; }
article .url { color: #4f6b4c; font-size: 13px; }
h2 { font-size: 20px; font-weight: 600; margin: 0; line-height: 1.4; }
a { color: #15519b; text-decoration: none; }
article p { margin: 2px 0 0; font-size: 15px; color: #3c4654; }
article p.missing { font-size: 13px; color: #8a5a3c; }
mark { background: #fdeeb5; color: inherit; padding: 0 2px; }
.none { background: #fff; border: 1px solid #e2dfd6; border-radius: 12px; padding: 16px 24px; }
footer { border-top: 1px solid #e2dfd6; color: #68717f; font-size: 13px; padding: 14px 40px; }
"""

_TEXTS: Final = {
    "ja": {
        "name": "道しるべ検索",
        "hint": "調べたい言葉をアドレスバーに入力してください",
        "count": "{pages} ページのうち {hits} ページに見つかりました",
        "missing": "含まれない言葉: {words}",
        "none": "「{words}」を含むページは見つかりませんでした。",
        "advice": "この検索エンジンが知っているのは、この小さなインターネットにある {pages} ページだけです。別の言葉で試してください。",
        "footer": "search.example は小さなインターネットの検索エンジンです。順位は、言葉が題名・見出し・本文に現れる回数だけで決まります。",
    },
    "en": {
        "name": "Signpost Search",
        "hint": "type words into the address bar",
        "count": "found on {hits} of {pages} pages",
        "missing": "missing: {words}",
        "none": "No page holds “{words}”.",
        "advice": "This search engine knows only the {pages} pages of this little internet. Try other words.",
        "footer": "search.example is the search engine of the little internet. Pages are ranked by how often the words occur in title, headings and text, and by nothing else.",
    },
}


def front_page(language: str) -> str:
    """The page without words."""
    texts = _TEXTS[language]
    body = f'<div class="front"><p class="brand">{_brand(language)}</p><div class="box">{escape(texts["hint"])}</div></div>'
    return _document(language, texts["name"], body)


def results_page(words: str, hits: Sequence[Hit], pages: int, language: str) -> str:
    """The page of what was found; it says so honestly when nothing was."""
    texts = _TEXTS[language]
    head = f'<header><p class="brand">{_brand(language)}</p><div class="box">{escape(words)}</div></header>'
    if hits:
        count = f'<p class="count">{escape(texts["count"].format(pages=pages, hits=len(hits)))}</p>'
        body = count + "".join(_article(hit, language) for hit in hits[:_MOST_SHOWN])
    else:
        none = escape(texts["none"].format(words=words))
        body = f'<p class="count">&nbsp;</p><div class="none"><h2>{none}</h2><p>{escape(texts["advice"].format(pages=pages))}</p></div>'
    footer = f"<footer>{escape(texts['footer'])}</footer>"
    return _document(language, f"{words} - {texts['name']}", f"{head}<main>{body}</main>{footer}")


def _article(hit: Hit, language: str) -> str:
    match = f"<mark>{escape(hit.match)}</mark>" if hit.match else ""
    missing = ""
    if hit.missing:
        said = _TEXTS[language]["missing"].format(words=", ".join(hit.missing))
        missing = f'<p class="missing">{escape(said)}</p>'
    return (
        f'<article><div class="url">{escape(hit.page.url)}</div><h2><a href="{escape(hit.page.url)}">{escape(hit.page.title)}</a></h2>'
        f"<p>{escape(hit.before)}{match}{escape(hit.after)}</p>{missing}</article>"
    )


def _brand(language: str) -> str:
    return "道しるべ<span>検索</span>" if language == "ja" else "Signpost <span>Search</span>"


def _document(language: str, title: str, body: str) -> str:
    return (
        f'<!doctype html>\n<html lang="{language}"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head><body>{body}</body></html>\n'
    )
