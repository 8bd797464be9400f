"""The least that a churn model learns from, and the candidate that learns nothing."""

from typing import Final

MIN_CUSTOMERS: Final = 50
MIN_PER_CLASS: Final = 20  # rows that churned, and rows that did not
BASE_RATE: Final = "base_rate"  # the candidate that gives every customer the same risk
