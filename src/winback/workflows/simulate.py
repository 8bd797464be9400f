"""Make up a shop whose truth is known, and the job that runs on it."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from winback.errors import UsageError
from winback.files import atomic_path
from winback.messages import Message
from winback.workflows.reporter import Quiet, Reporter

if TYPE_CHECKING:
    from winback.data.simulate import Simulated

JOB = "simulated_shop.yaml"
AFTER_DAYS = 181  # the shop goes on for so many days after the job's as_of

_TEMPLATE = """\
# A shop whose truth is known. From the root of the repository:
#
#   winback simulate --customers 20000 --seed 7 --out data/simulated_shop
#   winback run pipelines/simulated_shop.yaml
#
# The shop goes on for {after} days after as_of: what happened then, and what a contact would have
# done, is known (truth.parquet; docs/simulated_shop.md compares).
name: simulated_shop
as_of: {as_of}
timezone: Europe/Berlin
currency: EUR
horizon_days: 90
margin: 0.4

data:
  transactions:
    source: {folder}transactions.parquet
    columns:
      customer_id: buyer
      timestamp: ordered_at
      amount: paid
      order_id: order_no
      product_id: sku
      category: department
      channel: sold_through
    zero_amounts: drop
    # A refund names its order: what was sent back in full was no purchase.
    refunds: by_order
    deduplicate: true
  customers:
    source: {folder}customers.parquet
    columns:
      customer_id: buyer
      acquired_at: joined
      acquisition_channel: won_by
      referred_by: invited_by
      opt_out: no_ads
      contactable_channels: reachable_by
  events:
    source: {folder}events.parquet
    columns:
      customer_id: buyer
      timestamp: at
      event: what
      channel: seen_on
  contacts: # earlier campaigns, half of each left alone by chance
    source: {folder}contacts.parquet
    columns:
      customer_id: buyer
      timestamp: sent_at
      channel: medium
      list_id: mailing
      arm: test_group
      cost: price

churn:
  active_within_days: 180 # about three times the usual gap

lists:
  churn_warning:
    capacity: 500
  win_back:
    budget: 1500 # committed as if everybody redeemed
    capacity: 500
    control_share: 0.2
    contact_cost: 0.10
    offer_cost: 3.00
    uplift_prior: 0.05
    window_days: 730

backtest:
  splits:
    - {{ as_of: {before}, until: {until} }}
    - {{ as_of: {as_of}, until: {after_as_of} }}
"""


def simulate(
    out: Path, *, customers: int, seed: int, reporter: Reporter | None = None
) -> dict[str, Any]:
    """Make up a shop, and write a job that runs on it beside the data.

    Parameters
    ----------
    out
        The folder to make: new, empty, or an earlier simulation, which is replaced.
    customers, seed
        How many customers; another seed is another shop.
    reporter
        Who is told of the progress. Unset: nobody.

    Returns
    -------
    dict
        Folder, job, days, rows by table, bad rows by reason.

    Raises
    ------
    UsageError
        Something else stands at `out`.
    """
    from winback.data import simulate as shop

    reporter = reporter or Quiet()
    _refuse_foreign(out)
    with reporter.step(Message("doing.make_up", n=customers)) as step:
        made = shop.simulate(out, customers=customers, seed=seed, progress=step.advance)
        job = out / JOB
        with atomic_path(job) as part:
            part.write_text(job_text("", made.last_day), encoding="utf-8")
    for line in _summary(made, out, seed):
        reporter.say(line)
    return {
        "out": str(out),
        "job": str(job),
        "first_day": made.first_day,
        "last_day": made.last_day,
        "rows": dict(made.counts),
        "bad_rows": dict(made.bad_rows),
    }


def job_text(folder: str, last_day: date) -> str:
    """Return the job that runs on a simulated shop.

    Parameters
    ----------
    folder
        Where the tables stand, seen from the YAML: empty, or ending in a slash.
    last_day
        The last day of the shop.
    """
    as_of = last_day - timedelta(days=AFTER_DAYS)
    return _TEMPLATE.format(
        folder=folder,
        as_of=as_of,
        after=AFTER_DAYS,
        after_as_of=as_of + timedelta(days=90),
        before=as_of - timedelta(days=184),
        until=as_of - timedelta(days=94),
    )


def _refuse_foreign(out: Path) -> None:
    """Refuse to write among files that are not ours."""
    from winback.data.simulate import FILES

    if out.exists() and not out.is_dir():
        raise UsageError("a file stands where the folder should be", where=str(out))
    ours = {JOB, *FILES}
    # a killed simulation leaves parts
    ours |= {f".{name}.part" for name in ours}
    foreign = (
        sorted(path.name for path in out.iterdir() if path.name not in ours) if out.exists() else []
    )
    if foreign:
        raise UsageError(
            "the folder holds something else than a simulated shop",
            where=str(out),
            got=", ".join(foreign[:3]) + (", …" if len(foreign) > 3 else ""),
            allowed="a new folder, an empty one, or an earlier simulation",
            hint="choose another folder with --out",
        )


def _summary(made: Simulated, out: Path, seed: int) -> list[Message]:
    from winback.data.simulate import ShopParameters

    rows, truth = made.counts, ShopParameters()
    bad = [Message("simulated.bad", n=n, reason=reason) for reason, n in made.bad_rows.items()]
    uplift = [
        Message("simulated.by_channel", channel=channel, uplift=uplift)
        for channel, uplift in zip(truth.channels, truth.channel_uplift, strict=True)
    ]
    return [
        Message(
            "simulated.shop",
            out=str(out),
            n=rows["customers"],
            first_day=made.first_day,
            last_day=made.last_day,
            seed=seed,
        ),
        Message("simulated.orders", n=rows["transactions"], bad=bad),
        Message("simulated.further", events=rows["events"], contacts=rows["contacts"]),
        Message(
            "simulated.parameters",
            r=truth.r,
            alpha=truth.alpha,
            a=truth.a,
            b=truth.b,
            p=truth.p,
            q=truth.q,
            v=truth.v,
        ),
        Message("simulated.uplift", days=truth.response_days, uplift=uplift),
        Message("end.next", command=f"winback run {out / JOB}"),
    ]
