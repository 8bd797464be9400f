# ruff: noqa: INP001 - a script beside what it writes, no package
"""Ten weekly win-back lists on a made-up shop that heeds them, each set beside the truth.

The shop goes on as it was drawn; whom a list persuades orders once more, whom it annoys orders
nothing for a horizon, and the next lists see that. The value models, the uplift model and the list
are winback's own, fitted anew each week to what is known then.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa

from winback.config import load_job
from winback.data.arms import TREATED
from winback.data.connect import open_engine
from winback.data.intake import read_transactions
from winback.data.policy import IntakePolicy
from winback.data.simulate import ShopParameters, Truth, read_truth, simulate
from winback.data.simulate.campaign_waves import response
from winback.economics import Economics
from winback.estimators.spend.gamma_gamma import GammaGammaModel
from winback.estimators.uplift.uplift_model import UpliftModel
from winback.evaluation.past import Past
from winback.features.past_campaigns import campaign_table
from winback.lists.control import draw_arms, in_holdout
from winback.lists.eligibility import ineligible
from winback.lists.memory import Memory
from winback.lists.origin import Origin
from winback.lists.playbook.playbook_rules import NO_OFFER
from winback.lists.terms import Eligibility, Tables, WinBackTerms
from winback.lists.win_back import WinBack, win_back
from winback.workflows.simulate import AFTER_DAYS, JOB, job_text

WEEKS, HORIZON_DAYS, VALUE_DAYS = 10, 28, 365
MARGIN, COST, PRIOR, CAPACITY = 0.4, 0.5, 0.03, 0.01
LIST, RANDOM, RECENCY, VALUE, TRUTH = (
    "the list",
    "random",
    "most recent",
    "highest CLV",
    "the truth known",
)
GROUP = "acquisition_channel"
ORIGIN = Origin("weekly")
ELIGIBLE = Eligibility((0, 730), 180, cooldown_days=90)
_SOON: dict[str, Any] = {"response_days": HORIZON_DAYS}
_ALIKE: dict[str, Any] = {"channel_uplift": (0.06,) * 4, "spend_uplift": 0.0}
KINDS = {
    "differs by channel and spend": ShopParameters(**_SOON),
    "the same, without season and drift": ShopParameters(season=False, drift=False, **_SOON),
    "the same, without earlier campaigns": ShopParameters(campaigns=(), **_SOON),
    "works alike on all": ShopParameters(**_SOON, **_ALIKE),
    "hardly works": ShopParameters(
        channel_uplift=(0.01, 0.03, 0.02, -0.03), spend_uplift=0.01, **_SOON
    ),
}


@dataclass
class Shop:
    """A shop that goes on, and what lists have changed in it.

    Parameters
    ----------
    orders
        ``customer_id``, ``timestamp``, ``amount``: every accepted row, to the last day.
    customers, contacts
        As a job reads them.
    truth
        What is true.
    first
        The day of the first list.
    lists
        Both arms of the lists so far.
    """

    orders: pd.DataFrame
    customers: pd.DataFrame
    contacts: pd.DataFrame
    truth: Truth
    first: date
    lists: list[pd.DataFrame] = field(default_factory=list)

    def past(self, day: date) -> Past:
        """Return what is known at the end of a day."""
        known = self.orders[self.orders["timestamp"] < pd.Timestamp(day + timedelta(days=1))]
        policy = IntakePolicy(refunds="by_day")
        return Past(read_transactions(known, as_of=day, policy=policy, engine=open_engine()), day)

    @cached_property
    def capacity(self) -> int:
        """How many are contacted a week."""
        return max(round(CAPACITY * len(self.customers)), 1)

    def heed(self, day: date, treated: pd.Series, rng: np.random.Generator) -> None:
        """Let a list's contacts work."""
        true = self.truth.customers.set_index("customer_id").loc[treated]
        day_after, until = (pd.Timestamp(day + timedelta(days=n)) for n in (1, HORIZON_DAYS + 1))
        works = response(
            true["uplift"].to_numpy(),
            complained=(pd.to_datetime(true["complained_at"]) < day_after).to_numpy(),
            gone=(pd.to_datetime(true["dropped_out_at"]) < day_after).to_numpy(),
            parameters=self.truth.parameters,
        )
        luck, when = rng.random((2, len(true)))
        within = self.orders["timestamp"].between(day_after, until, inclusive="left")
        ordering = self.orders.loc[within & (self.orders["amount"] > 0), "customer_id"]
        annoyed = true.index[luck < -works]
        persuaded = (luck < works) & ~true.index.isin(ordering)
        more = pd.DataFrame(
            {
                "customer_id": true.index[persuaded],
                "timestamp": day_after + pd.to_timedelta(when[persuaded] * HORIZON_DAYS, unit="D"),
                "amount": true["mean_spend"].to_numpy()[persuaded],
            }
        )
        kept = self.orders[~(within & self.orders["customer_id"].isin(annoyed))]
        self.orders = pd.concat([kept, more], ignore_index=True)


