import pytest

from svcq_lib.reports.failure import failure_page

HOSTILE = '<script>alert("1")</script> & ../x'


@pytest.mark.parametrize(
    ("lang", "said"), [("en", "Gap analysis could not be made"), ("zh", "差距分析未能生成")]
)
def test_a_failure_page_says_what_failed_as_text(lang, said):
    text = failure_page("gaps", lang, f"cell 'compute' failed: ValueError: {HOSTILE}")
    assert said in text
    assert "compute" in text
    assert "<script" not in text
    assert "default-src 'none'" in text
