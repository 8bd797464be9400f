"""Make the win-back list of a job: what its settings and tables mean for the list."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from winback.messages import Message
from winback.workflows.drawn import shares_drawn
from winback.workflows.list_files import keep, kept_dates, one_row_a_person, origin
from winback.workflows.playbook import job_playbook

if TYPE_CHECKING:
    import pandas as pd

    from winback.config import Job, LoadedJob
    from winback.estimators.uplift.uplift_model import UpliftModel
    from winback.lists.memory import Memory
    from winback.lists.playbook import Playbook
    from winback.lists.terms import Channel, WinBackTerms
    from winback.lists.win_back import WinBack
    from winback.workflows.reporter import Reporter
    from winback.workflows.results import Results
    from winback.workflows.tables import JobTables

GROUP = "acquisition_channel"


def win_back(
    settings: LoadedJob,
    tables: JobTables,
    results: Results,
    reporter: Reporter,
    scores: pd.DataFrame,
    customers: pd.DataFrame | None,
) -> WinBack:
    """Make the win-back list of `as_of`, and stage its files.

    Parameters
    ----------
    scores
        The scores of `as_of`.
    customers
        The customers table, if the job names one.

    Returns
    -------
    WinBack
        Treated, control and excluded, the summary, and the `customer_ids` that it decides about.
    """
    from winback.lists.columns import WIN_BACK, WIN_BACK_EXCLUDED
    from winback.lists.terms import Tables
    from winback.lists.win_back import win_back as call_back
    from winback.lists.win_back_summary import pressure_in_words
    from winback.lists.write import write_parquet

    contacts, playbook = tables.read_frame("contacts"), job_playbook(settings)
    prior = _prior(settings.job, scores)
    uplift = _uplift(settings.job, tables, results, reporter, contacts, customers, prior=prior)
    lists = call_back(
        scores,
        as_of=settings.job.as_of,
        terms=_terms(settings.job),
        tables=Tables(
            customers=customers,
            contacts=contacts,
            open_cases=open_cases_of(settings.job, tables),
            covariates=None if uplift is None else _covariates(settings.job, tables, customers),
        ),
        memory=_memory(settings.job, tables, results, playbook),
        playbook=playbook,
        uplift=uplift,
        origin=origin(settings),
    )
    pressure = _pressure(settings.job, tables, contacts, customers)
    lists.summary["contact_pressure"] = pressure
    if pressure:
        lists.summary["messages"].append(pressure_in_words(pressure))
    name = lists.summary["list_id"]
    keep(settings, results, "win_back", lists.treated, WIN_BACK, name)
    keep(settings, results, "win_back_control", lists.control, WIN_BACK, name)
    for folder in ("", f"lists/{settings.job.as_of}/"):
        path = results.staged(f"{folder}win_back_excluded.parquet")
        write_parquet(lists.excluded, path, WIN_BACK_EXCLUDED)
    return lists


def _terms(job: Job) -> WinBackTerms:
    """Put the job's settings into the terms of the list."""
    from winback.economics import Economics
    from winback.lists.terms import Eligibility, WinBackTerms

    settings = job.lists.win_back
    active_within_days = job.churn.active_within_days
    return WinBackTerms(
        economics=Economics(
            contact_cost=settings.contact_cost,
            offer_cost=settings.offer_cost,
            margin=job.margin,
            uplift_prior=settings.uplift_prior,
            won_back_share=settings.won_back_share,
        ),
        budget=settings.budget,
        capacity=settings.capacity,
        channels=_channels(job),
        # an offer that the job names goes before the playbook's
        offer=settings.offer if "offer" in settings.model_fields_set else None,
        control_share=settings.control_share,
        holdout_share=job.lists.holdout_share,
        exploration_share=settings.exploration_share,
        exploration_loss=settings.exploration_loss,
        commitment=settings.commitment,
        max_share=settings.max_share,
        eligibility=Eligibility(
            # where nobody is dormant, whoever may still come back by themselves is left alone
            window_days=(0 if active_within_days else job.horizon_days, settings.window_days),
            active_within_days=active_within_days,
            cooldown_days=settings.cooldown_days,
            contact_cap=settings.contact_cap,
            contact_cap_days=settings.contact_cap_days,
        ),
        horizon_days=job.horizon_days,
        expires_days=settings.expires_days,
        currency=job.currency,
    )


