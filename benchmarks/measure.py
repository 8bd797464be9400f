"""Measure one task of one tool in this process; print what was seen as a line of JSON.

    python benchmarks/measure.py TOOL TASK FOLDER BORN PATIENCE

``BORN`` is the time at which the process was asked for. A task is done once, cold; then again for
as long as ``PATIENCE`` seconds of processor time allow, twice at most, warm. Reading the data is
in no number.
"""

from __future__ import annotations

import importlib
import json
import resource
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

warnings.simplefilter("ignore")
WARM_RUNS = 2


def main(tool: str, task: str, folder: Path, born: float, patience: float) -> None:
    """Import, read, do it cold, do it again warm."""
    module = importlib.import_module(f"tool_{tool}")  # imports what this tool's user would import
    module.import_for(task)
    imported = {"wall": time.time() - born, "cpu": time.process_time()}
    orders, customers = _read(folder, "orders"), _read(folder, "customers")
    if task == "rfm_text":  # such as a shop's own numbers
        orders["customer_id"] = "C-" + orders["customer_id"].astype(str).str.zfill(8)
    does = getattr(module, task.removesuffix("_text"))
    work: Callable[[], Any] = does(orders if task.startswith("rfm") else customers)
    seen = _timed(work)
    answer = seen.pop("answer")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    warm: list[dict[str, float]] = []
    while len(warm) < WARM_RUNS and patience > (1 + len(warm)) * seen["cpu"]:
        again = _timed(work)
        again.pop("answer")
        warm.append(again)
    found = {"imported": imported, "first": seen, "warm": warm, "peak_mb": peak, "answer": answer}
    print(json.dumps(found))


def _timed(work: Callable[[], Any]) -> dict[str, Any]:
    wall, cpu = time.perf_counter(), time.process_time()
    answer = work()
    return {
        "wall": time.perf_counter() - wall,
        "cpu": time.process_time() - cpu,
        "answer": answer,
    }


def _read(folder: Path, name: str) -> Any:
    import numpy as np  # noqa: PLC0415 - after the tool, whose imports are measured
    import pandas as pd  # noqa: PLC0415

    paths = folder.glob(f"{name}_*.npy")
    return pd.DataFrame({path.stem.removeprefix(f"{name}_"): np.load(path) for path in paths})


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]), float(sys.argv[4]), float(sys.argv[5]))
