# ruff: noqa: INP001, T201 - a script beside what it writes to, no package
"""Print the figures of the card: `python models/tiers/measure.py cdnow` or `online_retail`."""

from __future__ import annotations

import os
import sys
from datetime import date

import pandas as pd

import winback as wb
from winback.data.contracts import Transactions
from winback.estimators.base.artifact import make
from winback.evaluation.contest import VALUE_CANDIDATES
from winback.evaluation.tier_quality import tier_quality, with_worth
from winback.evaluation.windows import Window

VALUE = VALUE_CANDIDATES["beta_geo+gamma_gamma"]
VARIANTS: tuple[dict[str, str], ...] = (
    {},
    {"n_tiers": "auto"},
    {"method": "gaussian_mixture"},
    {"method": "gaussian_mixture", "n_tiers": "auto"},
    {"scheme": "quadrant"},
)


def data(name: str) -> tuple[Transactions, Window]:
    """Return the purchases, and the cut-off with the 90 days after it."""
    if name == "cdnow":
        return wb.read_transactions("sample:cdnow"), Window(date(1997, 9, 30), date(1997, 12, 29))
    purchases = wb.read_transactions(
        os.environ["ONLINE_RETAIL"],
        columns={
            "customer_id": "CustomerID",
            "timestamp": "InvoiceDate",
            "amount": "Quantity * UnitPrice",
            "order_id": "InvoiceNo",
            "product_id": "StockCode",
        },
        filter="CustomerID IS NOT NULL AND regexp_matches(StockCode, '^[0-9]{5}')",
        policy=wb.IntakePolicy(timezone="Europe/London", zero_amounts="drop", deduplicate=True),
    )
    return purchases, Window(date(2011, 9, 10), date(2011, 12, 9))


def main(name: str) -> None:
    """Learn, judge and learn again each variant."""
    transactions, window = data(name)
    past = wb.Past(transactions, window.until)
    frame = past.at(window.as_of).frame(window.horizon_days)
    value = make(VALUE).set_params(horizon_days=window.horizon_days).fit(frame)
    frame = with_worth(frame, value)
    for params in VARIANTS:
        tiers = wb.ValueTiers(**params).fit(frame)
        found = tier_quality(
            past,
            window,
            tiers_recipe={"estimator": "ValueTiers", "params": params},
            value_recipe=VALUE,
            churn_horizon_days=window.horizon_days,
            churn=wb.ChurnSettings(180),
        )
        names = tiers.predict(frame)
        kept = [
            wb.ValueTiers(**params, random_state=seed + 1)
            .fit(frame.sample(frac=1.0, replace=True, random_state=seed), previous=tiers)
            .predict(frame)
            .eq(names)
            .mean()
            for seed in range(3)
        ]
        print(f"\n{name} {params or 'default'}: {tiers.note_}")
        print(pd.DataFrame(found["tiers"]).round(3).to_string(index=False))
        if tiers.selection_ is not None:
            print(tiers.selection_.round(3).to_string())
        print(found["differentiation"]["sentence"])
        print(
            f"ARI {tiers.stability_:.3f}, silhouette {tiers.separation_:.3f} "
            f"(reference {tiers.separation_reference_:.3f}), kept {min(kept):.3f}"
        )


if __name__ == "__main__":
    main(sys.argv[1])
