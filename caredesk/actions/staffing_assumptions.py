"""What staffing assumes until history tells better: the desk's own values, or what a supervisor made of them."""

from __future__ import annotations

from sqlalchemy.orm import Session

from caredesk.conversations.rules import tidy_text
from caredesk.core.work import Work
from caredesk.events.catalogue import RosterChanged
from caredesk.staffing import queries
from caredesk.staffing.assumptions import Assumptions, default_assumptions
from caredesk.staffing.errors import AssumptionsMovedOn
from caredesk.staffing.models import StaffingAssumptions
from caredesk.staffing.schemas import (
    AssumptionsForm,
    AssumptionsVersionView,
    AssumptionsView,
    form_of,
    with_form,
)


def assumptions_in_use(session: Session) -> Assumptions:
    """Return what forecasts and needs assume now."""
    newest = queries.newest_assumptions(session)
    if newest is None:
        return default_assumptions()
    return with_form(default_assumptions(), AssumptionsForm.model_validate(newest.told))


def assumptions_version(session: Session) -> int:
    """Return the number of the version that holds; 0 while nobody has changed anything."""
    newest = queries.newest_assumptions(session)
    return newest.version if newest else 0


def assumptions_view(session: Session) -> AssumptionsView:
    """Return what holds, what the desk came with, and who changed what."""
    return AssumptionsView(
        version=assumptions_version(session),
        values=form_of(assumptions_in_use(session)),
        defaults=form_of(default_assumptions()),
        history=[_version_view(row) for row in queries.list_assumptions(session)],
    )


def change_assumptions(work: Work, *, version: int, values: AssumptionsForm, note: str = "") -> None:
    """Keep new values as the next version, in place of the one that was looked at; the same values change nothing."""
    queries.lock_roster(work.session)
    if assumptions_version(work.session) != version:
        raise AssumptionsMovedOn
    if form_of(assumptions_in_use(work.session)) == values:
        return
    row = StaffingAssumptions(
        version=version + 1,
        at=work.now,
        actor_id=work.actor.id,
        actor_name=work.actor.name,
        note=tidy_text(note).strip(),
        told=values.model_dump(mode="json"),
    )
    work.session.add(row)
    work.session.flush()
    work.emit(RosterChanged(change_id=str(row.version), kind="assumptions", by=work.actor.name, staff_ids=[]))


def _version_view(row: StaffingAssumptions) -> AssumptionsVersionView:
    values = AssumptionsForm.model_validate(row.told)
    return AssumptionsVersionView(version=row.version, at=row.at, by=row.actor_name, note=row.note, values=values)
