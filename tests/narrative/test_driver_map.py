import numpy as np
import pytest

from svcq_lib.narrative import driver_map as narrative
from svcq_lib.study import Label

FIRST, KEEP = "concentrate_here", "keep_up"


@pytest.fixture
def make_map(make_drivers):
    """A map with drivers to concentrate on of given certainty among six."""

    def make(certain=(), *, lines="mean", labels=None, **changes):
        rows = [
            (f"q{i}", 0.3 - 0.03 * i, 1, 6, FIRST if i < len(certain) else KEEP) for i in range(6)
        ]  # fmt: skip
        result = make_drivers(rows, lines=lines, labels=labels or {})
        result.map["p_quadrant"] = [*certain, *[1.0] * (6 - len(certain))]
        for name in ("stated_importance",):
            if name in changes:
                result.map[name] = changes.pop(name)
        for name, value in changes.items():
            result.lines[name] = value
        return result

    return make


def related(low, high, stated=(1, 2, 3, 4, 5, 6)):
    return {
        "rank_correlation": (low + high) / 2, "rank_correlation_low": low, "rank_correlation_high": high,
        "stated_importance": list(stated),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("certain", "finding", "said"),
    [
        ((), "No important driver is rated low", "No important driver is rated low."),
        ((1.0,), "1 of 6 drivers is surely important and rated low", "95\u2009% certainty: “q0”. That"),
        ((1.0,) * 5, "5 of 6 drivers are surely important and rated low", "“q0”, “q1” and “q2”, and 2 more on"),
        ((0.96, 0.6), "1 of 6 drivers is surely important and rated low", "“q1” lies there too, but less surely"),
        ((0.94, 0.6), "No driver is surely important and rated low; 2 may be", "“q0” and “q1” lie where importance"),
    ],
)  # fmt: skip
def test_only_what_is_sure_is_a_place_to_concentrate(make_map, certain, finding, said):
    result = make_map(certain)
    assert narrative.finding(result)[0] == finding
    text = narrative.describe(result)
    assert said in text
    assert ("improvement promises most" in text) == any(p >= 0.95 for p in certain)


def test_the_same_in_chinese(make_map):
    labels = {"q0": Label(en="Keeps promises", zh="守约"), "q1": Label(en="Prompt", zh="及时")}
    text = narrative.describe(make_map((1.0, 0.5), labels=labels), lang="zh")
    assert "至少 95\u2009% 的把握）：“守约”。" in text
    assert "“及时”也在其中，但把握不足" in text
    assert "无法判断" in narrative.describe(make_map((0.5,), labels=labels), lang="zh")


@pytest.mark.parametrize(
    ("changed", "said"), [(4, "4 of 6 drivers change quadrant"), (0, "every driver keeps its quadrant")]
)
def test_conventions_are_counted(make_map, changed, said):
    assert said in narrative.heading(make_map(changed=changed))


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [(0.2, 0.8, "order the drivers alike"), (-0.9, -0.1, "the other way round"), (-0.2, 0.6, "do not show")],
)
def test_stated_and_derived_importance_agree_only_if_the_interval_says_so(make_map, low, high, said):
    assert said in narrative.stated(make_map(**related(low, high)))


def test_the_driver_that_differs_most_is_named(make_map):
    # shares fall from q0 to q5: q5 is stated most important and carries the smallest share
    text = narrative.stated(make_map(**related(0.1, 0.6, stated=(5, 4, 3.5, 3, 2, 6))))
    assert "They differ most on “q5”: rank 1 by what customers say, 6 by its share." in text


def test_shared_points_are_said_to_be_shared(make_map):
    text = narrative.stated(make_map(**related(0.1, 0.6, stated=(5, 5, 5, 3, 3, 3))))
    assert "shared equally by its items" in text
    assert "differ most" not in text


def test_nothing_is_said_of_what_was_not_asked(make_map):
    assert narrative.stated(make_map()) == ""


def test_rated_importance_is_divided_at_its_own_middle(make_map):
    result = make_map(lines="scale", importance_kind="stated", importance=4.0)
    assert "lines: middle of the scales" in narrative.finding(result)[1]
    assert "middle of the scale and mean importance" in narrative.finding(make_map(lines="scale"))[1]


def test_facts_are_those_of_the_table(make_map):
    found = narrative.facts(make_map((1.0, 0.4), **related(0.2, 0.8)))
    assert (found["sure"], found["unsure"]) == (["q0"], ["q1"])
    assert found["rank_interval"] == (0.2, 0.8)
    assert np.isfinite(found["rank_correlation"])
