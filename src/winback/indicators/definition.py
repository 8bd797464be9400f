"""What an indicator is: a definition in YAML, checked; and the catalogue that ships with winback.

The kinds are those of MetricFlow: *simple* (a sum, a count, a median), *ratio* (of two sums over
the same customers), *cumulative* (who was active in the last N days), *conversion* (who did
something N days after something else) and *derived* (arithmetic on other indicators).
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Final, Literal, TypeAlias, get_args

from pydantic import Field, ValidationError, model_validator

from winback.errors import ConfigError, Sentence
from winback.messages import did_you_mean
from winback.yaml_file import Identifier, YamlFile, YamlPart, explain, read_yaml

EVER: Final = 3660
"""A window of so many days is as long as the history."""
SHIPPED = Path(__file__).with_name("catalogue.yaml")
"""The indicators that winback brings."""
MEASURES = (
    "orders",
    "revenue",
    "gross",
    "refunded",
    "new",
    "returning",
    "resurrected",
    "repeat",
    "cross_channel",
    "referred",
)
"""What can be summed, besides events by name (``event:visit``)."""
_EVENT = r"event:.+"
_WORD = re.compile(r"[A-Za-z_]\w*")
_FORMULA = re.compile(r"[\w\s.+*/()-]+")
Board = Literal["sales", "customers", "retention", "activity", "service"]
BOARDS: Final = get_args(Board)
"""The headings of the report's dashboard, in their order."""
Measure = Annotated[str, Field(pattern=rf"^({'|'.join(MEASURES)}|{_EVENT})$")]


class Term(YamlPart):
    """A sum over the rows of a period: of a measure, or of the customers who have any of it."""

    measure: Measure
    """`orders` (purchase days), `revenue` (net), `gross`, `refunded`, `event:NAME`; or of
    customers in a period: `new`, `returning` (bought in the period before, too), `resurrected`
    (bought before, but not in the period before), `repeat` (bought on an earlier day),
    `cross_channel` (through two channels or more), `referred` (new, and brought by a customer)."""
    of: Literal["sum", "customers", "customer_days"] = "sum"
    """Sum the measure, or count the customers (or their days) of whom it is above zero."""

    @property
    def column(self) -> str:
        """A name for the term."""
        return f"{self.measure}:{self.of}"


class _Indicator(YamlPart):
    id: Identifier
    """Its name."""
    version: Annotated[int, Field(ge=1)] = 1
    """Goes up when the definition changes: a figure that moves by it is a restatement."""
    unit: Literal["money", "share", "count", "ratio"]
    """What the value is counted in."""
    direction: Literal["up", "down", "none"] = "none"
    """Which way is better."""
    minimum_n: Annotated[int, Field(ge=0)] = 0
    """Fewer customers (see `n`) than this are too few to say anything."""
    board: Board | None = None
    """In which part of the report's dashboard it stands; unset: in the file alone."""

    @property
    def event_names(self) -> tuple[str, ...]:
        """The kinds of events that it counts."""
        terms = [value for _, value in self if isinstance(value, Term)]
        named = {term.measure.partition(":")[2] for term in terms}
        named |= {getattr(self, "event", "").partition(":")[2]}
        return tuple(sorted(named - {""}))


class Simple(_Indicator):
    """A sum over a period; or the middle, spread or concentration of its purchase days."""

    kind: Literal["simple"]
    sum: Term | None = None
    """What is summed."""
    of_orders: Literal["median", "spread"] | None = None
    """Of the amounts of purchase days: the median, or 1.4826 x MAD / median."""
    top_share: Annotated[float, Field(gt=0, lt=1)] | None = None
    """The share of revenue that this share of the period's customers brought, the best first."""

    @model_validator(mode="after")
    def _one_of_them(self) -> Simple:
        if sum(part is not None for part in (self.sum, self.of_orders, self.top_share)) != 1:
            raise ValueError(Sentence("exactly one of sum, of_orders, top_share"))
        return self


