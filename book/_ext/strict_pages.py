"""Sphinx extension: every page obeys a strict content security policy.

The template bridge below passes each finished page through `strict`: inline scripts and styles
move to files named after their content, `style` attributes become classes in such a file, scripts
are deferred, and the policy is set in a `<meta>`. An `on…` attribute cannot be moved without
guessing: it stops the build. Pictures written into the page as data move to files too, so that the
text need not wait for them.
"""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup, Tag
from sphinx.application import Sphinx
from sphinx.builders import Builder
from sphinx.errors import SphinxError
from sphinx.jinja2glue import BuiltinTemplateLoader

POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "object-src 'none'",
    ]
)
FOLDER = "moved"
SCRIPT_TYPES = {"", "text/javascript", "application/javascript", "module"}
PICTURE_DATA = re.compile(r"data:image/(png|jpeg|gif|webp);base64,(.*)", re.DOTALL)


class PolicyError(SphinxError):
    """A page that the policy would break."""

    category = "Policy error"


class Store:
    """Keeps text under `_static/moved/`, in files named after what they hold."""

    def __init__(self, static: Path, root: str) -> None:
        self.folder = static / FOLDER
        self.prefix = f"{root}_static/{FOLDER}/"

    def keep(self, content: bytes, suffix: str) -> str:
        """Write `content` and return its address from the page."""
        name = _digest(content) + suffix
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / name).write_bytes(content)
        return self.prefix + name


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:10]


def _refuse_handlers(page: str, soup: BeautifulSoup) -> None:
    for tag in soup.find_all(True):
        for name in tag.attrs:
            if name.startswith("on"):
                raise PolicyError(
                    f"{page}: <{tag.name} {name}=…> would not run under the policy; "
                    "use addEventListener in a file of book/_site"
                )


def _move_scripts(soup: BeautifulSoup, store: Store) -> None:
    """Give every script a file, and load all but the early one after the page is parsed."""
    for script in soup.find_all("script"):
        kind = str(script.get("type", ""))
        if kind not in SCRIPT_TYPES:
            continue
        if "data-cfasync" in script.attrs:  # the theme's: it sets the color mode before first paint
            script.attrs = {"src": store.prefix.removesuffix(f"{FOLDER}/") + "early.js"}
            script.clear()
            continue
        if "src" not in script.attrs:
            script["src"] = store.keep(script.get_text().encode(), ".js")
            script.clear()
        if kind != "module":
            script["defer"] = ""


def _move_styles(soup: BeautifulSoup, store: Store) -> None:
    """Turn `<style>` elements and `style` attributes into one linked file."""
    sheet = [style.extract().get_text() for style in soup.find_all("style")]
    rules = set()
    for tag in soup.find_all(style=True):
        text = str(tag["style"]).strip().rstrip(";")
        del tag["style"]
        if not text:
            continue
        name = f"s-{_digest(text.encode())}"
        classes = tag.get_attribute_list("class")
        tag["class"] = " ".join([*(str(c) for c in classes if c), name])
        # Three times the class: an attribute outranks the style sheets, so must this.
        rules.add(f".{name}.{name}.{name} {{ {text} }}")
    sheet += sorted(rules)
    if sheet and soup.head:
        address = store.keep("\n".join(sheet).encode(), ".css")
        soup.head.append(soup.new_tag("link", rel="stylesheet", href=address))


def _move_pictures(soup: BeautifulSoup, store: Store) -> None:
    """Give pictures that the page holds as base64 a file of their own."""
    for tag in soup.find_all(["img", "image"]):
        for name, value in list(tag.attrs.items()):
            if found := PICTURE_DATA.match(str(value)):
                tag[name] = store.keep(base64.b64decode(found[2]), f".{found[1]}")


def _spare_svg_titles(soup: BeautifulSoup) -> None:
    """Keep Sphinx's search highlighter off text that has no place on the page: it would throw."""
    for tag in soup.select("svg title, svg desc, svg metadata"):
        tag["class"] = "nohighlight"


def _set_policy(soup: BeautifulSoup) -> None:
    if soup.head:
        meta = soup.new_tag("meta", content=POLICY)
        meta["http-equiv"] = "Content-Security-Policy"
        first = soup.head.find("meta")
        (first.insert_after if isinstance(first, Tag) else soup.head.append)(meta)


def strict(page: str, html: str, static: Path, root: str) -> str:
    """Return the page `html` in a form the policy allows.

    `static` is the built `_static` folder; `root` leads from the page to the site's root
    ("" or "../").
    """
    soup = BeautifulSoup(html, "html.parser")
    store = Store(static, root)
    _refuse_handlers(page, soup)
    _move_scripts(soup, store)
    _move_styles(soup, store)
    _move_pictures(soup, store)
    _spare_svg_titles(soup)
    _set_policy(soup)
    return str(soup)


class StrictTemplates(BuiltinTemplateLoader):
    """Sphinx's templates, each finished page passed through `strict`."""

    def init(self, builder: Builder, *args: Any, **kwargs: Any) -> None:
        """Remember where the built files go."""
        super().init(builder, *args, **kwargs)
        self._static = Path(builder.outdir) / "_static"

    def render(self, template: str, context: dict[str, Any]) -> str:  # type: ignore[override]
        """Render `template`; make it strict if it is a page."""
        html = super().render(template, context)
        if "</html>" not in html:
            return html
        page = str(context["pagename"])
        return strict(page, html, self._static, "../" * page.count("/"))


def drop_unused(app: Sphinx, error: Exception | None) -> None:
    """Remove the moved files that no page of the finished site names any more."""
    if error:
        return
    out = Path(app.outdir)
    pages = [path.read_text(encoding="utf-8") for path in out.rglob("*.html")]
    used = {name for text in pages for name in re.findall(rf"_static/{FOLDER}/([\w.]+)", text)}
    for path in (out / "_static" / FOLDER).glob("*"):
        if path.name not in used:
            path.unlink()


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect to the build; `template_bridge` in `_config.yml` names the bridge itself."""
    app.connect("build-finished", drop_unused)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
