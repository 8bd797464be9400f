"""A shop whose job has run: trained once, and copied by whoever changes something."""

import pandas as pd
import pytest

from winback.workflows.run import run

JOB = """\
name: shop
as_of: 1998-06-30
currency: USD
data:
  transactions: {source: orders.csv}
  customers: {source: customers.csv}
value: {horizon_days: 90, purchase_model: beta_geo}
churn: {active_within_days: 180, snapshots: {count: 4}}
lists:
  churn_warning: {capacity: 20}
"""
OPTED_OUT = 100


@pytest.fixture(scope="session")
def trained(workshop_once, workshop_in, cdnow_quarter):
    # few enough for the simple models of churn, which are quick to train
    people = pd.DataFrame({"customer_id": sorted(cdnow_quarter["customer_id"].unique())[:480]})
    orders = cdnow_quarter[cdnow_quarter["customer_id"].isin(people["customer_id"])]
    people["opt_out"] = people.index < OPTED_OUT

    def fill(folder):
        workshop_in(folder, JOB, orders=orders, customers=people).do(run)

    return workshop_once("trained", fill)


@pytest.fixture(scope="module")
def shop(trained, tmp_path_factory):
    """Return a copy for the tests of a module."""
    return trained.copy_to(tmp_path_factory.mktemp("shop") / "shop")
