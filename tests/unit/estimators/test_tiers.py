"""ValueTiers: named by value, the same over retrains, never an exception on dull data."""

import numpy as np
import pandas as pd
import pytest

from winback.errors import ModelError, NotEnoughDataError
from winback.estimators.artifact import from_files, to_files
from winback.estimators.tiers import SCHEMES, ValueTiers


def customers(n=900, seed=0, k=3):
    """Draw k kinds of customers, well apart; `kind` 0 is worth most."""
    rng = np.random.default_rng(seed)
    kind = rng.integers(0, k, n)
    frequency = np.floor(rng.uniform(0.8, 1.2, n) * 50 / 5.0**kind)
    T = np.floor(rng.uniform(250, 350, n))
    recency = np.where(frequency > 0, np.floor(T * rng.uniform(0.9, 1.0, n) / 2.0**kind), 0.0)
    spend = rng.uniform(0.8, 1.2, n) * 100 / 2.0**kind
    return pd.DataFrame(
        {
            "frequency": frequency,
            "recency": recency,
            "T": T,
            "monetary_value": np.where(frequency > 0, spend, 0.0),
            "clv": (frequency + 0.2) * spend,
            "kind": kind,
        },
        index=[f"r{i}" for i in range(n)],
    )


def test_clear_kinds_are_found_and_named_by_value():
    frame = customers()
    tiers = ValueTiers().fit(frame)
    names = np.array(["strategic", "potential", "long-tail"])[frame["kind"]]
    assert (tiers.predict(frame) == names).all()
    assert tiers.stability_ > 0.95
    assert tiers.note_ == ""
    assert tiers.profile_["customers"].sum() == len(frame)
    assert tiers.profile_["clv_share"].sum() == pytest.approx(1.0)
    assert tiers.profile_["clv"].is_monotonic_decreasing


@pytest.mark.parametrize("n_tiers", range(2, 7))
@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_number_of_tiers_has_names(n_tiers, scheme):
    tiers = ValueTiers(n_tiers, scheme).fit(customers(300, k=4))
    expected = SCHEMES[scheme] if len(SCHEMES[scheme]) == n_tiers else None
    assert tiers.names_ == list(expected or [f"tier-{i + 1}" for i in range(n_tiers)])
    assert tiers.profile_["clv"].dropna().is_monotonic_decreasing


def test_scoring_never_refits_and_looks_at_each_row_alone():
    frame = customers()
    tiers = ValueTiers().fit(frame)
    poor = frame[tiers.predict(frame) == "long-tail"]
    assert set(tiers.predict(poor)) == {"long-tail"}  # a refit would cut these into three
    alone = pd.concat([tiers.predict(frame.iloc[[i]]) for i in range(20)])
    pd.testing.assert_series_equal(alone, tiers.predict(frame.head(20)))


def test_row_order_does_not_matter_and_a_round_trip_keeps_every_bit():
    frame = customers()
    tiers = ValueTiers().fit(frame)
    shuffled = ValueTiers().fit(frame.sample(frac=1.0, random_state=1))
    assert shuffled.centers_.tobytes() == tiers.centers_.tobytes()
    files = to_files(tiers)
    loaded = from_files(files)
    assert loaded.predict(frame).equals(tiers.predict(frame))
    assert to_files(loaded) == files
    assert list(loaded.predict_frame(loaded.input_example())) == ["tier"]


def test_customers_keep_their_tier_over_a_retrain():
    rng = np.random.default_rng(5)
    frame = customers(900)
    for column in ("frequency", "recency", "clv"):  # a continuum: any cut is arbitrary
        frame[column] = np.floor(rng.gamma(0.7, 40.0, len(frame)))
    frame["recency"] = np.minimum(frame["recency"], frame["T"])
    first = ValueTiers(4).fit(frame)
    part = frame.sample(frac=0.7, random_state=2)
    second = ValueTiers(4, random_state=9).fit(part, previous=first)
    assert second.names_ == first.names_
    assert (first.predict(frame) == second.predict(frame)).mean() > 0.9
    alike = ValueTiers(4, random_state=9).fit(frame, previous=first)
    assert (first.predict(frame) == alike.predict(frame)).all()


def test_tiers_that_change_places_in_value_are_pointed_out():
    frame = customers()
    first = ValueTiers().fit(frame)
    turned = frame.assign(clv=frame["clv"].max() / (1.0 + frame["clv"]))
    second = ValueTiers().fit(turned, previous=first)
    assert "changed places" in second.note_
    assert second.profile_["clv"].is_monotonic_decreasing


@pytest.mark.parametrize(
    ("distinct", "names"), [(1, ["long-tail"]), (2, ["potential", "long-tail"])]
)
def test_dull_data_give_fewer_tiers_and_a_note(distinct, names):
    frame = customers(distinct).loc[lambda f: f.index.repeat(30)]
    tiers = ValueTiers().fit(frame)
    assert tiers.names_ == names
    assert "tiers" in tiers.note_
    assert set(tiers.predict(frame)) == set(names)


def test_a_tiny_tier_is_pointed_out():
    frame = customers(600, k=2)
    frame.loc["r0", ["frequency", "recency", "T", "monetary_value", "clv"]] = [
        *(9000.0, 9000.0, 9000.0, 1e6, 1e9)
    ]
    assert "only 0.17%" in ValueTiers().fit(frame).note_


def test_impossible_input_is_refused():
    frame = customers(50)
    with pytest.raises(ModelError, match="2 to 6"):
        ValueTiers(7).fit(frame)
    with pytest.raises(ModelError, match="scheme"):
        ValueTiers(scheme="gold/silver").fit(frame)
    with pytest.raises(ModelError, match="clv"):
        ValueTiers().fit(frame.drop(columns="clv"))
    with pytest.raises(ModelError, match="clv"):
        ValueTiers().fit(frame.assign(clv=np.nan))
    with pytest.raises(NotEnoughDataError):
        ValueTiers().fit(frame.iloc[:0])
    with pytest.raises(ModelError, match="not fitted"):
        ValueTiers().predict(frame)
