"""`winback channels`: from spend and first purchases to what each channel brings."""

import numpy as np
import pandas as pd
import pytest

from winback.errors import UsageError
from winback.messages import Words
from winback.workflows.channels import channels

JOB = """\
name: shop
as_of: 2024-06-30
language: zh
currency: CNY
data:
  transactions: {source: orders.csv}
  customers: {source: customers.csv}
  spend: {source: spend.csv, columns: {timestamp: date}}
acquisition: {age_days: 90}
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory, workshop_in):
    random, rows, people, spent = np.random.default_rng(4), [], [], []
    for month in pd.date_range("2023-07-01", "2024-06-01", freq="MS"):
        for name, later in (("search", 3), ("social", 0)):
            spent.append((month.date(), name, 300.0))
            for i in range(30):
                who = f"{name}-{month:%y%m}-{i}"
                first = month + pd.Timedelta(days=int(random.integers(28)))
                people.append((who, name))
                days = [0, *random.integers(1, 90, random.poisson(later))]
                rows += [(who, first + pd.Timedelta(days=int(day)), 8.0) for day in days]
    spent.append(("2024-06-30", "search", 0.0))
    orders = pd.DataFrame(rows, columns=["customer_id", "timestamp", "amount"])
    orders = orders[orders["timestamp"] <= "2024-06-30"]
    return workshop_in(
        tmp_path_factory.mktemp("channels") / "shop",
        JOB,
        orders=orders,
        customers=pd.DataFrame(people, columns=["customer_id", "acquisition_channel"]),
        spend=pd.DataFrame(spent, columns=["date", "channel", "amount"]),
    )


def test_what_is_told_and_filed_in_the_words_of_the_job(shop):
    with shop.work() as work:
        done = work.do(channels)
        words = Words(amounts=work.job.amounts)
        said = [message.say(words) for message in work.reporter.said]
    rows = {row["channel"]: row for row in done["channels"]}
    assert rows["search"]["cac"] == pytest.approx(10.0)
    assert rows["search"]["ltv_cac"] == pytest.approx(3.2, rel=0.15)
    assert rows["social"]["verdict"] == "does_not"
    assert rows["social"]["ltv_cac"] == pytest.approx(0.8, rel=0.05)
    assert [(pair["better"], pair["worse"]) for pair in done["orders"]] == [("search", "social")]
    assert any("of revenue, no margin is given" in line for line in said)
    assert any("first touch" in line for line in said)
    lines = (shop.out / "channels.csv").read_text("utf-8-sig").splitlines()
    assert lines[1].startswith("search,")
    assert lines[1].endswith("能回本")
    cohorts = shop.read("channels.parquet")
    assert len(cohorts) == done["cohorts"]
    assert {"mature", "predicted"} <= set(cohorts["state"])
    assert shop.read("manifest.json")["made"]["channels"]


@pytest.mark.parametrize(
    ("part", "missing"),
    [("spend", "names no spend"), ("customers", "name no acquisition_channel")],
)
def test_a_missing_table_is_named(shop, tmp_path, part, missing):
    other = shop.copy_to(tmp_path / "other")
    text = "".join(
        line for line in other.yaml.read_text("utf-8").splitlines(keepends=True)
        if not line.startswith(f"  {part}:")
    )  # fmt: skip
    other.yaml.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=missing):
        other.do(channels)
