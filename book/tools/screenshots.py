"""Photograph every built page, phone and desktop, light and dark.

`python -m book.tools.screenshots` leaves the pictures in `_build/screenshots`.

Needs Chromium, on the path or named by $CHROMIUM.
"""

from __future__ import annotations

import sys
import threading
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from book.tools.chromium import FLAGS, find_chromium
from book.tools.serve import HTML, server

TARGET = HTML.parent / "screenshots"
WIDTHS = {"phone": 390, "desktop": 1280}
HEIGHT = 900


def pages() -> list[str]:
    """Return the addresses of the pages that come from a source, below the site's root."""
    return sorted(str(path.relative_to(HTML)) for path in (HTML / "book").rglob("*.html"))


def photograph(browser: Browser, base: str, scheme: str, width: int) -> list[Path]:
    """Take one full-length picture of each page and return the files."""
    taken = []
    context = browser.new_context(
        viewport={"width": width, "height": HEIGHT},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page = context.new_page()
    for address in pages():
        page.goto(f"{base}/{address}", wait_until="networkidle")
        name = address.removesuffix(".html").removeprefix("book/").replace("/", "_")
        path = TARGET / f"{name}-{width}-{scheme}.png"
        page.screenshot(path=path, full_page=True)
        taken.append(path)
    context.close()
    return taken


def main() -> int:
    """Photograph the site and print the paths."""
    try:
        program = find_chromium()
        site = server(0)
    except FileNotFoundError as error:
        print(error, file=sys.stderr)
        return 1
    threading.Thread(target=site.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{site.server_port}"
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=program, args=FLAGS)
        for scheme in ("light", "dark"):
            for width in WIDTHS.values():
                for path in photograph(browser, base, scheme, width):
                    print(path.relative_to(HTML.parent.parent))
        browser.close()
    site.shutdown()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
