"""The last behaviours of a customer, in words, in one cell."""

from __future__ import annotations

import pandas as pd

PURCHASE = "purchase"


def in_one_cell(
    behaviours: pd.DataFrame, *, money: bool = True, currency: str | None = None
) -> pd.Series:
    """Word the last behaviours of each customer, the newest first.

    Parameters
    ----------
    behaviours
        From `winback.features.last_behaviours`.
    money
        Whether the source has amounts.
    currency
        Written after amounts.

    Returns
    -------
    pandas.Series
        Texts, indexed by `customer_id`.

    Examples
    --------
    >>> rows = pd.DataFrame({
    ...     "customer_id": "a", "place": [2, 1], "what": ["purchase", "complaint"],
    ...     "day": pd.to_datetime(["2011-07-11", "2011-08-03"]), "times": [1, 2],
    ...     "amount": [34.2, None], "channel": ["web", None]})
    >>> in_one_cell(rows).to_dict()
    {'a': '2011-08-03 complaint (2 times); 2011-07-11 bought for 34.20 (web)'}
    """
    rows = behaviours.sort_values(["customer_id", "place"])
    bought = rows["what"] == PURCHASE
    did = rows["what"].astype("str")
    if money:
        amount = " for " + rows["amount"].astype("float64").map("{:,.2f}".format).astype("str")
        did = did.mask(bought, "bought" + amount + (f" {currency}" if currency else ""))
    else:
        did = did.mask(bought, "bought")
    did = did.mask(rows["channel"].notna(), did + " (" + rows["channel"].astype("str") + ")")
    did = did.mask(rows["times"] > 1, did + " (" + rows["times"].astype("str") + " times)")
    text = pd.to_datetime(rows["day"]).dt.strftime("%Y-%m-%d") + " " + did
    # one column a place: no walk over customers
    cells = text.set_axis(pd.MultiIndex.from_frame(rows[["customer_id", "place"]])).unstack()  # noqa: PD010 - a table of two keys, no pivot
    joined = pd.Series("", index=cells.index, dtype="str")
    for place in sorted(cells.columns):
        part = cells[place].astype("str")
        joined = joined.where(part.isna(), joined.mask(joined != "", joined + "; ") + part)
    return joined.set_axis(joined.index.astype("str"))
