"""Opens pages of the built site with the network closed, and keeps what went wrong."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

PATIENCE = 60  # seconds, for a busy machine
VIOLATIONS = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) =>
  window.violations.push(`${event.effectiveDirective} ${event.blockedURI} ${event.sample}`));
"""


@dataclass
class Visit:
    page: Any
    outside: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def trouble(self) -> list[str]:
        """Return console errors, exceptions, policy violations and requests to other hosts."""
        violations = self.page.evaluate("window.violations")
        return [*self.outside, *self.errors, *(f"policy: {text}" for text in violations)]


@contextmanager
def visit(
    browser: Any,
    site: str,
    address: str,
    *,
    width: int = 1280,
    scheme: str = "light",
    **options: Any,
) -> Iterator[Visit]:
    """Open a page in a fresh browser context where no other host answers."""
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, **options
    )
    page = context.new_page()
    opened = Visit(page)

    def route(request_route: Any) -> None:
        url = request_route.request.url
        if url.startswith((site, "data:", "blob:")):
            request_route.continue_()
        else:
            opened.outside.append(f"asked {url}")
            request_route.abort()

    context.route("**/*", route)
    context.add_init_script(VIOLATIONS)
    page.on("pageerror", lambda error: opened.errors.append(f"exception: {error}"))
    page.on("console", lambda said: said.type == "error" and opened.errors.append(said.text))
    page.goto(site + address, wait_until="networkidle")
    try:
        yield opened
    finally:
        context.close()


def wait_until(page: Any, condition: str, arg: Any = None) -> None:
    """Wait until an expression, or a function of ``arg``, is true in the page.

    Playwright's own ``wait_for_function`` looks again by evaluating text inside the page. The
    pages' policy forbids that, so it fails wherever the first look is too early.
    """
    until = time.monotonic() + PATIENCE
    while not page.evaluate(condition, arg):
        assert time.monotonic() < until, f"not true within {PATIENCE} s: {condition}"
        page.wait_for_timeout(20)


def all_awake(page: Any) -> None:
    """Wait until every figure of the page lives; there has to be one."""
    assert page.locator(".rl-widget").count()
    wait_until(page, "!document.querySelector('.rl-widget:not([data-awake])')")
