"""`winback run` works out what is steered by, names what it leaves out, and the report shows it."""

import json
import re
from datetime import date

import pytest

from winback.errors import ConfigError
from winback.workflows.alerts import alerts
from winback.workflows.indicators import indicators
from winback.workflows.report import report
from winback.workflows.run import run
from winback.workflows.steering import steering


def page(shop):
    text = (shop.out / "report.html").read_text(encoding="utf-8")
    return re.sub(r"<script[^>]*>.*?</script>", "", text, flags=re.DOTALL)


def test_a_run_publishes_indicators_and_alerts_and_says_why_there_are_no_campaigns(shop):
    made = shop.read("manifest.json")
    assert {"indicators.parquet", "alerts.json", "alerts.csv"} <= {
        path.name for path in shop.out.iterdir()
    }
    assert made["made"].keys() >= {"indicators", "alerts"}
    assert made["steering"]["left_out"]["campaigns"]["code"] == "steering.no_contacts"
    drawn = shop.read("report.json")
    assert drawn["board"]["grain"] == "month"
    assert drawn["left_out"]["indicator"]["dau_mau"]
    rows = {row["indicator"]: row for group in drawn["board"]["groups"] for row in group["rows"]}
    table = shop.read("indicators.parquet")
    newest = table[(table["indicator"] == "orders") & (table["dimension"] == "all")]
    assert rows["orders"]["value"] == newest[newest["mature"]]["value"].iloc[-1]
    assert drawn["alerts"]["rows"] == [
        row for row in shop.read("alerts.json")["alerts"]
        if row["status"] == "firing" and row["hidden_by"] is None
    ]  # fmt: skip
    assert 'id="figures"' in page(shop)


def test_what_a_run_makes_is_what_the_commands_make(shop, tmp_path):
    other = shop.copy_to(tmp_path / "other")
    before = {name: (other.out / name).read_bytes() for name in ("alerts.json", "alerts.csv")}
    table = other.read("indicators.parquet")
    other.do(indicators)
    other.do(alerts)
    assert {name: (other.out / name).read_bytes() for name in before} == before
    assert other.read("indicators.parquet").equals(table)


def test_figures_of_other_settings_are_left_out_and_the_command_is_named(shop, tmp_path):
    other = shop.copy_to(tmp_path / "other")
    text = other.yaml.read_text(encoding="utf-8")
    other.yaml.write_text(text + "indicators: {grains: [quarter]}\n", encoding="utf-8")
    with other.work() as work:
        work.do(report)
        said = " ".join(map(str, work.reporter.warnings))
    assert "`winback indicators job.yaml`" in said
    drawn = other.read("report.json")
    assert drawn["board"] is None
    assert 'id="figures"' not in page(other)


def test_contacts_without_arms_are_no_campaign(shop, tmp_path):
    other = shop.copy_to(tmp_path / "other")
    (other.folder / "contacts.csv").write_text(
        "customer_id,timestamp,channel\n4,1998-03-01,email\n", encoding="utf-8"
    )
    text = other.yaml.read_text(encoding="utf-8")
    text = text.replace("data:\n", "data:\n  contacts: {source: contacts.csv}\n")
    other.yaml.write_text(text, encoding="utf-8")
    with other.work() as work:
        done = work.do(steering)
    assert done["left_out"]["campaigns"]["code"] == "steering.no_arm"
    assert any("comparison group" in str(line) for line in work.reporter.said)
    assert "campaigns" not in done
    assert json.dumps(done["left_out"])
    assert work.job.as_of == date(1998, 6, 30)


def test_a_wrong_rule_stops_a_run_before_it_trains(shop, tmp_path):
    other = shop.copy_to(tmp_path / "other")
    with (
        pytest.raises(ConfigError, match="no such preset"),
        other.work(**{"alerts.presets": ["orders"]}) as work,
    ):
        work.do(run, force=True)
