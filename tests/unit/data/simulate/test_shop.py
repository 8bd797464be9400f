import pyarrow.parquet as pq
import pytest

from winback.data.simulate import ShopParameters, read_truth, simulate
from winback.data.simulate import shop as module
from winback.errors import DataError, UsageError


def bytes_of(made):
    return {name: path.read_bytes() for name, path in made.paths.items()}


def test_the_same_seed_gives_the_same_bytes_and_another_seed_another_shop(tmp_path):
    first, again, other = (
        bytes_of(simulate(tmp_path / name, customers=300, seed=seed))
        for name, seed in (("first", 1), ("again", 1), ("other", 2))
    )
    assert first == again
    assert all(first[name] != other[name] for name in first)


def test_blocks_are_row_groups_that_depend_on_nothing_but_their_number(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "BLOCK", 100)
    done = []
    made = simulate(
        tmp_path, customers=250, seed=5, progress=lambda now, all_: done.append((now, all_))
    )
    assert done == [(100, 250), (200, 250), (250, 250)]
    truth = read_truth(tmp_path)
    alone, bad = module.draw_block(1, 100, 5, truth.level, truth.parameters)
    for name, table in alone.items():
        file = pq.ParquetFile(made.paths[name])
        assert file.num_row_groups == 3
        assert file.read_row_group(1).equals(table), name
        assert file.metadata.num_rows == made.counts[name]
    assert read_truth(tmp_path).customers["purchase_rate"].is_unique  # a stream for each block
    assert 0 < sum(bad.values()) < sum(made.bad_rows.values())


def test_a_switch_changes_only_what_it_is_about(tmp_path):
    usual = simulate(tmp_path / "usual", customers=300, seed=1)
    loyal = simulate(
        tmp_path / "loyal", customers=300, seed=1, parameters=ShopParameters(dropout=False)
    )
    flat = simulate(
        tmp_path / "flat",
        customers=300,
        seed=1,
        parameters=ShopParameters(season=False, drift=False),
    )
    lost, kept = read_truth(tmp_path / "usual").customers, read_truth(tmp_path / "loyal").customers
    assert lost["dropped_out_at"].notna().sum() > 50
    assert kept["dropped_out_at"].isna().all()
    same = ["customer_id", "acquired_at", "purchase_rate", "mean_spend", "uplift"]
    assert lost[same].equals(kept[same])
    assert loyal.counts["transactions"] > usual.counts["transactions"]
    assert set(read_truth(tmp_path / "flat").level.daily) == {1.0}
    assert flat.counts["customers"] == 300


@pytest.mark.parametrize("wrong", [{"customers": 0}, {"seed": -1}, {"days": 3}])
def test_arguments_out_of_range_are_refused(tmp_path, wrong):
    with pytest.raises(UsageError, match="too small"):
        simulate(tmp_path, **{"customers": 10, "seed": 1, **wrong})


def test_a_shop_that_stops_half_way_leaves_the_earlier_one(tmp_path, monkeypatch):
    before = bytes_of(simulate(tmp_path, customers=100, seed=1))
    monkeypatch.setattr(module, "BLOCK", 50)

    def stop(done, _):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate(tmp_path, customers=100, seed=2, progress=stop)
    left = {path.stem: path.read_bytes() for path in tmp_path.iterdir()}
    assert left == before


def test_without_a_description_there_is_no_shop(tmp_path):
    with pytest.raises(DataError, match="no simulated shop"):
        read_truth(tmp_path)
