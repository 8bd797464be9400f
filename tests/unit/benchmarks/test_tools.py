"""winback's side of the benchmark names models that there are."""

import importlib.util
from pathlib import Path

import winback as wb

HOME = Path(__file__).resolve().parents[3] / "benchmarks"


def test_every_model_of_the_benchmark_fits(monkeypatch):
    monkeypatch.syspath_prepend(HOME)
    spec = importlib.util.spec_from_file_location("bench_winback", HOME / "tool_winback.py")
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    customers = wb.rfm_summary(wb.read_transactions("sample:cdnow-tenth"), "1997-09-30")
    for name in tool.MODELS:
        tool.import_for(name)
        fitted = getattr(tool, name)(customers.head(400))()
        assert all(value > 0 for value in fitted.values())
