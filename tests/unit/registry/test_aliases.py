import pytest

from winback.errors import RegistryError, UsageError
from winback.registry import aliases_of, promote, resolve, rollback, training_run


@pytest.fixture
def versions(store, tiny):
    """Return three versions of shop-churn."""
    refs = []
    for slope in (1.0, 2.0, 3.0):
        with (
            training_run(store, "shop", f"key{slope}", models=["churn"]) as training,
            training.model("churn") as run,
        ):
            refs.append(run.register(tiny(slope)))
    return refs


def test_the_newest_training_is_the_challenger(store, versions):
    assert aliases_of(store, "shop-churn") == {"challenger": 3}


def test_the_champion_moves_last_and_its_predecessor_is_remembered(store, versions):
    first, second, _ = versions
    promote(store, first)
    assert aliases_of(store, "shop-churn") == {"challenger": 3, "champion": 1}
    promote(store, second)
    promote(store, second)  # once more changes nothing
    assert aliases_of(store, "shop-churn") == {"challenger": 3, "champion": 2, "previous": 1}


def test_a_promotion_that_is_killed_leaves_the_champion_and_can_be_repeated(
    store, versions, monkeypatch
):
    first, second, _ = versions
    promote(store, first)
    move, moved = store.client.set_registered_model_alias, []

    def killed_at_the_second(*args):
        moved.append(args)
        if len(moved) == 2:
            raise KeyboardInterrupt
        move(*args)

    with monkeypatch.context() as context:
        context.setattr(store.client, "set_registered_model_alias", killed_at_the_second)
        with pytest.raises(KeyboardInterrupt):
            promote(store, second)
    assert aliases_of(store, "shop-churn")["champion"] == 1
    promote(store, second)
    assert aliases_of(store, "shop-churn") == {"challenger": 3, "champion": 2, "previous": 1}


def test_rollback_swaps_champion_and_previous(store, versions):
    first, second, _ = versions
    promote(store, first)
    with pytest.raises(RegistryError, match="no earlier champion"):
        rollback(store, "shop-churn")
    promote(store, second)
    assert rollback(store, "shop-churn") == first
    assert aliases_of(store, "shop-churn") == {"challenger": 3, "champion": 1, "previous": 2}


def test_every_way_to_name_a_version_means_the_same(store, versions):
    promote(store, versions[1])
    for uri in ("shop-churn@champion", "shop-churn/2", "models:/shop-churn@champion"):
        assert resolve(store, uri) == versions[1]
    assert resolve(store, "shop-churn@Champion").version == 2


@pytest.mark.parametrize(
    ("uri", "named"),
    [
        ("shop-churn@chmpion", "challenger (3)"),
        ("shop-churn/7", "1, 2, 3"),
        ("shop-chrn@champion", "shop-churn"),
    ],
)
def test_what_does_not_exist_is_refused_naming_what_does(store, versions, uri, named):
    with pytest.raises(RegistryError) as caught:
        resolve(store, uri)
    assert named in str(caught.value)


@pytest.mark.parametrize("uri", ["shop-churn", "shop-churn/latest", "@champion", "a/b/1", ""])
def test_what_names_no_version_is_bad_usage(store, uri):
    with pytest.raises(UsageError, match="does not name a model version"):
        resolve(store, uri)


def test_a_stranger_in_the_registry_is_not_taken_for_ours(store):
    store.client.create_registered_model("theirs")
    store.client.create_model_version("theirs", "file:///nowhere")
    with pytest.raises(RegistryError, match="not registered by winback"):
        resolve(store, "theirs/1")
