"""A matplotlib figure as clean inline SVG, for pages under a strict content policy.

Presentation attributes only: no ``style`` attribute, no ``<style>`` element. Ink becomes
``currentColor``, text stays text, ids that nothing refers to go, the others get a prefix
made from the drawing itself, and of how often it was displayed before: two figures on
one page share no id, and a page built again has the same ones.
"""

import base64
import hashlib
import io
import re
import xml.etree.ElementTree as ET
from collections import Counter
from dataclasses import dataclass

from matplotlib.figure import Figure as MplFigure
from PIL import Image

from resnet_lab.figures.style import INK

_SVG = "{http://www.w3.org/2000/svg}"
_HREF = "{http://www.w3.org/1999/xlink}href"
_PIXELATED_BELOW = 96  # pixels a side: smaller images are feature maps, whose pixels matter
_LARGEST = 1.75  # pixels a point: there the text is as large as that of the page
_JPEG_ABOVE = 8_000  # bytes of PNG from which an opaque image is tried as JPEG
_DEFAULTS = {"opacity": "1", "stroke-miterlimit": "10", "stroke-dashoffset": "0"}
_NUMBERS = {"d", "transform", "x", "y", "width", "height", "points", "cx", "cy", "r", "viewBox"}
_displayed: Counter[str] = Counter()  # how often each drawing was, in this process


@dataclass(frozen=True)
class Figure:
    """A drawing and its text alternative, made from the same data.

    Attributes:
        svg: inline SVG markup.
        alt: what the drawing shows, in words and numbers.
    """

    svg: str
    alt: str

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        before, svg = _displayed[self.svg], self.svg
        _displayed[self.svg] += 1
        if before:
            svg = re.sub(r'(?<=["#])rl-[0-9a-f]{8}-', rf"\g<0>{before}-", svg)
        return {"text/html": f'<div class="rl-figure">{svg}</div>', "text/plain": self.alt}

    def __repr__(self) -> str:
        return self.alt


def to_figure(drawing: MplFigure, title: str, alt: str) -> Figure:
    """Turn a matplotlib figure into a :class:`Figure`.

    Args:
        drawing: drawn under :func:`resnet_lab.figures.style.look`.
        title: a few words, without a full stop.
        alt: what it shows, from the data; begins with the title if it does not already.
    """
    buffer = io.StringIO()
    drawing.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    alt = alt if alt.startswith(title) else f"{title}. {alt}"
    return Figure(_clean(buffer.getvalue(), title, alt), alt)


def _clean(source: str, title: str, alt: str) -> str:
    root = ET.fromstring(source)
    for element in root.iter():
        _presentation_attributes(element)
        if element.tag == f"{_SVG}image":
            _compact_image(element)
    for parent in reversed(list(root.iter())):
        for child in list(parent):
            if _says_nothing(child):
                parent.remove(child)
    _rename_ids(root, hashlib.sha256((source + alt).encode()).hexdigest()[:8])
    _unwrap_groups(root)
    for name in ("width", "height", "version"):
        root.attrib.pop(name, None)
    width = root.attrib["viewBox"].split()[2]
    root.attrib.update({
        "width": f"min(100%, {round(float(width) * _LARGEST)}px)",
        "role": "img", "aria-label": alt,
        "stroke-linejoin": "round", "stroke-linecap": "butt",
        "font-family": "system-ui, 'DejaVu Sans', sans-serif",
    })
    heading = ET.Element(f"{_SVG}title")
    heading.text = title
    root.insert(0, heading)
    return _serialize(root)


def _presentation_attributes(element: ET.Element) -> None:
    for rule in element.attrib.pop("style", "").split(";"):
        name, _, value = (part.strip() for part in rule.partition(":"))
        if name == "font":
            size = re.search(r"([\d.]+)px", value)
            if size:
                element.set("font-size", size[1])
            if re.search(r"\b(bold|[6-9]00)\b", value):
                element.set("font-weight", "bold")
        elif name and _DEFAULTS.get(name) != value:
            element.set(name, value)
    for name, value in list(element.attrib.items()):
        if value == INK:
            element.set(name, "currentColor")
        elif name in _NUMBERS:
            rounded = re.sub(r"-?\d+\.\d+(e-?\d+)?", _round, value)
            element.set(name, re.sub(r"\s+", " ", rounded).strip())
    if element.get("transform", "").startswith("rotate(-0 "):
        del element.attrib["transform"]
    if element.tag == f"{_SVG}text":
        element.attrib.pop("font-family", None)
        element.attrib.setdefault("fill", "currentColor")


def _says_nothing(element: ET.Element) -> bool:
    kind = element.tag.split("}")[-1]
    if kind == "path":  # a marker has neither where it is defined, but an id
        invisible = element.get("fill") == "none" and "stroke" not in element.attrib
        return invisible and "id" not in element.attrib
    return kind in ("style", "metadata") or (kind == "defs" and len(element) == 0)


def _round(match: re.Match[str]) -> str:
    text = f"{float(match.group()):.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _compact_image(element: ET.Element) -> None:
    data = base64.b64decode(element.attrib[_HREF].partition(",")[2])
    with Image.open(io.BytesIO(data)) as opened:
        image = opened.convert("RGBA")
    small = min(image.size) < _PIXELATED_BELOW
    element.attrib.pop("image-rendering", None)
    if small:
        element.set("image-rendering", "pixelated")
    opaque = image.getchannel("A").getextrema()[0] == 255
    if not small and opaque and len(data) > _JPEG_ABOVE:
        packed = io.BytesIO()
        image.convert("RGB").save(packed, "JPEG", quality=85, optimize=True)
        element.set(_HREF, _data_uri("jpeg", packed.getvalue()))
    else:
        element.set(_HREF, _data_uri("png", data))


def _data_uri(kind: str, data: bytes) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"


def _rename_ids(root: ET.Element, digest: str) -> None:
    markup = [value for e in root.iter() for name, value in e.attrib.items() if name != "id"]
    used = {
        name
        for value in markup if not value.startswith("data:")
        for name in re.findall(r"#([\w.-]+)", value)
    }
    names: dict[str, str] = {}
    for element in root.iter():
        old = element.attrib.pop("id", None)
        if old is not None and old in used:
            element.set("id", names.setdefault(old, f"rl-{digest}-{len(names)}"))
    for element in root.iter():
        for name, value in element.attrib.items():
            if "#" in value and not value.startswith("data:"):
                element.set(name, re.sub(
                    r"#([\w.-]+)", lambda m: f"#{names.get(m[1], m[1])}", value))


def _unwrap_groups(parent: ET.Element) -> None:
    """Replace groups that say nothing by what they hold."""
    children: list[ET.Element] = []
    for child in list(parent):
        _unwrap_groups(child)
        bare = child.tag == f"{_SVG}g" and not child.attrib
        children.extend(list(child) if bare else [child])
    parent[:] = children


def _serialize(root: ET.Element) -> str:
    ET.register_namespace("", _SVG[1:-1])
    ET.register_namespace("xlink", _HREF[1:].partition("}")[0])
    for element in root.iter():
        element.tail = None
        if element.text and not element.text.strip():
            element.text = None
        if _HREF in element.attrib:
            element.set("href", element.attrib.pop(_HREF))
    return ET.tostring(root, encoding="unicode")
