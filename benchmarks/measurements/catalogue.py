"""The catalogue of many reports in Chromium: how long it takes to open and to filter.

python catalogue.py INDEX TEXT    prints seconds, and how many rows are left, as JSON
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

FILTER = """text => {
  const find = document.querySelector("[name=q]"), began = performance.now();
  find.value = text;
  find.dispatchEvent(new Event("input", { bubbles: true }));
  document.body.getBoundingClientRect();
  return performance.now() - began;
}"""
OPENED = "performance.getEntriesByType('navigation')[0].domComplete"


def main() -> None:
    index, text = sys.argv[1:]
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(Path(index).resolve().as_uri())
        opened, filtered = page.evaluate(OPENED) / 1000, page.evaluate(FILTER, text) / 1000
        left = page.locator("#reports tbody tr").filter(visible=True).count()
        browser.close()
    print(json.dumps({"open_seconds": opened, "filter_seconds": filtered, "left": left}))


main()
