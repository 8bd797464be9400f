"""Who may read what a command writes: nobody but its owner, unless the job says otherwise."""

import pytest

JOB = """\
name: shop
as_of: 2024-06-30
data: {transactions: {source: orders.csv, max_rejected_share: 0.5}}
"""


@pytest.mark.parametrize(
    ("access", "file", "folder"),
    [(None, 0o600, 0o700), ("group", 0o640, 0o750), ("everyone", 0o644, 0o755)],
)
def test_results_are_for_their_owner_unless_the_job_says_otherwise(desk, access, file, folder):
    orders = "customer_id,timestamp,amount\na,2024-01-01,10\na,2024-03-01,10\nb,2024-02-01,x\n"
    desk.write("orders.csv", orders)
    job = desk.write("shop.yaml", JOB + (f"access: {access}\n" if access else ""))
    job.chmod(0o644)
    assert desk.winback("validate", "shop.yaml").returncode == 0
    out = desk.folder / "outputs"
    made = [out, *out.rglob("*")]
    assert any(path.name == "rejected.parquet" for path in made)
    for path in made:
        if not path.is_symlink():
            mode = path.stat().st_mode & 0o777
            assert mode == (folder if path.is_dir() else file), path
