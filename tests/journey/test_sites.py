"""Sites that we did not write: documentation as it lies on a disk, and a real Apache."""

import json
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest
from har12 import hold_against_har_12
from journeys import walk

DOCUMENTATION = {
    "python3-doc": ("/usr/share/doc/python3-doc/html", "index.html"),
    "debian-reference-ja": ("/usr/share/debian-reference", "index.ja.html"),
    "libffi": ("/usr/share/doc/libffi8/html", "index.html"),
    "libxslt": ("/usr/share/doc/libxslt1-dev/html", "index.html"),
}


@pytest.mark.parametrize("name", DOCUMENTATION)
def test_documentation_of_debian_packages_can_be_opened_as_a_site(tmp_path, name):
    folder, page = DOCUMENTATION[name]
    if not Path(folder, page).exists():
        pytest.skip(f"{folder} is not installed")
    walked = walk(tmp_path / "out", f"http://my.site.example/{page}", sites=(f"my.site.example={folder}",))
    assert (walked.exit_status, walked.numbers["status"]) == (0, 200)
    assert (walked.folder / "page.png").stat().st_size > 10_000
    hold_against_har_12(json.loads((walked.folder / "page.har").read_bytes()))
    statuses = {event.data["status"] for event in walked.of("http", "exchange", "pc")}
    assert statuses <= {200, 404}


def test_the_har_of_the_default_journey_is_har_12(home):
    hold_against_har_12(json.loads((home.folder / "page.har").read_bytes()))


def test_an_added_site_is_found_by_the_search_engine(tmp_path):
    site = tmp_path / "site"
    site.mkdir()
    (site / "index.html").write_text("<title>About zebras</title><p>zebra zebra")
    walked = walk(tmp_path / "out", "zebra", sites=(f"zoo.example={site}",))
    assert walked.numbers["status"] == 200
    body = walked.of("browser", "document-parsed")[0].data
    assert "zebra" in body["title"]
    shown = [box for event in walked.of("browser", "laid-out") for box in event.data["boxes"]]
    assert any("About zebras" in str(box) for box in shown)


@pytest.fixture
def apache(tmp_path):
    """A real Apache that serves a folder on a free port of the loopback."""
    program = shutil.which("apache2")
    modules = Path("/usr/lib/apache2/modules")
    if program is None or not modules.is_dir():
        pytest.skip("apache2 is not installed")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    site = tmp_path / "htdocs"
    shutil.copytree(Path(__file__).parents[2] / "src/michinori/world/sites/www.michinori.example", site)
    for path in (tmp_path, *tmp_path.rglob("*")):
        os.chmod(path, 0o755)
    lines = [
        f"ServerRoot {tmp_path}",
        f"Listen 127.0.0.1:{port}",
        "ServerName localhost",
        f"PidFile {tmp_path}/pid",
        f"ErrorLog {tmp_path}/error.log",
        *(
            f"LoadModule {name}_module {modules}/mod_{name}.so"
            for name in ("mpm_event", "authz_core", "dir", "mime", "deflate", "filter")
        ),
        "TypesConfig /etc/mime.types",
        "AddOutputFilterByType DEFLATE text/html text/css",
        f"DocumentRoot {site}",
        "DirectoryIndex index.html",
        f"<Directory {site}>",
        "Require all granted",
        "</Directory>",
    ]
    (tmp_path / "httpd.conf").write_text("\n".join(lines) + "\n")
    process = subprocess.Popen([program, "-X", "-f", str(tmp_path / "httpd.conf")], stderr=subprocess.PIPE)
    try:
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        else:
            pytest.fail(process.stderr.read().decode() if process.poll() is not None else "apache2 does not answer")
        yield port
    finally:
        process.terminate()
        process.wait(timeout=60)
        process.stderr.close()


@pytest.mark.peer
def test_a_real_apache_over_the_sockets_of_this_machine_gives_the_same_picture(apache, home, tmp_path):
    walked = walk(tmp_path / "out", f"http://127.0.0.1:{apache}/", via="os")
    assert (walked.exit_status, walked.numbers["status"]) == (0, 200)
    assert walked.of("http", "content-decoded")
    hold_against_har_12(json.loads((walked.folder / "page.har").read_bytes()))
    assert (walked.folder / "page.png").read_bytes() == (home.folder / "page.png").read_bytes()
