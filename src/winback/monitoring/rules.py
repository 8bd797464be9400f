"""What a rule is: an indicator, a condition, for how long, how grave, whose, and what to do.

The vocabulary is that of Prometheus' alerting rules: ``for`` how many complete periods a condition
must hold, ``keep_firing_for`` how many it must have ceased, ``severity``, ``annotations``.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field, ValidationError, model_validator

from winback.errors import ConfigError, Sentence
from winback.messages import did_you_mean
from winback.yaml_file import Identifier, Text, YamlFile, YamlPart, explain, read_yaml

PRESETS: Final = Path(__file__).with_name("presets.yaml")
"""The rules that winback brings; a job names those that it wants."""
SEVERITIES: Final = ("yellow", "orange", "red")
"""From the mildest to the gravest."""
Severity = Literal["yellow", "orange", "red"]


class Condition(YamlPart):
    """What must hold of a period's value; exactly one way to say it."""

    below: float | None = None
    """The value is below this."""
    above: float | None = None
    """The value is above this."""
    falls_by: Annotated[float, Field(ge=0, lt=1)] | None = None
    """The value lies at least this share below what it is held against; 0: below at all."""
    rises_by: Annotated[float, Field(ge=0)] | None = None
    """The value lies at least this share above what it is held against; 0: above at all."""
    outside: Literal["below", "above", "both"] | None = None
    """The value lies outside the band of its own recent past."""
    against: Literal["previous", "year_before", "mean", "benchmark"] = "previous"
    """With `falls_by` and `rises_by`: the period before, the same one of the year before, the mean
    of the last `history` periods, or the benchmark of the shop."""
    history: Annotated[int, Field(ge=2, le=400)] = 12
    """How many earlier periods `mean` and `outside` look back on."""
    width: Annotated[float, Field(gt=0)] = 2.0
    """With `outside`: the band's half width, in standard deviations."""

    @model_validator(mode="after")
    def _one_of_them(self) -> Condition:
        ways = (self.below, self.above, self.falls_by, self.rises_by, self.outside)
        if sum(way is not None for way in ways) != 1:
            raise ValueError(Sentence("exactly one of below, above, falls_by, rises_by, outside"))
        return self

    @property
    def needs_benchmark(self) -> bool:
        """Whether it can be judged only against a benchmark."""
        return self.against == "benchmark" and (
            self.falls_by is not None or self.rises_by is not None
        )


class Response(YamlPart):
    """A step of the plan, and its deadline."""

    within_hours: Annotated[int, Field(ge=0, le=24 * 365)]
    do: Text


class Rule(YamlPart):
    """A rule: when an alert opens, how grave it is, whose it is, and what to do."""

    id: Identifier
    indicator: Identifier
    grain: Literal["day", "week", "month"] = "week"
    dimension: Text = "all"
    """Every segment of it is a subject of its own."""
    when: Condition
    for_: Annotated[int, Field(ge=1, le=60, alias="for")] = 1
    """Complete periods in a row with data in which the condition must hold."""
    keep_firing_for: Annotated[int, Field(ge=0, le=60)] = 0
    """So many further periods without it before the alert resolves."""
    severity: Severity
    owner: Text
    respond: tuple[Response, ...] = ()
    pause: str | None = None
    """A channel that the alert proposes to pause, until its owner confirms or closes."""
    priority: Annotated[int, Field(ge=1, le=9)] = 5
    """1 first: direct loss."""
    source: Text
    """Who says so: a page, a team, a measurement."""
    annotations: dict[str, str] = Field(default_factory=dict)


class Benchmark(YamlPart):
    """What the user holds an indicator against."""

    indicator: Identifier
    segment: str | None = None
    value: float
    source: Text
    date: date


class RulesFile(YamlPart):
    """What a file of rules may hold."""

    rules: tuple[Rule, ...] = ()
    benchmarks: tuple[Benchmark, ...] = ()


def read_rules(
    path: Path | None = None, presets: Sequence[str] = (), *, indicators: Collection[str]
) -> RulesFile:
    """Read the rules of a job's own file, and the presets that it names.

    Parameters
    ----------
    path
        The file; None: presets alone.
    presets
        Ids of `PRESETS`. A rule of the job's own with the same id replaces one.
    indicators
        The ids of the catalogue.

    Raises
    ------
    ConfigError
        A file cannot be read; a preset does not exist; a rule stands twice or watches what is no
        indicator; a rule needs a benchmark and there is none.

    Examples
    --------
    >>> read = read_rules(presets=["orders_band"], indicators=["orders"])
    >>> read.rules[0].severity, read.rules[0].for_
    ('red', 2)
    """
    shipped = {rule.id: rule for rule in _read(PRESETS, "the shipped rules").rules}
    unknown = [name for name in presets if name not in shipped]
    if unknown:
        raise ConfigError(
            "no such preset",
            where="alerts.presets",
            got=unknown[0],
            allowed=", ".join(shipped),
            hint=did_you_mean(unknown[0], list(shipped)),
        )
    own = RulesFile() if path is None else _read(path, str(path))
    rules = {name: shipped[name] for name in presets} | {rule.id: rule for rule in own.rules}
    named = {benchmark.indicator for benchmark in own.benchmarks}
    for rule in rules.values():
        if rule.indicator not in indicators:
            raise ConfigError(
                "a rule watches what is no indicator",
                where=f"rules.{rule.id}.indicator",
                got=rule.indicator,
                hint=did_you_mean(rule.indicator, sorted(indicators)),
            )
        if rule.when.needs_benchmark and rule.indicator not in named:
            raise ConfigError(
                "a rule needs a benchmark of yours, and there is none",
                where=f"rules.{rule.id}",
                got=Sentence("no benchmark of {indicator}", indicator=rule.indicator),
                hint="add one under `benchmarks` in the file of alerts.rules, with source and date",
            )
    return RulesFile(rules=tuple(rules.values()), benchmarks=own.benchmarks)


def _read(path: Path, name: str) -> RulesFile:
    file: YamlFile = read_yaml(
        path,
        "file of rules",
        allowed="rules, benchmarks",
        hint="see docs/alerts.md for the rules that winback brings",
        name=name,
    )
    try:
        written = RulesFile.model_validate(file.content)
    except ValidationError as error:
        raise explain(error, file, RulesFile) from None
    seen: set[str] = set()
    for index, rule in enumerate(written.rules):
        if rule.id in seen:
            place = file.place(("rules", index))
            raise ConfigError("a rule stands twice", where=place, got=rule.id)
        seen.add(rule.id)
    return written