class Ratio(_Indicator):
    """One sum over another, never a mean of ratios."""

    kind: Literal["ratio"]
    numerator: Term
    denominator: Term
    per: Annotated[float, Field(gt=0)] = 1.0
    """Counted for so many of the denominator, such as 1000 orders."""
    within: bool = False
    """Whether the numerator counts some of the denominator's customers: then it is a share."""


class Cumulative(_Indicator):
    """Customers who did something in the last N days, counted at a period's last day."""

    kind: Literal["cumulative"]
    event: Annotated[str, Field(pattern=rf"^(purchase|{_EVENT})$")] = "purchase"
    days: Annotated[int, Field(ge=1, le=EVER)]
    """The window; 3660, the longest, stands for ever."""


class Conversion(_Indicator):
    """Of those who began in a period, the share who went on within, at, or from so many days."""

    kind: Literal["conversion"]
    begins: Literal["first_purchase", "acquired"] = "first_purchase"
    event: Annotated[str, Field(pattern=rf"^(purchase|referral|{_EVENT})$")] = "purchase"
    days: Annotated[int, Field(ge=1, le=EVER)]
    ends: Literal["exactly", "within", "on_or_after"]
    """`exactly` that day; `within` so many days (the first day itself is not counted where both
    are purchases); `on_or_after` it: unbounded, so it still grows with time."""


class Derived(_Indicator):
    """Arithmetic on other indicators of the same period.

    `previous_X` is X a period before, `period_days` how many days the period has.
    """

    kind: Literal["derived"]
    formula: str

    @property
    def names(self) -> set[str]:
        """The indicators that it is made of."""
        words = {word.removeprefix("previous_") for word in _WORD.findall(self.formula)}
        return words - {"period_days"}

    @model_validator(mode="after")
    def _only_arithmetic(self) -> Derived:
        if not _FORMULA.fullmatch(self.formula) or "**" in self.formula or "//" in self.formula:
            raise ValueError(Sentence("names of indicators, numbers, + - * / and brackets"))
        return self


Indicator: TypeAlias = Simple | Ratio | Cumulative | Conversion | Derived


class _Catalogue(YamlPart):
    indicators: tuple[Annotated[Indicator, Field(discriminator="kind")], ...]


def read_catalogue(*paths: Path) -> dict[str, Indicator]:
    """Read the indicators that winback brings, and those of further files, which may replace them.

    Returns
    -------
    dict
        By id, in the order of the files.

    Raises
    ------
    ConfigError
        A file cannot be read, an id stands twice in one, or a formula names what does not exist.

    Examples
    --------
    >>> shipped = read_catalogue()
    >>> shipped["revenue"].kind, shipped["retention_30d_within"].days
    ('simple', 30)
    """
    indicators: dict[str, Indicator] = {}
    for path in (SHIPPED, *paths):
        name = "the shipped catalogue" if path == SHIPPED else str(path)
        file = read_yaml(
            path,
            "catalogue of indicators",
            allowed="indicators: a sequence of definitions",
            hint="see docs/indicators.md for the definitions that winback brings",
            name=name,
        )
        indicators |= _checked(file)
    for indicator in indicators.values():
        for name in sorted(indicator.names) if isinstance(indicator, Derived) else ():
            if name not in indicators or isinstance(indicators[name], Derived):
                raise ConfigError(
                    "a formula names no indicator that is counted from the data",
                    where=f"indicators.{indicator.id}.formula",
                    got=name,
                    hint=did_you_mean(name, list(indicators)),
                )
    return indicators


def _checked(file: YamlFile) -> dict[str, Indicator]:
    try:
        given = _Catalogue.model_validate(file.content).indicators
    except ValidationError as error:
        raise explain(error, file, _Catalogue) from None
    indicators: dict[str, Indicator] = {}
    for index, indicator in enumerate(given):
        if indicator.id in indicators:
            place = file.place(("indicators", index))
            raise ConfigError("an indicator stands twice", where=place, got=indicator.id)
        indicators[indicator.id] = indicator
    return indicators
