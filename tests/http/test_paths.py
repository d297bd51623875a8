from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from michinori.http import paths
from michinori.http.refusal import Refusal


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    (root / "folder").mkdir(parents=True)
    (root / "file.txt").write_text("x")
    (root / "道.txt").write_text("x")
    (root / "a b%c").write_text("x")
    (root / ".hidden").write_text("x")
    (root / ".well-known").mkdir()
    (root / ".well-known" / "x").write_text("x")
    (tmp_path / "secret.txt").write_text("secret")
    (root / "out").symlink_to(tmp_path / "secret.txt")
    (root / "out-folder").symlink_to(tmp_path)
    (root / "inside").symlink_to(root / "file.txt")
    (root / "loop").symlink_to(root / "loop")
    os.mkfifo(root / "fifo")
    return root.resolve()


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/file.txt", "file.txt"),
        ("//file.txt", "file.txt"),
        ("/%66ile.txt", "file.txt"),
        ("/%E9%81%93.txt", "道.txt"),
        ("/a%20b%25c", "a b%c"),
        ("/inside", "file.txt"),
        ("/folder", "folder"),
        ("/folder/", "folder"),
        ("/.well-known/x", "x"),
        ("/", "root"),
    ],
)
def test_found(root: Path, path: str, name: str) -> None:
    assert paths.find(root, path).path.name == name


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/nothing", 404),
        ("/file.txt/", 404),
        ("/file.txt/x", 404),
        ("/..", 400),
        ("/../secret.txt", 400),
        ("/folder/../file.txt", 400),
        ("/%2e%2e/secret.txt", 400),
        ("/..%2fsecret.txt", 404),
        ("/folder%2F..%2f..%2fsecret.txt", 404),
        ("/folder%5cx", 404),
        ("/folder\\x", 404),
        ("/file.txt%00.html", 400),
        ("/%", 400),
        ("/%4", 400),
        ("/%zz", 400),
        ("/.hidden", 404),
        ("/%2ehidden", 404),
        ("/./file.txt", 404),
        ("/out", 404),
        ("/out-folder/secret.txt", 404),
        ("/loop", 404),
        ("/fifo", 404),
        ("/" + "a" * 5000, 404),
    ],
)
def test_refused(root: Path, path: str, status: int) -> None:
    with pytest.raises(Refusal) as caught:
        paths.find(root, path)
    assert caught.value.status == status


def test_names_that_are_not_utf8(root: Path) -> None:
    name = os.fsdecode(b"caf\xe9.txt")
    (root / name).write_text("x")
    assert paths.find(root, "/caf%E9.txt").path.name == name


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="/\\\0"), min_size=1, max_size=8), max_size=4))
def test_paths_of_names_lead_back_to_them(names: list[str]) -> None:
    segments = tuple(name for name in names if not name.startswith("."))
    assert paths.decode(paths.encode(segments, folder=False)) == segments


@given(st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=40))
def test_no_path_climbs(path: str) -> None:
    with suppress(Refusal):
        segments = paths.decode("/" + path)
        assert not {"..", "."} & set(segments)
        assert not any(set(segment) & set("/\\\0") for segment in segments)
