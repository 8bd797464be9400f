"""Make tried.md: candidates that were tried and have not earned a place, on drawn shops.

python docs/measure_tried.py [--seeds 2]    # of each kind; ten minutes
"""  # noqa: INP001

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from drawn_shops import judge_all
from make_value_rule import KINDS, draw
from scipy.optimize import minimize
from scipy.special import softmax

from winback.evaluation.contest import choose_value
from winback.evaluation.forward import ForwardTest, value_forward
from winback.evaluation.metrics import POWERS, deviances
from winback.evaluation.past import Past
from winback.evaluation.value_candidates import ALL_DAYS, VALUE_CANDIDATES
from winback.evaluation.value_losses import DEVIANCE, at_level, pooled_loss
from winback.evaluation.windows import Window, inner_windows

PAGE, FOUND = Path(__file__).with_name("tried.md"), Path("outputs/tried.jsonl")
DRAWN = [kind for kind in KINDS if kind != "large"]
TRIED = "beta_binomial+gamma_gamma_all"
PLAIN = "modified_beta_geo+gamma_gamma_all"
MEMBERS = (PLAIN, "poisson+gamma_gamma_all", "lightgbm_tweedie")
STACKED, EQUAL = "stacked", "equal mean"
CANDIDATES = {name: VALUE_CANDIDATES[name] for name in MEMBERS} | {
    TRIED: {
        "estimator": "CustomerValueModel",
        "params": {"purchase_model": "beta_binomial", "spend_model": ALL_DAYS},
    }
}


def weights(tests: Sequence[ForwardTest], members: Sequence[str]) -> np.ndarray:
    """Return the weights, at least 0 and together 1, that foretold past windows best.

    By the deviance, the windows alike.
    """
    power = POWERS[DEVIANCE[tests[0].target]]
    seen = [(test.actual, np.stack([test.predicted()[m] for m in members])) for test in tests]

    def lost(logits: np.ndarray) -> float:
        mixed = softmax(logits)
        means = (deviances(actual, mixed @ of, power).mean() for actual, of in seen)
        return float(np.mean(np.log(list(means))))

    found = minimize(lost, np.zeros(len(members)), method="Nelder-Mead", options={"maxiter": 300})
    return np.asarray(softmax(found.x))


def judge(kind: str, seed: int) -> list[dict[str, Any]]:
    """Let candidates foretell what comes after `as_of`, each at the level that it is used at."""
    with tempfile.TemporaryDirectory() as name:
        transactions, as_of, horizon = draw(kind, seed, Path(name))
        ahead = Window(as_of, as_of + timedelta(days=horizon))
        past = Past(transactions, ahead.until)
        then = past.at(as_of)
        choices = choose_value(then, horizon_days=horizon, candidates=CANDIDATES, n_replicates=20)
        inner = inner_windows(then.first_day, as_of, horizon_days=horizon)
        seen = [value_forward(then, CANDIDATES, window) for window in inner]
        tests = value_forward(past, CANDIDATES, ahead)
    rows = []
    for target, choice in choices.items():
        test = at_level(tests[target], choice.shifts)
        able = [m for m in MEMBERS if m in test.predictions]
        known = [at_level(of[target], choice.shifts) for of in seen]
        known = [of for of in known if all(m in of.predictions for m in able)]
        if TRIED not in test.predictions or not known:
            continue
        predicted = np.stack([test.predicted()[m] for m in able])
        if len(able) > 1:
            shares = {STACKED: weights(known, able), EQUAL: np.full(len(able), 1 / len(able))}
            for mixed, share in shares.items():
                test.predictions[mixed] = pd.DataFrame({"predicted": share @ predicted})
        pooled = pooled_loss([test], n_replicates=2).point
        losses = {model: pooled[model, "loss"] for model in test.predictions}
        won = {"chosen": choice.name} | {f"of {model}": loss for model, loss in losses.items()}
        rows.append({"kind": kind, "seed": seed, "target": target, "n": len(test.actual)} | won)
    return rows


def compared(rows: pd.DataFrame, model: str, other: str) -> str:
    """Return cells: by how much more a model loses than another, and how often less."""
    change = np.expm1(rows[f"of {model}"] - rows[f"of {other}"]).dropna()
    ends = change.quantile([0.1, 0.9])
    return (
        f"{change.median():+.1%} | {ends.iloc[0]:+.1%} to {ends.iloc[1]:+.1%} "
        f"| {(change < 0).sum()} of {len(change)}"
    )


def table(rows: pd.DataFrame, pairs: Sequence[tuple[str, str, str]]) -> str:
    """Return a table: of each target, and of revenue by kind, what is compared."""
    lines = ["| | loss: median | 10th to 90th percentile | better in |", "|---|--:|--:|--:|"]
    for title, model, other in pairs:
        for target, part in rows.groupby("target"):
            lines.append(f"| {title}, {target} | {compared(part, model, other)} |")
    return "\n".join(lines)


def page(rows: pd.DataFrame, seeds: int) -> str:
    """Write what was found."""
    stacks = [
        ("stacked beside equal mean", STACKED, EQUAL),
        ("equal mean beside MBG/NBD", EQUAL, PLAIN),
    ]
    members = ", ".join(f"`{name}`" for name in MEMBERS)
    money = rows[rows["target"] == "revenue"]
    kinds = "\n".join(
        f"| {kind} | {len(part)} | {compared(part, TRIED, PLAIN)} "
        f"| {(part['chosen'] == TRIED).sum()} |"
        for kind, part in money.groupby("kind", sort=False)
    )
    return f"""# What was tried, and has no place

A candidate earns a place in a contest by what it foretells on shops that nobody has seen, and keeps
none by its name. What follows was tried on drawn shops of the kinds of
[the rule for value](value_rule.md), {seeds} of each, other seeds than the rule was settled on.
*Loss* is the contest's, of the days after the last one known, each candidate at the level that it
would be used at; below 0 the first of two is better. Made by

```sh
python docs/measure_tried.py --seeds {seeds}
```

## BG/BB on days

BG/BB (Fader, Hardie & Shang 2010; `winback.BetaGeoBetaBinomialModel`) lets a customer buy once a
day at most, which is what is counted here; the others let purchases come at any moment. Its
parameters, likelihood and predictions are those printed for the paper's donations
(`tests/reference/test_bgbb.py`). Beside MBG/NBD, both with Gamma-Gamma on all days:

{table(rows, [("BG/BB beside MBG/NBD", TRIED, PLAIN)])}

| kind, revenue | shops | loss: median | 10th to 90th percentile | better in | chosen |
|---|--:|--:|--:|--:|--:|
{kinds}

*Chosen*: how often a contest of BG/BB with {members} would have taken it.

## Stacking

Weights of {members}, at least 0 and together 1, that foretold the windows of the contest best by
their deviance; beside their equal mean, and the plain purchase and spend model. Where history is
too short for two of them there is nothing to weigh.

{table(rows, stacks)}

## Churn by number of orders

A hazard ratio by number of orders, from past windows: [a page of its own](orders.md).
"""


def write(judged: pd.DataFrame, first: int, seeds: int) -> None:  # noqa: ARG001
    """Write the page."""
    PAGE.write_text(page(judged, seeds), encoding="utf-8")


if __name__ == "__main__":
    judge_all(__doc__, DRAWN, judge, write, found=FOUND, first=30, seeds=2)
