# ruff: noqa: INP001 - a script beside what it writes, no package
"""Run the weekly lists of `weekly_lists` on many shops, and write what they brought."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import weekly_lists
from scipy.stats import t as student
from weekly_lists import (
    COST,
    HORIZON_DAYS,
    KINDS,
    LIST,
    MARGIN,
    RANDOM,
    RECENCY,
    TRUTH,
    VALUE,
    VALUE_DAYS,
    WEEKS,
)

LIMITS = """## What this does not show

The shop is drawn from the family of models that winback fits, with a season, a drift and
complaints on top that it does not: real shops are stranger. What a contact does here differs by
acquisition channel and by spend, the two things by which winback tells customers apart too: where
it differs by something else, the list gains less. A contact brings one order at most and changes
nothing later, works the same through every channel and at every step, with an offer or without,
however often somebody was contacted before.
"""

GOOD = 0.75
"""Of what the truth known brings, so much would be a good list."""
POLICIES = (LIST, RANDOM, RECENCY, VALUE, TRUTH)
KEY = ["kind", "seed"]


def run(kinds: Sequence[str], shops: int, customers: int, found: Path) -> pd.DataFrame:
    """Judge shops that are not judged yet, with a bar of progress, and return all rows asked for.

    Parameters
    ----------
    kinds
        Names of `KINDS`.
    shops
        Of each kind, with the seeds from 1 on.
    customers
        Of each shop.
    found
        Where judged shops are kept, a line a row; what stands there is not done again.
    """
    found.parent.mkdir(parents=True, exist_ok=True)
    lines = found.read_text(encoding="utf-8").splitlines() if found.exists() else []
    rows: list[dict[str, Any]] = [json.loads(line) for line in lines]
    rows = [row for row in rows if row["customers"] == customers]
    known = {(row["kind"], row["seed"]) for row in rows}
    asked = list(product(range(1, shops + 1), kinds))
    for place, (seed, kind) in enumerate(asked):
        _bar(place, len(asked), f"{kind}, shop {seed}")
        if (kind, seed) in known:
            continue
        more = [
            row | {"customers": customers} for row in weekly_lists.weekly(kind, seed, customers)
        ]
        rows += more
        with found.open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(row) + "\n" for row in more)
    _bar(len(asked), len(asked), "")
    table = pd.DataFrame(rows)
    return table[table["kind"].isin(kinds) & (table["seed"] <= shops)]


def _bar(done: int, whole: int, what: str) -> None:
    """Draw how far it is on standard error."""
    full = 30 * done // max(whole, 1)
    sys.stderr.write(f"\r[{'#' * full}{'.' * (30 - full)}] {done}/{whole} {what:<50}")
    sys.stderr.write("\n" if done == whole else "")
    sys.stderr.flush()


def section(rows: pd.DataFrame, customers: int) -> str:
    """Write the section of the page.

    Parameters
    ----------
    rows
        What `run` returns.
    customers
        Of each shop.
    """
    drawn = rows[KEY].drop_duplicates()
    head = f"""## Ten weekly lists

{len(drawn)} shops of {len(set(drawn["kind"]))} kinds, {customers:,} customers each. Every week a
hundredth of the customers is contacted at {COST:.2f}, without an offer, of a margin of
{MARGIN:.0%}; a return counts within {HORIZON_DAYS} days. The shop goes on and heeds the list: whom
it persuades orders once more, whom it annoys orders nothing, and the next lists learn from both of
their arms as soon as a horizon is over. Value models, uplift model and list are fitted anew each
week by winback's own code; training, gate and warnings, which a job has besides, are not run. The
other policies act in shops of their own with the same arms and places, never on anybody twice.
Highest CLV is BG/NBD and Gamma-Gamma over {VALUE_DAYS} days; *the truth known* takes whom it truly
pays the most to contact. Means over shops, with 95% t-intervals over them:

"""
    return head + _tables(rows)


def _tables(rows: pd.DataFrame) -> str:
    totals = rows.pivot_table(index=KEY, columns="policy", values="margin", aggfunc="sum")
    contacts = rows.pivot_table(index=KEY, columns="policy", values="contacts", aggfunc="sum")
    lines = [
        "| policy | contacts | margin a shop | a contact | the list brings more by | of truth |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    for policy in POLICIES:
        more = "" if policy == LIST else _interval(totals[LIST] - totals[policy])
        share = totals[policy].sum() / totals[TRUTH].sum()
        a_contact = totals[policy].sum() / contacts[policy].sum()
        lines.append(
            f"| {f'**{policy}**' if policy == LIST else policy} | {contacts[policy].mean():,.0f} "
            f"| {totals[policy].mean():,.0f} | {a_contact:.2f} | {more} | {share:.0%} |"
        )
    wins = int((totals[LIST] > totals[VALUE]).sum())
    share = totals[LIST].sum() / totals[TRUTH].sum()
    lines += [
        "",
        f"The list brought more than highest CLV in {wins} of {len(totals)} shops, and {share:.0%}",
        "of what the truth known brought: three quarters would be a good list, and are not reached."
        if share < GOOD
        else "of what the truth known brought.",
    ]
    lines += ["", "By kind, margin a shop, and how often the list brought more:", ""]
    lines += [
        f"| shops | n | {' | '.join(POLICIES)} | more than highest CLV | of the truth known |"
    ]
    lines += ["|---|--:|" + "--:|" * (len(POLICIES) + 2)]
    for kind in [name for name in KINDS if name in set(rows["kind"])]:
        mine = totals.loc[kind]
        cells = [f"{mine[policy].mean():,.0f}" for policy in POLICIES]
        wins = int((mine[LIST] > mine[VALUE]).sum())
        share = mine[LIST].sum() / mine[TRUTH].sum()
        lines.append(
            f"| {kind} | {len(mine)} | {' | '.join(cells)} | {wins} of {len(mine)} | {share:.0%} |"
        )
    mine = rows[rows["policy"] == LIST]
    by_week = mine.groupby("week")[["margin", "best", "contacts"]].sum()
    share = by_week["margin"] / by_week["best"]
    told = ["| share of the best | " + " | ".join(f"{v:.0%}" for v in share) + " |"]
    placed = by_week["contacts"] / by_week["contacts"].max()
    told += ["| places taken | " + " | ".join(f"{v:.0%}" for v in placed) + " |"]
    lines += [
        "",
        "List by list, the share of what the best choice *from the same customers on the same*",
        "*day* would have brought, and the share of the places that the list took (who is expected",
        "to cost more than they bring is left out):",
        "",
        "| list | " + " | ".join(str(week) for week in range(1, WEEKS + 1)) + " |",
        "|---|" + "--:|" * WEEKS,
        *told,
        "",
    ]
    return "\n".join(lines)


def _interval(values: pd.Series) -> str:
    n = len(values)
    if n < 2:
        return f"{values.mean():,.0f}"
    half = student.ppf(0.975, n - 1) * values.std(ddof=1) / np.sqrt(n)
    return f"{values.mean():,.0f} ({values.mean() - half:,.0f} to {values.mean() + half:,.0f})"
