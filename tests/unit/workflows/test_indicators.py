"""`winback indicators`: a table, and what can be told of it in the job's language."""

from datetime import date

import pandas as pd
import pytest

from winback.messages import Words
from winback.workflows.indicators import indicators

JOB = """\
name: shop
as_of: 2024-04-30
language: zh
data:
  transactions: {source: orders.csv}
  customers: {source: customers.csv, columns: {acquisition_channel: source}}
indicators: {grains: [month], catalogue: own.yaml}
"""
OWN = """\
indicators:
  - {id: busy, kind: derived, unit: ratio, formula: orders / period_days}
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory, workshop_in):
    folder = tmp_path_factory.mktemp("indicators")
    days = pd.date_range("2024-01-01", "2024-04-30", freq="D")
    rows = [(f"c{i % 50}", day, 10.0 + i % 7) for i, day in enumerate(days.repeat(2))]
    orders = pd.DataFrame(rows, columns=["customer_id", "timestamp", "amount"])
    people = pd.DataFrame(
        {
            "customer_id": [f"c{i}" for i in range(50)],
            "source": ["search"] * 30 + ["friend"] * 20,
        }
    )
    made = workshop_in(folder / "shop", JOB, orders=orders, customers=people)
    (made.folder / "own.yaml").write_text(OWN, encoding="utf-8")
    return made


def test_the_table_and_what_is_told(shop):
    with shop.work() as opened:
        result = opened.do(indicators)
        said = [message.say(Words("zh")) for message in opened.reporter.said]
    table = shop.read("indicators.parquet")
    assert len(table) == result["rows"]
    assert set(table["dimension"]) == {"all", "acquisition_channel", "cohort"}
    everybody = table[(table["dimension"] == "all") & (table["period"] == date(2024, 4, 1))]
    values = everybody.set_index("indicator")["value"]
    assert values["busy"] == 2.0  # two orders a day
    parts = table[(table["dimension"] == "acquisition_channel") & (table["indicator"] == "orders")]
    assert parts.groupby("period")["value"].sum().tolist() == [62, 58, 62, 60]
    assert set(parts["segment"]) == {"friend", "search"}
    assert said[0].startswith("截至 2024-04-30")
    assert any(line.strip().startswith("健康度指数") for line in said)
    assert any(line.strip().startswith("购买天数：60") for line in said)  # noqa: RUF001
    assert result["left_out"]["dau_mau"]["code"] == "indicators.no_event"
    newest = {row["indicator"]: row for row in result["newest"]}
    assert newest["orders"]["value"] == 60
    assert newest["retention_90d_within"]["period"] == "2024-01-01"  # the last whole one that can


def test_too_young_a_shop_is_told_nothing(shop):
    with shop.work(as_of=date(2024, 1, 20)) as opened:
        newest = {row["indicator"]: row for row in opened.do(indicators)["newest"]}
    assert not any(row["usable"] for row in newest.values())
    assert newest["retention_30d_within"]["value"] is None
