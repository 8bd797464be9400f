"""The log-likelihood that parameters reach: one function for all tools, written from the papers.

    python benchmarks/likelihood.py FOLDER < parameters.json

It shares no code with any of the tools. Standard input is a JSON list of ``[model, parameters]``,
times in days; standard output a JSON list of the mean log-likelihood per customer.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
from scipy.special import betaln, gammaln, logsumexp

NODES, WEIGHTS = np.polynomial.legendre.leggauss(96)
CHUNK = 20_000

Array = np.ndarray


def bg_nbd(x: Array, tx: Array, T: Array, *, r: float, alpha: float, a: float, b: float) -> Array:
    """Return equation (6) of Fader, Hardie & Lee (2005), in logs, per customer."""
    head = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
    alive = betaln(a, b + x) - betaln(a, b) - (r + x) * np.log(alpha + T)
    gone = betaln(a + 1, b + np.maximum(x, 1) - 1) - betaln(a, b) - (r + x) * np.log(alpha + tx)
    return head + np.where(x > 0, np.logaddexp(alive, gone), alive)


def pareto_nbd(
    x: Array, tx: Array, T: Array, *, r: float, alpha: float, s: float, beta: float
) -> Array:
    """Return the likelihood of Schmittlein, Morrison & Colombo (1987), in logs, per customer.

    Fader & Hardie (2005), note 009, before the integral over the time of dropout is written as
    hypergeometric functions: it is taken here by Gauss quadrature in the logarithm of time,
    which cannot cancel or overflow.
    """
    values = []
    for at in range(0, len(x), CHUNK):
        f, lo, hi = x[at : at + CHUNK], tx[at : at + CHUNK], T[at : at + CHUNK]
        shift = min(alpha, beta)
        length = np.log((shift + hi) / (shift + lo))
        grown = (shift + lo)[:, None] * np.exp(length[:, None] * (NODES + 1) / 2)
        t = grown - shift
        inner = -(r + f)[:, None] * np.log(alpha + t) - (s + 1) * np.log(beta + t) + np.log(grown)
        with np.errstate(divide="ignore"):  # bought on the last day
            gone = np.log(s * length / 2) + logsumexp(inner, axis=1, b=WEIGHTS)
        alive = -(r + f) * np.log(alpha + hi) - s * np.log(beta + hi)
        head = gammaln(r + f) - gammaln(r) + r * np.log(alpha) + s * np.log(beta)
        values.append(head + np.logaddexp(alive, gone))
    return np.concatenate(values)


def gamma_gamma(x: Array, m: Array, *, p: float, q: float, v: float) -> Array:
    """Return equation (1a) of Fader & Hardie (2013), in logs, per repeat customer."""
    shape = p * x
    head = gammaln(shape + q) - gammaln(shape) - gammaln(q) + q * np.log(v)
    return head + (shape - 1) * np.log(m) + shape * np.log(x) - (shape + q) * np.log(x * m + v)


def mean_log_likelihood(folder: Path, model: str, parameters: dict[str, float]) -> float:
    """Return the mean over customers (Gamma-Gamma: over repeat customers)."""
    x, tx, T, m = (
        np.load(folder / f"customers_{name}.npy")
        for name in ("frequency", "recency", "T", "monetary_value")
    )
    if model == "gamma_gamma":
        return float(gamma_gamma(x[x > 0], m[x > 0], **parameters).mean())
    values = {"bg_nbd": bg_nbd, "pareto_nbd": pareto_nbd}[model](x, tx, T, **parameters)
    return float(values.mean())


if __name__ == "__main__":
    print(
        json.dumps([mean_log_likelihood(Path(sys.argv[1]), *ask) for ask in json.load(sys.stdin)])
    )
