"""A reader's own image, made ready for a network; whatever was done to it is said in words."""

import io
import warnings
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from resnet_lab.figures.photo import Photograph, as_photograph

FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "TIFF", "BMP")
SIDE = 224
ORIENTATION = 0x0112  # of EXIF: 1 is upright
COLORS = {"1": "black and white", "L": "gray", "CMYK": "CMYK colors"}


class OwnImage(NamedTuple):
    """An image as a network takes it, and what was done to it."""

    photo: Photograph
    notes: tuple[str, ...]


def read_image(source: bytes | str | Path) -> OwnImage:
    """Read an image file and cut out its middle square, 224 pixels a side.

    Args:
        source: the bytes of a JPEG, PNG, GIF, WebP, TIFF or BMP file, or its path.

    Returns:
        The image, normalized with ImageNet's mean and deviation, with the notes: its size, and
        whether it was turned, reduced, or lost frames, transparency, colors or bits.

    Raises:
        TypeError: ``source`` is neither bytes nor a path.
        OSError: there is no such file, or it can't be read.
        ValueError: it is no image of these kinds, it is damaged, or it has more pixels than
            Pillow takes (about 89 million).
    """
    if isinstance(source, str | Path):
        source = Path(source).read_bytes()
    if not isinstance(source, bytes | bytearray | memoryview):
        raise TypeError(f"image must be bytes or a path, got {type(source).__name__}")
    data, notes = bytes(source), list[str]()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=FORMATS) as opened:
                rgb = _square(opened, notes)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ValueError(
            f"image must have at most {Image.MAX_IMAGE_PIXELS:,} pixels; reduce it first ({error})"
        ) from error
    except Exception as error:  # Pillow has no one error for a damaged file
        reason = "" if isinstance(error, UnidentifiedImageError) else f": {error}"
        raise ValueError(
            f"image must be a whole file of type {', '.join(FORMATS)}, got {len(data):,} bytes "
            f"that cannot be read as one{reason}"
        ) from error
    return OwnImage(as_photograph(rgb), tuple(notes))


def _square(image: Image.Image, notes: list[str]) -> NDArray[np.uint8]:
    """The middle square of an image, ``(SIDE, SIDE, 3)``; notes what was done."""
    notes.append(f"{image.width:,} × {image.height:,} pixels")
    side = min(image.size)
    frames = getattr(image, "n_frames", 1)
    if frames > 1:
        image.seek(0)
        notes.append(f"the first of {frames} frames")
    image.draft(None, (2 * SIDE, 2 * SIDE))  # a large JPEG is read at a fraction of its size
    if image.getexif().get(ORIENTATION, 1) != 1:
        notes.append("turned as its EXIF data says")
    upright = ImageOps.exif_transpose(image)
    least = min(upright.size)
    left, top = (upright.width - least) // 2, (upright.height - least) // 2
    square = _to_rgb(upright.crop((left, top, left + least, top + least)), notes)
    if side != SIDE:
        change = "reduced" if side > SIDE else "enlarged"
        notes.append(f"the middle {side:,} × {side:,} {change} to {SIDE} × {SIDE}")
    return np.array(square.resize((SIDE, SIDE), Image.Resampling.BICUBIC))


def _to_rgb(image: Image.Image, notes: list[str]) -> Image.Image:
    """Eight bits of red, green and blue a pixel; notes what was lost."""
    if image.mode.startswith(("I", "F")):
        values = np.asarray(image).astype(np.float64)
        low, high = (0.0, 65535.0) if ";16" in image.mode else (values.min(), values.max())
        notes.append(f"values from {low:,.6g} to {high:,.6g} reduced to eight bits")
        scaled = 255 * (values - low) / ((high - low) or 1.0)
        image = Image.fromarray(scaled.round().astype(np.uint8))
    if image.mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in image.info:
        image = image.convert("RGBA")
        if np.asarray(image.getchannel("A")).min() < 255:
            notes.append("transparent parts put on white")
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image)
    elif image.mode not in ("RGB", "P"):
        notes.append(f"{COLORS.get(image.mode, image.mode)} turned to RGB")
    return image.convert("RGB")
