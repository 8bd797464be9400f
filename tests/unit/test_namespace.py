"""`import winback as wb`: everything by one name, and nothing paid before it is used."""

import subprocess
import sys

import winback as wb

HEAVY = ("pandas", "numpy", "plotly", "mlflow", "ibis", "duckdb", "sklearn", "lightgbm", "pydantic")


def test_every_name_is_there_listed_and_documented():
    assert sorted(wb.__all__) == sorted(set(wb.__all__))
    assert set(wb.__all__) <= set(dir(wb))
    for name in wb.__all__:
        assert getattr(wb, name).__doc__


def test_importing_the_package_imports_nothing_heavy():
    code = f"import winback, sys; print([m for m in {HEAVY} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
