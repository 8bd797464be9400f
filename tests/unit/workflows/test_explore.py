"""`open_job`: everything a job says, on any earlier day, and nothing left behind."""

import gc
from datetime import date

import pytest

from winback.errors import ConfigError
from winback.workflows.explore import open_job

YAML = """
name: shop
as_of: 1998-06-30
margin: 0.3
data: {transactions: {source: sample:cdnow-tenth}}
value: {horizon_days: 273, purchase_model: pareto_nbd}
tiers: {n_tiers: 4}
"""


@pytest.fixture
def path(tmp_path):
    file = tmp_path / "shop.yaml"
    file.write_text(YAML, encoding="utf-8")
    return file


def test_an_opened_job_looks_back_and_makes_models_as_the_job_wants(path):
    job = open_job(path)
    window = job.window("value")
    assert (window.as_of, window.until) == (date(1997, 9, 30), date(1998, 6, 30))
    rfm = job.rfm(window.as_of)
    assert rfm["T"].max() == 272
    assert job.outcomes(window, rfm["customer_id"])["purchases"].sum() == 1882
    assert job.value_model().get_params(deep=False)["purchase_model"] == "pareto_nbd"
    assert job.value_model(margin=0.5).margin == 0.5
    assert job.tiers_model().n_tiers == 4
    assert repr(job) == "<OpenJob: shop as of 1998-06-30>"
    assert "273 days" in job._repr_html_()


def test_settings_can_be_others_and_nothing_stays(path, tmp_path):
    job = open_job(path, as_of="1997-12-31", overrides={"churn.active_within_days": 90})
    assert job.as_of == date(1997, 12, 31)
    assert job.purchases.counts.last_day <= job.as_of
    assert job.settings.churn.active_within_days == 90
    folder = job._work.results.out
    assert folder.exists()
    del job
    gc.collect()
    assert not folder.exists()
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(ConfigError):
        open_job(path, overrides={"churn.nothing": 1})
