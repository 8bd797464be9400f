"""ValueTiers: named by value, the same over retrains, never an exception on dull data."""

import numpy as np
import pandas as pd
import pytest

from winback.errors import ModelError, NotEnoughDataError
from winback.estimators.base.artifact import from_files, to_files
from winback.estimators.tiers.one_population import one_population
from winback.estimators.tiers.value_tiers import QUADRANT, SCHEMES, ValueTiers

CLUSTERED = [scheme for scheme in SCHEMES if scheme != QUADRANT]
COLUMNS = ["frequency", "recency", "T", "monetary_value", "clv"]


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


def continuum(n=900, seed=5):
    """Draw customers without kinds: any cut is arbitrary."""
    rng = np.random.default_rng(seed)
    frame = customers(n, seed)
    for column in ("frequency", "recency", "clv"):
        frame[column] = np.floor(rng.gamma(0.7, 40.0, n))
    frame["recency"] = np.minimum(frame["recency"], frame["T"])
    return frame


def from_logs(logs):
    """Return customers whose logs of silence, frequency, spend and value are these."""
    silent, frequency, spend, clv = np.expm1(logs).T
    frequency = np.floor(frequency)
    T = silent + 2000.0
    return pd.DataFrame(dict(zip(COLUMNS, (frequency, T - silent, T, spend, clv), strict=True)))


@pytest.mark.parametrize(
    "method", ["kmeans", pytest.param("gaussian_mixture", marks=pytest.mark.slow)]
)
@pytest.mark.parametrize(
    "seed", [0, pytest.param(1, marks=pytest.mark.slow), pytest.param(2, marks=pytest.mark.slow)]
)
def test_what_is_one_cloud_is_called_hardly_real_however_often_it_is_cut_alike(method, seed):
    rng = np.random.default_rng(seed)
    correlated = rng.normal(size=(1500, 4)) @ np.linalg.qr(rng.normal(size=(4, 4)))[0]
    correlated *= [1.0, 0.25, 0.25, 0.25]  # long: two halves are found again and again
    for cloud in (rng.normal(size=(1500, 4)), correlated, rng.uniform(-1.5, 1.5, (1500, 4))):
        for k in (2, 3):
            tiers = ValueTiers(k, method=method).fit(from_logs(5.0 + 0.5 * cloud))
            assert "hardly real" in str(tiers.note_)


@pytest.mark.parametrize(
    "seed", [0, pytest.param(1, marks=pytest.mark.slow), pytest.param(2, marks=pytest.mark.slow)]
)
def test_one_skewed_population_has_no_segments(seed):
    """Skewed and tied purchases are cut more cleanly than any cloud."""
    rng = np.random.default_rng(seed)
    seen = customers(600, seed)[["frequency", "recency", "T", "monetary_value"]]
    seen["frequency"] = rng.negative_binomial(0.6, 0.25, 600).clip(max=60)
    seen["T"] = rng.integers(100, 700, 600)
    seen["recency"] = np.where(
        seen["frequency"] > 0,
        np.maximum(np.ceil(seen["T"] * rng.random(600) ** 0.5), seen["frequency"]),
        0,
    )
    seen["monetary_value"] = np.where(seen["frequency"] > 0, rng.gamma(4.0, 10.0, 600), 0.0)
    skewed = one_population(seen.astype(float).to_dict("series"))(rng)
    tiers = ValueTiers(3).fit(skewed)
    assert tiers.separation_ < tiers.separation_reference_
    assert "cuts along a continuum" in str(tiers.note_)


