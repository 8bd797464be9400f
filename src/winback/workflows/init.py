"""Look at a file of purchases and write a job that runs on it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
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

# The one currency of all amounts (ISO 4217).
{currency}

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
    zero_amounts: {zero}
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
_CODES = ("AUD", "BRL", "CAD", "CHF", "CNY", "EUR", "GBP", "INR", "JPY", "SEK", "USD")
_SIGNS = {"€": "EUR", "£": "GBP"}  # a dollar may be one of many, a yen a yuan
_NEEDED = ("customer_id", "timestamp")


@dataclass(frozen=True)
class Begun:
    """What `init` found, and where it wrote the job.

    Attributes
    ----------
    sniffed
        The guesses.
    to
        The YAML that was written.
    notes
        What a person should look at.
    """

    sniffed: Sniffed
    to: Path
    notes: tuple[str, ...]


def init(orders: str, to: Path | None = None, columns: Mapping[str, str] | None = None) -> Begun:
    """Guess what a file's columns mean, and write a commented job that runs.

    Parameters
    ----------
    orders
        A CSV or Parquet file of purchases, a folder or a glob of them, or a sample's name.
    to
        The YAML to write. Unset: the file's name with `.yaml`, in the working directory.
    columns
        What is known already: our column, and the file's column or a SQL expression.

    Returns
    -------
    Begun
        What was found and guessed.

    Raises
    ------
    DataError
        The file cannot be read or has no rows, or nothing in it looks like a customer or a time.
    UsageError
        The YAML exists already: nothing is overwritten.
    """
    from winback.data.sniff import sniff

    to = to or Path(f"{_slug(Path(orders.rpartition(':')[2]).stem)}.yaml")
    if to.exists():
        raise UsageError(
            "there is such a job already", where=str(to), hint="choose another name with --to"
        )
    sniffed = sniff(orders, columns=columns)
    if sniffed.rows == 0:
        raise DataError("the file has no rows", where=orders, got=", ".join(sniffed.columns))
    missing = [name for name in _NEEDED if name not in sniffed.guesses]
    if missing:
        say = " ".join(f"--column {name}=YOUR_COLUMN" for name in missing)
        raise DataError(
            f"no column looks like {' or '.join(missing)}",
            where=orders,
            got=", ".join(sniffed.columns),
            hint=f"say which it is: winback init {orders} {say}",
        )
    if sniffed.last_day is None:
        column = sniffed.guesses["timestamp"].expression
        raise DataError(
            "the cells of the timestamp cannot be read",
            where=f"{orders}, {column}",
            hint=f"say how: winback init {orders}"
            f" --column \"timestamp=strptime({column}, '%d/%m/%Y')\"",
        )
    with atomic_path(to) as part:
        part.write_text(_fill(sniffed, orders, to), encoding="utf-8")
    notes = sniffed.notes
    if "amount" not in sniffed.guesses:
        notes += ("without an amount, lists are ranked by expected purchases, nothing by money",)
    if len(sniffed.examples.get("currency", ())) > 1:
        several = ", ".join(sniffed.examples["currency"])
        notes += (f"there are several currencies ({several}): keep one by `currency` and `filter`",)
    return Begun(sniffed, to, notes)


def _fill(sniffed: Sniffed, orders: str, to: Path) -> str:
    columns: list[str] = []
    for ours, guess in sniffed.guesses.items():
        columns.append(f"      {ours}: {_scalar(guess.expression)}")
        if guess.other is not None:
            columns.append("      # if the month comes first (then look at as_of, too):")
            columns.append(f"      # {ours}: {_scalar(guess.other)}")
    span = (
        (sniffed.last_day - sniffed.first_day).days if sniffed.first_day and sniffed.last_day else 0
    )
    return _TEMPLATE.format(
        file=to.name,
        name=_scalar(_slug(to.stem)),
        as_of=sniffed.last_day,
        currency=_currency(sniffed),
        source=_scalar(_source(orders, to)),
        columns="\n".join(columns),
        filter=_filter(sniffed),
        zero="keep" if orders.startswith("sample:") else "drop",
        active=365 if span > 730 else max(30, min(180, span // 2)),
    )


def _currency(sniffed: Sniffed) -> str:
    """Write the currency that a column, or the name or the cells of the amounts tell."""
    given = sniffed.examples.get("currency", ())
    codes = [code for code in given if re.fullmatch("[A-Z]{3}", code)]
    if not given and "amount" in sniffed.guesses:
        amount = " ".join([sniffed.guesses["amount"].expression, *sniffed.signs])
        codes = re.findall(rf"\b(?:{'|'.join(_CODES)})\b", amount)
        codes += [code for sign, code in _SIGNS.items() if sign in amount]
    return f"currency: {codes[0]}" if len(set(codes)) == 1 else "# currency: EUR"


def _source(orders: str, to: Path) -> str:
    """Write a path as the job reads it: from the YAML's own folder."""
    if orders.startswith("sample:"):
        return orders
    path = Path(orders).expanduser()
    return os.path.relpath(path if path.is_absolute() else Path.cwd() / path, to.resolve().parent)


def _slug(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]+", "_", text).strip("_-") or "shop"


def _filter(sniffed: Sniffed) -> str:
    note = "    # Rows for which this SQL condition is not true are left out and counted.\n"
    if sniffed.filter is None:
        return note + "    # filter: status = 'paid'"
    return note + f"    filter: {_scalar(sniffed.filter)}"


def _scalar(text: str) -> str:
    """Write a text as YAML would, in quotes where it needs them."""
    return yaml.safe_dump(text, allow_unicode=True, width=1_000_000).removesuffix("...\n").strip()
