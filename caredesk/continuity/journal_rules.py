"""What goes on while the database cannot say so: what it said last, with what was done since and lies in a journal.

A file beside the rules of incidents: those decide about rows, these about what screens are shown in their stead. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from caredesk.continuity.errors import IncidentGoesOn, IncidentNotFound
from caredesk.continuity.incident_rules import BEGINS, RESPOND_WITHIN, known_kind, known_step
from caredesk.continuity.schemas import Bilingual, IncidentCourse, IncidentEntryView, IncidentStep, JournalDeed
from caredesk.events.continuity_shapes import IncidentView


def followed(kept: Iterable[IncidentCourse], *, deeds: Sequence[JournalDeed]) -> list[IncidentCourse]:
    """Return what goes on after what was done, in order. A deed that no longer fits is left out, and not lost."""
    courses = list(kept)
    for deed in deeds:
        try:
            courses = after_deed(courses, deed=deed)
        except (IncidentGoesOn, IncidentNotFound):
            # Done elsewhere at the same time; the database will hold both.
            continue
    return courses


def after_deed(courses: Sequence[IncidentCourse], *, deed: JournalDeed) -> list[IncidentCourse]:
    """Return what goes on after one more deed.

    Raise IncidentGoesOn for a second one of its sort, IncidentNotFound, or IncidentWordsInvalid for a kind or step
    that nobody knows.
    """
    if deed.what == "declared":
        begun = _declared(deed)
        if any(one.incident.drill == deed.drill for one in courses):
            raise IncidentGoesOn
        # A real one ends the drill: nobody shall have to ask which is which.
        return [begun, *courses] if deed.drill else [begun]
    if not any(one.incident.id == deed.incident_id for one in courses):
        raise IncidentNotFound
    return [_with(one, deed=deed) if one.incident.id == deed.incident_id else one for one in courses]


def _declared(deed: JournalDeed) -> IncidentCourse:
    kind = known_kind(deed.kind)
    incident = IncidentView(
        id=deed.incident_id,
        kind=kind.key,
        kind_zh=kind.name.zh,
        kind_en=kind.name.en,
        drill=deed.drill,
        reason=deed.text,
        declared_at=deed.at,
        declared_by=deed.name,
        respond_by=deed.at + RESPOND_WITHIN,
        responded_at=None,
        lead_name=deed.name,
        tells_parents=False,
        ended_at=None,
    )
    steps = [IncidentStep(key=key, words=Bilingual(zh=said.zh, en=said.en), done=False) for key, said in kind.steps]
    return IncidentCourse(incident=incident, steps=steps, entries=[_entry(deed, steps=steps)])


def _with(course: IncidentCourse, *, deed: JournalDeed) -> IncidentCourse:
    steps, news = course.steps, dict[str, object]()
    if deed.what in ("ticked", "unticked"):
        known_step(known_kind(course.incident.kind), step=deed.item)
        done = deed.what == "ticked"
        steps = [one.model_copy(update={"done": done}) if one.key == deed.item else one for one in steps]
    if deed.what in BEGINS and course.incident.responded_at is None:
        news["responded_at"] = deed.at
    if deed.what in ("parents_told", "parents_untold"):
        news["tells_parents"] = deed.what == "parents_told"
    if deed.what == "taken_over":
        news["lead_name"] = deed.name
    incident = course.incident.model_copy(update=news)
    return IncidentCourse(incident=incident, steps=steps, entries=[*course.entries, _entry(deed, steps=steps)])


def _entry(deed: JournalDeed, *, steps: Iterable[IncidentStep]) -> IncidentEntryView:
    step = next((one.words for one in steps if one.key == deed.item), None)
    return IncidentEntryView(at=deed.at, by_name=deed.name, what=deed.what, step=step, text=deed.text, stored=False)


def notice_of(courses: Iterable[IncidentCourse]) -> str:
    """Return the kind of the incident that parents are told of, empty when of none; never of a drill."""
    told = [one.incident.kind for one in courses if one.incident.tells_parents and not one.incident.drill]
    return told[0] if told else ""
