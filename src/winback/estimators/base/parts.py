"""Fitted parts that several value models share, so that each is fitted only once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

Part = TypeVar("Part")


class Parts:
    """Fitted parts, each made when it is first asked for.

    Pareto/NBD with Gamma-Gamma and BG/NBD with Gamma-Gamma have one Gamma-Gamma; every mean that
    counts by LightGBM has the same trees. Who fits many models to the same data hands the same
    `Parts` to all of them. It holds fitted numbers and no customers.

    Examples
    --------
    >>> from winback.estimators.purchase.purchase_rule import PurchaseRule
    >>> parts, fitted = Parts(), []
    >>> [parts.of(PurchaseRule("rate"), lambda part: fitted.append(part) or part) for _ in range(2)]
    [PurchaseRule(), PurchaseRule()]
    >>> len(fitted)
    1
    """

    def __init__(self) -> None:
        self._kept: dict[str, Any] = {}

    def of(self, part: Part, fit: Callable[[Part], Part]) -> Part:
        """Return the part, fitted now or before.

        Parameters
        ----------
        part
            An unfitted estimator: its class and parameters say whether it is known already.
        fit
            Fits it to the data that these parts are of. An error is not kept: it is raised anew.
        """
        params: dict[str, Any] = part.get_params()  # type: ignore[attr-defined]
        key = f"{type(part).__name__} {sorted(params.items())}"
        if key not in self._kept:
            self._kept[key] = fit(part)
        fitted: Part = self._kept[key]
        return fitted