def _memory(job: Job, tables: JobTables, results: Results, playbook: Playbook) -> Memory:
    """Read both arms of the job's earlier lists, as far back as one remembers."""
    from winback.lists.memory import Memory

    settings = job.lists.win_back
    longest = max(rule.cooldown_days for rule in playbook.rules["win_back"])
    # the steps of a sequence are counted since the last purchase, which the window bounds
    days = max(settings.cooldown_days, settings.contact_cap_days, settings.window_days, longest, 7)
    return Memory(
        win_backs=earlier_win_backs(job, tables, results, days), persons=tables.own_ids_of_persons
    )


def earlier_win_backs(
    job: Job, tables: JobTables, results: Results, days: int
) -> pd.DataFrame | None:
    """Read both arms of the job's win-back lists of so many days before `as_of`; None: no list."""
    import pandas as pd

    from winback.lists.memory import EARLIER

    frames = [
        pd.read_parquet(results.kept(f"lists/{day}/{name}.parquet"), columns=list(EARLIER))
        for name in ("win_back", "win_back_control")
        for day in sorted(kept_dates(results, name))
        if job.as_of - timedelta(days=days) <= day < job.as_of
    ]
    if not frames:
        return None
    # of a person listed by two ids, the control's row is the one that counts
    rows = pd.concat(frames, ignore_index=True)
    return one_row_a_person(rows, tables, ["list_id"], first="arm")


def _channels(job: Job) -> dict[str, Channel]:
    from winback.lists.terms import Channel

    settings = job.lists.win_back
    if settings.channels is None:
        return {settings.channel: Channel(settings.capacity)}
    return {
        name: Channel(channel.capacity, channel.contact_cost)
        for name, channel in settings.channels.items()
    }


def open_cases_of(job: Job, tables: JobTables) -> pd.DataFrame:
    """Find who has a complaint or a refund open; a source without amounts has no refunds."""
    from winback.features.open_cases import open_cases

    settings = job.lists.win_back
    cases: pd.DataFrame = (
        open_cases(
            tables.transactions.table,
            job.as_of,
            events=tables.events,
            complaint=settings.complaint_event,
            resolved=settings.complaint_resolved_event,
            complaint_days=settings.complaint_days,
            refund_days=settings.refund_days,
        )
        .to_pyarrow()
        .to_pandas()
    )
    return cases


def _pressure(
    job: Job, tables: JobTables, contacts: pd.DataFrame | None, customers: pd.DataFrame | None
) -> list[dict[str, int | None]]:
    """Count responses and opt-outs by number of contacts; empty where no contact is known."""
    import ibis
    import pyarrow as pa

    from winback.features.contact_pressure import contact_pressure

    if contacts is None or contacts.empty:
        return []
    flags = None
    if customers is not None and "opt_out" in customers.columns:
        consents = customers[["customer_id", "opt_out"]].astype({"opt_out": "boolean"})
        flags = ibis.memtable(pa.Table.from_pandas(consents, preserve_index=False))
    columns = ["customer_id", "timestamp", *(["arm"] if "arm" in contacts.columns else [])]
    table = contact_pressure(
        ibis.memtable(pa.Table.from_pandas(contacts[columns], preserve_index=False)),
        tables.transactions.table,
        job.as_of,
        horizon_days=job.horizon_days,
        customers=flags,
        count_zero=tables.transactions.count_zero,
    )
    rows: list[dict[str, int | None]] = table.order_by("contacts").to_pyarrow().to_pylist()
    return rows


