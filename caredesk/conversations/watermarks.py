"""Draws into a picture who looks at it and when, so that what is photographed or passed on names who had it.

Beside `pictures.py` because both work on pixels; slow, and therefore never within a transaction.
"""

from __future__ import annotations

from io import BytesIO
from typing import Literal

from PIL import Image, ImageDraw, ImageFont

from caredesk.conversations.errors import PictureRefused
from caredesk.conversations.pictures import BENCH, BROKEN, saved

SMALL_SIDE = 520
"""Twice the largest side of a picture in a timeline, for screens of double density."""

FORMATS = ("JPEG", "PNG")
SLANT = 28
"""Degrees: a slanted line of words cannot be cut away without the picture."""

SHARE = 26
"""The height of the words is a 26th of the picture's shorter side, within what can be read and what disturbs."""

SMALLEST, LARGEST = 9, 42
LIGHT, DARK = 74, 60
"""Opacity of 255 of the words and of their shadow: seen on white paper and on a dark photograph, read through."""

Kind = Literal["image/jpeg", "image/png"]


def marked(content: bytes, *, kind: Kind, words: str, small: bool) -> bytes:
    """Return a kept picture with words all over it, made small if that is enough; raise PictureRefused."""
    with BENCH.place():
        try:
            image = _opened(content, small=small)
        except BROKEN:
            raise PictureRefused(reason="broken") from None
        light = _spread(_stamp(words, side=min(image.size)), size=image.size)
        image.paste("black", (1, 1), light.point(lambda level: level * DARK // 255))
        image.paste("white", (0, 0), light.point(lambda level: level * LIGHT // 255))
        return saved(image, "PNG") if kind == "image/png" else saved(image, "JPEG", quality=85)


def _opened(content: bytes, *, small: bool) -> Image.Image:
    source = Image.open(BytesIO(content), formats=FORMATS)
    if small:
        # A JPEG can be decoded at an eighth of its size, which saves nearly all of the time.
        source.draft("RGB", (SMALL_SIDE, SMALL_SIDE))
    source.load()
    image = source if source.mode in ("RGB", "RGBA") else source.convert("RGB")
    if small:
        image.thumbnail((SMALL_SIDE, SMALL_SIDE), Image.Resampling.BILINEAR)
    image.info = {}
    return image


def _stamp(words: str, *, side: int) -> Image.Image:
    """Return the words once, slanted, as a mask."""
    font = ImageFont.load_default(max(SMALLEST, min(LARGEST, side // SHARE)))
    left, top, right, bottom = font.getbbox(words)
    line = Image.new("L", (int(right - left) + 4, int(bottom - top) + 4))
    ImageDraw.Draw(line).text((2 - left, 2 - top), words, font=font, fill=255)
    return line.rotate(SLANT, resample=Image.Resampling.BILINEAR, expand=True)


def _spread(stamp: Image.Image, *, size: tuple[int, int]) -> Image.Image:
    """Return the stamp all over a mask of this size; every other row begins half a step later."""
    mask = Image.new("L", size)
    wide, high = int(stamp.width * 1.15), int(stamp.height * 1.1)
    for row, top in enumerate(range(0, size[1], high)):
        for left in range(-(wide // 2) * (row % 2), size[0], wide):
            mask.paste(stamp, (left, top))
    return mask
