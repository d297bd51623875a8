"""The painter in a process of its own: whatever happens to it, the page is merely not drawn."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from webs import browse

from michinori.browser import Settings, Viewport, apart
from michinori.browser.errors import NotDrawn
from michinori.browser.picture import Box, Picture

PICTURE = Picture(b"png" * 100_000, 3, 4, "test", True, [Box("h1", 1, 2, 3, 4, "題", "u")])

pytestmark = pytest.mark.skipif(not apart.can_fork(), reason="processes are not forked here")


def test_the_picture_comes_back_whole() -> None:
    assert apart.paint_apart(lambda: PICTURE) == PICTURE


def test_a_reason_comes_back() -> None:
    def refuse() -> Picture:
        raise NotDrawn("for a good reason")

    with pytest.raises(NotDrawn, match="for a good reason"):
        apart.paint_apart(refuse)


@pytest.mark.parametrize("number", [signal.SIGABRT, signal.SIGSEGV, signal.SIGKILL, signal.SIGXCPU])
def test_a_crash_is_a_reason(number: signal.Signals) -> None:
    def crash() -> Picture:
        os.kill(os.getpid(), number)
        return PICTURE

    with pytest.raises(NotDrawn, match=number.name):
        apart.paint_apart(crash)


def test_an_unforeseen_error_is_a_reason() -> None:
    def err() -> Picture:
        raise ZeroDivisionError

    with pytest.raises(NotDrawn, match="exit status 1"):
        apart.paint_apart(err)


def test_nobody_is_left_behind() -> None:
    test_the_picture_comes_back_whole()
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def test_beside_other_threads_nothing_is_forked() -> None:
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    try:
        assert not apart.can_fork()
        page = browse({"/": "<title>x</title>"}, settings=Settings(viewport=Viewport(60, 40)))
        assert page.picture is not None
    finally:
        done.set()
        thread.join()


def alone(code: str) -> str:
    """What a process prints in which nothing else has been done: no other threads, whatever other tests have left."""
    support = Path(__file__).parents[1] / "support"
    path = os.pathsep.join([str(Path(apart.__file__).parents[2]), str(support)])
    environment = {**os.environ, "PYTHONPATH": path}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_a_page_that_breaks_the_painter_is_opened_all_the_same() -> None:
    # An assertion in the library's line layout, found by throwing random pages at it.
    breaking = Path(__file__).parent / "breaks_the_painter.html"
    code = (
        "from pathlib import Path; from webs import browse;"
        f"page = browse({{'/': Path({str(breaking)!r}).read_bytes()}});"
        "print(page.shown, page.picture is not None or 'SIGABRT' in page.not_drawn)"
    )
    assert alone(code) == "html True\n"


def test_both_ways_draw_the_same() -> None:
    code = (
        "import hashlib;from michinori.browser import apart;from michinori.browser.paint import *;"
        "from michinori.browser.document import Document;apart.can_fork = lambda: {};"
        "p=PlutoPrint().paint(Document('<h1>道のり</h1>','http://x.example/'),{{}},Viewport(300,100));"
        "print(hashlib.sha256(p.png+repr(p.boxes).encode()).hexdigest())"
    )
    assert alone(code.format(True)) == alone(code.format(False))
