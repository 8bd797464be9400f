"""scikit-learn's contract of parameters, for estimators that do not need the rest of it.

Importing ``sklearn.base`` brings in ``scipy.stats`` and takes longer than fitting BG/NBD to a
million customers. Estimators that stand on `Parameters` do without it until somebody asks for
what only scikit-learn knows: its tags, its diagrams, its `NotFittedError`.
"""

from __future__ import annotations

from inspect import Parameter, signature
from typing import Any, Self


class Parameters:
    """Parameters are the arguments of ``__init__``, which stores each under its own name.

    ``sklearn.base.clone``, pipelines and searches take such an estimator as one of their own.

    Examples
    --------
    >>> from sklearn.base import clone
    >>> from winback.estimators.purchase.purchase_rule import PurchaseRule
    >>> rule = PurchaseRule("last_period", period=30)
    >>> rule.set_params(period=60).get_params()
    {'period': 60, 'rule': 'last_period'}
    >>> clone(rule)
    PurchaseRule(period=60, rule='last_period')
    """

    @classmethod
    def _defaults(cls) -> dict[str, Any]:
        if cls.__init__ is object.__init__:
            return {}
        arguments = list(signature(cls.__init__).parameters.values())[1:]
        return {p.name: p.default for p in sorted(arguments, key=lambda p: p.name)}

    @classmethod
    def _get_param_names(cls) -> list[str]:
        return list(cls._defaults())

    def get_params(self, deep: bool = True) -> dict[str, Any]:  # noqa: ARG002 - scikit-learn's signature
        """Return the parameters by name; none is an estimator, so ``deep`` changes nothing."""
        return {name: getattr(self, name) for name in self._defaults()}

    def set_params(self, **params: Any) -> Self:
        """Set parameters by name; an unknown name is a ``ValueError``."""
        from sklearn.base import BaseEstimator  # noqa: PLC0415 - heavy, see the top

        return BaseEstimator.set_params(self, **params)  # type: ignore[no-any-return]

    def __repr__(self) -> str:
        """Return how to make it, naming the parameters that are not at their default."""
        changed = (
            f"{name}={getattr(self, name)!r}"
            for name, default in self._defaults().items()
            if default is Parameter.empty or repr(getattr(self, name)) != repr(default)
        )
        return f"{type(self).__name__}({', '.join(changed)})"

    def _repr_html_(self) -> str:
        from sklearn.utils import estimator_html_repr  # noqa: PLC0415 - heavy, see the top

        return str(estimator_html_repr(self))

    def __sklearn_tags__(self) -> Any:
        """Return what scikit-learn asks of any estimator: its own defaults."""
        from sklearn.base import BaseEstimator  # noqa: PLC0415 - heavy, see the top

        return BaseEstimator().__sklearn_tags__()
