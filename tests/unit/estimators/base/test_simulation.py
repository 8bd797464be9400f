import numpy as np
import pytest
from scipy import stats

from winback.estimators.base import kept_draws
from winback.estimators.base.kept_draws import Kept
from winback.estimators.base.simulation import (
    ARRIVALS_EXACT,
    Draws,
    Histories,
    Simulation,
    count_arrivals,
    gamma_totals,
)
from winback.estimators.purchase.beta_geo import BetaGeoModel
from winback.estimators.purchase.purchase_rule import PurchaseRule
from winback.estimators.spend.gamma_gamma import GammaGammaModel

MANY = 20_000


def test_streams_depend_on_seed_purpose_and_frequency_only():
    first = Draws(1, 3.0, 8).stream(2).random(4)
    np.testing.assert_array_equal(Draws(1, 3.0, 999).stream(2).random(4), first)
    for other in (
        Draws(2, 3.0, 8).stream(2),
        Draws(1, 4.0, 8).stream(2),
        Draws(1, 3.0, 8).stream(3),
    ):
        assert (other.random(4) != first).all()


def test_arrivals_are_poisson():
    exposure = np.array([0.0, 7.5, 0.3, 40.0])
    counts = count_arrivals(Draws(0, 0.0, MANY), np.ones(MANY), exposure)
    assert counts.shape == (4, MANY)
    assert (counts[0] == 0).all()
    for row, mean in zip(counts[1:], exposure[1:], strict=True):
        observed = np.bincount(row.astype(int), minlength=100)[:100]
        expected = stats.poisson(mean).pmf(np.arange(100)) * MANY
        bins = expected > 5
        chance = stats.chisquare(
            np.r_[observed[bins], observed[~bins].sum() + 1e-9],
            np.r_[expected[bins], MANY - expected[bins].sum() + 1e-9],
            sum_check=False,
        )
        assert chance.pvalue > 1e-4
    assert (counts[3] >= counts[1]).all()  # one clock per draw


@pytest.mark.parametrize("mean", [ARRIVALS_EXACT - 40.0, ARRIVALS_EXACT + 10.0, 1_000.0, 1e6])
def test_many_arrivals_are_poisson_too(mean):
    counts = count_arrivals(Draws(0, 0.0, MANY), np.ones(MANY), np.array([mean]))[0]
    assert counts.mean() == pytest.approx(mean, abs=4 * np.sqrt(mean / MANY) + 0.05)
    assert counts.std() == pytest.approx(np.sqrt(mean), rel=0.03)


def test_a_count_does_not_depend_on_the_other_customers():
    draws, rate = Draws(0, 2.0, 300), np.random.default_rng(0).gamma(1.0, size=300)
    alone = count_arrivals(draws, rate, np.array([5.0]))
    among = count_arrivals(draws, rate, np.array([4000.0, 5.0, 0.1]))
    np.testing.assert_array_equal(among[1], alone[0])


@pytest.mark.parametrize("count", [1, 3, ARRIVALS_EXACT, 2_000])
def test_sums_of_amounts_are_gamma(count):
    totals = gamma_totals(Draws(0, 0.0, MANY), 0.7, np.full((2, MANY), float(count)))
    expected = stats.gamma(0.7 * count)
    assert stats.ks_1samp(totals[1], expected.cdf).pvalue > 1e-4
    assert (gamma_totals(Draws(0, 0.0, 9), 0.7, np.zeros((1, 9))) == 0).all()


@pytest.mark.parametrize(("x", "T"), [(0.0, 0.0), (0.0, 39.0), (3.0, 10.0), (40.0, 39.0)])
def test_simulated_means_are_the_models_expectations(x, T):
    """The conditional expectation and the simulation are two roads to one number."""
    model = BetaGeoModel()
    model.r_, model.alpha_, model.a_, model.b_ = 0.6, 4.4, 1.2, 3.1
    exposure = np.array([T])
    counts = model.draw(Draws(5, x, MANY), exposure, 39.0)[0]
    expected = model.expected_alive(np.array([x]), exposure, np.array([39.0]))[0, 0]
    assert counts.mean() == pytest.approx(expected, abs=4.5 * counts.std() / np.sqrt(MANY))
    buys = model.buys_alive(np.array([x]), exposure, 39.0)[0]
    assert (counts > 0).mean() == pytest.approx(buys, abs=0.02)

    spend = GammaGammaModel()
    spend.p_, spend.q_, spend.v_, spend.fallback_ = 6.0, 5.0, 15.0, None
    data = {"frequency": np.array([x]), "monetary_value": np.array([50.0])}
    draws = Draws(5, x, MANY)
    shape, unit = spend.draw(draws)
    revenue = gamma_totals(draws, shape, counts[None, :]) * unit * spend.scale(data)[0]
    mean = expected * spend.expected(data)[0]
    assert revenue.mean() == pytest.approx(mean, abs=4.5 * revenue.std() / np.sqrt(MANY))


