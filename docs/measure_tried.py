"""Make tried.md: candidates that were tried, on drawn shops.

python docs/measure_tried.py [--seeds 2]    # of each kind; fifteen minutes
"""  # noqa: INP001

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from drawn_shops import judge_all
from make_value_rule import KINDS, Kind, draw
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
USUAL = [kind for kind in KINDS if kind != "large"]
KINDS["regular"] = Kind(
    "every third order of those who order thrice as often", (600, 6000), {"alpha": (6.0, 15.0)},
    every=3,
)  # fmt: skip
KINDS["told"] = Kind(
    "channels of acquisition that tell much of their customers", (600, 6000),
    {"channel_rate": (1.0, 0.4, 2.5, 0.5), "channel_dropout": (1.0, 2.0, 0.5, 1.5)},
)  # fmt: skip
KINDS["untold"] = Kind(
    "channels of acquisition that tell nothing of their customers", (600, 6000),
    {"channel_rate": (1.0,) * 4, "channel_dropout": (1.0,) * 4},
)  # fmt: skip
KNOWN = ("told", "untold")
DRAWN = [*USUAL, "regular", *KNOWN]
CHANNELS = ("social", "referral", "marketplace")  # beside search
TRIED = "beta_binomial+gamma_gamma_all"
PLAIN, PARETO = "modified_beta_geo+gamma_gamma_all", "pareto_nbd+gamma_gamma_all"
REGULAR, COVARIATES = "regular_beta_geo+gamma_gamma_all", "pareto_nbd_covariates+gamma_gamma_all"
MEMBERS = (PLAIN, "poisson+gamma_gamma_all", "lightgbm_tweedie")
STACKED, EQUAL = "stacked", "equal mean"


def of_all_days(purchase_model: Any) -> dict[str, Any]:
    """Return the recipe of a purchase model with Gamma-Gamma on all days."""
    params = {"purchase_model": purchase_model, "spend_model": ALL_DAYS}
    return {"estimator": "CustomerValueModel", "params": params}


CANDIDATES = {name: VALUE_CANDIDATES[name] for name in (PARETO, *MEMBERS)} | {
    TRIED: of_all_days("beta_binomial"),
    REGULAR: of_all_days("regular_beta_geo"),
    COVARIATES: of_all_days(
        {
            "estimator": "ParetoNBDCovariatesModel",
            "params": {"purchase": list(CHANNELS), "dropout": list(CHANNELS)},
        }
    ),
}


class Told(Past):
    """A past in which the channel that won each customer is known, as flags of its frame."""

    flags: pd.DataFrame

    def at(self, day: date) -> Past:
        """Return the past of an earlier day, in which it is known, too."""
        if day == self.root.as_of:
            return self.root
        make = partial(Told, self.root.transactions, day, root=self.root)
        return self.root.once(("past", day), make)

    def frame(self, horizon_days: int) -> pd.DataFrame:
        """Describe customers, with the flags beside."""
        frame, root = super().frame(horizon_days), self.root
        assert isinstance(root, Told)  # noqa: S101 - as all of its pasts are
        flags = root.flags.reindex(frame["customer_id"])
        return frame.assign(**{name: flags[name].to_numpy() for name in CHANNELS})


def told(past: Past, folder: Path) -> Past:
    """Return the past with the flags of the simulated shop's customers."""
    customers = pd.read_parquet(folder / "truth.parquet").set_index("customer_id")
    known = Told(past.transactions, past.as_of)
    channel = customers["acquisition_channel"]
    known.flags = pd.DataFrame({name: (channel == name) * 1.0 for name in CHANNELS})
    return known


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
        past = told(Past(transactions, ahead.until), Path(name))
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
    both = rows.reindex(columns=[f"of {model}", f"of {other}"])  # too short to stack: none
    change = np.expm1(both.iloc[:, 0] - both.iloc[:, 1]).dropna()
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


