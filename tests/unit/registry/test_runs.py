import dataclasses
import itertools

import pytest

from winback.errors import RegistryError
from winback.registry import aliases_of, resolve, training_run


class KilledError(BaseException):
    """The process is gone: nothing that it would still have done is done."""


class MortalClient:
    """A client that dies at its `last` call, and stays dead."""

    def __init__(self, client, last):
        self.client, self.left = client, last

    def __getattr__(self, name):
        call = getattr(self.client, name)

        def counted(*args, **kwargs):
            if self.left == 0:
                raise KilledError
            self.left -= 1
            return call(*args, **kwargs)

        return counted


def train(store, key, estimator, models=("value", "churn"), **options):
    with training_run(store, "shop", key, models=models, **options) as training:
        training.log_params({"horizon_days": 90})
        for model in models:
            if model not in training.versions:
                with training.model(model) as run:
                    run.log_metrics({"mae": 1.5})
                    run.register(estimator)
    return training


@pytest.mark.parametrize(
    "models", [("churn",), pytest.param(("value", "churn"), marks=pytest.mark.slow)]
)
def test_a_training_killed_anywhere_and_started_again_ends_like_an_undisturbed_one(
    store, tiny, models
):
    for last in itertools.count():
        key = f"killed at {last}"
        mortal = dataclasses.replace(store)
        vars(mortal)["client"] = MortalClient(store.client, last)
        try:
            train(mortal, key, tiny(), models)
        except KilledError:
            training = train(store, key, tiny(), models)
        else:
            break
        versions = {model: ref.version for model, ref in training.versions.items()}
        assert versions == dict.fromkeys(models, last + 1), last
        for model in models:
            assert aliases_of(store, f"shop-{model}") == {"challenger": last + 1}
        experiment = store.experiment("shop")
        runs = store.client.search_runs([experiment], f"tags.`winback.job_key` = '{key}'")
        assert [run.info.status for run in runs] == ["FINISHED"]
        nested = store.client.search_runs(
            [experiment], f"tags.`mlflow.parentRunId` = '{training.run_id}'"
        )
        assert {run.info.run_name for run in nested} == {f"shop-{model}" for model in models}
        assert len(nested) == len(models)
        assert {run.info.status for run in nested} == {"FINISHED"}
        assert {run.data.metrics["mae"] for run in nested} == {1.5}
        logged = store.client.search_logged_models([experiment])
        assert len(logged) == len(models) * (last + 1)
        assert {ref.run_id for ref in training.versions.values()} == {training.run_id}
    assert last > 15  # the training really was killed everywhere


def test_a_finished_training_is_reused_unless_forced(store, tiny):
    first = train(store, "key", tiny(1.0))
    train(store, "other", tiny(2.0))
    again = train(store, "key", tiny(3.0))
    assert (again.reused, again.versions) == (True, first.versions)
    assert resolve(store, "shop-churn@challenger") == first.versions["churn"]

    forced = train(store, "key", tiny(3.0), force=True)
    assert not forced.reused
    assert forced.versions["churn"].version == 3
    assert train(store, "key", tiny(4.0)).versions == forced.versions


def test_a_finished_training_that_lost_a_version_makes_that_one_again(store, tiny):
    first = train(store, "key", tiny(1.0))
    store.client.delete_model_version("shop-churn", "1")
    again = train(store, "key", tiny(1.0))
    assert again.resumed
    assert again.run_id == first.run_id
    assert again.versions["value"] == first.versions["value"]
    assert again.versions["churn"].digest == first.versions["churn"].digest


def test_an_error_fails_the_run_and_the_next_start_resumes_it(store, tiny):
    with (
        pytest.raises(ZeroDivisionError),
        training_run(store, "shop", "key", models=["value"]) as training,
        training.model("value"),
    ):
        1 / 0  # noqa: B018
    assert store.client.get_run(training.run_id).info.status == "FAILED"
    assert aliases_of(store, "shop-value") == {}
    with training_run(store, "shop", "key", models=["value"]) as again:
        assert again.resumed
        assert again.run_id == training.run_id
        with again.model("value") as run:
            run.register(tiny())
    assert store.client.get_run(training.run_id).info.status == "FINISHED"


def test_a_model_is_registered_once_per_training(store, tiny):
    with training_run(store, "shop", "key", models=["value"]) as training:
        with training.model("value") as run:
            run.register(tiny())
        with pytest.raises(RegistryError, match="already"), training.model("value"):
            pass


def test_a_run_shows_its_nested_models_and_what_they_were_made_from(store, tiny):
    training = train(store, "key", tiny(), tags={"winback.as_of": "2011-12-09"})
    parent = store.client.get_run(training.run_id)
    assert parent.data.tags["winback.as_of"] == "2011-12-09"
    version = store.client.get_model_version("shop-churn", "1")
    nested = store.client.get_run(version.run_id)
    assert nested.data.tags["mlflow.parentRunId"] == training.run_id
    (output,) = nested.outputs.model_outputs
    assert store.client.get_logged_model(output.model_id).source_run_id == version.run_id


def test_trials_of_a_search_are_finished_runs_below_their_model(store, tiny):
    searched = training_run(store, "shop", "searched", models=("churn",))
    with searched as training, training.model("churn") as run:
        run.log_trial("trial-001", {"num_leaves": 7}, {"levelled_brier": 0.2})
        run.register(tiny())
    trials = store.client.search_runs(
        [training.experiment_id], f"tags.`mlflow.parentRunId` = '{run.run_id}'"
    )
    assert [trial.info.status for trial in trials] == ["FINISHED"]
    assert trials[0].data.params == {"num_leaves": "7"}
    assert trials[0].data.metrics == {"levelled_brier": 0.2}


def test_trials_of_a_model_that_was_not_finished_go_with_it(store, tiny):
    def search(fails):
        halved = training_run(store, "shop", "halved", models=("churn",))
        with halved as training, training.model("churn") as run:
            run.log_trial("trial-001", {"num_leaves": 7}, {"levelled_brier": 0.2})
            if fails:
                raise KilledError
            run.register(tiny())
        return training

    with pytest.raises(KilledError):
        search(fails=True)
    training = search(fails=False)
    trials = store.client.search_runs([training.experiment_id], "tags.`winback.role` = 'trial'")
    assert len(trials) == 1


def test_a_version_bears_its_card_as_description_cut_to_what_the_database_holds(store, tiny):
    with training_run(store, "shop", "card", models=("value", "churn")) as training:
        for model, card in (("value", "**why**"), ("churn", "x" * 6000)):
            with training.model(model) as run:
                run.register(tiny(), card=card)
    descriptions = {
        model: store.client.get_model_version(ref.name, str(ref.version)).description
        for model, ref in training.versions.items()
    }
    assert descriptions == {"value": "**why**", "churn": "x" * 5000}
