"""Which numerals in prose are results typed by hand.

Results are computed in a cell. What prose may hold: names (ResNet-50, v1.5, conv1, 7x7), numbers
of chapters, sections, figures, tables and stages, years, list numbers, and what the
chapter's metadata lists as ``given``. Math and code in backticks are held to the same rule,
except that formulas may use 0, 1 and 2 and code may index and set a layer's parameters.
"""

import re
from collections.abc import Iterable, Iterator

_FENCE = re.compile(r"^(```|~~~).*?^\1[^\n]*$", re.M | re.S)
_MATH = re.compile(r"\$\$(.+?)\$\$|\$([^$\n]+?)\$", re.S)
_CODE = re.compile(r"(`+)(.+?)\1", re.S)
_NUMBER = re.compile(r"(?<![\w.])(?:(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|\.\d+)")
_NO_UNIT = r"\b(?!\s+(?:channels|columns|images|pixels|positions|rows|wide)\b)"
_NOT_PROSE = [
    re.compile(r"<!--.*?-->", re.S),
    re.compile(r"</?\w[^>]*>"),
    re.compile(r"\]\([^)]*\)"),  # the target of a link
    re.compile(r"\bhttps?://\S+"),
    re.compile(r"\barXiv:\d{4}\.\d{4,5}"),
    re.compile(r"^\s*(?:>\s*)*\d+[.)]\s", re.M),  # list numbers
    re.compile(r"\b(?:ResNet|ResNeXt|VGG|CIFAR|Inception|WRN|plain)-\d+(?:-\d+)?\b"
               r"(?:(?:, | and | or )(?:18|34|50|101|152)" + _NO_UNIT + ")*"),
    re.compile(r"\bv\d(?:\.\d)?\b"),
    re.compile(r"\b([1-7])\s?[x×]\s?\1(?:/[12])?(?!\.)" + _NO_UNIT),  # kernels, with a stride
    re.compile(
        r"\b(?:chapter|section|figure|table|stage|part|appendix|equation|step|option|item)s?\s"
        r"\d+(?:\.\d+)*(?:(?:, | and | or | to |–|-)\d+(?:\.\d+)*)*" + _NO_UNIT, re.I),
    re.compile(r"\b(?:19[89]\d|20[0-3]\d)(?![,.]\d)" + _NO_UNIT),  # years
    re.compile(r"\b[A-Za-z_]\w*(?:\.\w+)*"),  # names in code: conv1, layer4.2.conv3, float32
]
_IN_CODE = [
    re.compile(r"\b(?:kernel_size|kernel|stride|padding|dilation|groups|dim)=\d{1,2}(?!\d)"),
    re.compile(r"\[[\d:, -]*\]"),  # an index
]
_IN_MATH = [
    re.compile(r"\\[A-Za-z]+"),
    re.compile(r"_\{?\w+\}?"),  # an index
    re.compile(r"(?<![\w.])[012](?!\d|\.\d)"),
]


def typed(text: str, given: Iterable[float]) -> Iterator[tuple[int, str]]:
    """Line (from 1) and text of each numeral in Markdown that is neither a name nor given."""
    allowed = {float(value) for value in given}
    text = _FENCE.sub(_blank, text)
    text = _MATH.sub(lambda match: _inside(match, _IN_MATH), text)
    text = _CODE.sub(lambda match: _inside(match, _IN_CODE), text)
    for pattern in _NOT_PROSE:
        text = pattern.sub(_blank, text)
    for match in _NUMBER.finditer(text):
        if float(match.group().replace(",", "")) not in allowed:
            yield text.count("\n", 0, match.start()) + 1, match.group()


def numbers(text: str) -> set[float]:
    """Every number in a text that is not part of a word."""
    return {float(match.group().replace(",", "")) for match in _NUMBER.finditer(text)}


def _inside(match: re.Match[str], patterns: list[re.Pattern[str]]) -> str:
    text = match.group()
    for pattern in patterns:
        text = pattern.sub(_blank, text)
    return text


def _blank(match: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", match.group())
