"""Odd shops, from their files to their lists."""

import csv
import random
from datetime import date, timedelta

import pandas as pd
import pytest
from typer.testing import CliRunner

from winback import cli
from winback.cli import command
from winback.errors import NotEnoughDataError
from winback.evaluation.gate import GateDecision
from winback.messages import Message
from winback.workflows.fit_churn import fit_churn
from winback.workflows.fitting import fit_value, value_frame
from winback.workflows.lists import lists
from winback.workflows.report import report
from winback.workflows.run import run
from winback.workflows.score import score

AS_OF = date(2011, 12, 9)
JOB = """\
name: shop
as_of: 2011-12-09
data: {transactions: {source: orders.csv}}
churn: {active_within_days: 120, snapshots: {count: 2}}
"""
LISTS = ("churn_warning.machine.csv", "win_back.machine.csv", "win_back_control.machine.csv")
OTHERS = (
    "scores.parquet",
    "churn_warning.parquet",
    "win_back.parquet",
    "win_back_excluded.parquet",
    "rejected.parquet",
    "report.html",
    "manifest.json",
)


def orders(n, *, days=600, repeats=4, amounts=True):
    """Return a shop of `n` customers, of whom some come back."""
    chance = random.Random(11)
    lines = ["customer_id,timestamp" + ",amount" * amounts]
    for customer in range(n):
        age = chance.randint(0, days)
        stays = age * chance.random()
        for visit in range(1 + int(repeats * chance.random() ** 2)):
            day = AS_OF - timedelta(days=int(age - (stays * chance.random() if visit else 0)))
            lines.append(f"c{customer},{day}" + f",{chance.randint(5, 90)}" * amounts)
    return "\n".join(lines) + "\n"


def rows(shop, name):
    with (shop.out / name).open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        return reader.fieldnames, list(reader)


def assert_complete(shop):
    scores = shop.read("scores.parquet")
    assert all((shop.out / name).exists() for name in OTHERS)
    assert all("customer_id" in rows(shop, name)[0] for name in LISTS)
    for name in LISTS:  # people's lists have the same customers, in twelve columns
        heads, people = rows(shop, name.replace(".machine", ""))
        assert (len(heads), len(people)) == (12, len(rows(shop, name)[1]))
        assert [row["Customer"] for row in people] == [
            row["customer_id"] for row in rows(shop, name)[1]
        ]
    parts = [row["customer_id"] for name in LISTS[1:] for row in rows(shop, name)[1]]
    assert len(parts) + len(shop.read("win_back_excluded.parquet")) == len(scores)
    assert scores["p_churn"].between(0, 1).all()
    return scores


@pytest.fixture
def shop(tmp_path, workshop_in):
    return lambda job=JOB, **inputs: workshop_in(tmp_path / "shop", job, **inputs)


ODD = """\
name: odd
as_of: 2011-12-09
timezone: Asia/Shanghai
data:
  transactions:
    source: ${SECRET_FOLDER}/orders.csv
    filter: "'${SECRET_WORD}' <> 订单号"
    columns: {customer_id: 会员, timestamp: 付款时间}
horizon_days: 60
value: {purchase_model: beta_geo}
churn: {active_within_days: 120, snapshots: {count: 2}}
lists:
  churn_warning: {capacity: 500}
  win_back: {capacity: 20, contact_cost: 0.01, offer_cost: 0.0}
"""


def odd_orders():
    """No amounts, names in Chinese, ids that a spreadsheet would run, times of another zone."""
    frame = pd.read_csv(_text(orders(240, amounts=False)))
    ids = ["=1+1", "+86-139", "-2", "@sum", "会员·七", 'O\'Neil; "J"', "𠮷野家", " 0012 "]
    names = {f"c{i}": name for i, name in enumerate(ids)}
    frame["customer_id"] = frame["customer_id"].replace(names)
    # half past five in the afternoon in UTC: already the next day in Shanghai
    days = pd.to_datetime(frame["timestamp"]) - pd.Timedelta(hours=6, minutes=30)
    frame["timestamp"] = days.dt.strftime("%Y-%m-%dT%H:%M:%S+00:00")
    frame = frame.rename(columns={"customer_id": "会员", "timestamp": "付款时间"})
    return frame.assign(订单号=range(len(frame)))


def _text(text):
    from io import StringIO

    return StringIO(text)


