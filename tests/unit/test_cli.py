import json
import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from signal import SIGTERM

import pytest
from typer.testing import CliRunner

from winback import cli
from winback.cli import command
from winback.config import Job
from winback.errors import DataError, GateRefusedError

JOB = """\
name: shop
as_of: 2011-12-09
timezone: Asia/Shanghai
horizon_days: 30
data:
  transactions:
    source: orders.csv
    filter: "'${SHOP_SECRET}' <> ''"
"""
ORDERS = "customer_id,timestamp,amount\n" + "".join(
    f"c{i},2011-1{1 + i % 2}-0{1 + i % 9},{i}\n" for i in range(1, 40)
)
PROGRAM = Path(sys.executable).with_name("winback")
UNEXPECTED = "(unexpected; run again with --debug for the trace)"
COMMANDS = [
    "run",
    "validate",
    "train",
    "promote",
    "rollback",
    "models",
    "score",
    "lists",
    "explain",
    "report",
    "backtest",
    "init",
    "doctor",
    "status",
    "verify",
    "simulate",
    "playbook check",
    "config schema",
    "config show",
]


@pytest.fixture
def winback(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SHOP_SECRET", "s3cr3t-word")
    monkeypatch.setattr(command, "signal", lambda *_: None)  # this process belongs to pytest
    (tmp_path / "shop.yaml").write_text(JOB, encoding="utf-8")
    (tmp_path / "orders.csv").write_text(ORDERS, encoding="utf-8")
    return lambda *arguments: CliRunner().invoke(cli.app, list(arguments))


@pytest.fixture
def does(monkeypatch):
    """Replace what `winback report` does."""

    def _replace(workflow):
        monkeypatch.setattr("winback.workflows.report.report", workflow)

    return _replace


def quickest(command):
    """Return a program's seconds of processor time, the best of three, and what it said."""
    took = []
    for _ in range(3):
        before = os.times()  # other work may be going on, so not by the clock on the wall
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        after = os.times()
        took.append(sum(after[2:4]) - sum(before[2:4]))
    return min(took), done


@pytest.mark.parametrize("command", COMMANDS)
def test_help_shows_an_example(winback, command):
    done = winback(*command.split(), "--help")
    assert done.exit_code == 0
    assert f"Example: winback {command}" in " ".join(done.stdout.split())


def test_help_is_quick_because_it_imports_nothing_heavy():
    heavy = "pandas numpy mlflow lightgbm sklearn lifetimes duckdb ibis plotly pyarrow pydantic"
    code = (
        "import sys\n"
        "from winback.cli import app\n"
        "try: app(['--help'])\n"
        "except SystemExit as end: assert not end.code\n"
        f"print([name for name in {heavy.split()} if name in sys.modules], file=sys.stderr)"
    )
    took, done = quickest([sys.executable, "-c", code])
    assert done.stderr.strip() == "[]"
    assert "Exit codes: 0 done" in done.stdout
    assert took < 1


def test_winback_alone_is_a_short_guide_that_is_there_at_once():
    took, done = quickest([PROGRAM])
    assert took < 0.4
    lines = done.stdout.splitlines()
    assert len(lines) <= 20
    assert max(map(len, lines)) <= 100
    shown = [line.split()[1] for line in lines if line.startswith("  winback ")]
    assert shown == ["doctor", "init", "validate", "run", "explain"]
    assert set(shown) <= set(COMMANDS)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("winback ru", ["run"]),
        ("winback run jo", ["jobs/a.yaml", "jobs/b.yml"]),
        ("winback score jobs/a", ["jobs/a.yaml"]),
        ("winback explain sh", ["shop.yaml"]),
        ("winback doctor sh", ["shop.yaml"]),
        ("winback init ord", []),  # bash then falls back on every file
        ("winback run shop.yaml --as", ["--as-of"]),
    ],
)
def test_bash_completes_commands_and_the_paths_of_jobs(
    winback, tmp_path, monkeypatch, words, expected
):
    # whatever shell, or none, the tests were started from
    monkeypatch.setattr("shellingham.detect_shell", lambda: ("bash", "/bin/bash"))
    (tmp_path / "jobs").mkdir()
    for name in ("a.yaml", "b.yml", "notes.txt"):
        (tmp_path / "jobs" / name).touch()
    installed = winback("--show-completion", "bash").stdout
    script = installed.replace("$1 )", f"{PROGRAM} )") + (
        f"\nCOMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))\n"
        '_winback_completion winback; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == expected


def test_who_reads_the_beginning_only_hears_of_no_error():
    script = f"set -o pipefail; {PROGRAM} playbook check | head -c 10; echo $?"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.stdout.startswith("churn_warn")


def test_init_shows_what_it_guessed(winback, tmp_path):
    (tmp_path / "sales.csv").write_text(
        "Kunden-Nr.;Datum;Betrag;Stadt\n" + "k1;31.12.2023;1.234,50;Köln\n" * 2, encoding="utf-8"
    )
    done = winback("init", "sales.csv")
    assert done.exit_code == 0
    rows = [line.split() for line in done.stdout.splitlines()]
    assert ["our", "name", "your", "column", "why", "could", "also", "be", "examples"] in rows
    assert next(row for row in rows if row[:1] == ["timestamp"])[-1] == "2023-12-31"
    assert next(row for row in rows if row[:1] == ["amount"])[-1] == "1234.5"
    assert "not used: Stadt" in done.stdout
    assert done.stdout.endswith("then: winback run sales.yaml\n")
    assert winback("init", "sales.csv", "--to", "b.yaml", "--column", "amount").exit_code == 2


@pytest.mark.parametrize(
    ("locale", "asked", "language"),
    [
        ({"LC_ALL": "zh_CN.UTF-8"}, [], "zh"),
        ({"LC_ALL": "", "LANG": "zh_TW.UTF-8"}, [], "zh"),
        ({"LC_ALL": "C", "LANG": "zh_CN.UTF-8"}, [], "en"),
        ({"LC_ALL": "fr_FR.UTF-8"}, [], "en"),
        ({"LC_ALL": "zh_CN.UTF-8"}, ["--language", "en"], "en"),
        ({"LC_ALL": "C.UTF-8"}, ["--language", "zh"], "zh"),
    ],
)
def test_init_speaks_the_language_of_its_reader(
    winback, tmp_path, monkeypatch, locale, asked, language
):
    for name, value in locale.items():
        monkeypatch.setenv(name, value)
    rows = "".join(f"甲{i % 9},2023-12-{1 + i % 28:02d},{i},已收货\n" for i in range(60))
    (tmp_path / "商城2.csv").write_text(f"客户编号,下单时间,实付金额2,订单状态\n{rows}", "utf-8")
    done = winback("init", "商城2.csv", *asked)
    assert done.exit_code == 0
    text = (tmp_path / "商城2.yaml").read_text("utf-8")
    assert f"\nlanguage: {language}\n" in text
    assert "实付金额2\n" in text
    spoken = re.sub("商城2|customer_id|timestamp|amount|winback run|csv|yaml", "", done.stdout)
    english = re.findall("[A-Za-z]{2,}", spoken)
    assert (english == []) == (language == "zh"), english
    assert ("# Days are cut in this time zone." in text) == (language == "en")


def test_a_language_that_winback_does_not_speak_is_refused(winback):
    done = winback("init", "orders.csv", "--language", "tlh")
    assert done.exit_code == 2
    assert "'tlh' is none of en, zh" in " ".join(done.stderr.split())


def test_verify_takes_the_job_or_its_folder_and_says_each_problem_with_what_to_do(
    winback, tmp_path
):
    nothing = winback("verify", "shop.yaml")
    assert nothing.exit_code == 1
    assert "no results have been published here (at outputs/shop). Next: " in nothing.stdout
    assert winback("validate", "shop.yaml").exit_code == 0
    done = winback("verify", "shop.yaml")
    assert done.exit_code == 0
    assert done.stdout == "all is well: 1 file of 2011-12-09 in outputs/shop\n"
    (tmp_path / "outputs/shop/rejected.parquet").resolve().unlink()
    harmed = winback("verify", "outputs/shop", "--json")
    assert harmed.exit_code == 1
    (problem,) = json.loads(harmed.stdout)["problems"]
    assert problem["what"].startswith("rejected.parquet is missing")
    assert problem["next"]


def test_json_is_all_there_is_on_standard_output(winback):
    done = winback("validate", "shop.yaml", "--json")
    assert done.exit_code == 0
    counts = json.loads(done.stdout)
    assert counts["accepted"] == counts["customers"] == 39
    assert counts["warnings"] == []


def test_json_stays_json_whatever_a_secret_spells_and_whatever_is_not_a_number(
    winback, does, monkeypatch
):
    monkeypatch.setenv("SHOP_SECRET", "1234")
    does(lambda: {"n": 1234, "nan": float("nan"), "text": ["from 1234"], "none": None})
    done = winback("report", "shop.yaml", "--json")
    result = json.loads(done.stdout, parse_constant=pytest.fail)
    assert result["n"] == 1234
    assert result["nan"] is result["none"] is None
    assert result["text"] == ["from ${SHOP_SECRET}"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["score", "nowhere.yaml"], 2),
        (["lists", "shop.yaml"], 2),
        (["validate", "broken.yaml"], 3),
        (["backtest", "shop.yaml"], 2),
        (["validate", "shop.yaml", "--as-of", "2011-02-30"], 2),
    ],
    ids=str,
)
def test_an_error_is_json_too_and_one_line_for_people(winback, tmp_path, arguments, code):
    (tmp_path / "broken.yaml").write_text(JOB.replace("orders", "missing"), encoding="utf-8")
    done = winback(*arguments, "--json")
    error = json.loads(done.stdout)
    assert done.exit_code == error["exit_code"] == code
    told = [line for line in done.stderr.splitlines() if not line.startswith("  ")]  # no step
    assert told == [f"winback: error: {error['error']}"]
    assert "s3cr3t-word" not in done.output


