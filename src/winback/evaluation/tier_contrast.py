"""How unlike tiers are in what they later spend, and how much of it a few customers bring."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control, kruskal, mannwhitneyu

from winback.evaluation.calibration import Floats
from winback.messages import Message

TOPS = (0.01, 0.05, 0.10, 0.20)
FEW = 20
"""With fewer customers in a top share, one of them decides it."""

EFFECTS = ((0.01, "negligible"), (0.08, "small"), (0.26, "medium"), (np.inf, "large"))
"""Names of epsilon-squared below each bound (the squares of .1, .28 and .51, as for Cohen's f)."""


def differentiation_test(
    spend: Floats, tier: pd.Series[str], names: Sequence[str]
) -> dict[str, Any]:
    """Test whether tiers differ in what they later spent, all together and neighbour by neighbour.

    Kruskal and Wallis (1952) on ranks, as spend is skewed and mostly zero, with the effect size
    epsilon-squared, ``H / (n - 1)`` (Tomczak and Tomczak 2014, eq. 3): the share of the variance of
    ranks that tiers explain. Neighbours by Mann and Whitney's test, with the chance that a customer
    of the upper tier outspends one of the lower (ties halved), and p-values corrected for their
    number (Benjamini and Hochberg 1995).

    Returns
    -------
    dict
        ``statistic``, ``p``, ``epsilon_squared``, ``effect`` (each None where nothing can be
        tested), ``pairs`` (``upper``, ``lower``, ``p``, ``outspends``) and one ``message``.

    Examples
    --------
    >>> tier = pd.Series(["top"] * 20 + ["low"] * 20)
    >>> value = np.r_[np.arange(20) + 5.0, np.zeros(20)]
    >>> result = differentiation_test(value, tier, ["top", "low"])
    >>> print(result["message"])
    Tiers differ in later spend (Kruskal-Wallis p < .001, epsilon-squared 0.86: a large effect).
    """
    groups = {name: spend[(tier == name).to_numpy()] for name in names}
    groups = {name: values for name, values in groups.items() if len(values) > 0}
    untested: dict[str, Any] = {
        "statistic": None,
        "p": None,
        "epsilon_squared": None,
        "effect": None,
        "pairs": [],
    }
    if len(groups) < 2:
        return {**untested, "message": Message("differ.one_tier")}
    if np.ptp(spend) == 0:
        return {**untested, "message": Message("differ.spent_alike")}
    statistic, p = (float(x) for x in kruskal(*groups.values()))
    epsilon = statistic / (len(spend) - 1)
    effect = next(name for bound, name in EFFECTS if epsilon < bound)
    pairs: list[dict[str, Any]] = []
    for (upper, more), (lower, less) in pairwise(groups.items()):
        u, p_pair = mannwhitneyu(more, less, alternative="two-sided", method="asymptotic")
        chance = float(u) / (len(more) * len(less))
        p_pair = float(p_pair) if np.isfinite(p_pair) else 1.0  # nobody differs
        pairs.append({"upper": upper, "lower": lower, "p": p_pair, "outspends": chance})
    corrected = false_discovery_control([pair["p"] for pair in pairs])
    pairs = [{**pair, "p": float(q)} for pair, q in zip(pairs, corrected, strict=True)]
    alike = [
        Message("differ.pair", upper=x["upper"], lower=x["lower"])
        for x in pairs
        if x["p"] >= 0.05 or x["outspends"] <= 0.5
    ]
    message = Message("differ.not", p=p)
    if p < 0.05:
        message = Message(
            "differ.clearly",
            p=Message("differ.tiny") if p < 0.001 else Message("differ.p", p=p),
            epsilon_squared=epsilon,
            effect=effect,
            alike=Message("differ.but_not", pairs=reduce(_nor, alike)) if alike else "",
        )
    return {
        "statistic": statistic,
        "p": p,
        "epsilon_squared": epsilon,
        "effect": effect,
        "pairs": pairs,
        "message": message,
    }


def _nor(pairs: Message, pair: Message) -> Message:
    return Message("differ.nor", pairs=pairs, pair=pair)


def top_shares(revenue: Floats) -> dict[str, Any]:
    """Return the share of revenue that the customers who brought the most have brought.

    Customers whose returns exceed their purchases count as zero.

    Returns
    -------
    dict
        ``shares`` (a list of ``top``, ``customers``, ``share``; the share is None without any
        revenue) and ``caveat`` (a message, or None if there is none).

    Examples
    --------
    >>> result = top_shares(np.r_[90.0, np.full(99, 10 / 99)])
    >>> round(result["shares"][0]["share"], 3), str(result["caveat"])
    (0.9, 'the top 1% are 1 customer only, the top 5% 5, the top 10% 10')
    """
    ordered = np.sort(np.maximum(revenue, 0.0))[::-1]
    total = float(ordered.sum())
    shares: list[dict[str, Any]] = []
    for top in TOPS:
        customers = int(np.ceil(round(top * len(ordered), 9)))
        share = float(ordered[:customers].sum()) / total if total > 0 else None
        shares.append({"top": top, "customers": customers, "share": share})
    few = [(s["top"], s["customers"]) for s in shares if s["customers"] < FEW]
    if not few:
        return {"shares": shares, "caveat": None}
    parts = [Message("top.only", top=few[0][0], n=few[0][1])]
    parts += [Message("top.also", top=top, n=n) for top, n in few[1:]]
    return {"shares": shares, "caveat": Message("top.few", parts=parts)}
