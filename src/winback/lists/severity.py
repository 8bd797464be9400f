"""How serious a warning is: calibrated risk combined with the breach of the customer's own rhythm.

The rule, with the default thresholds (`days_since_last / typical_gap_days` is the overdue ratio):

=================  =================  =================  =================
risk               ratio below 1.5    1.5 to below 3     3 and more
=================  =================  =================  =================
below .50          none               none               none
.50 to below .70   none               yellow             orange
.70 to below .85   yellow             orange             red
.85 and more       orange             red                red
=================  =================  =================  =================

Risk counts 0 to 3, the breach 0 to 2; severity is their sum less one, at most 3, and none without
risk. It never falls when the risk or the silence grows. A customer who was on an earlier list
keeps the colour until the figures are clearly below its thresholds, so that colours do not flap.
What counts is the colour that somebody saw: who was at risk then but beyond the capacity has none
to keep.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd

from winback.errors import Sentence, UsageError
from winback.lists.columns import require

COLOURS = ("yellow", "orange", "red")
LEVELS = ("none", *COLOURS)
RISK_THRESHOLDS = (0.50, 0.70, 0.85)
BREACH_THRESHOLDS = (1.5, 3.0)
"""Of exponential gaps 35% and 13% exceed these multiples of their median."""
EASE = 0.9  # a colour is kept until risk or ratio fall below this share of its thresholds


@dataclass(frozen=True)
class Thresholds:
    """The rule table: from which risk and which breach of the rhythm on a colour is given.

    Parameters
    ----------
    risk
        Three rising risks in (0, 1]: at risk, at high risk, at very high risk.
    breach
        Two rising ratios above 0, of the silence to the customer's own typical gap: from which the
        rhythm is broken, badly so.

    Raises
    ------
    UsageError
        If they do not rise or are out of range.
    """

    risk: Sequence[float] = RISK_THRESHOLDS
    breach: Sequence[float] = BREACH_THRESHOLDS

    def __post_init__(self) -> None:
        """Refuse what makes no scale."""
        _check(self.risk, 3, 1.0, "risk_thresholds")
        _check(self.breach, 2, np.inf, "breach_thresholds")

    def level(
        self, risk: npt.ArrayLike, overdue_ratio: npt.ArrayLike, *, ease: float = 1.0
    ) -> npt.NDArray[np.int64]:
        """Read the table: 0 none, 1 yellow, 2 orange, 3 red.

        Parameters
        ----------
        risk
            Calibrated P(no purchase in the horizon), shape (n,).
        overdue_ratio
            Days since the last purchase over the customer's own typical gap, shape (n,). Missing:
            no rhythm is known, so none is broken.
        ease
            The thresholds count at this share of themselves.

        Examples
        --------
        >>> Thresholds().level([0.4, 0.6, 0.6, 0.9, 0.9], [9.0, 0.5, 3.0, 0.5, 1.5]).tolist()
        [0, 0, 2, 2, 3]
        """
        risks = np.asarray(self.risk, dtype="float64") * ease
        breaches = np.asarray(self.breach, dtype="float64") * ease
        ratio = np.nan_to_num(np.asarray(overdue_ratio, dtype="float64"), nan=0.0)
        risk_points = np.searchsorted(risks, np.asarray(risk, dtype="float64"), side="right")
        breach_points = np.searchsorted(breaches, ratio, side="right")
        level = np.clip(risk_points + breach_points - 1, 0, 3)
        return np.where(risk_points == 0, 0, level).astype("int64")


def severity(
    scores: pd.DataFrame,
    *,
    as_of: date,
    thresholds: Thresholds | None = None,
    warn: pd.Series | None = None,
    keep: pd.Series | None = None,
    previous: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Give every customer a severity, mindful of an earlier list.

    Parameters
    ----------
    scores
        `customer_id, p_churn, overdue_ratio`.
    as_of
        The last day that is known.
    thresholds
        The rule table. None: as by default.
    warn, keep
        Who is warned about, and who else stays so if they were on the earlier list, whatever the
        table says (booleans, aligned): they are yellow at least, all others have no colour. None:
        the rule table decides, or nobody else stays.
    previous
        The newest list of an earlier `as_of`: `customer_id, as_of, severity` and, if it has it,
        `days_at_severity`. An empty list is as good as none.

    Returns
    -------
    pandas.DataFrame
        Aligned with `scores`: `level` (0 to 3), `severity` (a name of `LEVELS`),
        `previous_severity` (missing if not on the earlier list), `days_at_severity` (0 where the
        colour is new).

    Raises
    ------
    UsageError
        If the earlier list is not earlier.

    Examples
    --------
    >>> scores = pd.DataFrame({"customer_id": ["a"], "p_churn": [0.82], "overdue_ratio": [1.5]})
    >>> before = pd.DataFrame({"customer_id": ["a"], "as_of": [date(2011, 12, 2)],
    ...                        "severity": ["red"], "days_at_severity": [3]})
    >>> severity(scores, as_of=date(2011, 12, 9), previous=before).iloc[0].to_dict()
    {'level': 3, 'severity': 'red', 'previous_severity': 'red', 'days_at_severity': 10}
    """
    risk, ratio = scores["p_churn"], scores["overdue_ratio"]
    table = thresholds or Thresholds()
    before = _earlier(previous, as_of).reindex(scores["customer_id"].astype("str"))
    previous_level = before["level"].fillna(0).to_numpy(dtype="int64")
    level = table.level(risk, ratio)
    eased = table.level(risk, ratio, ease=EASE)
    if warn is not None:
        kept = warn if keep is None else warn | keep
        level = np.where(warn, np.maximum(level, 1), 0)
        eased = np.where(kept, np.maximum(eased, 1), 0)
    level = np.maximum(level, np.minimum(previous_level, eased))
    return pd.DataFrame(
        {
            "level": level,
            "severity": pd.Series(np.array(LEVELS)[level], index=scores.index, dtype="str"),
            "previous_severity": before["severity"].to_numpy(),
            "days_at_severity": np.where(
                (level > 0) & (level == previous_level),
                before["days"].fillna(0).to_numpy(dtype="int64"),
                0,
            ),
        },
        index=scores.index,
    )


