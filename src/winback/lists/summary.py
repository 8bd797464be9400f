"""What to know about a win-back list before it is sent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from winback.lists.checks import balance, sample_ratio
from winback.lists.choice import Choice, Terms
from winback.lists.control import CONTROL, TREATED
from winback.lists.eligibility import HELD_OUT
from winback.lists.gain import Gain
from winback.lists.measure import what_it_can_measure
from winback.lists.optimum import EXACT, best_possible, optimality_gap
from winback.lists.selection import BELOW_BREAK_EVEN, OVER_BUDGET, OVER_CAPACITY, Walk

LIMITS = ("budget", "capacity", "control_share")
UNTIL_MEASURED = ("uplift_prior", "exploration_share")
NO_MEMORY = (
    "There is neither a contacts table nor an earlier list: cooldown, cap and steps know of no "
    "earlier contact."
)


def summarise(
    rows: pd.DataFrame,
    choice: Choice,
    terms: Terms,
    gain: Gain,
    *,
    name: str,
    exploration_share: float,
    holdout_share: float,
    remembers: bool,
    defaults: Sequence[str],
) -> dict[str, Any]:
    """Count, add up, check and put into words.

    Parameters
    ----------
    rows
        Every scored customer: `customer_id, reason` (missing: on the list or in the comparison
        group), `rank, chosen_by, arm, channel`, the columns of `Economics.of` and the covariates
        of `winback.lists.checks.balance`.
    choice
        How far budget and capacities reached.
    terms
        The limits in force.
    gain
        The uplift in force.
    name
        The list's `list_id`.
    exploration_share
        Share of the money that went by lot.
    holdout_share
        Share of the global holdout.
    remembers
        Whether any contact or earlier list is known.
    defaults
        The settings that nobody has chosen, as `key = value`; those of this list are kept.

    Returns
    -------
    dict
        Plain values only: `list_id, customers, eligible, treated, control, held_out, excluded`
        (reason to count), `budget, budget_committed, expected_cost, expected_incremental_margin,
        capacity, max_share, used_this_week` (`budget, contacts` of the week's earlier lists),
        `channels` (each with `capacity, contact_cost, treated, left_out, shadow_price`),
        `control_share, holdout_share, exploration_share, explored` (treated whom the ranking alone
        would not have reached), `uplift_prior, uplift_source,
        uplift_measured, uplift_evidence` (see `UpliftModel.summary`), `first_left_out`
        (customer, rank, reason), `shadow_price` (expected margin
        that one more unit of budget would bring), `capacity_shadow_price` (that one more contact
        would), `best_possible, optimality_gap` (share of the best possible margin given away),
        `measures, sample_ratio, balance, defaults, warnings` and `sentences`.
    """
    chosen = rows[rows["reason"].isna()].sort_values("rank")
    treated = chosen[chosen["arm"] == TREATED]
    eligible = rows[rows["arm"].notna()]
    reasons = rows["reason"].value_counts()
    excluded = {str(name): int(reasons[name]) for name in sorted(reasons.index)}
    n_treated, n_control = len(treated), int((chosen["arm"] == CONTROL).sum())
    best = _best(choice, terms, len(eligible)) if terms.money else None
    measures = what_it_can_measure(
        n_treated,
        n_control,
        p_return=(eligible if chosen.empty else chosen)["p_return_untreated"],
        uplift=_mean(eligible if chosen.empty else chosen, "uplift"),
        control_share=terms.control_share,
    )
    ratio = sample_ratio(n_treated, n_control, 1 - terms.control_share)
    before = balance(chosen)
    summary: dict[str, Any] = {
        "list_id": name,
        "customers": len(rows),
        "eligible": len(eligible),
        "treated": n_treated,
        "control": n_control,
        "held_out": excluded.get(HELD_OUT, 0),
        "excluded": excluded,
        "budget": terms.budget,
        "budget_committed": round(float(treated["commitment"].sum()), 6),
        "expected_cost": float(treated["expected_cost"].sum()),
        "expected_incremental_margin": (
            float(treated["expected_incremental_margin"].sum()) if terms.money else None
        ),
        "capacity": terms.capacity,
        "max_share": terms.max_share,
        "used_this_week": {"budget": terms.used.budget, "contacts": terms.used.contacts},
        "control_share": terms.control_share,
        "holdout_share": holdout_share,
        "exploration_share": exploration_share,
        "explored": choice.only_by_lot,
        "uplift_prior": gain.economics.uplift_prior,
        "uplift_source": gain.source,
        "uplift_measured": gain.measured,
        "uplift_evidence": gain.evidence,
        **_at_the_margin(rows, choice.far, terms),
        "best_possible": best,
        "optimality_gap": (
            None if best is None else optimality_gap(treated["expected_incremental_margin"], best)
        ),
        "measures": measures,
        "sample_ratio": ratio,
        "balance": before,
        "defaults": [line for line in defaults if _in_force(line, gain)],
        "warnings": [text for text in (ratio["warning"], before["warning"]) if text],
    }
    summary["sentences"] = _sentences(summary, rows, choice, terms, gain)
    if not remembers:
        summary["sentences"].append(NO_MEMORY)
    return summary


def _mean(rows: pd.DataFrame, name: str) -> float:
    return float(rows[name].mean()) if len(rows) else 0.0


def _in_force(line: str, gain: Gain) -> bool:
    """Tell whether a setting bounds this list."""
    key = line.partition(" = ")[0]
    names = LIMITS if gain.measured else (*LIMITS, *UNTIL_MEASURED)
    names = (*names, "max_share")
    return key in {"lists.holdout_share", *(f"lists.win_back.{name}" for name in names)}


def _best(choice: Choice, terms: Terms, eligible: int) -> dict[str, Any]:
    options = choice.options
    return best_possible(
        options["profit"],
        options["commitment"],
        budget=terms.budget_left,
        capacity=terms.most(eligible),
        channel=options["channel"],
        channels=terms.room,
        customer=options["customer_id"],
    )


def _at_the_margin(rows: pd.DataFrame, far: Walk, terms: Terms) -> dict[str, Any]:
    """Describe who is left out first, and what one more unit of each limit would bring."""
    ranked = rows[rows["rank"].notna()].sort_values("rank")
    profit, cost = ranked["expected_incremental_margin"], ranked["commitment"]
    first, price, place_price = None, 0.0, 0.0
    if far.first_left_out is not None:
        row = ranked.iloc[far.first_left_out]
        first = {
            "customer_id": str(row["customer_id"]),
            "rank": int(row["rank"]),
            "reason": far.stopped_by,
        }
        if far.stopped_by == OVER_BUDGET:
            price = float(row["expected_incremental_margin"]) / float(row["commitment"])
        else:
            place_price = float(row["expected_incremental_margin"])
    channels = {}
    for name, of in terms.channels.items():
        here = (ranked["channel"] == name).to_numpy()
        full = here & far.full
        # what the first one passed by would bring, less what their money brings elsewhere
        worth = (profit - price * cost)[full].iloc[:1]
        channels[name] = {
            "capacity": of.capacity,
            "contact_cost": of.contact_cost,
            "treated": int((here & far.paid).sum()),
            "left_out": int(full.sum()),
            "shadow_price": max(0.0, float(worth.sum())) if terms.money else None,
        }
    return {
        "first_left_out": first,
        "shadow_price": price if terms.money else None,
        "capacity_shadow_price": place_price if terms.money else None,
        "channels": channels,
    }


def _sentences(
    summary: dict[str, Any], rows: pd.DataFrame, choice: Choice, terms: Terms, gain: Gain
) -> list[str]:
    eligible = rows[rows["arm"].notna()]
    counted = (
        f"{summary['treated']:,} of {len(rows):,} customers are called back and "
        f"{summary['control']:,} are left alone for comparison; {len(eligible):,} were eligible."
    )
    sentences = [counted]
    if summary["held_out"]:
        sentences.append(
            f"{summary['held_out']:,} more are in the global holdout and get no contact at all."
        )
    if summary["defaults"]:
        left = ", ".join(line.removeprefix("lists.") for line in summary["defaults"])
        sentences.append(f"Nobody has chosen these limits, they are defaults: {left}.")
    if eligible.empty:
        counts = rows["reason"].value_counts()
        why = ", ".join(f"{counts[name]:,} {name}" for name in sorted(counts.index))
        return [*sentences, f"Nobody is eligible: {why}." if why else "There are no customers."]
    if not terms.money:
        sentences.append(
            "The source has no amounts: whether a contact pays is not known, and the ranking is by "
            "expected purchases."
        )
    elif (rows["reason"] == BELOW_BREAK_EVEN).sum() == len(eligible):
        sentences.append(
            "Nobody is worth calling back on these terms. "
            + gain.economics.what_would_have_to_hold(eligible)
        )
    sentences += _week(summary, terms, len(eligible))
    if not summary["treated"] and choice.far.stopped_by == OVER_BUDGET and not terms.used.budget:
        cost = rows.loc[rows["rank"] == summary["first_left_out"]["rank"], "commitment"].iloc[0]
        sentences.append(
            f"The budget of {terms.budget:.2f} does not pay a single contact with its offer "
            f"({cost:.2f})."
        )
    sentences += [*_limits(summary), gain.sentence]
    binds = choice.far.stopped_by is not None or choice.far.full.any()
    if summary["exploration_share"] and summary["treated"] and binds:
        sentences.append(
            f"Until it is measured, {summary['exploration_share']:.0%} of the money goes by lot to "
            f"customers above break-even: {summary['explored']:,} of the {summary['treated']:,} "
            "called back are reached only by lot."
        )
    return [*sentences, str(summary["measures"]["sentence"]), *_checked(summary)]


def _week(summary: dict[str, Any], terms: Terms, eligible: int) -> list[str]:
    """Say what earlier lists of the week have left, and whether the share contacted binds."""
    sentences, used = [], terms.used
    if used.contacts:
        sentences.append(
            f"Earlier lists of this week have committed {used.budget:.2f} of the budget of "
            f"{terms.budget:.2f}, and {used.contacts:,} of {terms.capacity:,} contacts."
        )
    first = summary["first_left_out"]
    if first is not None and first["reason"] == OVER_CAPACITY:
        most = terms.most(eligible)
        if most < terms.capacity - used.contacts:
            sentences.append(
                f"No more than {terms.max_share:.0%} of the eligible are contacted in a week "
                f"(win_back.max_share): {most:,} now."
            )
    return sentences


def _limits(summary: dict[str, Any]) -> list[str]:
    """Say what bound the list, what more would bring, and how far from the best list it is."""
    sentences = []
    first = summary["first_left_out"]
    if first is not None:
        text = f"First left out: {first['customer_id']} (rank {first['rank']:,}, {first['reason']})"
        if summary["shadow_price"]:
            text += f"; one more unit of budget would bring {summary['shadow_price']:.2f}"
        elif summary["capacity_shadow_price"]:
            text += f"; one more contact would bring {summary['capacity_shadow_price']:.2f}"
        sentences.append(text + ".")
    full = {name: of for name, of in summary["channels"].items() if of["left_out"]}
    if full:
        counts = ", ".join(f"{name} ({of['left_out']:,})" for name, of in full.items())
        sentences.append(f"{OVER_CAPACITY.capitalize()}, while the list went on: {counts}.")
    gap = summary["optimality_gap"]
    if gap is not None and summary["treated"]:
        method = summary["best_possible"]["method"]
        whole = "the best list" if method == EXACT else f"an {method} of the best list"
        sentences.append(f"The list gives away {gap:.1%} of {whole} under these limits.")
    return sentences


def _checked(summary: dict[str, Any]) -> list[str]:
    if summary["warnings"]:
        return list(summary["warnings"])
    ratio, joint = summary["sample_ratio"]["p_value"], summary["balance"]["p_value"]
    if ratio is None or joint is None:
        return []
    return [
        (
            f"The arms are as drawn: sizes fit (p = {ratio:.2g}), and so do the customers before "
            f"the contact (joint p = {joint:.2g})."
        )
    ]
