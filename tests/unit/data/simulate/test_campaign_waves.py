from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from winback.data.simulate import read_truth, simulate


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    return simulate(tmp_path_factory.mktemp("large"), customers=30_000, seed=11)


@pytest.fixture(scope="module")
def waves(large):
    """One row a customer and campaign: arm, returned within 90 days, and the true uplift."""
    truth = read_truth(large.paths["truth"].parent)
    contacts = pd.read_parquet(large.paths["contacts"])
    lines = pd.read_parquet(large.paths["transactions"], columns=["buyer", "ordered_at", "paid"])
    lines = lines[(lines["paid"] != "n/a") & ~lines["paid"].str.startswith("-")]
    day = lines["ordered_at"].dt.normalize()
    parts = []
    for sent, wave in contacts.groupby(contacts["sent_at"].dt.normalize()):
        true = truth.at(sent.date(), 90).set_index("customer_id").loc[wave["buyer"]]
        window = (day > sent) & (day <= sent + pd.Timedelta(days=90))
        before = day[day <= sent].groupby(lines["buyer"]).max().loc[wave["buyer"]]
        parts.append(
            pd.DataFrame(
                {
                    "treated": (wave["test_group"] == "treated").to_numpy(),
                    "returned": wave["buyer"].isin(lines.loc[window, "buyer"]).to_numpy(),
                    "uplift": true["uplift"].to_numpy(),
                    "silent": (sent - before).dt.days.to_numpy(),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def difference(rows):
    treated, control = (rows.loc[rows["treated"] == arm, "returned"] for arm in (True, False))
    error = (treated.var() / len(treated) + control.var() / len(control)) ** 0.5
    return treated.mean() - control.mean(), error


def test_the_difference_in_means_recovers_the_true_effect(waves):
    effect, error = difference(waves)
    assert abs(effect - waves["uplift"].mean()) < 2.6 * error
    assert effect > 5 * error  # and it is there


def test_the_effect_differs_as_the_truth_says(waves):
    third = pd.qcut(waves["uplift"], [0, 0.2, 0.8, 1], labels=False, duplicates="drop")
    for _, rows in waves.groupby(third):
        effect, error = difference(rows)
        assert abs(effect - rows["uplift"].mean()) < 3 * error
    assert waves.loc[third == third.max(), "uplift"].mean() > 0.08
    assert waves["uplift"].min() < 0


def test_arms_are_drawn_among_the_dormant(waves):
    n = len(waves)
    assert abs(waves["treated"].mean() - 0.5) < 4 * 0.5 / n**0.5
    assert waves["silent"].between(180, 730).all()


def test_the_campaigns_come_before_the_job(large):
    contacts = pd.read_parquet(large.paths["contacts"])
    newest = contacts["sent_at"].max().date()
    as_of = large.last_day - timedelta(days=181)
    assert newest + timedelta(days=90) < as_of == date(2025, 12, 31)
    assert contacts.loc[contacts["test_group"] == "control", "price"].sum() == 0
    assert np.allclose(contacts.loc[contacts["test_group"] == "treated", "price"], 0.1)
