"""With which probability the job's own lists drew who is treated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from winback.workflows.list_files import kept_dates

if TYPE_CHECKING:
    from winback.workflows.results import Results


def shares_drawn(results: Results) -> dict[str, float]:
    """Return P(treated) of the job's own experiments and lists, where it was one and the same."""
    import pandas as pd

    columns = ["experiment_id", "list_id", "propensity"]
    frames = [
        pd.read_parquet(results.kept(f"lists/{day}/win_back.parquet"), columns=columns)
        for day in kept_dates(results, "win_back")
    ]
    if not frames:
        return {}
    kept = pd.concat(frames, ignore_index=True).drop_duplicates()
    named = pd.concat([kept.set_index(name)["propensity"] for name in columns[:2]])
    shares = named.groupby(level=0).agg(["min", "max"])
    same = shares.loc[shares["min"] == shares["max"], "min"]
    return {str(name): float(share) for name, share in same.items()}
