"""Whatever the files hold about the days after `as_of` changes nothing that the job leaves."""

from datetime import timedelta

import ibis
import numpy as np
import pandas as pd
import pytest

from winback.evaluation import past as past_room
from winback.features import behaviour
from winback.features.purchases import known_at
from winback.workflows.lists import lists
from winback.workflows.promote import decide
from winback.workflows.score import score
from winback.workflows.tables import JobTables
from winback.workflows.train import train

AS_OF = pd.Timestamp("1998-01-31")
NEW_EACH_TIME = ["run_id", "list_id"]  # a training's name, and a digest in which it is
JOB = """\
name: quarter
as_of: 1998-01-31
currency: USD
margin: 0.3
data:
  transactions: {source: orders.csv, zero_amounts: keep, max_rejected_share: 0.5}
  events: {source: events.csv}
value: {horizon_days: 90, purchase_model: modified_beta_geo}
churn: {horizon_days: 60, active_within_days: 180, snapshots: {count: 2}}
lists:
  win_back: {contact_cost: 0.01, offer_cost: 0.1, budget: 5, capacity: 80}
"""
CONTEST = JOB.replace(", purchase_model: modified_beta_geo", "")


def orders(cdnow):
    rows = cdnow.assign(currency="USD", available_at=cdnow["timestamp"])
    return rows.astype({"timestamp": "datetime64[us]", "available_at": "datetime64[us]"})


def visits(rows):
    """Each purchase is preceded by a visit."""
    day = rows["timestamp"] - pd.Timedelta(days=1)
    return pd.DataFrame({"customer_id": rows["customer_id"], "timestamp": day, "event": "visit"})


def another_future(rows):
    """Return other buyers, garbage, foreign money, and late news of the past."""
    rng = np.random.default_rng(5)
    n = 400
    days = AS_OF + pd.to_timedelta(rng.integers(1, 150, n) * 24 + 1, unit="h")
    future = pd.DataFrame(
        {
            "customer_id": [f"new-{i}" for i in range(n // 2)]
            + rng.choice(rows["customer_id"], n // 2).tolist(),
            "timestamp": days,
            "amount": rng.exponential(5000, n) * rng.choice([1, -1, np.nan], n),
            "currency": rng.choice(["USD", "EUR"], n),
            "available_at": days,
        }
    )
    future.loc[::7, "customer_id"] = None
    late = rows[rows["timestamp"] <= AS_OF].sample(50, random_state=1)
    late = late.assign(amount=9999.0, available_at=AS_OF + pd.Timedelta(days=3))
    return future, late


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(JOB, id="named"),
        pytest.param(CONTEST, id="contest", marks=pytest.mark.slow),
    ],
)
def worlds(request, tmp_path_factory, workshop_in, cdnow_quarter):
    """One past, two futures: none, and a wild one. The job has run in both."""
    rows = orders(cdnow_quarter)
    past = rows[rows["timestamp"] <= AS_OF]
    future, late = another_future(rows)
    heard = visits(past)
    complaints = visits(future).assign(event="complaint", timestamp=future["timestamp"])
    made = {
        "none": (past, heard),
        "wild": (pd.concat([past, future, late]), pd.concat([heard, complaints])),
    }
    shops = {}
    for name, (purchases, events) in made.items():
        folder = tmp_path_factory.mktemp(name)
        shops[name] = workshop_in(folder, request.param, orders=purchases, events=events)
        with shops[name].work() as work:  # as a run does, but for the report
            for step in (train, decide, score, lists):
                work.do(step)
    return shops


def assert_same_scores(one, other):
    frames = [shop.read("scores.parquet").drop(columns="run_id") for shop in (one, other)]
    pd.testing.assert_frame_equal(*frames, check_exact=True)


def test_scores_do_not_feel_the_future(worlds):
    assert worlds["wild"].read("manifest.json")["intake"]["after_as_of"] == 450
    assert len(worlds["none"].read("scores.parquet")) > 500
    assert_same_scores(*worlds.values())


def test_neither_do_lists_nor_what_was_learned_and_chosen(worlds):
    none, wild = worlds.values()
    names = ("churn_warning.parquet", "win_back.parquet", "win_back_excluded.parquet")
    frames = {name: [shop.read(name) for shop in (none, wild)] for name in names}
    assert {name: len(pair[0]) > 0 for name, pair in frames.items()} == dict.fromkeys(names, True)
    for pair in frames.values():
        pd.testing.assert_frame_equal(
            *(f.drop(columns=NEW_EACH_TIME, errors="ignore") for f in pair)
        )
    assert none.read("evaluation.json") == wild.read("evaluation.json")
    assert none.read("tiers.json") == wild.read("tiers.json")
    digests = [
        {
            role: (m["version"], m["digest"])
            for role, m in shop.read("manifest.json")["models"].items()
        }
        for shop in (none, wild)
    ]
    assert digests[0] == digests[1]


def test_a_planted_leak_is_seen(worlds, monkeypatch):
    """Three doors are forced: the intake leaves later rows out, the past, and every feature."""
    month = ibis.interval(days=30)

    def peek(table, dates):
        earlier = {name: table[name] - month for name in ("day", "known_on")}
        return known_at(table.mutate(**earlier), dates)

    read = JobTables.read_transactions
    ahead = AS_OF.date() + timedelta(days=60)
    monkeypatch.setattr(JobTables, "read_transactions", lambda self, **_: read(self, until=ahead))
    worlds["wild"].do(score)
    assert_same_scores(*worlds.values())
    monkeypatch.setattr(past_room, "known_by", lambda table, _: table)
    worlds["wild"].do(score)
    assert_same_scores(*worlds.values())
    monkeypatch.setattr(behaviour, "known_at", peek)
    worlds["wild"].do(score)
    with pytest.raises(AssertionError):
        assert_same_scores(*worlds.values())
