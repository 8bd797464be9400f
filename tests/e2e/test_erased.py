"""Twenty persons are planted, listed, shown, erased: no byte that is left names any of them."""

import gzip
import json
import sqlite3
from zipfile import ZipFile, is_zipfile

import duckdb
import pandas as pd
import pyarrow.parquet as pq
import pytest

from winback import personal_key, signing

JOB = """\
name: shop
as_of: 1998-06-30
currency: USD
data:
  transactions: {source: orders.csv}
  customers: {source: customers.csv}
  contacts: {source: contacts.csv}
  identities: {source: seen.csv, region: CN}
value: {horizon_days: 90, purchase_model: beta_geo}
churn: {active_within_days: 180, snapshots: {count: 4}}
lists:
  churn_warning: {capacity: 20}
  database: {url: "duckdb://lists.duckdb"}
tracking: {uri: "sqlite:///store/mlflow.db"}
output: out
"""
LISTED = ("churn_warning", "win_back", "win_back_control")


def named(customer):
    return f"person-{customer}-of-the-shop"


def contents(path):
    """Yield every form in which a file's bytes can be read: as they are, and unpacked."""
    yield path.read_bytes()
    if path.suffix == ".parquet":
        yield pq.read_table(path).to_pandas().to_csv().encode()
    elif path.suffix == ".gz":
        yield gzip.decompress(path.read_bytes())
    elif path.suffix == ".duckdb":
        with duckdb.connect(str(path), read_only=True) as base:
            for (table,) in base.execute("SELECT table_name FROM duckdb_tables()").fetchall():
                yield base.execute(f'FROM "{table}"').df().to_csv().encode()
    elif path.suffix == ".db":
        with sqlite3.connect(path) as base:
            yield "\n".join(base.iterdump()).encode()
    elif is_zipfile(path):
        with ZipFile(path) as archive:
            for name in archive.namelist():
                yield archive.read(name)


def naming(folders, names):
    """Return which files name any of these, in their names or in any byte."""
    marks = [name.encode() for name in names]
    paths = [path for folder in folders for path in [folder, *folder.rglob("*")]]
    return sorted(
        path.name
        for path in paths
        if any(mark in path.name.encode() for mark in marks)
        or (path.is_file() and any(m in text for text in contents(path) for m in marks))
    )


@pytest.fixture
def shop(desk, cdnow_quarter, monkeypatch):
    people = sorted(cdnow_quarter["customer_id"].unique())[:480]
    orders = cdnow_quarter[cdnow_quarter["customer_id"].isin(people)]
    orders = orders.assign(
        customer_id=orders["customer_id"].map(named), timestamp=orders["timestamp"]
    )
    bad = pd.DataFrame({"customer_id": [named(people[0])], "timestamp": "x", "amount": 1.0})
    pd.concat([orders, bad]).to_csv(desk.folder / "orders.csv", index=False)
    ids = [named(name) for name in people]
    pd.DataFrame({"customer_id": ids, "opt_out": 0, "referred_by": [None, *ids[:-1]]}).to_csv(
        desk.folder / "customers.csv", index=False
    )
    pd.DataFrame(
        {
            "customer_id": ids[:60],
            "timestamp": "1998-01-05",
            "channel": "email",
            "experiment_id": "winter",
            "arm": ["treated", "control"] * 30,
        }
    ).to_csv(desk.folder / "contacts.csv", index=False)
    phones = [f"138{n // 2:08}" for n in range(len(ids))]  # two ids a person
    pd.DataFrame({"customer_id": ids, "phone": phones, "timestamp": "1997-01-01"}).to_csv(
        desk.folder / "seen.csv", index=False
    )
    desk.write("shop.yaml", JOB)
    for variable in (personal_key.VARIABLE, signing.VARIABLE):
        monkeypatch.setenv(variable, str(desk.write(variable, f"a key for {variable}")))
    return desk


