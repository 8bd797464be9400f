"""Champions that were trained apart are not scored together; what was cut short is finished."""

from types import SimpleNamespace

import pytest

from winback.errors import RegistryError
from winback.registry import aliases_of, open_store, promote, resolve
from winback.registry.aliases import set_alias
from winback.workflows.champion_set import finish_promotion
from winback.workflows.tracking import Tracking

JOB = "name: shop\nas_of: 2011-12-09\ndata: {transactions: {source: orders.csv}}\n"


@pytest.fixture
def shop(tmp_path, workshop_in):
    """Return a store with two trainings, champions of the second, and its job's tracking."""
    workshop = workshop_in(tmp_path / "shop", JOB)
    store = open_store(f"sqlite:///{workshop.folder}/mlflow.db")

    def train(training, *roles):
        for role in roles:
            name = f"shop-{role}"
            if not store.client.search_registered_models(f"name = '{name}'"):
                store.client.create_registered_model(name)
            tags = {"winback.digest": "0", "winback.training_run": training}
            made = store.client.create_model_version(name, str(tmp_path), tags=tags)
            promote(store, resolve(store, f"{name}/{made.version}"))

    for training in ("one", "two"):
        train(training, "value", "churn", "tiers")
    warned = []
    return SimpleNamespace(
        train=train,
        warned=warned,
        champion=lambda role, n: set_alias(store, resolve(store, f"shop-{role}/{n}"), "champion"),
        finish=lambda: finish_promotion(store, "shop", SimpleNamespace(warn=warned.append)),
        now=lambda: {r: aliases_of(store, f"shop-{r}")["champion"] for r in ("value", "tiers")},
        champions=lambda: Tracking(workshop.work().settings).champions,
    )


def test_champions_of_two_trainings_are_not_scored_together(shop):
    shop.train("three", "value", "churn")
    with pytest.raises(RegistryError, match=r"different trainings.*shop-value/3, shop-tiers/2"):
        shop.champions()
    shop.train("three", "tiers")
    shop.train("four", "churn")  # churn stands alone
    with pytest.raises(RegistryError) as error:
        shop.champions()  # they are one set; only that these versions hold no model
    assert "different trainings" not in str(error.value)


@pytest.mark.parametrize("newest", [1, 2])
def test_what_was_cut_short_is_finished(shop, newest):
    shop.champion("value", newest)
    shop.champion("tiers", 3 - newest)
    shop.finish()
    assert shop.now() == {"value": newest, "tiers": newest}
    assert f"shop-tiers/{newest} is champion again beside shop-value/{newest}" in str(
        shop.warned[0]
    )
    shop.finish()
    assert len(shop.warned) == 1


def test_where_the_training_has_no_such_version_nothing_moves(shop):
    shop.train("three", "value")
    shop.finish()
    assert shop.now() == {"value": 3, "tiers": 2}
    assert not shop.warned
