"""Where Chromium is, and how to start it: for the pictures of the pages and for the tests."""

from __future__ import annotations

import os
import shutil

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


def find_chromium() -> str:
    """Return the program that $CHROMIUM names, else the first of `NAMES` on the path.

    Raises `FileNotFoundError` when there is none.
    """
    named = os.environ.get("CHROMIUM")
    found = next(filter(None, map(shutil.which, [named] if named else NAMES)), None)
    if found:
        return found
    if named:
        raise FileNotFoundError(f"CHROMIUM is {named!r}; the path of a program is accepted")
    raise FileNotFoundError(f"none of {', '.join(NAMES)} is installed (or name one: CHROMIUM=path)")
