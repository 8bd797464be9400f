"""What to know about a win-back list before it is sent."""

from __future__ import annotations

import pandas as pd

from winback.lists.control import CONTROL, TREATED
from winback.lists.economics import PRIOR, Economics
from winback.lists.measure import what_it_can_measure
from winback.lists.selection import BELOW_BREAK_EVEN, OVER_BUDGET, Walk


def summarise(
    rows: pd.DataFrame,
    far: Walk,
    economics: Economics,
    *,
    budget: float,
    capacity: int,
    control_share: float,
    money: bool,
) -> dict[str, object]:
    """Count, add up and put into words.

    Parameters
    ----------
    rows
        Every scored customer: `customer_id, reason` (missing: on the list or in the comparison
        group), `rank`, `arm` and the columns of `Economics.of`.
    far
        How far budget and capacity reached.
    economics
        The money side.
    budget, capacity, control_share
        The limits in force.
    money
        Whether the source has amounts.

    Returns
    -------
    dict
        Plain values only: `customers, eligible, treated, control, excluded` (reason to count),
        `budget, budget_committed, expected_cost, expected_incremental_margin, capacity,
        control_share, uplift_prior, uplift_source, first_left_out` (customer, rank, reason),
        `shadow_price` (expected margin that one more unit of budget would bring), `measures` and
        `sentences`.
    """
    ranked = rows[rows["rank"].notna()].sort_values("rank")
    chosen = rows[rows["reason"].isna()].sort_values("rank")
    treated = chosen[chosen["arm"] == TREATED]
    eligible = rows[rows["arm"].notna()]
    reasons = rows["reason"].value_counts()
    excluded = {str(name): int(reasons[name]) for name in sorted(reasons.index)}
    first, shadow_price = None, 0.0 if money else None
    if far.first_left_out is not None:
        row = ranked.iloc[far.first_left_out]
        first = {
            "customer_id": str(row["customer_id"]),
            "rank": int(row["rank"]),
            "reason": far.stopped_by,
        }
        if money and far.stopped_by == OVER_BUDGET:
            shadow_price = float(row["expected_incremental_margin"]) / economics.commitment
    n_treated, n_control = len(treated), int((chosen["arm"] == CONTROL).sum())
    measures = what_it_can_measure(
        n_treated,
        n_control,
        p_return=(eligible if chosen.empty else chosen)["p_return_untreated"],
        uplift=economics.uplift_prior,
        control_share=control_share,
    )
    summary: dict[str, object] = {
        "customers": len(rows),
        "eligible": len(eligible),
        "treated": n_treated,
        "control": n_control,
        "excluded": excluded,
        "budget": budget,
        "budget_committed": round(n_treated * economics.commitment, 6),
        "expected_cost": float(treated["expected_cost"].sum()),
        "expected_incremental_margin": (
            float(treated["expected_incremental_margin"].sum()) if money else None
        ),
        "capacity": capacity,
        "control_share": control_share,
        "uplift_prior": economics.uplift_prior,
        "uplift_source": PRIOR,
        "first_left_out": first,
        "shadow_price": shadow_price,
        "measures": measures,
    }
    summary["sentences"] = _sentences(summary, rows, economics, money=money)
    return summary


def _sentences(
    summary: dict[str, object], rows: pd.DataFrame, economics: Economics, *, money: bool
) -> list[str]:
    eligible = rows[rows["arm"].notna()]
    counted = (
        f"{summary['treated']:,} of {len(rows):,} customers are called back and "
        f"{summary['control']:,} are left alone for comparison; {len(eligible):,} were eligible."
    )
    sentences = [counted]
    if eligible.empty:
        counts = rows["reason"].value_counts()
        why = ", ".join(f"{counts[name]:,} {name}" for name in sorted(counts.index))
        return [*sentences, f"Nobody is eligible: {why}." if why else "There are no customers."]
    if not money:
        sentences.append(
            "The source has no amounts: whether a contact pays is not known, and the ranking is by "
            "expected purchases."
        )
    elif (rows["reason"] == BELOW_BREAK_EVEN).sum() == len(eligible):
        sentences.append(
            "Nobody is worth calling back on these terms. "
            + economics.what_would_have_to_hold(eligible)
        )
    if not summary["treated"] and summary["first_left_out"] is not None:
        sentences.append(
            f"The budget of {summary['budget']:.2f} does not pay a single contact with its offer "
            f"({economics.commitment:.2f})."
        )
    uplift = f"The uplift of {economics.uplift_prior * 100:.1f} points is a {PRIOR}."
    measures = summary["measures"]
    assert isinstance(measures, dict)  # noqa: S101 - tells the type checker what is built above
    return [*sentences, uplift, str(measures["sentence"])]
