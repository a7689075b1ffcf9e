"""The catalogue as a reader uses it, in a real browser: mouse, keyboard, phone, no script, 1,500 reports."""

import re
import shutil
import sys
from types import SimpleNamespace

import pytest
from playwright.sync_api import sync_playwright

from svcq_lib import formats
from svcq_lib.reports import site
from svcq_lib.study import Label

pytestmark = pytest.mark.browser
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
HOSTILE = ["</script><img src=x onerror=alert(1)>", "../../etc/passwd", "한" * 200]
MONTHS = ("2026-01", "2026-02", "2026-03")
REASON = "cell 'compute' failed: DataError: 3 answers\n\nwhole source of the cell"


def figure(value, status, label):
    return {"code": label, "label": label, "kind": "score", "estimate": value, "low": value - 1, "high": value + 1,
            "n": 90.0, "good": 1, "target": 70.0, "status": status, "lead": True}  # fmt: skip


def entry(topic, unit, period, lang, value):
    """Return a report of a unit; those below 40 have failed."""
    name = f"{topic}_{abs(hash(unit))}_{period}_{lang}"
    where = {"branch": unit}
    status = "red" if value < 60 else "amber" if value < 70 else "green"
    one = {"name": name, "topic": topic, "lang": lang, "status": "done", "where": where, "unit": unit,
           "period": formats.period(period, lang), "parameters": {"where": where, "period": period},
           "title": f"{topic} of {unit}: {value:.1f}", "base": {"n": 90}, "error": "",
           "figures": [figure(value, status, f"{topic} {lang}")],
           "outputs": [{"path": name + end} for end in (".html", ".pdf", ".ipynb")]}  # fmt: skip
    if value < 40:
        one |= {"status": "failed", "unit": "", "title": "", "figures": [], "error": REASON}
    return one


def written(folder, entries, language="en"):
    study = SimpleNamespace(name=Label(en="Harbour Bank", zh="海港银行"), language=language)
    reports = {f"{place}": one for place, one in enumerate(entries)}
    return site.write_index(folder, {"svcq": "1.0", "reports": reports}, study).as_uri()


