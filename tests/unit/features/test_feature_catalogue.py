from winback.features.feature_catalogue import FEATURES, describe, feature_columns


def test_names_are_unique_and_units_and_families_are_of_a_fixed_vocabulary():
    assert len({feature.name for feature in FEATURES}) == len(FEATURES)
    units = {"days", "purchase days", "money", "share", "change", "ratio", "lines", "count"}
    assert {feature.unit for feature in FEATURES} == units
    families = {"overdue", "slowing_down", "basket", "refunds", "frequency", "value", "channel"}
    assert {f.family for f in FEATURES} == families | {"category", "season", "tenure", "discount"}


def test_nothing_but_the_catalogue_reaches_a_model():
    labels = ["purchases", "revenue", "churned"]
    others = [
        "customer_id",
        "as_of",
        "first_purchase_at",
        "last_purchase_at",
        "clv",
        "leak",
        "event",
    ]
    assert feature_columns([*labels, *others, "last_horizon_revenue"]) == ()
    assert feature_columns(["T", "leak", "recency"]) == ("T", "recency")


def test_event_columns_are_described_from_their_names():
    feature = describe("event_web_visit_days_since")
    assert (feature.family, feature.unit) == ("events", "days")
    assert feature.meaning == "days since the last web visit event, at most 365"
