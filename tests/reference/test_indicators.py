"""Retention under its three names, as published for two data sets: one word, three figures."""

from datetime import date

import pytest

from winback.data.connect import open_engine
from winback.data.intake import read_transactions
from winback.evaluation.past import Past
from winback.indicators.definition import read_catalogue
from winback.indicators.facts import Facts
from winback.indicators.over_time import compute_indicators

COLUMNS = {
    "customer_id": "CustomerID",
    "timestamp": "InvoiceDate",
    "amount": "Quantity * UnitPrice",
}
SHOPS = {
    # exactly day 30, within 30 days, on or after day 30, on or after day 90; all on mature cohorts
    "cdnow": (date(1998, 6, 30), (0.007, 0.175, 0.438, 0.384)),
    "online_retail": (date(2011, 12, 9), (0.009, 0.190, 0.637, 0.651)),
}
NAMES = (
    "retention_30d_exactly",
    "retention_30d_within",
    "retention_30d_on_or_after",
    "retention_90d_on_or_after",
)


@pytest.mark.parametrize("shop", SHOPS)
def test_retention_of_mature_customers(shop, request):
    as_of, published = SHOPS[shop]
    engine = open_engine()
    try:
        if shop == "cdnow":
            read = read_transactions("sample:cdnow", engine=engine)
        else:
            path = request.getfixturevalue("online_retail")
            sales = "Quantity > 0 AND UnitPrice > 0 AND CustomerID IS NOT NULL"
            read = read_transactions(str(path), columns=COLUMNS, filter=sales, engine=engine)
        known = Facts(Past(read, as_of))
        wanted = {name: read_catalogue()[name] for name in NAMES}
        table = compute_indicators(known, wanted, grain="all").table.set_index("indicator")
        assert table.loc[list(NAMES), "value"].round(3).tolist() == list(published)
        # with customers counted who have not been followed for 90 days, it would read .506
        if shop == "online_retail":
            everybody = known.past.first_purchases.count().to_pyarrow().as_py()
            late = table.loc["retention_90d_on_or_after"]
            assert late["n"] < everybody
            assert round(late["numerator"] / everybody, 3) == pytest.approx(0.506, abs=5e-4)
    finally:
        engine.disconnect()
