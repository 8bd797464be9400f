"""Sentences of the rooms below are found again in the catalogue, and said in both languages."""

# ruff: noqa: RUF001, ISC004 - Chinese is written with fullwidth marks, and long sentences wrap

import ast
import re
from datetime import date
from pathlib import Path

import numpy as np
import pytest

import winback
from winback.estimators.churn.base_rate_drift import base_rate_drift
from winback.evaluation.checks import Check
from winback.evaluation.churn_groups import knows_little
from winback.evaluation.gate import gate_window
from winback.messages import Words
from winback.messages.catalogue import catalogue
from winback.messages.patterns import GENERAL

ENGLISH, CHINESE = Words(), Words("zh")
NAMES = r"[A-Z][\w/-]*|P\(alive\)|epsilon|alpha|beta|\b[a-z]\b"


def left_in_english(text):
    return re.findall(r"[a-z_]{2,}", re.sub(NAMES, "", text))


def literals_below():
    """Collect the texts in the rooms below the report, a hole for each number or name."""
    found, room = [], Path(winback.__file__).parent
    for folder in ("estimators", "evaluation", "lists", "workflows"):
        for file in (room / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                if isinstance(node, ast.JoinedStr):
                    parts = (p.value if isinstance(p, ast.Constant) else "\0" for p in node.values)
                    found.append("".join(map(str, parts)))
                elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                    found.append(node.value)
    return "\n".join(found)


def test_each_pattern_reads_as_the_room_below_writes_it():
    below = literals_below()
    patterns = {k: t for k, t in catalogue("en").items() if k.startswith("said.")}
    lost = {
        key: part
        for key, text in patterns.items()
        if key not in GENERAL
        for part in re.split(r"{\w+}|(?<=[:;)]) |, so |\(|; ", text)
        if len(part.strip()) > 7 and part.strip() not in below
    }
    assert lost == {}


CHECK = ("revenue", "rate+own_mean", "mae", 10.3, 10.0, 0.03, 0.01, 0.05)
NOT_KNOWN = ("revenue", "0.5 to 2", "bias", 0.3, np.nan, np.nan, np.nan, np.nan)


def drift():
    import pandas as pd

    rates = pd.DataFrame(
        {"snapshot": ["2024-01-01", "2024-04-01"], "n": [9_000] * 2, "churn_rate": [0.6, 0.7]}
    )
    return base_rate_drift(rates, np.array([-0.08]), 90)["sentence"]


GROUP = {"grouping": "repeat", "group": "one order", "n": 900, "churn_rate": 0.8}


@pytest.mark.parametrize(
    ("said", "chinese"),
    [
        (
            gate_window(date(2011, 1, 1), date(2011, 7, 1), horizon_days=365)[1],
            "用截至 2011-04-01 的数据重新训练，并以截至 2011-07-01 的 91 天检验"
            "（要求 365 天；历史只有 182 天）",
        ),
        (
            str(Check(*CHECK, passed=False)),
            "收入：MAE 10.3，以往购买频率为 10，损失 +3.0%（+1.0% 至 +5.0%）：更差",
        ),
        (
            str(Check(*NOT_KNOWN, passed=False)),
            "收入：预测/实际 0.3，标准为 0.5 至 2：不够确定，或超出界限",
        ),
        (
            knows_little({**GROUP, "auc": 0.55, "auc_low": 0.49, "auc_high": 0.61}),
            "对一单客户（900 位），评分所知甚少：AUC 0.55（0.49 至 0.61）",
        ),
        (
            f"the level of churn scores moves: {drift()}",
            "流失评分的水平在变动：2 个快照（2 个互不重叠）的流失率在 60.0% 与 70.0% 之间，"
            "除抽样误差外的标准差为 7.1 个百分点；对过去快照水平的预测最多偏差 8.0 个百分点",
        ),
        (
            "zero, beta_geo+gamma_gamma: no maximum of Gamma-Gamma could be verified, so a"
            " customer's own mean is used, and the pooled mean where there is none",
            "无人再买，BG/NBD 加 Gamma-Gamma：无法验证 Gamma-Gamma 的最大值，"
            "因此采用客户自身的平均消费，没有时采用全体平均",
        ),
    ],
)
def test_a_sentence_is_said_in_chinese(said, chinese):
    assert CHINESE.sentence(said) == chinese
    assert left_in_english(chinese) == []


def test_a_sentence_with_semicolons_in_it_and_after_it_is_said_whole():
    said = CHINESE.sentence(
        "tier low holds only 0.80% of the customers; clusters are hardly real: refits agree only"
        " to 0.40 (adjusted Rand index); read tiers as cuts through a continuum; nothing was"
        " checked"
    )
    assert left_in_english(said.replace("low", "")) == []
    assert said.endswith("；没有检查任何项")


@pytest.mark.parametrize("text", ["Look: here; and there.", "the campaign", "p < 0.05: no", ""])
def test_what_nobody_knows_stays_as_it_is(text):
    assert CHINESE.sentence(text) == ENGLISH.sentence(text) == text


def test_in_english_models_are_called_by_their_names():
    said = ENGLISH.sentences(["4 checks passed, against champion, rate+own_mean"])
    assert said == "4 checks passed, against the champion, own rate so far."
