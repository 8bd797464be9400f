"""English. Another language is another file with the same keys."""

from __future__ import annotations

TEXT: dict[str, str] = {
    # ------------------------------------------------------------------ small change
    "missing": "\N{EN DASH}",
    "millions": "{n} million",
    "money": "{currency} {amount}",
    "customer.one": "{n} customer",
    "customer.other": "{n} customers",
    "day.one": "{n} day",
    "day.other": "{n} days",
    "row.one": "{n} row",
    "row.other": "{n} rows",
    "joined": "{first}; {second}",
    # ------------------------------------------------------------------ page
    "title": "{name}: customer value, churn and win-back, {as_of}",
    "heading": "Customer value, churn and win-back",
    "byline": "{name} · everything known by the end of {as_of}",
    "skip": "Skip to the report",
    "contents": "Contents",
    "footer": "winback {version}. This file is complete: it loads nothing and names no customer.",
    "needs_script": "The charts need JavaScript; every number is also in the tables and texts.",
    "meta": "n = {n} · as of {as_of}",
    "numbers": "The numbers",
    # ------------------------------------------------------------------ sections
    "section.verdict": "Verdict",
    "section.warnings": "Read this first",
    "section.done": "What was done",
    "section.quality": "Model quality",
    "section.value": "Where the value sits",
    "section.risk": "Who may leave",
    "section.lists": "Lists",
    "section.data": "Data quality",
    "lead.quality": (
        "Models were trained on what was known at a past date and compared with what happened"
        " after it. The chosen model was picked without seeing that window."
    ),
    "lead.value.clv": (
        "Value is the expected margin of each customer within {days}, discounted (CLV)."
    ),
    "lead.value.expected_purchases": (
        "The source has no amounts, so value is counted in expected purchase days within {days}."
    ),
    "lead.risk": (
        "The churn probability is the chance of no purchase within {days}. Active means a purchase"
        " within {active}."
    ),
    "lead.risk.all": (
        "The churn probability is the chance of no purchase within {days}. Everybody counts as"
        " active."
    ),
    "lead.data": "Rows that break the contract are set aside with their reason, never lost.",
    # ------------------------------------------------------------------ verdict
    "verdict.nobody": "Nobody was scored as of {as_of}: no purchase was known by then.",
    "verdict.who": (
        "{customers} scored as of {as_of}, {active} of them active; together they are expected to"
        " bring {value} within {days}{top}."
    ),
    "verdict.top": ", {share} of it from the top tenth",
    "value.clv": "{amount} of margin",
    "value.expected_purchases": "{n} purchase days",
    "verdict.warn": "Warn {customers} at risk of leaving ({severities}){value}",
    "verdict.warn.nobody": "Nobody needs a churn warning",
    "verdict.warn.value": ", with {value} at stake",
    "verdict.severity": "{n} {severity}",
    "verdict.call": "call back {customers}{budget}{control}",
    "verdict.call.nobody": "call back nobody{budget}",
    "verdict.budget": " for {spent} of a budget of {budget}",
    "verdict.spent": " for {spent}",
    "verdict.unspent": " within a budget of {budget}",
    "verdict.control": ", with {n} held back to measure the effect",
    "verdict.no_lists": "No lists were made.",
    "verdict.models": "Tested on what happened after {as_of} until {until}: {clauses}.",
    "verdict.not_tested": "The models have not been tested on held-out purchases.",
    "clause.better": (
        "{target} ({model}) has an error {gain} lower than the best other model, {rival}"
    ),
    "clause.level": "{target} ({model}) is level with the best other model, {rival}",
    "clause.worse": (
        "{target} ({model}) has an error {gain} HIGHER than the best other model, {rival}"
    ),
    "clause.alone": "{target} ({model}) was tested without a rival",
    # ------------------------------------------------------------------ warnings
    "warning.nobody_scored": "Nobody was scored; the lists are empty.",
    "warning.not_evaluated": (
        "The models have not been compared with their baselines on held-out data."
        " Treat the scores with care."
    ),
    "warning.beaten": (
        "{target}: the chosen model {chosen} did worse on the held-out window than {rival}"
        " (error {loss} higher)."
    ),
    "warning.not_promoted": "{model}: the newly trained model was not promoted.{why}",
    "warning.why": " {reasons}.",
    "warning.model_notes": "{model}: {text}",
    "warning.many_rejected": "{rows} ({share}) were rejected; see data quality.",
    "warning.said": "{text}",
    # ------------------------------------------------------------------ key figures
    "tile.scored": "customers scored",
    "tile.active": "active",
    "tile.value.clv": "expected margin in {days}",
    "tile.value.expected_purchases": "expected purchase days in {days}",
    "tile.warned": "churn warnings",
    "tile.at_risk": "value at risk",
    "tile.called": "to call back",
    # ------------------------------------------------------------------ what was done
    "done.data": "Purchases",
    "done.data.text": "{rows} of {customers}, {first} to {last}",
    "done.as_of": "Known until",
    "done.horizon_days": "Churn horizon",
    "done.value_horizon_days": "Value horizon",
    "done.active_within_days": "Active means bought within",
    "done.active_within_days.all": "any time",
    "done.margin": "Margin",
    "done.currency": "Currency",
    "done.default": "default",
    "done.defaults": "Settings left at their default: {names}.",
    "done.defaults.count": "{n} settings left at their default",
    "table.models": "Models in use",
    "column.model": "Model",
    "column.role": "Role",
    "column.version": "Version",
    "column.estimator": "Estimator",
    "column.parameters": "Parameters",
    "column.decision": "Decision",
    "decision.promoted": "promoted",
    "decision.kept": "not promoted",
    "decision.none": "\N{EN DASH}",
    "role.value": "value",
    "role.churn": "churn",
    "role.tiers": "tiers",
    "role.champion": "champion",
    "role.challenger": "challenger",
    "role.previous": "previous",
    # ------------------------------------------------------------------ quality
    "target.churn": "Churn",
    "target.purchases": "Purchases",
    "target.revenue": "Revenue",
    "quality.heading": "{target}, {as_of} to {until}",
    "table.quality": "{target}: every model on {customers}, best first by {metric}",
    "quality.chosen": "chosen",
    "quality.beats": "beats the chosen model",
    "quality.reading": "{clause}.",
    "quality.bold": (
        "Bold: the best of its column. Lower is better for Brier score, log-loss, ECE, loss, MAE"
        " and RMSE; nearest to 1 for predicted over actual; higher for the rest. The loss is the"
        " geometric mean of MAE, RMSE and 1 - Gini."
    ),
    "table.history": "The same comparison on every held-out window",
    "column.window": "Window",
    "column.target": "Target",
    "column.customers": "Customers",
    "column.chosen": "Chosen",
    "column.rival": "Best other",
    "column.metric": "Error",
    "column.gain": "Error lower by",
    "metric.rmse": "RMSE",
    "metric.mae": "MAE",
    "metric.wape": "WAPE",
    "metric.loss": "Loss",
    "metric.bias": "Predicted / actual",
    "metric.spearman": "Spearman",
    "metric.gini": "Gini",
    "metric.top_decile_capture": "Top-tenth capture",
    "metric.auc": "AUC",
    "metric.ap": "Average precision",
    "metric.brier": "Brier score",
    "metric.log_loss": "Log-loss",
    "metric.ece": "ECE",
    "metric.top_decile_lift": "Top-tenth lift",
    "metric.top_decile_lift_max": "Highest possible",
    "model.beta_geo": "BG/NBD",
    "model.rate": "own rate so far",
    "model.last_period": "same as last period",
    "model.zero": "nobody buys again",
    "model.beta_geo+gamma_gamma": "BG/NBD with Gamma-Gamma",
    "model.CustomerValueModel": "value model",
    "model.ChurnModel": "contest of churn models",
    "model.ValueTiers": "value clusters",
    "model.rate+own_mean": "own rate so far",
    "model.beta_geo+own_mean": "BG/NBD with own mean spend",
    "model.last_period+own_mean": "same as last period",
    "model.boosted": "LightGBM",
    "model.blend": "blend of models",
    "model.base_rate": "base rate",
    "model.recency_rule": "recency rule",
    "model.logistic": "logistic regression",
    "model.lightgbm": "LightGBM",
    # ------------------------------------------------------------------ charts
    "chart.deciles.title": "{target}: predicted against actual, by tenth of customers",
    "chart.deciles.x": "Customers by tenth, highest prediction first",
    "chart.deciles.y.purchases": "Purchase days per customer",
    "chart.deciles.y.revenue": "Revenue per customer",
    "chart.deciles.reading": (
        "The top tenth was predicted {predicted} per customer and came to {actual} ({off});"
        " over all tenths the forecast was {total}."
    ),
    "chart.deciles.alt": (
        "Bars of predicted and actual {target} per customer in ten groups. {reading}"
    ),
    "off.high": "{share} too high",
    "off.low": "{share} too low",
    "off.level": "within one percent",
    "off.undefined": "with nothing to compare",
    "predicted": "Predicted",
    "actual": "Actual",
    "expected": "Expected",
    "perfect": "Perfect agreement",
    "chart.reliability.title": "Churn: predicted against actual share who left",
    "chart.reliability.x": "Predicted churn probability",
    "chart.reliability.y": "Share who left",
    "chart.reliability.reading": (
        "On average {predicted} were predicted to leave and {actual} did; the largest gap among"
        " ten equal groups is {gap} points, where {at} was predicted."
    ),
    "chart.reliability.alt": (
        "Ten groups of equal size: predicted churn probability against the share who left, with"
        " the line of perfect agreement. {reading}"
    ),
    "chart.tracking.title": "Purchase days per week, actual and expected",
    "chart.tracking.x": "Week beginning",
    "chart.tracking.y": "Purchase days",
    "chart.tracking.held_out": "held out from here",
    "chart.tracking.reading": "{weeks} weeks: {actual} happened, {expected} expected ({off}).",
    "chart.tracking.reading.held_out": (
        "In the {weeks} weeks the model had not seen, {actual} happened and {expected} were"
        " expected ({off})."
    ),
    "chart.tracking.alt": "Lines of actual and expected purchase days by week. {reading}",
    "chart.concentration.title": "Share of value held by the most valuable customers",
    "chart.concentration.x": "Share of customers, the most valuable first",
    "chart.concentration.y": "Share of expected value",
    "chart.concentration.equal": "If all were worth the same",
    "chart.concentration.reading": (
        "The top 1% of customers hold {top_1} of the expected value, the top 10% {top_10}, the"
        " top 20% {top_20}."
    ),
    "chart.concentration.alt": "Curve of cumulative value over cumulative customers. {reading}",
    "chart.tiers.title": "Tiers: share of customers and of value",
    "chart.tiers.customers": "Share of customers",
    "chart.tiers.value": "Share of expected value",
    "chart.tiers.reading": (
        "The tier {name} holds {share} of the customers and {value_share} of the expected value."
    ),
    "chart.tiers.reading.one": "All {customers} are in one tier, {name}.",
    "chart.tiers.alt": "Bars per tier: share of customers beside share of value. {reading}",
    "chart.risk.title": "Churn probability of the customers",
    "chart.risk.x": "Churn probability",
    "chart.risk.y": "Customers",
    "chart.risk.active": "Active",
    "chart.risk.dormant": "Dormant",
    "chart.risk.reading": (
        "{likely} of {active} active customers ({share}) are more likely than not to stay away;"
        " their mean churn probability is {mean}."
    ),
    "chart.risk.reading.dormant": "None of the {customers} with a probability is active.",
    "chart.risk.alt": "Histogram of churn probabilities in steps of five points. {reading}",
    "chart.stages.title": "Lifecycle stages",
    "chart.stages.x": "Customers",
    "chart.stages.reading": (
        "The largest stage is {name} with {share} of the customers; most value sits in {valuable}"
        " ({value_share})."
    ),
    "chart.stages.reading.plain": "The largest stage is {name} with {share} of the customers.",
    "chart.stages.alt": "Bars of customers per lifecycle stage. {reading}",
    "chart.severity.title": "Churn warnings by severity",
    "chart.severity.x": "Customers",
    "chart.severity.reading": "{n} of {total} warnings are {severity}{value}.",
    "chart.severity.reading.value": ", {share} of the value at risk ({amount} of {total})",
    "chart.severity.alt": "Bars of customers per severity. {reading}",
    "chart.funnel.title": "Win-back: from dormant customers to the call list",
    "chart.funnel.x": "Customers",
    "chart.funnel.dormant": "Dormant customers",
    "chart.funnel.treated": "Call back",
    "chart.funnel.control": "Held back as control",
    "chart.funnel.reading": (
        "Of {dormant} dormant customers, {treated} are to be called back, {control} are held back"
        " as control and {excluded} are left out{why}."
    ),
    "chart.funnel.why": ", most often: {reason} ({n})",
    "chart.funnel.alt": "Bars from all dormant customers down to those called. {reading}",
    # ------------------------------------------------------------------ tables
    "table.top": "Value held by the most valuable customers",
    "column.top": "Top",
    "column.value_share": "Share of value",
    "table.tiers": "Tiers, the most valuable first",
    "table.stages": "Lifecycle stages, in the order customers run through them",
    "column.tier": "Tier",
    "column.stage": "Stage",
    "column.share": "Share of customers",
    "column.mean.clv": "Mean CLV",
    "column.mean.expected_purchases": "Mean expected purchase days",
    "column.mean_p_churn": "Mean churn probability",
    "table.deciles": "{target} per customer, by tenth",
    "column.tenth": "Tenth",
    "column.predicted": "Predicted",
    "column.actual": "Actual",
    "column.within_80": "Within the 80% interval",
    "table.reliability": "Ten equal groups by churn probability",
    "column.left": "Left",
    "table.severities": "Churn warnings",
    "column.severity": "Severity",
    "column.value_at_risk": "Value at risk",
    "severity.red": "red",
    "severity.orange": "orange",
    "severity.yellow": "yellow",
    "lists.churn_warning": "Churn warnings",
    "lists.win_back": "Win-back",
    "lists.none": "The list is empty.",
    "table.funnel": "Where the dormant customers went",
    "column.group": "Group",
    "funnel.left_out": "Left out: {reason}",
    "fact.budget": "Budget",
    "fact.budget.text": "{spent} of {budget} used ({share})",
    "fact.capacity": "Capacity",
    "fact.expected_margin": "Expected margin of the calls",
    "fact.measure": "What can be measured",
    "fact.measure.text": (
        "with {treated} called and {control} held back, a difference of {mde} percentage points in"
        " the share who buy would show"
    ),
    "fact.measure.none": (
        "nothing: without a control group, those who would have come back anyway count as won"
    ),
    "table.intake": "Rows of the source",
    "column.fate": "What became of them",
    "column.rows": "Rows",
    "column.of_all": "Share",
    "intake.rows_in": "read",
    "intake.filtered_out": "dropped by the filter",
    "intake.zero_amounts": "dropped: amount zero",
    "intake.after_as_of": "later than the as-of date",
    "intake.rejected": "rejected: {reason}",
    "intake.accepted": "accepted",
    "data.reading": ("{accepted} of {rows} were used ({share}); {rejected} were rejected{why}."),
    "data.why": ", most often: {reason} ({n})",
}
