"""What may be done about each dormant customer, channel by channel, and what it is worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from winback.economics import Economics
from winback.lists.gain import PRIOR, Gain
from winback.lists.playbook import NO_OFFER, WIN_BACK, Playbook, suggest
from winback.lists.terms import WinBackTerms
from winback.messages import Message


@dataclass(frozen=True)
class Options:
    """Every customer's case by every option: through each channel, with its offer and without.

    Parameters
    ----------
    cases
        A frame an option, in order of preference, each with every eligible customer: the columns
        of `case_of`, and `action, channel, offer, owner, cooldown_days`.
    able
        Whether the channel reaches the customer and, without the offer, whether there would have
        been one; shape (customers, options).
    channel
        Position of each option's channel, shape (options,).
    channels
        Their names.
    """

    cases: Sequence[pd.DataFrame]
    able: npt.NDArray[np.bool_]
    channel: npt.NDArray[np.intp]
    channels: Sequence[str]

    def taken(self, column: npt.NDArray[np.intp]) -> pd.DataFrame:
        """Take each customer's case by one option, by its position."""
        rows: pd.DataFrame = pd.concat(
            [case[column == place] for place, case in enumerate(self.cases)]
        )
        return rows.reindex(self.cases[0].index)

    def matrix(self, name: str) -> npt.NDArray[np.float64]:
        """Return a column of all cases, shape (customers, options)."""
        return np.column_stack([case[name].to_numpy() for case in self.cases])


def options(
    eligible: pd.DataFrame,
    reached: pd.DataFrame,
    *,
    terms: WinBackTerms,
    gain: Gain,
    playbook: Playbook,
) -> Options:
    """Work out each customer's case through each channel, as the playbook has it and without offer.

    Parameters
    ----------
    eligible
        Whose case it is: the scores, and `step`.
    reached
        Whom each channel reaches (see `winback.lists.eligibility.reach`).
    terms
        Costs, channels and the offer.
    gain
        The uplift in force.
    playbook
        What to do about whom.
    """
    cases, able, channel = [], [], []
    for place, (name, through) in enumerate(terms.through.items()):
        by_it = pd.DataFrame(data=True, index=eligible.index, columns=[name])
        doing = suggest(eligible, playbook, WIN_BACK, by_it)
        if terms.offer is not None:
            doing["offer"] = doing["offer"].where(doing["offer"] == NO_OFFER, terms.offer)
        with_offer = doing["offer"] != NO_OFFER
        bare = doing.assign(
            offer=NO_OFFER, action=doing["without_offer"].where(with_offer, doing["action"])
        )
        reaches = reached[name].to_numpy(dtype=bool)
        for done, possible in ((doing, reaches), (bare, reaches & with_offer.to_numpy())):
            offers = done["offer"] != NO_OFFER
            uplift, source = gain.of(eligible, offers)
            case = case_of(
                gain.economics,
                eligible,
                uplift=uplift,
                uplift_source=source,
                contact_cost=through.contact_cost,
                offer_cost=terms.economics.offer_cost * offers,
            )
            cases.append(case.join(done.drop(columns=["step", "without_offer"])))
            able.append(possible)
            channel.append(place)
    return Options(cases, np.column_stack(able), np.array(channel), list(terms.through))


