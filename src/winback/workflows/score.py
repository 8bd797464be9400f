"""Score every customer with the champions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from winback.messages import Message
from winback.roles import ROLES
from winback.workflows.aggregates import aggregates
from winback.workflows.promised import keep_promised

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from winback.config import Job, LoadedJob
    from winback.registry.load import LoadedModel
    from winback.workflows.reporter import Reporter
    from winback.workflows.results import Results
    from winback.workflows.tables import JobTables
    from winback.workflows.used_models import UsedModels


def score(
    settings: LoadedJob, tables: JobTables, results: Results, models: UsedModels, reporter: Reporter
) -> dict[str, Any]:
    """Score every customer with a purchase by `as_of` into `scores.parquet`.

    `tracking.json` says what they do together; `kept_scores/` keeps a sample, to be judged later.

    Champions are resolved once, to versions; an alias that moves meanwhile changes nothing.

    Returns
    -------
    dict
        How many were scored, and with which versions.

    Raises
    ------
    RegistryError
        There is no champion yet; `winback train` and `winback promote` make one.
    """
    from winback.scoring.score import Scorer, write_scores

    job = settings.job
    champions = models.champions
    features = _with_last_period(settings.job, tables, champions["churn"], champions["value"])
    scorer = Scorer(
        value=champions["value"].estimator,
        churn=champions["churn"].estimator,
        tiers=champions["tiers"].estimator,
        as_of=job.as_of,
        value_horizon_days=job.value.horizon_days,
        horizon_days=job.horizon_days,
        churn_horizon_days=champions["churn"].estimator.horizon_days,
        gap_days=job.churn.gap_days,
        active_within_days=job.churn.active_within_days,
        has_amounts=tables.transactions.has_amounts,
        versions={
            **{f"{role}_version": champions[role].version for role in ROLES},
            "run_id": champions["value"].run_id,
        },
    )
    total = tables.transactions.counts.customers
    with reporter.step(Message("doing.score")) as step:
        scored = write_scores(
            features,
            results.staged("scores.parquet"),
            scorer,
            chunk_rows=job.compute.chunk_rows,
            progress=lambda done: step.advance(done, total),
        )
    keep_promised(results, scorer)
    results.manifest["models"] = {
        role: {"name": m.name, "version": m.version, "digest": m.digest, "run_id": m.run_id}
        for role, m in champions.items()
    }
    results.record("score", data=tables.transactions.fingerprint, models=digests_of(champions))
    results.manifest.setdefault("rows", {})["scores"] = scored
    reporter.say(Message("log.scored", n=scored, as_of=job.as_of))
    _refer(settings.job, tables, results, reporter)
    aggregates(settings.job, tables, results, reporter, champions["value"].estimator, features)
    return {"scored": scored, "models": results.manifest["models"]}


def digests_of(models: Mapping[str, LoadedModel]) -> dict[str, str]:
    """Return the digest of each model."""
    return {role: model.digest for role, model in models.items()}


def _refer(job: Job, tables: JobTables, results: Results, reporter: Reporter) -> None:
    """Attribute to customers those they brought, once everybody has a value of their own."""
    from winback.features.referral_table import referral_table
    from winback.scoring.referrals import write_referral_values

    customers = tables.customers
    results.manifest.pop("referrals", None)
    if customers is None or "referred_by" not in customers.columns:
        return
    if not tables.transactions.has_amounts:
        return
    path = results.staged("scores.parquet")
    with reporter.step(Message("doing.referrals")):
        scores = tables.engine.read_parquet(path)
        table, counts = referral_table(
            tables.engine,
            customers,
            scores.select("customer_id", value="ltv"),
            job.as_of,
            decay=job.value.referral_decay,
        )
        write_referral_values(path, table)
    results.manifest["referrals"] = {"decay": job.value.referral_decay, **asdict(counts)}
    reporter.say(
        Message(
            "log.referrals",
            links=counts.links,
            referred=counts.referred,
            deepest=counts.deepest,
            unknown=counts.unknown_referrers,
            own=counts.self_referrals,
            ring=counts.in_cycles,
        )
    )


def _with_last_period(
    job: Job, tables: JobTables, churn: LoadedModel, value: LoadedModel
) -> ir.Table:
    """Count the last period as the value champion was trained: as long as its own horizon."""
    column = "last_horizon_purchases"
    features = features_at_as_of(tables, churn)
    same = job.value.horizon_days == churn.estimator.horizon_days
    if column not in value.input_columns or same:
        return features
    own = tables.past.behaviour(job.value.horizon_days)
    return features.drop(column).join(own.select("customer_id", column), "customer_id")


def features_at_as_of(
    tables: JobTables, churn: LoadedModel, *, customers: ir.Table | None = None
) -> ir.Table:
    """Describe customers at `as_of` by the columns that the churn champion was trained on."""
    from winback.features.feature_catalogue import event_types_in

    return tables.past.behaviour(
        churn.estimator.horizon_days,
        event_types=event_types_in(churn.input_columns),
        customers=customers,
    )
