"""Maximise a log-likelihood of a few positive parameters, and verify that it is a maximum."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import ndtri

from winback.estimators.base.frames import FloatArray
from winback.messages import Message

# (parameters, want the Hessian?) -> log-likelihood, gradient, Hessian or None
Likelihood = Callable[[FloatArray, bool], tuple[float, FloatArray, FloatArray | None]]

# Per customer and in log-parameters: a step that still gains 1e-7 of a nat per customer would
# move no printed digit.
GRADIENT_TOLERANCE = 1e-7
ROUNDING = 1e-12
NEWTON_STEPS = 12
ASCENT_STEPS = 60
NOISE = 1e-10  # of a value: gamma terms of parameters at a bound cancel to this


@dataclass(frozen=True)
class Optimum:
    """The best parameters found, and how good they are."""

    parameters: FloatArray
    log_likelihood: float
    hessian: FloatArray  # in the parameters themselves
    converged: bool
    at_bound: tuple[bool, ...]
    diagnostics: dict[str, Any]


def maximise(
    likelihood: Likelihood,
    starts: Sequence[Sequence[float]],
    *,
    n: float,
    lower: float,
    upper: float,
    enough: int | None = None,
) -> Optimum:
    """Climb from the first start; try the next only when the optimum fails its check.

    The climb runs in log-parameters (they are positive, and the surface is rounder there):
    L-BFGS-B with the analytic gradient, then Newton steps with the exact Hessian on those not
    at a bound, which bring the gradient to rounding error.

    Parameters
    ----------
    n
        Number of customers; the optimiser sees the log-likelihood per customer.
    lower, upper
        Bounds of every parameter.
    enough
        After so many starts an optimum at a bound will do, if it is verified; None: every start
        is tried, as there may be one off the bounds.
    """
    surface = _Surface(likelihood, n, float(np.log(lower)), float(np.log(upper)))
    best: Optimum | None = None
    for tried, start in enumerate(starts, 1):
        optimum = _climb(surface, np.log(start))
        if best is None or _better(optimum, best):
            best = optimum
        best.diagnostics["starts"] = tried
        if best.converged and (tried == enough or not any(best.at_bound)):
            break
    assert best is not None  # noqa: S101 - there is at least one start
    return best


def _better(optimum: Optimum, best: Optimum) -> bool:
    gain = optimum.log_likelihood - best.log_likelihood
    alike = abs(gain) < 1e-3  # of no consequence: then the verified one
    return optimum.converged > best.converged if alike else gain > 0


@dataclass
class _Surface:
    """The log-likelihood per customer in log-parameters, within bounds."""

    likelihood: Likelihood
    n: float
    low: float
    high: float

    def __call__(self, theta: FloatArray, *, hessian: bool) -> tuple[float, FloatArray, FloatArray]:
        p = np.exp(theta)
        return self.in_logs(p, *self.likelihood(p, hessian))

    def in_logs(
        self, p: FloatArray, value: float, slope: FloatArray, bend: FloatArray | None
    ) -> tuple[float, FloatArray, FloatArray]:
        """Return value and derivatives in the logarithm of p, by the chain rule."""
        if bend is None:
            return value / self.n, slope * p / self.n, np.empty((0, 0))
        curved = bend * np.outer(p, p) + np.diag(slope * p)
        return value / self.n, slope * p / self.n, curved / self.n

    def descend(self, theta: FloatArray) -> tuple[float, FloatArray]:
        """Return the negative value and slope, for a minimiser."""
        value, slope, _ = self(theta, hessian=False)
        return -value, -slope

    def free(self, theta: FloatArray, slope: FloatArray) -> NDArray[np.bool_]:
        """Return which parameters are not pressed against a bound."""
        pressed_low = (theta <= self.low) & (slope <= 0)
        pressed_high = (theta >= self.high) & (slope >= 0)
        return ~(pressed_low | pressed_high)


def _climb(surface: _Surface, start: FloatArray) -> Optimum:
    theta, steps = _newton(surface, np.clip(start, surface.low, surface.high))
    near = _verified(surface, theta, {"iterations": 0, "newton_steps": steps})
    if near.converged and not any(near.at_bound):  # the start was close
        return near
    result = minimize(
        surface.descend,
        theta,
        jac=True,
        method="L-BFGS-B",
        bounds=[(surface.low, surface.high)] * len(start),
        options={"maxiter": 500, "ftol": 1e-11, "gtol": 1e-5},
    )
    theta, steps = _newton(surface, np.asarray(result.x))
    iterations = int(result.nit)
    optimum = _verified(surface, theta, {"iterations": iterations, "newton_steps": steps})
    if optimum.converged:
        return optimum
    theta, more = _ascend(surface, theta)
    return _verified(surface, theta, {"iterations": iterations, "newton_steps": steps + more})


def _ascend(surface: _Surface, theta: FloatArray) -> tuple[FloatArray, int]:
    """Climb a surface that is not yet, or hardly, curved downwards: ridges and saddles.

    Newton's step with the eigenvalues of the Hessian taken by size and floored, so that it leads
    up in every direction, within a radius that shrinks where it overshoots.
    """
    value, slope, bend = surface(theta, hessian=True)
    radius = 1.0
    steps = 0
    while steps < ASCENT_STEPS and radius > 1e-6:
        free = surface.free(theta, slope)
        if not free.any() or np.abs(slope[free]).max() < ROUNDING or not np.isfinite(bend).all():
            break
        curve, axes = np.linalg.eigh(bend[np.ix_(free, free)])
        along = (axes.T @ slope[free]) / np.maximum(np.abs(curve), 1e-9)
        step = np.zeros_like(slope)
        step[free] = axes @ along
        step *= min(1.0, radius / np.abs(step).max())
        ahead = np.clip(theta + step, surface.low, surface.high)
        gain, slope_ahead, bend_ahead = surface(ahead, hessian=True)
        steps += 1
        flatter = np.abs(slope_ahead[free]).max() < np.abs(slope[free]).max()
        if gain > value or (flatter and gain >= value - NOISE * max(1.0, abs(value))):
            theta, value, slope, bend = ahead, gain, slope_ahead, bend_ahead
            radius = min(2 * radius, 4.0)
        else:
            radius = 0.25 * min(radius, float(np.abs(step).max()))
    return theta, steps


def _newton(surface: _Surface, theta: FloatArray) -> tuple[FloatArray, int]:
    """Take Newton steps for as long as they lead up and the gradient shrinks."""
    value, slope, bend = surface(theta, hessian=True)
    for steps in range(NEWTON_STEPS):
        step = _newton_step(slope, bend, surface.free(theta, slope))
        if step is None:
            return theta, steps
        ahead = np.clip(theta + step, surface.low, surface.high)
        gain, slope_ahead, bend_ahead = surface(ahead, hessian=True)
        # near the summit a gain is rounding error, and the smaller gradient decides
        level = gain >= value - NOISE * max(1.0, abs(value))
        if not (level and np.abs(slope_ahead).max() < np.abs(slope).max()):
            return theta, steps
        theta, value, slope, bend = ahead, gain, slope_ahead, bend_ahead
    return theta, NEWTON_STEPS


def _newton_step(slope: FloatArray, bend: FloatArray, free: NDArray[np.bool_]) -> FloatArray | None:
    """Return the step to the top of the quadratic, or None at the top or off a peak."""
    if not free.any() or np.abs(slope[free]).max() < ROUNDING:
        return None
    inner = bend[np.ix_(free, free)]
    if not np.isfinite(inner).all() or np.linalg.eigvalsh(inner).max() >= 0:
        return None
    step = np.zeros_like(slope)
    step[free] = np.linalg.solve(inner, -slope[free])
    return np.clip(step, -1.0, 1.0)


def _verified(surface: _Surface, theta: FloatArray, diagnostics: dict[str, Any]) -> Optimum:
    """Check the gradient and the curvature of the parameters that are not at a bound."""
    parameters = np.exp(theta)
    value, gradient, hessian = surface.likelihood(parameters, True)
    _, slope, bend = surface.in_logs(parameters, value, gradient, hessian)
    free = surface.free(theta, slope)
    norm = float(np.abs(slope[free]).max(initial=0.0))
    inner = bend[np.ix_(free, free)]
    sound = bool(np.isfinite(inner).all() and np.isfinite(value))
    eigen = np.linalg.eigvalsh(inner) if sound and free.any() else np.array([-1.0])
    peak = sound and bool(eigen.max() < 0)
    return Optimum(
        parameters=parameters,
        log_likelihood=value,
        hessian=np.asarray(hessian),
        converged=norm < GRADIENT_TOLERANCE and peak,
        at_bound=tuple(bool(edge) for edge in ~free),
        diagnostics={
            "gradient_norm": norm,
            "condition": float(eigen.min() / eigen.max()) if peak else float("inf"),
            **diagnostics,
        },
    )


def covariance(best: Optimum) -> FloatArray:
    """Return the inverse of the observed information on the parameters' natural scale.

    At a maximum the gradient is 0, so that the delta method takes the Hessian in logarithms to
    the natural scale exactly; it is inverted in logarithms, where it is best conditioned.
    Parameters at a bound are taken as known: NaN in their rows and columns.
    """
    p = best.parameters
    result = np.full((len(p), len(p)), np.nan)
    free = ~np.array(best.at_bound)
    bend = (best.hessian * np.outer(p, p))[np.ix_(free, free)]
    if not free.any() or not np.isfinite(bend).all():
        return result
    try:
        inverse = np.linalg.inv(-bend)
    except np.linalg.LinAlgError:
        return result
    if (np.diag(inverse) > 0).all():
        result[np.ix_(free, free)] = inverse * np.outer(p[free], p[free])
    return result


def intervals(
    value: FloatArray, covariance: FloatArray, level: float
) -> tuple[FloatArray, FloatArray]:
    """Return the ends of confidence intervals (delta method on the logarithm)."""
    error = np.sqrt(np.diag(covariance))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        spread = np.exp(ndtri(0.5 + level / 2) * error / value)
    return value / spread, value * spread


def summarise(names: Sequence[str], value: FloatArray, covariance: FloatArray) -> pd.DataFrame:
    """Return estimates, standard errors and 95% intervals (delta method on the logarithm)."""
    low, high = intervals(value, covariance, 0.95)
    return pd.DataFrame(
        {
            "estimate": value,
            "standard_error": np.sqrt(np.diag(covariance)),
            "low_95": low,
            "high_95": high,
        },
        index=pd.Index(names, name="parameter"),
    )


def edge_reason(names: Sequence[str], best: Optimum) -> Message | None:
    """Say that parameters lie at a bound, or None where none does."""
    edges = [
        Message("fit.edge", name=name, value=value)
        for name, value, edge in zip(names, best.parameters, best.at_bound, strict=True)
        if edge
    ]
    return Message("fit.at_edge", edges=edges) if edges else None
