import json

from winback.registry import training_run


def test_what_is_logged_can_be_read_and_holds_no_password(store, folder):
    secret = "postgresql://ann:s3cret@db/shop"
    with training_run(store, "shop", "key", models=[]) as run:
        run.log_params({"value": {"horizon_days": 365}, "data": {"source": secret}})
        run.log_params({f"p{number}": number for number in range(250)})
        run.log_metrics({"MAE (days)": 1.5, "bias": float("inf")}, split="1997-09-30")
        run.log_text("text", "notes/a.txt")
        run.log_dict({"rows": 3}, "profile.json")
        run.log_dataset(
            "transactions",
            fingerprint="0123456789abcdef",
            source=secret,
            profile={"rows": 3, "customers": 2},
            columns={"customer_id": "string", "amount": "double"},
        )
    logged = store.client.get_run(run.run_id)
    assert logged.data.params["value.horizon_days"] == "365"
    assert len(logged.data.params) == 252
    assert logged.data.metrics == {"1997-09-30/MAE _days_": 1.5}
    (entry,) = logged.inputs.dataset_inputs
    assert (entry.dataset.name, entry.dataset.digest) == ("transactions", "0123456789abcdef")
    assert json.loads(entry.dataset.profile) == {"rows": 3, "customers": 2}
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert {path.name for path in files} >= {"mlflow.db", "a.txt", "profile.json"}
    assert [path.name for path in files if b"s3cret" in path.read_bytes()] == []
