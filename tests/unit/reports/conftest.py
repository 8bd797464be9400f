"""A small shop whose every customer carries a planted identifier."""

from copy import deepcopy
from dataclasses import fields
from datetime import date

import numpy as np
import pandas as pd
import pytest

from winback.reports.compute import compute_report
from winback.reports.material import Course, Data, Earlier, Judgements, Models

KINDS = {
    "data": Data,
    "evaluation": Judgements,
    "models": Models,
    "course": Course,
    "earlier": Earlier,
}
SPLIT = "1997-09-30/1998-06-30"
PLANTED = "PLANTED"


def scores(n=400, seed=7):
    rng = np.random.default_rng(seed)
    T = rng.uniform(30, 545, n)
    frequency = rng.poisson(1.2, n).astype(float)
    recency = np.where(frequency > 0, T * rng.uniform(0, 1, n), 0.0)
    clv = rng.lognormal(2, 1.2, n)
    return pd.DataFrame(
        {
            "customer_id": [f"{PLANTED}-{i}" for i in range(n)],
            "frequency": frequency,
            "recency": recency,
            "T": T,
            "expected_purchases": clv / 30,
            "clv": clv,
            "p_churn": rng.beta(3, 2, n),
            "tier": np.where(clv > 20, "strategic", "long-tail"),
            "lifecycle_stage": np.where(T - recency > 365, "dormant", "active"),
        }
    )


def predictions(n=200, seed=3):
    rng = np.random.default_rng(seed)
    ids = [f"{PLANTED}-{i}" for i in range(n)]
    frames = []
    for target, model in (("churn", "boosted"), ("revenue", "rate+own_mean")):
        predicted = rng.uniform(0, 1, n)
        actual = (rng.uniform(0, 1, n) < predicted).astype(float)
        frames.append(
            pd.DataFrame({"split": SPLIT, "target": target, "model": model, "customer_id": ids})
            .assign(predicted=predicted, low_80=0.0, high_80=0.5, low_90=0.0, high_90=1.0)
            .assign(actual=actual)
        )
    return pd.concat(frames, ignore_index=True)


def record(target, model, *, chosen=False, **metrics):
    return {"split": SPLIT, "target": target, "model": model, "n": 200, "chosen": chosen, **metrics}


EVALUATION = [
    record("churn", "boosted", chosen=True, brier=0.15, auc=0.8, ece=0.02),
    record("churn", "logistic", brier=0.20, auc=0.7, ece=None),
    record(
        "revenue",
        "rate+own_mean",
        chosen=True,
        mae=4.0,
        tweedie_deviance=16.0,
        rmse=9.0,
        gini=0.5,
        bias=1.5,
    ),
    record(
        "revenue",
        "beta_geo+gamma_gamma",
        mae=3.0,
        tweedie_deviance=9.0,
        rmse=8.0,
        gini=0.6,
        bias=0.9,
    ),
    record("revenue", "zero", mae=2.0, tweedie_deviance=64.0, rmse=12.0, gini=0.0, bias=0.0),
]


def make_arguments():
    table = scores()
    return {
        "job": {
            "name": "shop",
            "as_of": date(1998, 6, 30),
            "currency": "USD",
            "horizon_days": 90,
            "value_horizon_days": 365,
            "margin": 0.4,
            "active_within_days": 365,
            "defaults": ["value.horizon_days", "timezone"],
            "package_version": "0.1.0",
        },
        "intake": {
            "rows_in": 1000,
            "filtered_out": 0,
            "zero_amounts": 3,
            "after_as_of": 2,
            "rejected": {"no_customer": 40, "bad_timestamp": 5},
            "accepted": 950,
            "customers": 400,
            "first_day": date(1997, 1, 1),
            "last_day": date(1998, 6, 30),
            "has_amounts": True,
        },
        "scores": table,
        "lists": {
            "churn_warning": table.head(6)[["customer_id"]].assign(
                severity=["red", "red", "yellow", "yellow", "yellow", "yellow"],
                value_at_risk=[30.0, 30.0, 10.0, 10.0, 10.0, 10.0],
            ),
            "win_back": table.iloc[10:30][["customer_id"]],
            "win_back_control": table.iloc[30:35][["customer_id"]],
            "win_back_summary": {
                "excluded": {
                    "not dormant": 300,
                    "opted out": 7,
                    "over budget": 68,
                    "in cooldown": 0,
                },
                "first_left_out": {"customer_id": f"{PLANTED}-36", "rank": 26},
                "budget": 50.0,
                "spent": 42.0,
                "mde": 0.123,
            },
        },
        "evaluation": deepcopy(EVALUATION),
        "predictions": predictions(),
        "models": [
            {
                "name": "shop-value",
                "role": "champion",
                "version": 2,
                "estimator": "CustomerValueModel",
                "parameters": {"r": 0.24259, "alpha": 4.4136},
                "notes": None,
                "promoted": True,
                "reasons": [],
            }
        ],
        "warnings": ["Look </script><script>alert(1)</script> here."],
    }


class Arguments(dict):
    """What a report is made of, by name; a test changes what it is about."""

    def report(self, **others):
        given = self | others
        given["records"], given["used"] = given.pop("evaluation", ()), given.pop("models", ())
        given["report"] = given.pop("earlier", None)
        listed = given.pop("lists", None)
        given["lists"] = given.pop("earlier_lists", None)
        parts = {}
        for name, kind in KINDS.items():
            names = {field.name for field in fields(kind)} & given.keys()
            parts[name] = kind(**{part: given.pop(part) for part in names})
        return compute_report(**given, **parts, lists=listed)


@pytest.fixture
def arguments():
    return Arguments(make_arguments())


TIERS = {
    "tiers": ["strategic", "long-tail"],
    "note": "",
    "stability": 0.9,
    "separation": 0.7,
    "separation_reference": 0.4,
    "profile": [
        {"tier": "strategic", "customers": 100, "frequency": 3.0, "days_since_last": 20.0},
        {"tier": "long-tail", "customers": 300, "frequency": 0.1, "days_since_last": 300.0},
    ],
    "held_out": {
        "as_of": "1997-09-30",
        "until": "1998-06-30",
        "horizon_days": 273,
        "churn_days": 90,
        "measure": "revenue",
        "tiers": [
            {
                "tier": tier,
                "customers": n,
                "share": n / 400,
                "revenue_before": 10.0 * n,
                "revenue_share": n / 400,
                "arpu_before": 10.0,
                "arpu_after": after,
                "repurchase_rate": after / 10,
                "churn_rate": None,
            }
            for tier, n, after in (("strategic", 100, 9.0), ("long-tail", 300, 1.0))
        ],
        "differentiation": {"p": 0.0, "epsilon_squared": 0.31, "effect": "large"},
        "concentration": None,
    },
    "migration": {
        "before": "1997-09-30",
        "after": "1998-06-30",
        "tiers": ["strategic", "long-tail"],
        "kept": 0.8,
        "counts": [
            {"before": "strategic", "strategic": 60, "long-tail": 40},
            {"before": "long-tail", "strategic": 10, "long-tail": 140},
            {"before": "not yet a customer", "strategic": 0, "long-tail": 0},
        ],
    },
}


@pytest.fixture
def tiers():
    return deepcopy(TIERS)
