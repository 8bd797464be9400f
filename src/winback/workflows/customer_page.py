"""Write the page about one customer from what `explain` has found out."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from winback.workflows.customer_history import customer_history

if TYPE_CHECKING:
    from winback.config import LoadedJob
    from winback.lists.for_people import ListName
    from winback.messages import Words
    from winback.workflows.results import Results
    from winback.workflows.tables import JobTables
    from winback.workflows.used_models import UsedModels

FOLDER = "customers"
LISTS: tuple[ListName, ...] = ("churn_warning", "win_back")


def write_customer_page(
    settings: LoadedJob,
    tables: JobTables,
    results: Results,
    models: UsedModels,
    everything: Mapping[str, Any],
) -> Path:
    """Write `customers/ID.html` into the output folder, beside the results.

    Parameters
    ----------
    everything
        What `winback.workflows.explain` has found out about the customer.
    """
    from winback.files import atomic_path
    from winback.messages import Words
    from winback.reports.customer_page import customer_page

    job, scores = settings.job, everything["scores"]
    words = Words(job.language, job.currency, job.amounts)
    customer = {
        "customer_id": everything["customer_id"],
        "as_of": everything["as_of"],
        "job": job.name,
        "scores": scores,
        "horizons": {"p_repurchase": job.horizon_days, "value": job.value.horizon_days},
        "lists": [_listed(name, everything["lists"][name], words) for name in LISTS],
        "history": customer_history(job, tables, results, models, scores),
        "moved": everything["contributions"],
    }
    path = results.out / FOLDER / file_name(everything["customer_id"])
    with atomic_path(path) as part:
        part.write_text(customer_page(customer, words), encoding="utf-8", newline="\n")
    return path


def file_name(customer: str) -> str:
    """Return a name that every file system takes, another for every customer.

    Examples
    --------
    >>> file_name("C-0017"), file_name("a/b")
    ('C-0017.html', 'a_b-c14cddc0.html')
    """
    safe = re.sub(r"[^\w-]", "_", customer)[:60]
    digest = hashlib.sha256(customer.encode()).hexdigest()[:8]
    return f"{safe}.html" if safe == customer else f"{safe}-{digest}.html"


def _listed(name: ListName, listed: Mapping[str, Any], words: Words) -> dict[str, Any]:
    from winback.lists.for_people import FOR_PEOPLE, for_people, headings

    row, head = listed["row"], headings(FOR_PEOPLE[name], words)
    if not listed["on"]:
        why = words("page.of_nothing") if row is None else words.label("left_out", row["reason"])
        return {"name": name, "row": None, "why": [why], "head": head}
    if row.get("arm") == "control":
        why = words("page.to_leave_alone").rstrip(words("stop"))
        return {"name": name, "row": None, "why": [why], "head": head}
    said = for_people(pd.DataFrame([row]), name, words).to_dict("records")[0]
    by_when = said["by_when"]
    said["by_when"] = None if pd.isna(by_when) else by_when.date()
    reasons = [] if pd.isna(said["why"]) else said["why"].split(words("clause.next"))
    return {"name": name, "row": said, "why": reasons, "head": head}