def make_shop(folder: Path, parameters: ShopParameters, *, customers: int, seed: int) -> Shop:
    """Draw a shop and read it as its job does."""
    made = simulate(folder, customers=customers, seed=seed, parameters=parameters)
    (folder / JOB).write_text(job_text("", made.last_day), encoding="utf-8")
    settings = load_job(folder / JOB).job.data.transactions
    accepted = read_transactions(
        folder / "transactions.parquet",
        columns=settings.columns,
        as_of=made.last_day,
        policy=IntakePolicy(timezone="Europe/Berlin", currency="EUR", refunds="by_order"),
    ).table
    orders = accepted.select("customer_id", timestamp="day", amount="amount")
    people = pd.read_parquet(folder / "customers.parquet")
    people = people.rename(
        columns={
            "buyer": "customer_id",
            "won_by": GROUP,
            "no_ads": "opt_out",
            "reachable_by": "contactable_channels",
        }
    )
    people["opt_out"] = people["opt_out"] == "yes"
    sent = pd.read_parquet(folder / "contacts.parquet")
    sent = sent.rename(
        columns={
            "buyer": "customer_id",
            "sent_at": "timestamp",
            "mailing": "list_id",
            "test_group": "arm",
        }
    )[["customer_id", "timestamp", "list_id", "arm"]]
    frame = orders.to_pyarrow().to_pandas()
    frame["timestamp"] = pd.to_datetime(frame["timestamp"])
    first = made.last_day - timedelta(days=AFTER_DAYS)
    return Shop(frame, people, sent, read_truth(folder), first)


def scored(past: Past) -> pd.DataFrame:
    """Score everybody by BG/NBD and Gamma-Gamma."""
    rows = past.behaviour(HORIZON_DAYS).select(
        "customer_id",
        *("frequency", "recency", "T", "monetary_value", "days_since_last", "basket_amount"),
    )
    frame = rows.order_by("customer_id").to_pyarrow().to_pandas()
    model, spend = past.purchase_model(), GammaGammaModel().fit(frame)
    frame["p_alive"] = model.p_alive(frame)
    frame["p_repurchase"] = model.p_purchase(frame, HORIZON_DAYS)
    frame["expected_purchases"] = model.expected_purchases(frame, VALUE_DAYS)
    frame["expected_spend"] = spend.expected_spend(frame)
    frame["clv"] = MARGIN * frame["expected_purchases"] * frame["expected_spend"]
    return frame.assign(tier="core", as_of=past.as_of)


def learned(shop: Shop, past: Past) -> UpliftModel | None:
    """Learn from the earlier campaigns and from the lists whose horizon is over."""
    own = [rows.assign(timestamp=rows["as_of"], list_id=rows["list_id"]) for rows in shop.lists]
    columns = ["customer_id", "timestamp", "list_id", "arm"]
    sent = pd.concat([shop.contacts, *own], ignore_index=True)[columns]
    sent = sent[pd.to_datetime(sent["timestamp"]) <= pd.Timestamp(past.as_of)]
    if sent.empty:
        return None
    sent["day"] = pd.to_datetime(sent["timestamp"]).dt.date
    table = campaign_table(
        ibis.memtable(pa.Table.from_pandas(sent.drop(columns="timestamp"), preserve_index=False)),
        past.transactions.table,
        past.as_of,
        horizon_days=HORIZON_DAYS,
        count_zero=False,
    )
    if table is None:
        return None
    rows = table.order_by(["campaign", "customer_id"]).to_pyarrow().to_pandas()
    channel = shop.customers.set_index("customer_id")[GROUP]
    return UpliftModel(prior=PRIOR).fit(
        rows.assign(**{GROUP: rows["customer_id"].map(channel)}),
        rows["returned"],
        rows["treated"],
        campaign=rows["campaign"],
        customer=rows["customer_id"],
        day=pd.to_datetime(rows["day"]),
    )


