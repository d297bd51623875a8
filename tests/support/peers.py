"""Real programs as peers: web servers on loopback with settings of their own, curl, and Chromium without a window.

Each server gets a folder under the system's temporary one that everybody may read (a server started by root gives up
its rights), a free port, and an end: the process that was started is told to stop, by its number, and waited for.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path

import pytest

_APACHE_MODULES = Path("/usr/lib/apache2/modules")
_STARTS_WITHIN_S = 60.0
_FIRST_PORT, _PORT_COUNT = 20_000, 12_000
_PORTS = ((_FIRST_PORT + number % _PORT_COUNT) for number in count(os.getpid() * 101))

_APACHE = """
ServerRoot "{work}"
DefaultRuntimeDir "{work}"
PidFile "{work}/apache.pid"
ErrorLog "{work}/error.log"
ServerName {address}
Listen {address}:{port}
{modules}
{user}
StartServers 1
TypesConfig /etc/mime.types
DocumentRoot "{site}"
DirectoryIndex index.html
KeepAlive On
KeepAliveTimeout 5
<Directory "{site}">
    Require all granted
</Directory>
{more}
"""
_APACHE_NEEDS = ("mpm_event", "authz_core", "dir", "mime", "filter", "deflate", "alias", "headers")

_NGINX = """
{user}
pid {work}/nginx.pid;
error_log {work}/error.log;
worker_processes 1;
events {{ worker_connections 256; }}
http {{
    include /etc/nginx/mime.types;
    access_log off;
    client_body_temp_path {work}/body;
    proxy_temp_path {work}/proxy;
    fastcgi_temp_path {work}/fastcgi;
    uwsgi_temp_path {work}/uwsgi;
    scgi_temp_path {work}/scgi;
    server {{
        listen {address}:{port};
        root {site};
        {more}
    }}
}}
"""

CHROMIUM_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@dataclass(frozen=True)
class Place:
    """Where a server listens. What stands ``before`` its command leads it into a namespace, with all its ports free."""

    address: str = "127.0.0.1"
    before: tuple[str, ...] = ()

    def free_port(self) -> int:
        """A port on which nobody listens now."""
        return 80 if self.before else free_port()

    @contextmanager
    def running(self, command: Sequence[str], port: int, log: Path, *, said: str = "") -> Iterator[None]:
        """While inside, the server runs: it listens on that port and has said that in its log."""
        process = subprocess.Popen(
            [*self.before, *command], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            self._wait_for(process, port, log, said)
            yield
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _wait_for(self, process: subprocess.Popen[bytes], port: int, log: Path, said: str) -> None:
        until = time.monotonic() + _STARTS_WITHIN_S
        while not self._answers(port) or (said and said not in _read(log)):
            if process.poll() is not None or time.monotonic() > until:
                raise AssertionError(f"{process.args!r} did not start: {_read(log)}")
            time.sleep(0.02)

    def _answers(self, port: int) -> bool:
        if self.before:
            listening = [*self.before, "ss", "-Htln", f"src {self.address}:{port}"]
            return subprocess.run(listening, capture_output=True, check=True).stdout != b""
        try:
            socket.create_connection((self.address, port), timeout=1).close()
        except OSError:
            return False
        return True


LOOPBACK = Place()


@contextmanager
def apache(folder: Path, *, more: str = "", at: Place = LOOPBACK) -> Iterator[str]:
    """Apache with a copy of that folder; ``more`` goes into its settings. Gives its URL, without a final slash."""
    program = _program("apache2")
    with _work(folder) as (work, site):
        port = at.free_port()
        names = [name for name in _APACHE_NEEDS if (_APACHE_MODULES / f"mod_{name}.so").exists()]
        modules = "\n".join(f"LoadModule {name}_module {_APACHE_MODULES}/mod_{name}.so" for name in names)
        user = "User www-data\nGroup www-data" if os.geteuid() == 0 else ""
        settings = work / "apache.conf"
        places = {"work": work, "site": site, "address": at.address, "port": port}
        settings.write_text(_APACHE.format(modules=modules, user=user, more=more, **places))
        with at.running([program, "-f", str(settings), "-DFOREGROUND"], port, work / "error.log"):
            yield f"http://{at.address}:{port}"


@contextmanager
def nginx(folder: Path, *, more: str = "", at: Place = LOOPBACK) -> Iterator[str]:
    """nginx with a copy of that folder; ``more`` goes into its server block. Gives its URL, without a final slash."""
    program = _program("nginx")
    with _work(folder) as (work, site):
        port = at.free_port()
        user = "user www-data;" if os.geteuid() == 0 else ""
        settings = work / "nginx.conf"
        places = {"work": work, "site": site, "address": at.address, "port": port}
        settings.write_text(_NGINX.format(user=user, more=more, **places))
        command = [program, "-p", str(work), "-c", str(settings), "-e", str(work / "error.log"), "-g", "daemon off;"]
        with at.running(command, port, work / "error.log"):
            yield f"http://{at.address}:{port}"


def curl(*arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run curl; it must not fail. Its settings file is not read."""
    command = [_program("curl"), "--disable", "--silent", "--show-error", "--max-time", "60", *arguments]
    done = subprocess.run(command, input=stdin, capture_output=True, timeout=70, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done


def chromium(url: str, *arguments: str, timeout_s: float = 60.0) -> subprocess.CompletedProcess[bytes]:
    """Open a page in Chromium, with a profile that is thrown away. ``--dump-dom`` prints what became of it."""
    program = _program("chromium")
    with tempfile.TemporaryDirectory(prefix="michinori-chromium-", ignore_cleanup_errors=True) as profile:
        command = [program, *CHROMIUM_FLAGS, f"--user-data-dir={profile}", *arguments, url]
        return subprocess.run(command, capture_output=True, timeout=timeout_s, check=False)


@contextmanager
def chromium_open(url: str, *arguments: str, before: Sequence[str] = ()) -> Iterator[None]:
    """While inside, Chromium has that page open and does what its scripts say. What stands ``before`` the command may
    lead it into a namespace.
    """
    program = _program("chromium")
    with tempfile.TemporaryDirectory(prefix="michinori-chromium-", ignore_cleanup_errors=True) as profile:
        flags = (*CHROMIUM_FLAGS, f"--user-data-dir={profile}", "--remote-debugging-port=0", *arguments)
        process = subprocess.Popen(
            [*before, program, *flags, url],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            yield
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


FIREFOX_SETTINGS = """\
user_pref("network.proxy.type", 1);
user_pref("network.proxy.http", "127.0.0.1");
user_pref("network.proxy.http_port", 9);
user_pref("network.proxy.ssl", "127.0.0.1");
user_pref("network.proxy.ssl_port", 9);
user_pref("network.proxy.no_proxies_on", "localhost,127.0.0.1");
user_pref("network.proxy.allow_hijacking_localhost", false);
"""
"""What is not on this machine is asked of a proxy that is not there."""


def firefox(url: str, picture: Path, timeout_s: float = 60.0) -> subprocess.CompletedProcess[bytes]:
    """Open a page in Firefox, with a profile that is thrown away, and keep a picture of it."""
    program = _program("firefox-esr")
    with tempfile.TemporaryDirectory(prefix="michinori-firefox-", ignore_cleanup_errors=True) as home:
        profile = Path(home, "profile")
        profile.mkdir()
        (profile / "user.js").write_text(FIREFOX_SETTINGS)
        command = [program, "--headless", "--no-remote", "--profile", str(profile), "--screenshot", str(picture), url]
        environment = {**os.environ, "HOME": home}
        return subprocess.run(command, capture_output=True, timeout=timeout_s, check=False, env=environment)


def free_port(*addresses: str) -> int:
    """A port that is free at all these addresses (127.0.0.1 unless given) for both transports, never the same twice.

    It is not one of those that the system gives to whoever asks for any: in the moment until somebody listens there,
    a connection of another process could be given it. Processes that test side by side begin at different ones.
    """
    for port in islice(_PORTS, _PORT_COUNT):
        with ExitStack() as held:
            try:
                for address in addresses or ("127.0.0.1",):
                    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
                        held.enter_context(socket.socket(type=kind)).bind((address, port))
            except OSError:
                continue
            return port
    raise AssertionError("no free port")


def _program(name: str) -> str:
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


@contextmanager
def _work(folder: Path) -> Iterator[tuple[Path, Path]]:
    """A folder for the server's own files, and a copy of the site within it."""
    work = Path(tempfile.mkdtemp(prefix="michinori-peer-"))
    try:
        work.chmod(0o755)
        site = work / "site"
        shutil.copytree(folder, site)  # keeps the files' times
        for path in (site, *site.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)
        yield work, site
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _read(log: Path) -> str:
    return log.read_text() if log.exists() else ""
