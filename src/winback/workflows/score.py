"""Score every customer with the champions."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from winback.errors import RegistryError
from winback.roles import ROLES
from winback.workflows.aggregates import aggregates
from winback.workflows.session import Session

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pandas as pd

    from winback.registry.load import LoadedModel


def score(session: Session) -> dict[str, Any]:
    """Score every customer with a purchase by `as_of` into `scores.parquet`.

    `tracking.json` says what they do together.

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

    job = session.job
    models = champions(session)
    features = _with_last_period(session, models["churn"], models["value"])
    scorer = Scorer(
        value=models["value"].estimator,
        churn=models["churn"].estimator,
        tiers=models["tiers"].estimator,
        as_of=job.as_of,
        value_horizon_days=job.value.horizon_days,
        horizon_days=job.horizon_days,
        churn_horizon_days=models["churn"].estimator.horizon_days,
        gap_days=job.churn.gap_days,
        active_within_days=job.churn.active_within_days,
        has_amounts=session.transactions.has_amounts,
        versions={
            **{f"{role}_version": models[role].version for role in ROLES},
            "run_id": models["value"].run_id,
        },
    )
    total = session.transactions.counts.customers
    with session.reporter.step("Scoring") as step:
        scored = write_scores(
            features,
            session.staged("scores.parquet"),
            scorer,
            chunk_rows=job.compute.chunk_rows,
            progress=lambda done: step.advance(done, total),
        )
    session.manifest["models"] = {
        role: {"name": m.name, "version": m.version, "digest": m.digest, "run_id": m.run_id}
        for role, m in models.items()
    }
    session.manifest.setdefault("rows", {})["scores"] = scored
    session.reporter.say(f"{scored:,} customers scored as of {job.as_of}")
    _refer(session)
    aggregates(session, models["value"].estimator, features)
    return {"scored": scored, "models": session.manifest["models"]}


def _refer(session: Session) -> None:
    """Attribute to customers those they brought, once everybody has a value of their own."""
    from winback.features.referral_table import referral_table
    from winback.scoring.referrals import write_referral_values

    job, customers = session.job, session.customers
    session.manifest.pop("referrals", None)
    if customers is None or "referred_by" not in customers.columns:
        return
    if not session.transactions.has_amounts:
        return
    path = session.staged("scores.parquet")
    with session.reporter.step("Attributing referrals"):
        scores = session.engine.read_parquet(path)
        table, counts = referral_table(
            session.engine,
            customers,
            scores.select("customer_id", value="ltv"),
            job.as_of,
            decay=job.value.referral_decay,
        )
        write_referral_values(path, table)
    session.manifest["referrals"] = {"decay": job.value.referral_decay, **asdict(counts)}
    session.reporter.say(
        f"{counts.links:,} of {counts.referred:,} referrals count, over {counts.deepest} "
        f"generations; left out: {counts.unknown_referrers:,} by nobody known to have bought, "
        f"{counts.self_referrals:,} of oneself, {counts.in_cycles:,} in a ring"
    )


def _with_last_period(session: Session, churn: LoadedModel, value: LoadedModel) -> ir.Table:
    """Count the last period as the value champion was trained: as long as its own horizon."""
    from winback.features.behaviour import behaviour_table

    job, column = session.job, "last_horizon_purchases"
    features = features_at_as_of(session, churn)
    same = job.value.horizon_days == churn.estimator.horizon_days
    if column not in value.input_columns or same:
        return features
    own = behaviour_table(
        session.transactions.table,
        [job.as_of],
        count_zero=session.transactions.count_zero,
        horizon_days=job.value.horizon_days,
    )
    return features.drop(column).join(own.select("customer_id", column), "customer_id")


def champions(session: Session) -> dict[str, LoadedModel]:
    """Resolve and load the three champions, once a command."""
    if session.champions is None:
        session.champions = _champions(session)
    return session.champions


def scored_with(session: Session, scores: pd.DataFrame, role: str) -> LoadedModel:
    """Load the model (`value`, `churn`, `tiers`) that made the scores, whoever is champion now."""
    from winback.registry.aliases import resolve
    from winback.registry.load import load_version

    version = int(scores[f"{role}_version"].iloc[0])
    champion = (session.champions or {}).get(role)
    if champion is not None and champion.version == version:
        return champion
    return load_version(
        session.store, resolve(session.store, f"{session.job.name}-{role}/{version}")
    )


def _champions(session: Session) -> dict[str, LoadedModel]:
    from winback.registry.aliases import CHAMPION, aliases_of, resolve
    from winback.registry.load import load_version

    store, name = session.store, session.job.name
    missing = [r for r in ROLES if CHAMPION not in aliases_of(store, f"{name}-{r}")]
    if missing:
        raise RegistryError(
            "there is no champion yet",
            where=", ".join(f"{name}-{role}" for role in missing),
            hint=f"run `winback run {session.loaded.path.name}`, or train and promote",
        )
    refs = {role: resolve(store, f"{name}-{role}@{CHAMPION}") for role in ROLES}
    models = {role: load_version(store, ref) for role, ref in refs.items()}
    churn, job = models["churn"].estimator, session.job
    asked = job.churn_horizon_days or churn.horizon_days  # under `auto`, what it was trained on
    if (churn.horizon_days, churn.gap_days) != (asked, job.churn.gap_days):
        raise RegistryError(
            "the churn champion predicts another window than the job asks for",
            where=refs["churn"].label,
            got=f"{churn.horizon_days} days after a gap of {churn.gap_days}",
            allowed=f"{asked} days after a gap of {job.churn.gap_days}",
            hint=f"run `winback run {session.loaded.path.name}`, or train and promote",
        )
    # what a purchase is worth is the job's to say, not the day's on which a model was fitted
    models["value"].estimator.set_params(margin=job.margin, discount_rate=job.discount_rate)
    return models


def features_at_as_of(
    session: Session, churn: LoadedModel, *, customers: ir.Table | None = None
) -> ir.Table:
    """Describe customers at `as_of` by the columns that the churn champion was trained on."""
    from winback.features.behaviour import behaviour_table
    from winback.features.feature_catalogue import event_types_in

    return behaviour_table(
        session.transactions.table,
        [session.job.as_of],
        count_zero=session.transactions.count_zero,
        horizon_days=churn.estimator.horizon_days,
        events=session.events,
        event_types=event_types_in(churn.input_columns),
        customers=customers,
    )
