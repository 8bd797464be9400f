"""A shop whose truth is known: to learn winback on, and to judge its lists by.

Customers order by BG/NBD and spend by Gamma-Gamma, on a common level of demand with a season and a
drift. Complaints drive some away, visits fade before customers leave, and earlier win-back
campaigns with a control group worked on some, not on others, and annoyed a few.

Examples
--------
>>> import tempfile
>>> from datetime import date
>>> from pathlib import Path
>>> folder = Path(tempfile.mkdtemp())
>>> shop = simulate(folder, customers=100, seed=7)
>>> true = read_truth(folder).at(date(2025, 12, 31), 90)
>>> bool(true["p_purchase"].between(0, 1).all())
True
"""

from winback.data.simulate.shop import FILES, Simulated, simulate
from winback.data.simulate.shop_parameters import ShopParameters
from winback.data.simulate.truth import Truth, read_truth

__all__ = ["FILES", "ShopParameters", "Simulated", "Truth", "read_truth", "simulate"]
