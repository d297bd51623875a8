"""Sites that are uploaded: walked through as any other, and refused when they are not what they seem."""

import errno
import io
import json
import os
import stat
import zipfile

import pytest
from journeys import walk

from michinori.lab.bounds import Bounds

NAME = "my.site.example"
ZIP = {"Content-Type": "application/zip"}
FOLDER = {"Content-Type": "application/x-michinori-folder"}
PAGE = b"<!doctype html><title>mine</title><p>mine"


def zipped(*files, compression=zipfile.ZIP_DEFLATED):
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", compression) as archive:
        for name, octets in files:
            archive.writestr(name if isinstance(name, zipfile.ZipInfo) else zipfile.ZipInfo(name), octets, compression)
    return held.getvalue()


def listed(*files):
    entries = [{"path": name, "size": len(octets), "modified_ms": 1_700_000_000_000} for name, octets in files]
    return json.dumps(entries).encode() + b"\n" + b"".join(octets for _, octets in files)


def put(lab, octets, kind=ZIP, name=NAME):
    return lab.send("PUT", f"/api/sites/{name}", content=octets, headers=kind)


@pytest.mark.parametrize(
    ("octets", "kind"),
    [
        (zipped(("index.html", PAGE), ("deep/er.txt", b"x")), ZIP),
        (zipped(("site/index.html", PAGE), ("site/er.txt", b"x")), ZIP),
        (listed(("site/index.html", PAGE), ("site/deep/er.txt", b"x")), FOLDER),
    ],
    ids=["zip", "zip with a folder", "folder"],
)
def test_an_uploaded_site_is_walked_through_as_the_command_would(lab, tmp_path, octets, kind):
    answer = put(lab, octets, kind)
    assert (answer.status_code, answer.json()) == (201, {"name": NAME, "files": 2})
    assert NAME in lab.get("/api/offer").json()["sites"]
    told = lab.walk(f"http://{NAME}/", sites=[NAME])
    assert told["numbers"]["status"] == 200
    folder = lab.lab.sites.folders[NAME]
    assert (folder / "index.html").read_bytes() == PAGE
    by_command = walk(tmp_path / "out", f"http://{NAME}/", sites=(f"{NAME}={folder}",))
    kept = lab.get(f"/api/journeys/{told['id']}/files/packets.pcapng").content
    assert kept == (by_command.folder / "packets.pcapng").read_bytes()


def special(name, kind):
    member = zipfile.ZipInfo(name)
    member.external_attr = (kind | 0o777) << 16
    return member


def lying(size):
    """A member that says it is small and is not."""
    octets = bytearray(zipped(("a", b"0" * size)))
    for signature, at in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        place = octets.index(signature) + at
        octets[place : place + 4] = (100).to_bytes(4, "little")
    return bytes(octets)


@pytest.mark.parametrize(
    ("octets", "kind"),
    [
        (b"no zip", ZIP),
        (zipped(), ZIP),
        (zipped(("index.html", PAGE))[:-30], ZIP),
        (zipped(("../out.html", PAGE)), ZIP),
        (zipped(("a/../../out.html", PAGE)), ZIP),
        (zipped(("/out.html", PAGE)), ZIP),
        (zipped(("C:/out.html", PAGE)), ZIP),
        (zipped(("..\\out.html", PAGE)), ZIP),
        (zipped(("a\nb", PAGE)), ZIP),
        (zipped(("/".join("a" * 30), PAGE)), ZIP),
        (zipped(("a" * 300, PAGE)), ZIP),
        (zipped((special("link", stat.S_IFLNK), b"/etc/passwd")), ZIP),
        (zipped((special("pipe", stat.S_IFIFO), b"")), ZIP),
        (zipped(("a", PAGE), ("a/b", PAGE)), ZIP),
        (lying(1_000_000), ZIP),
        (b"", FOLDER),
        (b"[]\n", FOLDER),
        (listed(("../out.html", PAGE)), FOLDER),
        (listed(("index.html", PAGE)) + b"more", FOLDER),
        (b'[{"path": "a", "size": -5}, {"path": "b", "size": 6}]\nx', FOLDER),
    ],
)
def test_what_is_no_site_is_refused_in_one_sentence_and_leaves_nothing(quiet_lab, octets, kind):
    answer = put(quiet_lab, octets, kind)
    assert answer.status_code == 400
    assert set(answer.json()["sentence"]) == {"ja", "en"}
    assert list((quiet_lab.lab.shelf.folder / "uploaded").iterdir()) == []
    assert not (quiet_lab.lab.shelf.folder.parent / "out.html").exists()


@pytest.mark.parametrize(
    "octets",
    [
        zipped(("bomb", b"0" * 20_000_000)),
        zipped(*((f"{number}", b"") for number in range(60))),
        zipped(*((f"{number}", bytes(range(256)) * 400) for number in range(30)), compression=zipfile.ZIP_STORED),
        b"x" * 5_000_001,
    ],
    ids=["bomb", "many", "large", "upload"],
)
def test_bombs_and_masses_are_refused(open_lab, octets):
    lab = open_lab(bounds=Bounds(site_files=50, site_octets=2_000_000, upload=5_000_000))
    assert put(lab, octets).status_code == 413
    assert list((lab.lab.shelf.folder / "uploaded").iterdir()) == []


@pytest.mark.parametrize("name", ["x", "a b.example", "%2e%2e", "-.example", "x" * 200 + ".example"])
def test_a_name_that_is_none_is_refused(quiet_lab, name):
    assert put(quiet_lab, zipped(("index.html", PAGE)), name=name).status_code == 400


def test_only_so_many_sites_and_only_those_kinds(open_lab):
    lab = open_lab(bounds=Bounds(sites=1))
    page = zipped(("index.html", PAGE))
    assert [put(lab, page).status_code, put(lab, page).status_code] == [201, 201]
    assert put(lab, page, name="other.example").status_code == 429
    assert put(lab, page, {"Content-Type": "text/html"}).status_code == 415


@pytest.mark.parametrize(
    ("octets", "kind"), [(zipped(("index.html", PAGE)), ZIP), (listed(("index.html", PAGE)), FOLDER)]
)
def test_a_full_disk_is_told_as_such(quiet_lab, monkeypatch, octets, kind):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("michinori.lab.sites.os.utime", full)  # the last thing that is done with a file
    answer = put(quiet_lab, octets, kind)
    assert answer.status_code == 507
    assert answer.json()["sentence"]["en"].startswith("the disk is full")
    assert answer.json()["sentence"]["ja"].startswith("ディスクがいっぱいです")
    assert list((quiet_lab.lab.shelf.folder / "uploaded").iterdir()) == []
