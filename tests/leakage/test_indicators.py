"""Whatever happens, or becomes known, after a day changes no indicator of that day."""

from datetime import date

import pandas as pd
import pyarrow as pa

from winback.data.connect import open_engine
from winback.data.contracts import IntakeCounts, Transactions
from winback.data.intake import read_transactions
from winback.evaluation.past import Past
from winback.indicators.definition import read_catalogue
from winback.indicators.facts import Facts
from winback.indicators.over_time import compute_indicators

AS_OF = date(1997, 12, 17)  # inside a week and a month


def computed(engine, rows, name):
    table = engine.create_table(name, pa.Table.from_pandas(rows, preserve_index=False))
    counts = IntakeCounts(len(rows))
    read = Transactions(table, table, counts, has_amounts=True, count_zero=False, fingerprint="")
    facts = Facts(Past(read, AS_OF))
    made = [
        compute_indicators(facts, read_catalogue(), grain=grain).table
        for grain in ("week", "month")
    ]
    return pd.concat(made, ignore_index=True)


def test_another_future_and_another_order_of_rows_change_no_bit():
    engine = open_engine()
    try:
        read = read_transactions("sample:cdnow-tenth", engine=engine).table
        rows = read.select("customer_id", "day", "booked_on", "known_on", "amount")
        rows = rows.to_pyarrow().to_pandas()
        news = rows.sample(500, random_state=1).assign(
            day=date(1998, 1, 5), booked_on=date(1998, 1, 5), known_on=date(1998, 1, 5), amount=1e6
        )
        late = rows.sample(500, random_state=2).assign(known_on=date(1998, 2, 1), amount=-50.0)
        future = pd.concat([rows[rows["known_on"] <= AS_OF], news, late]).sample(
            frac=1, random_state=3
        )
        assert computed(engine, rows, "now").equals(computed(engine, future, "changed"))
    finally:
        engine.disconnect()
