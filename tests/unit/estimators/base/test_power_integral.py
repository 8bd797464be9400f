import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import hyp2f1

from winback.estimators.base import power_integral
from winback.estimators.base.power_integral import Stretch, log_power_integral


def anywhere(n, seed=0):
    """Rows over the whole range that a fit may visit."""
    rng = np.random.default_rng(seed)

    def wide(low, high):
        return np.exp(rng.uniform(np.log(low), np.log(high), n))

    hi = wide(1e-3, 4)
    return Stretch(
        p=wide(1e-5, 1.3e4),
        alpha=wide(1e-5, 1e4),
        q=1 + wide(1e-5, 1e4),
        beta=wide(1e-5, 1e4),
        lo=hi * rng.random(n) * (rng.random(n) > 0.2),
        hi=hi,
    )


def test_few_nodes_are_as_good_as_many(monkeypatch):
    of = anywhere(10_000)
    value = log_power_integral(of)
    assert np.isfinite(value).all()
    monkeypatch.setitem(power_integral._LEGENDRE, 400, np.polynomial.legendre.leggauss(400))
    monkeypatch.setattr(power_integral, "RULES", ((400, np.inf, np.inf),))
    # rounding of a logarithm that is multiplied by p and q is no matter of the nodes
    allowed = 1e-12 * np.maximum(1, np.abs(value)) + 2e-15 * (of.p + of.q)
    assert (np.abs(value - log_power_integral(of)) < allowed).all()


def by_quad(*, p, alpha, q, beta, lo, hi):
    """Return the logarithm of the integral by adaptive quadrature in ln(c + y)."""
    base = min(alpha, beta) + lo
    top = -p * np.log1p(lo / alpha) - q * np.log1p(lo / beta)

    def integrand(v):
        y = lo + base * np.expm1(v)
        return base * np.exp(v - top - p * np.log1p(y / alpha) - q * np.log1p(y / beta))

    end = np.log1p((hi - lo) / base)
    points = end * np.logspace(-6, -0.01, 12)
    result, _ = quad(integrand, 0, end, points=points, limit=400, epsabs=0, epsrel=1e-12)
    return np.log(result) + top


def test_adaptive_quadrature_finds_the_same():
    of = anywhere(60, seed=1)
    expected = [
        by_quad(**dict(zip(vars(of), row, strict=True)))
        for row in zip(*vars(of).values(), strict=True)
    ]
    np.testing.assert_allclose(log_power_integral(of), expected, rtol=0, atol=3e-9)


def test_the_hypergeometric_form_is_the_same_integral():
    """Fader & Hardie (2005), equations (18)-(19), where alpha > beta."""
    r_x, s, alpha, beta, lo, hi = 3.2, 0.6, 10.6, 7.3, 12.0, 38.0

    def primitive(t):
        k = r_x + s
        return hyp2f1(k, s + 1, k + 1, (alpha - beta) / (alpha + t)) / (alpha + t) ** k / k

    closed = (primitive(lo) - primitive(hi)) * alpha**r_x * beta ** (s + 1)
    of = Stretch.of(p=r_x, alpha=alpha, q=s + 1, beta=beta, lo=np.array([lo]), hi=hi)
    assert np.exp(log_power_integral(of)[0]) == pytest.approx(closed, rel=1e-12)


def test_nothing_is_the_integral_over_nothing():
    of = Stretch.of(p=np.array([0.5, 3000.0]), alpha=1.0, q=1.0, beta=2.0, lo=4.0, hi=4.0)
    assert (log_power_integral(of) == -np.inf).all()