@pytest.fixture
def simulation():
    model, spend = BetaGeoModel(), GammaGammaModel()
    model.r_, model.alpha_, model.a_, model.b_ = 0.6, 4.4, 1.2, 3.1
    spend.p_, spend.q_, spend.v_, spend.fallback_ = 6.0, 5.0, 15.0, None
    return Simulation(model, spend, random_state=0, n_draws=4000)


@pytest.fixture
def customers():
    rng = np.random.default_rng(0)
    x = rng.integers(0, 4, 300).astype(float)
    return Histories(
        frequency=x,
        exposure=rng.integers(5, 60, 300).astype(float),
        alive=rng.uniform(0, 1, 300),
        informed=x,
        horizon=39.0 * rng.uniform(0.5, 2, 300),
    )


def some(customers, rows):
    return Histories(
        customers.frequency[rows],
        customers.exposure[rows],
        customers.alive[rows],
        customers.informed[rows],
        customers.horizon[rows],
    )


def test_quantiles_of_the_mixture_are_those_of_drawing_who_is_gone(simulation, customers):
    """Futures in which some are gone by lot, on no grid of time: the other road to quantiles."""
    order = np.lexsort((customers.horizon, customers.informed, customers.frequency))
    customers = some(customers, order)
    counts, spent = simulation.quantiles(customers, (0.1, 0.9))
    for rows, drawn, amounts in simulation._futures(customers):
        for found, all_of in ((counts, drawn), (spent, amounts)):
            below = (all_of < found[rows, :1]).mean(axis=1)
            above = (all_of > found[rows, 1:]).mean(axis=1)
            assert below.max() < 0.1 + 5 * np.sqrt(0.09 / 4000)
            assert above.max() < 0.1 + 5 * np.sqrt(0.09 / 4000)
        high = spent[rows, 1] > 0
        reached = (amounts >= spent[rows, 1:]).mean(axis=1)[high]
        assert reached.min() > 0.1 - 5 * np.sqrt(0.09 / 4000)
    assert (counts[customers.alive < 0.1] == 0).all()


@pytest.mark.parametrize("cells", [kept_draws.KEPT_CELLS, 8000 * 40])
def test_kept_draws_change_nothing(simulation, customers, cells, monkeypatch):
    alone = [simulation.quantiles(some(customers, [i]), (0.1, 0.9)) for i in range(0, 300, 30)]
    monkeypatch.setattr(kept_draws, "KEPT_CELLS", cells)
    kept = Kept(4000)
    simulation.quantiles(some(customers, np.arange(0, 300, 7)), (0.2, 0.8), kept)
    drawn = []
    draw = simulation.purchases.draw
    simulation.purchases.draw = lambda draws, *ahead: (
        drawn.append(len(ahead[0])) or draw(draws, *ahead)
    )
    together = [simulation.quantiles(customers, (0.1, 0.9), kept) for _ in range(2)]
    for both in together:
        for found, of_one in zip(both, zip(*alone, strict=True), strict=True):
            np.testing.assert_array_equal(found[::30], np.concatenate(of_one))
    if cells == kept_draws.KEPT_CELLS and kept.room > 300:
        assert sum(drawn) < 300  # what was kept is not drawn again


@pytest.mark.parametrize("model", ["beta_geo", "rate"])
def test_what_lies_ahead_is_the_same_future_on_a_grid(simulation, model):
    purchases = simulation.purchases if model == "beta_geo" else PurchaseRule("rate")
    exposure, horizon = np.array([0.0, 3.0, 40.0]), np.array([10.0, 0.0, 90.0])
    ahead = purchases.ahead(exposure, horizon)
    draws = Draws(0, 2.0, 2000)
    found, exact = purchases.draw(draws, *ahead), purchases.draw(draws, exposure, horizon)
    np.testing.assert_allclose(found, exact, rtol=0.005, atol=1)
    assert found.mean(axis=1) == pytest.approx(exact.mean(axis=1), rel=0.005)
    assert len(np.unique(purchases.ahead(exposure[2] * np.linspace(1, 1.001, 9), horizon[2]))) < 4


def test_quantiles_round_outwards():
    class Fixed:
        def ahead(self, exposure, horizon):
            return exposure, horizon

        def draw(self, draws, exposure, _horizon):
            return np.tile(np.arange(draws.n_draws, dtype=float), (len(exposure), 1))

    one = np.ones(1)
    customers = Histories(frequency=one, exposure=one, alive=one, informed=one, horizon=one)
    counts, spent = Simulation(Fixed(), None, random_state=0, n_draws=100).quantiles(
        customers, (0.05, 0.1, 0.9, 0.95)
    )
    assert spent is None
    np.testing.assert_array_equal(counts, [[5, 10, 89, 94]])