def _earlier(previous: pd.DataFrame | None, as_of: date) -> pd.DataFrame:
    """Index an earlier list by customer: severity, level, days at it by now."""
    if previous is None or previous.empty:
        return pd.DataFrame(
            {"severity": [], "level": [], "days": []}, index=pd.Index([], dtype=str)
        )
    require(previous, ("as_of", "severity"), what="the earlier warnings")
    elapsed = (pd.Timestamp(as_of) - pd.to_datetime(previous["as_of"])).dt.days
    if (elapsed <= 0).any():
        raise UsageError(
            "the earlier list is not of an earlier date",
            where="previous",
            got=f"{previous['as_of'].max():%Y-%m-%d}",
            allowed=Sentence("before {as_of}", as_of=as_of.isoformat()),
        )
    days = previous["days_at_severity"] if "days_at_severity" in previous.columns else 0
    return pd.DataFrame(
        {
            "severity": previous["severity"],
            "level": previous["severity"].map(dict(zip(LEVELS, range(4), strict=True))),
            "days": elapsed + days,
        }
    ).set_axis(previous["customer_id"].astype("str"))


def _check(thresholds: Sequence[float], n: int, at_most: float, where: str) -> None:
    rising = all(a < b for a, b in pairwise(thresholds))
    if len(thresholds) != n or not rising or not 0 < thresholds[0] <= thresholds[-1] <= at_most:
        raise UsageError(
            "the thresholds do not make a scale",
            where=where,
            got=list(thresholds),
            allowed=Sentence("{n} rising {n:form.number/numbers} above 0", n=n)
            if at_most == np.inf
            else Sentence("{n} rising {n:form.number/numbers} above 0, at most 1", n=n),
        )