@pytest.mark.parametrize("method", ["kmeans", "gaussian_mixture"])
@pytest.mark.parametrize("k", [2, 3, 5, 6])
def test_kinds_well_apart_are_real_and_auto_counts_them(method, k):
    rng = np.random.default_rng(k)
    kind = rng.permutation(np.arange(600) % k)
    places = rng.permutation(k)[kind, None] * np.array([-0.4, 0.8, 0.6, 0.9]) + 5.0
    tiers = ValueTiers("auto", method=method).fit(
        from_logs(places + 0.1 * rng.normal(size=(600, 4)))
    )
    assert len(tiers.names_) == k
    assert ("the most that are tried" in str(tiers.note_)) == (k == 6)
    assert "hardly real" not in str(tiers.note_)
    table = tiers.selection_
    assert table.index.tolist() == [2, 3, 4, 5, 6]
    assert table.index[table["chosen"]].tolist() == [k]


def test_auto_admits_no_tier_smaller_than_asked_for():
    frame = customers(1500)
    frame = frame.drop(frame.index[frame["kind"] == 0][25:])
    free = ValueTiers("auto", min_tier_share=0.01).fit(frame)
    bound = ValueTiers("auto").fit(frame)
    assert len(free.names_) == 3
    assert len(bound.names_) == 2
    assert not bound.selection_.loc[3, "admitted"]
    assert bound.selection_.loc[2, "smallest_share"] >= 0.05


def test_auto_keeps_the_number_in_use_where_it_is_as_good():
    frame = continuum(400)
    alone = ValueTiers("auto", method="gaussian_mixture").fit(frame)
    again = ValueTiers("auto", method="gaussian_mixture").fit(
        frame.sample(frac=0.9, random_state=1), previous=alone
    )
    assert len(again.names_) == len(alone.names_)
    assert (again.predict(frame) == alone.predict(frame)).mean() > 0.8


def test_quadrants_set_how_often_against_how_much():
    frame = pd.DataFrame(
        [(9, 300, 300, 90, 99), (9, 300, 300, 10, 50), (2, 300, 300, 90, 20), (2, 300, 300, 10, 5),
         (0, 0, 300, 0, 1), (9, 30, 30, 50, 70)],
        columns=COLUMNS, dtype=float,
    )  # fmt: skip
    tiers = ValueTiers(scheme=QUADRANT).fit(frame)
    expected = ["key", "loyal", "big-ticket", "occasional", "occasional", "key"]
    assert tiers.predict(frame).tolist() == expected
    assert tiers.names_ == ["key", "loyal", "big-ticket", "occasional"]
    turned = frame.assign(clv=[99.0, 20.0, 50.0, 5.0, 1.0, 70.0])
    again = ValueTiers(scheme=QUADRANT).fit(turned, previous=tiers)
    assert again.names_ == ["key", "big-ticket", "loyal", "occasional"]
    assert again.predict(frame).tolist() == expected
    unpriced = ValueTiers(scheme=QUADRANT).fit(frame.assign(monetary_value=0.0))
    assert set(unpriced.predict(frame.assign(monetary_value=0.0))) == {"loyal", "occasional"}
    assert "no customer is key or big-ticket" in str(unpriced.note_)


def test_clear_kinds_are_found_and_named_by_value():
    frame = customers()
    tiers = ValueTiers().fit(frame)
    names = np.array(["strategic", "potential", "long-tail"])[frame["kind"]]
    assert (tiers.predict(frame) == names).all()
    assert tiers.stability_ > 0.95
    assert tiers.note_ is None
    assert tiers.profile_["customers"].sum() == len(frame)
    assert tiers.profile_["clv_share"].sum() == pytest.approx(1.0)
    assert tiers.profile_["clv"].is_monotonic_decreasing


