import fcntl
import multiprocessing
import os

import pytest

from winback.errors import OutputError
from winback.files import atomic_path


def test_an_error_keeps_the_old_file_and_removes_the_part(tmp_path):
    target = tmp_path / "list.csv"
    target.write_text("old")

    def fail_half_way():
        with atomic_path(target) as part:
            part.write_text("half")
            raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011 - the test's own error
        fail_half_way()
    assert [file.name for file in tmp_path.iterdir()] == ["list.csv"]
    assert target.read_text() == "old"


def _die(target):
    with atomic_path(target) as part:
        part.write_text("half of a much longer file")
        os._exit(9)


def test_what_a_killed_writer_left_is_overwritten(tmp_path):
    target = tmp_path / "list.csv"
    process = multiprocessing.get_context("spawn").Process(target=_die, args=(target,))
    process.start()
    process.join()
    assert not target.exists()
    with atomic_path(target) as part, part.open("a") as file:  # appending, too, starts from nothing
        file.write("whole")
    assert [file.name for file in tmp_path.iterdir()] == ["list.csv"]
    assert target.read_text() == "whole"


def test_two_writers_of_one_file_do_not_mix(tmp_path):
    target = tmp_path / "list.csv"
    with atomic_path(target) as part:
        part.write_text("first")
        with pytest.raises(OutputError, match="another process"), atomic_path(target):
            pass
    assert target.read_text() == "first"


def test_an_unwritable_place_is_an_output_error(tmp_path):
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file" / "list.csv", tmp_path):
        with pytest.raises(OutputError), atomic_path(path):
            pass


def test_the_writer_own_failure_is_an_output_error(tmp_path):
    target = tmp_path / "list.csv"
    with pytest.raises(OutputError, match="No space left"), atomic_path(target):
        raise OSError(28, "No space left on device")
    assert not list(tmp_path.iterdir())


def test_a_part_that_another_has_renamed_before_it_was_locked_is_not_emptied(tmp_path, monkeypatch):
    target = tmp_path / "list.csv"
    lock = fcntl.flock

    def late(opened, how):  # the other writer has ended between our opening and our locking
        (tmp_path / ".list.csv.part").rename(target)
        target.write_text("whole")
        lock(opened, how)

    monkeypatch.setattr(fcntl, "flock", late)
    with pytest.raises(OutputError, match="another process"), atomic_path(target):
        pass
    assert target.read_text() == "whole"
