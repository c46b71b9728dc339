"""Sphinx extension: what a page of the book loads and offers.

Adds the Colab and download links of a chapter, brings the package's interactive figures to the
pages that hold one, and drops what the stock stack would load and this book never uses.
"""

from __future__ import annotations

import filecmp
import shutil
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util import logging

COLAB = "https://colab.research.google.com/github"
WIDGET_MARK = 'class="rl-widget"'
# myst-nb adds the widget manager, require.js and the widgets' state to every chapter whose cells
# made a widget; the book's own figures use none of them.
WIDGET_MANAGER = ("jupyter-widgets", "require.js", "widget-state")
log = logging.getLogger(__name__)


def copy_widgets(app: Sphinx) -> None:
    """Make `_static/rl/` hold the package's ES modules and style sheets, and nothing else.

    A copy that is right is left alone: somebody may be looking at the pages.
    """
    source = Path(app.srcdir) / "resnet_lab" / "widgets"
    target = Path(app.outdir) / "_static" / "rl"
    files = [path for path in source.rglob("*") if path.suffix in (".js", ".css")]
    copies = {target / path.relative_to(source): path for path in files}
    for copy, path in copies.items():
        if not copy.is_file() or not filecmp.cmp(path, copy, shallow=False):
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, copy)
    for path in list(target.rglob("*")):
        if path.is_file() and path not in copies:
            path.unlink()


def colab_address(config: Config, page: str) -> str:
    """Return where Colab opens the notebook of a chapter."""
    options = config.html_theme_options
    repository = options["repository_url"].removeprefix("https://github.com/").strip("/")
    return f"{COLAB}/{repository}/blob/{options['repository_branch']}/{page}.ipynb"


def add_links(
    app: Sphinx, page: str, _template: str, context: dict[str, Any], _doctree: nodes.document | None
) -> None:
    """Give a chapter (a page made from a notebook) its Colab and download addresses."""
    if context.get("page_source_suffix") != ".ipynb":
        return
    context["colab_url"] = colab_address(app.config, page)
    context["notebook_url"] = context["pathto"](f"_sources/{context['sourcename']}", 1)


def choose_files(
    app: Sphinx, page: str, _template: str, context: dict[str, Any], _doctree: nodes.document | None
) -> None:
    """Load the widgets' host where there is a widget, the widget manager nowhere."""
    body = context.get("body", "")
    if "application/vnd.jupyter.widget-view+json" in body:
        log.warning("%s shows a widget that has no text/html form: it would stay dead", page)
    scripts = context["script_files"]
    scripts[:] = [s for s in scripts if not any(name in _what(s) for name in WIDGET_MANAGER)]
    if WIDGET_MARK in body:
        app.add_css_file("rl/js/widgets.css")
        app.add_js_file("host.js", type="module")


def _what(script: Any) -> str:
    """Return a script's address and type, to search in."""
    return f"{script.filename} {script.attributes.get('type', '')}"


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect to the build."""
    app.connect("builder-inited", copy_widgets)
    app.connect("html-page-context", add_links, priority=900)
    app.connect("html-page-context", choose_files, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
