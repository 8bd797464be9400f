"""What a model is fit for: to rank customers, or for less; and what is missing.

A score that cannot be told apart from chance must not order a list, however fine its decimals look.
Each model is stated once, from forecasts of days that it had not seen; whoever uses the model reads
the statement. Where a churn score is not fit, how overdue a customer is by their own rhythm, times
their value, may still order a list: that is arithmetic on what was seen, and no forecast.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from winback.confidence import Z
from winback.estimators.churn.least import BASE_RATE
from winback.estimators.churn.least import MIN_CUSTOMERS as CHURN_CUSTOMERS
from winback.evaluation.windows import MIN_CUSTOMERS
from winback.messages import Message

if TYPE_CHECKING:
    import pandas as pd


class Fit(StrEnum):
    """What a model may be used for."""

    RANKING = "ranking"
    """Its scores order customers."""
    FALLBACK = "fallback"
    """They do not; what was seen of customers orders them: overdue x value, or past spend."""
    NOTHING = "nothing"
    """Neither: too little was seen."""


@dataclass(frozen=True)
class Fitness:
    """The statement about one model.

    Parameters
    ----------
    role
        ``churn`` or ``value``.
    fit
        What it may be used for.
    why
        The evidence, or what is missing, with its numbers.
    needs_days, needs_customers
        So many more days of history, or so many customers in all, until a score could be told
        apart from chance; None where nothing is known to be missing, or where more of the same
        would not help.

    Examples
    --------
    >>> fitness = Fitness("churn", Fit.FALLBACK, Message("fitness.constant"))
    >>> fitness.ranks, Fitness.of(fitness.as_record()) == fitness
    (False, True)
    >>> print(fitness.message)
    the churn score is not fit for ranking, so that warnings are ordered by how overdue a customer
    is, times value: it gives every customer the same risk
    """

    role: str
    fit: Fit
    why: Message
    needs_days: int | None = None
    needs_customers: int | None = None

    @property
    def ranks(self) -> bool:
        """Whether its scores may order customers."""
        return self.fit is Fit.RANKING

    @property
    def message(self) -> Message:
        """The statement in a sentence, with the evidence."""
        if self.role == "value":
            if self.ranks:
                return Message("fitness.value.ranks", why=self.why)
            return Message("fitness.value.fallback", why=self.why)
        if self.ranks:
            return Message("fitness.churn.ranks", why=self.why)
        if self.fit is Fit.FALLBACK:
            return Message("fitness.churn.fallback", why=self.why)
        return Message("fitness.churn.nothing", why=self.why)

    def as_record(self) -> dict[str, Any]:
        """Return the statement as plain data, to be kept with the model."""
        return {
            "role": self.role,
            "fit": self.fit.value,
            "why": self.why.as_record(),
            "needs_days": self.needs_days,
            "needs_customers": self.needs_customers,
        }

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Fitness:
        """Return the statement that was kept."""
        return cls(
            str(record["role"]),
            Fit(record["fit"]),
            Message.of(record["why"]),
            record.get("needs_days"),
            record.get("needs_customers"),
        )


@dataclass(frozen=True)
class History:
    """What there is to judge by.

    Parameters
    ----------
    history_days
        Days from the first purchase to the last day that is known.
    needed_days
        Days that a tested score takes.
    repeat_customers
        Customers who bought on two days or more: they have a rhythm.
    """

    history_days: int
    needed_days: int
    repeat_customers: int

    @property
    def lacks_days(self) -> int | None:
        """How many more days it takes; None where there are enough."""
        lacking = self.needed_days - self.history_days
        return lacking if lacking > 0 else None


def beforehand(customers: int, history: History) -> Message:
    """Say what a history can support, before anything is fitted on it.

    Parameters
    ----------
    customers
        How many there are.
    history
        How much history there is; ``needed_days`` of a tested churn score.

    Examples
    --------
    >>> print(beforehand(700, History(history_days=35, needed_days=240, repeat_customers=90)))
    35 days of history and 90 customers who came back: enough to warn by how overdue customers are,
    not for a tested churn score, which takes 205 more days
    """
    days, repeat = history.history_days, history.repeat_customers
    if repeat < MIN_CUSTOMERS:
        return Message("support.no_rhythm", days=days, repeat=repeat, least=MIN_CUSTOMERS)
    if history.lacks_days is not None:
        return Message("support.days", days=days, repeat=repeat, more=history.lacks_days)
    if customers < CHURN_CUSTOMERS:
        return Message("support.customers", days=days, n=customers, least=CHURN_CUSTOMERS)
    return Message("support.all", days=days, repeat=repeat)


def churn_fitness(
    selected: str,
    records: Sequence[Mapping[str, Any]],
    evidence: pd.DataFrame,
    history: History,
) -> Fitness:
    """State what a churn score is fit for.

    It ranks if its AUC on days that it had not seen is above that of no order at all, 1/2, by more
    than chance gives: under no order AUC has the variance (n + 1) / (12 n1 n0) exactly, n1 left
    and n0 stayed (Mann and Whitney 1947, doi:10.1214/aoms/1177730491, of U = AUC n1 n0).

    Parameters
    ----------
    selected
        The candidate in use.
    records
        Backtest records: ``target, model, chosen, n, auc, base_rate``. That of the candidate
        counts; where there is none, that of the one that was chosen then.
    evidence
        `ChurnModel.evidence_`, for where nothing was tested.
    history
        How much history there is.

    Examples
    --------
    >>> history = History(history_days=400, needed_days=240, repeat_customers=300)
    >>> tested = {"target": "churn", "model": "logistic", "n": 500, "auc": 0.7, "base_rate": 0.6}
    >>> import pandas as pd
    >>> churn_fitness("logistic", [tested], pd.DataFrame(), history).fit.value
    'ranking'
    >>> by_chance = churn_fitness("logistic", [{**tested, "auc": 0.52}], pd.DataFrame(), history)
    >>> by_chance.fit.value, by_chance.needs_customers
    ('fallback', 3342)
    """
    if selected == BASE_RATE:
        return _unranked("churn", Message("fitness.constant"), history)
    tested = _tested(records, "churn", selected) or _pooled(evidence, selected)
    auc, n = tested.get("auc"), int(tested.get("n") or 0)
    left = n * float(tested.get("base_rate") or 0)
    if auc is None or math.isnan(auc) or not 0 < left < n:
        return _unranked("churn", Message("fitness.untested"), history)
    spread = math.sqrt((n + 1) / (12 * left * (n - left)))
    return _judged("churn", float(auc) - 0.5, spread, n, history)


def value_fitness(selected: str, records: Sequence[Mapping[str, Any]], history: History) -> Fitness:
    """State what a value model is fit for.

    It ranks if the rank correlation (Spearman) of what it foretold with what happened is above 0 by
    more than chance gives: without any relation its variance is 1 / (n - 1) exactly (Kendall and
    Gibbons 1990, section 4.15). Of revenue, or of purchases where there are no amounts.

    Parameters
    ----------
    selected, records, history
        As of `churn_fitness`; the records hold ``spearman``.

    Examples
    --------
    >>> history = History(history_days=400, needed_days=14, repeat_customers=300)
    >>> tested = {"target": "revenue", "model": "rate+own_mean", "n": 500, "spearman": 0.4}
    >>> value_fitness("rate+own_mean", [tested], history).ranks
    True
    """
    tested = _tested(records, "revenue", selected) or _tested(records, "purchases", selected)
    rank, n = tested.get("spearman"), int(tested.get("n") or 0)
    if rank is None or math.isnan(rank) or n < MIN_CUSTOMERS:
        return _unranked("value", Message("fitness.untested"), history)
    return _judged("value", float(rank), 1 / math.sqrt(n - 1), n, history)


def _judged(role: str, above: float, spread: float, n: int, history: History) -> Fitness:
    """Tell a measure apart from chance, or say how many customers it would take."""
    within = Z * spread
    if above > within:
        why = Message("fitness.ranks", above=above, within=within, n=n)
        return Fitness(role, Fit.RANKING, why)
    needed = math.ceil(n * (within / above) ** 2) if above > 0 else None
    why = Message("fitness.chance", above=above, within=within, n=n)
    return _unranked(role, why, history, needs_customers=needed)


def _unranked(
    role: str, why: Message, history: History, *, needs_customers: int | None = None
) -> Fitness:
    """State that scores order nobody, what is missing, and whether what was seen may."""
    said = [why]
    if history.lacks_days is not None:
        more = history.lacks_days
        said.append(Message("fitness.needs_days", days=history.history_days, more=more))
    elif needs_customers is not None:
        said.append(Message("fitness.needs_customers", n=needs_customers))
    fit = Fit.FALLBACK
    if role == "churn" and history.repeat_customers < MIN_CUSTOMERS:
        fit = Fit.NOTHING
        said.append(Message("fitness.no_rhythm", n=history.repeat_customers, least=MIN_CUSTOMERS))
    return Fitness(role, fit, Message.of_all(said), history.lacks_days, needs_customers)


def _tested(records: Sequence[Mapping[str, Any]], target: str, selected: str) -> Mapping[str, Any]:
    """Return the record of a model, or of the one that was chosen when it was tested."""
    mine = [record for record in records if record["target"] == target]
    named = [record for record in mine if record["model"] == selected]
    chosen = [record for record in mine if record.get("chosen")]
    return next(iter([*named, *chosen]), {})


def _pooled(evidence: pd.DataFrame, selected: str) -> Mapping[str, Any]:
    """Return how a candidate did on past snapshots: the mean, with the customers of the largest.

    The same customers stand in several snapshots: together they prove no more than one would.
    """
    if evidence.empty:
        return {}
    mine = evidence[evidence["candidate"] == selected].dropna(subset=["auc"])
    if mine.empty:
        return {}
    weights = mine["n"] / mine["n"].sum()
    means = {name: float((mine[name] * weights).sum()) for name in ("auc", "base_rate")}
    return {**means, "n": int(mine["n"].max())}
