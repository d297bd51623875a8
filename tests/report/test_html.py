"""The report as a file: it needs nothing else, and runs nothing foreign."""

from __future__ import annotations

import base64
import hashlib
import json
import posixpath
import re
from html.parser import HTMLParser

import pytest
from journeys import walk

from michinori.report.html import VENDORED, assets

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
        self.references, self.handlers, self.scripts, self.styles = [], [], [], []
        self.policy, self._into = "", None
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self._into = None
        if tag == "script":
            self.scripts.append([given.get("type", ""), ""])
            self._into = self.scripts
        elif tag == "style":
            self.styles.append(["", ""])
            self._into = self.styles
        for name, value in attrs:
            if name in ("src", "href", "action", "data", "poster"):
                self.references.append(value)
            if name.startswith("on") or name == "style":
                self.handlers.append((tag, name))
        if given.get("http-equiv") == "Content-Security-Policy":
            self.policy = given["content"]

    def handle_endtag(self, tag):
        self._into = None

    def handle_data(self, data):
        if self._into is not None:
            self._into[-1][1] += data


def digest(text):
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"


def test_it_refers_to_nothing_outside(report):
    seen = Seen(report.read_text(encoding="utf-8"))
    assert seen.references == []
    assert seen.handlers == []


def test_its_policy_allows_its_own_style_and_start_alone(report):
    seen = Seen(report.read_text(encoding="utf-8"))
    inline = [text for kind, text in seen.scripts if kind != "application/octet-stream"]
    assert len(inline) == 2
    assert f"script-src 'strict-dynamic' {' '.join(map(digest, inline))};" in seen.policy
    assert f"style-src {' '.join(digest(text) for _, text in seen.styles)};" in seen.policy
    assert seen.policy.startswith("default-src 'none'; ")
    assert "unsafe" not in seen.policy


def test_every_module_is_there_and_finds_what_it_imports(report):
    seen = Seen(report.read_text(encoding="utf-8"))
    [modules] = [json.loads(text)["imports"] for kind, text in seen.scripts if kind == "importmap"]
    for name, url in modules.items():
        kind, _, octets = url.partition(",")
        assert kind == "data:text/javascript;charset=utf-8;base64"
        text = base64.b64decode(octets).decode()
        for target in re.findall(r'^(?:import|.*\bfrom) ?"([\w./-]+)";', text, re.MULTILINE):
            assert target in modules, f"{name} imports {target}"
    assert modules.keys() >= VENDORED.keys()


def test_what_came_from_the_wire_is_in_no_element(report):
    text = report.read_text(encoding="utf-8")
    assert "owned" not in re.sub(r"<title>[^<]*</title>", "", text)
    assert "<script>document" not in text


def test_every_text_of_the_modules_is_in_both_languages_and_in_the_words_of_the_examinations():
    found = 0
    for name, text in assets().items():
        if not name.endswith(".js") or name.startswith("vendor/"):
            continue
        japanese, english = (len(re.findall(rf"\b{language}: [`\"']", text)) for language in ("ja", "en"))
        assert japanese == english, name
        found += japanese
        for wrong in ("サーバー", "ルーター", "ヘッダー", "ブラウザー", "リゾルバー", "セッション層"):
            assert wrong not in text, posixpath.join(name, wrong)
    assert found > 50


def test_what_is_vendored_comes_with_its_licence():
    from importlib import resources

    folder = resources.files("michinori.report").joinpath("assets", "vendor")
    names = {entry.name for entry in folder.iterdir()}
    assert {"preact.LICENSE", "htm.LICENSE", "uplot.LICENSE"} <= names
