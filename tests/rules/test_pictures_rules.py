"""What survives of an uploaded picture: its pixels, upright, of bounded size, and nothing else."""

from __future__ import annotations

import random
import struct
import zlib
from base64 import b64decode
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, ImageDraw, PngImagePlugin

from caredesk.conversations.errors import PictureRefused
from caredesk.conversations.pictures import LONGEST_SIDE, CheckedPicture, checked_picture

LIMIT = 5_000_000
SECRET = b"GPS 31.2304N 121.4737E"


HEIC = b64decode(
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAchtZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAA"
    "ADRpbG9jAAAAAERAAAIAAQAAAAAB7AABAAAAAAAAAIcAAgAAAAACcwABAAAAAAAAAEgAAAA4aWluZgAAAAAAAgAAABVpbmZlAgAA"
    "AAABAABodmMxAAAAABVpbmZlAgAAAQACAABFeGlmAAAAAA5waXRtAAAAAAABAAABB2lwcnAAAADmaXBjbwAAAHZodmNDAQNwAAAA"
    "kAAAAAAAHvAA/P34+AAADwNgAAEAGEABDAH//wNwAAADAJAAAAMAAAMAHroCQGEAAQAqQgEBA3AAAAMAkAAAAwAAAwAeoCCBBZbq"
    "5Ka5uAhoMCAAAAMDIAAAAwAhYgABAAZEAcFzwIkAAAATY29scm5jbHgAAQANAAaAAAAAFGlzcGUAAAAAAAAAQAAAAEAAAAAoY2xh"
    "cAAAAEAAAAABAAAAMAAAAAEAAAAAAAAAAv////AAAAACAAAAEHBpeGkAAAAAAwgICAAAAAlpcm90AwAAABlpcG1hAAAAAAAAAAEA"
    "AQaBAgMFhIYAAAAaaXJlZgAAAAAAAAAOY2RzYwACAAEAAQAAANdtZGF0AAAAgygBrwngPfMi///yPzf//LDOy/vFxFe//8dbw7/U"
    "lg//5BV6YSgwK4fJZOV/OjuvTe0nzRSLF6VXROUsfyV5YE0dz5ScPKu0k7mrR5Zm03rO8lbypFTqxOw5etvY1hyVJ2YWxFMxWkiE"
    "CHU6E8t7/aXrC6g/pw39+aqK+UFz2Mj7hoeOAAAABkV4aWYAAE1NACoAAAAIAAIBDwACAAAAFwAAACYBEgADAAAAAQAGAAAAAAAA"
    "R1BTIDMxLjIzMDROIDEyMS40NzM3RQAA"
)
"""What an iPhone sends: red above blue when it is upright, with its place and camera beside."""


def check(content: bytes, *, limit_bytes: int = LIMIT) -> CheckedPicture:
    return checked_picture(content, limit_bytes=limit_bytes)


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def decoded(picture: CheckedPicture) -> Image.Image:
    image = Image.open(BytesIO(picture.content))
    image.load()
    return image


