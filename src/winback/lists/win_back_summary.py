"""What to know about a win-back list before it is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from winback.data.arms import CONTROL, TREATED
from winback.lists.allocation import Allocation, Limits
from winback.lists.contact_options import what_would_have_to_hold
from winback.lists.eligibility import HELD_OUT
from winback.lists.gain import Gain
from winback.lists.optimality import EXACT, best_possible, optimality_gap
from winback.lists.origin import Origin
from winback.lists.power import what_it_can_measure
from winback.lists.randomisation import DOUBTFUL, balance, sample_ratio
from winback.lists.selection import BELOW_BREAK_EVEN, OVER_BUDGET, OVER_CAPACITY
from winback.lists.spend import WORST_CASE
from winback.messages import Message

LIMITS = ("budget", "capacity", "control_share")
UNTIL_MEASURED = ("uplift_prior", "exploration_share")


def summarise(
    rows: pd.DataFrame,
    allocation: Allocation,
    limits: Limits,
    gain: Gain,
    *,
    exploration_share: float,
    money: bool,
    remembers: bool,
    origin: Origin,
) -> dict[str, Any]:
    """Count, add up, check and say.

    Parameters
    ----------
    rows
        Every scored customer: `customer_id, reason` (missing: on the list or in the
        comparison group), `rank, chosen_by, arm, channel`, the columns of
        `winback.lists.contact_options.case_of` and the covariates of
        `winback.lists.randomisation.balance`.
    allocation
        Who was chosen, what it may cost, and the prices of the limits.
    limits
        The limits in force.
    gain
        The uplift in force.
    exploration_share
        Share of money and places that went by lot.
    money
        Whether the source has amounts.
    remembers
        Whether any contact or earlier list is known.
    origin
        For which job, and which of its settings nobody has chosen; those of this list are kept.

    Returns
    -------
    dict
        Plain values and messages: `customers, eligible, treated, control, held_out, excluded`
        (reason to count), `budget, budget_committed` (beside what the week's earlier lists have),
        `worst_case` (its cost if everybody redeemed), `expected_cost,
        expected_incremental_margin, capacity, max_share, used_this_week` (`budget, contacts` of
        the week's earlier lists),
        `channels` (each with `capacity, contact_cost, treated, left_out, shadow_price`),
        `control_share, holdout_share, exploration_share, explored` (treated whom the ranking alone
        would not have reached), `exploration_risked` (what those of them below break-even are
        expected to lose), `won_back_share, uplift_prior, uplift_source,
        uplift_measured, uplift_evidence` (see `UpliftModel.summary`), `first_left_out`
        (customer, rank, reason), `shadow_price` (expected margin
        that one more unit of budget would bring), `capacity_shadow_price` (that one more contact
        would), `best_possible, optimality_gap` (share of the best possible margin given away),
        `measures, sample_ratio, balance, defaults`, and as messages `warnings` and `messages`
        (everything to know, in order).
    """
    chosen = rows[rows["reason"].isna()].sort_values("rank")
    treated = chosen[chosen["arm"] == TREATED]
    eligible = rows[rows["arm"].notna()]
    reasons = rows["reason"].value_counts()
    excluded = {str(name): int(reasons[name]) for name in sorted(reasons.index)}
    n_treated, n_control = len(treated), int((chosen["arm"] == CONTROL).sum())
    terms = limits.terms
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
        "customers": len(rows),
        "eligible": len(eligible),
        "treated": n_treated,
        "control": n_control,
        "held_out": excluded.get(HELD_OUT, 0),
        "excluded": excluded,
        **_costs_and_limits(treated, allocation, limits, money=money),
        "control_share": terms.control_share,
        "holdout_share": terms.holdout_share,
        "exploration_share": exploration_share,
        "explored": allocation.only_by_lot,
        "exploration_risked": allocation.risked if money else None,
        "won_back_share": gain.economics.won_back_share,
        "uplift_prior": gain.economics.uplift_prior,
        "uplift_source": gain.source,
        "uplift_measured": gain.measured,
        "uplift_evidence": gain.evidence,
        **_at_the_margin(rows, allocation, limits, money=money),
        **_against_the_best(treated, allocation, limits, len(eligible), money=money),
        "measures": measures,
        "sample_ratio": ratio,
        "balance": before,
        "defaults": origin.unchosen(_keys(gain)),
        "warnings": [message for message in (ratio["warning"], before["warning"]) if message],
    }
    summary["messages"] = _messages(summary, rows, limits, gain)
    if not remembers:
        summary["messages"].append(Message("win_back.no_memory"))
    return summary


def _mean(rows: pd.DataFrame, name: str) -> float:
    return float(rows[name].mean()) if len(rows) else 0.0


def _keys(gain: Gain) -> list[str]:
    """Name the settings that bound this list."""
    names = LIMITS if gain.measured else (*LIMITS, *UNTIL_MEASURED)
    return ["lists.holdout_share", *(f"lists.win_back.{name}" for name in (*names, "max_share"))]


def _committed(allocation: Allocation, limits: Limits) -> float:
    """Return what this list adds to what the week's earlier ones have committed."""
    return float(allocation.spend.committed) - float(limits.spent.committed)


def _costs_and_limits(
    treated: pd.DataFrame, allocation: Allocation, limits: Limits, *, money: bool
) -> dict[str, Any]:
    """Say what the list costs and brings, and what limits it."""
    return {
        "budget": limits.terms.budget,
        "budget_committed": round(_committed(allocation, limits), 6),
        "worst_case": round(float((treated["contact_cost"] + treated["offer_cost"]).sum()), 6),
        "expected_cost": float(treated["expected_cost"].sum()),
        "expected_incremental_margin": (
            float(treated["expected_incremental_margin"].sum()) if money else None
        ),
        "capacity": limits.terms.capacity,
        "max_share": limits.terms.max_share,
        "used_this_week": {
            "budget": round(float(limits.spent.committed), 6),
            "contacts": limits.used.contacts,
        },
    }


def _against_the_best(
    treated: pd.DataFrame, allocation: Allocation, limits: Limits, eligible: int, *, money: bool
) -> dict[str, Any]:
    """Bound what any list within the limits could bring, and say how far this one is from it."""
    if not money:
        return {"best_possible": None, "optimality_gap": None}
    options, spent = allocation.options, limits.spent
    best = best_possible(
        options["profit"],
        options["commitment"],
        # as much set aside above the mean as for this list
        budget=max(0.0, limits.terms.budget - allocation.spend.reserve - float(spent.expected)),
        capacity=limits.places(eligible),
        channel=options["channel"],
        channels=limits.room,
        customer=options["customer_id"],
        bound=allocation.bound,
    )
    gap = optimality_gap(treated["expected_incremental_margin"], best)
    return {"best_possible": best, "optimality_gap": gap}


def _at_the_margin(
    rows: pd.DataFrame, allocation: Allocation, limits: Limits, *, money: bool
) -> dict[str, Any]:
    """Describe who is left out first, and what one more unit of each limit would bring."""
    over = rows["reason"].isin([OVER_BUDGET, OVER_CAPACITY])
    left_out = rows[over & rows["rank"].notna()].sort_values("rank")
    first = None
    if len(left_out):
        row = left_out.iloc[0]
        first = {
            "customer_id": str(row["customer_id"]),
            "rank": int(row["rank"]),
            "reason": str(row["reason"]),
        }
    treated = rows[rows["reason"].isna() & (rows["arm"] == TREATED)]
    prices, channels = allocation.prices, {}
    for (name, channel), price in zip(limits.terms.through.items(), prices.channels, strict=True):
        full = left_out["reason"] == OVER_CAPACITY
        channels[name] = {
            "capacity": channel.capacity,
            "contact_cost": channel.contact_cost,
            "treated": int((treated["channel"] == name).sum()),
            "left_out": int((full & (left_out["channel"] == name)).sum()),
            "shadow_price": float(price) if money else None,
        }
    return {
        "first_left_out": first,
        "shadow_price": prices.money if money else None,
        "capacity_shadow_price": prices.place if money else None,
        "channels": channels,
    }


def _messages(
    summary: dict[str, Any], rows: pd.DataFrame, limits: Limits, gain: Gain
) -> list[Message]:
    eligible = rows[rows["arm"].notna()]
    counted = Message(
        "win_back.counted",
        treated=summary["treated"],
        customers=len(rows),
        control=summary["control"],
        eligible=len(eligible),
    )
    messages = [counted]
    if summary["held_out"]:
        messages.append(Message("win_back.held_out", n=summary["held_out"]))
    if summary["defaults"]:
        settings = [line.removeprefix("lists.") for line in summary["defaults"]]
        messages.append(Message("win_back.defaults", settings=settings))
    if eligible.empty:
        nobody = Message("win_back.nobody_eligible", reasons=_reasons(summary["excluded"]))
        return [*messages, nobody if len(rows) else Message("win_back.no_customers")]
    messages += [*_empty(summary, eligible), *_week(summary, limits, len(eligible))]
    first = summary["first_left_out"]
    small = first is not None and first["reason"] == OVER_BUDGET and not limits.used.contacts
    if small and not summary["treated"]:
        row = rows[rows["customer_id"] == first["customer_id"]].iloc[0]
        cost = row["contact_cost"] + row["offer_cost"]
        messages.append(Message("win_back.small_budget", budget=limits.terms.budget, cost=cost))
    messages += [*_money(summary, limits), *_limits(summary), gain.message]
    if summary["expected_incremental_margin"] is not None:
        share = summary["won_back_share"]
        counts = Message("win_back.value_after", share=share)
        messages.append(counts if share else Message("win_back.value_of_order"))
    if summary["explored"]:
        by_lot = Message(
            "win_back.by_lot",
            share=summary["exploration_share"],
            explored=summary["explored"],
            treated=summary["treated"],
        )
        messages.append(by_lot)
    if summary["exploration_risked"]:
        messages.append(Message("win_back.risked", loss=summary["exploration_risked"]))
    return [*messages, summary["measures"]["message"], *_checked(summary)]


def _empty(summary: dict[str, Any], eligible: pd.DataFrame) -> list[Message]:
    """Say why nobody is called though some are eligible; or that nobody knows who pays."""
    left_out = eligible["reason"].value_counts().sort_index().to_dict()
    if summary["expected_incremental_margin"] is None:
        return [Message("win_back.no_amounts")]
    if left_out.get(BELOW_BREAK_EVEN, 0) == len(eligible):
        return [Message("win_back.nothing_pays", why=what_would_have_to_hold(eligible))]
    if left_out and not summary["treated"]:
        return [Message("win_back.nobody_called", reasons=_reasons(left_out))]
    return []


def _reasons(left_out: Mapping[Any, int]) -> list[Message]:
    """Say how many are left out for which reason."""
    return [Message("win_back.left_out", n=n, reason=reason) for reason, n in left_out.items()]


def _week(summary: dict[str, Any], limits: Limits, eligible: int) -> list[Message]:
    """Say what earlier lists of the week have left, and whether the share contacted binds."""
    messages, used, terms = [], limits.used, limits.terms
    if used.contacts:
        committed = Message(
            "win_back.week",
            spent=summary["used_this_week"]["budget"],
            budget=terms.budget,
            contacts=used.contacts,
            capacity=terms.capacity,
        )
        messages.append(committed)
    first = summary["first_left_out"]
    if first is not None and first["reason"] == OVER_CAPACITY:
        most = limits.places(eligible)
        if most < terms.capacity - used.contacts:
            messages.append(Message("win_back.max_share", share=terms.max_share, n=most))
    return messages


def _money(summary: dict[str, Any], limits: Limits) -> list[Message]:
    """Say what is set aside, and how far it could be exceeded."""
    all_of_it = summary["budget_committed"] >= summary["worst_case"] - 1e-6
    if not summary["treated"] or limits.terms.commitment == WORST_CASE or all_of_it:
        return []
    margin_given = Message(
        "win_back.committed",
        committed=summary["budget_committed"],
        expected=summary["expected_cost"],
        worst=summary["worst_case"],
    )
    return [margin_given]


def _limits(summary: dict[str, Any]) -> list[Message]:
    """Say what bound the list, what more would bring, and how far from the best list it is."""
    messages = []
    first = summary["first_left_out"]
    if first is not None:
        more: Message | str = ""
        if summary["shadow_price"]:
            more = Message("win_back.more_budget", gain=summary["shadow_price"])
        elif summary["capacity_shadow_price"]:
            more = Message("win_back.more_contacts", gain=summary["capacity_shadow_price"])
        left_out = Message(
            "win_back.first_left_out",
            customer=first["customer_id"],
            rank=first["rank"],
            reason=first["reason"],
            more=more,
        )
        messages.append(left_out)
    full = [
        Message("win_back.full_channel", channel=name, gain=channel["shadow_price"])
        for name, channel in summary["channels"].items()
        if channel["shadow_price"]
    ]
    if full:
        messages.append(Message("win_back.full_channels", channels=full))
    gap, best = summary["optimality_gap"], summary["best_possible"]
    if gap is not None and summary["treated"]:
        messages.append(Message("win_back.gap", gap=gap, of_what=_compared(best["method"])))
    return messages


def _compared(method: str) -> Message:
    if method == EXACT:
        return Message("win_back.best_list")
    return Message("win_back.bound_of_relaxation")


def _checked(summary: dict[str, Any]) -> list[Message]:
    if summary["warnings"]:
        return list(summary["warnings"])
    ratio, joint = summary["sample_ratio"]["p_value"], summary["balance"]["p_value"]
    if ratio is None or joint is None:
        return []
    if min(ratio, joint) < DOUBTFUL:
        return [Message("win_back.doubtful", p_sizes=ratio, p_before=joint)]
    return [Message("win_back.as_drawn", p_sizes=ratio, p_before=joint)]


def pressure_in_words(pressure: Sequence[Mapping[str, int | None]]) -> Message:
    """Say how many answered their first, second and further contact, and opted out.

    Parameters
    ----------
    pressure
        Rows of `winback.features.contact_pressure.contact_pressure`, by contacts.
    """
    rows = []
    for row in pressure:
        sent, opted, n = row["sent"] or 0, row["opted_out"], row["customers"] or 0
        answered = (row["responded"] or 0) / sent if sent else 0.0
        place = row["contacts"]
        said = Message("win_back.pressure_of", n=place, response=answered, sent=sent)
        if opted is not None and n:
            said = Message("win_back.pressure_opted", said=said, opted=opted / n)
        rows.append(said)
    return Message("win_back.pressure", rows=rows)