def by_kind(rows: pd.DataFrame, model: str, other: str) -> str:
    """Return a table by kind of shop: revenue, and how often the contest would have taken it."""
    lines = [
        "| kind, revenue | shops | loss: median | 10th to 90th percentile | better in | chosen |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    for kind, part in rows[rows["target"] == "revenue"].groupby("kind", sort=False):
        taken = (part["chosen"] == model).sum()
        lines.append(f"| {kind} | {len(part)} | {compared(part, model, other)} | {taken} |")
    return "\n".join(lines)


def page(rows: pd.DataFrame, seeds: int) -> str:
    """Write what was found."""
    stacks = [
        ("stacked beside equal mean", STACKED, EQUAL),
        ("equal mean beside MBG/NBD", EQUAL, PLAIN),
    ]
    members = ", ".join(f"`{name}`" for name in MEMBERS)
    usual = rows[rows["kind"].isin(USUAL)]
    regular, channels = rows[~rows["kind"].isin(KNOWN)], rows[rows["kind"] != "regular"]
    own = "\n".join(f"* *{kind}*: {KINDS[kind].what};" for kind in ("regular", *KNOWN))
    return f"""# What was tried

A candidate earns a place in a contest by what it foretells on shops that nobody has seen, and keeps
none by its name. What follows was tried on drawn shops of the kinds of
[the rule for value](value_rule.md), {
        seeds
    } of each, other seeds than the rule was settled on, and of
three more:

{own}

*Loss* is the contest's, of the days after the last one known, each candidate at the level that it
would be used at; below 0 the first of two is better. *Chosen*: how often a contest of all that is
tried here with {members} would have taken it. Made by

```sh
python docs/measure_tried.py --seeds {seeds}
```

## MBG/CNBD-k

[Regular customers](explanation/value.md#customers-who-buy-like-a-clock): MBG/NBD, to the last
digit, where no regularity is found. Beside MBG/NBD, both with Gamma-Gamma on all days:

{table(regular, [("MBG/CNBD-k beside MBG/NBD", REGULAR, PLAIN)])}

{by_kind(regular, REGULAR, PLAIN)}

By these figures it is a candidate of the contest.

## Static covariates

[Pareto/NBD](explanation/value.md#what-is-known-of-a-customer-besides-purchases) that knows the
channel which won each customer, three flags for either rate. In the usual kinds a channel's
customers buy .7 to 1.3 times as often, and leave so much more easily. Beside Pareto/NBD without,
both with Gamma-Gamma on all days, and beside two that read purchases alone:

{
        table(
            channels,
            [
                ("with covariates beside without", COVARIATES, PARETO),
                ("with covariates beside MBG/NBD", COVARIATES, PLAIN),
                ("with covariates beside LightGBM", COVARIATES, "lightgbm_tweedie"),
            ],
        )
    }

{by_kind(channels, COVARIATES, PARETO)}

By these figures a contest of jobs has no covariates: the channel helps the model that reads it only
where it tells much, and models of purchases alone are as good without it.

Covariates that vary with time (Bachmann, Meierer & Näf 2021) were not tried: of their printed
example, whose table of weekly covariates comes with no package to install, no value was reproduced.

## BG/BB on days

BG/BB (Fader, Hardie & Shang 2010; `winback.BetaGeoBetaBinomialModel`) lets a customer buy once a
day at most, which is what is counted here; the others let purchases come at any moment. Its
parameters, likelihood and predictions are those printed for the paper's donations
(`tests/reference/test_bgbb.py`). Beside MBG/NBD, both with Gamma-Gamma on all days:

{table(usual, [("BG/BB beside MBG/NBD", TRIED, PLAIN)])}

{by_kind(usual, TRIED, PLAIN)}

## Stacking

Weights of {members}, at least 0 and together 1, that foretold the windows of the contest best by
their deviance; beside their equal mean, and the plain purchase and spend model. Where history is
too short for two of them there is nothing to weigh.

{table(usual, stacks)}

## Churn by number of orders

A hazard ratio by number of orders, from past windows: [a page of its own](orders.md).
"""


def write(judged: pd.DataFrame, first: int, seeds: int) -> None:  # noqa: ARG001
    """Write the page."""
    PAGE.write_text(page(judged, seeds), encoding="utf-8")


if __name__ == "__main__":
    judge_all(__doc__, DRAWN, judge, write, found=FOUND, first=30, seeds=2)
