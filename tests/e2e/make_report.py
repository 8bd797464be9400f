"""Make `data/report.json` anew, from which `test_browser.py` draws the page.

    python tests/e2e/make_report.py FOLDER

A shop of 6,000 customers is drawn in the folder, and the job is run twice: a quarter ago, so that
there are last lists, and today. A few sentences are added, that this shop gives no cause for.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
DATA = Path(__file__).parent / "data" / "report.json"
JOB = "pipelines/simulated_shop.yaml"
TOO_FEW = {"code": "not_fit.churn.fallback", "needs_days": None, "needs_customers": 900}
BEATEN = {"code": "beaten", "target": "revenue", "chosen": "rate+own_mean"}
BEATEN |= {"rival": "beta_geo+gamma_gamma", "loss": 0.07}


def make(folder: Path) -> None:
    """Draw the shop, run the job on two dates, and keep what the report says."""

    def winback(*arguments: str) -> None:
        subprocess.run([sys.executable, "-m", "winback", *arguments], cwd=folder, check=True)

    (folder / "pipelines").mkdir(parents=True, exist_ok=True)
    shutil.copy(ROOT / JOB, folder / JOB)
    shop = ("--customers", "6000", "--seed", "7", "--out", "data/simulated_shop")
    winback("simulate", *shop)
    winback("run", JOB, "--as-of", "2025-09-30")
    winback("run", JOB)
    keep(folder / "outputs" / "simulated_shop" / "report.json")


def keep(path: Path) -> None:
    """Keep a report's data, with more to read first and more to know of the models."""
    report = json.loads(path.read_text("utf-8"))
    report["week"]["first"] = [TOO_FEW, *report["week"]["first"]][:3]
    report["warnings"].insert(0, BEATEN)
    text = json.dumps(report, indent=1, ensure_ascii=False)
    DATA.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    make(Path(sys.argv[1]))
