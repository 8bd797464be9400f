"""Say which models a job has, side by side: what they are, how good they were, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from winback.roles import ROLES
from winback.workflows.promised import realised_of

if TYPE_CHECKING:
    import pandas as pd

    from winback.config import Job
    from winback.messages import Words
    from winback.registry.aliases import ModelVersionRef
    from winback.workflows.reporter import Reporter
    from winback.workflows.results import Results
    from winback.workflows.tables import JobTables
    from winback.workflows.tracking import Tracking

ALIASES = ("champion", "challenger", "previous")
METRICS = {
    "purchases": ("mae", "bias", "gini"),
    "revenue": ("mae", "bias", "gini"),
    "churn": ("auc", "brier", "ece", "top_decile_lift"),
    "held_out": ("epsilon_squared",),
}
"""Of each target the figures that are shown."""


def models(
    job: Job, tables: JobTables, results: Results, tracking: Tracking, reporter: Reporter
) -> dict[str, Any]:
    """Tell of champion, challenger and previous model of each role.

    Returns
    -------
    dict
        `models`: a record for each role and alias that there is: `role, alias, name, version,
        choice` (which model the contest chose), `as_of` (the last day it was trained on),
        `age_days` (until the job's `as_of`), `recipe` (how to make it again), `window` and
        `why` (what the gate said, as messages), `fitness` (what it is fit for; None of models that
        were trained before that was stated), `caveats` (that as a message, and more), `scores`
        (target to metric to value, on the days that its own training held out: only the gate judges
        two on the same days), and `realised`: a record for each metric of what the version promised
        on earlier nights, against what has come since (see `winback.monitoring.realised.realised`).
        `next_realised`: where nothing can be judged yet, the first day on which something can; None
        where nothing is kept either.

    Raises
    ------
    RegistryError
        There is no store of models yet.
    """
    from winback.messages import Message, Words

    versions = [
        _told(job, tracking, role, alias, ref)
        for role in ROLES
        for alias, ref in _named(tracking, role).items()
    ]
    came, first_day = realised_of(results, tables, tracking)
    for model in versions:
        model["realised"] = _realised(came, model["role"], model["version"])
    words = Words(job.language, job.currency, job.amounts)
    for line in _lines(versions, words):
        reporter.say(Message.of(line))
    if versions and came.empty:
        later = Message("models.not_over", day=first_day)
        reporter.say(Message("models.not_kept") if first_day is None else later)
    results.keep_only(None)
    return {"models": versions, "next_realised": first_day}


def _realised(came: pd.DataFrame, role: str, version: int) -> list[dict[str, Any]]:
    if came.empty:
        return []
    own = came[(came["role"] == role) & (came["version"] == version)]
    return [{str(key): value for key, value in row.items()} for row in own.to_dict("records")]


def _named(tracking: Tracking, role: str) -> dict[str, ModelVersionRef]:
    from winback.registry.aliases import aliases_of, resolve

    aliases = aliases_of(tracking.store, tracking.name(role))
    return {
        alias: resolve(tracking.store, f"{tracking.name(role)}/{aliases[alias]}")
        for alias in ALIASES
        if alias in aliases
    }


def _told(
    job: Job, tracking: Tracking, role: str, alias: str, ref: ModelVersionRef
) -> dict[str, Any]:
    from winback.evaluation.fitness import Fitness
    from winback.registry.artifacts import metrics, recipe, trained_on
    from winback.registry.browse import choice_of, tidy
    from winback.registry.version_notes import CAVEATS, GATE, read_fitness, read_notes

    store, day = tracking.store, trained_on(tracking.store, ref.run_id)
    choice = choice_of(store, ref)
    table = tidy(metrics(store, ref), choice)
    own = table[table["chosen"] & table["value"].notna()]
    value = own.set_index(["target", "metric"])["value"]
    scores = {
        target: {m: float(value[target, m]) for m in wanted if (target, m) in value.index}
        for target, wanted in METRICS.items()
    }
    kept = read_fitness(ref)
    fit_for = [] if kept is None else [Fitness.of(kept).message]
    return {
        "role": role,
        "alias": alias,
        "name": ref.name,
        "version": ref.version,
        "choice": choice,
        "as_of": day,
        "age_days": None if day is None else (job.as_of - date.fromisoformat(day)).days,
        "recipe": recipe(store, ref),
        "why": [note.as_record() for note in read_notes(ref, GATE)],
        "fitness": kept,
        "caveats": [note.as_record() for note in (*fit_for, *read_notes(ref, CAVEATS))],
        "scores": {target: figures for target, figures in scores.items() if figures},
    }


def _lines(versions: Sequence[Mapping[str, Any]], words: Words) -> Iterator[str]:
    """Lay the models of a role side by side, then say why each stands where it does."""
    from winback.messages import Message

    if not versions:
        yield words("models.none")
    for role in dict.fromkeys(model["role"] for model in versions):
        own = _by_version([model for model in versions if model["role"] == role], words)
        yield from ("", own[0]["name"])
        yield from _table(own, words)
        for model in own:
            for key in ("why", "caveats"):
                if model[key]:
                    yield "  " + words(f"models.{key}", who=model["who"])
                for note in model[key]:
                    yield f"    - {Message.of(note).say(words)}"
    if versions:
        yield from ("", words("models.compare"))


def _by_version(own: Sequence[Mapping[str, Any]], words: Words) -> list[dict[str, Any]]:
    """Show a version once, whatever it is called."""
    shown: dict[int, dict[str, Any]] = {}
    for model in own:
        who = words.label("role", model["alias"])
        if model["version"] in shown:
            shown[model["version"]]["who"] += words("comma") + who
        else:
            shown[model["version"]] = {**model, "who": who}
    return list(shown.values())


def _table(own: Sequence[Mapping[str, Any]], words: Words) -> Iterator[str]:
    from rich.cells import cell_len

    def choice(name: str | None) -> str:
        return words("missing") if name is None else words.label("model", name)

    rows = [
        ["", *(model["who"] for model in own)],
        [words("models.version"), *(str(model["version"]) for model in own)],
        [words("models.model"), *(choice(model["choice"]) for model in own)],
        [words("models.trained_on"), *(words.day(model["as_of"]) for model in own)],
        [words("models.age"), *(_age(model["age_days"], words) for model in own)],
    ]
    asked = dict.fromkeys(
        (t, m) for model in own for t in model["scores"] for m in model["scores"][t]
    )
    for target, metric in asked:
        name = words("models.score", target=target, metric=metric)
        rows.append(
            [name, *(words.metric(model["scores"].get(target, {}).get(metric)) for model in own)]
        )
    rows += _realised_rows(own, words)
    widths = [max(cell_len(row[place]) for row in rows) for place in range(len(own) + 1)]
    for row in rows:
        cells = (
            cell + " " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=True)
        )
        yield "  " + "  ".join(cells).rstrip()


def _realised_rows(own: Sequence[Mapping[str, Any]], words: Words) -> Iterator[list[str]]:
    """Give what each version promised against what came, a row a metric, and of which nights."""
    by_metric = [{(r["target"], r["metric"]): r for r in model["realised"]} for model in own]
    for key in dict.fromkeys(key for records in by_metric for key in records):
        name = words("models.realised", target=key[0], metric=key[1])
        yield [name, *(_figure(records.get(key), words) for records in by_metric)]
    if any(by_metric):
        of = [next(iter(records.values()), None) for records in by_metric]
        yield [words("models.nights"), *(_nights(record, words) for record in of)]


def _figure(record: Mapping[str, Any] | None, words: Words) -> str:
    if record is None:
        return words("missing")
    value, low, high = (words.metric(record[key]) for key in ("value", "low", "high"))
    return words("models.figure", value=value, low=low, high=high)


def _nights(record: Mapping[str, Any] | None, words: Words) -> str:
    if record is None:
        return words("missing")
    return words("models.nights.of", **record)


def _age(days: int | None, words: Words) -> str:
    return words("missing") if days is None else words.count(days, "day")