@pytest.mark.parametrize("n_tiers", range(2, 7))
@pytest.mark.parametrize("scheme", CLUSTERED)
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


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"n_tiers": "auto"},
        {"method": "gaussian_mixture"},
        {"n_tiers": "auto", "method": "gaussian_mixture"},
        {"scheme": QUADRANT},
    ],
    ids=str,
)
def test_row_order_does_not_matter_and_a_round_trip_keeps_every_bit(params):
    frame = continuum(400)
    tiers = ValueTiers(**params).fit(frame)
    shuffled = frame.sample(frac=1.0, random_state=1)
    assert to_files(ValueTiers(**params).fit(shuffled)) == to_files(tiers)
    files = to_files(tiers)
    loaded = from_files(files)
    names = tiers.predict(frame)
    assert loaded.predict(frame).equals(names)
    assert loaded.predict(shuffled).loc[frame.index].equals(names)
    chunks = [loaded.predict(frame.iloc[start : start + 7]) for start in range(0, len(frame), 7)]
    assert pd.concat(chunks).equals(names)
    assert to_files(loaded) == files
    assert list(loaded.predict_frame(loaded.input_example())) == ["tier"]


@pytest.mark.parametrize("method", ["kmeans", "gaussian_mixture"])
def test_customers_keep_their_tier_over_a_retrain(method):
    frame = continuum()
    first = ValueTiers(4, method=method).fit(frame)
    part = frame.sample(frac=0.7, random_state=2)
    second = ValueTiers(4, method=method, random_state=9).fit(part, previous=first)
    assert second.names_ == first.names_
    assert (first.predict(frame) == second.predict(frame)).mean() > 0.9
    alike = ValueTiers(4, method=method, random_state=9).fit(frame, previous=first)
    assert (first.predict(frame) == alike.predict(frame)).mean() > 0.99


def test_tiers_that_change_places_in_value_are_named_anew_and_pointed_out():
    frame = customers()
    first = ValueTiers().fit(frame)
    turned = frame.assign(clv=frame["clv"].max() / (1.0 + frame["clv"]))
    second = ValueTiers().fit(turned, previous=first)
    assert "changed places" in str(second.note_)
    assert second.profile_["clv"].is_monotonic_decreasing


@pytest.mark.parametrize(("lead", "moved"), [(1.05, False), (1.3, True)])
def test_a_name_moves_only_where_the_order_of_value_has_clearly_turned(lead, moved):
    frame = customers(k=2)
    first = ValueTiers(2).fit(frame)
    top, low = (frame["kind"] == kind for kind in (0, 1))
    noise = np.random.default_rng(1).uniform(0.99, 1.01, len(frame))
    level = np.where(low, 100.0 * lead, 100.0) * noise
    second = ValueTiers(2).fit(frame.assign(clv=level), previous=first)
    assert second.names_ == first.names_ == ["tier-1", "tier-2"]
    names = second.predict(frame.assign(clv=level))
    assert (names[top] == ("tier-2" if moved else "tier-1")).all()
    assert ("changed places" in str(second.note_)) == moved


@pytest.mark.parametrize(
    ("distinct", "names"), [(1, ["long-tail"]), (2, ["potential", "long-tail"])]
)
def test_dull_data_give_fewer_tiers_and_a_note(distinct, names):
    frame = customers(distinct).loc[lambda f: f.index.repeat(30)]
    tiers = ValueTiers().fit(frame)
    assert tiers.names_ == names
    assert "tiers" in str(tiers.note_)
    assert set(tiers.predict(frame)) == set(names)


def test_a_tiny_tier_is_pointed_out():
    frame = customers(600, k=2)
    frame.loc["r0", ["frequency", "recency", "T", "monetary_value", "clv"]] = [
        *(9000.0, 9000.0, 9000.0, 1e6, 1e9)
    ]
    assert "only 0.17%" in str(ValueTiers().fit(frame).note_)


def test_impossible_input_is_refused():
    frame = customers(50)
    with pytest.raises(ModelError, match="2 to 6"):
        ValueTiers(7).fit(frame)
    with pytest.raises(ModelError, match="2 to 6, or auto"):
        ValueTiers("four").fit(frame)
    with pytest.raises(ModelError, match="method"):
        ValueTiers(method="dbscan").fit(frame)
    with pytest.raises(ModelError, match="smallest share"):
        ValueTiers(min_tier_share=0.9).fit(frame)
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