def half_red(size: tuple[int, int] = (60, 40)) -> Image.Image:
    """Red on the left, blue on the right: turning it can be seen."""
    image = Image.new("RGB", size, "blue")
    ImageDraw.Draw(image).rectangle((0, 0, size[0] // 2 - 1, size[1]), fill="red")
    return image


def noise(size: tuple[int, int]) -> Image.Image:
    return Image.frombytes("RGB", size, random.Random(7).randbytes(size[0] * size[1] * 3))


def refused_reason(content: bytes, **options: int) -> object:
    with pytest.raises(PictureRefused) as refusal:
        check(content, **options)
    return refusal.value.fields["reason"]


@pytest.mark.parametrize(
    ("kind", "media_type"), [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("WEBP", "image/jpeg"), ("GIF", "image/png")]
)
def test_the_four_formats_come_out_as_what_every_telephone_opens(kind: str, media_type: str) -> None:
    picture = check(encoded(half_red(), kind))

    image = decoded(picture)
    assert picture.media_type == media_type == Image.MIME[image.format or ""]
    assert (picture.width, picture.height) == image.size == (60, 40)
    red, _, blue = image.convert("RGB").getpixel((5, 20))  # type: ignore[misc]
    assert red > 200 and blue < 60


def test_a_photograph_of_an_iphone_comes_out_upright_as_what_every_telephone_opens() -> None:
    picture = check(HEIC)
    image = decoded(picture)
    assert (picture.media_type, image.size) == ("image/jpeg", (48, 64))
    (upper, _, _), (_, _, lower) = image.getpixel((24, 10)), image.getpixel((24, 54))  # type: ignore[misc]
    assert upper > 200 and lower > 200
    assert SECRET in HEIC and SECRET not in picture.content
    assert refused_reason(HEIC[:300]) == "broken"


def test_a_picture_is_named_by_the_hash_of_what_is_stored() -> None:
    first, again, other = (check(encoded(half_red(size), "PNG")) for size in ((60, 40), (60, 40), (60, 42)))

    assert first.sha256 == again.sha256 != other.sha256


def test_place_comment_and_appended_bytes_are_gone() -> None:
    exif = Image.Exif()
    exif[0x010E] = SECRET.decode()
    exif.get_ifd(0x8825)[1] = "N"
    photo = encoded(half_red(), "JPEG", exif=exif, comment=SECRET) + b"<script>alert(1)</script>" + SECRET
    assert photo.count(SECRET) == 3

    picture = check(photo)

    assert SECRET not in picture.content and b"script" not in picture.content
    assert not decoded(picture).getexif()


def test_text_inside_a_png_is_gone() -> None:
    chunks = PngImagePlugin.PngInfo()
    chunks.add_text("Author", SECRET.decode())
    exif = Image.Exif()
    exif[0x010E] = SECRET.decode()
    shot = encoded(half_red(), "PNG", pnginfo=chunks, exif=exif)
    assert shot.count(SECRET) == 2

    assert SECRET not in check(shot).content


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_stands_upright_whichever_way_the_telephone_was_held(orientation: int) -> None:
    upright = half_red()
    undo = {
        2: [Image.Transpose.FLIP_LEFT_RIGHT],
        3: [Image.Transpose.ROTATE_180],
        4: [Image.Transpose.FLIP_TOP_BOTTOM],
        5: [Image.Transpose.TRANSPOSE],
        6: [Image.Transpose.ROTATE_90],
        7: [Image.Transpose.TRANSVERSE],
        8: [Image.Transpose.ROTATE_270],
    }
    held = upright
    for turn in undo.get(orientation, []):
        held = held.transpose(turn)
    exif = Image.Exif()
    exif[0x0112] = orientation

    picture = check(encoded(held, "JPEG", exif=exif, quality=95))

    image = decoded(picture).convert("RGB")
    assert image.size == (60, 40)
    assert image.getpixel((5, 20))[0] > 200 and image.getpixel((55, 20))[2] > 200  # type: ignore[index]


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_an_unreadable_orientation_leaves_the_picture_as_it_is() -> None:
    photo = encoded(half_red(), "JPEG", exif=b"Exif\x00\x00II*\x00\xff\xff\xff\xff")

    assert (check(photo).width, check(photo).height) == (60, 40)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_large_picture_is_scaled_to_the_longest_side(kind: str) -> None:
    picture = check(encoded(Image.new("RGB", (5000, 2500), "green"), kind))

    assert (picture.width, picture.height) == decoded(picture).size == (LONGEST_SIDE, 2048)


def test_a_strip_one_pixel_high_keeps_a_pixel_of_height() -> None:
    picture = check(encoded(Image.new("L", (60_000, 1), 128), "PNG"))

    assert (picture.width, picture.height) == (LONGEST_SIDE, 1)


def test_only_the_first_frame_of_an_animation_is_kept() -> None:
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue", "green")]
    moving = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=50)

    image = decoded(check(moving))

    assert getattr(image, "n_frames", 1) == 1
    assert image.convert("RGB").getpixel((10, 10)) == (255, 0, 0)


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_transparency_is_kept(kind: str) -> None:
    drawing = Image.new("RGBA", (30, 30), (0, 0, 0, 0))
    ImageDraw.Draw(drawing).ellipse((5, 5, 25, 25), fill=(255, 0, 0, 255))

    picture = check(encoded(drawing, kind, lossless=True) if kind == "WEBP" else encoded(drawing, kind))

    image = decoded(picture)
    assert picture.media_type == "image/png" and image.mode == "RGBA"
    assert image.getpixel((0, 0))[3] == 0 and image.getpixel((15, 15)) == (255, 0, 0, 255)  # type: ignore[index]


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_kind_of_png_keeps_its_brightness(mode: str) -> None:
    grey = Image.new("I;16", (10, 10), 0x8000) if mode == "I;16" else Image.new("L", (10, 10), 128).convert(mode)
    expected = {"1": range(256)}.get(mode, range(125, 132))

    level = decoded(check(encoded(grey, "PNG"))).convert("L").getpixel((5, 5))

    assert level in expected


def test_print_colours_become_screen_colours() -> None:
    photo = encoded(Image.new("CMYK", (10, 10), (0, 255, 255, 0)), "JPEG")

    red, green, blue = decoded(check(photo)).convert("RGB").getpixel((5, 5))  # type: ignore[misc]

    assert red > 200 and green < 60 and blue < 60


def test_a_colour_profile_is_applied_and_then_dropped() -> None:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    # The same profile with its red and blue primaries exchanged: what is written as red means blue.
    exchanged = srgb.replace(b"rXYZ", b"-XYZ").replace(b"bXYZ", b"rXYZ").replace(b"-XYZ", b"bXYZ")
    red = Image.new("RGB", (10, 10), "red")

    ordinary, foreign = (decoded(check(encoded(red, "PNG", icc_profile=p))) for p in (srgb, exchanged))

    assert ordinary.getpixel((5, 5)) == (255, 0, 0)
    assert foreign.getpixel((5, 5))[2] > 200  # type: ignore[index]
    assert "icc_profile" not in foreign.info


def test_an_unreadable_colour_profile_is_ignored() -> None:
    assert decoded(check(encoded(half_red(), "PNG", icc_profile=b"no profile"))).getpixel((5, 20)) == (255, 0, 0)


def test_what_is_too_heavy_without_loss_is_written_as_a_photograph() -> None:
    heavy = encoded(noise((700, 700)), "PNG")
    limit = len(heavy) + 1
    kept = check(heavy, limit_bytes=limit)
    transparent = noise((700, 700)).convert("RGBA")
    transparent.putalpha(Image.frombytes("L", (700, 700), random.Random(8).randbytes(490_000)))
    webp = encoded(transparent, "WEBP", quality=50)

    lighter = check(webp, limit_bytes=len(webp) + 1)

    assert kept.media_type == "image/png"
    assert lighter.media_type == "image/jpeg"


# ---- refusals --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"%PDF-1.7 ...",
        b"MZ\x90\x00",
        b"\xff\xd8\xff",
        encoded(half_red(), "BMP"),
        encoded(half_red(), "TIFF"),
        encoded(half_red(), "ICO"),
    ],
)
def test_what_is_none_of_the_four_formats_is_refused(content: bytes) -> None:
    assert refused_reason(content) == "type"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP"])
