"""Champions go back in pairs that belong together, or not at all."""

import pytest
from mlflow import MlflowClient
from typer.testing import CliRunner

from winback import cli
from winback.cli import command
from winback.errors import RegistryError
from winback.registry import aliases_of, open_store, promote, resolve
from winback.workflows.rollback import rollback

JOB = """\
name: shop
as_of: 2011-12-09
data: {transactions: {source: orders.csv}}
"""


@pytest.fixture
def shop(tmp_path, workshop_in):
    """Return a shop, and a maker of versions in its store."""
    shop = workshop_in(tmp_path / "shop", JOB)
    store = open_store(f"sqlite:///{shop.folder}/mlflow.db")

    def champion(role, training):
        name = f"shop-{role}"
        if not store.client.search_registered_models(f"name = '{name}'"):
            store.client.create_registered_model(name)
        tags = {"winback.digest": "0", "winback.training_run": training}
        made = store.client.create_model_version(name, str(tmp_path), tags=tags)
        promote(store, resolve(store, f"{name}/{made.version}"))

    def kill_after(writes, monkeypatch):
        moved, move = [], MlflowClient.set_registered_model_alias

        def _move(client, *what):
            if len(moved) == writes:
                raise KeyboardInterrupt
            moved.append(move(client, *what))

        monkeypatch.setattr(MlflowClient, "set_registered_model_alias", _move)

    shop.champion, shop.kill_after = champion, kill_after
    shop.now = lambda: {
        role: aliases_of(store, f"shop-{role}").get("champion")
        for role in ("value", "tiers", "churn")
    }
    return shop


def test_what_has_an_earlier_champion_goes_back_and_the_rest_is_told(shop):
    for training in ("one", "two"):
        for role in ("value", "tiers"):
            shop.champion(role, training)
    shop.champion("churn", "one")
    outcome = shop.do(rollback)
    assert {role: (m["version"], m["instead_of"]) for role, m in outcome["models"].items()} == {
        "value": (1, 2),
        "tiers": (1, 2),
    }
    assert shop.now() == {"value": 1, "tiers": 1, "churn": 1}
    assert "no earlier champion to return to (at shop-churn)" in " ".join(map(str, shop.warnings))
    assert [path.name for path in shop.out.iterdir()] == [".lock"]
    shop.do(rollback)  # a second one undoes the first
    assert shop.now() == {"value": 2, "tiers": 2, "churn": 1}


def test_value_and_tiers_of_different_trainings_stay(shop):
    for role, trainings in {"value": "abc", "tiers": "bc"}.items():
        for training in trainings[:-1] if role == "value" else trainings:
            shop.champion(role, training)
    shop.champion("churn", "a")
    with pytest.raises(RegistryError, match="different trainings"):
        shop.do(rollback)
    assert shop.now() == {"value": 2, "tiers": 2, "churn": 1}


@pytest.mark.parametrize("writes", [1, 2, 3])
def test_a_rollback_that_was_killed_is_finished_by_the_next(shop, monkeypatch, writes):
    for training in ("one", "two"):
        for role in ("value", "tiers"):
            shop.champion(role, training)
    with monkeypatch.context() as killing:
        shop.kill_after(writes, killing)
        with pytest.raises(KeyboardInterrupt):
            shop.do(rollback)
    assert shop.now() == {"value": 1, "tiers": 2 if writes < 3 else 1, "churn": None}
    if writes < 3:
        outcome = shop.do(rollback)
        assert list(outcome["models"]) == ["tiers"]
    assert shop.now() == {"value": 1, "tiers": 1, "churn": None}


def test_the_command_line_goes_back_with_churn_alone(shop, monkeypatch):
    for training in ("one", "two"):
        for role in ("value", "tiers", "churn"):
            shop.champion(role, training)
    monkeypatch.setattr(command, "signal", lambda *_: None)
    arguments = ["rollback", str(shop.yaml), "--out", str(shop.out), "--only", "churn"]
    done = CliRunner().invoke(cli.app, arguments)
    assert done.exit_code == 0, done.output
    assert "shop-churn/1 is champion again, instead of shop-churn/2" in done.output
    assert shop.now() == {"value": 2, "tiers": 2, "churn": 1}
