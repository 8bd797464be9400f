"""Killed, interrupted or out of space, a job leaves what was there, and can start again."""

import json
import os
import shutil
import signal
import subprocess
import sys

import pandas as pd
import pytest

from winback.publishing.verify import problems

JOB = """\
name: quarter
as_of: 1998-06-30
data: {transactions: {source: orders.csv, zero_amounts: keep}}
value: {horizon_days: 90, purchase_model: beta_geo}
churn: {horizon_days: 60, active_within_days: 180, snapshots: {count: 1}}
lists:
  win_back: {contact_cost: 0.01, offer_cost: 0.1, budget: 5, capacity: 80}
"""
# a name: what to patch so that the process is killed there, at which of the calls
MOMENTS = {
    "the data are read": ("winback.workflows.train", "evaluate", 1),
    "nothing is registered": ("winback.registry.runs:ModelRun", "register", 1),
    "a model is registered": ("winback.registry.runs:ModelRun", "register", 2),
    "two models are registered": ("winback.registry.runs:ModelRun", "register", 3),
    "challengers are named": ("winback.registry.runs", "set_alias", 2),
    "a champion is made": ("winback.registry.aliases", "promote", 2),
    "scores are written": ("winback.workflows.run", "lists", 1),
    "the set is whole, and not shown yet": ("os", "replace", -1),
}
ASSASSIN = """\
import importlib, os, signal, sys
place, name, at = sys.argv[1], sys.argv[2], int(sys.argv[3])
module, _, owner = place.partition(":")
module = importlib.import_module(module)
owner = getattr(module, owner) if owner else module
real, calls = getattr(owner, name), []
def fatal(*arguments, **options):
    calls.append(arguments)
    if len(calls) == at:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(*arguments, **options)
setattr(owner, name, fatal)
sys.argv = ["winback", *sys.argv[4:]]
from winback.cli import main
main()
"""

COUNT = """\
import os, sys
real, calls = os.replace, []
os.replace = lambda *a, **k: (calls.append(a), real(*a, **k))[1]
from winback.cli import main
sys.argv = ["winback", *sys.argv[1:]]
try: main()
finally: print(len(calls), file=sys.stderr)
"""


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory, workshop_in, shell_in, cdnow_quarter):
    """A shop, and what a run leaves that nobody disturbs."""
    folder = tmp_path_factory.mktemp("undisturbed") / "shop"
    shop = workshop_in(folder, JOB, orders=cdnow_quarter)
    untouched = shop.copy_to(folder.parent / "untouched")
    done = shell_in(folder).winback("run", "job.yaml", "--out", "out")
    assert done.returncode == 0, done.stderr
    shop.fresh = untouched
    return shop


def assert_same_results(one, other):
    for name in ("scores", "churn_warning", "win_back", "win_back_excluded"):
        frames = [shop.read(f"{name}.parquet") for shop in (one, other)]
        frames = [f.drop(columns=["run_id", "list_id"], errors="ignore") for f in frames]
        pd.testing.assert_frame_equal(*frames, check_exact=True)
    assert one.read("evaluation.json") == other.read("evaluation.json")
    assert one.read("tiers.json") == other.read("tiers.json")
    assert {p.name for p in one.out.iterdir()} == {p.name for p in other.out.iterdir()}


