import errno
import os
import subprocess
import sys

import pytest

from winback.errors import OutputError
from winback.workflows.output import OutputFolder


def leave(out, word):
    """Leave two results and something in the manifest."""
    with OutputFolder(out) as output:
        for name in ("scores.csv", "lists/2011-12-09/list.csv"):
            output.staged(name).write_text(word, encoding="utf-8")
        output._manifest = {"word": word}


def content(out):
    return {str(p.relative_to(out)): p.read_bytes() for p in out.rglob("*") if p.is_file()}


def test_results_appear_when_the_command_has_ended_and_not_before(tmp_path):
    out = tmp_path / "out"
    with OutputFolder(out) as output:
        output.staged("scores.csv").write_text("new")
        assert not (out / "scores.csv").exists()
        assert output.find("scores.csv").read_text() == "new"
    assert (out / "scores.csv").read_text() == "new"
    assert {path.name for path in out.iterdir()} == {
        ".lock",
        ".published",
        "current",
        "manifest.json",
        "scores.csv",
    }


@pytest.mark.parametrize("error", [ValueError("no"), KeyboardInterrupt(), SystemExit(3)])
def test_a_command_that_fails_leaves_the_earlier_results_byte_for_byte(tmp_path, error):
    leave(tmp_path, "old")
    before = content(tmp_path)

    def fail():
        with OutputFolder(tmp_path) as output:
            output.staged("scores.csv").write_text("new")
            output.drop("lists/2011-12-09/list.csv")
            raise error

    with pytest.raises(type(error)):
        fail()
    assert content(tmp_path) == before


def test_results_of_this_command_come_before_earlier_ones_and_what_it_drops_is_gone(tmp_path):
    leave(tmp_path, "old")
    with OutputFolder(tmp_path) as output:
        earlier = output.find("scores.csv")
        assert earlier.read_text() == "old"
        assert earlier.parent == (tmp_path / "current").resolve()  # and no link that may move
        output.staged("scores.csv").write_text("new")
        assert output.find("scores.csv").read_text() == "new"
        output.drop("lists/2011-12-09/list.csv")
        assert output.find("lists/2011-12-09/list.csv") is None
    assert not os.path.lexists(tmp_path / "lists")


def test_of_what_is_kept_only_the_folder_is_published_and_the_manifest_stays(tmp_path):
    leave(tmp_path, "old")
    with OutputFolder(tmp_path) as output:
        output._manifest = {"word": "new"}
        for name in ("scores.csv", "lists/2011-12-01/list.csv"):
            output.staged(name).write_text("new")
        output.drop("scores.csv")
        output.keep_only("lists")
    assert (tmp_path / "scores.csv").read_text() == "old"
    assert (tmp_path / "lists/2011-12-01/list.csv").read_text() == "new"
    assert '"word": "old"' in (tmp_path / "manifest.json").read_text()
    before = content(tmp_path)
    with OutputFolder(tmp_path) as output:
        output.staged("scores.csv").write_text("new")
        output.keep_only(None)
    assert content(tmp_path) == before


def test_what_comes_afterwards_meets_the_results_in_their_place(tmp_path):
    met = []
    with OutputFolder(tmp_path) as output:
        output.staged("scores.csv").write_text("new")
        output.afterwards(lambda: met.append((tmp_path / "scores.csv").read_text()))
    assert met == ["new"]


def test_a_full_disk_during_the_work_is_said_in_one_line(tmp_path):
    leave(tmp_path, "old")
    before = content(tmp_path)
    error = pytest.raises(OutputError, match=r"No space left on device.*space on the disk")
    with error, OutputFolder(tmp_path):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert content(tmp_path) == before


def test_what_a_killed_command_left_is_cleared_away(tmp_path):
    code = (
        "import os, sys, pathlib\n"
        "from winback.workflows.output import OutputFolder\n"
        "with OutputFolder(pathlib.Path(sys.argv[1])) as output:\n"
        "    output.staged('scores.csv').write_text('half')\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    subprocess.run([sys.executable, "-c", code, tmp_path], check=False)
    assert len(list(tmp_path.glob(".staged-*/results/scores.csv"))) == 1
    with OutputFolder(tmp_path):
        pass
    assert content(tmp_path).keys() == {".lock"}


def test_two_commands_never_write_to_one_folder(tmp_path):
    with OutputFolder(tmp_path):
        with pytest.raises(OutputError, match="another winback job is writing") as caught:
            leave(tmp_path, "second")
        assert str(tmp_path) in str(caught.value)
    leave(tmp_path, "second")  # the first has let go
    assert (tmp_path / "scores.csv").read_text() == "second"


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match=r"cannot write to the output folder.*--out"):
        leave(tmp_path / "file", "new")
