import pandas as pd
import pytest

from svcq_lib.evidence.weights import Weighting
from svcq_lib.narrative import drivers_method, gaps_method, method, scores_method
from svcq_lib.narrative.phrases import half_width_marks
from svcq_lib.study import Label

TOPICS = [("scores",), ("gaps",), ("gaps_perception",), ("drivers_lmg", "drivers", "drivers_map_mean")]
MORE = {"scores": scores_method.METHOD, "gaps": gaps_method.METHOD, "drivers": drivers_method.METHOD}


def described(context, codes, lang="en"):
    return method.describe(context, codes, lang=lang, more=MORE[codes[0].split("_")[0]])


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("codes", TOPICS, ids=lambda codes: codes[0])
def test_method_has_settings_and_references(make_context, codes, lang):
    text = described(make_context(weight="w"), codes, lang=lang)
    assert text.count("\n\n") == 2
    assert ("References: " if lang == "en" else "参考文献：") in text
    assert "{" not in text
    if lang == "zh":
        assert not half_width_marks("\n\n".join(text.split("\n\n")[:2]))


def test_settings_are_those_of_the_result(make_context):
    text = described(
        make_context(missing="listwise", ci_level=0.9, adjustment="bh", flag=25, suppress=7), ("gaps",)
    )
    for said in (
        "listwise",
        "90\u2009% level",
        "Benjamini–Hochberg",
        "under 25",
        "fewer than 7",
        "50 replicates, seed 1",
    ):
        assert said in text
    assert "adjusted" not in described(make_context(adjustment="none"), ("gaps",))


@pytest.mark.parametrize(
    ("weight", "design", "said", "unsaid"),
    [
        (None, "simple", "No survey weight", "linearised"),
        ("w", "simple", "linearised for the weights", "No survey weight"),
        ("w", "strata", "declared strata", "No survey weight"),
        (None, "cluster", "declared clusters", "weighted by"),
    ],
)
def test_errors_are_said_to_fit_the_design(make_context, weight, design, said, unsaid):
    text = described(make_context(weight=weight, design=design), ("scores",))
    assert said in text
    assert unsaid not in text


@pytest.mark.parametrize(("lang", "said"), [("en", "the noise floor"), ("zh", "噪声下限")])
def test_drivers_name_the_noise_floor(make_context, lang, said):
    assert said in described(make_context(), ("drivers_lmg", "drivers", "drivers_map_mean"), lang=lang)


@pytest.mark.parametrize(
    ("trim", "said"), [(None, "No weight is cut"), (4.0, "Weights above 4 times the mean were cut")]
)
def test_weights_fitted_to_the_population_are_described(make_context, trim, said):
    margins = pd.DataFrame({"segment": ["sex", "sex", "age"], "level": ["f", "m", "old"]})
    fitted = Weighting(margins, 0.123, 1e-13, 7, 400, 380.0, 320.0, 1.25, trim, 0.02, 3.46)
    labels = {"sex": Label(en="Sex", zh="性别"), "age": Label(en="Age", zh="年龄")}
    context = make_context(weight="weights.margins", weighting=fitted, n_eff=320.0, labels=labels)
    text = described(context, ("scores",))
    for words in (
        "design effect of the weights 1.25",
        "Sex and Age",
        "12.3 percentage points",
        "3.5 times",
        said,
    ):
        assert words in text
    assert "No survey weight" not in text
    chinese = described(context, ("scores",), lang="zh")
    assert "12.3" in chinese
    assert not half_width_marks("\n\n".join(chinese.split("\n\n")[:2]))
