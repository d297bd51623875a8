"""One seed gives the same octets: in another process, with another hash seed, on another interpreter."""

import os
import shutil
import sys
from pathlib import Path

import pytest
from journeys import command

ARGUMENTS = ("open", "http://www.michinori.example/", "--seed", "7", "--loss", "10%", "--delay", "80ms", "--lang", "en")
KEPT = ("page.png", "page.har", "trace.jsonl", "packets.pcapng", "journey.html")


def walk(folder, python=sys.executable, **environment):
    done = command(*ARGUMENTS, "-O", str(folder), python=python, **environment)
    assert done.returncode == 0, done.stderr
    files = [folder / name for name in KEPT] + sorted((folder / "captures").iterdir())
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in files}


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    return walk(tmp_path_factory.mktemp("first"), PYTHONHASHSEED="0")


@pytest.mark.parametrize("hash_seed", ["1", "4242"])
def test_a_second_run_is_identical_whatever_the_hash_seed(first, tmp_path, hash_seed):
    again = walk(tmp_path, PYTHONHASHSEED=hash_seed)
    assert [name for name in first if again[name] != first[name]] == []
    assert again.keys() == first.keys()


def other_interpreter() -> str | None:
    """Another CPython with the libraries: the one that MICHINORI_OTHER_PYTHON names, or that of ``make test-313``."""
    usual = Path(__file__).parents[2] / ".venv-3.13" / "bin" / "python"
    return shutil.which(os.environ.get("MICHINORI_OTHER_PYTHON", str(usual)))


@pytest.mark.peer
@pytest.mark.skipif(other_interpreter() is None, reason="there is no other interpreter")
def test_another_interpreter_gives_the_same_octets(first, tmp_path):
    again = walk(tmp_path, python=other_interpreter())
    assert [name for name in first if again[name] != first[name]] == []


def test_another_seed_is_another_journey(first, tmp_path):
    done = command(*ARGUMENTS[:2], "--loss", "10%", "--seed", "8", "--lang", "en", "-O", str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "packets.pcapng").read_bytes() != first["packets.pcapng"]
    assert Path(tmp_path / "page.png").read_bytes() == first["page.png"]
