"""The limits of a list that nobody can set aside: whatever is asked for, some are left alone."""

from __future__ import annotations

from winback.errors import UsageError

LEAST_CONTROL_SHARE = 0.05
LEAST_HOLDOUT_SHARE = 0.005
EXPLORATION_SHARES = (0.05, 0.5)
MOST_CONTACTED = 0.8  # of the eligible
NEEDS_CONTROLS = 30  # from so many treated on


def check_shares(
    *,
    control_share: float | None,
    holdout_share: float | None,
    exploration_share: float | None,
    max_share: float | None,
) -> None:
    """Refuse shares under which hardly anybody would be left alone, or nothing measured.

    Raises
    ------
    UsageError
        Naming the share, its range and what to write.

    Examples
    --------
    >>> check_shares(control_share=0.2, holdout_share=0.02, exploration_share=0.1, max_share=0.5)
    >>> check_shares(control_share=0.2, holdout_share=0.02, exploration_share=0.1, max_share=1)
    Traceback (most recent call last):
    winback.errors.UsageError: a list never contacts everybody...
    """
    low, high = EXPLORATION_SHARES
    for where, value, ok, problem, allowed, example in (
        (
            "control_share",
            control_share,
            control_share is not None and LEAST_CONTROL_SHARE <= control_share < 1,
            "a list needs a comparison group",
            f"{LEAST_CONTROL_SHARE} or more, below 1",
            0.2,
        ),
        (
            "holdout_share",
            holdout_share,
            holdout_share is not None and LEAST_HOLDOUT_SHARE <= holdout_share < 1,
            "a list needs a global holdout",
            f"{LEAST_HOLDOUT_SHARE} or more, below 1",
            0.02,
        ),
        (
            "exploration_share",
            exploration_share,
            exploration_share is not None and low <= exploration_share <= high,
            "an unmeasured uplift needs customers drawn by lot",
            f"{low} to {high}",
            0.1,
        ),
        (
            "max_share",
            max_share,
            max_share is not None and 0 < max_share <= MOST_CONTACTED,
            "a list never contacts everybody",
            f"above 0, at most {MOST_CONTACTED}",
            0.5,
        ),
    ):
        if not ok:
            hint = f"write for example {where}: {example}"
            raise UsageError(problem, where=where, got=value, allowed=allowed, hint=hint)


def check_controls(treated: int, control: int) -> None:
    """Refuse a list of some size that nobody is compared with.

    Raises
    ------
    UsageError
        If 30 or more are contacted and nobody above the cut-off is left alone.

    Examples
    --------
    >>> check_controls(treated=29, control=0)
    >>> check_controls(treated=200, control=0)
    Traceback (most recent call last):
    winback.errors.UsageError: nobody would be left alone for comparison...
    """
    if treated >= NEEDS_CONTROLS and not control:
        raise UsageError(
            "nobody would be left alone for comparison",
            where="control_share",
            got=f"{treated:,} treated, 0 controls",
            allowed=f"a control or more on a list of {NEEDS_CONTROLS} or more treated",
            hint="draw a larger comparison group, such as control_share: 0.2",
        )
