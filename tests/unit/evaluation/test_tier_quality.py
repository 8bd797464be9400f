"""What tiers bring later is told from refitted recipes, and nobody is lost on the way."""

import json
from datetime import date

import numpy as np
import pandas as pd
import pytest

from winback.data.connect import open_engine
from winback.data.intake import read_transactions
from winback.estimators.base.artifact import make
from winback.estimators.tiers.value_tiers import ValueTiers
from winback.evaluation.churn_forward import ChurnSettings
from winback.evaluation.past import Past
from winback.evaluation.tier_quality import (
    NOT_YET,
    migration,
    migration_since,
    tier_quality,
    tier_table,
    with_worth,
)
from winback.evaluation.value_candidates import VALUE_CANDIDATES
from winback.evaluation.windows import Window
from winback.messages import as_records

AS_OF = date(1998, 3, 31)
WINDOW = Window(date(1997, 12, 31), AS_OF)
VALUE = VALUE_CANDIDATES["rate+own_mean"]
TIERS = {"estimator": "ValueTiers", "params": {}}


@pytest.fixture(scope="module")
def transactions():
    return read_transactions("sample:cdnow-tenth", as_of=AS_OF, engine=open_engine())


def judged(transactions, **changes):
    settings = {
        "tiers_recipe": TIERS,
        "value_recipe": VALUE,
        "churn_horizon_days": 60,
        "churn": ChurnSettings(None),
    }
    return tier_quality(Past(transactions, AS_OF), WINDOW, **{**settings, **changes})


def test_each_tier_is_described_by_hand():
    frame = pd.DataFrame(
        {
            "tier": ["top", "top", "low", "low", "low"],
            "revenue_before": [60.0, 20.0, 10.0, 10.0, 0.0],
            "revenue_after": [40.0, 0.0, 3.0, 0.0, 0.0],
            "purchases_after": [2.0, 0.0, 1.0, 0.0, 0.0],
            "churned": [0.0, 1.0, 0.0, np.nan, np.nan],
        }
    )
    table = tier_table(frame, ["top", "middle", "low"]).set_index("tier")
    assert table["customers"].tolist() == [2, 0, 3]
    assert table["share"].tolist() == [0.4, 0.0, 0.6]
    assert table["revenue_share"].tolist() == [0.8, 0.0, 0.2]
    assert table.loc["top", ["arpu_before", "arpu_after"]].tolist() == [40.0, 20.0]
    assert table.loc["low", ["arpu_after", "repurchase_rate"]].tolist() == [1.0, 1 / 3]
    assert table["churn_rate"].tolist()[::2] == [0.5, 0.0]
    assert table.loc["middle", "arpu_before":].isna().all()


def test_migration_counts_everybody_once():
    before = pd.Series({"a": "top", "b": "low", "gone": "low"})
    after = pd.Series({"a": "top", "b": "top", "c": "low"})
    counts = migration(before, after, ["top", "low"])
    assert counts.to_numpy().sum() == len(after)
    assert counts.loc["low", "top"] == counts.loc["top", "top"] == 1
    assert counts.loc[NOT_YET, "low"] == 1


@pytest.mark.parametrize(
    "params",
    [{}, {"scheme": "quadrant"}, {"method": "gaussian_mixture", "n_tiers": "auto"}],
    ids=str,
)
def test_tiers_of_a_shop_are_judged_on_what_came_after(transactions, params):
    quality = judged(transactions, tiers_recipe={"estimator": "ValueTiers", "params": params})
    kept = as_records(quality)
    assert json.loads(json.dumps(kept, allow_nan=False)) == kept
    table = pd.DataFrame(quality["tiers"])
    assert table["share"].sum() == pytest.approx(1.0)
    assert table["revenue_share"].sum() == pytest.approx(1.0)
    past = Past(transactions, AS_OF)
    frame = past.at(WINDOW.as_of).frame(WINDOW.horizon_days)
    after = past.outcomes(WINDOW, frame["customer_id"])
    total = (table["customers"] * table["arpu_after"].fillna(0.0).astype(float)).sum()
    assert total == pytest.approx(after["revenue"].sum())
    assert table["arpu_after"].iloc[0] > table["arpu_after"].iloc[-1]
    assert table["churn_rate"].iloc[0] < table["churn_rate"].iloc[-1]
    assert quality["differentiation"]["p"] < 0.001
    assert (quality["measure"], quality["churn_days"]) == ("revenue", 60)


def test_churn_is_read_within_the_window(transactions):
    assert judged(transactions, churn_horizon_days=365)["churn_days"] == WINDOW.horizon_days
    late = judged(transactions, churn=ChurnSettings(None, gap_days=200))
    assert late["churn_days"] == 0
    assert late["tiers"][0]["churn_rate"] is None


def test_who_has_moved_is_read_off_one_cut(transactions):
    past = Past(transactions, AS_OF)
    frame = past.frame(90)
    value = make(VALUE).fit(frame)
    tiers = ValueTiers().fit(with_worth(frame, value))
    quality = migration_since(past, horizon_days=90, tiers=tiers, value=value)
    counts = pd.DataFrame(quality["counts"]).set_index("before")
    now = tiers.predict(with_worth(frame, value)).value_counts()
    assert counts.sum().to_dict() == now.reindex(tiers.names_).to_dict()
    assert counts.index.tolist() == [*tiers.names_, NOT_YET]
    assert 0.5 < quality["kept"] < 1.0
    early = migration_since(past, horizon_days=999, tiers=tiers, value=value)
    assert early["kept"] is None


def test_churn_is_asked_of_the_active_only(transactions):
    everybody, active = (
        judged(transactions, churn=ChurnSettings(days))["tiers"] for days in (None, 180)
    )
    # the bottom tier bought nine months ago: nobody of it is left to churn
    assert everybody[-1]["churn_rate"] > 0.9
    assert active[-1]["churn_rate"] is None
    assert active[0]["churn_rate"] < 0.7
