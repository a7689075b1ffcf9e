"""What the page says about itself."""

import pandas as pd
import pytest

from svcq_lib.display import words


@pytest.mark.parametrize(("rows", "shown"), [(0, 0), (12, 12), (14, 14), (15, 12), (22, 12)])
def test_long_tables_show_their_first_rows_and_say_so(rows, shown):
    frame = pd.DataFrame({"term": range(rows)})
    kept, said = words.first_rows(frame, "en")
    assert kept["term"].tolist() == list(range(shown))
    assert said == ("" if shown == rows else f"The first 12 of {rows} rows; all are in the CSV.")


def test_the_rest_of_a_table_is_named_in_chinese():
    said = words.first_rows(pd.DataFrame({"term": range(22)}), "zh")[1]
    assert said.replace("\u2009", "") == "前 12 行，共 22 行；全部见 CSV。".replace("\u2009", "")
