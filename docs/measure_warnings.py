# ruff: noqa: INP001, T201 - a script beside what it is quoted in, that prints
"""Measure what a churn-warning list keeps, by how it is ordered, where it is known who is alive.

    python docs/measure_warnings.py

Shops are drawn by a purchase model, and everything is predicted by that model fitted to what a shop
would see. A warning keeps a tenth of those who are alive and would buy nothing in the next 13
weeks; what that is worth follows from each customer's own true rates. Prints the rows of the table
in `docs/explanation/churn.md`: true value kept per 100 contacts, and who on the list has gone.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from winback.economics import Economics
from winback.estimators.purchase.beta_geo import BetaGeoModel
from winback.estimators.purchase.generate import generate_customers
from winback.estimators.purchase.leaving import leaving
from winback.estimators.purchase.modified_beta_geo import ModifiedBetaGeoModel
from winback.estimators.purchase.pareto_nbd import ParetoNBDModel
from winback.lists.at_risk import at_risk
from winback.lists.warn_from import WarnFrom

WINDOW, HORIZON, PLACES, SIZE, SEEDS = 13.0, 52.0, 100, 5000, 10
SHOPS = {
    "beta_geo": (BetaGeoModel, {"r": 0.8, "alpha": 6.0, "a": 0.8, "b": 4.0}),
    "modified_beta_geo": (ModifiedBetaGeoModel, {"r": 0.6, "alpha": 8.0, "a": 0.9, "b": 2.5}),
    "pareto_nbd": (ParetoNBDModel, {"r": 0.8, "alpha": 8.0, "s": 0.7, "beta": 30.0}),
}
MONEY = Economics(save_rate=0.1)


def keeping(kind: str, drawn: pd.DataFrame) -> np.ndarray:
    """Return what a warning is truly worth: a tenth of P(alive, L) (E[stays] - E[alive, L])."""
    rate, dropout = drawn["rate"].to_numpy(), drawn["dropout"].to_numpy()

    def bought(weeks: float) -> np.ndarray:
        if kind == "pareto_nbd":
            return -rate / dropout * np.expm1(-dropout * weeks)
        return -np.expm1(-rate * dropout * weeks) / dropout

    if kind == "pareto_nbd":
        both = rate + dropout
        still = np.exp(-both * WINDOW)
        silent = still + dropout / both * (1 - still)
    else:  # customers drop out at a purchase, and nobody who buys nothing does
        still = silent = np.exp(-rate * WINDOW)
    later = still * bought(HORIZON - WINDOW)
    stays = (bought(HORIZON) - later) / np.maximum(1 - silent, 1e-300)
    return MONEY.save_rate * drawn["alive"].to_numpy() * (silent * stays - later)


def judge(kind: str, seed: int) -> list[dict[str, float]]:
    """Return what each order keeps, and the share of its customers who have gone."""
    chance = np.random.default_rng(seed)
    model, truth = SHOPS[kind]
    drawn = generate_customers(
        kind, truth, chance.uniform(1, 156, SIZE), size=SIZE, random_state=seed
    )
    seen = drawn[["frequency", "recency", "T"]]
    spend = chance.lognormal(3.5, 0.7, SIZE)
    fitted = model().fit(seen)
    left = leaving(fitted, seen, gap_days=0, window_days=WINDOW, horizon_days=HORIZON)
    expected = fitted.expected_purchases(seen, HORIZON)
    silent, times = seen["T"] - seen["recency"], seen["frequency"]
    scores = seen.assign(
        customer_id=[f"{i:05d}" for i in range(SIZE)],
        p_churn=1 - fitted.p_purchase_window(seen, 0, WINDOW),
        overdue_ratio=(silent / (seen["recency"] / times)).where(times > 0),
        tier="all",
        purchases_lost=left["lost"] * expected,
        margin_lost=left["lost"] * expected * spend,
        p_keepable=left["p_keepable"],
        kept_share=left["kept_share"],
        kept=keeping(kind, drawn) * spend,
        gone=~drawn["alive"],
    )
    rule, asked = WarnFrom(economics=MONEY), {"as_of": date(2026, 1, 1), "active_within_days": 52}
    believed = at_risk(scores.assign(p_keepable=1.0, kept_share=1.0), warn_from=rule, **asked)
    known = at_risk(scores, warn_from=rule, **asked)
    colour = known["severity"].map({"red": 0, "orange": 1, "yellow": 2})
    by_colour = known.assign(colour=colour).sort_values("colour", kind="stable")
    orders = {
        "old": believed.assign(
            colour=believed["severity"].map({"red": 0, "orange": 1, "yellow": 2})
        ).sort_values("colour", kind="stable"),
        "risk": known.sort_values("p_churn", ascending=False),
        "all value at risk": known.sort_values("value_at_risk", ascending=False),
        "keepable, within a colour": by_colour,
        "keepable": known.sort_values("expected_profit", ascending=False),
        "truth known": known.sort_values("kept", ascending=False),
    }
    return [
        {
            "kind": kind,
            "order": name,
            "kept": float(rows["kept"].head(PLACES).sum()),
            "said": float(rows["expected_profit"].head(PLACES).sum()),
            "gone": float(rows["gone"].head(PLACES).mean()),
        }
        for name, rows in orders.items()
    ]


if __name__ == "__main__":
    found = pd.DataFrame(
        [row for kind in SHOPS for seed in range(SEEDS) for row in judge(kind, seed)]
    )
    for (kind, order), rows in found.groupby(["kind", "order"], sort=False):
        error = rows["kept"].std() / np.sqrt(len(rows))
        print(
            f"| {kind} | {order} | {rows['kept'].mean():.0f} ± {error:.0f} "
            f"| {rows['said'].mean():.0f} | {rows['gone'].mean():.0%} |"
        )
