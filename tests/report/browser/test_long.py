"""A report of some 50,000 packets is a file that one can send, opens soon, and is dragged along smoothly."""

import pytest

bench = pytest.importorskip("bench.report")
from journeys import walk  # noqa: E402

pytestmark = [pytest.mark.peer, pytest.mark.timeout(300)]
#: Seconds, and frames a second. The goals are those of `python -m bench report`; a machine that many share is slower.
OPENED_S, FRAMES = 12, 4


def test_a_long_journey(tmp_path):
    bench.long_site(tmp_path / "site")
    long = walk(tmp_path / "out", "http://long.example/", sites=(f"long.example={tmp_path / 'site'}",))
    report = long.folder / "journey.html"
    assert long.numbers["frames"] > 49_000
    assert report.stat().st_size < 15e6
    took_s, rates = bench.opened(report)
    assert took_s < OPENED_S
    assert min(rates.values()) > FRAMES
