"""The commented YAML that `init` writes."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from winback.data.words import words_of
from winback.messages import Words
from winback.workflows.init_tables import slug

if TYPE_CHECKING:
    from winback.data.sniff import Sniffed
    from winback.workflows.init_look import Further, Looked

# a comment is the words of its code
_TEMPLATE = """\
# @job.title
# @job.run
name: {name}

# @job.as_of
as_of: {as_of} # @job.newest

# @job.timezone
timezone: {timezone}

# @job.language
language: {language}

# @job.currency
{currency}

# @job.horizon
horizon_days: 90

# @job.margin
{margin}

data:
  transactions:
    source:{source}
    columns: # @job.columns
{columns}
{filter}
    # @job.zero
    zero_amounts: {zero}
    # @job.refunds
    refunds: by_day
    # @job.deduplicate
    deduplicate: false
{further}
value:
  horizon_days: 365

churn:
  # @job.active
  active_within_days: {active}

lists:
  churn_warning:
    capacity: 200 # @job.capacity
    {contact_cost}
  win_back:
    budget: 250 # @job.budget
    capacity: 200
    control_share: 0.2 # @job.control
    contact_cost: 0.10
    offer_cost: 2.00
    window_days: 730 # @job.window
"""
_COMMENT = re.compile(r"(?<=# )@(job\.\w+)$", re.MULTILINE)


def job_text(
    looked: Looked,
    to: Path,
    money: Mapping[str, float | str] | None = None,
    language: str = "en",
) -> str:
    """Write the job as YAML, paths as seen from its folder.

    Parameters
    ----------
    looked
        What was found.
    to
        Where the YAML will stand.
    money
        What the person has said: `currency`, `margin`, and `contact_cost`, what acting on one
        warning costs.
    language
        Of the job, and of its comments.
    """
    money, words = money or {}, Words(language)
    cost = money.get("contact_cost")
    sniffed = looked.sniffed
    columns: list[str] = []
    for ours, guess in sniffed.guesses.items():
        columns.append(f"      {ours}: {_scalar(guess.expression)}")
        if guess.other is not None:
            columns.append("      # @job.month_first")
            columns.append(f"      # {ours}: {_scalar(guess.other)}")
        columns += [
            f"      # {line}"
            for offer in sniffed.offers
            if offer.key == ours
            for line in (offer.why.say(words) + ":", f"{ours}: {_scalar(offer.written)}")
        ]
    span = (
        (sniffed.last_day - sniffed.first_day).days if sniffed.first_day and sniffed.last_day else 0
    )
    sample = isinstance(looked.source, str) and looked.source.startswith("sample:")
    text = _TEMPLATE.format(
        language=language,
        name=_scalar(slug(to.stem)),
        as_of=sniffed.last_day,
        timezone=sniffed.timezone,
        currency=f"currency: {money['currency']}" if "currency" in money else _currency(sniffed),
        margin=f"margin: {money['margin']}" if "margin" in money else "# margin: 0.40",
        contact_cost="# contact_cost: 3.00 # @job.contact_cost"
        if cost is None
        else f"contact_cost: {cost} # @job.contact_cost_said",
        source=_source(looked.source, to, "      ")
        + _table(looked.table)
        + _query(looked.query)
        + _encoding(looked),
        columns="\n".join(columns),
        filter=_filter(sniffed),
        zero="keep" if sample else "drop",
        further="".join(
            _further(name, table, to, _encoding(looked)) for name, table in looked.further.items()
        ),
        active=365 if span > 730 else max(30, min(180, span // 2)),
    )
    return _COMMENT.sub(lambda code: words(code[1], file=to.name), text)


def currency_of(sniffed: Sniffed) -> str | None:
    """Return the currency that a column, or the name or the cells of the amounts tell."""
    given = [code.upper() for code in sniffed.examples.get("currency", ())]
    codes = {code for code in given if re.fullmatch("[A-Z]{3}", code)}
    if not given and "amount" in sniffed.guesses:
        amount = sniffed.guesses["amount"].expression
        for code, signs in words_of("cells")["currencies"].items():
            in_name = rf"(?<![^\W_]){code}(?![^\W_])"  # a word of three letters may be no currency
            if re.search(in_name, amount) or {code.lower(), *signs} & set(sniffed.signs):
                codes.add(code)
    return codes.pop() if len(codes) == 1 else None


def _currency(sniffed: Sniffed) -> str:
    code = currency_of(sniffed)
    return "# currency: EUR" if code is None else f"currency: {code}"


def _source(source: str | Mapping[str, str], to: Path, indent: str) -> str:
    """Write a path, or several by name, as the job reads them: from the YAML's own folder."""
    if isinstance(source, str):
        return f" {_scalar(_path(source, to))}"
    lines = [f"{indent}{_scalar(name)}: {_scalar(_path(p, to))}" for name, p in source.items()]
    return "\n" + "\n".join(lines)


def _path(source: str, to: Path) -> str:
    if source.startswith(("sample:", "${")) or "://" in source:
        return source
    path = Path(source).expanduser()
    return os.path.relpath(path if path.is_absolute() else Path.cwd() / path, to.resolve().parent)


def _table(table: str | None) -> str:
    return "" if table is None else f"\n    table: {_scalar(table)}"


def _query(query: str | None) -> str:
    if query is None:
        return ""
    lines = "\n".join(f"      {line}" for line in query.splitlines())
    return f"\n    query: | # @job.query\n{lines}"


def _encoding(looked: Looked) -> str:
    return "" if looked.encoding is None else f"\n    encoding: {_scalar(looked.encoding)}"


def _further(name: str, table: Further, to: Path, encoding: str) -> str:
    columns = "".join(f"\n      {c}: {_scalar(w)}" for c, w in table.columns.items())
    source = _source(table.source, to, "      ")
    return f"  {name}:\n    source:{source}{_table(table.table)}{encoding}\n    columns:{columns}\n"


def _filter(sniffed: Sniffed) -> str:
    note = "    # @job.filter\n"
    offered = [offer.written for offer in sniffed.offers if offer.key == "filter"]
    if sniffed.filter is None:
        example = " AND ".join(offered) or "status = 'paid'"
        return note + f"    # filter: {_scalar(example)}"
    lines = f"    filter: {_scalar(sniffed.filter)}"
    if offered:
        more = " AND ".join([sniffed.filter, *offered])
        lines += f"\n    # @job.no_sale\n    # filter: {_scalar(more)}"
    return note + lines


def _scalar(text: str) -> str:
    """Write a text as YAML would, in quotes where it needs them."""
    return yaml.safe_dump(text, allow_unicode=True, width=1_000_000).removesuffix("...\n").strip()