@pytest.fixture(scope="module")
def odd(tmp_path_factory, workshop_in):
    """Run the odd shop through the command line, with secrets in its settings."""
    folder = tmp_path_factory.mktemp("odd")
    shop = workshop_in(folder / "shop", ODD)
    (folder / "s3cr3t-place").mkdir()
    odd_orders().to_csv(folder / "s3cr3t-place" / "orders.csv", index=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SECRET_FOLDER", str(folder / "s3cr3t-place"))
        patch.setenv("SECRET_WORD", "s3cr3t-word")
        patch.setattr(command, "signal", lambda *_: None)
        arguments = ["run", str(shop.yaml), "--out", str(shop.out), "--json"]
        shop.done = CliRunner().invoke(cli.app, arguments)
    assert shop.done.exit_code == 0, shop.done.output
    return shop


def test_a_shop_without_amounts_is_ranked_by_expected_purchases(odd):
    scores = assert_complete(odd).set_index("customer_id")
    assert scores[["clv", "monetary_value", "spend_30d"]].isna().all().all()
    assert scores["expected_purchases"].notna().all()
    _, warned = rows(odd, "churn_warning.machine.csv")
    called = odd.read("win_back.parquet")
    assert len(warned) > 5
    assert len(called) > 5
    called = called[called["chosen_by"] == "ranking"]
    hoped = scores["expected_purchases"][called["customer_id"]]
    assert hoped.corr(called["rank"].set_axis(hoped.index), method="spearman") < -0.9


def test_ids_of_any_script_come_through_and_no_cell_is_a_formula(odd):
    kept = set(odd.read("scores.parquet")["customer_id"])
    assert {"=1+1", "+86-139", "-2", "@sum", "会员·七", 'O\'Neil; "J"', "𠮷野家"} <= kept
    cells = [cell for name in LISTS for row in rows(odd, name)[1] for cell in (row["customer_id"],)]
    assert cells
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]


def test_days_are_cut_in_the_time_zone_of_the_job(odd):
    newest = odd.read("scores.parquet")["last_purchase_at"].max()
    in_utc = pd.to_datetime(odd_orders()["付款时间"]).dt.date.max()
    assert newest == in_utc + timedelta(days=1)


def test_a_secret_is_in_nothing_that_was_left_behind(odd):
    assert "s3cr3t" not in odd.done.output
    files = [path for path in odd.folder.rglob("*") if path.is_file()]
    assert {"mlflow.db", "manifest.json", "report.html"} <= {path.name for path in files}
    assert [path.name for path in files if b"s3cr3t" in path.read_bytes()] == []


@pytest.fixture(scope="module")
def few(tmp_path_factory, workshop_in):
    shop = workshop_in(tmp_path_factory.mktemp("few") / "shop", JOB, orders=orders(25))
    shop.done = shop.do(run)
    return shop


def test_a_few_customers_are_scored_by_simple_rules_and_it_is_said(few):
    assert few.done["score"]["scored"] == len(assert_complete(few)) == 25
    said = " ".join(map(str, few.warnings))
    assert "the value model falls back on own rate so far" in said
    assert "the churn score falls back on P(no purchase) from" in said
    assert "at least 50 customers" in said
    page = (few.out / "report.html").read_text(encoding="utf-8")
    assert "falls back on own rate so far" in page


def test_the_first_model_is_champion_for_want_of_another_and_it_is_said(few):
    for decision in few.done["promote"].values():
        assert decision["champion"]
        assert str(decision["reasons"][0]).startswith("the gate would refuse it")
    said = [line for line in map(str, few.warnings) if "the gate would refuse it" in line]
    assert [line.split(" ")[0] for line in said] == ["shop-value/1", "shop-churn/1", "shop-tiers/1"]


def test_long_after_the_last_purchase_everybody_is_dormant_and_every_file_is_there(few, tmp_path):
    late = few.copy_to(tmp_path / "late")
    for step in (score, lists, report):
        late.do(step, as_of=date(2016, 12, 9))
    scores = assert_complete(late)
    assert [rows(late, name)[1] for name in LISTS] == [[], [], []]
    assert len(late.read("churn_warning.parquet")) == len(late.read("win_back.parquet")) == 0
    assert set(late.read("win_back_excluded.parquet")["reason"]) == {"outside the window"}
    assert (scores["p_churn"] > 0.5).all()
    assert (late.out / "lists" / "2011-12-09" / "win_back.csv").exists()  # lists are kept by date


