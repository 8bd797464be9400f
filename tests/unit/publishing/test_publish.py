import errno
import json
import os
import shutil
import signal
from contextlib import suppress

import pytest

from winback.errors import OutputError
from winback.publishing.verify import problems
from winback.workflows.output import OutputFolder

# every call by which a folder's names change
STEPS = ("rename", "replace", "symlink", "link", "unlink", "mkdir", "rmdir")


def at_every_step(monkeypatch, do, look):
    """Do something, and look before each change of a name; return how many there were."""
    steps = []

    def watched(name, real):
        def _step(*arguments, **options):
            steps.append(name)
            with monkeypatch.context() as unwatched:
                for other, its_own in reals.items():
                    unwatched.setattr(os, other, its_own)
                look(len(steps))
            return real(*arguments, **options)

        return _step

    reals = {name: getattr(os, name) for name in STEPS}
    with monkeypatch.context() as patch:
        for name, real in reals.items():
            patch.setattr(os, name, watched(name, real))
        do()
    return len(steps)


@pytest.mark.parametrize("kind", ["results", "plain"])
def test_at_every_step_one_whole_set_is_seen_and_a_killed_job_can_start_again(
    request, kind, monkeypatch, tmp_path, results_in
):
    results = request.getfixturevalue(kind)
    before = results.seen()
    copies = []

    def copy(step):
        copies.append(results_in(tmp_path / f"step{step}"))
        shutil.copytree(results.out, copies[-1].out, symlinks=True)

    n = at_every_step(monkeypatch, results.publish_new, copy)
    after = results.seen()
    assert n > 20
    assert before["lists/notes.txt"] == after["lists/notes.txt"] == b"mine"
    assert before.keys() - after.keys() == {"tiers.json"}
    assert after.keys() - before.keys() == {"alerts.csv", "lists/2011-12-09/win_back.csv"}
    shown = [copy.seen() for copy in copies]
    switch = shown.index(after)
    assert all(seen == before for seen in shown[:switch])
    assert all(seen == after for seen in shown[switch:])
    assert 0 < switch < n - 1
    for copy in copies:
        copy.publish_new()
        assert {**copy.seen(), "manifest.json": b""} == {**after, "manifest.json": b""}
        assert problems(copy.out) == []
        assert len(copy.versions) <= 2
        assert not list(copy.out.glob(".staged-*"))


@pytest.mark.parametrize("kind", ["results", "plain"])
def test_a_disk_that_is_full_at_any_step_before_the_switch_leaves_the_old_set(
    request, kind, monkeypatch, tmp_path, results_in
):
    results = request.getfixturevalue(kind)
    before = results.seen()
    untouched = results_in(tmp_path / "untouched")
    shutil.copytree(results.out, untouched.out, symlinks=True)
    n = at_every_step(monkeypatch, results.publish_new, lambda _: None)

    refused = 0
    for step in range(1, n + 1):
        disk = results_in(tmp_path / f"full{step}")
        shutil.copytree(untouched.out, disk.out, symlinks=True)

        def fill(now, step=step):
            if now == step:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        with suppress(OutputError):
            at_every_step(monkeypatch, disk.publish_new, fill)
            continue  # the set was shown by then; what is left is cleared away the next time
        refused += 1
        assert disk.seen() == before
        assert not list(disk.out.glob(".staged-*"))
        assert not (disk.out / "alerts.csv").is_symlink()
    assert refused > 10


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_who_is_told_to_stop_at_the_switch_publishes_and_then_stops(results, monkeypatch, number):
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
                results.publish_new()
        assert signal.getsignal(number) is stop
    finally:
        signal.signal(number, before)
    assert (results.out / "alerts.csv").exists()
    assert problems(results.out) == []


def own_file(path):
    path.write_text("mine")


def own_folder(path):
    path.mkdir()


def own_link(path):
    path.symlink_to("/etc/hostname")


@pytest.mark.parametrize("kind", ["results", "plain"])
@pytest.mark.parametrize(
    ("name", "stand", "message"),
    [
        ("alerts.csv", own_file, "a file that winback did not publish"),
        ("alerts.csv", own_folder, "a folder that winback did not publish"),
        ("alerts.csv", own_link, "a link to /etc/hostname that winback did not publish"),
        ("lists/2011-12-09", own_file, "a file that winback did not publish"),
        ("lists/2011-12-09", own_link, "a link to /etc/hostname that winback did not publish"),
    ],
)
def test_what_is_somebodys_own_is_neither_replaced_nor_followed(
    request, kind, name, stand, message
):
    results = request.getfixturevalue(kind)
    stand(results.out / name)
    before = results.seen()
    with pytest.raises(OutputError, match=rf"{message}.*{name}.*Next: move it elsewhere"):
        results.publish_new()
    assert results.seen() == before


@pytest.mark.parametrize("stand", [own_file, own_folder, own_link])
def test_a_pointer_that_is_not_ours_is_refused_before_the_work(results, stand):
    (results.out / "current").unlink()
    stand(results.out / "current")
    with pytest.raises(OutputError, match="pointer"), OutputFolder(results.out):
        raise AssertionError
    assert os.path.lexists(results.out / "current")