def test_quiet_says_nothing_when_all_is_well(winback):
    done = winback("validate", "shop.yaml", "--quiet")
    assert (done.exit_code, done.output) == (0, "")
    assert "39 of 39 rows accepted" in winback("validate", "shop.yaml").stdout


@pytest.mark.parametrize(
    ("error", "ends"),
    [
        (DataError("bad", got="a s3cr3t-word"), (3, "winback: error: bad: got a ${SHOP_SECRET}")),
        (GateRefusedError("no", got="why"), (4, "winback: refused: no: got why")),
        (
            RuntimeError("two\nlines of s3cr3t-word"),
            (1, f"winback: error: RuntimeError: two lines of ${{SHOP_SECRET}} {UNEXPECTED}"),
        ),
        (KeyboardInterrupt(), (130, "winback: interrupted; nothing was half-written")),
    ],
    ids=lambda case: type(case).__name__,
)
def test_whatever_happens_is_one_line_and_a_code(winback, does, tmp_path, error, ends):
    def fail(results):
        results.staged("report.html").write_text("half")
        raise error

    does(fail)
    done = winback("report", "shop.yaml", "--quiet")
    assert (done.exit_code, done.stderr.rstrip("\n")) == ends
    assert not done.stdout
    assert {p.name for p in (tmp_path / "outputs/shop").iterdir()} == {".lock"}


