"""Look at a file of purchases and write a job that runs on it."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from winback.errors import DataError, UsageError
from winback.files import atomic_path

if TYPE_CHECKING:
    from winback.data.sniff import Sniffed

_TEMPLATE = """\
# A winback job: what each customer is worth, who is about to leave, whom it pays to win back.
# Run it with `winback run {file}`. `winback config schema` lists every key.
name: {name}

# The last day that is known; `--as-of yesterday` overrides it every night.
as_of: {as_of} # the newest purchase in the file

# Days are cut in this time zone.
timezone: UTC

# Predictions look so many days ahead. Lost is who does not buy in them.
horizon_days: 90

# What stays of an amount, as a share. 1.0 counts turnover.
margin: 1.0

data:
  transactions:
    source: {source}
    columns: # ours: yours, or a SQL expression over yours
{columns}
{filter}
    # What a row is worth when its amount is 0: `drop` (no purchase) or `keep` (a purchase).
    zero_amounts: drop
    # Negative amounts are refunds. Net them on their own day, or `by_order`.
    refunds: by_day
    # `true` rejects a line that repeats an earlier one in every column.
    deduplicate: false

value:
  horizon_days: 365

churn:
  # Who bought within so many days is active, the others are dormant. Choose about three times
  # the gap that is usual in your shop.
  active_within_days: {active}

lists:
  churn_warning:
    capacity: 200 # how many your team can work through before the list expires
  win_back:
    budget: 250 # the most that the list may cost, even if every offer is redeemed
    capacity: 200
    control_share: 0.2 # left alone, so that the effect can be measured
    contact_cost: 0.10
    offer_cost: 2.00
    window_days: 730 # who has been silent for longer is let go
"""
_NEEDED = ("customer_id", "timestamp")


def init(orders: Path, to: Path | None = None) -> list[str]:
    """Guess what a file's columns mean, and write a commented job that runs.

    Parameters
    ----------
    orders
        A CSV or Parquet file of purchases.
    to
        The YAML to write. Unset: the file's name with `.yaml`, in the working directory.

    Returns
    -------
    list of str
        What was found and guessed, line by line.

    Raises
    ------
    DataError
        The file cannot be read or has no rows, or nothing in it looks like a customer or a time.
    UsageError
        The YAML exists already: nothing is overwritten.
    """
    from winback.data.sniff import sniff

    to = to or Path(f"{_slug(orders.stem)}.yaml")
    if to.exists():
        raise UsageError(
            "there is such a job already", where=str(to), hint="choose another name with --to"
        )
    found = sniff(str(orders))
    if found.rows == 0:
        raise DataError("the file has no rows", where=str(orders), got=", ".join(found.columns))
    missing = [name for name in _NEEDED if name not in found.guesses]
    if missing:
        raise DataError(
            f"no column looks like {' or '.join(missing)}",
            where=str(orders),
            got=", ".join(found.columns),
            hint="write the job by hand; `columns` takes any name or SQL expression",
        )
    with atomic_path(to) as part:
        part.write_text(_fill(found, orders, to), encoding="utf-8")
    return [*_told(found, orders), f"wrote {to}; look at it, then: winback run {to}"]


def _fill(found: Sniffed, orders: Path, to: Path) -> str:
    columns: list[str] = []
    for ours, guess in found.guesses.items():
        columns.append(f"      {ours}: {_scalar(guess.expression)}")
        if guess.other is not None:
            columns.append("      # if the month comes first (then look at as_of, too):")
            columns.append(f"      # {ours}: {_scalar(guess.other)}")
    span = (found.last_day - found.first_day).days if found.first_day and found.last_day else 0
    return _TEMPLATE.format(
        file=to.name,
        name=_slug(to.stem),
        as_of=found.last_day,
        source=_scalar(os.path.relpath(orders.resolve(), to.resolve().parent)),
        columns="\n".join(columns),
        filter=_filter(found),
        active=365 if span > 730 else max(30, min(180, span // 2)),
    )


def _slug(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]+", "_", text).strip("_-") or "shop"


def _filter(found: Sniffed) -> str:
    note = "    # Rows for which this SQL condition is not true are left out and counted.\n"
    if found.filter is None:
        return note + "    # filter: status = 'paid'"
    return note + f"    filter: {_scalar(found.filter)}"


def _scalar(text: str) -> str:
    """Write a text as YAML would, in quotes where it needs them."""
    return yaml.safe_dump(text, allow_unicode=True, width=1_000_000).removesuffix("...\n").strip()


def _told(found: Sniffed, orders: Path) -> list[str]:
    days = f", {found.first_day} to {found.last_day}" if found.first_day else ""
    lines = [f"{orders}: {found.rows:,} rows{days}"]
    width = max(len(ours) for ours in found.guesses)
    lines += [f"  {o:<{width}}  {g.expression}  ({g.why})" for o, g in found.guesses.items()]
    if "amount" not in found.guesses:
        lines.append("  no amount: lists are ranked by expected purchases, and nothing by money")
    return lines + [f"  note: {note}" for note in found.notes]
