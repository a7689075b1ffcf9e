"""Every page as a reader sees it: nothing cut off, nothing fetched, every character drawn by a font of the page."""

import numpy as np
import pytest
from matplotlib.image import imread

from svcq_lib.reports.resources import topics
from svcq_lib.reports.run import run

pytestmark = pytest.mark.browser
PAGES = [
    *(f"{topic}_{lang}.html" for topic in topics() for lang in ("en", "zh")),
    "index.html",
]
WIDTHS = (1200, 390)
OURS = ("Source Sans", "Noto Sans SC")


@pytest.fixture(scope="module")
def reports(small_demo, tmp_path_factory):
    out = tmp_path_factory.mktemp("pages")
    summary = run(small_demo, parameters={"n_boot": 50}, langs=("en", "zh"), out=out, jobs=2)
    assert not summary.failed, [one.error for one in summary.failed]
    return out


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("page", PAGES)
def test_a_page_fits_its_window_and_fetches_nothing(browser, reports, tmp_path, page, width):
    path = reports / page
    browser.open(path, width)
    assert browser.evaluate("document.documentElement.scrollWidth") <= width
    assert browser.requests() == [path.as_uri()]
    assert not browser.complaints()
    browser.screenshot(tmp_path / "page.png")
    pixels = imread(tmp_path / "page.png")[:, :, :3]
    assert pixels.shape[1] == width
    inked = (pixels.min(axis=2) < 0.9).mean()
    assert 0.01 < inked < 0.6
    assert np.all(pixels[0, 0] > 0.98)


@pytest.mark.parametrize("page", PAGES)
def test_every_character_is_drawn_by_a_font_of_the_page(browser, reports, page):
    browser.open(reports / page, 1200)
    for selector in ("h1", "h2", "p", "td", "td a" if page == "index.html" else "figcaption"):
        fonts = browser.fonts(selector)
        assert fonts, selector
        assert all(fonts.values()), (selector, fonts)
        assert all(name.startswith(OURS) for name in fonts), (selector, fonts)
    if "_zh" in page:
        # the browser names the font of an element's first run of text only, and a title may begin with a number
        drawn = {name for selector in ("h1", "h2", "p") for name in browser.fonts(selector)}
        assert any(name.startswith("Noto Sans SC") for name in drawn)


@pytest.mark.parametrize("page", PAGES)
def test_pictures_and_tables_have_names_and_no_script_runs_in_a_report(browser, reports, page):
    browser.open(reports / page, 1200)
    assert browser.evaluate("document.scripts.length") == (2 if page == "index.html" else 0)
    unnamed = "[...document.querySelectorAll('img,svg')].filter(e => !(e.alt || e.getAttribute('aria-label'))).length"
    assert browser.evaluate(unnamed) == 0
    assert browser.evaluate("document.documentElement.lang") == ("zh-Hans" if "_zh" in page else "en")


def test_wide_tables_scroll_inside_the_page(browser, reports):
    browser.open(reports / "gaps_en.html", 390)
    wider = "[...document.querySelectorAll('main *')].filter(e => e.scrollWidth > e.clientWidth + 1 && \
getComputedStyle(e).overflowX === 'hidden').length"
    assert browser.evaluate(wider) == 0


def test_a_failure_page_fits_a_narrow_window(browser, tmp_path):
    from svcq_lib.reports.failure import failure_page

    (tmp_path / "failed.html").write_text(
        failure_page("gaps", "en", "cell 'compute' failed: " + "x" * 300), encoding="utf-8"
    )
    browser.open(tmp_path / "failed.html", 390)
    assert browser.evaluate("document.documentElement.scrollWidth") <= 390
    assert not browser.complaints()