@pytest.mark.parametrize("swallowed", [False, True])
def test_a_scheduler_that_ends_the_job_is_told_so(winback, does, tmp_path, monkeypatch, swallowed):
    monkeypatch.setattr(command, "_stopped", [])

    def stop(results):
        results.staged("report.html").write_text("half")
        try:
            command._on_signal(SIGTERM, None)
        except KeyboardInterrupt:
            if swallowed:  # as an engine does that was at work when the signal arrived
                raise RuntimeError("Query interrupted") from None
            raise

    does(stop)
    done = winback("report", "shop.yaml", "--json")
    assert done.exit_code == 143
    assert done.stderr == "winback: terminated; nothing was half-written\n"
    assert {p.name for p in (tmp_path / "outputs/shop").iterdir()} == {".lock"}


def test_debug_shows_the_trace(winback, does):
    def fail():
        raise RuntimeError("here")

    does(fail)
    done = winback("report", "shop.yaml", "--debug")
    assert 'raise RuntimeError("here")' in done.stderr
    assert done.exit_code == 1


@pytest.mark.parametrize(
    ("now", "given", "as_of"),
    [
        # half past four in the afternoon in UTC is half past midnight of the next day in Shanghai
        (datetime(2011, 12, 9, 16, 30, tzinfo=UTC), "yesterday", "2011-12-09"),
        (datetime(2011, 12, 9, 16, 30, tzinfo=UTC), "today", "2011-12-10"),
        (datetime(2011, 12, 9, 15, 30, tzinfo=UTC), "yesterday", "2011-12-08"),
        (datetime(2011, 12, 9, 15, 30, tzinfo=UTC), "2011-12-01", "2011-12-01"),
    ],
)
def test_yesterday_is_yesterday_in_the_time_zone_of_the_job(
    winback, monkeypatch, now, given, as_of
):
    class Clock(datetime):
        @classmethod
        def now(cls, tz=None):
            return now.astimezone(tz)

    monkeypatch.setattr(command, "datetime", Clock)
    done = winback("config", "show", "shop.yaml", "--as-of", given)
    assert f"as_of = {as_of}\n" in done.stdout.replace('"', "")


