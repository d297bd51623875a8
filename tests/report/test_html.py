"""The report: one file that needs nothing else and runs nothing foreign."""

from __future__ import annotations

import base64
import hashlib
import re
import shutil
import subprocess
from html.parser import HTMLParser

import pytest
from journeys import walk

WWW = "http://www.michinori.example/"
EVIL = """<!doctype html><title></script><script>document.title="owned"</script></title>
<h1 onclick="x()"><img src="/&quot;onerror=&quot;x()"><script>x()</script>"""


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """A journey to a site that tries to get into the report."""
    site = tmp_path_factory.mktemp("site")
    (site / "index.html").write_text(EVIL)
    walked = walk(
        tmp_path_factory.mktemp("report") / "out",
        'http://evil.example/?"><script>document.title="owned"</script>',
        sites=(f"evil.example={site}",),
    )
    assert walked.exit_status == 0
    return walked.folder / "journey.html"


class Seen(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.references, self.handlers, self.pieces = [], [], [], {"script": [], "style": []}
        self.policy = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        for name, value in attrs:
            if name in ("src", "href", "action", "data", "poster"):
                self.references.append(value)
            if name.startswith("on") or name == "style":
                self.handlers.append((tag, name))
            if (tag, name, dict(attrs).get("http-equiv")) == ("meta", "content", "Content-Security-Policy"):
                self.policy = value

    def handle_data(self, data):
        if self.lasttag in self.pieces:
            self.pieces[self.lasttag].append(data)
            self.lasttag = ""


def test_it_refers_to_nothing_but_itself_and_the_files_beside_it(report):
    seen = Seen(report.read_text(encoding="utf-8"))
    for reference in seen.references:
        assert re.match(r"#|data:image/png;base64,|(captures/)?[\w.-]+$", reference), reference
    assert seen.handlers == []


def test_its_policy_allows_its_own_style_and_script_alone(report):
    seen = Seen(report.read_text(encoding="utf-8"))
    assert seen.tags.count("script") == seen.tags.count("style") == 1
    assert "default-src 'none'" in seen.policy
    for kind in ("script", "style"):
        [text] = seen.pieces[kind]
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in seen.policy


def test_every_text_is_there_in_both_languages(home_report):
    text = home_report.read_text(encoding="utf-8")
    assert text.count('<span lang="ja">') == text.count('<span lang="en">') > 100
    assert "3ウェイハンドシェイク" in text
    assert "Three-way handshake" in text
    assert "サーバー" not in text
    assert "ルーター" not in text


@pytest.fixture(scope="module")
def home_report(tmp_path_factory):
    return walk(tmp_path_factory.mktemp("home") / "out", WWW).folder / "journey.html"


def dom(file, fragment=""):
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("chromium is not installed")
    arguments = ["--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=2000", "--dump-dom"]
    done = subprocess.run(
        [chromium, *arguments, f"file://{file}#{fragment}"], capture_output=True, text=True, timeout=60, check=True
    )
    assert "Refused to" not in done.stderr
    return done.stdout


@pytest.mark.peer
def test_chromium_runs_its_own_script_and_nothing_else(report):
    told = dom(report)
    assert 'data-lang="en"' in told
    assert re.search(r"<title>([^<]*)</title>", told)[1] != "owned"


@pytest.mark.peer
def test_the_language_and_the_theme_can_be_chosen(report):
    assert re.search(r'<html [^>]*data-lang="ja"[^>]*data-theme="dark"', dom(report, "lang=ja&theme=dark"))
