"""One journey and one browser for all tests of the report's page."""

import pytest
from chromium import chromium
from journeys import walk

WWW = "http://www.michinori.example/"


@pytest.fixture(scope="session")
def walked(tmp_path_factory):
    return walk(tmp_path_factory.mktemp("page") / "out", WWW)


@pytest.fixture(scope="session")
def report(walked):
    return walked.folder / "journey.html"


@pytest.fixture(scope="module")  # a browser is a running event loop: the tests of other files have their own
def browser():
    with chromium() as started:
        yield started


@pytest.fixture(scope="session")
def lossy(tmp_path_factory):
    return walk(tmp_path_factory.mktemp("lossy") / "out", WWW, loss="5%", rate="2Mbit/s", seed=7)


@pytest.fixture(scope="session")
def request_frame(walked):
    """The event of the first frame of the PC that carries a request, and the number of that frame."""
    sent = walked.of("http", "request-sent", "pc")[0]
    frame = next(
        event for event in walked.of("link", "frame-sent", "pc") if event.n > sent.n and event.data["octets"] > 200
    )
    return frame.n, frame.frame