@pytest.fixture(scope="module")
def chromium():
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("no Chromium (on Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """Six units, three months, two reports, two languages; unit values 35, 45 … 85, and one more each month."""
    units = [*HOSTILE, "Branch 10", "Branch 2", "Branch 1"]
    entries = [
        entry(topic, unit, month, lang, 35 + 10 * place + later)
        for place, unit in enumerate(units)
        for later, month in enumerate(MONTHS)
        for topic in ("scores", "gaps")
        for lang in ("en", "zh")
    ]
    return written(tmp_path_factory.mktemp("small"), entries)


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """1,500 reports of 500 units."""
    entries = [
        entry("scores", f"Branch {unit}", month, "en", 41 + unit % 50 + later)
        for unit in range(1, 501)
        for later, month in enumerate(MONTHS)
    ]
    return written(tmp_path_factory.mktemp("large"), entries)


@pytest.fixture
def view(chromium):
    """Open an address in a window; whatever the page complains of or asks for fails the test."""
    contexts, asked, complaints = [], [], []

    def opened(address, size=DESKTOP, **options):
        context = chromium.new_context(viewport=size, **options)
        context.set_default_timeout(20_000)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda one: asked.append(one.url))
        page.on("console", lambda one: complaints.append(one.text))
        page.on("pageerror", lambda one: complaints.append(str(one)))
        page.on("dialog", lambda one: (complaints.append(one.message), one.dismiss()))
        page.goto(address)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert not complaints
    assert all(url.startswith(("file:", "data:")) for url in asked)
    assert {url.rsplit("/", 1)[1].split("#")[0] for url in asked if url.startswith("file:")} == {"index.html"}


def shown(page, section="reports"):
    """Return the texts of the visible rows, cell by cell."""
    rows = page.locator(f"#{section} tbody tr").filter(visible=True)
    return rows.evaluate_all("rows => rows.map(row => [...row.cells].map(cell => cell.innerText.trim()))")


def column(page, place, section="reports"):
    return [row[place] for row in shown(page, section)]


def hits(page):
    return page.locator("#hits").inner_text()


def overflow(page):
    return page.evaluate("document.documentElement.scrollWidth - innerWidth")


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("part", ["", "#view=units", "#lang=zh", "#lang=zh&view=units", "#status=failed"])
def test_every_view_fits_its_window(view, small, size, part):
    page = view(small + part, size)
    assert shown(page, "units" if "units" in part else "reports")
    assert overflow(page) <= 0
    page.locator("#failures > details > summary").click()
    page.get_by_text("Whole message").or_(page.get_by_text("完整信息")).first.click()
    assert page.get_by_text("whole source of the cell").first.is_visible()
    assert overflow(page) <= 0


def test_filters_narrow_the_list_together_and_the_number_is_told(view, small):
    page = view(small)
    assert hits(page) == "36 of 36 reports"
    assert page.locator("#hits").get_attribute("role") == "status"
    page.get_by_label("Find").fill("branch 1")
    assert set(column(page, 0)) == {"Branch 1", "Branch 10"}
    page.get_by_role("combobox", name="Unit").select_option("Branch 1")
    page.get_by_role("combobox", name="Period").select_option("Feb 2026")
    page.get_by_role("combobox", name="Report").select_option("Gap analysis")
    assert [row[:2] for row in shown(page)] == [["Branch 1", "Feb 2026"]]
    assert hits(page) == "1 of 36 reports"
    page.get_by_role("combobox", name="Status").select_option("Off target")
    assert hits(page) == "0 of 36 reports"
    assert page.get_by_text("Nothing fits these filters.").is_visible()
    page.get_by_role("button", name="Clear the filters").click()
    assert hits(page) == "36 of 36 reports"
    assert page.get_by_label("Find").evaluate("input => input === document.activeElement")


def test_the_reasons_follow_the_filters(view, small):
    page = view(small)
    page.locator("#failures > details > summary").click()
    listed = page.locator("#failures li").filter(visible=True)
    told = page.locator("#failed")
    assert (listed.count(), told.inner_text()) == (6, "6")
    page.get_by_role("combobox", name="Period").select_option("Feb 2026")
    assert (listed.count(), told.inner_text()) == (2, "2")
    page.get_by_role("combobox", name="Report").select_option("Gap analysis")
    assert ["Gap analysis" in text and "Feb 2026" in text for text in listed.all_inner_texts()] == [True]
    page.get_by_role("combobox", name="Unit").select_option("Branch 1")
    assert not page.locator("#failures").is_visible()
    page.get_by_role("button", name="Clear the filters").click()
    assert listed.count() == 6


def test_a_count_shows_the_reports_that_it_counts(view, small):
    page = view(small)
    for word in ("Failed", "Off target", "Cannot be told", "On target"):
        card = page.locator(".card").filter(has_text=word)
        number = int(card.locator(".value").inner_text())
        card.click()
        assert (
            number
            == len(shown(page))
            == page.locator("#reports tbody tr", has_text=word).filter(visible=True).count()
        )
        assert card.get_attribute("aria-current") == "true"
    assert number > 0


def test_columns_sort_by_click_and_by_keyboard_and_nothing_comes_last(view, small):
    page = view(small)
    page.get_by_role("button", name="Unit", exact=True).click()
    names = list(dict.fromkeys(column(page, 0)))
    assert [name for name in names if name.startswith("B")] == ["Branch 1", "Branch 2", "Branch 10"]
    heading = page.get_by_role("columnheader", name="Lead figure")
    heading.get_by_role("button").focus()
    page.keyboard.press("Enter")
    values = [re.search(r"\d+\.\d", text) for text in column(page, 3)]
    numbers = [float(found[0]) for found in values if found]
    assert numbers == sorted(numbers)
    assert heading.get_attribute("aria-sort") == "ascending"
    page.keyboard.press("Space")
    values = [re.search(r"\d+\.\d", text) for text in column(page, 3)]
    assert [float(found[0]) for found in values if found] == numbers[::-1]
    assert heading.get_attribute("aria-sort") == "descending"
    assert [found for found in values[-6:] if found] == []  # the failed reports have no figure
    assert page.locator("[aria-sort]").filter(visible=True).count() == 1
    page.get_by_role("button", name="Status", exact=True).click()
    assert column(page, 5)[0].endswith("Failed")


def test_the_keyboard_reaches_everything_in_order_and_shows_where_it_is(view, small):
    page = view(small)
    seen = []
    for _ in range(26):
        page.keyboard.press("Tab")
        seen.append(page.evaluate("document.activeElement.name || document.activeElement.innerText"))
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
    wanted = [
        "Skip to the list",
        "q",
        "unit",
        "period",
        "topic",
        "status",
        "lang",
        "Clear the filters",
        "By unit",
        "Unit",
    ]
    assert [name for name in seen if name in wanted] == wanted
    page.locator(".skip").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    assert hits(page) == "36 of 36 reports"


def test_a_view_can_be_linked_to_and_the_link_follows_the_view(view, small):
    page = view(small + "#view=units&q=branch&status=green&sort=-gaps")
    assert column(page, 0, "units") == ["Branch 1", "Branch 2"]
    assert page.get_by_label("Find").input_value() == "branch"
    page.get_by_role("button", name="All reports").click()
    page.get_by_role("combobox", name="Unit").select_option("Branch 2")
    page.get_by_role("button", name="Change", exact=True).click()
    address = page.url
    assert "unit=branch%3DBranch+2" in address
    again = view(address)
    assert shown(again) == shown(page)
    assert again.url == address
    again.evaluate("location.hash = 'lang=zh&status=none-such'")
    again.get_by_text("36 份报告，共 36 份").wait_for()
    again.reload()
    assert hits(again) == "36 份报告，共 36 份"


def test_the_language_changes_the_words_and_the_reports(view, small):
    page = view(small)
    page.get_by_label("中文").check()
    assert page.title() == "海港银行"
    assert page.locator("html").get_attribute("lang") == "zh-Hans"
    assert {row[1] for row in shown(page)} == {"2026年1月", "2026年2月", "2026年3月"}
    assert page.get_by_role("columnheader", name="状态").is_visible()
    assert page.get_by_role("combobox", name="期间").locator("option").all_inner_texts() == [
        "全部期间",
        "2026年3月",
        "2026年2月",
        "2026年1月",
    ]
    page.get_by_label("全部", exact=True).check()
    assert hits(page) == "72 份报告，共 72 份"


def test_by_unit_shows_the_latest_figures_with_their_course(view, small):
    page = view(small + "#view=units&unit=branch%3DBranch%201")
    assert [cell.replace("\n", "") for cell in shown(page, "units")[0]] == [
        "Branch 1",
        "87.0 ✓On target",
        "87.0 ✓On target",
    ]
    row = page.locator("#units tbody tr").filter(visible=True)
    assert row.get_by_role("img").first.get_attribute("aria-label") == "3 periods: from 85.0 to 87.0"
    assert page.get_by_role("combobox", name="Period").is_disabled()
    page.get_by_role("combobox", name="Unit").select_option("")
    page.get_by_role("combobox", name="Status").select_option("Failed")
    assert hits(page) == "1 of 6 units"  # 35, 36 and 37: failed in every month


def test_strange_names_are_text(view, small):
    page = view(small)
    names = set(column(page, 0))
    assert set(HOSTILE) <= names
    assert page.locator("img").count() == 0
    page.get_by_role("combobox", name="Unit").select_option(HOSTILE[2])
    assert set(column(page, 0)) == {HOSTILE[2]}


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_a_screen_reader_finds_tables_whatever_the_width(view, small, size):
    page = view(small + "#unit=branch%3DBranch%201", size)
    table = page.get_by_role("table")
    assert table.count() == 1
    assert table.get_by_role("row").count() == 7
    assert table.get_by_role("rowheader").all_inner_texts() == ["Branch 1"] * 6
    assert table.get_by_role("columnheader").count() >= 6
    assert page.get_by_role("search").get_by_role("searchbox", name="Find").count() == 1


def test_on_a_phone_rows_are_cards_and_filters_unfold(view, small):
    page = view(small, PHONE)
    assert page.locator("#reports tbody tr").first.evaluate("row => getComputedStyle(row).display") == "grid"
    assert page.get_by_role("combobox").count() == 0
    page.get_by_role("button", name="Filters", exact=True).click()
    page.get_by_role("combobox", name="Period").select_option("Jan 2026")
    assert hits(page) == "12 of 36 reports"
    page.get_by_role("button", name="Status", exact=True).click()
    assert "Failed" in shown(page)[0][5]
    small_targets = "[...document.querySelectorAll('button, select, input')].filter(e => e.offsetParent && \
!e.matches('[type=radio]') && e.offsetHeight < 36).length"
    assert page.evaluate(small_targets) == 0


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_without_its_script_the_whole_list_is_there(view, small, size):
    page = view(small, size, java_script_enabled=False)
    assert page.locator("#reports tbody tr").filter(visible=True).count() == 72
    assert page.locator("#units tbody tr").filter(visible=True).count() == 12
    assert not page.get_by_label("Find").is_visible()
    page.locator("#failures > details > summary").click()
    assert page.get_by_role("link", name="Gap analysis").first.is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_stand_out_from_the_paper(view, small, scheme):
    page = view(small, color_scheme=scheme)
    script = """() => {
      const light = (text) => text.match(/[\\d.]+/g).slice(0, 3).map((v) => v / 255)
        .map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
        .reduce((sum, v, at) => sum + v * [0.2126, 0.7152, 0.0722][at], 0);
      const paper = light(getComputedStyle(document.body).backgroundColor);
      return [...document.querySelectorAll("h1, .kind, .interval, .label, td > span, td > a, .change, .about")]
        .filter((e) => e.offsetParent).map((e) => light(getComputedStyle(e).color))
        .map((ink) => (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05));
    }"""
    assert min(page.evaluate(script)) >= 4.5


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_fifteen_hundred_reports_open_and_filter(view, large, size, capsys):
    page = view(large, size)
    assert hits(page) == "1,500 of 1,500 reports"
    opened = page.evaluate("performance.getEntriesByType('navigation')[0].domComplete") / 1000
    assert len(shown(page)) == site.ROWS_AT_FIRST
    script = """() => {
      const find = document.querySelector("[name=q]"), began = performance.now();
      find.value = "branch 123";
      find.dispatchEvent(new Event("input", { bubbles: true }));
      document.body.getBoundingClientRect();
      return performance.now() - began;
    }"""
    filtered = page.evaluate(script) / 1000
    with capsys.disabled():
        sys.stdout.write(f"\n1,500 reports: open {opened:.2f} s, filter {filtered:.3f} s\n")
    assert column(page, 0) == ["Branch 123"] * 3
    page.get_by_label("Find").fill("")
    page.get_by_role("button", name="Show the other 1,300").click()
    assert page.locator("#reports tbody tr").filter(visible=True).count() == 1500
    assert page.evaluate("document.activeElement.closest('tr').sectionRowIndex") == site.ROWS_AT_FIRST
    assert overflow(page) <= 0
