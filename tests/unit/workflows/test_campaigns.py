"""`winback campaigns`: from contacts with arms to what each campaign brought."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from winback.errors import UsageError
from winback.messages import Words
from winback.workflows.campaigns import campaigns

JOB = """\
name: shop
as_of: 2024-06-30
language: zh
horizon_days: 30
margin: 0.4
data:
  transactions: {source: orders.csv}
  contacts: {source: contacts.csv}
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory, workshop_in):
    random = np.random.default_rng(5)
    ids = [f"c{i}" for i in range(600)]
    arms = np.where(random.random(600) < 0.7, "treated", "control")
    first = pd.DataFrame({"customer_id": ids, "timestamp": "2024-01-15", "amount": 20.0})
    back = random.random(600) < np.where(arms == "treated", 0.4, 0.1)
    again = pd.DataFrame({"customer_id": np.array(ids)[back], "timestamp": "2024-05-10",
                          "amount": 50.0})  # fmt: skip
    late = pd.DataFrame({"customer_id": ids[:9], "timestamp": "2024-06-30", "amount": 1.0})
    sent = {"customer_id": ids, "timestamp": "2024-05-01", "channel": "email", "arm": arms,
            "list_id": "may", "cost": np.where(arms == "treated", 0.5, 0.0)}  # fmt: skip
    young = {"customer_id": ids[:40], "timestamp": "2024-06-20", "channel": "email",
             "arm": arms[:40], "list_id": "june", "cost": 0.5}  # fmt: skip
    return workshop_in(
        tmp_path_factory.mktemp("campaigns") / "shop",
        JOB,
        orders=pd.concat([first, again, late]),
        contacts=pd.concat([pd.DataFrame(sent), pd.DataFrame(young)]),
    )


def test_the_ledger_of_a_campaign_and_what_is_too_young(shop):
    with shop.work() as opened:
        result = opened.do(campaigns)
        said = [message.say(Words("zh")) for message in opened.reporter.said]
    may, june = result["campaigns"]
    assert (may["campaign"], may["verdict"], may["decision"]) == ("may", "works", "scale")
    assert (june["campaign"], june["verdict"], june["decision"]) == ("june", "open", "continue")
    assert (june["waiting"], result["open"], june["increment"]) == (40, 40, None)
    assert june["next_look"].startswith("2024-07-20")  # thirty days after the last contact
    assert may["increment"] == pytest.approx(may["treated"] * 0.3 * 50 * 0.4, rel=0.35)
    assert may["cost"] == may["treated"] * 0.5
    assert may["net_low"] <= may["net"] <= may["net_high"]
    lines = (shop.out / "campaigns.csv").read_text("utf-8-sig").splitlines()
    assert "有效,1,1,0,效果超出偶然" in lines[1]
    assert "尚未判定,0,1,40,尚无结论" in lines[2]
    assert any("下次判定日 2024-07-20" in line for line in said)
    assert any("尚无结论" in line for line in said)
    assert len(shop.read("campaigns.parquet")) == 2


def test_an_earlier_day_knows_of_no_outcome(shop):
    result = shop.do(campaigns, as_of=date(2024, 5, 20))
    (may,) = result["campaigns"]
    assert (may["verdict"], may["treated_return"], may["margin_effect"]) == ("open", None, None)
    assert result["open"] == may["waiting"] == 600


def test_sizes_that_the_draw_cannot_give_are_not_compared(shop, tmp_path):
    other = shop.copy_to(tmp_path / "other")
    text = other.yaml.read_text("utf-8") + "campaigns: {treated_share: {may: 0.5}}\n"
    other.yaml.write_text(text, encoding="utf-8")
    with other.work() as opened:
        may = opened.do(campaigns)["campaigns"][0]
        said = [message.say(Words()) for message in opened.reporter.said]
    assert (may["verdict"], may["decision"], may["increment"]) == ("ratio", "check", None)
    assert any("sizes of the arms are no chance" in line for line in said)


def test_a_job_without_contacts_says_what_to_name(shop, tmp_path):
    other = shop.copy_to(tmp_path / "other")
    text = other.yaml.read_text("utf-8").replace("  contacts: {source: contacts.csv}\n", "")
    other.yaml.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match="names no contacts"):
        other.do(campaigns)
