"""Checks an uploaded picture and makes it anew, so that only its pixels are kept. Slow: not for transactions."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from io import BytesIO
from typing import Literal

import pi_heif
from PIL import Image, ImageCms, UnidentifiedImageError

from caredesk.conversations.errors import PictureRefused
from caredesk.core.bench import Bench

# Photographs of iPhones; the decoder alone, without the encoder that pillow-heif brings along.
pi_heif.register_heif_opener(thumbnails=False)

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "HEIF")
LOSSLESS_FORMATS = ("PNG", "GIF")
"""Mostly screenshots and drawings, whose letters JPEG would smear."""
HEIC_BEGINS = (b"ftypheic", b"ftypheix", b"ftypmif1")
MAX_PIXELS = 40_000_000
LONGEST_SIDE = 4096
QUALITIES = (88, 75, 60)

BENCH = Bench(places=2, waiting=6, patience=15.0)
"""A decoded picture takes up to 160 MB. Of twelve threads eight may be busy with pictures, four answer always."""

# What Pillow's decoders raise on broken or hostile bytes; they have no error of their own.
BROKEN = (OSError, SyntaxError, ValueError, TypeError, LookupError, ArithmeticError, EOFError, struct.error)

_ORIENTATION_TAG = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True)
class CheckedPicture:
    """A picture as it will be stored and served: upright, of bounded size, without metadata."""

    content: bytes
    media_type: Literal["image/jpeg", "image/png"]
    width: int
    height: int
    sha256: str


def checked_picture(content: bytes, *, limit_bytes: int) -> CheckedPicture:
    """Return the picture made anew, or refuse it with `reason` type, size, pixels or broken.

    Only the pixels of the first frame survive: place and camera (EXIF), comments and anything appended are gone.
    """
    if len(content) > limit_bytes:
        raise PictureRefused(reason="size", limit=limit_bytes)
    with BENCH.place():
        source = _opened(content)
        image = _decoded(source)
        lossless = image.mode == "RGBA" or source.format in LOSSLESS_FORMATS
        media_type, encoded = _encoded(image, lossless=lossless, limit_bytes=limit_bytes)
    return CheckedPicture(
        content=encoded,
        media_type=media_type,
        width=image.width,
        height=image.height,
        sha256=hashlib.sha256(encoded).hexdigest(),
    )


def _opened(content: bytes) -> Image.Image:
    try:
        return Image.open(BytesIO(content), formats=FORMATS)
    except UnidentifiedImageError:
        # A photograph of an iPhone that was cut off is not even opened; its first words tell what it was.
        raise PictureRefused(reason="broken" if content[4:12] in HEIC_BEGINS else "type") from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise PictureRefused(reason="pixels", limit=MAX_PIXELS) from None
    except BROKEN:
        raise PictureRefused(reason="broken") from None


def _decoded(source: Image.Image) -> Image.Image:
    """Return the pixels upright, in sRGB, and no larger than served."""
    if source.width * source.height > MAX_PIXELS:
        raise PictureRefused(reason="pixels", limit=MAX_PIXELS)
    try:
        # A JPEG can be decoded at a half or a quarter of its size, which saves most of the time and memory.
        source.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
        source.load()
        plain = _in_plain_colours(source)
        plain.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
        return _turned_upright(plain, source=source)
    except BROKEN:
        raise PictureRefused(reason="broken") from None


def _in_plain_colours(image: Image.Image) -> Image.Image:
    """Return the picture in sRGB, with transparency only where there is some."""
    if image.mode.startswith("I") or image.mode == "F":
        # Sixteen bits a channel would be clipped, not scaled, by a conversion.
        image = image.convert("I").point(lambda level: level / 256).convert("L")
    mode = "RGBA" if image.has_transparency_data else "RGB"
    profile = image.info.get("icc_profile")
    converted = _by_profile(image, profile=profile) if profile and mode == "RGB" else None
    # Converting to the mode it has would copy it, which for a large photograph is another 120 MB.
    return converted or (image if image.mode == mode else image.convert(mode))


def _by_profile(image: Image.Image, *, profile: bytes) -> Image.Image | None:
    # Telephones write wider colours than sRGB; without this a rash would look paler than it is.
    try:
        own = ImageCms.ImageCmsProfile(BytesIO(profile))
        return ImageCms.profileToProfile(image, own, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, *BROKEN):
        return None


def _turned_upright(plain: Image.Image, *, source: Image.Image) -> Image.Image:
    try:
        orientation = source.getexif().get(_ORIENTATION_TAG)
    except BROKEN:
        orientation = None
    turn = _UPRIGHT.get(orientation) if isinstance(orientation, int) else None
    return plain if turn is None else plain.transpose(turn)


def _encoded(
    image: Image.Image, *, lossless: bool, limit_bytes: int
) -> tuple[Literal["image/jpeg", "image/png"], bytes]:
    """Write the pixels as PNG when nothing may be lost and it fits, else as JPEG.

    Both open on the oldest telephones of the families, which WebP does not.
    """
    # Pillow would write comments and colour profiles back from here.
    image.info = {}
    if lossless:
        png = saved(image, "PNG")
        if len(png) <= limit_bytes:
            return "image/png", png
    opaque = _on_white(image) if image.mode == "RGBA" else image
    encoded = b""
    for quality in QUALITIES:
        encoded = saved(opaque, "JPEG", quality=quality, optimize=True)
        if len(encoded) <= limit_bytes:
            break
    return "image/jpeg", encoded


def _on_white(image: Image.Image) -> Image.Image:
    white = Image.new("RGB", image.size, "white")
    white.paste(image, mask=image.getchannel("A"))
    return white


def saved(image: Image.Image, kind: str, **options: int | bool) -> bytes:
    """Return a picture's file; `kind` is Pillow's name of the format."""
    buffer = BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()
