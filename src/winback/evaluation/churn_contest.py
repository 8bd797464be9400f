"""The churn contest: who foretells unseen snapshots better than the base rate, and ranks best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from winback.estimators.churn.calibrators import choose_calibration, fit_calibrator
from winback.estimators.churn.candidates import BaseRate
from winback.estimators.churn.candidates.candidate import PurchaseModels
from winback.estimators.churn.churn_choice import ChurnChoice, ContestTerms
from winback.estimators.churn.churn_model import ChurnModel
from winback.estimators.churn.churn_profit import contact_profit
from winback.estimators.purchase.beta_geo import BetaGeoModel
from winback.evaluation.base_rate_drift import base_rate_drift
from winback.evaluation.churn_evidence import (
    Evidence,
    Indices,
    evidence_frame,
    gather,
    levelled,
    measure,
    paired_intervals,
)
from winback.messages import Message


def choose_churn(
    model: ChurnModel,
    X: pd.DataFrame,
    y: npt.ArrayLike,
    purchase_model: BetaGeoModel | None = None,
    purchase_models: PurchaseModels | None = None,
    value: npt.ArrayLike | None = None,
) -> ChurnModel:
    """Fit a churn model, and choose among its candidates by what they foretell of the past.

    Candidates predict snapshots that lie after everything they were fitted on. Who cannot be told
    apart from the base rate is out. Of the others the best Brier score wins, once each snapshot's
    level is repaired for all alike (`churn_evidence.levelled`), unless another that cannot be told
    apart from it earns significantly more when acted on (`hold_contest` has the rule). Each
    candidate is calibrated as the evidence over disjoint windows supports (`choose_calibration`),
    which is often not at all.

    Parameters
    ----------
    model : ChurnModel
        Its ``candidates`` compete, by the terms of its ``contest``.
    X, y, purchase_model, purchase_models, value
        As of `ChurnModel.fit`.

    Returns
    -------
    ChurnModel
        The same one, fitted.

    Raises
    ------
    NotEnoughDataError, ModelError
        As `ChurnModel.fit` does; also where no candidate could be judged.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> gone = rng.random(400) < 0.5
    >>> X = pd.DataFrame({
    ...     "customer_id": np.arange(400).astype(str), "as_of": "2024-01-01",
    ...     "frequency": 3.0, "recency": 60.0, "T": 100.0, "monetary_value": 20.0,
    ...     "days_since_last": 40.0, "overdue_ratio": 1.0 + 3.0 * gone + rng.random(400)})
    >>> choose_churn(ChurnModel(candidates=("base_rate", "recency_rule")), X, gone).selected_
    'recency_rule'
    """
    return model.fit(X, y, purchase_model, purchase_models, value, judge=_judge)


def _judge(
    model: ChurnModel,
    names: Sequence[str],
    X: pd.DataFrame,
    y: Indices,
    purchase_models: PurchaseModels | None,
) -> ChurnChoice:
    settings = model.settings_of_candidates()
    evidence = gather(names, X, y, settings, purchase_models)
    contestants = [name for name in model.candidates_ if name in evidence.predictions]
    if not contestants:
        return ChurnChoice("", evidence.note, evidence.note, failed=evidence.failed)
    choice = hold_contest(
        evidence,
        contestants,
        model.contest,
        horizon_days=model.horizon_days,
        random_state=model.random_state,
    )
    table = evidence_frame(evidence)
    own = table[table["candidate"] == choice.selected]
    missed = (own["mean_predicted"] - own["base_rate"]).to_numpy(dtype=np.float64)
    drift = base_rate_drift(
        model.base_rate_by_snapshot_,
        missed if evidence.forward else missed[:0],
        model.gap_days + model.horizon_days,
    )
    return replace(
        choice,
        reason=Message.of_all([choice.reason, drift["message"]]),
        evidence=table,
        drift=drift,
        failed=evidence.failed,
    )


def hold_contest(
    evidence: Evidence,
    names: Sequence[str],
    terms: ContestTerms,
    *,
    horizon_days: int,
    random_state: int,
) -> ChurnChoice:
    """Choose by Brier score, and by profit among those that Brier cannot tell apart.

    The rule, the same for all data:

    1. Who is not told apart from the base rate is out: by the Brier score of what was foretold,
       level included, whose paired 95% interval has to lie below 0. If that is everybody, the base
       rate is chosen: there is nothing to rank by.
    2. Each snapshot's level is repaired for all alike (`levelled`), and the best Brier score
       sought. A candidate is level with it if the 95% interval of the paired difference holds 0.
    3. Among those, the best tenth of each snapshot by expected profit is contacted
       (`contact_profit`), and what that earned is compared with the one that earned most. A
       candidate that earned significantly less (95%, paired) is out. Of those who left, only who
       had not gone already could be kept, by what was known then, the same for all candidates.
    4. The best Brier score of the rest is chosen; of equal ones, the simplest.

    Not the simplest of all that are level: little evidence tells few apart, and the simplest of
    them is then often a poor one. On 48 samples of 150 to 2,000 customers of CDNOW and Online
    Retail, the simplest was significantly worse than a baseline 9 times in AUC and 12 times in
    Brier score, the best 2 and 6 times.

    Parameters
    ----------
    evidence
        Out-of-sample predictions.
    names
        The contestants, simplest first.
    terms
        How they are calibrated, and what a contact costs and brings.
    horizon_days
        Length of the label window.
    random_state
        Of the customer bootstrap.
    """
    y, money = evidence.y, terms.economics
    value = np.ones(len(y)) if evidence.value is None else evidence.value
    calibrators, records, losses, earned, foretold = {}, [], {}, {}, {}
    for name in names:
        p, kind = evidence.predictions[name], terms.calibration
        if kind == "auto":
            kind = choose_calibration(p, y, evidence.snapshot, horizon_days=horizon_days)[0]
        calibrators[name] = fit_calibrator(kind, p, y)
        repaired = levelled(evidence, p, random_state)
        foretold[name] = (p - y) ** 2
        losses[name] = (repaired - y) ** 2
        earned[name] = contact_profit(
            repaired, y, value, evidence.snapshot, money, keepable=evidence.keepable
        )
        record = {"candidate": name, "calibration": kind} | measure(y, p)
        record |= {"levelled_brier": float(losses[name].mean())}
        records.append(record | {"profit": float(earned[name].mean())})
    table = pd.DataFrame.from_records(records).set_index("candidate")
    draws = {"n_bootstrap": terms.n_bootstrap, "random_state": random_state}
    able = pd.Series(data=True, index=table.index)
    if BaseRate.name in table.index:
        over = paired_intervals(pd.DataFrame(foretold), evidence.customer, BaseRate.name, **draws)
        table = table.join(over.add_prefix("base_rate_"))
        able = over["high"] < 0.0
        if not able.any():
            able = pd.Series(table.index == BaseRate.name, index=table.index)
    best = str(table.loc[able, "levelled_brier"].idxmin())
    by_brier = paired_intervals(pd.DataFrame(losses), evidence.customer, best, **draws)
    table = table.join(by_brier)
    level = able & (table["low"] <= 0.0)
    richest = str(table.loc[level, "profit"].idxmax())
    by_profit = paired_intervals(pd.DataFrame(earned), evidence.customer, richest, **draws)
    table = table.join(by_profit.add_prefix("profit_"))
    poorer = level & (table["profit_high"] < 0.0)
    # of equal ones the simplest, whatever the last bits of a float say
    selected = str(table.loc[level & ~poorer, "levelled_brier"].round(12).idxmin())
    table["selected"] = table.index == selected
    ranked = selected != BaseRate.name
    said = _explain(table, selected, best, len(y)) if ranked else _nothing_to_rank(table, len(y))
    reasons = [said]
    if poorer.any():
        reasons.append(Message("churn.earn_less", models=list(table.index[poorer])))
    reasons.append(Message("churn.calibration", kind=calibrators[selected].kind))
    reason = Message.of_all(reasons)
    return ChurnChoice(selected, reason, evidence.note, table.reset_index(), calibrators)


def _nothing_to_rank(table: pd.DataFrame, rows: int) -> Message:
    """Say that the base rate is chosen, and how near to it the best of the others came."""
    name, rival = BaseRate.name, Message("churn.no_other")
    others = table["base_rate_difference"].drop(index=name)
    if len(others):
        nearest = table.loc[str(others.idxmin())]
        rival = Message(
            "churn.not_beaten",
            model=str(nearest.name),
            brier=nearest["brier"],
            low=nearest["base_rate_low"],
            high=nearest["base_rate_high"],
        )
    return Message("churn.base_rate", brier=table.loc[name, "brier"], n=rows, rival=rival)


def _explain(table: pd.DataFrame, selected: str, best: str, rows: int) -> Message:
    briers, won = table["levelled_brier"], table.loc[selected]
    others = briers.drop(index=[selected, best], errors="ignore")
    alike = [str(name) for name in table.index[table["low"] <= 0.0] if name not in {selected, best}]
    return Message(
        "churn.chosen",
        model=selected,
        brier=briers[selected],
        n=rows,
        best=""
        if selected == best
        else Message(
            "churn.level_with", model=best, brier=briers[best], low=won["low"], high=won["high"]
        ),
        rival=Message("churn.against", model=others.idxmin(), brier=others.min())
        if len(others)
        else "",
        alike=Message("churn.not_told_apart", models=alike) if alike else "",
    )
