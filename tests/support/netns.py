"""Network namespaces of Linux, made for a test and removed after it, whatever became of the test."""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import TypeVar

import pytest

T = TypeVar("T")

_numbers = count(1)
_CLONE_NEWNET = 0x4000_0000


class Namespace:
    """A network namespace by its name; what it runs ends with it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._processes: list[subprocess.Popen[bytes]] = []

    @property
    def inside(self) -> tuple[str, ...]:
        """What stands before a command that is to run in it."""
        return ("ip", "netns", "exec", self.name)

    def ip(self, words: str) -> str:
        """Run ``ip`` in it."""
        return _ip(f"-n {self.name} {words}")

    def run(self, *command: str, stdin: bytes = b"", timeout_s: float = 30.0) -> subprocess.CompletedProcess[bytes]:
        """Run a program in it and wait for its end."""
        return subprocess.run(
            [*self.inside, *command],
            input=stdin,
            capture_output=True,
            timeout=timeout_s,
            check=False,
        )

    def python(self, program: str, *arguments: str, timeout_s: float = 30.0) -> str:
        """Run a Python program in it; give what it printed."""
        done = self.run(sys.executable, "-c", program, *arguments, timeout_s=timeout_s)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        """Start a program in it, which is ended with the namespace at the latest."""
        process = subprocess.Popen(
            [*self.inside, *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self._processes.append(process)
        return process

    @contextmanager
    def capture(self, device: str, path: Path) -> Iterator[None]:
        """While inside, everything that passes that device goes into a capture file."""
        if shutil.which("dumpcap") is None:
            pytest.skip("dumpcap is not installed")
        process = self.start("dumpcap", "-q", "-i", device, "-w", str(path))
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith(b"File:"):
                break
        try:
            yield
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=60)

    def end(self) -> None:
        """End what still runs in it."""
        for process in self._processes:
            if process.poll() is None:
                process.terminate()
            try:
                process.communicate(timeout=5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()


@contextmanager
def namespace() -> Iterator[Namespace]:
    """A namespace with its loopback up. Skips the test where none can be made."""
    if sys.platform != "linux" or os.geteuid() != 0 or shutil.which("ip") is None or not Path("/dev/net/tun").exists():
        pytest.skip("network namespaces and TAP devices need Linux, root, iproute2 and /dev/net/tun")
    name = f"michinori-{os.getpid()}-{next(_numbers)}"
    _ip(f"netns add {name}")
    made = Namespace(name)
    try:
        made.ip("link set lo up")
        # Addresses of IPv6 count at once: one that is found unique seconds later is a change of the network, for which
        # Chromium ends what is under way.
        made.run("sh", "-c", "echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad")
        yield made
    finally:
        made.end()
        _ip(f"netns del {name}")


def in_own_network(work: Callable[[], T]) -> T:
    """What ``work`` gives, done by a thread in a network namespace of its own, as are the threads and processes that it
    starts: nobody else's sockets are there. Where no namespace can be made it is done here.
    """

    def alone() -> T:
        if ctypes.CDLL(None).unshare(_CLONE_NEWNET) == 0:
            _ip("link set lo up")
        return work()

    if sys.platform != "linux" or shutil.which("ip") is None:
        return work()
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(alone).result()


def _ip(words: str) -> str:
    done = subprocess.run(["ip", *words.split()], capture_output=True, timeout=20, check=False)
    assert done.returncode == 0, f"ip {words}: {done.stderr.decode()}"
    return done.stdout.decode()
