"""A lab on a port of its own, in a thread, and what its page would send."""

from __future__ import annotations

import asyncio
import json
import threading

import httpx
import pytest

from michinori.lab.app import Lab
from michinori.lab.bounds import Bounds
from michinori.lab.guard import TOKEN_FIELD, Keys
from michinori.lab.running import LOOPBACK, Server
from michinori.server.addresses import bind

WWW = "http://www.michinori.example/"


class Served:
    """A lab that is served until it is closed, and a client that has its cookie."""

    def __init__(self, folder, bounds=None, port=0, **settings):
        (self._socket,) = bind(LOOPBACK, port)
        self._socket.listen()  # whoever asks before the thread is there waits
        self.port = self._socket.getsockname()[1]
        self.url = f"http://{LOOPBACK}:{self.port}"
        self.lab = Lab(folder, Keys(self.port), bounds=bounds or Bounds(), **settings)
        self._server = Server(self.lab)
        self._thread = threading.Thread(target=lambda: asyncio.run(self._server.serve(sockets=[self._socket])))
        self._thread.start()
        self.client = httpx.Client(base_url=self.url, timeout=60, trust_env=False)
        self.headers = {TOKEN_FIELD: self.lab.keys.token, "Origin": self.url, "Sec-Fetch-Site": "same-origin"}
        assert self.client.get("/").status_code == 200  # the cookie

    def get(self, path, **more):
        return self.client.get(path, **more)

    def send(self, method, path, **more):
        return self.client.request(method, path, headers=self.headers | more.pop("headers", {}), **more)

    def begin(self, text=WWW, **order):
        """Order a journey; gives its number."""
        answer = self.send("POST", "/api/journeys", json={"text": text, **order})
        assert answer.status_code == 202, answer.text
        return answer.json()["id"]

    def telling(self, number):
        """What is told of a journey, as it comes, until it is over."""
        with self.client.stream("GET", f"/api/journeys/{number}/progress") as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            for line in answer.iter_lines():
                if line.startswith("data: "):
                    yield json.loads(line[6:])

    def walk(self, text=WWW, **order):
        """Order a journey and wait for its end; gives what was told last."""
        return list(self.telling(self.begin(text, **order)))[-1]

    def close(self):
        self.client.close()
        self._server.should_exit = True
        self._thread.join(timeout=20)
        assert not self._thread.is_alive()
        self._socket.close()


@pytest.fixture
def open_lab(tmp_path):
    """Gives a lab in a folder, whose bounds and port may be chosen."""
    served = []

    def open_it(folder=tmp_path / "kept", bounds=None, **settings):
        served.append(Served(folder, bounds, **settings))
        return served[-1]

    yield open_it
    for each in served:
        each.close()


@pytest.fixture
def lab(open_lab):
    return open_lab()


@pytest.fixture(scope="package")
def quiet_lab(tmp_path_factory):
    """One for tests that leave nothing behind, with one journey in it."""
    served = Served(tmp_path_factory.mktemp("quiet"))
    assert served.walk()["id"] == 1
    yield served
    served.close()


#: Journeys that several tests look at, by what they are for.
ORDERS = {
    "plain": {},
    "warm": {"warm": True},
    "lossy": {"loss": "8%", "seed": 3},
    "no SYN": {"faults": ["access:drop nth=1 carrying=tcp"]},
    "no SYN/ACK": {"faults": ["access>home-router:drop nth=1 carrying=tcp"]},
    "by address": {"text": "http://203.0.113.80/"},
    "failed": {"text": "http://192.168.1.1/"},
}


@pytest.fixture(scope="package")
def walked(tmp_path_factory):
    """A lab in which these journeys were made; ``walked.told`` has what was told of each last."""
    served = Served(tmp_path_factory.mktemp("walked"))
    served.told = {name: served.walk(**order) for name, order in ORDERS.items()}
    yield served
    served.close()
