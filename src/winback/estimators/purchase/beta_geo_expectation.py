"""Expected purchases of a living customer under BG/NBD, finite whatever the parameters.

Given alive, lambda ~ Gamma(s, k) and p ~ Beta(a, b + x) with s = r + x, k = alpha + T, and

    E[N(t)] = E[(1 - e^(-lambda p t)) / p] = E_p[(1 - (1 + p h)^-s) / p],     h = t/k.

In closed form (Fader, Hardie & Lee 2005, equation 10, after Euler's transformation, which
leaves no large power to overflow), with C = a + b + x - 1 and z = h/(1+h):

    C/(a-1) [1 - (1-z)^(a-1) 2F1(a+b-r-1, a-1; C; z)].

It has poles at a = 1 and C = 0 and loses digits at small h; there the mean over p is taken by
Gauss quadrature, whose weights are positive, so that it rises with t and stays in range.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import eigh_tridiagonal
from scipy.special import hyp2f1

from winback.estimators.base.frames import FloatArray

SMALL_H = 2.0  # up to here 24 nodes are good to 1e-9
FEW, MANY = 24, 100
NEAR_POLE = 1e-4
CELLS = 1_000_000  # rows x nodes x horizons computed at once: 8 MB an array


def expected_alive(
    parameters: tuple[float, float, float, float],
    frequency: FloatArray,
    T: FloatArray,
    horizons: FloatArray,
) -> FloatArray:
    """Return E[purchases within each horizon | alive], shape (n, len(horizons)).

    Parameters
    ----------
    parameters
        r, alpha, a, b; a = 0 means that nobody drops out.
    frequency, T
        One per customer.
    horizons
        Lengths of time >= 0.
    """
    r, alpha, a, b = parameters
    s = (r + frequency)[:, None]
    h = horizons / (alpha + T)[:, None]
    if a == 0:
        return s * h
    values = np.empty_like(h)
    small = h.max(axis=1, initial=0.0) <= SMALL_H
    values[small] = _by_quadrature(a, b + frequency[small], s[small], h[small], FEW)
    large = np.flatnonzero(~small)
    least, most = -np.expm1(-s[large] * np.log1p(h[large])), s[large] * h[large]
    closed = _closed_form(parameters, frequency[large], h[large])
    with np.errstate(invalid="ignore"):
        sound = np.isfinite(closed) & (closed > least * (1 - 1e-6)) & (closed < most * (1 + 1e-6))
    values[large] = np.clip(closed, least, most)
    doubtful = ~sound.all(axis=1)
    rows = large[doubtful]
    values[rows] = _by_quadrature(a, b + frequency[rows], s[rows], h[rows], MANY)
    return values


def _closed_form(
    parameters: tuple[float, float, float, float], frequency: FloatArray, h: FloatArray
) -> FloatArray:
    r, _, a, b = parameters
    if abs(a - 1) < NEAR_POLE:
        return np.full_like(h, np.nan)
    C = (a + b + frequency - 1)[:, None]
    with np.errstate(all="ignore"):
        F = hyp2f1(a + b - r - 1, a - 1, C, h / (1 + h))
        closed: FloatArray = C / (a - 1) * (1 - (1 + h) ** (1 - a) * F)
    return np.where(np.abs(C) < NEAR_POLE, np.nan, closed)


def _by_quadrature(
    a: float, b: FloatArray, s: FloatArray, h: FloatArray, n_nodes: int
) -> FloatArray:
    values = np.empty_like(h)
    size = max(CELLS // (n_nodes * h.shape[1]), 1)
    for start in range(0, len(h), size):
        rows = slice(start, start + size)
        levels, place = np.unique(b[rows], return_inverse=True)
        nodes, weights = beta_nodes(a, levels, n_nodes)
        p = nodes[place][:, None, :]
        ph = p * h[rows][:, :, None]
        bought = -np.expm1(-s[rows][:, :, None] * np.log1p(ph))
        first_order = (s[rows] * h[rows])[:, :, None]  # the limit of bought / p at p -> 0
        tiny = ph < 1e-12
        values[rows] = np.einsum(
            "ikj,ij->ik",
            np.where(tiny, first_order, bought / np.where(tiny, 1.0, p)),
            weights[place],
        )
    return values


def beta_nodes(a: float, b: FloatArray, n_nodes: int) -> tuple[FloatArray, FloatArray]:
    """Return nodes and weights such that ``sum(w f(p)) = E f(P)`` for P ~ Beta(a, b).

    Exact for polynomials up to degree ``2 n_nodes - 1``: the eigenvalues of the Jacobi matrix
    are the nodes, the squared first components of its eigenvectors the weights.

    Parameters
    ----------
    a
        First parameter of the Beta distribution, > 0.
    b
        Second parameters, shape (m,), > 0.

    Returns
    -------
    Two arrays of shape (m, n_nodes); nodes in [0, 1], weights >= 0 with sum 1.

    References
    ----------
    G. Golub, J. Welsch (1969), Calculation of Gauss Quadrature Rules, Math. Comp. 23, 221-230.

    Examples
    --------
    >>> p, w = beta_nodes(2.0, np.array([6.0]), 5)
    >>> float((w * p).sum().round(12)), float((w * p**2).sum().round(12))
    (0.25, 0.083333333333)
    """
    # Jacobi polynomials on [0, 1] with weight p^(a-1) (1-p)^(b-1)
    A, B = b[:, None] - 1.0, a - 1.0
    k = np.arange(n_nodes, dtype=np.float64)
    s = 2 * k + A + B
    with np.errstate(divide="ignore", invalid="ignore"):
        diagonal = 0.5 + 0.5 * (B**2 - A**2) / (s * (s + 2))
    diagonal[:, 0] = a / (a + b)  # the mean; also where the general form is 0/0
    k = k[1:]
    s = s[:, 1:]
    with np.errstate(divide="ignore", invalid="ignore"):
        square = k * (k + A) * (k + B) * (k + A + B) / (s**2 * (s + 1) * (s - 1))
    # the first: the variance of the Beta distribution
    square[:, 0] = (a * b) / ((a + b) ** 2 * (a + b + 1))
    off = np.sqrt(square)
    nodes, weights = np.empty_like(diagonal), np.empty_like(diagonal)
    for level in range(len(b)):
        nodes[level], vectors = eigh_tridiagonal(diagonal[level], off[level])
        weights[level] = vectors[0] ** 2
    return np.clip(nodes, 0.0, 1.0), weights
