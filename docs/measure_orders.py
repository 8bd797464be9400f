"""Make orders.md: churn by number of orders, and what a correction from past windows makes of it.

python docs/measure_orders.py [--seeds 2]    # of each kind; five minutes
"""  # noqa: INP001

from __future__ import annotations

import tempfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import make_value_rule as shops
import numpy as np
import pandas as pd
from drawn_shops import judge_all

from winback.estimators.churn.candidates.candidate import canonical
from winback.evaluation.churn_evidence import Evidence, gather
from winback.evaluation.churn_forward import ChurnData, ChurnSettings, fit_churn
from winback.evaluation.churn_groups import ORDERS, order_groups
from winback.evaluation.churn_level import hazard_ratio
from winback.evaluation.past import Past
from winback.evaluation.windows import Window
from winback.features.feature_catalogue import feature_columns

PAGE, FOUND = Path(__file__).with_name("orders.md"), Path("outputs/orders.jsonl")
SHOWN = ("chosen", "logistic", "blend")
MOST_DAYS, LEAST_ROWS = 91, 20
SIZES = {"frequent": (2500, 3500)}  # the others 6,000 to 9,000: enough who have ordered ten times
for name, kind in shops.KINDS.items():
    shops.KINDS[name] = replace(kind, sizes=SIZES.get(name, (6000, 9000)))


def groups_of(frequency: pd.Series[float]) -> np.ndarray:
    """Return the place of each customer's group in `ORDERS`."""
    return pd.Categorical(order_groups(frequency)["orders"], categories=ORDERS).codes


def by_group(p: np.ndarray, y: np.ndarray, group: np.ndarray, customer: np.ndarray) -> np.ndarray:
    """Return how much each group's hazard of a purchase differs from everybody's, as a logarithm.

    From past windows that the predictions had not seen; shrunken towards no difference by how much
    groups differ beyond chance (DerSimonian & Laird 1986), a customer counted once.
    """
    shift, everybody = np.zeros(len(ORDERS)), hazard_ratio(p, y)
    found: dict[int, tuple[float, float]] = {}
    for place in range(len(ORDERS)):
        here = group == place
        own = hazard_ratio(p[here], y[here]) if here.sum() >= LEAST_ROWS else None
        if own is not None and everybody is not None:
            rows_each = here.sum() / len(np.unique(customer[here]))
            found[place] = own[0] - everybody[0], own[1] * rows_each
    if len(found) < 2:
        return shift
    apart, variance = np.array(list(found.values())).T
    weight = 1 / variance
    excess = weight @ (apart - weight @ apart / weight.sum()) ** 2 - (len(apart) - 1)
    between = max(excess / (weight.sum() - weight @ weight / weight.sum()), 0.0)
    shift[list(found)] = apart * between / (between + variance)
    return shift


def by_slope(p: np.ndarray, y: np.ndarray, log_orders: np.ndarray, customer: np.ndarray) -> float:
    """Return by how much the hazard rises with the logarithm of orders, shrunken by its error."""
    hazard = -np.log(np.clip(p, 1e-12, 1 - 1e-12))
    columns = np.column_stack([np.ones_like(p), log_orders - log_orders.mean()])
    at = np.zeros(2)
    for _ in range(30):  # Newton's steps on the likelihood of P(no purchase) ** exp(columns @ at)
        faster = hazard * np.exp(columns @ at)
        silent = np.exp(-faster)
        odds = silent / np.maximum(1 - silent, 1e-12)
        score = columns * (faster * ((1 - y) * odds - y))[:, None]
        bend = columns.T @ (columns * (faster**2 * odds)[:, None])
        step = np.linalg.solve(bend, score.sum(axis=0))
        at = at + step
        if np.abs(step).max() < 1e-9:
            break
    each = pd.DataFrame(score).groupby(customer).sum().to_numpy()
    variance = np.linalg.solve(bend, np.linalg.solve(bend, each.T @ each).T)[1, 1]
    return float(at[1] * max(0.0, 1 - variance / at[1] ** 2))


def corrections(
    evidence: Evidence, p: np.ndarray, seen: pd.Series[float], frequency: pd.Series[float]
) -> dict[str, np.ndarray]:
    """Return by how much each customer's hazard ahead is moved, as a logarithm, by each way."""
    y, customer = evidence.y.astype(float), evidence.customer
    orders = np.log1p(seen.to_numpy())
    slope = by_slope(p, y, orders, customer)
    return {
        "group": by_group(p, y, groups_of(seen), customer)[groups_of(frequency)],
        "slope": slope * (np.log1p(frequency.to_numpy()) - orders.mean()),
    }


