"""The keys of people's data: seal what is plain, rotate, tell how it stands, prove that nothing names an old key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from caredesk.accounts.models import SecondFactor
from caredesk.core import key_queries
from caredesk.core.data_keys import SealingRound
from caredesk.core.sealed import HoldsPersonal
from caredesk.core.work import Work
from caredesk.floor.hook_models import WebhookSubscription
from caredesk.patients.models import Guardian, Parcel, Patient
from caredesk.retention.models import KeptRecord
from caredesk.telephony.callback_models import CallBack
from caredesk.telephony.cloud_models import CloudPush
from caredesk.telephony.models import Call, EngineCommand

MODELS: tuple[type[HoldsPersonal], ...] = (
    Guardian, Patient, Parcel, Call, CallBack, EngineCommand, CloudPush, KeptRecord, SecondFactor, WebhookSubscription
)  # fmt: skip
"""Everything that holds people's data or secrets, in the order in which a round walks over it."""

BATCH = 200
"""Rows of one transaction: some tenths of a second, so that nobody at the desk waits for it."""

OLD_KEYS_STAY = timedelta(minutes=10)
"""How long after a round its old keys are kept: longer than any transaction that took one before, by far."""


@dataclass(frozen=True)
class KeyStatus:
    """How people's data stand: values that are plain, sealed under the master key in force, under older ones."""

    plain: int
    in_force: int
    older: int
    lost: int
    """Values that name a key which is not here: destroyed, or of another desk."""

    old_keys: int
    """Keys that an older master key wraps, named or not."""

    last_round: SealingRound | None

    @property
    def is_clean(self) -> bool:
        """Tell whether every value is sealed under the master key in force, so that older ones may go."""
        return not (self.plain or self.older or self.old_keys)


def begin_rotation(work: Work) -> SealingRound | None:
    """Have every row sealed anew by the keys in force; None when a round is on its way already."""
    if key_queries.find_open_round(work.session) is not None:
        return None
    total = key_queries.count_rows(work.session, MODELS)
    begun = key_queries.begin_round(work.session, kind="rotate", total=total, now=work.now)
    work.enqueue("seal_rows", {"round_id": begun.id}, key="seal_rows")
    return begun


def seal_rows(work: Work, *, round_id: str) -> None:
    """Seal the next rows of a round and ask for those after them; what a crash undoes is done again."""
    ours = key_queries.lock_round(work.session, round_id=round_id)
    if ours is None:
        return
    model = _model_at(ours.place)
    rows = key_queries.list_rows_after(work.session, model, after=ours.after, limit=BATCH)
    key_queries.seal_again(work.session, rows)
    ours.done += len(rows)
    if len(rows) == BATCH:
        ours.place, ours.after = model.__name__, key_queries.row_key(rows[-1])
    elif (following := _model_after(model)) is not None:
        ours.place, ours.after = following.__name__, ""
    else:
        ours.ended_at = work.now
        work.enqueue("drop_old_keys", {}, due_at=work.now + OLD_KEYS_STAY, key="drop_old_keys")
        return
    work.enqueue("seal_rows", {"round_id": round_id}, key="seal_rows")


def drop_old_keys(work: Work) -> None:
    """Remove the keys of older master keys that no value names any more."""
    named, master = key_queries.keys_named(work.session, MODELS), key_queries.master_of(work.session)
    masters = key_queries.masters_of_keys(work.session)
    old = {key_id for key_id, wraps in masters.items() if wraps != master and key_id not in named}
    key_queries.drop_keys(work.session, key_ids=old)


def key_status(session: Session) -> KeyStatus:
    """Return how people's data stand. Reads every value's head, none of them is opened."""
    master, masters = key_queries.master_of(session), key_queries.masters_of_keys(session)
    plain = in_force = older = lost = 0
    for key_id, count in key_queries.keys_named(session, MODELS).items():
        if key_id == key_queries.PLAIN:
            plain += count
        elif key_id not in masters:
            lost += count
        elif masters[key_id] == master:
            in_force += count
        else:
            older += count
    old_keys = sum(wraps != master for wraps in masters.values())
    return KeyStatus(plain, in_force, older, lost, old_keys, key_queries.find_last_round(session))


def _model_at(place: str) -> type[HoldsPersonal]:
    return next((model for model in MODELS if model.__name__ == place), MODELS[0])


def _model_after(model: type[HoldsPersonal]) -> type[HoldsPersonal] | None:
    following: Sequence[type[HoldsPersonal]] = MODELS[MODELS.index(model) + 1 :]
    return following[0] if following else None
