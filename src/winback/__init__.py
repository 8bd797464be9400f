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
from importlib.metadata import version as _version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from winback.data.intake import read_transactions
    from winback.errors import WinbackError
    from winback.estimators.beta_geo import BetaGeoModel
    from winback.estimators.churn import ChurnModel
    from winback.estimators.customer_value import CustomerValueModel
    from winback.estimators.gamma_gamma import GammaGammaModel
    from winback.estimators.learned_value import LearnedValueModel
    from winback.estimators.modified_beta_geo import ModifiedBetaGeoModel
    from winback.estimators.pareto_nbd import ParetoNBDModel
    from winback.estimators.tiers import ValueTiers
    from winback.estimators.tracking import expected_tracking
    from winback.features.behaviour import behaviour_table
    from winback.features.rfm import rfm_summary
    from winback.features.snapshots import snapshot_dates, training_table
    from winback.registry.load import load
    from winback.reports import plot

_HOME = {
    "BetaGeoModel": "winback.estimators.beta_geo",
    "ChurnModel": "winback.estimators.churn",
    "CustomerValueModel": "winback.estimators.customer_value",
    "GammaGammaModel": "winback.estimators.gamma_gamma",
    "LearnedValueModel": "winback.estimators.learned_value",
    "ModifiedBetaGeoModel": "winback.estimators.modified_beta_geo",
    "ParetoNBDModel": "winback.estimators.pareto_nbd",
    "ValueTiers": "winback.estimators.tiers",
    "WinbackError": "winback.errors",
    "behaviour_table": "winback.features.behaviour",
    "expected_tracking": "winback.estimators.tracking",
    "load": "winback.registry.load",
    "read_transactions": "winback.data.intake",
    "rfm_summary": "winback.features.rfm",
    "snapshot_dates": "winback.features.snapshots",
    "training_table": "winback.features.snapshots",
}
_MODULES = {"plot": "winback.reports.plot"}
__version__ = _version("winback")
__all__ = [  # noqa: RUF022  # grouped as a reader looks for them
    "read_transactions",
    "rfm_summary",
    "behaviour_table",
    "snapshot_dates",
    "training_table",
    "BetaGeoModel",
    "ModifiedBetaGeoModel",
    "ParetoNBDModel",
    "GammaGammaModel",
    "CustomerValueModel",
    "LearnedValueModel",
    "ChurnModel",
    "ValueTiers",
    "expected_tracking",
    "load",
    "plot",
    "WinbackError",
]


def __getattr__(name: str) -> Any:
    """Import a public name on first use, so that `import winback` costs nothing."""
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
