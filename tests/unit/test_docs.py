"""The docs are true: what they show runs, what they name is there, every column is explained."""

import importlib.util
import re
from pathlib import Path

import pytest
import yaml

from winback.cli import app
from winback.config import Job
from winback.evaluation.backtest import PREDICTION_COLUMNS
from winback.lists.churn_warning import CHURN_WARNING, CHURN_WARNING_EXCLUDED
from winback.lists.win_back import WIN_BACK, WIN_BACK_EXCLUDED
from winback.scoring.score import SCHEMA

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PLACES = ("", "docs", "models", "models/*", "notebooks", "pipelines", "benchmarks")
PAGES = sorted(page for place in PLACES for page in ROOT.glob(f"{place}/*.md".lstrip("/")))
REJECTED = ("source_row", "reason", "customer_id", "timestamp", "amount")
# a page speaks of the product and to its reader, not of how it came about or where it was made
BANNED = re.compile(
    r"\bissues? #?\d|#\d+\b|\b(?:session|assistant|language model|prompt)s?\b"
    r"|\bTODO\b|/work/|/tmp/",
    re.IGNORECASE,
)


def blocks(text, language):
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def relative(page):
    return str(page.relative_to(ROOT))


def test_the_python_of_the_readme_runs_and_says_what_it_says(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (code,) = blocks(README, "python")
    exec(compile(code, "README.md", "exec"), {})
    said = capsys.readouterr().out.splitlines()[-1]
    assert f"`{said}`" in README


def test_the_yaml_of_the_readme_is_a_job():
    jobs = [yaml.safe_load(block) for block in blocks(README, "yaml")]
    assert jobs
    for job in jobs:
        Job.model_validate(job)


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_every_relative_link_resolves(page):
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8"))
    local = [target for target in targets if "://" not in target]
    assert not [target for target in local if not (page.parent / target).exists()]


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_no_page_tells_how_it_was_made(page):
    assert not BANNED.findall(page.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("title", "columns"),
    [
        ("`scores.parquet`", SCHEMA.names),
        ("`churn_warning.csv`", CHURN_WARNING),
        ("`churn_warning_excluded.parquet`", CHURN_WARNING_EXCLUDED),
        ("`win_back.csv`", WIN_BACK),
        ("`win_back_excluded.parquet`", WIN_BACK_EXCLUDED),
        ("`rejected.parquet`", REJECTED),
        ("`evaluation.parquet` and `backtest.parquet`", PREDICTION_COLUMNS),
    ],
)
def test_every_column_of_an_output_is_explained_in_its_order(title, columns):
    text = (ROOT / "docs" / "outputs.md").read_text(encoding="utf-8")
    section = text.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    table = section.partition("| column | unit, range | meaning |")[2]
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \| (.+?) \|$", table, re.MULTILINE)
    assert [name for name, _, _ in rows] == list(columns)


def test_the_readme_counts_the_columns_of_the_lists():
    assert f"of its {len(CHURN_WARNING)} columns" in README
    assert f"of its {len(WIN_BACK)} columns" in README


def test_the_configuration_page_is_current():
    path = ROOT / "docs" / "make_reference.py"
    spec = importlib.util.spec_from_file_location("make_reference", path)
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    page = script.PAGE.read_text(encoding="utf-8")
    assert page == script.page() + "\n", "run: python docs/make_reference.py"


def test_every_command_that_the_docs_name_exists():
    known = {command.name or command.callback.__name__ for command in app.registered_commands}
    known |= {group.name for group in app.registered_groups}
    text = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    shown = "\n".join(blocks(text, "sh")) + "\n".join(re.findall(r"`[^`\n]+`", text))
    named = set(re.findall(r"\bwinback ([a-z]+)", shown))
    assert "run" in named
    assert named <= known


def test_the_reasons_for_rejection_are_all_named():
    text = (ROOT / "docs" / "outputs.md").read_text(encoding="utf-8")
    source = "".join(
        (ROOT / "src/winback/data" / name).read_text(encoding="utf-8")
        for name in ("intake.py", "checks.py")
    )
    faults = re.findall(r'^\s+\("[^"]+", "([^"]+)"\),$', source, re.MULTILINE)
    faults += re.findall(r'faults\.append\(\(.+?, "([^"]+)"\)\)', source)
    faults += re.findall(r'^(?:_FUTURE|UNREADABLE) = "(.+)"', source, re.MULTILINE)
    assert len(faults) >= 11
    assert not [fault for fault in faults if f"`{fault}`" not in text]