def told(done):
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.slow
@pytest.mark.parametrize("pseudonyms", [False, True])
def test_no_byte_names_who_was_erased_now_or_after_the_next_run(shop, pseudonyms):
    key = personal_key.personal_key()
    if pseudonyms:
        shop.write("shop.yaml", JOB.replace("data:\n", "data:\n  pseudonyms: true\n"))
    out, store = shop.folder / "out", shop.folder / "store"
    told(shop.winback("run", "shop.yaml", "--json"))
    told(shop.winback("identities", "shop.yaml", "--json"))
    listed = [pd.read_parquet(out / f"{name}.parquet")["customer_id"] for name in LISTED]
    persons = pd.concat([part.head(7) for part in listed]).drop_duplicates().head(20).tolist()
    seen = pd.read_csv(shop.folder / "seen.csv", dtype=str).set_index("customer_id")["phone"]
    if pseudonyms:
        assert naming([out, store, shop.folder / "lists.duckdb"], seen.index[:50]) == []
        own = {key.pseudonym(name): name for name in seen.index}
        persons = [own[name] for name in persons]
    planted = sorted(seen.index[seen.isin(seen[persons])])  # every id of theirs
    names = [*planted, *map(key.pseudonym, planted)]
    told(shop.winback("explain", "shop.yaml", persons[0], "--html", "--json"))
    assert (len(persons), len(planted)) == (20, 40)
    before = naming([out, shop.folder / "lists.duckdb"], names)
    kinds = {"csv", "parquet", "xlsx", "html", "json", "duckdb"}
    assert {name.rpartition(".")[2] for name in before} >= kinds

    kept = told(shop.winback("backup", "shop.yaml", "--to", "kept", "--json"))["folder"]
    assert naming([shop.folder / "kept"], names)
    (shop.folder / "requests.txt").write_text("\n".join(persons[1:]), encoding="utf-8")
    asked = ("erase", "shop.yaml", persons[0], "--file", "requests.txt", "--json")
    receipt = told(shop.winback(*asked))
    left = [out, store, shop.folder / "lists.duckdb"]
    assert naming(left, names) == []
    assert (receipt["persons"], receipt["ids"], receipt["not_found"]) == (20, 40, 0)
    assert receipt["tombstones"] == 40
    assert receipt["pages"] == 1
    assert {"report.html", "lists.xlsx", "scores.parquet", "evaluation.parquet"} <= set(
        receipt["rows"]
    )
    assert set(receipt["database"]) == {f"winback_{name}" for name in LISTED}
    assert not any(name in json.dumps(receipt) for name in names)
    assert shop.winback("verify", "out").returncode == 0
    manifest = json.loads((out / "manifest.json").read_text())
    arms = [n for counts in receipt["arms"].values() for n in counts.values()]
    assert manifest["erased"]["ids"] == 40
    assert sum(arms) == sum(
        name in set(names) for part in listed[1:] for name in part
    )  # on the win-back list, in either arm
    assert manifest["win_back"]["control"] == len(listed[2])  # they stay counted

    restored = told(shop.winback("restore", "shop.yaml", kept, "--force", "--json"))
    assert restored["erased_rows"] == sum(receipt["rows"].values())
    assert naming(left, names) == []

    pd.concat(
        [
            pd.read_csv(shop.folder / "seen.csv", dtype=str),
            pd.DataFrame(
                {
                    "customer_id": ["person-new-of-the-shop"],
                    "phone": seen[persons[0]],
                    "timestamp": "1996-01-01",
                }
            ),
        ]
    ).to_csv(shop.folder / "seen.csv", index=False)  # one more id of an erased person
    with (shop.folder / "orders.csv").open("a", encoding="utf-8") as file:
        file.write("person-new-of-the-shop,1998-05-05,9.5\n")
    told(shop.winback("run", "shop.yaml", "--json"))
    assert naming(left, [*names, "person-new-of-the-shop"]) == []
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["intake"]["erased"] > 20
    assert manifest["erased"]["ids"] == 40
    assert shop.winback("verify", "out").returncode == 0
