"""Pictures of every page for the docs: python -m tests.screenshots URL OUTDIR."""

import os
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser import PAGES, chromium, open_page, settled

SIZES = {"": (1440, 900), "-phone": (390, 844)}


def shoot(url: str, folder: Path) -> list[Path]:
    """Write one PNG a page and size, of the whole page, and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    with sync_playwright() as playwright:
        browser = chromium(playwright, named=os.environ.get("CHROMIUM", ""))
        for size, (width, height) in SIZES.items():
            page = browser.new_page(viewport={"width": width, "height": height}, locale="zh-CN")
            for address, title in PAGES:
                open_page(page, f"{url}/{address}", title)
                page.wait_for_timeout(1200)  # charts draw after the script has ended
                path = folder / f"{address or 'overview'}{size}.png"
                _whole(page, width)
                page.screenshot(path=path)
                page.set_viewport_size({"width": width, "height": height})
                written.append(path)
            page.close()
        browser.close()
    return written


def _whole(page, width: int) -> None:  # type: ignore[no-untyped-def]
    """Grow the window to the page's length: Streamlit scrolls inside a box of its own."""
    tall = page.evaluate(
        "() => Math.max(...[...document.querySelectorAll('[data-testid=\"stMain\"]')]"
        ".map(box => box.scrollHeight), 600)"
    )
    page.set_viewport_size({"width": width, "height": min(int(tall) + 20, 2600)})
    settled(page)


if __name__ == "__main__":
    for made in shoot(sys.argv[1].rstrip("/"), Path(sys.argv[2])):
        print(made)