def test_what_is_dated_after_today_is_rejected_and_not_merely_left_for_later(winback, monkeypatch):
    class Clock(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime(2011, 11, 5, tzinfo=tz)

    monkeypatch.setattr(command, "datetime", Clock)
    text = JOB.replace("orders.csv", "orders.csv\n    max_rejected_share: 1")
    Path("shop.yaml").write_text(text, encoding="utf-8")
    done = winback("validate", "shop.yaml", "--as-of", "yesterday", "--json")
    counts = json.loads(done.stdout)
    assert counts["after_as_of"] > 0
    assert sum(counts["rejected"].values()) > 0


def test_the_schema_is_a_schema_in_which_every_key_is_described(winback):
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads(winback("config", "schema").stdout)
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(
        {"name": "a", "as_of": "2011-12-09", "data": {"transactions": {"source": "x"}}}, schema
    )
    with pytest.raises(jsonschema.ValidationError, match="horizn"):
        jsonschema.validate({"name": "a", "horizn": 1}, schema)
    groups = {"Job": schema, **schema["$defs"]}
    silent = [
        f"{group}.{key}"
        for group, content in groups.items()
        for key, entry in content["properties"].items()
        if not {**groups.get(entry.get("$ref", "").split("/")[-1], {}), **entry}.get("description")
    ]
    assert silent == []
    assert set(schema["properties"]) == set(Job.model_fields)


def test_config_show_marks_defaults_and_hides_secrets(winback):
    lines = winback("config", "show", "shop.yaml").stdout.splitlines()
    assert "horizon_days = 30" in lines
    assert "margin = 1.0  (default)" in lines
    assert any("${SHOP_SECRET}" in line for line in lines)
    assert not any("s3cr3t-word" in line for line in lines)


def test_steps_stop_at_the_first_that_fails(winback, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["score.py", "shop.yaml", "--quiet"])
    assert cli.steps("validate") == 0
    assert cli.steps("validate", "lists", "score") == 2
