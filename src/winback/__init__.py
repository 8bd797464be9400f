"""What each customer is worth, who is about to leave, and whom it pays to win back.

Everything an analyst needs is here; each name is imported when it is first used.

Examples
--------
>>> import winback as wb
>>> purchases = wb.read_transactions("sample:cdnow-tenth")
>>> rfm = wb.rfm_summary(purchases, as_of="1997-09-30", time_unit="W")
>>> model = wb.BetaGeoModel().fit(rfm)
>>> round(model.r_, 3), round(model.alpha_, 3), round(model.a_, 3), round(model.b_, 3)
(0.243, 4.414, 0.793, 2.426)
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from winback.config.loaded import load_job
    from winback.data.connect import open_engine, read_source
    from winback.data.intake import read_transactions
    from winback.data.policy import IntakePolicy
    from winback.data.simulate.shop import simulate
    from winback.economics import Economics
    from winback.errors import WinbackError
    from winback.estimators.churn.churn_choice import ContestTerms
    from winback.estimators.churn.churn_model import ChurnModel
    from winback.estimators.purchase.alive_history import p_alive_history
    from winback.estimators.purchase.beta_binomial import BetaGeoBetaBinomialModel
    from winback.estimators.purchase.beta_geo import BetaGeoModel
    from winback.estimators.purchase.expected_tracking import expected_tracking
    from winback.estimators.purchase.generate import generate_customers
    from winback.estimators.purchase.modified_beta_geo import ModifiedBetaGeoModel
    from winback.estimators.purchase.pareto_nbd import ParetoNBDModel
    from winback.estimators.purchase.pareto_nbd_covariates import ParetoNBDCovariatesModel
    from winback.estimators.purchase.regular_beta_geo import RegularBetaGeoModel
    from winback.estimators.spend.gamma_gamma import GammaGammaModel
    from winback.estimators.tiers.value_tiers import ValueTiers
    from winback.estimators.uplift.uplift_model import UpliftModel
    from winback.estimators.value.customer_value import CustomerValueModel
    from winback.estimators.value.learned_value import LearnedValueModel
    from winback.estimators.value.lifetime_value import customer_lifetime_value
    from winback.evaluation.backtest import BacktestSettings, run_backtest
    from winback.evaluation.churn_contest import choose_churn
    from winback.evaluation.churn_forward import ChurnSettings
    from winback.evaluation.contest import choose_value
    from winback.evaluation.gate import decide, evaluate_recipes
    from winback.evaluation.metrics import churn_metrics, value_metrics
    from winback.evaluation.past import Past
    from winback.evaluation.windows import Window
    from winback.features.behaviour import behaviour_table
    from winback.features.holdout import calibration_holdout
    from winback.features.rfm import rfm_summary
    from winback.features.snapshots import snapshot_dates, training_table
    from winback.lists.at_risk import select_at_risk
    from winback.lists.churn_warning import churn_warning
    from winback.lists.terms import Channel, Eligibility, Tables, WinBackTerms
    from winback.lists.warn_from import WarnFrom
    from winback.lists.warning_terms import Described, WarningTerms
    from winback.lists.win_back import win_back
    from winback.registry.aliases import promote, resolve, rollback
    from winback.registry.artifacts import recipe
    from winback.registry.browse import runs, version_scores, versions
    from winback.registry.load import load
    from winback.registry.runs import training_run
    from winback.registry.store import open_store
    from winback.reports import plot

    __version__: str
    from winback.scoring.view import Scores, read_scores
    from winback.workflows.explore import open_job

_HOME = {
    "BacktestSettings": "winback.evaluation.backtest",
    "BetaGeoBetaBinomialModel": "winback.estimators.purchase.beta_binomial",
    "ParetoNBDCovariatesModel": "winback.estimators.purchase.pareto_nbd_covariates",
    "RegularBetaGeoModel": "winback.estimators.purchase.regular_beta_geo",
    "BetaGeoModel": "winback.estimators.purchase.beta_geo",
    "Channel": "winback.lists.terms",
    "ChurnModel": "winback.estimators.churn.churn_model",
    "ChurnSettings": "winback.evaluation.churn_forward",
    "ContestTerms": "winback.estimators.churn.churn_choice",
    "CustomerValueModel": "winback.estimators.value.customer_value",
    "Described": "winback.lists.warning_terms",
    "Economics": "winback.economics",
    "Eligibility": "winback.lists.terms",
    "GammaGammaModel": "winback.estimators.spend.gamma_gamma",
    "LearnedValueModel": "winback.estimators.value.learned_value",
    "ModifiedBetaGeoModel": "winback.estimators.purchase.modified_beta_geo",
    "ParetoNBDModel": "winback.estimators.purchase.pareto_nbd",
    "Past": "winback.evaluation.past",
    "Scores": "winback.scoring.view",
    "Tables": "winback.lists.terms",
    "UpliftModel": "winback.estimators.uplift.uplift_model",
    "ValueTiers": "winback.estimators.tiers.value_tiers",
    "WarnFrom": "winback.lists.warn_from",
    "WarningTerms": "winback.lists.warning_terms",
    "WinBackTerms": "winback.lists.terms",
    "WinbackError": "winback.errors",
    "Window": "winback.evaluation.windows",
    "behaviour_table": "winback.features.behaviour",
    "calibration_holdout": "winback.features.holdout",
    "customer_lifetime_value": "winback.estimators.value.lifetime_value",
    "generate_customers": "winback.estimators.purchase.generate",
    "choose_churn": "winback.evaluation.churn_contest",
    "choose_value": "winback.evaluation.contest",
    "churn_metrics": "winback.evaluation.metrics",
    "churn_warning": "winback.lists.churn_warning",
    "decide": "winback.evaluation.gate",
    "evaluate_recipes": "winback.evaluation.gate",
    "expected_tracking": "winback.estimators.purchase.expected_tracking",
    "IntakePolicy": "winback.data.policy",
    "load": "winback.registry.load",
    "load_job": "winback.config.loaded",
    "open_engine": "winback.data.connect",
    "open_job": "winback.workflows.explore",
    "p_alive_history": "winback.estimators.purchase.alive_history",
    "open_store": "winback.registry.store",
    "promote": "winback.registry.aliases",
    "read_scores": "winback.scoring.view",
    "read_source": "winback.data.connect",
    "read_transactions": "winback.data.intake",
    "recipe": "winback.registry.artifacts",
    "resolve": "winback.registry.aliases",
    "rfm_summary": "winback.features.rfm",
    "rollback": "winback.registry.aliases",
    "run_backtest": "winback.evaluation.backtest",
    "runs": "winback.registry.browse",
    "select_at_risk": "winback.lists.at_risk",
    "simulate": "winback.data.simulate.shop",
    "snapshot_dates": "winback.features.snapshots",
    "training_run": "winback.registry.runs",
    "training_table": "winback.features.snapshots",
    "value_metrics": "winback.evaluation.metrics",
    "version_scores": "winback.registry.browse",
    "versions": "winback.registry.browse",
    "win_back": "winback.lists.win_back",
}
_MODULES = {"plot": "winback.reports.plot"}
__all__ = [  # noqa: RUF022  # grouped as a reader looks for them
    # from a file or a job
    "open_job",
    "load_job",
    "read_transactions",
    "IntakePolicy",
    "read_source",
    "open_engine",
    "simulate",
    # what customers did
    "rfm_summary",
    "calibration_holdout",
    "behaviour_table",
    "snapshot_dates",
    "training_table",
    # models
    "BetaGeoBetaBinomialModel",
    "BetaGeoModel",
    "ModifiedBetaGeoModel",
    "ParetoNBDModel",
    "ParetoNBDCovariatesModel",
    "RegularBetaGeoModel",
    "GammaGammaModel",
    "CustomerValueModel",
    "LearnedValueModel",
    "ChurnModel",
    "ContestTerms",
    "ValueTiers",
    "UpliftModel",
    "expected_tracking",
    "p_alive_history",
    "generate_customers",
    "customer_lifetime_value",
    # how good they are
    "Past",
    "Window",
    "ChurnSettings",
    "BacktestSettings",
    "choose_value",
    "choose_churn",
    "run_backtest",
    "value_metrics",
    "churn_metrics",
    "evaluate_recipes",
    "decide",
    # scores and lists
    "Scores",
    "read_scores",
    "select_at_risk",
    "churn_warning",
    "WarningTerms",
    "WarnFrom",
    "Described",
    "win_back",
    "WinBackTerms",
    "Channel",
    "Eligibility",
    "Tables",
    "Economics",
    # runs and models in MLflow
    "open_store",
    "training_run",
    "runs",
    "versions",
    "version_scores",
    "load",
    "promote",
    "rollback",
    "resolve",
    "recipe",
    "plot",
    "WinbackError",
]


def __getattr__(name: str) -> Any:
    """Import a public name on first use, so that `import winback` costs nothing."""
    if name == "__version__":
        from importlib.metadata import version

        return version("winback")
    if name in _MODULES:
        value: Any = import_module(_MODULES[name])
    elif name in _HOME:
        value = getattr(import_module(_HOME[name]), name)
    else:
        raise AttributeError(f"module 'winback' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names."""
    return sorted([*__all__, "__version__"])
