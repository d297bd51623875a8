"""What holds for all tests."""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Generator

import pytest
from hypothesis import settings

# No deadline: how long an example takes says something about the machine, not about the code. Where a change is judged
# the examples are always the same ones; at a desk they are new each time, and what they find is kept.
settings.register_profile("michinori", deadline=None, max_examples=100, derandomize="CI" in os.environ)
settings.load_profile("michinori")

# Whoever starts the tests in the background may have them, and all that they start, ignore Ctrl-C, which some press.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One more worker than cores: some tests wait for real clocks and for other programs."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_finish() -> None:
    """What has been loaded and collected stays: the collector of garbage need not go through it again and again."""
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where a change is judged, a peer that is missing is a failure: nobody would read that its tests were skipped."""
    report = yield
    if report.skipped and "CI" in os.environ and item.get_closest_marker("peer") is not None:
        report.outcome = "failed"
        report.longrepr = f"skipped, which hides a missing peer: {report.longrepr}"
    return report
