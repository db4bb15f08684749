"""Files that mean harm: each is refused for its reason, or made anew, and nothing of it is left on the disk."""

from __future__ import annotations

import gzip
import struct
import zlib
from collections.abc import Sequence
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from caredesk.application import create_app
from caredesk.conversations.models import Picture
from caredesk.edge.services import Services
from tests.fixtures import tally
from tests.fixtures.desk import DeskForTests
from tests.fixtures.records import bearer

CHAT = "/api/chat/pictures"
SCRIPT = b"<script>alert(document.cookie)</script>"


def encoded(kind: str, *, size: tuple[int, int] = (60, 40)) -> bytes:
    buffer = BytesIO()
    Image.new("RGB", size, "red").save(buffer, kind)
    return buffer.getvalue()


def zipped(name: str = "../../evil.py") -> bytes:
    buffer = BytesIO()
    with ZipFile(buffer, "w") as archive:
        archive.writestr(name, b"import os")
    return buffer.getvalue()


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack("!I", len(content)) + kind + content + struct.pack("!I", zlib.crc32(kind + content))


def a_png(*chunks: bytes, width: int = 4, height: int = 4) -> bytes:
    head = chunk(b"IHDR", struct.pack("!IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(chunks) + chunk(b"IEND", b"")


SMALL_ROWS = chunk(b"IDAT", zlib.compress(bytes(4 * (1 + 3 * 4))))
SWOLLEN = zlib.compress(bytes(80_000_000), 9)
"""Eighty megabytes of nothing in eighty kilobytes."""

WIDE_GIF = b"GIF89a\xff\xff\xff\xff\x00\x00\x00,\x00\x00\x00\x00\xff\xff\xff\xff\x00\x08\x02L\x01\x00;"

REFUSED = {
    "an empty file": (b"", "type"),
    "a page": (b"<html>" + SCRIPT, "type"),
    "svg with a script": (b"<svg xmlns='http://www.w3.org/2000/svg'>" + SCRIPT + b"</svg>", "type"),
    "svg behind a declaration": (b"<?xml version='1.0'?><!DOCTYPE svg [<!ENTITY a 'b'>]><svg/>", "type"),
    "pdf with a script": (b"%PDF-1.7 1 0 obj <</OpenAction <</S /JavaScript /JS (app.alert(1))>>>> endobj", "type"),
    "postscript": (b"%!PS-Adobe-3.0 EPSF-3.0\n(%pipe%id) (r) file", "type"),
    "a program for windows": (b"MZ" + bytes(200), "type"),
    "a program for linux": (b"\x7fELF" + bytes(200), "type"),
    "a script": (b"#!/bin/sh\nrm -rf /", "type"),
    "an archive with a way out of its folder": (zipped(), "type"),
    "a swollen archive": (gzip.compress(bytes(20_000_000)), "type"),
    "a film": (b"\x00\x00\x00\x18ftypmp42" + bytes(200), "type"),
    "bmp": (encoded("BMP"), "type"),
    "tiff": (encoded("TIFF"), "type"),
    "ico": (encoded("ICO"), "type"),
    "only the beginning of a png": (encoded("PNG")[:60], "broken"),
    "only the beginning of a jpeg": (encoded("JPEG", size=(400, 400))[:700], "broken"),
    "a webp without a picture": (encoded("WEBP")[:24], "broken"),
    "a photograph of an iphone, cut off": (b"\x00\x00\x00\x18ftypheic" + bytes(100), "broken"),
    "a png as wide as a street": (a_png(SMALL_ROWS, width=50_000, height=50_000), "pixels"),
    "a gif as wide as a street": (WIDE_GIF, "pixels"),
    "swollen words in a png": (a_png(chunk(b"zTXt", b"Comment\0\0" + SWOLLEN), SMALL_ROWS), "broken"),
    "swollen colours in a png": (a_png(chunk(b"iCCP", b"x\0\0" + SWOLLEN), SMALL_ROWS), "broken"),
}

MADE_ANEW = {
    "an archive behind a picture": encoded("PNG") + zipped(),
    "a page behind a picture": encoded("JPEG") + b"<html>" + SCRIPT,
    "a script in a comment": a_png(chunk(b"tEXt", b"Comment\0" + SCRIPT), SMALL_ROWS),
    "rows that are swollen": a_png(chunk(b"IDAT", SWOLLEN)),
}
NAMES = (
    "../../../../etc/passwd",
    "..\\..\\boot.ini",
    "/etc/shadow",
    "a.php",
    "x" * 3000 + ".png",
    "con.png",
    ".htaccess",
)


class Attacker:
    """A visitor who uploads whatever there is."""

    def __init__(self, desk: DeskForTests, client: FlaskClient) -> None:
        self.desk, self.client = desk, client
        self.visit()

    def visit(self) -> None:
        """Come again as somebody else, whom no limit holds yet."""
        self.headers = bearer(self.desk.visit().token)

    def upload(self, content: bytes, *, name: str = "picture.png") -> TestResponse:
        data = {"picture": (BytesIO(content), name)}
        answer = self.client.post(CHAT, data=data, headers=self.headers, content_type="multipart/form-data")
        tally.note_status(answer.status_code)
        return answer

    def files(self) -> list[Path]:
        return [one for one in (self.desk.services.settings.data_dir / "files").rglob("*") if one.is_file()]

    def rows(self) -> int:
        with self.desk.read() as session:
            return session.scalar(select(func.count()).select_from(Picture)) or 0


@pytest.fixture
def attacker(desk: DeskForTests, client: FlaskClient) -> Attacker:
    return Attacker(desk, client)


def test_each_hostile_file_is_refused_for_its_reason_and_leaves_nothing(attacker: Attacker) -> None:
    found = {}
    for what, (content, _) in REFUSED.items():
        attacker.visit()
        answer = attacker.upload(content)
        found[what] = (answer.status_code, answer.json["code"], answer.json["fields"].get("reason"))
    assert found == {what: (400, "picture.refused", reason) for what, (_, reason) in REFUSED.items()}
    assert (attacker.files(), attacker.rows()) == ([], 0)


def test_of_a_file_that_is_two_things_only_the_pixels_are_kept(attacker: Attacker) -> None:
    for content in MADE_ANEW.values():
        attacker.visit()
        shown = attacker.upload(content)
        assert shown.status_code == 200
        kept = attacker.client.get(f"{CHAT}/{shown.json['picture_id']}", headers=attacker.headers).data
        assert b"script" not in kept and b"evil" not in kept and len(kept) < 2000
        Image.open(BytesIO(kept)).load()


def test_a_name_leads_nowhere(attacker: Attacker) -> None:
    for name in NAMES:
        attacker.visit()
        assert attacker.upload(encoded("PNG"), name=name).status_code == 200
    assert len(attacker.files()) == len(NAMES)
    assert all(len(path.name) == 36 and path.suffix == "" for path in attacker.files())
    # Only the folders of the desk itself, and nothing beside its data folder.
    assert {path.parent.parent.name for path in attacker.files()} == {"files"}


class Refusing:
    """Limits of which one is reached."""

    def __init__(self, rule: str) -> None:
        self.rule = rule

    def hit(self, rule: str, *_parts: str) -> int:
        return 3600 if rule == self.rule else 0

    def hit_each(self, rule: str, whos: Sequence[str]) -> list[int]:
        return [self.hit(rule) for _ in whos]


@pytest.mark.parametrize("rule", ["picture.upload", "picture.day"])
def test_who_sends_picture_after_picture_is_stopped_before_anything_is_read(
    desk: DeskForTests, services: Services, rule: str
) -> None:
    attacker = Attacker(desk, create_app(replace(services, limits=Refusing(rule))).test_client())
    answer = attacker.upload(encoded("PNG"))
    assert (answer.status_code, answer.json["fields"]["rule"]) == (429, rule)
    assert (attacker.files(), attacker.rows()) == ([], 0)
