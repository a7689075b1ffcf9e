"""The benchmark of titles reads what a title claims, in both languages, and refuses what it cannot read."""

import sys

import pytest


@pytest.fixture(scope="module")
def honesty(repo_root):
    sys.path.insert(0, str(repo_root / "benchmarks"))
    try:
        import honesty

        yield honesty
    finally:
        sys.path.remove(str(repo_root / "benchmarks"))


@pytest.mark.parametrize(
    ("topic", "lang", "title", "claim"),
    [
        ("gaps", "en", "Responsiveness loses the most: −1.05 points on the 1–7 scale", "responsiveness"),
        ("gaps", "en", "Reliability and Tangibles lose the most and cannot be told apart: −0.6 to −0.5",
         "tangibles+reliability"),
        ("gaps", "en", "Reliability, Tangibles and Responsiveness lose the most and cannot be told apart: −0.6 to −0.5",
         ""),
        ("gaps", "zh", "响应性失分最多：−1.05 分（1–7 分制）", "responsiveness"),
        ("gaps", "zh", "有形性、可靠性和响应性失分最多且难分高下：−0.49 至 −0.46 分（1–7 分制）", ""),
        ("scores", "en", "Satisfaction stands at 68.6 of 100 over the whole period and improved from 2025 to 2026",
         "better"),
        ("scores", "zh", "全期满意度为 64.8 分（满分 100 分）", ""),
        ("drivers", "en", "“q6” matters most for Satisfaction: 39 % of what the answers explain", "q6"),
        ("drivers", "en", "No single driver of Satisfaction stands out: 6 of 6 could rank first", ""),
        ("drivers", "zh", "满意度没有单一突出的驱动因素：6 个中有 5 个可能居首", "some"),
        ("benchmark", "en", "By unit: U00 leads; 23 of 24 cannot be told from the average", "U00"),
        ("benchmark", "en", "By unit: not one of 24 can be told from the average of the others", ""),
        ("effects", "en", "The programme raised Satisfaction by 5.8", "rose"),
        ("effects", "zh", "5 项指标中，数据均无法判断改进项目有无效果", ""),
    ],
)  # fmt: skip
def test_a_title_is_read_as_its_reader_would(honesty, topic, lang, title, claim):
    case = honesty.CASES[topic]
    assert case.claimed(honesty.matched(title, case.module.SENTENCES[lang]), lang) == claim


def test_a_title_that_cannot_be_read_is_no_silence(honesty):
    with pytest.raises(ValueError, match="no sentence of the report"):
        honesty.matched("Something else", honesty.CASES["gaps"].module.SENTENCES["en"])
