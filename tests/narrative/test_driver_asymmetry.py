import pytest

from svcq_lib.narrative import driver_asymmetry as narrative


@pytest.fixture
def make_contrast(make_drivers):
    """A contrast of six drivers, the first of given factors that may be spoken of."""

    def make(factors=(), **columns):
        rows = [(f"q{i}", 0.3 - 0.03 * i, 1, 6, "keep_up") for i in range(6)]
        result = make_drivers(rows)
        table = result.asymmetry
        table["asymmetry"], table["high_from"], table["low_to"] = -0.2, 6.0, 2.0
        table["factor"] = [*factors, *["basic"] * (6 - len(factors))]
        table["shown"] = [i < len(factors) for i in range(6)]
        for name, values in columns.items():
            table[name] = values
        return result

    return make


@pytest.mark.parametrize(
    ("factors", "finding"),
    [
        ((), "No driver is shown to punish more than it rewards, or the reverse"),
        (("basic",), "“q0”: failing costs more than excelling gains"),
        (("basic", "basic"), "For 2 of 6 drivers failing costs more than excelling gains"),
        (("excitement",), "“q0”: excelling gains more than failing costs"),
        (("excitement",) * 2, "For 2 of 6 drivers excelling gains more than failing costs"),
        (("basic", "excitement"), "1 driver mainly punishes failure, 1 mainly rewards excellence"),
        (("performance_factor",), "No driver is shown to punish more than it rewards, or the reverse"),
    ],
)
def test_the_finding_counts_what_is_shown(make_contrast, factors, finding):
    assert narrative.finding(make_contrast(factors))[0] == finding


def test_drivers_are_named_by_factor_and_the_rest_is_left_open(make_contrast):
    text = narrative.describe(make_contrast(("basic", "excitement", "performance_factor")))
    assert "csat worsens more with a low rating on “q0” than it improves" in text
    assert "csat improves more with a high rating on “q1” than it worsens" in text
    assert "“q2” counts evenly in both directions." in text
    assert "For 3 of 6 drivers the data cannot tell" in text


def test_the_same_in_chinese(make_contrast):
    text = narrative.describe(make_contrast(("basic",)), lang="zh")
    assert "（基本因素）" in text
    assert "6\u2009个驱动因素中有\u20095\u2009个" in text.replace(" ", "\u2009")


def test_nothing_is_claimed_where_nothing_is_shown(make_contrast):
    assert narrative.describe(make_contrast()) == ""


def test_the_ends_are_named_by_their_ratings(make_contrast):
    assert "a high (6 or more) and a low (2 or less) rating" in narrative.finding(make_contrast())[1]
    mixed = narrative.finding(make_contrast(high_from=[6.0] * 5 + [4.0]))[1]
    assert "near the top and near the bottom of its scale" in mixed


def test_no_figure_without_answers_at_both_ends(make_contrast):
    result = make_contrast(asymmetry=float("nan"))
    assert narrative.facts(result)["empty"]
    assert narrative.finding(result) == ("", "")
    assert narrative.describe(result) == ""
