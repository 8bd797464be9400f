"""What all tools are asked for alike."""

HORIZON = 360  # days: twelve months of 30, as lifetimes and pymc-marketing count them
MONTHLY = 0.01  # discount rate of a month
LEARNED = 10_000  # customers that a model is fitted on, untimed, before it predicts all
END = "2025-12-31"  # the last known day
FUTURES = 1_000  # simulated a customer for an interval; a job takes twice as many
