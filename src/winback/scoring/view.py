"""Scores as an analyst meets them: a frame that says what it is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from winback.cards import Table, card
from winback.errors import UsageError
from winback.roles import ROLES

FILE = "scores.parquet"
_SHOWN = ("customer_id", "tier", "lifecycle_stage", "p_alive", "p_churn", "clv")


@dataclass(frozen=True)
class Scores:
    """The scores of everybody at one date.

    Attributes
    ----------
    frame
        One row a customer, with the columns of ``scores.parquet``.

    Examples
    --------
    >>> scores = Scores(pd.DataFrame({
    ...     "as_of": "2024-06-30", "customer_id": ["a", "b"], "tier": ["high", "low"],
    ...     "clv": [90.0, 10.0], "p_churn": [0.2, 0.9], "value_version": 3}))
    >>> scores
    <Scores: 2 customers as of 2024-06-30>
    >>> scores.top(1)["customer_id"].tolist()
    ['a']
    """

    frame: pd.DataFrame

    @property
    def as_of(self) -> str | None:
        """The last day that was known, as ISO text; None where nobody was scored."""
        return str(self.frame["as_of"].iloc[0])[:10] if len(self.frame) else None

    def top(self, n: int = 10, by: str = "clv") -> pd.DataFrame:
        """Return the `n` customers with the highest `by`."""
        names = [name for name in dict.fromkeys((*_SHOWN, by)) if name in self.frame.columns]
        return self.frame.nlargest(n, by)[names]

    def __len__(self) -> int:
        """Return the number of customers."""
        return len(self.frame)

    def __repr__(self) -> str:
        """Return one line: how many, and of when."""
        return f"<Scores: {len(self.frame):,} customers as of {self.as_of}>"

    def _repr_html_(self) -> str:
        """Return a card for a notebook: who was scored, by which models, and each tier."""
        rows = self.frame
        has_amounts = "clv" in rows and bool(rows["clv"].notna().any())
        facts: dict[str, Any] = {
            "customers": len(rows),
            "as of": self.as_of,
            "models": ", ".join(
                f"{role} {int(rows[f'{role}_version'].iloc[0])}"
                for role in ROLES
                if f"{role}_version" in rows and len(rows) and rows[f"{role}_version"].iloc[0]
            )
            or None,
            "expected margin (clv)": float(rows["clv"].sum()) if has_amounts else None,
        }
        notes = [] if has_amounts else ["there are no amounts: nothing is said about money."]
        tables = [Table(*_by_tier(rows, has_amounts=has_amounts))] if len(rows) else []
        return card("Scores", facts, tables=tables, notes=notes)


def read_scores(path: Path | str) -> Scores:
    """Read the scores that a job left.

    Parameters
    ----------
    path
        ``scores.parquet``, or the job's output folder.

    Raises
    ------
    UsageError
        There are none.

    Examples
    --------
    >>> read_scores("outputs/nowhere")
    Traceback (most recent call last):
    ...
    winback.errors.UsageError: there are no scores here (at outputs/nowhere). Next: ...
    """
    place = Path(path)
    file = place / FILE if place.is_dir() else place
    if not file.is_file():
        hint = "run `winback run JOB.yaml`, or give the folder that it wrote to"
        raise UsageError("there are no scores here", where=str(path), hint=hint)
    return Scores(pd.read_parquet(file))


def _by_tier(rows: pd.DataFrame, *, has_amounts: bool) -> tuple[list[str], list[list[Any]], str]:
    groups = rows.groupby("tier", observed=True)
    table = pd.DataFrame({"customers": groups.size()})
    if has_amounts:
        table["mean clv"] = groups["clv"].mean()
        table["share of clv"] = groups["clv"].sum() / max(float(rows["clv"].sum()), 1e-12)
        table = table.sort_values("mean clv", ascending=False)
    table["mean p_churn"] = groups["p_churn"].mean()
    lines = [[tier, *row] for tier, row in zip(table.index, table.to_numpy().tolist(), strict=True)]
    return ["tier", *table.columns], lines, "By tier"
