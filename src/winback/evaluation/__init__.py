"""Metrics, the contest of candidates, backtests, and the gate."""
