"""What value tiers say of themselves in a notebook."""

from __future__ import annotations

from typing import Any

from winback.cards import Table, card


def tiers_card(model: Any) -> str:
    """Describe value tiers: their profile, how stable and how far apart they are."""
    profile = model.profile_
    names = [name for name in profile.columns if name != "customers"]
    facts = {
        "learned from": f"{int(profile['customers'].sum()):,} customers",
        "tiers": model.names_,
        "stability": f"{model.stability_:.2f} (1: refits agree on everybody)",
        "separation": f"{model.separation_:.2f} ({model.separation_reference_:.2f} by chance)",
    }
    rows = [(tier, row["customers"], *row[names]) for tier, row in profile.iterrows()]
    header = ("tier", "customers", *(name.replace("_", " ") for name in names))
    tables = [Table(header, rows, "Means at training")]
    return card("ValueTiers", facts, tables=tables, notes=[model.note_])