def listed(shop: Shop, past: Past, scores: pd.DataFrame) -> WinBack:
    """Make the list of a week."""
    channel = shop.customers.set_index("customer_id")[GROUP]
    covariates = scores[["customer_id", "days_since_last", "basket_amount"]]
    terms = WinBackTerms(
        Economics(contact_cost=COST, margin=MARGIN, uplift_prior=PRIOR),
        budget=COST * shop.capacity * 1.01,
        capacity=shop.capacity,
        offer=NO_OFFER,
        eligibility=ELIGIBLE,
        horizon_days=HORIZON_DAYS,
    )
    return win_back(
        scores,
        as_of=past.as_of,
        terms=terms,
        tables=Tables(
            customers=shop.customers,
            contacts=shop.contacts,
            covariates=covariates.assign(**{GROUP: covariates["customer_id"].map(channel)}),
        ),
        memory=Memory(win_backs=pd.concat(shop.lists) if shop.lists else None),
        uplift=learned(shop, past),
        origin=ORIGIN,
    )


def others_choose(
    shop: Shop, day: date, worth: pd.Series, done: dict[str, set[str]], rng: np.random.Generator
) -> dict[str, pd.Index]:
    """Let the other policies fill the week's places, each from whom it has not contacted yet."""
    past = shop.past(day)
    rows = past.rfm().order_by("customer_id").to_pyarrow().to_pandas()
    rows["days_since_last"] = rows["T"] - rows["recency"]
    why = ineligible(
        rows,
        as_of=day,
        rules=ELIGIBLE,
        channels=["email"],
        tables=Tables(customers=shop.customers),
        contacts=shop.contacts,
        held_out=in_holdout(rows["customer_id"], share=0.02, salt=ORIGIN.salt),
    )
    arm = draw_arms(
        rows["customer_id"],
        experiment_id=ORIGIN.experiment,
        control_share=0.2,
        salt=ORIGIN.salt,
    )
    orders = past.purchase_model().expected_purchases(rows, VALUE_DAYS)
    rows["clv"] = orders * GammaGammaModel().fit(rows).expected_spend(rows)
    pool = rows[why.isna() & (arm == TREATED)].set_index("customer_id")
    order = {
        RANDOM: pd.Series(rng.random(len(pool)), pool.index),
        RECENCY: -pool["days_since_last"],
        VALUE: pool["clv"],
        TRUTH: worth.reindex(pool.index),
    }
    chosen = {}
    for policy, by in order.items():
        left = by[~by.index.isin(done[policy])].sort_values(ascending=False, kind="stable")
        if policy == TRUTH:
            left = left[left > 0]
        chosen[policy] = left.head(shop.capacity).index
    return chosen


def weekly(kind: str, seed: int, customers: int) -> list[dict[str, Any]]:
    """Make ten lists on one shop, and say what each would bring, beside the other ways to choose.

    Returns
    -------
    list of dict
        A row a list and policy: ``kind, seed, week, policy, contacts, margin`` (the true
        incremental margin, costs deducted) and, of the list, ``best`` (the most that as many
        contacts could have brought among those whom it could choose from that day).
    """
    rng = np.random.default_rng(seed)
    with tempfile.TemporaryDirectory() as name:
        shop = make_shop(Path(name), KINDS[kind], customers=customers, seed=seed)
    # the others act in shops of their own, where nobody is contacted twice in the ten weeks
    others = replace(shop, lists=[])
    done: dict[str, set[str]] = {name: set() for name in (RANDOM, RECENCY, VALUE, TRUTH)}
    rows = []
    for week in range(WEEKS):
        day = shop.first + timedelta(days=7 * week)
        worth = shop.truth.at(day, HORIZON_DAYS, margin=MARGIN, contact_cost=COST)
        worth = worth.set_index("customer_id")["incremental_margin"]
        past = shop.past(day)
        made = listed(shop, past, scored(past))
        treated = made.treated["customer_id"]
        able = made.excluded.loc[made.excluded["arm"] == "treated", "customer_id"]
        pool = worth.reindex(pd.concat([treated, able])).sort_values(ascending=False)
        row = {"kind": kind, "seed": seed, "week": week + 1}
        best = pool.head(shop.capacity).clip(lower=0.0).sum()
        mine = {"contacts": len(treated), "margin": worth.reindex(treated).sum(), "best": best}
        rows.append(row | {"policy": LIST} | mine)
        for policy, chosen in others_choose(others, day, worth, done, rng).items():
            margin = float(worth.reindex(chosen).sum())
            rows.append(row | {"policy": policy, "contacts": len(chosen), "margin": margin})
            done[policy].update(chosen)
        both = pd.concat([made.treated, made.control])
        shop.lists.append(both.assign(as_of=pd.Timestamp(day)))
        shop.heed(day, treated, rng)
    return rows