@pytest.mark.slow
def test_a_refused_challenger_changes_nobody_and_everybody_is_told(few, tmp_path, monkeypatch):
    shop = few.copy_to(tmp_path / "refused")
    before = assert_complete(shop)
    shop.yaml.write_text(
        shop.yaml.read_text(encoding="utf-8") + "random_state: 7\n", encoding="utf-8"
    )
    no = GateDecision(False, [Message.of("mae 9 against 3: worse")], pd.DataFrame(), {})
    monkeypatch.setattr("winback.evaluation.gate.decide", lambda *_, **__: no)
    done = shop.do(run)
    assert [model["version"] for model in done["train"]["models"].values()] == [2, 2, 2]
    assert not any(decision["champion"] for decision in done["promote"].values())
    said = [line for line in map(str, shop.warnings) if line.startswith("shop-value/2 is refused")]
    assert len(said) == 1
    assert "stays champion: mae 9 against 3: worse" in said[0]
    scores = shop.read("scores.parquet")
    pd.testing.assert_frame_equal(scores, before)
    assert set(scores["value_version"]) == set(scores["churn_version"]) == {1}
    page = (shop.out / "report.html").read_text(encoding="utf-8")
    assert "was not promoted. Mae 9 against 3: worse." in page

    kept = (shop.out / "manifest.json").read_bytes()
    monkeypatch.setattr(command, "signal", lambda *_: None)
    result = CliRunner().invoke(cli.app, ["promote", str(shop.yaml), "--out", str(shop.out), "-q"])
    assert result.exit_code == 4
    last = result.stderr.splitlines()[-1]
    assert last.startswith("winback: refused: the gate refused a promotion (at shop-value")
    assert "mae 9 against 3: worse" in last
    assert (shop.out / "manifest.json").read_bytes() == kept


def test_fewer_are_refused_with_the_number_before_any_time_is_spent(shop):
    few = shop(orders=orders(19))
    with pytest.raises(NotEnoughDataError, match=r"19 with a purchase.*allowed: 20 or more"):
        few.do(run)
    assert {path.name for path in few.out.iterdir()} == {".lock"}


def test_where_nobody_ever_came_back_nobody_is_certain_to_stay_away(shop):
    once = shop(orders=orders(60, repeats=0, days=200))
    with once.work() as work:
        churn, value = work.do(fit_churn), work.do(fit_value, work.do(value_frame))
    assert "mean rate" in str(churn.caveats[0])
    assert "got 0 of 60" in str(value.caveats[0])
    new = pd.DataFrame({"frequency": 0.0, "recency": 0.0, "T": [0.0, 50, 5000]})
    p = churn.estimator.predict_frame(new)["p_churn"]
    assert p.is_monotonic_increasing
    assert p.between(0.5, 0.9999).all()


def test_a_single_day_cannot_be_learned_from(shop):
    day = "customer_id,timestamp,amount\n" + "".join(f"c{i},{AS_OF},5\n" for i in range(60))
    with (
        shop(orders=day).work() as work,
        pytest.raises(NotEnoughDataError, match="60 customers, all new on the last day"),
    ):
        work.do(fit_churn)


@pytest.mark.slow
def test_training_long_after_the_last_purchase_is_a_job_like_any_other(shop):
    late = shop(JOB.replace("2011", "2016"), orders=orders(120))
    late.do(run)
    assert len(assert_complete(late)) == 120
    assert [rows(late, name)[1] for name in LISTS] == [[], [], []]


@pytest.mark.slow
def test_a_real_gate_refuses_a_rule_that_a_model_has_beaten(tmp_path, workshop_in, cdnow_quarter):
    job = JOB.replace("2011-12-09", "1998-06-30") + "value: {purchase_model: beta_geo}\n"
    shop = workshop_in(tmp_path / "shop", job, orders=cdnow_quarter)
    first = shop.do(run)
    assert first["promote"]["value"]["champion"]
    text = shop.yaml.read_text(encoding="utf-8")
    shop.yaml.write_text(text.replace("beta_geo", "rate"), encoding="utf-8")
    second = shop.do(run)
    assert not second["promote"]["value"]["champion"]
    assert "worse" in str(Message.of_all(second["promote"]["value"]["reasons"]))
    assert set(shop.read("scores.parquet")["value_version"]) == {1}


@pytest.mark.slow
@pytest.mark.parametrize("days", [20, 45])
def test_a_history_shorter_than_the_horizon_is_scored_and_it_is_said(shop, days):
    short = shop(orders=orders(150, days=days))
    short.do(run)
    assert_complete(short)
    assert "too short" in " ".join(map(str, short.warnings))


@pytest.mark.slow
def test_a_shop_in_which_nobody_ever_came_back_gets_every_file(shop):
    once = shop(orders=orders(100, repeats=0))
    once.do(run)
    assert_complete(once)
    assert "got 0 of 100" in " ".join(map(str, once.warnings))
