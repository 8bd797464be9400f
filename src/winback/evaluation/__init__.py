"""Floor 3: metrics, the contest of candidates, backtests, and the gate."""
