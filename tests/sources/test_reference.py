import pytest

from svcq_lib.errors import ParameterError
from svcq_lib.sources.reference import NAMES, read_reference, reference_dir


@pytest.mark.parametrize("name", NAMES)
def test_every_table_has_rows_with_a_source(name):
    table = read_reference(name)
    assert len(table)
    assert table["source"].notna().all()
    assert (reference_dir() / f"{name}.csv").is_file()


def test_an_unknown_table_lists_what_there_is():
    with pytest.raises(ParameterError, match=r"'prices'.*benchmarks, targets, elasticities"):
        read_reference("prices")
