"""The state of a fitted ChurnModel: its candidates and calibrators as plain data, trees as text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from winback.estimators.churn.calibrators import Calibrator
from winback.estimators.churn.candidates import CANDIDATES, Blend, Candidate

_SHARED = "members_are_candidates"


def candidates_to_state(
    candidates: Mapping[str, Candidate],
) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the state of each candidate and the trees; a blend shares its members' state."""
    states: dict[str, Any] = {}
    texts: dict[str, str] = {}
    for name, candidate in candidates.items():
        if isinstance(candidate, Blend) and set(Blend.member_names) <= candidates.keys():
            states[name] = {_SHARED: True, "params": candidate.get_params()}
            continue
        states[name], candidate_texts = candidate.to_state()
        texts |= candidate_texts
    return states, texts


def candidates_from_state(states: Mapping[str, Any], texts: dict[str, str]) -> dict[str, Candidate]:
    """Rebuild fitted candidates that predict the same bits."""
    loaded: dict[str, Candidate] = {}
    for name, state in states.items():
        if _SHARED not in state:
            loaded[name] = CANDIDATES[name].from_state(state, texts)
    for name in states.keys() - loaded.keys():
        members = [loaded[member] for member in Blend.member_names]
        params = Blend.current_params(states[name]["params"])
        loaded[name] = Blend(**params).with_members(members)
    return {name: loaded[name] for name in states}


def calibrators_to_state(calibrators: Mapping[str, Calibrator]) -> dict[str, Any]:
    """Return the numbers of each calibrator."""
    return {name: vars(calibrator) for name, calibrator in calibrators.items()}


def calibrators_from_state(states: Mapping[str, Any]) -> dict[str, Calibrator]:
    """Rebuild calibrators that map to the same bits."""
    return {name: Calibrator(**state) for name, state in states.items()}