def case_of(
    economics: Economics,
    customers: pd.DataFrame,
    *,
    uplift: pd.Series | None = None,
    uplift_source: pd.Series | str = PRIOR,
    contact_cost: pd.Series | float | None = None,
    offer_cost: pd.Series | float | None = None,
) -> pd.DataFrame:
    """Work out what calling each customer back is worth.

    See `winback.economics.Economics.of_return`; a contacted customer redeems who returns.

    Parameters
    ----------
    economics
        Costs, margin and the assumed uplift.
    customers
        `p_repurchase` (P(return untreated)), `expected_spend` (amount of an order; all missing
        where the source has no amounts) and, if known, `p_alive` and `margin_after_return`.
    uplift
        As an experiment measured it, by customer, aligned. None: the prior times P(alive).
    uplift_source
        Where it comes from.
    contact_cost, offer_cost
        By customer, where channels and offers differ. None: the campaign's.

    Returns
    -------
    pandas.DataFrame
        Aligned: `p_return_untreated, uplift, uplift_source, expected_margin, contact_cost,
        offer_cost, expected_cost, expected_incremental_margin`; the margins are missing without
        amounts. An offer is priced as often as the customer is expected to ask for it, where
        `discount_share` is known; `offer_cost` is that of one.

    Examples
    --------
    >>> customers = pd.DataFrame({"p_repurchase": [0.1, 0.99, 0.0], "p_alive": [1.0, 1.0, 0.1],
    ...                           "expected_spend": [35.0, 35.0, 35.0]})
    >>> case = case_of(Economics(contact_cost=0.05, offer_cost=5.0), customers)
    >>> case["uplift"].round(4).tolist()
    [0.02, 0.01, 0.002]
    >>> case["expected_incremental_margin"].round(4).tolist()
    [0.05, -4.7, 0.01]
    """
    p_return = customers["p_repurchase"].astype("float64")
    if uplift is None:
        alive = customers["p_alive"].astype("float64") if "p_alive" in customers else 1.0
        uplift = economics.uplift_prior * alive + 0.0 * p_return
    gained = np.clip(uplift.astype("float64"), -p_return, 1 - p_return)
    after = customers.get("margin_after_return", pd.Series(0.0, customers.index))
    margin = economics.of_order_and_after(
        customers["expected_spend"].astype("float64"), after.astype("float64")
    )
    case = pd.DataFrame(
        {
            "p_return_untreated": p_return,
            "uplift": gained,
            "uplift_source": pd.Series(uplift_source, index=customers.index, dtype="str"),
            "expected_margin": margin,
            "contact_cost": economics.contact_cost if contact_cost is None else contact_cost,
            "offer_cost": economics.offer_cost if offer_cost is None else offer_cost,
        },
        index=customers.index,
    )
    case["expected_cost"] = case["contact_cost"] + (p_return + gained) * case["offer_cost"]
    case["expected_incremental_margin"] = economics.of_return(
        p_return,
        gained,
        margin,
        contact_cost=case["contact_cost"],
        offer_cost=case["offer_cost"] * (1.0 + _expected_again(economics, customers)),
    )
    return case


def _expected_again(economics: Economics, customers: pd.DataFrame) -> pd.Series:
    """Count how often an offer is expected again, on the further orders within the value horizon.

    Who buys at full price redeems it once; whom it confirms in buying at a discount, asks for it
    with each order.
    """
    has_discounts = {"discount_share", "margin_after_return"} <= set(customers.columns)
    if not has_discounts:
        return pd.Series(0.0, index=customers.index)
    order = economics.margin * customers["expected_spend"].astype("float64")
    orders = customers["margin_after_return"].astype("float64") / order.where(order > 0)
    again: pd.Series = (customers["discount_share"].astype("float64") * orders).fillna(0.0)
    return again


def what_would_have_to_hold(case: pd.DataFrame) -> Message:
    """Say what would have to change for somebody to be worth calling back.

    Solving `u M - c - (p + u) o > 0` for the uplift gives `u > (c + p o) / (M - o)`, where the
    margin M exceeds the offer o.

    Examples
    --------
    >>> economics = Economics(contact_cost=0.1, offer_cost=5.0)
    >>> case = case_of(economics, pd.DataFrame({"p_repurchase": [0.1], "expected_spend": [25.0]}))
    >>> str(what_would_have_to_hold(case))
    'The best case loses 0.20 a customer. The contact would have to raise the return rate by
    more than 3.0 points (2.0 assumed); without an offer, 1 of 1 would pay.'
    """
    best = case["expected_incremental_margin"].max()
    surplus = case["expected_margin"] - case["offer_cost"]
    fixed = case["contact_cost"] + case["p_return_untreated"] * case["offer_cost"]
    worth = surplus > 0
    needed = fixed[worth] / surplus[worth]
    possible = needed[needed <= 1 - case.loc[worth, "p_return_untreated"]]
    free = int((case["uplift"] * case["expected_margin"] > case["contact_cost"]).sum())
    if possible.empty:
        condition = Message("win_back.no_uplift_pays")
    else:
        same = int(possible.argmin())  # the customer, whose gain is assumed as prior x P(alive)
        assumed = case["uplift"].loc[possible.index].iloc[same]
        assumption = (
            Message("win_back.assumed", points=assumed * 100)
            if (case["uplift_source"] == PRIOR).all()
            else Message("win_back.see_source")
        )
        condition = Message(
            "win_back.uplift_that_pays", points=possible.min() * 100, assumption=assumption
        )
    return Message(
        "win_back.break_even", loss=abs(best), condition=condition, free=free, n=len(case)
    )
