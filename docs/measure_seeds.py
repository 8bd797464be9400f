"""Show how far the seed of the simulation moves the misses above CDNOW's intervals of 39 weeks."""  # noqa: INP001

from __future__ import annotations

import sys
import time
from datetime import date

from winback.data.intake import read_transactions
from winback.estimators.base.artifact import make
from winback.evaluation.forward import LEVELS
from winback.evaluation.metrics import interval_metrics
from winback.evaluation.past import Past
from winback.evaluation.value_candidates import VALUE_CANDIDATES
from winback.evaluation.value_judged import levelled, value_choices
from winback.evaluation.windows import Window

SEEDS = (42, 0, 1, 2, 3, 4)
SPLIT = Window(date(1997, 9, 30), date(1998, 6, 30))


def main(draws: list[int]) -> None:
    """Print a line for each number of futures and seed."""
    past = Past(read_transactions("sample:cdnow"), SPLIT.until)
    then = past.at(SPLIT.as_of)
    choice = value_choices(then, SPLIT.horizon_days, random_state=42)["revenue"]
    frame = then.frame(SPLIT.horizon_days)
    actual = past.outcomes(SPLIT, frame["customer_id"])["revenue"]
    recipe = levelled({choice.name: VALUE_CANDIDATES[choice.name]}, choice.level, {choice.name})[
        choice.name
    ]
    model = make(recipe).set_params(horizon_days=SPLIT.horizon_days).fit(frame)
    predicted = model.expected(frame)["revenue"]
    sys.stdout.write(f"{choice.name}, {choice.level}\n")
    for n_draws in draws:
        for seed in SEEDS:
            began = time.process_time()
            ends = model.set_params(n_draws=n_draws, random_state=seed).intervals(frame)
            seconds = time.process_time() - began
            above = []
            for level in LEVELS:
                low, high = (ends[f"revenue_{side}_{100 * level:g}"] for side in ("low", "high"))
                judged = interval_metrics(actual, low, high, predicted, level=level)
                above.append(f"{judged['above']:.1%} above {level:.0%}")
            told = f"{n_draws:,} futures, seed {seed}: {', '.join(above)}"
            sys.stdout.write(f"{told}; {seconds:.1f} s of processor time\n")


if __name__ == "__main__":
    main([int(text) for text in sys.argv[1:]] or [1000, 2000, 4000])
