"""The docs are true: what they show runs, what they name is there, every column is explained."""

import ast
import importlib.util
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import typer.main
import yaml

import winback
from winback.cli import app
from winback.config import Job
from winback.data.contracts import CONTRACTS
from winback.evaluation.backtest import PREDICTION_COLUMNS
from winback.indicators.definition import read_catalogue
from winback.lists.columns import (
    CHURN_WARNING,
    CHURN_WARNING_EXCLUDED,
    WIN_BACK,
    WIN_BACK_EXCLUDED,
)
from winback.lists.for_people import FOR_PEOPLE
from winback.monitoring.rules import read_rules
from winback.scoring.score import SCHEMA

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PLACES = ("", "docs", "docs/*", "models", "models/*", "notebooks", "pipelines", "benchmarks")
PAGES = sorted(page for place in PLACES for page in ROOT.glob(f"{place}/*.md".lstrip("/")))
REJECTED = ("source_row", "reason", "customer_id", "timestamp", "amount")
# a page speaks of the product and to its reader, not of how it came about or where it was made
BANNED = re.compile(
    r"\bissues? #?\d|#\d+\b|\b(?:session|assistant|language model|prompt)s?\b"
    r"|\bTODO\b|/(?:work|tmp)/",
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


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_every_yaml_that_is_shown_is_read(page, tmp_path):
    shown = blocks(page.read_text(encoding="utf-8"), "yaml")
    assert shown or page.name != "README.md" or page.parent != ROOT
    for block in shown:
        (tmp_path / "own.yaml").write_text(block, encoding="utf-8")
        if isinstance(yaml.safe_load(block).get("indicators"), list):
            read_catalogue(tmp_path / "own.yaml")
        elif "rules" in yaml.safe_load(block):
            read_rules(tmp_path / "own.yaml", indicators=read_catalogue())
        else:
            Job.model_validate(yaml.safe_load(block))


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_python_that_is_shown_runs_or_says_why_not(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for block in blocks(page.read_text(encoding="utf-8"), "python"):
        code = compile(block, relative(page), "exec")
        assert set(re.findall(r"\bwb\.(\w+)", block)) <= set(winback.__all__)
        if not block.startswith("# no-run: ") and page.name != "README.md":
            exec(code, {})


def shown_commands(text):
    """Return the words of each `winback …` line of the shell blocks, and of inline code."""
    lines = [line for block in blocks(text, "sh") for line in block.replace("\\\n", "").split("\n")]
    lines += [
        line for line in re.findall(r"^.*\bwinback .* -q.*$", text, re.MULTILINE) if "&&" in line
    ]
    for line in lines:
        for part in re.split(r"&&|\|", line):
            words = shlex.split(part, comments=True)
            places = [n for n, word in enumerate(words) if word.rpartition("/")[2] == "winback"]
            if places:
                end = words.index(">") if ">" in words else None
                yield True, words[places[0] + 1 : end]
    for code in re.findall(r"(?<!`)`winback ([^`]+)`(?!`)", text.replace("\n", " ")):
        yield False, shlex.split(code)


def parse(words, *, whole):
    """Read a command line as the program would; raise where it would refuse it."""
    command = typer.main.get_command(app)
    if words[:1] == ["COMMAND"]:  # any
        words = ["run", *words[1:]]
    while hasattr(command, "commands") and words and not words[0].startswith("-"):
        command, words = command.commands[words[0]], words[1:]
    if whole and not hasattr(command, "commands"):
        command.make_context("winback", list(words))
        return
    options = {opt for parameter in command.params for opt in parameter.opts}
    options |= {"--help", "-h"}
    assert {word.partition("=")[0] for word in words if word.startswith("-")} <= options


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_every_command_line_that_is_shown_is_one(page):
    for whole, words in shown_commands(page.read_text(encoding="utf-8")):
        try:
            parse(words, whole=whole)
        except Exception as error:  # noqa: BLE001
            pytest.fail(f"winback {' '.join(words)}: {type(error).__name__} {error}")


@pytest.mark.parametrize(
    ("line", "refused"),
    [
        ("run shop.yaml --asof today", "--asof"),
        ("rnu shop.yaml", "rnu"),
        ("run", "Missing parameter: job"),
        ("simulate --seed x", "valid integer"),
    ],
)
def test_a_command_line_that_is_none_is_seen(line, refused):
    usage_error = typer.BadParameter.__base__
    with pytest.raises((usage_error, KeyError), match=refused):
        parse(line.split(), whole=True)


def test_command_lines_are_shown_and_seen():
    shown = [words for page in PAGES for _, words in shown_commands(page.read_text("utf-8"))]
    assert len(shown) > 50


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
        ("`churn_warning.parquet`", CHURN_WARNING),
        ("`churn_warning_excluded.parquet`", CHURN_WARNING_EXCLUDED),
        ("`win_back.parquet`", WIN_BACK),
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


def test_the_excerpts_of_the_readme_can_be_made_again(tmp_path):
    made = script("make_excerpts")
    for name in ("verdict", "churn_warning", "win_back"):
        excerpt = README.partition(f"<!-- {name} -->\n")[2].partition("\n<!-- end -->")[0]
        assert len(excerpt) > 300, name
    assert set(made.WARNING) <= set(FOR_PEOPLE["churn_warning"])
    assert set(made.CALL) <= set(FOR_PEOPLE["win_back"])
    page = (
        '<section id="decide"><ol><li><h3>Call</h3>\n<p>Two <b>say</b> so.</p></li></ol></section>'
    )
    (tmp_path / "report.html").write_text(page, encoding="utf-8")
    assert made.verdict(tmp_path) == "> 1. **Call.** Two say so."


def script(name):
    path = ROOT / "docs" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_reference_is_current():
    made = script("make_reference")
    pages = {made.PAGE: made.page, made.COMMANDS: made.commands, made.PYTHON: made.python}
    for path, make in pages.items():
        text = make()
        written = path.read_text(encoding="utf-8")
        assert written == text + "\n", "run: python docs/make_reference.py"


def test_the_page_of_indicators_is_current():
    made = script("make_indicators")
    found = made.PAGE.read_text(encoding="utf-8")
    assert found == made.page(), "run: python docs/make_indicators.py"


def test_the_examples_of_what_we_read_are_the_invented_exports():
    made = script("make_exports")
    found = made.PAGE.read_text(encoding="utf-8")
    assert found == made.page(), "run: python docs/make_exports.py"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Build the site as `make docs` does, without a warning."""
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)],
        cwd=ROOT,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr, done.stderr
    return folder


def test_the_site_asks_the_network_for_nothing(site):
    pages = list(site.rglob("*.html"))
    assert len(pages) > 20
    for page in pages:
        text = page.read_text(encoding="utf-8")
        asked = re.findall(r"<(?:script|img|iframe)[^>]+src=[\"']?(https?:[^\"' >]+)", text)
        asked += [link for link in re.findall(r"<link[^>]+>", text) if "http" in link]
        assert not asked, page.name


def test_the_equations_of_the_site_are_drawn(site):
    drawn = 0
    for page in site.rglob("explanation/*.html"):
        text = page.read_text(encoding="utf-8")
        drawn += text.count('<math display="block">')
        assert not re.search(r"\$(<code>|`)", text)
        assert "\\frac" not in text
    source = (ROOT / "docs" / "explanation").glob("*.md")
    assert drawn == sum(page.read_text(encoding="utf-8").count("```math\n") for page in source) > 10


def test_the_reference_has_every_public_name(site):
    text = (site / "python.html").read_text(encoding="utf-8")
    homes = {**winback._HOME, **winback._MODULES}
    ids = set(re.findall(r'<h\d id="([\w.]+)"', text))
    missing = [
        name for name in winback.__all__
        if not any(anchor == homes[name] or anchor.endswith(f".{name}") for anchor in ids)
    ]  # fmt: skip
    assert not missing


def test_every_page_has_its_place_in_the_site(site):
    text = (site / "index.html").read_text(encoding="utf-8")
    for page in (ROOT / "docs").rglob("*.md"):
        assert str(page.relative_to(ROOT / "docs").with_suffix(".html")) in text, page.name


@pytest.mark.parametrize(
    ("latex", "expected"),
    [
        ("x_1^2", "<msubsup><mi>x</mi><mn>1</mn><mn>2</mn></msubsup>"),
        ("(a)^2", "<msup><mrow><mo>(</mo><mi>a</mi><mo>)</mo></mrow><mn>2</mn></msup>"),
        (r"(0,\; 1]", '<mo>(</mo><mn>0</mn><mo>,</mo><mspace width="0.28em"/><mn>1</mn><mo>]</mo>'),
        (r"\frac{1}{\text{a < b}}", "<mfrac><mn>1</mn><mtext>a &lt; b</mtext></mfrac>"),
        (r"\sum_{i} y", "<munder><mo>∑</mo><mi>i</mi></munder><mi>y</mi>"),
    ],
)  # fmt: skip
def test_an_equation_becomes_mathml(latex, expected):
    assert script("site/mathml").mathml(latex, block=False) == f"<math>{expected}</math>"


@pytest.mark.parametrize("latex", [r"\unheard", r"\frac{1", r"\frac12", r"\left( x"])
def test_an_equation_that_cannot_be_read_stops_the_build(latex):
    with pytest.raises((ValueError, IndexError)):
        script("site/mathml").mathml(latex, block=True)


def test_every_column_that_comes_in_is_in_the_data_contract():
    text = (ROOT / "docs" / "data.md").read_text(encoding="utf-8")
    for table in CONTRACTS.values():
        part = text if table.name == "transactions" else text.partition(f"**`{table.name}`**")[2]
        part = part.partition("**`" if table.name != "transactions" else "\n## ")[0]
        rows = re.findall(r"^\| (`.+?`) \| (\w+) \|", part, re.MULTILINE)
        needs = {name: need for names, need in rows for name in re.findall(r"`(\w+)`", names)}
        assert needs == {c.name: "required" if c.required else "optional" for c in table.columns}


def test_the_reasons_for_rejection_are_all_named():
    text = (ROOT / "docs" / "outputs.md").read_text(encoding="utf-8")
    source = "".join(
        (ROOT / "src/winback/data" / name).read_text(encoding="utf-8")
        for name in ("intake.py", "row_checks.py")
    )
    faults = re.findall(r'^\s+\("[^"]+", "([^"]+)"\),$', source, re.MULTILINE)
    faults += re.findall(r'faults\.append\(\(.+?, "([^"]+)"\)\)', source)
    faults += re.findall(r'^(?:_FUTURE|UNREADABLE) = "(.+)"', source, re.MULTILINE)
    assert len(faults) >= 11
    assert not [fault for fault in faults if f"`{fault}`" not in text]


def test_every_public_name_of_lifetimes_has_its_place():
    text = (ROOT / "docs" / "how-to" / "from_lifetimes.md").read_text(encoding="utf-8")
    folder = Path(importlib.util.find_spec("lifetimes").origin).parent
    helpers = {"coalesce", "forceAspect"}  # of its plots, documented nowhere
    names = set()
    for path in folder.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        tops = [node for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
        inner = [n for top in tops if isinstance(top, ast.ClassDef) for n in top.body]
        inner = [node for node in inner if isinstance(node, ast.FunctionDef)]
        names |= {node.name for node in (*tops, *inner) if not node.name.startswith("_")}
    assert len(names) > 40
    assert sorted(name for name in names - helpers if f"`{name}" not in text) == []
