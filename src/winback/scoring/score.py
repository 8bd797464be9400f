"""Champions applied to every customer: features in, one row of scores a customer out.

Memory is bounded by a chunk: the engine streams features in order of `customer_id`, and every
chunk is scored and written before the next is read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from winback.estimators.churn.candidates.beta_geo_churn import BetaGeoChurn
from winback.estimators.purchase.leaving import leaving
from winback.estimators.purchase.purchase_rule import PurchaseRule
from winback.estimators.tiers.stages import lifecycle_stage

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from winback.estimators.churn.churn_model import ChurnModel
    from winback.estimators.purchase.purchase_model import PurchaseModel
    from winback.estimators.tiers.value_tiers import ValueTiers
    from winback.estimators.value.customer_value import CustomerValueModel

#: The columns of scores.parquet, in order. Money is null where the source has no amounts.
SCHEMA = pa.schema(
    [
        ("customer_id", pa.string()),
        ("as_of", pa.date32()),
        ("frequency", pa.float64()),
        ("recency", pa.float64()),
        ("T", pa.float64()),
        ("monetary_value", pa.float64()),
        ("last_purchase_at", pa.date32()),
        ("p_alive", pa.float64()),
        ("expected_purchases", pa.float64()),
        ("expected_spend", pa.float64()),
        ("clv", pa.float64()),
        ("clv_low", pa.float64()),
        ("clv_high", pa.float64()),
        ("purchases_lost", pa.float64()),
        ("margin_lost", pa.float64()),
        ("p_keepable", pa.float64()),
        ("kept_share", pa.float64()),
        ("margin_after_return", pa.float64()),
        ("ltv", pa.float64()),
        ("ltv_first_order", pa.float64()),
        ("ltv_repurchase", pa.float64()),
        ("referral_value", pa.float64()),
        ("residual_value", pa.float64()),
        ("p_churn", pa.float64()),
        ("p_repurchase", pa.float64()),
        ("spend_30d", pa.float64()),
        ("overdue_ratio", pa.float64()),
        ("discount_share", pa.float64()),
        ("tier", pa.string()),
        ("lifecycle_stage", pa.string()),
        ("value_version", pa.int64()),
        ("churn_version", pa.int64()),
        ("tiers_version", pa.int64()),
        ("run_id", pa.string()),
    ]
)
_LTV = ("ltv", "ltv_first_order", "ltv_repurchase", "residual_value")
_CLV = ("clv", "clv_low", "clv_high", "margin_lost", "margin_after_return")
_MONEY = ("monetary_value", "expected_spend", *_CLV, "spend_30d", *_LTV)


@dataclass(frozen=True)
class Scorer:
    """Three fitted models and what they are asked.

    Parameters
    ----------
    value, churn, tiers
        A fitted `CustomerValueModel`, `ChurnModel` and `ValueTiers`.
    as_of
        The last day that is known.
    value_horizon_days
        Horizon of `expected_purchases`, `clv` and its interval.
    horizon_days
        Horizon of `p_repurchase`.
    churn_horizon_days, gap_days
        The window of `p_churn`: (as_of + gap_days, as_of + gap_days + churn_horizon_days].
    active_within_days
        Who bought within so many days is active; None: everybody.
    has_amounts
        False: the source has no amounts, and every column of money is null.
    versions
        `value_version`, `churn_version`, `tiers_version` and `run_id`, written into every row.
    """

    value: CustomerValueModel
    churn: ChurnModel
    tiers: ValueTiers
    as_of: date
    value_horizon_days: int
    horizon_days: int
    churn_horizon_days: int
    gap_days: int
    active_within_days: int | None
    has_amounts: bool
    versions: dict[str, Any]

    def score(self, features: pd.DataFrame) -> pd.DataFrame:
        """Score a chunk of customers.

        Parameters
        ----------
        features
            Behaviour features at `as_of`, one row a customer.

        Returns
        -------
        DataFrame
            The columns of `SCHEMA`, aligned with `features`. `p_churn` of an active customer is
            the churn champion's; a dormant one is outside its population, and gets the purchase
            model's P(no purchase in the same window). Where `horizon_days` is that window,
            `p_repurchase` is its complement; elsewhere it is the purchase model's. That model is
            the value champion's or, where a rule of thumb is champion, the BG/NBD (or NBD) fitted
            beside it: a rule knows no P(alive), and no return of who has bought once.
            `referral_value` is null: it needs every customer's score first, see
            `winback.scoring.referrals`.
        """
        out = features[["customer_id", "frequency", "recency", "T", "monetary_value"]].copy()
        out["as_of"] = self.as_of
        out["last_purchase_at"] = features["last_purchase_at"].to_numpy()
        out["overdue_ratio"] = features["overdue_ratio"].to_numpy()
        has_discounts = "discount_share" in features.columns
        out["discount_share"] = features["discount_share"].to_numpy() if has_discounts else np.nan
        value = self.value.predict(features, horizon_days=self.value_horizon_days)
        out["p_alive"] = self._purchase_model.p_alive(features)
        out["expected_purchases"] = value["expected_purchases"]
        left = leaving(
            self._purchase_model,
            features,
            gap_days=self.gap_days,
            window_days=self.churn_horizon_days,
            horizon_days=self.value_horizon_days,
        )
        lost = left["lost"]
        out[["p_keepable", "kept_share"]] = left[["p_keepable", "kept_share"]]
        out["purchases_lost"] = lost * out["expected_purchases"]
        if self.has_amounts:
            out["margin_lost"] = lost * value["clv"]
            out["margin_after_return"] = self._after_return(features, value)
            for column in ("expected_spend", "clv", "clv_low", "clv_high"):
                out[column] = value[column]
            soon = self.value.purchase_model_.expected_purchases(features, 30)
            out["spend_30d"] = soon * value["expected_spend"]
            out[list(_LTV)] = self._lifetime(features, value["clv"])
        else:
            out[list(_MONEY)] = np.nan
        out["referral_value"] = np.nan
        out["p_churn"] = self._p_churn(features)
        if self.horizon_days == self.churn_horizon_days and self.gap_days == 0:
            out["p_repurchase"] = 1.0 - out["p_churn"]
        else:
            out["p_repurchase"] = self._purchase_model.p_purchase(features, self.horizon_days)
        worth = out["clv"] if self.has_amounts else out["expected_purchases"]
        out["tier"] = self.tiers.predict(
            out[["frequency", "recency", "T", "monetary_value"]].fillna(0.0).assign(clv=worth)
        )
        out["lifecycle_stage"] = lifecycle_stage(
            features, active_within_days=self.active_within_days
        )
        scores: pd.DataFrame = out.assign(**self.versions)[SCHEMA.names]
        return scores

    def _lifetime(self, features: pd.DataFrame, clv: pd.Series[float]) -> pd.DataFrame:
        """Return what each customer has brought and will bring: margin so far, and `clv`.

        The horizon ends it, not the residual value: what customers bring in decades is a guess
        about the model's own constants, and would drown what is known.
        """
        margin = self.value.margin
        first = margin * features["first_order_revenue"]
        again = margin * (features["realised_revenue"] - features["first_order_revenue"]) + clv
        columns = {
            "ltv": first + again,
            "ltv_first_order": first,
            "ltv_repurchase": again,
            # of another horizon than the model's own, or by trees, clv may lie a little above
            "residual_value": np.maximum(self.value.residual_value(features), clv),
        }
        return pd.DataFrame(columns, index=features.index)

    def _after_return(self, features: pd.DataFrame, value: pd.DataFrame) -> npt.NDArray[np.float64]:
        """Return the discounted margin, within the value horizon, of who has just come back.

        By the purchase model, of a customer with one order more, made tomorrow; that order is
        not counted. An order is worth what it is worth in `clv`.
        """
        then = features["T"] + 1.0
        back = features.assign(frequency=features["frequency"] + 1.0, recency=then, T=then)
        orders = self._purchase_model.expected_purchases(back, self.value_horizon_days).to_numpy()
        expected = value["expected_purchases"].to_numpy(dtype="float64")
        undiscounted = (self.value.margin * value["expected_spend"]).to_numpy("float64", copy=True)
        of_an_order = np.divide(value["clv"], expected, out=undiscounted, where=expected > 0)
        return np.asarray(orders * of_an_order)

    def _p_churn(self, features: pd.DataFrame) -> npt.NDArray[np.float64]:
        """Return P(no purchase in the churn window), each customer by the model that knows them."""
        if self.active_within_days is None:
            active = np.ones(len(features), dtype=bool)
        else:
            active = (features["T"] - features["recency"]).to_numpy() <= self.active_within_days
        silent = np.empty(len(features))
        if active.any():
            silent[active] = self.churn.predict_frame(features[active])["p_churn"].to_numpy()
        if not active.all():
            silent[~active] = 1.0 - self._p_purchase_after_gap(features[~active])
        return silent

    @property
    def _purchase_model(self) -> PurchaseModel:
        own, beside = self.value.purchase_model_, self.churn.candidates_.get("beta_geo")
        if not isinstance(own, PurchaseRule) or not isinstance(beside, BetaGeoChurn):
            return own
        return beside.purchase_model_

    def _p_purchase_after_gap(self, features: pd.DataFrame) -> npt.NDArray[np.float64]:
        bought = self._purchase_model.p_purchase_window(
            features, self.gap_days, self.churn_horizon_days
        )
        return np.asarray(bought, dtype=np.float64)


def write_scores(
    features: ir.Table,
    path: Path,
    scorer: Scorer,
    *,
    chunk_rows: int = 50_000,
    progress: Callable[[int], None] | None = None,
) -> int:
    """Score every row of `features` into a Parquet file, a chunk at a time.

    Parameters
    ----------
    features
        Behaviour features at one `as_of`, in the engine.
    path
        Where to write; a file with no rows still has every column.
    scorer
        What to apply.
    chunk_rows
        Customers in memory at a time.
    progress
        Called with the number of customers scored so far.

    Returns
    -------
    int
        The number of customers scored.
    """
    done = 0
    with pq.ParquetWriter(path, SCHEMA, compression="zstd") as writer:
        for chunk in _chunks(features.order_by("customer_id"), chunk_rows):
            scores = scorer.score(chunk)
            writer.write_table(pa.Table.from_pandas(scores, schema=SCHEMA, preserve_index=False))
            done += len(chunk)
            if progress is not None:
                progress(done)
    return done


def _chunks(table: ir.Table, rows: int) -> Iterator[pd.DataFrame]:
    """Yield frames of exactly `rows` customers; the last may be shorter.

    The engine's own batches are of any size, and row groups are part of a file's bytes.
    """
    waiting: list[pa.RecordBatch] = []
    count = 0
    for batch in table.to_pyarrow_batches(chunk_size=rows):
        waiting.append(batch)
        count += batch.num_rows
        while count >= rows:
            whole = pa.Table.from_batches(waiting)
            yield whole.slice(0, rows).to_pandas()
            rest = whole.slice(rows)
            waiting, count = rest.to_batches(), rest.num_rows
    if count:
        yield pa.Table.from_batches(waiting).to_pandas()