def test_half_a_picture_is_refused(kind: str) -> None:
    whole = encoded(noise((80, 80)), kind)

    assert refused_reason(whole[: len(whole) // 2]) == "broken"


def test_more_bytes_than_allowed_are_refused_before_they_are_looked_at() -> None:
    assert refused_reason(b"x" * 101, limit_bytes=100) == "size"


def png_header(width: int, height: int) -> bytes:
    """A PNG that promises these dimensions and compresses its rows to almost nothing."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(b"\x00" * 1_000_000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [6_400, 10_000, 14_000, 30_000])
def test_a_small_file_with_huge_dimensions_is_refused(side: int) -> None:
    bomb = png_header(side, side)
    assert len(bomb) < 2_000

    assert refused_reason(bomb) == "pixels"


SAMPLES = [encoded(half_red(), kind) for kind in ("JPEG", "PNG", "WEBP", "GIF")]


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
@settings(max_examples=300, deadline=None)
@given(
    sample=st.sampled_from(SAMPLES),
    changes=st.lists(st.tuples(st.integers(0, 2_000), st.binary(min_size=1, max_size=8)), max_size=6),
    cut=st.integers(0, 2_000),
)
def test_damaged_bytes_give_a_picture_or_a_refusal_and_never_a_crash(
    sample: bytes, changes: list[tuple[int, bytes]], cut: int
) -> None:
    damaged = bytearray(sample)
    for place, patch in changes:
        start = place % len(damaged)
        damaged[start : start + len(patch)] = patch

    outcome = picture_or_reason(bytes(damaged[: len(damaged) - cut % 40]))

    if isinstance(outcome, CheckedPicture):
        assert decoded(outcome).size == (outcome.width, outcome.height)
    else:
        assert outcome in {"type", "pixels", "broken"}


def picture_or_reason(content: bytes) -> object:
    try:
        return check(content)
    except PictureRefused as refusal:
        return refusal.fields["reason"]