@pytest.mark.slow
@pytest.mark.timeout(2000)
@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_when(undisturbed, tmp_path, shell_in, moment):
    shop = undisturbed.fresh.copy_to(tmp_path / "shop")
    place, name, number = MOMENTS[moment]
    if number < 0:  # the last time that a name is replaced is the switch
        counted = subprocess.run(
            [sys.executable, "-c", COUNT, "run", "job.yaml", "--out", "elsewhere"],
            cwd=undisturbed.copy_to(tmp_path / "count").folder,
            capture_output=True,
            text=True,
            check=True,
        )
        number += int(counted.stderr.split()[-1]) + 1
    killed = subprocess.run(
        [
            sys.executable,
            "-c",
            ASSASSIN,
            place,
            name,
            str(number),
            "run",
            "job.yaml",
            "--out",
            "out",
        ],
        cwd=shop.folder,
        capture_output=True,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL
    assert not (shop.out / "manifest.json").exists()
    again = shell_in(shop.folder).winback("run", "job.yaml", "--out", "out")
    assert again.returncode == 0, again.stderr
    assert_same_results(shop, undisturbed)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize(
    "step",
    [
        "Reading purchases",
        "Fitting the value model",
        "Fitting the churn model",
        "Scoring",
        "Making the churn-warning list",
    ],
)
def test_told_to_stop(undisturbed, tmp_path, number, step):
    shop = undisturbed.copy_to(tmp_path / "shop")
    before = {p: p.read_bytes() for p in shop.out.rglob("*") if p.is_file()}
    output = ""
    with subprocess.Popen(
        [sys.executable, "-m", "winback", "run", "job.yaml", "--out", "out", "--force"],
        cwd=shop.folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as job:
        for line in job.stderr:  # a step is told of when it begins
            output += line
            if line.strip().startswith(step):
                job.send_signal(number)
    assert job.returncode == 128 + number, output
    assert output.strip().splitlines()[-1].endswith("nothing was half-written")
    assert "Traceback" not in output
    assert {p: p.read_bytes() for p in shop.out.rglob("*") if p.is_file()} == before
    assert not list(shop.out.glob(".staged-*"))


PUBLISH = """\
import os, signal, sys
from winback.workflows.output import OutputFolder
out, day, at = sys.argv[1], sys.argv[2], int(sys.argv[3])
steps = []
def fatal(real):
    def step(*arguments, **options):
        steps.append(real)
        if len(steps) == at:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*arguments, **options)
    return step
from pathlib import Path
with OutputFolder(Path(out)) as output:
    output._manifest = {"as_of": day}
    for name in ("scores.parquet", "win_back.csv", f"lists/{day}/win_back.csv"):
        output.staged(name).write_text(day)
    output.drop("only_before.csv")
    if day == "2011-12-08":
        output.staged("only_before.csv").write_text(day)
    for name in ("rename", "replace", "symlink", "link", "unlink", "mkdir", "rmdir"):
        setattr(os, name, fatal(getattr(os, name)))
print(len(steps))
"""


def publish(out, day, number=0):
    done = subprocess.run(
        [sys.executable, "-c", PUBLISH, out, day, str(number)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == (-signal.SIGKILL if number else 0), done.stderr
    return int(done.stdout or 0)


def seen(out):
    files = [path for path in out.rglob("*") if path.is_file()]
    hidden = [path for path in files if path.relative_to(out).parts[0].startswith(".")]
    named = {str(path.relative_to(out)): path.read_text() for path in {*files} - {*hidden}}
    return {**named, "manifest.json": json.loads(named["manifest.json"])["as_of"]}


def test_killed_while_it_publishes_one_date_is_seen_and_the_next_start_ends_it(tmp_path):
    out, before, after = tmp_path / "out", "2011-12-08", "2011-12-09"
    publish(out, before)
    old = seen(out)
    shutil.copytree(out, tmp_path / "undisturbed", symlinks=True)
    n = publish(tmp_path / "undisturbed", after)
    new = seen(tmp_path / "undisturbed")
    assert set(old.values()) == {before}
    assert "only_before.csv" in old
    assert "only_before.csv" not in new
    met = []
    for number in range(1, n + 1, 3):
        copy = tmp_path / f"killed{number}"
        shutil.copytree(out, copy, symlinks=True)
        publish(copy, after, number)
        met.append(seen(copy))
        assert met[-1] in (old, new)
        publish(copy, after)
        assert seen(copy) == new
        assert not problems(copy)
    assert old in met
    assert new in met


SWALLOWED = """\
import os, signal, sys
import winback.workflows.validate as place
real = place.validate
def deaf(job, tables, results, reporter):
    result = real(job, tables, results, reporter)
    try:
        os.kill(os.getpid(), signal.SIGTERM)
    except BaseException:  # as a library's callback does
        results.manifest["went_on"] = True
    return result
place.validate = deaf
sys.argv = ["winback", "validate", *sys.argv[1:]]
from winback.cli import main
main()
"""


def test_told_to_stop_where_a_library_swallows_it(shell):
    shell.write("job.yaml", JOB.replace("orders.csv", "sample:cdnow-tenth"))
    done = subprocess.run(
        [sys.executable, "-c", SWALLOWED, "job.yaml", "--out", "out"],
        cwd=shell.folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 128 + signal.SIGTERM, done.stderr
    assert [path.name for path in (shell.folder / "out").iterdir()] == [".lock"]


TOLD_TWICE = """\
import os, shutil, signal, sys
import winback.workflows.output as place
import winback.workflows.validate as step
def told(*_):
    os.kill(os.getpid(), signal.SIGTERM)
step.warn_of_silence = told
class Deaf:
    rmtree = staticmethod(lambda path, **options: (told(), told(), shutil.rmtree(path, **options)))
place.shutil = Deaf
sys.argv = ["winback", "validate", *sys.argv[1:]]
from winback.cli import main
main()
"""


def test_told_to_stop_again_and_again_it_cleans_up_and_says_so_once(shell):
    shell.write("job.yaml", JOB.replace("orders.csv", "sample:cdnow-tenth"))
    done = subprocess.run(
        [sys.executable, "-c", TOLD_TWICE, "job.yaml", "--out", "out"],
        cwd=shell.folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 128 + signal.SIGTERM, done.stderr
    assert done.stderr.count("winback: ") == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert [path.name for path in (shell.folder / "out").iterdir()] == [".lock"]


NO_ROOM = 'mount -t tmpfs -o size=3m none {place} && exec "$@"'


@pytest.mark.skipif(
    subprocess.run(
        ["unshare", "-rm", "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True, check=False
    ).returncode
    != 0,
    reason="no file system of one's own can be mounted here",
)
@pytest.mark.parametrize("place", [pytest.param("out", marks=pytest.mark.slow), "temporary"])
def test_a_disk_that_fills_while_the_data_are_read_is_no_fault_of_the_data(shell, place):
    rows = (f"{n % 9999},2024-01-{n % 28 + 1:02},{n}.5,{n:040}" for n in range(300_000))
    orders = "\n".join(["customer_id,timestamp,amount,note", *rows])
    (shell.folder / "orders.csv").write_text(orders, encoding="utf-16")  # copied before it is read
    shell.write("job.yaml", JOB.replace("1998-06-30", "2024-01-31"))
    for name in ("out", "temporary"):
        (shell.folder / name).mkdir()
    command = [sys.executable, "-m", "winback", "validate", "job.yaml", "--out", "out"]
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", NO_ROOM.format(place=place), "sh", *command],
        cwd=shell.folder,
        env={**os.environ, "TMPDIR": str(shell.folder / "temporary")},
        capture_output=True,
        text=True,
        check=False,
    )
    last = done.stderr.strip().splitlines()[-1]
    assert done.returncode == 1, done.stderr
    assert "No space left on device" in last
    assert "unexpected" not in last


FULL = """\
import errno, os, sys
import pyarrow.parquet as pq
def full(*_, **__):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
if sys.argv[1] == "parquet":
    pq.ParquetWriter.write_table = full
else:
    os.replace = full
sys.argv = ["winback", *sys.argv[2:]]
from winback.cli import main
main()
"""


@pytest.mark.slow
@pytest.mark.parametrize("where", ["parquet", "rename"])
def test_a_full_disk(undisturbed, tmp_path, where):
    shop = undisturbed.copy_to(tmp_path / "shop")
    before = {p: p.read_bytes() for p in shop.out.rglob("*") if p.is_file()}
    done = subprocess.run(
        [sys.executable, "-c", FULL, where, "run", "job.yaml", "--out", "out", "--quiet"],
        cwd=shop.folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("winback: error: ")
    assert "No space left on device" in last
    assert "unexpected" not in last
    assert {p: p.read_bytes() for p in shop.out.rglob("*") if p.is_file()} == before


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission(shell):
    (shell.folder / "locked").mkdir(mode=0o500)
    shell.write("job.yaml", JOB.replace("orders.csv", "sample:cdnow-tenth"))
    done = shell.winback("validate", "job.yaml", "--out", "locked/out", "--json")
    assert done.returncode == 1
    assert "cannot write to the output folder" in json.loads(done.stdout)["error"]
