"""Models, metrics, and how they compare."""

from __future__ import annotations

TEXT: dict[str, str] = {
    # ------------------------------------------------------------------ quality
    "target.churn": "Churn",
    "target.purchases": "Purchases",
    "target.revenue": "Revenue",
    "quality.heading": "{target}, {as_of} to {until}",
    "table.quality": "{target}: every model on {customers}, best first by {metric}",
    "quality.chosen": "chosen",
    "quality.beats": "beats the chosen model",
    "quality.reading": "{clause}.",
    "quality.bold.value": (
        "Bold: the best of its column. Lower is better for loss, MAE and RMSE, nearest to 1 for"
        " predicted over actual, higher for the rest. The loss is the geometric mean of MAE, RMSE"
        " and 1 - Gini."
    ),
    "quality.bold.churn": (
        "Bold: the best of its column. Lower is better for Brier score, log-loss and ECE, higher"
        " for the rest."
    ),
    "value.how_good": "How far the forecast can be trusted",
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
    "model.lightgbm_btyd": "LightGBM with BG/NBD features",
    "model.modified_beta_geo": "MBG/NBD",
    "model.pareto_nbd": "Pareto/NBD",
    "model.gamma_gamma": "Gamma-Gamma",
    "model.own_mean": "own mean spend",
    "model.pooled_mean": "mean spend of all",
    "with": " with ",
}
