"""Display tables as great-tables objects: thin rules, no boxes, numbers right-aligned with equal digits."""

from __future__ import annotations

import hashlib
import html
import json
import re
from typing import TYPE_CHECKING, Any

import pandas as pd

from svcq_lib.formats import Lang
from svcq_lib.palette import ACCENT, GREY, INK, RULE, WARNING
from svcq_lib.tables.model import DisplayTable, Tone, display_table

if TYPE_CHECKING:
    from great_tables import GT

FONTS = ["Source Sans Pro", "Source Sans 3", "Noto Sans SC", "sans-serif"]
TONES: dict[Tone, tuple[str, int]] = {
    "good": (ACCENT, 600),
    "bad": (WARNING, 600),
    "muted": (GREY, 400),
    "strong": (INK, 600),
}
"""Colour and weight of each tone."""


def present(
    table: pd.DataFrame | DisplayTable,
    *,
    columns: list[str] | None = None,
    lang: Lang = "en",
    **options: Any,
) -> GT:
    """Return a table in the look of the reports.

    Parameters
    ----------
    table : DataFrame or DisplayTable
        A result frame, or what `display_table` made of it.
    columns : list of str, optional
        Columns to show, in order.
    lang : {"en", "zh"}
        Language.
    **options
        More options of `display_table`, for a frame.

    Returns
    -------
    great_tables.GT
        The table. Its id is made from its content, so that the same table gives the same bytes.
    """
    from great_tables import GT
    from great_tables import html as markup

    shown = (
        table
        if isinstance(table, DisplayTable)
        else display_table(table, columns=columns, lang=lang, **options)
    )
    names = [f"c{i}" for i in range(len(shown.columns))]
    # great-tables escapes what it formats; tests/tables/test_present.py watches that it does
    texts = pd.DataFrame([[cell.text for cell in row] for row in shown.rows], columns=names, dtype=object)
    made = GT(texts, id=_id(shown), auto_align=False)
    # great-tables reads {{ }} in a heading as units of measurement, so the braces go in as entities
    headings = [markup(html.escape(column.label).replace("{", "&#123;")) for column in shown.columns]
    made = made.cols_label(dict(zip(names, headings, strict=True)))
    for name, column in zip(names, shown.columns, strict=True):
        made = made.cols_align(column.align, columns=[name])
    return _toned(_ruled(made), shown, names)


def table_html(table: GT) -> str:
    """Return a table as HTML that refers to nothing outside and styles nothing but itself.

    Parameters
    ----------
    table : great_tables.GT
        What `present` returned.

    Returns
    -------
    str
        A ``div`` with its own ``style``.
    """
    text = table.as_raw_html()
    own = re.search(r'<div id="([^"]+)"', text)
    assert own is not None  # great-tables always writes the id it was given
    # Two of great-tables' rules reach every table of the page; they are confined to this one.
    parts = [f"#{own[1]} {part}" for part in ("thead", "tbody", "tfoot", "tr", "td", "th")]
    text = text.replace(f"#{own[1]} thead, tbody, tfoot, tr, td, th {{", ", ".join(parts) + " {")
    return text.replace("\n tr { background-color", f"\n #{own[1]} tr {{ background-color")


def _id(shown: DisplayTable) -> str:
    content = json.dumps(shown.to_block(), ensure_ascii=False, sort_keys=True)
    return "t" + hashlib.sha256(content.encode()).hexdigest()[:10]


def _ruled(table: GT) -> GT:
    """Set the rules of the page: a line under the heading, thin ones between rows, none beside columns."""
    none, body = {"style": "none"}, {"style": "solid", "width": "1px", "color": RULE}
    borders = {
        "table_border_top": none, "table_border_bottom": none, "column_labels_border_top": none,
        "column_labels_border_bottom": {"style": "solid", "width": "2px", "color": INK},
        "table_body_border_top": {"style": "solid", "width": "2px", "color": INK},
        "table_body_border_bottom": body, "table_body_hlines": body, "column_labels_vlines": none,
        "table_body_vlines": none,
    }  # fmt: skip
    lines: dict[str, Any] = {
        f"{place}_{key}": value for place, look in borders.items() for key, value in look.items()
    }
    return table.tab_options(
        container_padding_y="0px", table_width="100%", table_margin_left="0px", table_margin_right="0px",
        table_font_names=FONTS, table_font_size="14.5px", table_font_color=INK,
        table_background_color="transparent", column_labels_background_color="transparent",
        column_labels_font_weight="600", data_row_padding="8px", data_row_padding_horizontal="8px",
        column_labels_padding="8px", column_labels_padding_horizontal="8px",
        **lines,
    )  # fmt: skip


def _toned(table: GT, shown: DisplayTable, names: list[str]) -> GT:
    """Set tones, keep numbers on one line, align the outer columns with the text around the table."""
    from great_tables import loc, style

    for i, name in enumerate(names):
        numbers = shown.columns[i].align == "right"
        edge = "padding-left:0;" * (i == 0) + "padding-right:0;" * (i == len(names) - 1)
        if numbers or edge:
            rule = edge + "white-space:nowrap;" * numbers
            table = table.tab_style(style.css(rule), loc.body(columns=[name]))
        if edge:
            table = table.tab_style(style.css(edge), loc.column_labels(columns=[name]))
        for tone, (color, weight) in TONES.items():
            rows = [at for at, row in enumerate(shown.rows) if row[i].tone == tone]
            if rows:
                table = table.tab_style(
                    style.css(f"color:{color};font-weight:{weight};"), loc.body([name], rows)
                )
    return table
