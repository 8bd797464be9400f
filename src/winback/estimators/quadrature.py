"""Gauss quadrature for means over a Beta distribution."""

from __future__ import annotations

import numpy as np

from winback.estimators.frames import FloatArray


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
    matrix = np.zeros((len(b), n_nodes, n_nodes))
    row = np.arange(n_nodes)
    matrix[:, row, row] = diagonal
    matrix[:, row[1:], row[:-1]] = off
    nodes, vectors = np.linalg.eigh(matrix)
    return np.clip(nodes, 0.0, 1.0), vectors[:, 0, :] ** 2