def test_a_folder_of_sets_that_is_a_link_is_refused(tmp_path, results_in):
    results = results_in(tmp_path / "out")
    results.out.mkdir()
    (results.out / ".published").symlink_to(tmp_path)
    with pytest.raises(OutputError, match="a link to"):
        results.publish_new()


def test_a_list_saved_over_its_link_is_refused_before_the_work(results):
    (results.out / "scores.parquet").unlink()
    (results.out / "scores.parquet").write_text("with my remarks")
    with (
        pytest.raises(OutputError, match=r"a file that winback did not"),
        OutputFolder(results.out),
    ):
        raise AssertionError
    assert (results.out / "scores.parquet").read_text() == "with my remarks"


def test_a_folder_copied_without_its_links_is_taken_over_when_the_pointer_is_gone(
    results, tmp_path, results_in
):
    copy = results_in(tmp_path / "copy")
    shutil.copytree(results.out, copy.out)
    with pytest.raises(OutputError, match=r"a folder stands.*copied without its links"):
        copy.publish_new()
    for name in ("current", ".published"):
        shutil.rmtree(copy.out / name)
    copy.publish_new()
    assert copy.seen().keys() == {
        *results.seen(),
        "alerts.csv",
        "lists/2011-12-09/win_back.csv",
    } - {"tiers.json"}
    assert problems(copy.out) == []


def test_what_is_not_made_anew_is_the_same_file_and_a_copy_where_there_are_no_links(
    results, monkeypatch
):
    name = "lists/2011-12-08/win_back.csv"
    first = (results.out / name).stat().st_ino
    results.publish({"scores.parquet": "newer"})
    assert (results.out / name).stat().st_ino == first

    def refuse(*_arguments, **_options):
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", refuse)
    results.publish({"scores.parquet": "newest"})
    assert (results.out / name).stat().st_ino != first
    assert (results.out / name).read_text() == "kept"
    assert problems(results.out) == []


def test_a_file_system_without_links_is_refused_at_the_start(results, monkeypatch):
    before = results.seen()

    def refuse(*_arguments, **_options):
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "symlink", refuse)
    with pytest.raises(OutputError, match=r"no symbolic link.*--out"), OutputFolder(results.out):
        raise AssertionError
    assert results.seen() == before
    assert not list(results.out.glob(".staged-*"))


def test_the_set_before_stays_whole_until_the_next_publication_and_own_files_for_good(results):
    earlier = (results.out / "current").resolve()
    (earlier / "remarks.csv").write_text("saved by a spreadsheet beside the list it opened")
    results.publish_new()
    assert (earlier / "scores.parquet").read_text() == "old"
    manifest = json.loads((results.out / "manifest.json").read_text())
    assert manifest["published"]["previous"] == earlier.name
    results.publish({"scores.parquet": "newer"})
    assert [path.name for path in earlier.iterdir()] == ["remarks.csv"]
    (earlier / "remarks.csv").unlink()
    results.publish({"scores.parquet": "newest"})
    assert len(results.versions) == 2


def test_a_manifest_that_names_files_elsewhere_touches_none_of_them(results, tmp_path):
    outside = tmp_path / "outside.txt"
    outside.write_text("mine")
    path = (results.out / "manifest.json").resolve()
    manifest = json.loads(path.read_text())
    for name in ("../../../outside.txt", str(outside), "lists/../../../../outside.txt"):
        manifest["files"][name] = {"sha256": "", "size": 4}
    path.write_text(json.dumps(manifest))
    for text in "abc":
        results.publish({"scores.parquet": text})
    assert outside.read_text() == "mine"
    assert problems(results.out) == []


def test_a_kept_list_that_was_edited_stays_suspect(results):
    (results.out / "lists/2011-12-08/win_back.csv").write_text("edited in place")
    results.publish_new()
    (problem,) = problems(results.out)
    assert "lists/2011-12-08/win_back.csv has changed" in str(problem)


def test_every_new_file_and_every_folder_is_on_the_disk_before_the_switch(results, monkeypatch):
    synced = []

    def fsync(opened):
        synced.append(os.path.realpath(f"/proc/self/fd/{opened}"))

    def replace(source, target, real=os.replace):
        synced.append(str(target))
        real(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fsync)
        patch.setattr(os, "replace", replace)
        results.publish_new()
    before = synced[: synced.index(str(results.out / "current"))]
    made = {path.partition("/results")[2].lstrip("/") for path in before if ".staged-" in path}
    new = {"scores.parquet", "alerts.csv", "lists/2011-12-09/win_back.csv", "manifest.json"}
    assert made >= {*new, "", "lists", "lists/2011-12-08", "lists/2011-12-09"}
    assert {str(results.out), str(results.out / ".published")} <= {*before}
    assert synced[-1] == str(results.out)


def test_a_folder_of_a_set_that_was_swapped_for_a_link_is_not_followed(results, tmp_path):
    mine = tmp_path / "mine"
    kept = (results.out / "lists/2011-12-08/win_back.csv").resolve()
    kept.parent.rename(mine)
    kept.parent.symlink_to(mine)
    for text in "abc":
        results.publish({"scores.parquet": text})
    assert (mine / "win_back.csv").read_text() == "kept"
    (problem,) = problems(results.out)
    assert "lists/2011-12-08/win_back.csv is missing" in str(problem)
