"""Every notebook runs from a fresh kernel, on the sample and on a shop of other column names.

They store no output, define no function, open with what one will learn and end with what to try.
"""

import ast
import csv
import re
from pathlib import Path

import nbformat
import pyarrow.parquet as pq
import pytest
from nbclient import NotebookClient

from winback.config import load_job
from winback.data.simulate.shop import simulate
from winback.reports.picture import browser

FOLDER = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
TITLES = (
    "01 · Data and RFM",
    "02 · Lifetime value",
    "03 · Churn",
    "04 · Tiers and lists",
    "05 · Runs and models",
)
PLOTLY = "application/vnd.plotly.v1+json"
JOB = re.compile(r'^JOB = "(.+)"$', re.MULTILINE)
SAMPLE = """
name: cdnow-tenth
as_of: 1998-06-30
currency: USD
margin: 0.30
data: {transactions: {source: sample:cdnow-tenth}}
value: {horizon_days: 273}
churn: {active_within_days: 180}
lists: {win_back: {budget: 250, contact_cost: 0.10, offer_cost: 2.00, window_days: 545}}
"""
SHOP = """
name: laden
as_of: 2024-06-23
currency: EUR
margin: 0.40
horizon_days: 60
data:
  transactions:
    source: bestellungen.csv
    columns: {customer_id: Kunde, timestamp: Datum, amount: Betrag}
    max_rejected_share: 0.2
value: {horizon_days: 120}
churn: {active_within_days: 180}
"""

pytestmark = pytest.mark.filterwarnings(  # jupyter's own
    "ignore::DeprecationWarning", "ignore::ResourceWarning"
)


@pytest.fixture(scope="module")
def jobs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("jobs")
    drawn = pq.read_table(
        simulate(folder / "drawn", customers=500, seed=3, days=540).paths["transactions"]
    )
    columns = (drawn.column(name).to_pylist() for name in ("buyer", "ordered_at", "paid"))
    with (folder / "bestellungen.csv").open("w", newline="", encoding="utf-8") as file:
        lines = csv.writer(file, delimiter=";")
        lines.writerow(["Kunde", "Datum", "Betrag"])
        lines.writerows(zip(*columns, strict=True))
    (folder / "sample.yaml").write_text(SAMPLE, encoding="utf-8")
    (folder / "shop.yaml").write_text(SHOP, encoding="utf-8")
    return folder


def read(path):
    notebook = nbformat.read(path, as_version=4)
    return notebook, [cell for cell in notebook.cells if cell.cell_type == "code"]


def test_the_notebooks_are_numbered_and_named():
    first = [nbformat.read(path, as_version=4).cells[0].source for path in NOTEBOOKS]
    assert [text.splitlines()[0] for text in first] == [f"# {title}" for title in TITLES]
    assert [path.name[:3] for path in NOTEBOOKS] == ["01_", "02_", "03_", "04_", "05_"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_stored_clean(path):
    notebook, code = read(path)
    assert not any(cell.outputs or cell.execution_count for cell in code)
    functions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    trees = [ast.walk(ast.parse(cell.source)) for cell in code]
    assert not [node for tree in trees for node in tree if isinstance(node, functions)]
    assert "**You will learn**" in notebook.cells[0].source
    assert notebook.cells[-1].source.startswith("**What to try**")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_has_one_line_to_change_and_it_names_a_job_that_is_there(path):
    _, code = read(path)
    jobs = [name for cell in code for name in JOB.findall(cell.source)]
    assert len(jobs) == 1
    assert JOB.search(code[0].source)
    assert load_job(FOLDER / jobs[0]).job.name == "cdnow"


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_from_a_fresh_kernel_on_the_sample(path, jobs, tmp_path):
    notebook, code = read(path)
    run(notebook, jobs / "sample.yaml", tmp_path)
    assert drawn_by(code)


@pytest.mark.slow
def test_all_run_on_a_shop_of_other_column_names_in_one_kernel_to_save_time(jobs, tmp_path):
    whole = nbformat.v4.new_notebook()
    whole.cells = [cell for path in NOTEBOOKS for cell in read(path)[0].cells]
    run(whole, jobs / "shop.yaml", tmp_path)
    for path in NOTEBOOKS:
        ids = {cell.id for cell in read(path)[0].cells}
        assert drawn_by([cell for cell in whole.cells if cell.id in ids])


def run(notebook, job, folder):
    """Run a notebook on a job; it must leave nothing behind, and nothing to be wondered at."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for cell in code:
        cell.source = JOB.sub(f'JOB = "{job}"', cell.source)
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": folder}}).execute()
    outputs = [output for cell in code for output in cell.outputs]
    assert not [output.text for output in outputs if output.get("name") == "stderr"]
    assert not list(folder.iterdir())


def drawn_by(code):
    """Return the figures drawn by cells; each must say of how many customers, and as of when."""
    outputs = [output for cell in code for output in cell.get("outputs", [])]
    figures = [o["data"][PLOTLY] for o in outputs if PLOTLY in o.get("data", {})]
    for figure in figures:
        subtitle = figure["layout"]["title"]["subtitle"]["text"]
        assert re.match(r"n = [\d,]+ · as of \d{4}-\d\d-\d\d<br>\w", subtitle)
    for output in outputs:
        if PLOTLY in output.get("data", {}):
            assert ": " in output["data"]["text/plain"]
            assert browser() is None or "image/png" in output["data"]
    return figures
