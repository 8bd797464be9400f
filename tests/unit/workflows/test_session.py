import errno
import json
import os
import signal
import subprocess
import sys
from datetime import date

import pandas as pd
import pytest

from winback.errors import DataError, OutputError, UsageError

JOB = """\
name: shop
as_of: 2011-12-09
data: {transactions: {source: orders.csv}}
"""


@pytest.fixture
def shop(tmp_path, workshop_in):
    return workshop_in(tmp_path, JOB)


def leave(word, **more):
    """Return a workflow that leaves two results and something in the manifest."""

    def _workflow(session):
        for name in ("scores.csv", f"lists/{session.job.as_of}/list.csv"):
            session.staged(name).write_text(word, encoding="utf-8")
        session.manifest.update(more or {"word": word})

    return _workflow


def content(out):
    return {str(p.relative_to(out)): p.read_bytes() for p in out.rglob("*") if p.is_file()}


def test_results_appear_when_the_command_has_ended_and_not_before(shop):
    def look(session):
        leave("new")(session)
        assert not (shop.out / "scores.csv").exists()
        assert session.find("scores.csv").read_text() == "new"

    shop.do(look)
    assert content(shop.out).keys() == {
        ".lock",
        "scores.csv",
        "lists/2011-12-09/list.csv",
        "manifest.json",
    }


@pytest.mark.parametrize("error", [ValueError("no"), KeyboardInterrupt(), SystemExit(3)])
def test_a_command_that_fails_leaves_the_earlier_results_byte_for_byte(shop, error):
    shop.do(leave("old"))
    before = content(shop.out)

    def fail(session):
        leave("new")(session)
        raise error

    with pytest.raises(type(error)):
        shop.do(fail)
    assert content(shop.out) == before


def test_the_manifest_moves_last_and_after_a_failed_move_is_still_the_old_one(shop, monkeypatch):
    shop.do(leave("old"))
    moved = []
    replace = os.replace

    def full(source, target):
        if len(moved) == 1:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        moved.append(str(target))
        replace(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", full)
        with pytest.raises(OutputError, match="No space left on device") as caught:
            shop.do(leave("new"))
    assert caught.value.exit_code == 1
    assert shop.read("manifest.json")["word"] == "old"
    assert not list(shop.out.glob(".staged-*"))

    order = []
    monkeypatch.setattr(os, "replace", lambda a, b: (order.append(str(b)), replace(a, b)))
    shop.do(leave("new"))
    assert len(order) == 3
    assert order[-1].endswith("manifest.json")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_who_is_told_to_stop_while_results_move_moves_them_all_and_then_stops(
    shop, monkeypatch, number
):
    def stop(_number, _frame):
        raise KeyboardInterrupt

    def replace(source, target, real=os.replace):
        signal.raise_signal(number)
        real(source, target)

    before = signal.signal(number, stop)
    try:
        with monkeypatch.context() as patch:
            patch.setattr(os, "replace", replace)
            with pytest.raises(KeyboardInterrupt):
                shop.do(leave("new"))
        assert signal.getsignal(number) is stop
    finally:
        signal.signal(number, before)
    assert len(content(shop.out)) == 4
    assert shop.read("manifest.json")["word"] == "new"


def test_what_speaks_of_a_file_is_published_after_it(shop, monkeypatch):
    order = []
    replace = os.replace
    monkeypatch.setattr(os, "replace", lambda a, b: (order.append(b.name), replace(a, b)))

    def evaluate(session):
        session.staged("evaluation.json").write_text("{}")
        session.staged("evaluation.parquet").write_text("")
        session.manifest["evaluated"] = True

    shop.do(evaluate)
    assert order == ["evaluation.parquet", "evaluation.json", "manifest.json"]


def test_a_full_disk_during_the_work_is_said_in_one_line(shop):
    shop.do(leave("old"))
    before = content(shop.out)

    def fill(session):
        leave("new")(session)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(OutputError, match=r"No space left on device.*space on the disk"):
        shop.do(fill)
    assert content(shop.out) == before


def test_what_a_killed_command_left_is_cleared_away(shop):
    code = (
        "import os, sys, pathlib\n"
        "from winback.config import load_job\n"
        "from winback.workflows.session import Session\n"
        "with Session(load_job(sys.argv[1]), out=pathlib.Path(sys.argv[2])) as session:\n"
        "    session.staged('scores.csv').write_text('half')\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    subprocess.run([sys.executable, "-c", code, shop.yaml, shop.out], check=False)
    assert len(list(shop.out.glob(".staged-*/results/scores.csv"))) == 1
    shop.do(lambda _: None)
    assert content(shop.out).keys() == {".lock"}


def test_two_commands_never_write_to_one_folder(shop):
    with shop.session():
        with pytest.raises(OutputError, match="another winback job is writing") as caught:
            shop.do(leave("second"))
        assert str(shop.out) in str(caught.value)
    shop.do(leave("second"))  # the first has let go
    assert (shop.out / "scores.csv").read_text() == "second"


def test_a_folder_that_cannot_be_written_is_named(shop):
    shop.out.write_text("a file")
    with pytest.raises(OutputError, match=r"cannot write to the output folder.*--out"):
        shop.do(leave("new"))


def test_the_manifest_gathers_commands_on_the_same_job_and_date_only(shop):
    shop.do(leave("a", trained=1))
    shop.do(leave("b", scored=2))
    both = shop.read("manifest.json")
    assert (both["trained"], both["scored"], both["as_of"]) == (1, 2, "2011-12-09")
    shop.do(leave("c", scored=3), as_of=date(2011, 12, 10))
    other = shop.read("manifest.json")
    assert "trained" not in other
    assert (other["scored"], other["as_of"]) == (3, "2011-12-10")
    shop.yaml.write_text(shop.yaml.read_text() + "margin: 0.5\n")
    shop.do(leave("d", scored=4))
    assert "trained" not in shop.read("manifest.json")


@pytest.mark.parametrize("noise", ["", "[]", "{", "null"])
def test_a_manifest_that_cannot_be_read_is_written_anew(shop, noise):
    shop.do(leave("a"))
    (shop.out / "manifest.json").write_text(noise)
    shop.do(leave("b"))
    assert json.loads((shop.out / "manifest.json").read_text())["word"] == "b"


def test_results_of_this_command_are_preferred_and_missing_ones_name_their_command(shop):
    shop.do(leave("old"))

    def look(session):
        assert session.find("scores.csv").read_text() == "old"
        session.staged("scores.csv").write_text("new")
        assert session.require("scores.csv", "score").read_text() == "new"
        with pytest.raises(UsageError, match=r"winback lists job.yaml"):
            session.require("win_back.csv", "lists")

    shop.do(look)


@pytest.mark.parametrize("kind", ["object", "datetime64[us]"])
def test_results_of_another_date_are_refused(shop, kind):
    frame = pd.DataFrame({"as_of": [date(2011, 12, 8)] * 3}).astype(kind)

    def stale(session):
        frame.to_parquet(session.staged("scores.parquet"))
        with pytest.raises(DataError, match=r"2011-12-08.*2011-12-09.*winback score job.yaml"):
            session.require("scores.parquet", "score")
        frame.head(0).to_parquet(session.staged("empty.parquet"))
        assert session.require("empty.parquet", "score")

    shop.do(stale)
