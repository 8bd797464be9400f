# ruff: noqa: INP001 - a script beside what it writes, no package
"""Write `docs/simulated_shop.md`: the lists against the truth of shops that were made up.

    python docs/make_simulated.py [--shops 4] [--kinds KIND ...] [--customers 6000]

Ten weekly lists on shops of several kinds (`weekly_lists`), and the whole job on some shops, by the
command line, in a folder of its own. The lists know nothing of the truth; this script reads both.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import weekly_page
import yaml
from scipy.stats import t as student
from weekly_lists import KINDS

from winback.config import Job, load_job
from winback.data.simulate import Truth, read_truth
from winback.lists.severity import LEVELS, Thresholds, severity
from winback.lists.spend import spend_of

FOUND = Path("outputs") / "weekly_lists.jsonl"
PAGE = Path(__file__).parent / "simulated_shop.md"
LIST, RANDOM, RECENCY, VALUE = "the list", "random", "most recent", "highest CLV"
CEILING = "the truth known"
PRIOR = "the list, uplift unmeasured"
OTHERS = (PRIOR, RANDOM, RECENCY, VALUE)
OUT, UNMEASURED = "outputs", "unmeasured"
RESAMPLES = 2000


@dataclass(frozen=True)
class Judged:
    """One shop: what was done, and what was true.

    Attributes
    ----------
    seed
        Which shop.
    policies
        One row a way to choose: true incremental margin a contact and in all, with the difference
        from the list (list less policy) and its 95% customer-bootstrap interval.
    ranked
        The eligible customers of both arms, best first: what the list says and what is true.
    active
        The active customers: severity, predicted and true P(no purchase in the horizon).
    level
        The common level of demand in the horizon, relative to as many days before it.
    contacted
        How many customers the list calls back.
    """

    seed: int
    contacted: int
    policies: pd.DataFrame
    ranked: pd.DataFrame
    active: pd.DataFrame
    level: float


def run_shop(folder: Path, *, customers: int, seed: int) -> Path:
    """Make a shop, run its job, and list again as if no campaign had been measured.

    Returns the job's YAML. The results are in `folder/outputs` and `folder/unmeasured`.
    """
    winback(folder, "simulate", "--customers", customers, "--seed", seed, "--out", "shop")
    job = folder / "shop" / "simulated_shop.yaml"
    winback(folder, "run", job, "--out", OUT)
    shutil.copytree(folder / OUT, folder / UNMEASURED, symlinks=True)
    settings = yaml.safe_load(job.read_text(encoding="utf-8"))
    del settings["data"]["contacts"]
    other = job.with_name("unmeasured.yaml")
    other.write_text(yaml.safe_dump(settings), encoding="utf-8")
    winback(folder, "lists", other, "--out", UNMEASURED)
    return job


def winback(folder: Path, *arguments: Any) -> None:
    """Run a command, and stop with its words if it fails."""
    command = [sys.executable, "-m", "winback", *map(str, arguments)]
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603 - our own command
    if ended.returncode:
        raise SystemExit(ended.stderr[-2000:])


def judge(job_file: Path, *, seed: int) -> Judged:
    """Compare the lists of a job that `run_shop` has run with the truth."""
    job, truth = load_job(job_file).job, read_truth(job_file.parent)
    outputs, unmeasured = (job_file.parents[1] / name for name in (OUT, UNMEASURED))
    scores = pd.read_parquet(outputs / "scores.parquet").set_index("customer_id")
    scores["silent"] = scores["T"] - scores["recency"]
    ranked = _ranked(outputs, scores, truth, job)
    return Judged(
        seed=seed,
        contacted=int(ranked["on_list"].sum()),
        policies=_policies(ranked, _ranked(unmeasured, scores, truth, job), job, seed),
        ranked=ranked,
        active=_active(scores, truth, job),
        level=_level(truth, job),
    )


def _ranked(outputs: Path, scores: pd.DataFrame, truth: Truth, job: Job) -> pd.DataFrame:
    treated = pd.read_parquet(outputs / "win_back.parquet")
    control = pd.read_parquet(outputs / "win_back_control.parquet")
    excluded = pd.read_parquet(outputs / "win_back_excluded.parquet")
    columns = ["customer_id", "arm", "rank", "uplift", "expected_incremental_margin"]
    columns += ["contact_cost", "offer_cost", "p_return_untreated", "uplift_source"]
    parts = [treated.assign(on_list=True), control, excluded[excluded["arm"].notna()]]
    rows = pd.concat([part.reindex(columns=[*columns, "on_list"]) for part in parts])
    rows["on_list"] = rows["on_list"].eq(True)
    true = truth.at(job.as_of, job.horizon_days, margin=job.margin)
    true = true.rename(columns={"uplift": "true_uplift", "incremental_margin": "gross"})
    rows = rows.merge(true, on="customer_id").merge(
        scores[["silent", "clv"]], left_on="customer_id", right_index=True
    )
    # what a contact and an offer cost depends on the channel and the step that the list chose
    redeems = rows["p_purchase"] + rows["true_uplift"]
    rows["true_margin"] = rows["gross"] - rows["contact_cost"] - redeems * rows["offer_cost"]
    said = rows["p_return_untreated"] + rows["uplift"]
    rows["commitment"] = spend_of(rows["contact_cost"], rows["offer_cost"], said).expected
    # who is below break-even has no rank: those follow by what they are expected to bring
    return rows.sort_values(
        ["rank", "expected_incremental_margin"], ascending=[True, False], ignore_index=True
    )


def _policies(ranked: pd.DataFrame, unmeasured: pd.DataFrame, job: Job, seed: int) -> pd.DataFrame:
    """Spend the same budget in each way on those whom the arms allow to be contacted."""
    rows = ranked[ranked["arm"] == "treated"].set_index("customer_id")
    limits = job.lists.win_back
    at_random = min(limits.budget / rows["commitment"].sum(), limits.capacity / len(rows), 1.0)
    chosen = {
        LIST: rows["on_list"].astype("float64"),
        RANDOM: pd.Series(at_random, index=rows.index),  # every choice at once: its expectation
        RECENCY: _first(rows, rows["silent"], job),
        VALUE: _first(rows, -rows["clv"], job),
        CEILING: _first(rows, -rows["true_margin"], job),
    }
    brought = pd.DataFrame({name: share * rows["true_margin"] for name, share in chosen.items()})
    # without contacts others are eligible, and at another step: it stands at its own costs
    prior = unmeasured[unmeasured["on_list"]].set_index("customer_id")["true_margin"]
    brought = brought.join(prior.rename(PRIOR), how="outer").fillna(0.0)
    contacted = {name: share.sum() for name, share in chosen.items()} | {PRIOR: len(prior)}
    rng = np.random.default_rng(seed)
    n = len(brought)
    weights = rng.multinomial(n, np.full(n, 1 / n), RESAMPLES)
    table = []
    for name in (LIST, PRIOR, RANDOM, RECENCY, VALUE, CEILING):
        difference = (brought[LIST] - brought[name]).to_numpy()
        low, high = np.quantile(weights @ difference, [0.025, 0.975])
        table.append(
            {
                "policy": name,
                "a_contact": brought[name].sum() / max(contacted[name], 1),
                "total": brought[name].sum(),
                "difference": difference.sum(),
                "low": low,
                "high": high,
            }
        )
    return pd.DataFrame(table).set_index("policy")


def _first(rows: pd.DataFrame, by: pd.Series, job: Job) -> pd.Series:
    """Take customers in this order until budget or capacity ends."""
    order = np.argsort(by.to_numpy(), kind="stable")
    committed = rows["commitment"].to_numpy()[order].cumsum()
    within = committed <= job.lists.win_back.budget + 1e-6
    within[job.lists.win_back.capacity :] = False
    chosen = np.zeros(len(rows))
    chosen[order[within]] = 1.0
    return pd.Series(chosen, index=rows.index)


def _active(scores: pd.DataFrame, truth: Truth, job: Job) -> pd.DataFrame:
    true = truth.at(job.as_of, job.churn_horizon_days).set_index("customer_id")
    active = scores[scores["silent"] <= (job.churn.active_within_days or np.inf)].reset_index()
    settings = job.lists.churn_warning
    grades = severity(
        active,
        as_of=job.as_of,
        thresholds=Thresholds(settings.risk_thresholds, settings.breach_thresholds),
    )
    at = true.loc[active["customer_id"]]
    return pd.DataFrame(
        {
            "severity": grades["severity"].to_numpy(),
            "p_churn": active["p_churn"].to_numpy(),
            "true_churn": 1 - at["p_purchase"].to_numpy(),
            "gone": 1 - at["p_alive"].to_numpy(),
        }
    )


def _level(truth: Truth, job: Job) -> float:
    today = (job.as_of - truth.level.first_day).days + 1
    ahead, before = (
        truth.level.daily[start : start + job.churn_horizon_days].mean()
        for start in (today, today - job.churn_horizon_days)
    )
    return float(ahead / before)


def by_severity(active: pd.DataFrame) -> pd.DataFrame:
    """Give each colour's customers, predicted and true churn, and share gone for good."""
    grouped = active.groupby("severity")
    table = grouped[["p_churn", "true_churn", "gone"]].mean().assign(customers=grouped.size())
    return table.reindex([level for level in LEVELS if level in table.index])


