"""Pictures in answers and files beside them."""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import dataclass
from typing import Literal

from sqlalchemy.orm import Session

from caredesk.conversations.errors import PictureRefused
from caredesk.conversations.pictures import checked_picture
from caredesk.core.ids import new_id
from caredesk.core.work import Work
from caredesk.knowledge_base import editor_queries as editor
from caredesk.knowledge_base.errors import FileRefused, FileUnknown
from caredesk.knowledge_base.models import KbFile
from caredesk.knowledge_base.pdf_rules import is_passive

PDF = b"%PDF-"
LONGEST_NAME = 120


@dataclass(frozen=True)
class CheckedFile:
    """A file as it will be kept and served."""

    name: str
    media_type: str
    content: bytes
    sha256: str


def checked_file(content: bytes, *, name: str, limit_bytes: int) -> CheckedFile:
    """Return a picture made anew, or a PDF that does nothing, as it is; anything else is refused.

    Slow: not for transactions.
    """
    if len(content) > limit_bytes:
        raise FileRefused(reason="size", limit=limit_bytes)
    shown = _plain_name(name)
    if content.startswith(PDF):
        if not is_passive(content):
            raise FileRefused(reason="active")
        return CheckedFile(shown, "application/pdf", content, hashlib.sha256(content).hexdigest())
    try:
        picture = checked_picture(content, limit_bytes=limit_bytes)
    except PictureRefused as refused:
        raise FileRefused(reason=str(refused.fields.get("reason", "type"))) from None
    return CheckedFile(shown, picture.media_type, picture.content, picture.sha256)


def refuse_unless_clean(scan: Literal["none", "clean", "found", "away"]) -> None:
    """Raise when the scanner found something in a file, or has not answered: an editor comes again later."""
    if scan in ("found", "away"):
        raise FileRefused(reason="malware" if scan == "found" else "unscanned")


def store_file(work: Work, *, file_id: str, file: CheckedFile) -> KbFile:
    """Record a file whose bytes are kept."""
    row = KbFile(
        id=file_id,
        name=file.name,
        media_type=file.media_type,
        size=len(file.content),
        sha256=file.sha256,
        created_at=work.now,
        created_by=work.actor.id,
    )
    work.session.add(row)
    work.session.flush()
    return row


def get_file(session: Session, *, file_id: str) -> KbFile:
    """Return a file's row. Raises FileUnknown."""
    found = editor.find_file(session, file_id=file_id)
    if found is None:
        raise FileUnknown
    return found


def new_file_id() -> str:
    """Return an id for bytes that are kept before their row is written."""
    return new_id()


def _plain_name(name: str) -> str:
    shown = "".join(one for one in name if unicodedata.category(one)[0] != "C" and one not in '/\\"<>|[]()')
    return shown.strip()[-LONGEST_NAME:] or "file"
