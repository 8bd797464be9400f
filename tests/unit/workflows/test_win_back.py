"""The win-back list of a job: what it may never do, and what it remembers."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from winback.config import load_job
from winback.errors import ConfigError
from winback.workflows.win_back import win_back
from winback.workflows.work import Work

JOB = """\
name: shop
as_of: {as_of}
data:
  transactions: {{source: orders.csv}}
churn: {{active_within_days: 90}}
lists:
  holdout_share: {holdout}
  win_back: {{{settings}}}
"""
PERVERSE = (
    "budget: 1.0e+12, capacity: 1000000000, control_share: 1.0e-9, exploration_share: 0, "
    "max_share: 1, contact_cost: 0, offer_cost: 0, uplift_prior: 0.5, window_days: 3660"
)
BARELY_ALLOWED = (
    PERVERSE.replace("1.0e-9", "0.05")
    .replace("exploration_share: 0,", "exploration_share: 0.05,")
    .replace("max_share: 1,", "max_share: 0.8,")
)
MONDAY, FRIDAY, NEXT_FRIDAY = date(2011, 12, 5), date(2011, 12, 9), date(2011, 12, 16)
N = 400


@pytest.fixture
def shop(tmp_path, workshop_in):
    ids = [f"c{i:03}" for i in range(N)]
    orders = pd.DataFrame(
        {"customer_id": ids * 2, "timestamp": ["2010-05-01"] * N + ["2011-01-10"] * N, "amount": 50}
    )
    return workshop_in(tmp_path / "shop", JOB, orders=orders)


def scores(as_of):
    silent = float((as_of - date(2011, 1, 10)).days)
    return pd.DataFrame(
        {
            "customer_id": [f"c{i:03}" for i in range(N)],
            "as_of": as_of,
            "frequency": 1.0,
            "recency": 254.0,
            "T": 254.0 + silent,
            "monetary_value": 50.0,
            "last_purchase_at": pd.Timestamp("2011-01-10"),
            "expected_purchases": 0.2,
            "expected_spend": np.linspace(120, 60, N),
            "p_repurchase": 0.1,
            "p_alive": 0.5,
            "tier": "core",
            "lifecycle_stage": "dormant",
        }
    )


def make(shop, as_of, settings="budget: 2.8, uplift_prior: 0.1", holdout=0.02):
    """Make the list; its files are published."""
    shop.yaml.write_text(JOB.format(as_of=as_of, settings=settings, holdout=holdout))
    work = Work(load_job(shop.yaml), out=shop.out, today=date(2030, 1, 1))
    with work:
        return work.do(win_back, scores(as_of), None)


def test_a_mass_recall_is_refused(shop):
    with pytest.raises(ConfigError, match=r"\(3 mistakes in all\).*write for example `max_share: "):
        make(shop, FRIDAY, PERVERSE)
    for line in ("control_share: 1.0e-9", "exploration_share: 0", "max_share: 1"):
        key = line.partition(":")[0]
        with pytest.raises(ConfigError, match=f"lists.win_back.{key}.*write for example `{key}: "):
            make(shop, FRIDAY, line)
    with pytest.raises(ConfigError, match=r"write for example `holdout_share: 0\.02`"):
        make(shop, FRIDAY, BARELY_ALLOWED, holdout=1.0e-9)
    assert not (shop.out / "win_back.csv").exists()


def test_at_the_least_that_is_allowed_a_fifth_is_left_alone(shop):
    lists = make(shop, FRIDAY, BARELY_ALLOWED, holdout=0.005)
    eligible = lists.summary["eligible"]
    assert len(lists.treated) == int(0.8 * eligible) > 300
    assert len(lists.control) > 0
    again = make(shop, date(2011, 12, 10), BARELY_ALLOWED, holdout=0.005)  # of the same week
    assert again.treated.empty


def test_lists_of_a_week_share_its_budget_and_remember_whom_they_called(shop):
    monday = make(shop, MONDAY)
    first = (shop.out / "lists" / str(MONDAY) / "win_back.parquet").read_bytes()
    assert len(monday.treated) == 28  # 2.8 / .1
    friday = make(shop, FRIDAY)
    assert friday.treated.empty
    assert "2.80 of the budget of 2.80" in " ".join(map(str, friday.summary["messages"]))
    after = make(shop, NEXT_FRIDAY)
    assert len(after.treated) == 28
    assert not set(after.treated["customer_id"]) & set(monday.treated["customer_id"])
    # made again after later ones, the list is the same to the byte
    make(shop, MONDAY)
    assert (shop.out / "lists" / str(MONDAY) / "win_back.parquet").read_bytes() == first
    kept = pd.read_parquet(shop.out / "win_back.parquet")
    assert set(kept["limits"]) == {"defaults: capacity, control_share"}
    assert set(monday.customer_ids) >= set(kept["customer_id"])


@pytest.mark.parametrize("share", [0.8, 0.5])
def test_a_past_campaign_whose_sizes_are_no_chance_is_not_learned_from(shop, share):
    make(shop, MONDAY)  # four fifths of the job's experiment are treated
    arm = np.where(np.arange(N) < share * N, "treated", "control")
    sent = pd.DataFrame({"customer_id": [f"c{i:03}" for i in range(N)], "arm": arm})
    sent = sent.assign(timestamp="2011-08-01", channel="email", experiment_id="shop-win-back")
    sent.to_csv(shop.folder / "contacts.csv", index=False)
    job = JOB.replace("churn:", "  contacts: {{source: contacts.csv}}\nchurn:")
    shop.yaml.write_text(job.format(as_of=FRIDAY, settings="budget: 60", holdout=0.02))
    with Work(load_job(shop.yaml), out=shop.out, today=date(2030, 1, 1)) as work:
        evidence = work.do(win_back, scores(FRIDAY), None).summary["uplift_evidence"]
    warnings = " ".join(map(str, work.reporter.warnings))
    if share == 0.8:
        assert not warnings
        assert evidence["n_treated"] == 320
    else:
        assert "shop-win-back is not learned from: Sizes of the arms are no chance" in warnings
        assert not evidence
