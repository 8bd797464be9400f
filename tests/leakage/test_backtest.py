"""Whatever happens after `as_of` changes neither a prediction nor a choice made at `as_of`."""

from dataclasses import replace
from datetime import date, timedelta

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from winback.data.connect import open_engine
from winback.data.intake import read_transactions
from winback.evaluation import description
from winback.evaluation.backtest import TARGETS, BacktestSettings, judge
from winback.evaluation.churn_forward import ChurnSettings, SnapshotSettings
from winback.evaluation.contest import choose_value
from winback.evaluation.past import Past
from winback.evaluation.value_candidates import SIMPLE, VALUE_CANDIDATES
from winback.evaluation.windows import Window

KINDS = (
    *SIMPLE,
    "modified_beta_geo+gamma_gamma_all",
    "poisson+gamma_gamma_all",
    "lightgbm_tweedie",
)
AS_OF, UNTIL = date(1997, 12, 31), date(1998, 3, 31)


@pytest.fixture(scope="module")
def transactions():
    third = "CAST(customer_id AS INTEGER) % 3 = 0"
    return read_transactions("sample:cdnow-tenth", filter=third, engine=open_engine())


def with_other_future(transactions):
    """Replace what comes after AS_OF: other buyers, huge amounts, refunds, news about the past."""
    rows = (
        transactions.table.select("customer_id", "day", "booked_on", "known_on", "amount")
        .to_pyarrow()
        .to_pandas()
    )
    past = rows[rows["day"] <= AS_OF]
    rng = np.random.default_rng(11)
    n = 700
    days = [AS_OF + timedelta(days=int(d)) for d in rng.integers(1, 181, n - 1)] + [UNTIL]
    future = pd.DataFrame(
        {
            "customer_id": rng.permutation(past["customer_id"].to_numpy())[:n],
            "day": days,
            "booked_on": days,
            "known_on": days,
            "amount": rng.exponential(5000, n) * rng.choice([1, 1, -1], n),
        }
    )
    # known days, but only heard of later
    late = future.iloc[:300].assign(day=past["day"].to_numpy()[:300])
    table = pa.Table.from_pandas(pd.concat([past, future, late]), preserve_index=False)
    return replace(transactions, table=ibis.memtable(table))


def run(transactions, targets=TARGETS):
    churn = ChurnSettings(365, snapshots=SnapshotSettings(count=2))
    settings = BacktestSettings(churn=churn, n_replicates=20)
    return judge(Past(transactions, UNTIL), Window(AS_OF, UNTIL), settings, targets=targets)


def assert_same_at_as_of(one, other, targets=TARGETS):
    columns = ["target", "model", "customer_id", "predicted"]
    columns += ["low_80", "high_80", "low_90", "high_90"]

    def judged_by_then(result):
        rows = result.predictions["target"].isin(targets)
        return result.predictions.loc[rows, columns].reset_index(drop=True)

    def choices(result):
        chosen = [r for r in result.records if r["chosen"] and r["target"] in targets]
        return [(r["target"], r["model"], r["reason"]) for r in chosen]

    pd.testing.assert_frame_equal(judged_by_then(one), judged_by_then(other), check_exact=True)
    assert choices(one) == choices(other)


@pytest.fixture(scope="module")
def honest(transactions):
    return run(transactions)


@pytest.mark.slow
def test_the_future_changes_no_prediction_and_no_choice(transactions, honest):
    changed = run(with_other_future(transactions))
    assert_same_at_as_of(honest, changed)
    judged = set(honest.predictions.query("target == 'purchases'")["model"])
    assert judged == set(VALUE_CANDIDATES)
    actual = [result.predictions["actual"].sum() for result in (honest, changed)]
    assert actual[0] != actual[1]  # the futures do differ


@pytest.mark.parametrize(
    ("names", "n_cutoffs"),
    [
        pytest.param(KINDS, 1, id="kinds"),  # rules, RFM, purchases and spend, learned
        pytest.param(tuple(VALUE_CANDIDATES), 3, id="all", marks=pytest.mark.slow),
    ],
)
def test_the_contest_sees_only_what_was_known(transactions, names, n_cutoffs):
    settings = {
        "candidates": {name: VALUE_CANDIDATES[name] for name in names},
        "horizon_days": 90,
        "n_replicates": 20,
        "n_cutoffs": n_cutoffs,
    }
    one = choose_value(Past(transactions, AS_OF), **settings)
    other = choose_value(Past(with_other_future(transactions), AS_OF), **settings)
    for target, choice in one.items():
        assert (choice.name, choice.reasons) == (other[target].name, other[target].reasons)
        pd.testing.assert_frame_equal(choice.table, other[target].table, check_exact=True)


@pytest.mark.slow
def test_a_planted_leak_is_caught(transactions, honest, monkeypatch):
    """Let features of the split's own date count purchases that come after it."""
    behaviour_at = description.behaviour_at

    def leaking(table, dates, **settings):
        frame = behaviour_at(table, dates, **settings)
        later = transactions.table.filter(transactions.table.day > AS_OF)
        extra = later.group_by("customer_id").aggregate(n=later.count())
        joined = frame.left_join(extra, "customer_id")
        return joined.select(
            *[name for name in frame.columns if name != "frequency"],
            frequency=joined.frequency + joined.n.coalesce(0).cast("float64"),
        )

    monkeypatch.setattr(description, "behaviour_at", leaking)
    with pytest.raises(AssertionError, match="DataFrame"):
        assert_same_at_as_of(honest, run(transactions, ("purchases",)), ("purchases",))
