"""Sentences that the rooms below have made: fits, contests, the gate, the lists.

A registered model carries its sentences as English text, for years. So the text itself is what a
translation is found by, as with gettext: the pattern here must read exactly as the room below
writes it (a test holds the two together), and holes stand for its numbers and names. What kind
of name a hole holds is told by the hole's own name; see :mod:`winback.reports.messages.sentences`.
The first pattern that fits wins, so the special ones come before the general.
"""

from __future__ import annotations

TEXT: dict[str, str] = {
    # ------------------------------------------------------------------ the gate
    "said.window_short": (
        "refitted on data to {cut} and judged on the {days} days to {until} ({asked} asked for;"
        " history has {history})"
    ),
    "said.window": "refitted on data to {cut} and judged on the {days} days to {until}",
    "said.too_short": "history of {days} days is too short to judge a model forward in time",
    "said.all_bought": "everybody bought, so nothing can be judged",
    "said.none_bought": "nobody bought, so nothing can be judged",
    "said.few": "{n} customers, {least} needed",
    "said.not_asked": "it was not among the recipes",
    "said.twin": "same recipe as the {who}",
    "said.uncompared": "the {who} could not be compared: {why}",
    "said.writing_off": (
        "{target}: {model} predicts 0 for customers who brought {share} of the total, so only its"
        " ranking is compared"
    ),
    "said.unfitted": "{model} could not be fitted: {why}",
    "said.champion_unseen": "nobody is promoted over a champion that was not compared",
    "said.no_baseline": "no baseline of another recipe could be fitted to compare with",
    "said.unchecked": "nothing was checked",
    "said.passed": "{n} checks passed, against {models}",
    "said.first": "the gate would refuse it, but there is no champion to keep",
    "said.other_window": "{name} predicts another window and cannot be compared",
    "said.check_worse": (
        "{target}: {metric} {value} against {bound} of {model}, loss {change} ({low} to {high}):"
        " worse"
    ),
    "said.check_holds": (
        "{target}: {metric} {value} against {bound} of {model}, loss {change} ({low} to {high}):"
        " holds"
    ),
    "said.bound_holds": "{target}: {metric} {value} against {standard}: holds",
    "said.bound_broken": (
        "{target}: {metric} {value} against {standard}: is not known well enough, or out of bounds"
    ),
    "standard.the tier below it": "the tier below it",
    "standard.chance": "chance",
    "said.champion": "champion",
    "said.baseline": "baseline {model}",
    "said.tier_mean": "mean of tier {n} from the bottom",
    "said.range": "{low} to {high}",
    "said.least": "at least {n}",
    "metric.tiers": "tiers",
    "model.challenger": "the challenger",
    "model.champion": "the champion",
    "model.no other model": "no other model",
    "model.everybody's mean rate": "everybody's mean rate",
    "model.BG/NBD": "BG/NBD",
    # ------------------------------------------------------------------ fits
    "said.fallback_value": (
        "the value model falls back on {model}, as {other_model} cannot be fitted: {why}"
    ),
    "said.fallback_churn": "the churn score falls back on P(no purchase) from {model}: {why}",
    "said.no_dropout": (
        "the data do not identify dropout ({facts}, a gain of {gain} in log-likelihood), so the"
        " NBD without dropout is used and P(alive) is 1"
    ),
    "said.weak_rate": "s = {s}, beta = {beta} mean ages: mean dropout rate {mean}",
    "said.weak_probability": "a = {a}, b = {b}: mean dropout probability {mean}",
    "said.no_maximum": (
        "no maximum of {name} could be verified, so the NBD without dropout is used and P(alive)"
        " is 1"
    ),
    "said.edge": (
        "the likelihood rises up to the edge of the parameters' range ({edges}, times and amounts"
        " in units of their mean), so the model there, close to its limit, is used, and these"
        " parameters have no standard errors"
    ),
    "said.own_mean": (
        "{why}, so a customer's own mean is used, and the pooled mean where there is none"
    ),
    "said.spend_alike": ("Gamma-Gamma has no spread to learn from (all mean amounts are {amount})"),
    "said.spend_mean": (
        "the fitted spend has no usable mean (q = {q}: {mean} against {seen} seen)"
    ),
    "said.spend_maximum": "no maximum of Gamma-Gamma could be verified",
    "said.level_moves": "the level of churn scores moves: {why}",
    "said.drift_missed": (
        "the churn rate lay between {low} and {high} over {n} snapshots ({windows} without"
        " overlap), a standard deviation of {sd} points beyond sampling noise; forecasts of past"
        " snapshots missed its level by up to {missed} points"
    ),
    "said.drift": (
        "the churn rate lay between {low} and {high} over {n} snapshots ({windows} without"
        " overlap), a standard deviation of {sd} points beyond sampling noise"
    ),
    "said.drift_unknown": "one snapshot only, so how the churn rate moves is unknown",
    "said.tiers_anew": "the tiers are named anew, as the champion cannot be read: {why}",
    "said.tier_few": "only {k} of {wanted} tiers: customers differ in no more than {ways} ways",
    "said.tier_one": "only 1 tier: customers do not differ",
    "said.tier_most": (
        "{k} tiers are the most that are tried: more would fit better still, as where customers"
        " differ by degrees; a fixed tiers.n_tiers is easier to act on"
    ),
    "said.tier_empty": "no customer is {tiers}",
    "said.tier_small": "tier {tier} holds only {share} of the customers",
    "said.tier_unreal": (
        "clusters are hardly real: {doubts}; read tiers as cuts through a continuum"
    ),
    "said.tier_unstable": "refits agree only to {value} (adjusted Rand index)",
    "said.tier_close": (
        "they are no further apart (silhouette {value}) than those found in data without clusters"
        " (up to {reference})"
    ),
    "said.tier_places": "tiers changed places in value: {were} of before are now {now}",
    # ------------------------------------------------------------------ too little data
    "said.few_repeat": "too few customers have bought again to fit {name}",
    "said.few_spend": "too few customers have {days_of} of positive value to fit Gamma-Gamma",
    "days_of.purchases": "purchases",
    "days_of.repeat purchases": "repeat purchases",
    "said.short_churn": "too little history for a churn model",
    "said.no_candidate": "no churn candidate could be fitted",
    "said.short_value": "history is too short for one snapshot with an outcome",
    "said.short_label": "history is too short for one labelled snapshot",
    "said.few_learn": "too few customers to learn from snapshots",
    "said.few_kind": "too few customers of one kind to learn churn from",
    "said.no_spend": "no customers to learn spend from",
    "said.no_revenue": "without amounts there is no revenue to learn",
    # ------------------------------------------------------------------ whom the score knows
    "said.knows_little": (
        "about {people} ({n}) the score knows little: AUC {auc} ({low} to {high})"
    ),
    "said.all_alike": "of {people} ({n}) all {way}: nothing can be said about the ranking",
    "way.left": "left",
    "way.came back": "came back",
    "said.too_few": "there are too few {people} ({n}) to say what the score knows about them",
    "people.customers with one order": "customers with one order",
    "people.repeat customers": "repeat customers",
    # ------------------------------------------------------------------ which value model
    "said.judged": ("{model}, judged on {cutoffs} of {days} days: total {bias} of the actual"),
    "said.cutoff": "{n} inner cut-off",
    "said.cutoffs": "{n} inner cut-offs",
    "said.by_default": "{model} by default: {default} inner cut-off",
    "default.history is too short for one": "history is too short for one",
    "default.no candidate could be judged after any": "no candidate could be judged after any",
    "default.nobody came back after any": "nobody came back after any",
    "default.customers brought nothing, refunds counted, after any": (
        "customers brought nothing, refunds counted, after any"
    ),
    "said.named": "{model}, as the job names it",
    "said.alone": "no other candidate is left",
    "said.not_told_apart": "{said}, not told apart, and simpler",
    "said.ahead": "loss {change} against {model} ({low} to {high})",
    "said.wrote_off": "{verb} 0 for customers who came back: {shares}",
    "verb.left out, as they predict": "left out, as they predict",
    "verb.they predict": "they predict",
    "said.share_of": "{model} ({share} of the total)",
    "said.missed_level": "left out, as they miss the level: {biases}",
    "said.all_lose": "all that are left lose to a simple rule, this one in {lost}",
    "said.out_more": "left out, as they {how}: {model} (in {lost}) and {n} more",
    "said.out": "left out, as they {how}: {model} (in {lost})",
    "how.lose to a simple rule": "lose to a simple rule",
    "how.lose in more than it": "lose in more than it",
    "said.unable_more": "could not be fitted: {model} ({why}) and {n} more",
    "said.unable": "could not be fitted: {model} ({why})",
    "said.predicts_none": "predicts 0 for customers who brought {share}",
    "said.predicts_of": "predicts {bias} of the actual total",
    "said.loses": "loses in {lost}",
    "said.lost": "{measured} to {rival} ({change})",
    "said.level": "actual over predicted {ratios}: the level strays by {spread}",
    "said.year_before": "{ratio} a year before",
    "said.level_unseen": "level not seen yet, taken to stray by {spread}",
    "said.busy": "{said}, with {busy} of the days ahead busy{seen_so}",
    "said.busy_seen": ", as was seen",
    "said.busy_unseen": ", {share} off what was seen",
    "said.reach": "intervals reach from {low} to {high} of it",
    "said.few_snapshots": "{n} customers, {k} purchases after snapshots",
    "said.part": "{part} of {whole}",
    "said.both_least": "{part} and {whole} or more",
    # ------------------------------------------------------------------ the lists
    "said.arms_sizes": (
        "Sizes of the arms are no chance: {treated} of {n} are treated, {wanted} were to be"
        " (p = {p})."
    ),
    "said.arms_differ": (
        "The arms differ before the contact in {what}, in standard deviations (joint p = {p}): a"
        " difference afterwards is partly theirs."
    ),
    "said.experiment": (
        "experiment: {name} ({treated} treated / {control} control, gain {gained} points)"
    ),
    "said.campaigns": "{n} campaigns",
    # ------------------------------------------------------------------ in general
    "said.got": "{said}: got {got}; allowed: {least}",
    "said.figured": "{rival} ({figure})",
    "said.about": "{models}: {why}",
    "said.because": "{said}: {why}",
}
