"""What the customers that a customer has brought are worth: attribution over all generations.

The referral value of c is the sum over everybody whom c brought, and whom they brought, and so
on, of what they are worth: in full for those brought directly, and times ``decay`` for each
further generation,

    R(c) = sum over d brought by c of (value(d) + decay R(d)).

It says who is worth asking for a recommendation. The same money is in the value of the customer
who spent it: R is shown beside values and never added to them, nor summed over customers.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date

import ibis
import ibis.expr.types as ir
from ibis.backends.duckdb import Backend

from winback.data import sql
from winback.data.raw import fresh
from winback.errors import UsageError
from winback.features.purchases import exact_sum


@dataclass(frozen=True)
class ReferralCounts:
    """Where every customer with a referrer went.

    ``referred = links + unknown_referrers + self_referrals + in_cycles``.

    Attributes
    ----------
    referred
        Valued customers who name a referrer.
    links
        Of them, those whose referrer is valued too, and which count.
    unknown_referrers
        Those whose referrer has no value: not among the customers, or without a purchase yet.
    self_referrals
        Those who name themselves.
    in_cycles
        Those on a ring (a brought b, b brought a): nobody on it can have been the first, so that
        no link of the ring counts; links that lead into it do.
    deepest
        Generations of the longest chain.
    """

    referred: int = 0
    links: int = 0
    unknown_referrers: int = 0
    self_referrals: int = 0
    in_cycles: int = 0
    deepest: int = 0


def referral_table(
    engine: Backend,
    customers: ir.Table,
    values: ir.Table,
    as_of: date,
    *,
    decay: float = 0.5,
) -> tuple[ir.Table, ReferralCounts]:
    """Attribute to each customer what those it brought are worth.

    The engine holds all links and sums them in about log2(depth) rounds, by doubling: from the
    sums over 2^k generations and each customer's ancestor 2^k generations above follow those of
    2^(k+1). Its memory limit holds, however many customers there are.

    Parameters
    ----------
    engine
        Where the tables are; the result is kept there too.
    customers
        ``customer_id``, ``referred_by`` and perhaps ``acquired_at``: who was won after `as_of`
        is not yet known to have been brought. One row a customer.
    values
        ``customer_id``, ``value``: one row for every customer who has bought by `as_of`.
    as_of
        The last known day.
    decay
        What the value of a further generation counts, in [0, 1]. 0: only whom one brought oneself.

    Returns
    -------
    table, counts
        ``customer_id``, ``referral_value`` of everybody who brought somebody, by ``customer_id``;
        and where the links went.

    Raises
    ------
    UsageError
        `decay` is no share.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from winback.data.connect import open_engine
    >>> engine = open_engine()
    >>> people = {"customer_id": ["a", "b", "c"], "referred_by": [None, "a", "b"]}
    >>> worth = {"customer_id": ["a", "b", "c"], "value": [10.0, 20.0, 40.0]}
    >>> customers, values = (
    ...     engine.create_table(name, pa.table(columns))
    ...     for name, columns in {"people": people, "worth": worth}.items()
    ... )
    >>> table, counts = referral_table(engine, customers, values, date(2024, 1, 31))
    >>> table.to_pyarrow().to_pandas()
      customer_id  referral_value
    0           a            40.0
    1           b            40.0
    >>> counts.links, counts.deepest
    (2, 2)
    """
    if not 0 <= decay <= 1:
        raise UsageError("not a share", where="decay", got=decay, allowed="from 0 to 1")
    scratch = _Scratch(engine)
    links, counts = _links(scratch, customers, values, as_of)
    sums, deepest = _sums_below(scratch, links, values, decay)
    brought = links.inner_join(sums, "customer_id")
    table = brought.group_by("ancestor").aggregate(referral_value=_money(brought.total))
    table = table.rename(customer_id="ancestor").order_by("customer_id")
    result = engine.create_table(fresh("referral_values"), obj=table)
    scratch.drop()
    return result, replace(counts, deepest=deepest)


@dataclass
class _Scratch:
    """Tables that are worked out once and dropped in the end."""

    engine: Backend
    names: list[str] = field(default_factory=list)

    def keep(self, table: ir.Table) -> ir.Table:
        self.names.append(fresh("referral_step"))
        return self.engine.create_table(self.names[-1], obj=table)

    def drop(self) -> None:
        for name in self.names:
            self.engine.raw_sql(f"DROP TABLE {sql.name(name)}")


def _links(
    scratch: _Scratch, customers: ir.Table, values: ir.Table, as_of: date
) -> tuple[ir.Table, ReferralCounts]:
    """Keep the links (customer_id, ancestor) that count, and say what became of the others."""
    named = customers.filter(customers.referred_by.notnull())
    if "acquired_at" in customers.columns:
        won = named.acquired_at.date()
        named = named.filter(won.isnull() | (won <= as_of))
    named = named.semi_join(values, "customer_id")
    named = scratch.keep(named.select("customer_id", ancestor="referred_by"))
    others = named.filter(named.customer_id != named.ancestor)
    among_customers = scratch.keep(others.semi_join(values, others.ancestor == values.customer_id))
    ring = _on_rings(scratch, among_customers)
    links = scratch.keep(among_customers.anti_join(ring, "customer_id"))
    referred, kept, valued, good = (
        _count(table) for table in (named, others, among_customers, links)
    )
    return links, ReferralCounts(
        referred=referred,
        links=good,
        unknown_referrers=kept - valued,
        self_referrals=referred - kept,
        in_cycles=valued - good,
    )


def _on_rings(scratch: _Scratch, links: ir.Table) -> ir.Table:
    """Name the customers on rings: who is the ancestor of somebody arbitrarily far below.

    After as many generations as there are links, every chain has ended but those that have
    entered a ring, and they can only be on it.
    """
    far, generations, most = links, 1, _count(links)
    while generations <= most and _count(far):
        far = scratch.keep(_twice(far, far))
        generations *= 2
    return far.select(customer_id="ancestor").distinct()


def _sums_below(
    scratch: _Scratch, links: ir.Table, values: ir.Table, decay: float
) -> tuple[ir.Table, int]:
    """Sum the values of each customer and of everybody below, decayed; count the generations."""
    ends = links.select("customer_id").union(links.select(customer_id="ancestor"), distinct=True)
    own = values.semi_join(ends, "customer_id")
    sums = scratch.keep(
        own.select("customer_id", total=own.value.cast("float64"), height=ibis.literal(0, "int64"))
    )
    far, generations, share = links, 1, decay
    while _count(far):
        below = far.inner_join(sums, "customer_id")
        below = below.group_by("ancestor").aggregate(
            more=_money(below.total), height=below.height.max() + generations
        )
        both = sums.left_join(below, sums.customer_id == below.ancestor)
        sums = scratch.keep(
            both.select(
                "customer_id",
                total=both.total + share * both.more.coalesce(0.0),
                height=ibis.greatest(both.height, both.height_right.coalesce(0)),
            )
        )
        far = scratch.keep(_twice(far, far))
        generations, share = 2 * generations, share * share
    deepest = sums.height.max().to_pyarrow().as_py()
    return sums, int(deepest or 0)


def _twice(first: ir.Table, then: ir.Table) -> ir.Table:
    """Go up `first`, and from there up `then`."""
    then = then.select(via="customer_id", beyond="ancestor")
    joined = first.inner_join(then, first.ancestor == then.via)
    return joined.select("customer_id", ancestor="beyond")


def _money(amount: ir.NumericColumn) -> ir.FloatingValue:
    return exact_sum(amount).cast("float64")


def _count(table: ir.Table) -> int:
    return int(table.count().to_pyarrow().as_py())
