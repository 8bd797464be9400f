"""What rooms say as data is said whole in English and in Chinese."""

# ruff: noqa: RUF001, ISC004 - Chinese is written with fullwidth marks, and long sentences wrap

import re
from datetime import date

import numpy as np
import pandas as pd
import pytest

from winback.errors import NotEnoughDataError
from winback.evaluation.base_rate_drift import base_rate_drift
from winback.evaluation.churn_groups import knows_little
from winback.evaluation.gate_checks import Check
from winback.evaluation.windows import gate_window
from winback.messages import Message, Words, as_records

CHINESE = Words("zh")
NAMES = r"[A-Z][\w/-]*|P\(alive\)|epsilon|alpha|beta|\b[a-z]\b"
CHECK = ("revenue", "rate+own_mean", "mae", 10.3, 10.0, 0.03, 0.01, 0.05)
BOUND = Message("bound.range", low=0.5, high=2.0)
NOT_KNOWN = ("revenue", BOUND, "bias", 0.3, np.nan, np.nan, np.nan, np.nan)
GROUP = {"grouping": "repeat", "group": "one order", "n": 900, "churn_rate": 0.8}


def drift():
    rates = pd.DataFrame(
        {"snapshot": ["2024-01-01", "2024-04-01"], "n": [9_000] * 2, "churn_rate": [0.6, 0.7]}
    )
    return base_rate_drift(rates, np.array([-0.08]), 90)["message"]


@pytest.mark.parametrize(
    ("message", "english", "chinese"),
    [
        (
            gate_window(date(2011, 1, 1), date(2011, 7, 1), horizon_days=365)[1],
            "refitted on data to 2011-04-01 and judged on the 91 days to 2011-07-01 (365 asked for;"
            " history has 182)",
            "用截至 2011-04-01 的数据重新训练，并以截至 2011-07-01 的 91 天检验"
            "（要求 365 天；历史只有 182 天）",
        ),
        (
            Check(*CHECK, passed=False).message,
            "Revenue: MAE 10.3 against 10 of own rate so far, loss +3.0% (+1.0% to +5.0%): worse",
            "收入：MAE 10.3，以往购买频率为 10，损失 +3.0%（+1.0% 至 +5.0%）：更差",
        ),
        (
            Check(*NOT_KNOWN, passed=False).message,
            "Revenue: Predicted / actual 0.3 against 0.5 to 2: is not known well enough, or out of"
            " bounds",
            "收入：预测/实际 0.3，标准为 0.5 至 2：不够确定，或超出界限",
        ),
        (
            knows_little({**GROUP, "auc": 0.55, "auc_low": 0.49, "auc_high": 0.61}),
            "about customers with one order (900) the score knows little: AUC 0.55 (0.49 to 0.61)",
            "对一单客户（900 位），评分所知甚少：AUC 0.55（0.49 至 0.61）",
        ),
        (
            Message("churn.level_moves", why=drift()),
            "the level of churn scores moves: the churn rate lay between 60.0% and 70.0% over 2"
            " snapshots (2 without overlap), a standard deviation of 7.1 points beyond sampling"
            " noise; forecasts of past snapshots missed its level by up to 8.0 points",
            "流失评分的水平在变动：2 个快照（2 个互不重叠）的流失率在 60.0% 与 70.0% 之间，"
            "除抽样误差外的标准差为 7.1 个百分点；对过去快照水平的预测最多偏差 8.0 个百分点",
        ),
        (
            Message(
                "about",
                models=["zero", "beta_geo+gamma_gamma"],
                said=Message("fit.own_mean", why=Message("fit.no_maximum_of_spend")),
            ),
            "nobody buys again, BG/NBD with Gamma-Gamma: no maximum of Gamma-Gamma could be"
            " verified, so a customer's own mean is used, and the pooled mean where there is none",
            "无人再买，BG/NBD 加 Gamma-Gamma：无法验证 Gamma-Gamma 的最大值，"
            "因此采用客户自身的平均消费，没有时采用全体平均",
        ),
        (
            Message.of_error(
                NotEnoughDataError(
                    Message("few.repeat", model="BG/NBD"),
                    got=Message("few.part", part=3, whole=1500),
                    allowed=Message("bound.least", least=20),
                )
            ),
            "too few customers have bought again to fit BG/NBD: got 3 of 1,500; allowed: at least"
            " 20",
            "再次购买的客户太少，无法拟合 BG/NBD；实际：1,500 中的 3；要求：至少 20",
        ),
    ],
)
def test_a_message_is_said_whole_in_both_languages(message, english, chinese):
    assert str(message) == english
    assert message.say(CHINESE) == chinese
    assert re.findall(r"[a-z_]{2,}", re.sub(NAMES, "", chinese)) == []


def test_a_number_that_is_none_is_a_dash():
    missing = Message("gate.drifted", bias=np.nan, nearer=0.9)
    assert missing.facts["bias"] is None
    assert str(missing).startswith("the champion predicts \N{EN DASH} of what came, ")


def test_messages_are_kept_with_their_english_and_read_back():
    said = {"notes": [Message("about", models=["zero"], said=drift())], "n": (1, None)}
    kept = as_records(said)
    assert kept["n"] == [1, None]
    assert kept["notes"][0]["text"] == str(said["notes"][0])
    assert [Message.of(note) for note in kept["notes"]] == said["notes"]
    later = {**kept["notes"][0], "code": "of.a.later.winback"}
    assert Message.of(later).say(CHINESE) == str(said["notes"][0])
