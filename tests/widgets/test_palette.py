"""One palette: the figures that answer have the colors of the book's drawings, and no others."""

import re

from javascript import SOURCES, js
from races import runs
from stills import with_stills

from resnet_lab.figures import style
from resnet_lab.widgets import Race, StrideCalculator

COLOR = re.compile(r"#[0-9a-fA-F]{3,8}\b|\b(?:rgb|hsl)a?\(")
NAMES = ("BLUE", "ORANGE", "GREEN", "PURPLE", "GREY")


def test_the_palette_is_that_of_the_figures() -> None:
    assert {name: js("js/palette", name) for name in NAMES} == {
        name: getattr(style, name) for name in NAMES
    }
    assert js("js/palette", "SERIES") == list(style.SERIES)


def test_no_module_has_colors_of_its_own() -> None:
    others = [path for path in SOURCES.rglob("*.js") if path.name != "palette.js"]
    assert len(others) > 10
    found = {path: COLOR.findall(path.read_text()) for path in others}
    assert {path: colors for path, colors in found.items() if colors} == {}


def test_the_style_sheet_has_only_colors_of_the_palette() -> None:
    used = COLOR.findall((SOURCES / "js/widgets.css").read_text())
    assert used
    assert set(used) <= set(style.SERIES)


def test_the_stills_have_only_colors_of_the_palette() -> None:
    figures = [StrideCalculator(13, 2, 4, 1), Race(runs(), title="Depth", data="numbers")]
    for figure in figures:
        html = with_stills(figure._page_html(), SOURCES)
        used = set(re.findall(r'(?:fill|stroke)="([^"]+)"', html)) - {"none", "currentColor"}
        assert used
        assert used <= set(style.SERIES)
