import pytest

from svcq_lib.errors import ParameterError, ReportError
from svcq_lib.reports import resources
from svcq_lib.sources import reference


def test_reports_are_the_notebooks_in_reading_order():
    assert resources.topics() == [name for name in resources.ORDER if name in resources.topics()]
    assert all(resources.notebook_of(topic).is_file() for topic in resources.topics())


@pytest.mark.parametrize(
    ("topic", "hint"), [("gap", "Did you mean 'gaps'"), ("zzz", "Reports: scores, gaps, ")]
)
def test_an_unknown_report_says_what_there_is(topic, hint):
    with pytest.raises(ParameterError, match=hint):
        resources.notebook_of(topic)


def test_an_installed_package_is_asked_first(tmp_path, monkeypatch):
    package = tmp_path / "svcq_lib"
    monkeypatch.setattr(reference, "_PACKAGE", package)
    with pytest.raises(ReportError, match="not installed"):
        resources.notebooks_dir()
    (tmp_path / "notebooks").mkdir()
    assert resources.notebooks_dir() == tmp_path / "notebooks"
    (package / "bundle" / "notebooks").mkdir(parents=True)
    assert resources.notebooks_dir() == package / "bundle" / "notebooks"
