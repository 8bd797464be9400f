"""Make late.md: what is foretold of shops whose rows all become known 20 days late.

python docs/measure_late.py [--seeds 2]    # of each kind; five minutes
"""  # noqa: INP001

from __future__ import annotations

import tempfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import ibis
import make_value_rule as shops
import numpy as np
import pandas as pd
from drawn_shops import judge_all
from sklearn.metrics import roc_auc_score

from winback.evaluation.churn_forward import ChurnData, ChurnSettings, fit_churn
from winback.evaluation.contest import choose_value
from winback.evaluation.forward import value_forward
from winback.evaluation.past import Past
from winback.evaluation.value_candidates import VALUE_CANDIDATES
from winback.evaluation.windows import Window

PAGE, FOUND = Path(__file__).with_name("late.md"), Path("outputs/late.jsonl")
LATE, MOST_DAYS = 20, 91
NAME = "modified_beta_geo+gamma_gamma_all"
CANDIDATES = {NAME: VALUE_CANDIDATES[NAME]}
CHURN = {
    "estimator": "ChurnModel",
    "params": {"candidates": ("base_rate", "beta_geo", "logistic"), "n_bootstrap": 50},
}


def judge(kind: str, seed: int) -> list[dict[str, Any]]:
    """Foretell what comes after `as_of`, of one shop whose rows come at once and 20 days late."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        prompt, as_of, horizon = shops.draw(kind, seed, Path(folder))
        ahead = Window(as_of, as_of + timedelta(days=min(horizon, MOST_DAYS)))
        came = prompt.table.booked_on + ibis.interval(days=LATE)
        for late in (0, LATE):
            table = prompt.table.mutate(known_on=came) if late else prompt.table
            past = Past(replace(prompt, table=table), ahead.until + timedelta(days=late))
            then = past.at(as_of)
            choice = choose_value(
                then, horizon_days=ahead.horizon_days, candidates=CANDIDATES, n_replicates=20
            )["revenue"]
            test = value_forward(past, CANDIDATES, ahead)["revenue"]
            total = np.log(test.predicted()[NAME].sum() / test.actual.sum())
            data = ChurnData(then, ahead, ChurnSettings())
            said = fit_churn(CHURN, data, ahead).predict_proba(data.population)[:, 1]
            left = past.outcomes(ahead, data.population["customer_id"])["churned"]
            rows.append(
                {"kind": kind, "seed": seed, "late": late, "n": len(test.actual)}
                | {"without": float(total), "total": float(total + choice.level.shift)}
                | {"said": float(said.mean()), "left": float(left.mean())}
                | {"auc": float(roc_auc_score(left, said))}
            )
    return rows


def page(rows: pd.DataFrame, seeds: int) -> str:
    """Write what was found."""
    lines = []
    for (kind, late), part in rows.groupby(["kind", "late"], sort=False):
        off = np.sqrt((part["total"] ** 2).mean())
        lines.append(
            f"| {kind} | {late} | {np.exp(part['without'].mean()):.2f} "
            f"| {np.exp(part['total'].mean()):.2f} | {off:.2f} | {part['said'].mean():.3f} "
            f"| {part['left'].mean():.3f} | {part['auc'].mean():.3f} |"
        )
    return f"""# Rows that come late

Where `available_at` says so, a row counts from the day on which it became known. Of the last days
before any cut-off not everything is known then. So no label ends in them: every window of the past,
the contest's, the level's, the gate's and churn's, ends on the last day of which nearly everything
is known. On drawn shops of the kinds of [the rule for value](value_rule.md), {seeds} of each,
as they are and with every row {LATE} days late. Made by

```sh
python docs/measure_late.py --seeds {seeds}
```

*Total*: revenue foretold over what came, by MBG/NBD with Gamma-Gamma on all days, before and at
the level that the past shows; *off*: the root mean square of its logarithm. What customers did in
the last {LATE} days is not known: AUC cannot stay what it was. Where
people buy every other week, 20 days of silence that is none look like leaving, to value too, and a
short history does not make up for it: there, read rows sooner, or ask for an older `as_of`.

| kind | days late | total, no level | total | off | P(churn) said | left | AUC |
|---|--:|--:|--:|--:|--:|--:|--:|
{chr(10).join(lines)}
"""


def write(judged: pd.DataFrame, first: int, seeds: int) -> None:  # noqa: ARG001
    """Write the page."""
    PAGE.write_text(page(judged, seeds), encoding="utf-8")


if __name__ == "__main__":
    kinds = ("stationary", "growing", "seasonal", "one-timers", "frequent")
    judge_all(__doc__, kinds, judge, write, found=FOUND, first=60, seeds=2)
