"""`winback alerts`: files, and what is told; `test` replays and writes nothing."""

import json
from datetime import date

import numpy as np
import pandas as pd
import pytest

from winback.errors import ConfigError
from winback.messages import Words
from winback.workflows.alerts import alerts
from winback.workflows.reporter import Quiet

JOB = """\
name: shop
as_of: 2024-06-30
language: zh
data:
  transactions: {source: orders.csv}
alerts: {presets: [orders_band, dau_mau_below_15pct], rules: rules.yaml, notes: notes.csv}
"""
RULES = """\
rules:
  - id: few_orders
    indicator: orders
    when: {below: 90}
    severity: orange
    owner: "=ann"
    source: us
    respond: [{within_hours: 2, do: ask why}]
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory, workshop_in):
    days = pd.date_range("2024-01-01", "2024-06-30", freq="D")
    random = np.random.default_rng(3)
    n = np.where(days >= "2024-06-10", 9, 15 + random.integers(-1, 2, len(days)))  # three weeks
    rows = [(f"c{random.integers(400)}", day, 10.0) for day, k in zip(days, n, strict=True)
            for _ in range(k)]  # fmt: skip
    orders = pd.DataFrame(rows, columns=["customer_id", "timestamp", "amount"])
    made = workshop_in(tmp_path_factory.mktemp("alerts") / "shop", JOB, orders=orders)
    (made.folder / "rules.yaml").write_text(RULES, encoding="utf-8")
    (made.folder / "notes.csv").write_text("rule,action,on,by\n", encoding="utf-8")
    return made


def watch(shop, **options):
    with shop.work(**options.pop("settings", {})) as opened:
        opened.reporter = Quiet()
        return opened.do(alerts, **options), opened.reporter


def test_what_is_open_is_told_filed_and_harmless_in_a_spreadsheet(shop):
    result, reporter = watch(shop)
    open_now = {row["rule"]: row for row in result["alerts"]}
    assert open_now["orders_band"]["status"] == "firing"
    assert open_now["orders_band"]["opened"] == "2024-06-23"
    assert open_now["orders_band"]["hidden_by"] is None
    assert open_now["few_orders"]["hidden_by"] == "orders_band"
    assert open_now["few_orders"]["overdue"] == "ask why"
    assert json.loads((shop.out / "alerts.json").read_text("utf-8"))["alerts"] == result["alerts"]
    lines = (shop.out / "alerts.csv").read_text("utf-8-sig").splitlines()
    assert lines[1].startswith("红,未结,购买天数,all,")
    assert "'=ann" in "".join(lines)
    assert reporter.said[0].say(Words("zh")).startswith("截至 2024-06-30")
    assert "dau_mau" in str(reporter.warnings[0])  # nobody's visits are known


def test_earlier_days_know_nothing_of_the_fall(shop):
    result, _ = watch(shop, settings={"as_of": date(2024, 6, 9)})
    assert [row for row in result["alerts"] if row["status"] == "firing"] == []


def test_a_rehearsal_writes_nothing(shop, tmp_path):
    other = shop.copy_to(tmp_path / "other")
    left = {path.name for path in other.out.iterdir()} if other.out.exists() else set()
    result, reporter = watch(other, test=True)
    assert {path.name for path in other.out.iterdir()} - {".lock"} == left - {".lock"}
    rehearsed = {row["rule"]: row for row in result["rehearsal"]}
    assert rehearsed["orders_band"]["fired"] == 1
    assert rehearsed["orders_band"]["seen"] == 1.0
    assert rehearsed["orders_band"]["seen_after"] <= 3
    assert any("orders_band" in str(line) for line in reporter.said)


def test_an_unknown_preset_stops_the_job(shop):
    with pytest.raises(ConfigError, match="no such preset"):
        watch(shop, settings={"alerts.presets": ["orders"]})
