"""Print which tests show which row of the two documents, and fail when a row that is declared done has none.

The rows are those of the tutorial on a server that listens to a browser (A) and of the article that follows a URL (B).
"""

from __future__ import annotations

import sys
from collections import defaultdict
from contextlib import redirect_stdout
from io import StringIO

import pytest

#: Every row, in order, and what it asks for in a few words.
ROWS = {
    "A1": "socket, bind, listen, accept, recv, file, close as one command",
    "A2": "each stage logged on the console",
    "A3": "the kept file holds exactly what the browser sent",
    "A4": "sockets closed whatever happens; no half-written file",
    "A5": "the non-blocking form beside the blocking one",
    "A6": "closing properly against dropping the line",
    "A7": "SO_REUSEADDR with and without",
    "A8": "what listen(n) bounds",
    "A9": "UDP beside TCP over one bad line",
    "A10": "the kept request sent again to a real server",
    "A11": "the TCP server grows into a web server",
    "A12": "all of it with a real browser, on both TCPs",
    "A13": "what the browser sent and what the server answered",
    "B1": "the address bar tells a URL from words",
    "B2": "the URL is taken apart",
    "B3": "the browser's cache",
    "B4": "the request message",
    "B5": "TLS",
    "B6": "names to addresses",
    "B7": "a socket is memory that can be read",
    "B8": "a listening socket is copied for each connection",
    "B9": "the three-way handshake",
    "B10": "small writes gathered, large ones split at the MSS",
    "B11": "repair of what the line did, and giving up",
    "B12": "an initial sequence number that cannot be guessed",
    "B13": "the window: many segments before an ACK, one ACK for many",
    "B14": "the IP header",
    "B15": "the MAC header: route, next hop, ARP",
    "B16": "the LAN adapter and its driver",
    "B17": "the shared cable",
    "B18": "the router",
    "B19": "what stands between",
    "B20": "reception from signal to protocol",
    "B21": "IP reception, ICMP errors, reassembly",
    "B22": "TCP reception",
    "B23": "the server's application",
    "B24": "the browser, from Content-Type to pixels",
    "B25": "the pipe is taken away again",
    "B26": "the chain of requests through the layers",
}

#: Those that are not declared done yet; each of the others must have a test.
TO_COME = frozenset({"B3", "B5", "B16", "B17", "B19", "B20"})
DONE = ROWS.keys() - TO_COME


class Gather:
    """A pytest plugin that notes the row markers of what is collected."""

    def __init__(self) -> None:
        self.tests: dict[str, list[str]] = defaultdict(list)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            name = item.nodeid.split("[", 1)[0]
            for marker in item.iter_markers("row"):
                for row in marker.args:
                    if name not in self.tests[row]:
                        self.tests[row].append(name)


def main() -> int:
    gather = Gather()
    with redirect_stdout(StringIO()) as said:
        status = pytest.main(["--collect-only", "-q", "-p", "no:cacheprovider"], plugins=[gather])
    if status:
        print(said.getvalue(), file=sys.stderr)
        return 1
    for row, what in ROWS.items():
        tests = gather.tests.get(row, [])
        state = "done" if row in DONE else "to come"
        print(f"{row:4} {state:8} {what} ({len(tests)})")
        for test in tests:
            print(f"              {test}")
    unknown = sorted(set(gather.tests) - set(ROWS))
    missing = [row for row in ROWS if row in DONE and not gather.tests.get(row)]
    for row in unknown:
        print(f"rows: a test is marked {row}, which is no row", file=sys.stderr)
    for row in missing:
        print(f"rows: {row} is declared done and no test shows it", file=sys.stderr)
    return 1 if unknown or missing else 0


if __name__ == "__main__":
    sys.exit(main())
