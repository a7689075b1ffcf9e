import numpy as np
import pandas as pd
import pytest

from svcq_lib.figures.style import ACCENT, INK, WARNING
from svcq_lib.figures.waterfall import UNSURE, describe_waterfall, waterfall

STEPS = ("Known", "Set", "Delivered", "Rest", "Gap", "Promised")
ROLES = ("part", "part", "part", "part", "total", "aside")


def rows(panels=("Speed", "Care"), steps=STEPS):
    parts = []
    for i, name in enumerate(panels):
        sizes = np.array([0.2, -0.3, -0.8, 0.05]) - 0.1 * i
        parts.append(pd.DataFrame({
            "facet": name, "label": steps, "role": ROLES, "estimate": [*sizes, sizes.sum(), -1.1],
            "sure": [True, True, True, False, True, False],
        }))  # fmt: skip
    table = pd.concat(parts, ignore_index=True)
    return table.assign(conf_low=table["estimate"] - 0.1, conf_high=table["estimate"] + 0.1)


def bars(ax):
    return [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in ax.patches]


def test_each_part_begins_where_the_one_before_ends(texts_of):
    axes = waterfall(rows())
    drawn = bars(axes[0])
    ends = np.cumsum([0.2, -0.3, -0.8, 0.05])
    assert [end for _, end in drawn[:4]] == pytest.approx(ends)
    assert [start for start, _ in drawn[:4]] == pytest.approx([0, *ends[:3]])
    assert drawn[4] == pytest.approx((0, ends[-1]))
    assert drawn[5] == pytest.approx((0, -1.1))
    assert {"−0.80", "+0.20", "−0.85", "Known"} <= set(texts_of(axes[0]))


def test_panels_share_one_scale_and_colours_say_what_is_sure():
    axes = waterfall(rows())
    assert axes[0].get_xlim() == axes[1].get_xlim()
    from matplotlib.colors import to_hex

    faces = [to_hex(bar.get_facecolor()) for bar in axes[0].patches]
    assert faces[:5] == [ACCENT, WARNING, WARNING, UNSURE, INK]
    assert faces[5] == "#ffffff"


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_long_names_fit(texts_of, long_label, long_label_zh, lang):
    name = long_label if lang == "en" else long_label_zh
    table = rows(panels=[f"{i} {name[:60]}" for i in range(5)], steps=[f"{i} {name[:50]}" for i in range(6)])
    assert texts_of(waterfall(table, lang=lang)[0])


def test_a_gap_that_is_absent_leaves_its_row_empty():
    table = rows(panels=("Speed",))
    axes = waterfall(table[table["role"] != "aside"])
    assert len(axes[0].patches) == 5


def test_the_alt_text_names_total_and_largest_part():
    text = describe_waterfall(rows())
    assert text.startswith("Waterfall chart in 2 panels. Speed: total −0.85, largest part −0.80 (Delivered).")
    assert describe_waterfall(rows(), lang="zh").startswith("瀑布图，2 个分图。Speed：合计 −0.85")