def by_decile(ranked: pd.DataFrame) -> pd.DataFrame:
    """Give what is true of each tenth of the ranking, the best first."""
    tenth = np.minimum(np.arange(len(ranked)) * 10 // max(len(ranked), 1), 9) + 1
    columns = ["uplift", "true_uplift", "p_purchase", "expected_incremental_margin", "true_margin"]
    return ranked.groupby(tenth)[columns].mean()


# ------------------------------------------------------------------------------------ the page


def main(asked: argparse.Namespace) -> None:
    """Make the shops, let lists work on them, run whole jobs on some, and write the page."""
    weeks = weekly_page.run(asked.kinds, asked.shops, asked.customers, asked.found)
    shops = []
    for seed in asked.job_seeds:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            job = run_shop(folder, customers=asked.job_customers, seed=seed)
            shops.append(judge(job, seed=seed))
            settings = load_job(job).job
    PAGE.write_text(_page(weeks, shops, settings, asked), encoding="utf-8")


def _page(weeks: pd.DataFrame, shops: Sequence[Judged], job: Job, asked: argparse.Namespace) -> str:
    seeds = " ".join(str(shop.seed) for shop in shops)
    made = "is one shop" if len(shops) == 1 else f"are {len(shops)} shops"
    costs = job.lists.win_back
    head = f"""# The simulated shop

A shop whose truth is known: `winback simulate` draws customers who order by BG/NBD and spend by
Gamma-Gamma on a level of demand that has a season and wanders; complaints drive some away, visits
fade before customers leave, and three earlier win-back campaigns, half of each left alone by
chance, worked on some, not on others, and annoyed a few. What each contact would really do is
known for every customer, so a list can be judged by what is true and not by what happened to
happen. The parameters are the defaults of `winback.data.simulate.ShopParameters`. All made by

```sh
python docs/make_simulated.py --shops {asked.shops} --customers {asked.customers} \\
  --job-customers {asked.job_customers} --job-seeds {seeds}
```

"""
    one = f"""
## One list, by the whole job

Below {made} of {asked.job_customers:,} customers, seed {seeds}. The job is
`pipelines/simulated_shop.yaml` as of {job.as_of}, horizon {job.horizon_days} days, margin
{job.margin:.0%}, a contact at {costs.contact_cost:.2f}, the offer at {costs.offer_cost:.2f} for who
orders. It sees the exports only, never the truth.
"""
    first = head + weekly_page.section(weeks, asked.customers) + one
    return "\n".join([first, _money(shops), _deciles(shops), _colours(shops), weekly_page.LIMITS])


def _money(shops: Sequence[Judged]) -> str:
    lines = [
        "## Whom to call back: true incremental margin\n",
        "Every policy spends the same budget, under the same capacity, on the same eligible",
        "customers (dormant, inside the window, allowed to be written to, not drawn as controls).",
        "*Random* is the expectation over all choices. *The truth known* takes the best: the most",
        "that anybody could reach. *Uplift unmeasured* is the list of the same job without its",
        "contacts, which has a stated prior only and spends a part of the budget by lot.",
        f"The uplift behind the list is {_sources(shops)}.",
        "",
        "Mean over shops, with 95% t-intervals over three or more:\n",
        "| policy | margin a contact | margin in all | the list brings more by |",
        "|---|--:|--:|--:|",
    ]
    for name in shops[0].policies.index:
        rows = pd.DataFrame([shop.policies.loc[name] for shop in shops])
        mean, low, high = _interval(rows["difference"])
        more = "" if name == LIST else f"{mean:,.0f}{_range(low, high, ',.0f')}"
        label = f"**{name}**" if name == LIST else name
        a_contact, total = rows["a_contact"].mean(), rows["total"].mean()
        lines.append(f"| {label} | {a_contact:.2f} | {total:,.0f} | {more} |")
    lines += [
        "",
        "Shop by shop, the list's margin less that of the other, with 95% customer-bootstrap",
        "intervals:\n",
        "| seed | contacted | " + " | ".join(f"against {name}" for name in OTHERS) + " |",
        "|--:|--:|" + "--:|" * len(OTHERS),
    ]
    for shop in shops:
        cells = [
            f"{row['difference']:,.0f} ({row['low']:,.0f} to {row['high']:,.0f})"
            for row in (shop.policies.loc[name] for name in OTHERS)
        ]
        lines.append(f"| {shop.seed} | {shop.contacted:,} | {' | '.join(cells)} |")
    return "\n".join([*lines, ""])


def _sources(shops: Sequence[Judged]) -> str:
    found = {
        source.partition(" (")[0]
        for shop in shops
        for source in shop.ranked["uplift_source"].dropna().unique()
    }
    return "; ".join(sorted(found))


def _interval(values: pd.Series) -> tuple[float, float, float]:
    n = len(values)
    half = student.ppf(0.975, n - 1) * values.std(ddof=1) / np.sqrt(n) if n > 2 else np.nan
    return values.mean(), values.mean() - half, values.mean() + half


def _range(low: float, high: float, form: str) -> str:
    """Write an interval; one shop has none."""
    return "" if np.isnan(low) else f" ({low:{form}} to {high:{form}})"


def _deciles(shops: Sequence[Judged]) -> str:
    tables = [by_decile(shop.ranked) for shop in shops]
    mean = sum(tables[1:], start=tables[0]) / len(tables)
    spearman = _interval(
        pd.Series([_rank_correlation(shop.ranked, "true_margin") for shop in shops])
    )
    lines = [
        "## The ranking against the true uplift\n",
        "All eligible customers of both arms by tenths of the list's ranking, the best first;",
        "uplift is the gain in P(orders within the horizon), in points.",
        "",
        "| tenth | uplift, said | uplift, true | orders anyway | margin, said | margin, true |",
        "|--:|--:|--:|--:|--:|--:|",
    ]
    for tenth, row in mean.iterrows():
        points = [f"{row[name] * 100:.1f}" for name in ("uplift", "true_uplift", "p_purchase")]
        money = [f"{row[name]:.2f}" for name in ("expected_incremental_margin", "true_margin")]
        lines.append(f"| {tenth} | {' | '.join([*points, *money])} |")
    value, low, high = spearman
    told = (
        f"Rank correlation with the true incremental margin: {value:.2f}{_range(low, high, '.2f')}"
    )
    return "\n".join([*lines, "", told + ".", ""])


def _rank_correlation(ranked: pd.DataFrame, true: str) -> float:
    place = pd.Series(-np.arange(len(ranked)), index=ranked.index)
    return float(place.corr(ranked[true], method="spearman"))


def _colours(shops: Sequence[Judged]) -> str:
    lines = [
        "## The colours of warnings against true churn\n",
        "Active customers of all shops by colour, before the capacity cuts the list. True churn is",
        "the true P(no order within the horizon); *gone* is the share that has left for good.",
        "",
        "| colour | customers | churn, said | churn, true | lowest to highest shop | gone |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    tables = [by_severity(shop.active) for shop in shops]
    together = by_severity(pd.concat([shop.active for shop in shops]))
    for name, row in together.iterrows():
        each = [table.loc[name, "true_churn"] for table in tables if name in table.index]
        lines.append(
            f"| {name} | {row['customers']:,.0f} | {row['p_churn']:.1%} | {row['true_churn']:.1%} "
            f"| {min(each):.1%} to {max(each):.1%} | {row['gone']:.1%} |"
        )
    low, high = (f"{of(shop.level for shop in shops):.2f}" for of in (min, max))
    lines += [
        "",
        f"The common level of demand over the horizon was {low} to {high} of that over as many",
        "days before it, by season and drift; no customer's own past tells that. Below 1, more are",
        "silent than was said.",
    ]
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shops", type=int, default=4, help="of each kind, ten lists each")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS), metavar="KIND")
    parser.add_argument("--customers", type=int, default=6_000, help="of each of these")
    parser.add_argument("--found", type=Path, default=FOUND, help="kept; judged shops are read")
    parser.add_argument("--job-customers", type=int, default=6_000, help="of shops with a job")
    parser.add_argument("--job-seeds", type=int, nargs="+", default=[1, 2])
    main(parser.parse_args())