def judge(kind: str, seed: int) -> list[dict[str, Any]]:
    """Compare what is said of each group with what it then did, before and after the correction."""
    with tempfile.TemporaryDirectory() as folder:
        transactions, as_of, horizon = shops.draw(kind, seed, Path(folder))
        window = Window(as_of, as_of + timedelta(days=min(horizon, MOST_DAYS)))
        past = Past(transactions, window.until)
        data = ChurnData(past.at(as_of), window, ChurnSettings())
        recipe = {"estimator": "ChurnModel", "params": {"n_bootstrap": 50}}
        model = fit_churn(recipe, data, window)
        predicted = model.candidate_probabilities(data.population)
        actual = past.outcomes(window, data.population["customer_id"])["churned"].to_numpy()
        names = [name if name != "chosen" else model.selected_ for name in SHOWN]
        features = ["customer_id", "as_of", *feature_columns(data.train.columns)]
        X, y = canonical(data.train[features], data.train["churned"])
        every = dict.fromkeys([*names, "lightgbm", "lightgbm_btyd"])  # members of the blend
        evidence = gather(every, X, y, model.settings_of_candidates(), data.purchase_models)
    frequency, group = data.population["frequency"], groups_of(data.population["frequency"])
    rows = []
    for shown, name in zip(SHOWN, names, strict=True):
        said = predicted[name].to_numpy()
        calibrated = model.calibrators_[name].predict(evidence.predictions[name])
        moved = corrections(evidence, calibrated, X["frequency"].iloc[evidence.rows], frequency)
        for way, shift in {"before": np.zeros_like(said), **moved}.items():
            p = said ** np.exp(shift)
            means = pd.DataFrame({"p": p, "y": actual}).groupby(group).agg(["mean", "size"])
            off = means["p", "mean"] - means["y", "mean"]
            share = means["y", "size"] / len(actual)
            most = group == len(ORDERS) - 1
            row = {"kind": kind, "seed": seed, "n": len(p), "shown": shown, "model": name}
            row |= {"way": way, "brier": float(((p - actual) ** 2).mean())}
            row |= {"off": float(np.sqrt(share @ off**2)), "most": int(most.sum())}
            row |= {"said": float(p[most].mean()), "left": float(actual[most].mean())}
            rows.append(row)
    return rows


def page(rows: pd.DataFrame, seeds: int) -> str:
    """Write what was found."""
    index = ["kind", "seed", "shown"]
    before = rows[rows["way"] == "before"].set_index(index)
    lines = []
    for way, title in (("group", "by group"), ("slope", "by a slope")):
        after = rows[rows["way"] == way].set_index(index)
        change = after["brier"] / before["brier"] - 1
        for shown in SHOWN:
            b, a = (part.xs(shown, level="shown") for part in (before, after))
            gaps = [(part["said"] - part["left"]).abs().mean() for part in (b, a)]
            c = change.xs(shown, level="shown")
            lines.append(
                f"| {title} | {shown} | {gaps[0]:.3f} | {gaps[1]:.3f} | {b['off'].mean():.4f} "
                f"| {a['off'].mean():.4f} | {c.mean():+.2%} | {(c > 0).sum()} of {len(c)} |"
            )
    chosen = before.xs("chosen", level="shown").reset_index()
    each = "\n".join(
        f"| {row.kind} | {row.n:,} | {row.model} | {row.most} | {row.said:.3f} | {row.left:.3f} |"
        for row in chosen.itertuples()
    )
    low, of = (chosen["said"] < chosen["left"]).sum(), len(chosen)
    return f"""# Churn by number of orders

Is the score right for those who order often? And does it help to correct it by what past windows
show of each number of orders? On drawn shops of the kinds of [the rule for value](value_rule.md).
The correction has a place only if customers of ten orders and more are better calibrated ahead, the
other groups no worse, and no Brier score is lost. By these figures it has none. Made by

```sh
python docs/measure_orders.py --seeds {seeds}
```

In past windows that predictions had not seen, the hazard of a purchase of customers of
{", ".join(ORDERS)} orders is set beside everybody's. *By group*, the ratio of each is shrunken by
how much groups differ beyond chance; *by a slope*, one number says how the hazard rises with the
logarithm of orders, shrunken by its error. P(no purchase) of the days ahead is then raised to the
ratio. *Gap*: of what is said of ten orders and more to what they did, as a mean over shops. *Groups
off*: the root mean square over customers of the same of all groups.

| correction | candidate | gap before | after | groups off, before | after | Brier | worse in |
|---|---|--:|--:|--:|--:|--:|--:|
{chr(10).join(lines)}

## Shop by shop, the chosen candidate

Of {of} shops, {low} say too little of customers of ten orders and more.

| kind | customers | chosen | ten orders and more | P(churn) said | left |
|---|--:|---|--:|--:|--:|
{each}
"""


def write(judged: pd.DataFrame, first: int, seeds: int) -> None:  # noqa: ARG001
    """Write the page."""
    PAGE.write_text(page(judged, seeds), encoding="utf-8")


if __name__ == "__main__":
    judge_all(__doc__, shops.KINDS, judge, write, found=FOUND, first=20, seeds=2)
