"""ChurnModel: several candidates fitted to the same snapshots, one of which is trusted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin

from winback.errors import ModelError, NotEnoughDataError
from winback.estimators.churn.calibrators import CALIBRATIONS, Calibrator
from winback.estimators.churn.candidates import (
    CANDIDATES,
    SIMPLE_CANDIDATES,
    TREES,
    BetaGeoChurn,
    fit_candidates,
)
from winback.estimators.churn.candidates.boosted import with_trees
from winback.estimators.churn.candidates.candidate import (
    PurchaseModels,
    canonical,
    day_text,
    feature_columns,
    feature_matrix,
    snapshot_days,
    with_value,
)
from winback.estimators.churn.churn_card import churn_card
from winback.estimators.churn.churn_choice import ChurnChoice, ContestTerms, Judge
from winback.estimators.churn.churn_predictions import ChurnPredictions, typical_rows
from winback.estimators.churn.least import MIN_CUSTOMERS, MIN_PER_CLASS
from winback.estimators.purchase.beta_geo import BetaGeoModel
from winback.messages import Message

OF_CANDIDATES = ("horizon_days", "gap_days", "exclude", "random_state", "lightgbm")
AS_IT_COMES = ContestTerms()


class ChurnModel(ChurnPredictions, ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """P(no purchase in ``(as_of + gap_days, as_of + gap_days + horizon_days]``), calibrated.

    All candidates are fitted on all snapshots and kept. Which of them is trusted, and how each is
    calibrated, is for a judge to say who has seen how they foretell a past that they were not
    fitted on: `winback.evaluation.churn_contest.choose_churn` fits a model with one. Without a
    judge it is the last candidate that can be fitted, as it is.

    Parameters
    ----------
    horizon_days, gap_days
        The window of the label, in days.
    candidates
        Names out of `CANDIDATES`.
    contest
        By which terms they compete: calibration, economics of a contact, and the like.
    lightgbm
        Parameters of the trees by name, out of `TREES`; None: the defaults.
    exclude
        Numeric columns that are not features, besides `NOT_FEATURES`.
    random_state
        Seed of everything random.

    Attributes
    ----------
    selected_ : str
        The winner's name.
    candidates_ : dict of str to Candidate
        All candidates, fitted on all snapshots.
    calibrators_ : dict of str to Calibrator
        The calibrator of each candidate.
    calibration_ : str
        The winner's kind of calibration.
    evidence_ : DataFrame
        One row per candidate and snapshot, uncalibrated: n, base_rate, mean_predicted, brier,
        log_loss, auc, ece.
        Later snapshots never change an earlier row.
    contest_ : DataFrame
        One row per candidate: calibration; brier, log_loss, auc, ece (pooled, uncalibrated);
        base_rate_difference (of the Brier score, level included, to the base rate's, if that
        competes) with base_rate_low and base_rate_high; levelled_brier, its difference to the best
        with low and high; profit (per row, of the tenth contacted), its profit_difference to the
        highest among those that Brier cannot tell apart, with profit_low and profit_high; selected.
    evidence_note_ : Message
        How the evidence was made.
    level_shifts_ : dict of str to float
        Logarithm of what each candidate's hazard of a purchase is multiplied by, after
        calibration: P(no purchase) is raised to its exponential. None, unless
        `winback.evaluation.churn_forward.fit_churn` has seen the level move.
    base_rate_by_snapshot_ : DataFrame
        snapshot, n, churn_rate.
    base_rate_drift_ : dict
        How far the churn rate moves between snapshots, see `base_rate_drift`; empty without
        evidence.
    dropped_ : dict of str to Message
        Candidates that could not be fitted or did not compete, and why.
    typical_ : list of list of float
        Three made-up rows of features, for `input_example`.
    reasons_ : Message
        Why the winner won.
    feature_names_in_ : ndarray of str
        The features, in order.

    Examples
    --------
    >>> from winback.estimators.churn.churn_model import ChurnModel
    >>> rng = np.random.default_rng(0)
    >>> gone = rng.random(400) < 0.5
    >>> X = pd.DataFrame({
    ...     "customer_id": np.arange(400).astype(str), "as_of": "2024-01-01",
    ...     "frequency": 3.0, "recency": 60.0, "T": 100.0, "monetary_value": 20.0,
    ...     "days_since_last": 40.0, "overdue_ratio": 1.0 + 3.0 * gone + rng.random(400)})
    >>> model = ChurnModel(candidates=("base_rate", "recency_rule")).fit(X, gone)
    >>> model.selected_
    'recency_rule'
    >>> model.predict_frame(X.head(2)).columns.tolist()
    ['p_churn']
    """

    messages = ("reasons_", "evidence_note_", "dropped_")

    def __init__(
        self,
        horizon_days: int = 90,
        gap_days: int = 0,
        *,
        candidates: tuple[str, ...] = tuple(CANDIDATES),
        contest: ContestTerms = AS_IT_COMES,
        lightgbm: Mapping[str, Any] | None = None,
        exclude: tuple[str, ...] = (),
        random_state: int = 0,
    ) -> None:
        self.horizon_days = horizon_days
        self.gap_days = gap_days
        self.candidates = candidates
        self.contest = contest
        self.lightgbm = lightgbm
        self.exclude = exclude
        self.random_state = random_state

    @classmethod
    def current_params(cls, params: dict[str, Any]) -> dict[str, Any]:
        """Return parameters under today's names; before format 4 each term was one of its own."""
        terms, others = ContestTerms.of(params)
        return {"contest": terms, **with_trees(others)}

    def fit(
        self,
        X: pd.DataFrame,
        y: npt.ArrayLike,
        purchase_model: BetaGeoModel | None = None,
        purchase_models: PurchaseModels | None = None,
        value: npt.ArrayLike | None = None,
        judge: Judge | None = None,
    ) -> Self:
        """Fit every candidate on all snapshots, and take the one that the judge chooses.

        Parameters
        ----------
        X
            One row per customer and snapshot: `customer_id`, `as_of`, numeric features. Labels
            must be mature: the caller leaves out snapshots whose window has not closed.
        y
            Shape (n,): 1 = churned.
        purchase_model
            A BG/NBD model fitted in days on all that is known; the candidate `beta_geo` then
            stands for it. Otherwise one is fitted on the newest snapshot of `X`.
        purchase_models
            The like at each snapshot (snapshot to model), on all that was known then, so that the
            evidence for `beta_geo` is about what is deployed; it leaves the contest where a
            snapshot has none. BTYD features come from the model of a row's own snapshot, or the
            latest before. Not given: fitted on the training rows before each snapshot, which
            understates `beta_geo` where `X` holds active customers only.
        value
            Shape (n,): what is at stake in each row, as known at its snapshot, e.g. a customer's
            mean purchase; it weighs in the profit of acting on the score. None: 1 each.
        judge
            Chooses among the candidates, and calibrates them. None: the last that can be fitted.

        Raises
        ------
        NotEnoughDataError
            Fewer than `MIN_CUSTOMERS` customers, or `MIN_PER_CLASS` churned or retained rows.
        ModelError
            An unknown candidate or calibration.
        """
        self._check_parameters()
        X, labels = canonical(X if value is None else with_value(X, value), y)
        self._check_enough(X, labels)
        self.classes_ = np.array([0, 1], dtype=np.int64)
        self.feature_names_in_ = np.array(feature_columns(X, self.exclude), dtype=object)
        self.n_features_in_ = len(self.feature_names_in_)
        self.typical_ = typical_rows(feature_matrix(X, self.input_columns_))
        self._describe_base_rate(X, labels)

        names, self.dropped_ = self._contestants(X)
        self.candidates_, failed = fit_candidates(
            names,
            X,
            labels,
            self.settings_of_candidates(),
            purchase_model=purchase_model,
            purchase_models=purchase_models,
        )
        if judge is None:
            self.dropped_ |= failed
            choice = ChurnChoice.unjudged(list(self.candidates_))
        else:
            choice = judge(self, names, X, labels, purchase_models)
            self.dropped_ |= choice.failed | failed
        if choice.selected not in self.candidates_:
            raise NotEnoughDataError(
                Message("few.no_candidate"),
                got=Message.of_all(
                    Message("about", models=[name], said=why) for name, why in self.dropped_.items()
                ),
            )
        self._take(choice)
        return self

    def trust(self, name: str, reason: Message) -> Self:
        """Trust another of the fitted candidates than the judge chose, and say why first.

        Parameters
        ----------
        name
            One of `candidates_`.
        reason
            Why; what the judge said comes after it.
        """
        self.selected_, self.calibration_ = name, self.calibrators_[name].kind
        self.reasons_: Message = Message.of_all([reason, self.reasons_])
        return self

    def settings_of_candidates(self) -> dict[str, Any]:
        """Return the parameters that every candidate is made with."""
        return {name: getattr(self, name) for name in OF_CANDIDATES}

    @classmethod
    def from_purchase_model(
        cls,
        purchase_model: BetaGeoModel,
        *,
        horizon_days: int = 90,
        gap_days: int = 0,
        reason: Message | None = None,
    ) -> Self:
        """Return a fitted model that is P(no purchase in the window) of a BG/NBD model alone.

        For histories too short to be labelled. There is no evidence: its tables are empty, and
        `reasons_` says why.

        Parameters
        ----------
        purchase_model
            Fitted in days.
        horizon_days, gap_days
            The window, in days.
        reason
            Why nothing could be learned, for `reasons_`.
        """
        name = BetaGeoChurn.name
        model = cls(horizon_days, gap_days, candidates=(name,))
        model.classes_ = np.array([0, 1], dtype=np.int64)
        model.feature_names_in_ = np.array(BetaGeoModel.columns, dtype=object)
        model.n_features_in_ = len(model.feature_names_in_)
        model.typical_ = [[0.0, 0.0, 40.0], [3.0, 90.0, 120.0], [20.0, 300.0, 310.0]]
        model.candidates_ = {
            name: BetaGeoChurn.from_purchase_model(
                purchase_model, horizon_days=horizon_days, gap_days=gap_days
            )
        }
        model.base_rate_by_snapshot_, model.dropped_ = pd.DataFrame(), {}
        reason = reason or Message("churn.no_labels")
        because = Message("churn.without_labels", model=name, why=reason)
        model._take(ChurnChoice(name, because, Message("evidence.none", why=reason)))
        return model

    def _html_repr(self) -> str:
        """Return a card for a notebook; before the fit, scikit-learn's own diagram."""
        if not hasattr(self, "selected_"):
            return str(super()._html_repr())
        return churn_card(self)

    def _check_parameters(self) -> None:
        unknown = [name for name in self.candidates if name not in CANDIDATES]
        if unknown or not self.candidates:
            raise ModelError(
                "unknown churn candidate",
                where="candidates",
                got=", ".join(unknown) or "none",
                allowed=", ".join(CANDIDATES),
            )
        if self.contest.calibration not in ("auto", *CALIBRATIONS):
            raise ModelError(
                "unknown calibration",
                where="calibration",
                got=self.contest.calibration,
                allowed=", ".join(("auto", *CALIBRATIONS)),
            )
        odd = [name for name in self.lightgbm or {} if name not in TREES]
        if odd:
            raise ModelError(
                "unknown parameter of the trees",
                where="lightgbm",
                got=", ".join(odd),
                allowed=", ".join(TREES),
            )

    def _check_enough(self, X: pd.DataFrame, y: npt.NDArray[np.int64]) -> None:
        customers = int(X["customer_id"].nunique())
        churned, retained = int(y.sum()), int(len(y) - y.sum())
        if customers < MIN_CUSTOMERS or min(churned, retained) < MIN_PER_CLASS:
            raise NotEnoughDataError(
                Message("few.churn"),
                got=Message("few.churn_rows", n=customers, churned=churned, retained=retained),
                allowed=Message("few.churn_least", n=MIN_CUSTOMERS, rows=MIN_PER_CLASS),
                hint="give more history, more snapshots, or a horizon in which both happen",
            )

    def _describe_base_rate(self, X: pd.DataFrame, y: npt.NDArray[np.int64]) -> None:
        days = snapshot_days(X)
        table = pd.DataFrame({"snapshot": days, "y": y}).groupby("snapshot")["y"]
        described = table.agg(n="size", churn_rate="mean").reset_index()
        described["snapshot"] = [day_text(day) for day in described["snapshot"]]
        self.base_rate_by_snapshot_ = described

    def _contestants(self, X: pd.DataFrame) -> tuple[list[str], dict[str, Message]]:
        customers, least = int(X["customer_id"].nunique()), self.contest.min_customers
        if customers >= least:
            return list(self.candidates), {}
        reason = Message("churn.needs", least=least, n=customers)
        names = [name for name in self.candidates if name in SIMPLE_CANDIDATES]
        return names, {name: reason for name in self.candidates if name not in names}

    def _take(self, choice: ChurnChoice) -> None:
        """Take over what a judge has found."""
        self.selected_, self.reasons_ = choice.selected, choice.reason
        self.evidence_, self.evidence_note_ = choice.evidence, choice.note
        self.contest_, self.base_rate_drift_ = choice.table, choice.drift
        # a candidate without evidence is still shown, as it is
        self.calibrators_ = dict.fromkeys(self.candidates_, Calibrator()) | choice.calibrators
        self.calibration_ = self.calibrators_[self.selected_].kind
        self.level_shifts_: dict[str, float] = {}
