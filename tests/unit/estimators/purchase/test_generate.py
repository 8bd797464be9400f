import pytest

from winback.errors import UsageError
from winback.estimators.purchase.beta_geo import BetaGeoModel
from winback.estimators.purchase.generate import PARAMETERS, generate_customers
from winback.estimators.purchase.modified_beta_geo import ModifiedBetaGeoModel
from winback.estimators.purchase.pareto_nbd import ParetoNBDModel

MODELS = {
    "beta_geo": BetaGeoModel,
    "modified_beta_geo": ModifiedBetaGeoModel,
    "pareto_nbd": ParetoNBDModel,
}
TRUE = {"r": 0.8, "alpha": 6.0, "a": 0.9, "b": 2.5, "s": 0.7, "beta": 12.0}


@pytest.mark.parametrize("name", PARAMETERS)
def test_a_model_finds_in_what_it_drew_what_it_was_drawn_from(name):
    drawn = generate_customers(name, TRUE, 60.0, size=6000, random_state=3)
    assert ((drawn["frequency"] == 0) == (drawn["recency"] == 0)).all()
    model = MODELS[name]().fit(drawn)
    ends = model.confidence_intervals(0.999)
    for parameter in PARAMETERS[name]:
        assert ends.loc[parameter, "low"] < TRUE[parameter] < ends.loc[parameter, "high"]
    # calibrated against who is alive in truth, which no fit has seen
    told = model.p_alive(drawn)
    assert told.mean() == pytest.approx(drawn["alive"].mean(), abs=0.03)
    assert told[drawn["alive"]].mean() > told[~drawn["alive"]].mean() + 0.2


def test_what_is_no_model_is_refused():
    with pytest.raises(UsageError, match="beta_geo, modified_beta_geo, pareto_nbd"):
        generate_customers("nbd", TRUE, 9.0, size=3)
    with pytest.raises(UsageError, match="at b"):
        generate_customers("beta_geo", TRUE | {"b": 0.0}, 9.0, size=3)
