"""Results in a folder: what is ours is replaced, what is not is left alone."""

import pytest

from michinori.cli.folder import FolderError, ResultFolder


def write(path, files, *, force=False):
    folder = ResultFolder(path, force=force)
    folder.prepare(files)
    for name, text in files.items():
        folder.write(name, lambda part, text=text: part.write_text(text))
    folder.close()


def test_an_earlier_result_is_replaced_and_what_it_had_more_goes(tmp_path):
    write(tmp_path / "out", {"a.txt": "1", "captures/b.txt": "1"})
    write(tmp_path / "out", {"a.txt": "2"})
    assert (tmp_path / "out/a.txt").read_text() == "2"
    assert not (tmp_path / "out/captures/b.txt").exists()


def test_an_earlier_result_stays_until_there_is_another(tmp_path):
    write(tmp_path, {"a.txt": "1", "b.txt": "1"})
    folder = ResultFolder(tmp_path)
    folder.prepare(["a.txt", "c.txt"])  # and then nothing comes of it
    assert (tmp_path / "a.txt").read_text() == "1"

    def fail(part):
        raise OSError(28, "No space left on device")

    with pytest.raises(FolderError):
        folder.write("a.txt", fail)
    assert (tmp_path / "a.txt").read_text() == "1"
    write(tmp_path, {"c.txt": "2"})  # it was still ours
    assert [path.name for path in sorted(tmp_path.glob("*.txt"))] == ["c.txt"]


def test_what_was_changed_while_it_ran_is_left_alone(tmp_path):
    write(tmp_path, {"a.txt": "1", "b.txt": "1"})
    folder = ResultFolder(tmp_path)
    folder.prepare(["a.txt"])
    (tmp_path / "b.txt").write_text("edited")
    folder.write("a.txt", lambda part: part.write_text("2"))
    folder.close()
    assert (tmp_path / "b.txt").read_text() == "edited"


def test_a_foreign_file_is_refused_without_force(tmp_path):
    (tmp_path / "a.txt").write_text("mine")
    with pytest.raises(FolderError, match="choose another folder with -O, or replace it with --force"):
        write(tmp_path, {"a.txt": "2"})
    assert (tmp_path / "a.txt").read_text() == "mine"
    write(tmp_path, {"a.txt": "2"}, force=True)
    assert (tmp_path / "a.txt").read_text() == "2"


def test_a_result_that_was_changed_since_is_no_longer_ours(tmp_path):
    write(tmp_path, {"a.txt": "1"})
    (tmp_path / "a.txt").write_text("edited")
    with pytest.raises(FolderError):
        write(tmp_path, {"b.txt": "2"})


def test_other_files_of_the_folder_are_not_touched(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    write(tmp_path, {"a.txt": "1"})
    write(tmp_path, {"a.txt": "2"})
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_a_half_written_file_never_takes_the_place_of_a_whole_one(tmp_path):
    folder = ResultFolder(tmp_path)
    folder.prepare(["a.txt"])
    folder.write("a.txt", lambda part: part.write_text("whole"))

    def fail(part):
        part.write_text("ha")
        raise OSError(28, "No space left on device")

    with pytest.raises(FolderError, match="No space left"):
        folder.write("a.txt", fail)
    assert (tmp_path / "a.txt").read_text() == "whole"
    assert not list(tmp_path.glob(".*.part"))


def test_a_list_that_points_outside_is_not_followed(tmp_path):
    victim = tmp_path / "victim.txt"
    victim.write_text("mine")
    out = tmp_path / "out"
    write(out, {"a.txt": "1"})
    listing = out / ".michinori.json"
    listing.write_text(listing.read_text().replace("a.txt", "../victim.txt"))
    write(out, {"b.txt": "1"})
    assert victim.exists()