def _prior(job: Job, scores: pd.DataFrame) -> float:
    """Return the mean uplift assumed of a contact: the prior times P(alive) of the dormant."""
    silent = scores["T"] - scores["recency"]
    dormant = scores.loc[silent > (job.churn.active_within_days or 0), "p_alive"]
    alive = float(dormant.mean()) if len(dormant) else 1.0
    return job.lists.win_back.uplift_prior * max(alive, 0.05)


def _uplift(
    job: Job,
    tables: JobTables,
    results: Results,
    reporter: Reporter,
    contacts: pd.DataFrame | None,
    customers: pd.DataFrame | None,
    *,
    prior: float,
) -> UpliftModel | None:
    """Learn from past campaigns with a comparison group, if there are any."""
    import ibis
    import pandas as pd
    import pyarrow as pa

    from winback.estimators.uplift.uplift_model import UpliftModel
    from winback.features.past_campaigns import COVARIATES, campaign_table
    from winback.lists.randomisation import not_as_drawn

    if contacts is None or contacts.empty:
        return None
    table = campaign_table(
        ibis.memtable(pa.Table.from_pandas(contacts, preserve_index=False)),
        tables.transactions.table,
        job.as_of,
        horizon_days=job.horizon_days,
        count_zero=tables.transactions.count_zero,
    )
    if table is None:
        return None
    with reporter.step(Message("doing.past_campaigns")):
        rows = table.order_by(["campaign", "customer_id"]).to_pyarrow().to_pandas()
        unfair = not_as_drawn(rows, COVARIATES, shares_drawn(results))
        for campaign, why in unfair.items():
            reporter.warn(Message("log.unfair", campaign=campaign, why=why))
        rows = rows[~rows["campaign"].isin(list(unfair))].reset_index(drop=True)
        if rows.empty:
            return None
        return UpliftModel(prior=prior).fit(
            _with_groups(_with_offers(tables, results, rows), customers),
            rows["returned"],
            rows["treated"],
            campaign=rows["campaign"],
            customer=rows["customer_id"],
            day=pd.to_datetime(rows["day"]),
        )


def _with_offers(tables: JobTables, results: Results, rows: pd.DataFrame) -> pd.DataFrame:
    """Tell contacts with an offer from those without, in both arms; other lists' had one."""
    import pandas as pd

    from winback.lists.gain import OFFER, WITH, WITHOUT

    columns = ["list_id", "customer_id", "offer_cost"]
    frames = [
        pd.read_parquet(results.kept(f"lists/{day}/{name}.parquet"), columns=columns)
        for name in ("win_back", "win_back_control")
        for day in kept_dates(results, name)
    ]
    if not frames:
        return rows
    rows_kept = one_row_a_person(pd.concat(frames, ignore_index=True), tables, ["list_id"])
    offers = rows_kept.drop_duplicates(columns[:2])
    cost = rows[columns[:2]].merge(offers, how="left", on=columns[:2])["offer_cost"]
    kind = cost.eq(0).map({True: WITHOUT, False: WITH})
    return rows.assign(**{OFFER: kind.to_numpy()})


def _covariates(job: Job, tables: JobTables, customers: pd.DataFrame | None) -> pd.DataFrame:
    """Describe the customers at `as_of` by what past campaigns are described by."""
    from winback.features.past_campaigns import COVARIATES

    table = tables.past.behaviour(job.horizon_days)
    rows = table.select("customer_id", *COVARIATES).to_pyarrow().to_pandas()
    return _with_groups(rows, customers)


def _with_groups(rows: pd.DataFrame, customers: pd.DataFrame | None) -> pd.DataFrame:
    """Add by which channel each customer was won: known from the first day on."""
    if customers is None or GROUP not in customers.columns:
        return rows
    channel = customers.set_index("customer_id")[GROUP]
    return rows.assign(**{GROUP: rows["customer_id"].map(channel)})
