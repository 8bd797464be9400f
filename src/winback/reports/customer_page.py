"""A page about one customer: what to do, their history as a picture, what is expected of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import pandas as pd

from winback.messages import Words
from winback.reports.template import environment

SHOWN = 30  # the last behaviours in the table; the picture has all
TICKS = 4
_FACTS = ("through", "owner", "by_when", "expected_gain", "value", "tier", "colour", "step")
_MONEY = ("expected_gain", "value")


def customer_page(customer: Mapping[str, Any], words: Words) -> str:
    """Return one offline HTML page about a customer; it loads nothing and runs no script.

    Parameters
    ----------
    told
        `customer_id, as_of, job` (its name); `scores`; `horizons` (days that `p_repurchase`,
        `value` and `p_churn` are about); `lists`: of each list `name`, `row` (the columns of
        `winback.lists.for_people`, None for who is not on it), `head` (what they are called) and
        `why` (reasons of who is on it, the one reason why not of the others); `history`: as from
        `winback.workflows.customer_history`; `moved`: `family, log_odds, words`.
    words
        The reader's language.
    """
    scores, history, as_of = customer["scores"], customer["history"], customer["as_of"]
    return (
        environment()
        .get_template("customer.html.j2")
        .render(
            words=words,
            customer=customer["customer_id"],
            job=customer["job"],
            as_of=as_of,
            lists=[_listed(each, words) for each in customer["lists"]],
            picture=_picture(history, as_of, customer["horizons"]["value"], words),
            expected=list(_expected(scores, customer["horizons"], words)),
            band=_band(scores, customer["horizons"]["value"], words),
            contacts=[_contact(row, words) for row in reversed(history["contacts"])],
            contacts_heads=[words(f"page.contact_{n}") for n in ("day", "channel", "arm", "after")],
            stood=[_stood(row, words) for row in reversed(history["lists"])],
            moved=[
                {
                    "name": words.reason(row["family"]),
                    "direction": words("page.raises" if row["log_odds"] > 0 else "page.lowers"),
                    "words": row["words"],
                }
                for row in customer["moved"]
            ],
            last=[_behaviour(row, words) for row in history["behaviours"][: -SHOWN - 1 : -1]],
        )
    )


def _listed(entry: Mapping[str, Any], words: Words) -> dict[str, Any]:
    row, title = entry["row"], words(f"book.{entry['name']}")
    if row is None:
        (why,) = entry["why"]
        return {"title": title, "row": None, "said": words("page.not_on", why=why)}
    facts = [
        (entry["head"][name], words.money(row[name]) if name in _MONEY else str(row[name]))
        for name in _FACTS
        if name in row and not pd.isna(row[name])
    ]
    said = words("page.on", rank=row["rank"])
    return {"title": title, "row": row, "said": said, "why": entry["why"], "facts": facts}


def _picture(
    history: Mapping[str, Any], as_of: date, ahead_days: int, words: Words
) -> dict[str, Any]:
    """Lay a life out from the first purchase to the end of the horizon, in percent of the width."""
    behaviours = history["behaviours"]
    bought = [row for row in behaviours if row["what"] == "purchase"]
    first = min([row["day"] for row in (*behaviours, *history["contacts"])], default=as_of)
    # the past keeps at least half of the picture
    ahead_days = min(ahead_days, max(1, (as_of - first).days))
    whole = max(1, (as_of - first).days + ahead_days)

    def at(day: date) -> float:
        return round(100 * (day - first).days / whole, 2)

    most = max((row["amount"] or 0.0 for row in bought), default=0.0)
    bars = [
        {
            "at": at(row["day"]),
            "height": round(8 + 87 * (row["amount"] / most), 1) if most and row["amount"] else 50,
            "title": _purchase(row, words),
        }
        for row in bought
    ]
    marks = [
        {
            "at": at(row["day"]),
            "kind": "control" if row["arm"] == "control" else "sent",
            "title": " ".join(_contact(row, words)),
        }
        for row in history["contacts"]
    ]
    marks += [
        {"at": at(row["day"]), "kind": "event", "title": f"{row['day']} {row['what']}"}
        for row in behaviours
        if row["what"] != "purchase"
    ]
    alive = " ".join(
        f"{at(row['day'])},{round(100 * (1 - row['p_alive']), 1)}" for row in history["p_alive"]
    )
    end = as_of + timedelta(days=ahead_days)
    days = [first + (end - first) * part / TICKS for part in range(TICKS + 1)]
    silent = (as_of - bought[-1]["day"]).days if bought else 0
    return {
        "now": at(as_of),
        "bars": bars,
        "marks": marks,
        "kinds": {mark["kind"] for mark in marks},
        "alive": alive,
        "ticks": [{"at": at(day), "text": day.isoformat()[:7]} for day in days],
        "reading": words(
            "page.reading",
            purchases=len(bought),
            first=first,
            silent=silent,
            sent=sum(row["arm"] != "control" for row in history["contacts"]),
        ),
    }


def _expected(
    scores: Mapping[str, Any], horizons: Mapping[str, int], words: Words
) -> Iterator[str]:
    yield words(
        "page.buys_again",
        share=scores["p_repurchase"],
        days=horizons["p_repurchase"],
    )
    if scores["frequency"]:  # after one purchase a purchase model cannot tell
        yield words("page.alive", share=scores["p_alive"])
    yield words("page.purchases", n=scores["expected_purchases"], days=horizons["value"])


def _band(scores: Mapping[str, Any], days: int, words: Words) -> dict[str, Any] | None:
    low, mean, high = (scores[name] for name in ("clv_low", "clv", "clv_high"))
    if any(value is None or pd.isna(value) for value in (low, mean, high)):
        return None
    whole = 1.1 * max(high, mean) or 1.0
    return {
        "low": round(100 * low / whole, 2),
        "rest": round(100 - 100 * high / whole, 2),
        "mean": round(100 * mean / whole, 2),
        "said": words("page.band", mean=mean, low=low, high=high, days=days),
    }


def _contact(row: Mapping[str, Any], words: Words) -> Sequence[str]:
    control = row["arm"] == "control"
    after = words(
        f"page.followed_{row['followed']}", days=row.get("after_days"), amount=row.get("amount")
    )
    return (
        row["day"].isoformat(),
        words.label("channel", row["channel"]) if row["channel"] and not control else "",
        words("page.left_alone" if control else "page.contacted"),
        after,
    )


def _stood(row: Mapping[str, Any], words: Words) -> str:
    colour = words.label("severity", row["severity"]) if row["severity"] else ""
    named = words(f"book.{row['list']}")
    return words("page.stood_on", day=row["day"], list=f"{named} ({colour})" if colour else named)


def _behaviour(row: Mapping[str, Any], words: Words) -> dict[str, Any]:
    bought = row["what"] == "purchase"
    return {
        "day": row["day"].isoformat(),
        "what": words("page.bought") if bought else words.label("event_name", row["what"]),
        "amount": words.money(row["amount"]) if bought and row["amount"] is not None else "",
        "channel": row["channel"] or "",
    }


def _purchase(row: Mapping[str, Any], words: Words) -> str:
    amount = "" if row["amount"] is None else f" {words.money(row['amount'])}"
    return f"{row['day']}{amount}"
