"""话术: canned replies with their variables filled on the server, so that a mask is never left to a browser (B31)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib import resources
from typing import Any, Literal

import yaml
from sqlalchemy.orm import Session

from caredesk.actions import clinic
from caredesk.clinic.words import hours_sentence
from caredesk.conversations import house_queries
from caredesk.conversations.models import CannedReply, Conversation
from caredesk.conversations.schemas import CannedReplyView
from caredesk.patients import queries as patient_queries
from caredesk.queue import queries as queue_queries

Language = Literal["zh", "en"]

_VARIABLE = re.compile(r"\{([a-z_]+)\}")


@dataclass(frozen=True)
class Speaker:
    """Who will say it, as the visitor reads the name."""

    name: str
    name_en: str = ""


def canned_replies(
    session: Session, *, conversation: Conversation, speaker: Speaker, at: datetime
) -> list[CannedReplyView]:
    """Return all canned replies in the language of a conversation, filled for it."""
    language: Language = "en" if conversation.language == "en" else "zh"
    values = {
        "parent": _parent(session, conversation, language=language),
        "agent": (language == "en" and speaker.name_en) or speaker.name,
        "hospital": _hospital(session, language=language),
        "queue_open": _hours(session, conversation, at=at, language=language),
    }
    return [_filled(row, values=values, language=language) for row in house_queries.list_canned_replies(session)]


def fill(text: str, *, values: Mapping[str, str]) -> str:
    """Put values in place of `{variables}`; one that is not known stays visible as it was written."""
    return _VARIABLE.sub(lambda found: values.get(found[1], found[0]), text)


def _filled(row: CannedReply, *, values: Mapping[str, str], language: Language) -> CannedReplyView:
    text = fill((language == "en" and row.text_en) or row.text, values=values)
    # A value may have come to stand at the beginning.
    return CannedReplyView(code=row.code, title=row.title, text=text[:1].upper() + text[1:])


def _parent(session: Session, conversation: Conversation, *, language: Language) -> str:
    guardian_id = conversation.guardian_id
    names = patient_queries.list_guardian_names(session, guardian_ids=[guardian_id]) if guardian_id else {}
    family = names.get(guardian_id or "", "").strip()[:1]
    # Only a Chinese name begins with the family's; the first letter of another would be no name at all.
    known = bool(family) and unicodedata.name(family, "").startswith("CJK UNIFIED IDEOGRAPH")
    pattern: str = _words()["parent"][language]["known" if known else "unknown"]
    return pattern.format(family=family)


def _hospital(session: Session, *, language: Language) -> str:
    hospital = house_queries.get_hospital(session)
    return (language == "en" and hospital.name_en) or hospital.name


def _hours(session: Session, conversation: Conversation, *, at: datetime, language: Language) -> str:
    queue = (
        queue_queries.get_queue(session, queue_id=conversation.queue_id)
        if conversation.queue_id
        else queue_queries.find_queue_for_category(session, category=None)
    )
    if queue is None:
        words: str = _words()["hours"][language]
        return words
    return hours_sentence(clinic.queue_state(session, queue, at=at), at=at, language=language)


@cache
def _words() -> dict[str, Any]:
    text = resources.files("caredesk.actions").joinpath("canned.yaml").read_text("utf-8")
    words: dict[str, Any] = yaml.safe_load(text)
    return words
