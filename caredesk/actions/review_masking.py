"""Masking what parents and agents wrote before editors read it: names, numbers, addresses of mail (B61)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from caredesk.patients import queries as patients
from caredesk.patients.rules import mask_child_name, mask_id_number, mask_name, mask_phone

# Half and full width: \d knows both.
_ID_NUMBER = re.compile(r"(?<!\d)\d{17}[\dXxＸ](?!\d)|(?<!\d)\d{15}(?!\d)")
_MOBILE = re.compile(r"(?<!\d)(?:\+?86[-\s]?)?1[3-9]\d(?:[-\s]?\d{4}){2}(?!\d)")
_LANDLINE = re.compile(r"(?<!\d)0\d{2,3}[-\s]?\d{7,8}(?!\d)")
# Numbers of orders, parcels and cards: a price, a time or a date is shorter.
_LONG_NUMBER = re.compile(r"(?<![A-Za-z\d])[A-Za-z]{0,4}\d{9,}(?![A-Za-z\d])")
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", re.ASCII)
SHORTEST_NAME = 2


@dataclass(frozen=True)
class Names:
    """What the hospital knows about a family that must not be read, with what is shown instead."""

    masks: Mapping[str, str] = field(default_factory=dict)


NO_NAMES = Names()


def names_of(session: Session, *, guardian_id: str) -> Names:
    """Return the names of a family."""
    guardian = patients.find_guardian(session, guardian_id=guardian_id)
    masks = {guardian.name: mask_name(guardian.name)} if guardian else {}
    for child in patients.list_children(session, guardian_id=guardian_id):
        masks[child.patient.name] = mask_child_name(child.patient.name)
    return Names(masks)


def mask_text(text: str, *, names: Names = NO_NAMES) -> str:
    """Return the text with the family's names and everything that looks like a number of a person masked."""
    for name in sorted(names.masks, key=len, reverse=True):
        if len(name) >= SHORTEST_NAME:
            text = text.replace(name, names.masks[name])
    text = _ID_NUMBER.sub(lambda found: mask_id_number(found.group()), text)
    text = _MOBILE.sub(lambda found: mask_phone(found.group()), text)
    text = _LANDLINE.sub(lambda found: mask_phone(found.group()), text)
    text = _MAIL.sub(lambda found: f"{found.group()[0]}****", text)
    return _LONG_NUMBER.sub(lambda found: mask_phone(found.group()), text)
