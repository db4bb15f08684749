"""FHIR R4 `Schedule`, `Slot` and `Bundle` to and from values; the standard's own shapes are a maintained library's.

R4B has the same three resources as R4. What caredesk reads of them and what it ignores is in `docs/fhir.md`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Literal

from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.schedule import Schedule
from fhir.resources.R4B.slot import Slot
from pydantic import ValidationError

from caredesk.actions.schedule_fhir import GivenSession, KeptSession, people_of_schedule
from caredesk.clinic.schemas import RefusedRow, RowFault
from caredesk.conversations.rules import tidy_text
from caredesk.core.clock import clinic_time
from caredesk.core.errors import BadInput

Json = dict[str, Any]

SLOTS = "urn:caredesk:slots"
"""Extension of a Slot: how many visits the session holds."""

# The library knows the structure of resources but not the required bindings of their codes.
_STATUSES = frozenset({"busy", "free", "busy-unavailable", "busy-tentative", "entered-in-error"})
_DOES_NOT_TAKE_PLACE = frozenset({"busy-unavailable", "entered-in-error"})
MOST_ENTRIES = 2000
# Beyond the calendar's ends no instant can be reckoned.
FIRST_YEAR, LAST_YEAR = 2000, 2100


class FhirRefused(BadInput):
    """What was sent is no resource that caredesk takes; `issues` say where and why."""

    code = "schedule.fhir_refused"

    def __init__(self, issues: list[str]) -> None:
        super().__init__(issues=issues)
        self.issues = issues


def read_resource(sent: Json, *, kind: Literal["Bundle", "Schedule", "Slot"]) -> Bundle | Schedule | Slot:
    """Validate a resource of this kind by the standard."""
    shapes: dict[str, type[Bundle] | type[Schedule] | type[Slot]] = {
        "Bundle": Bundle,
        "Schedule": Schedule,
        "Slot": Slot,
    }
    if sent.get("resourceType") != kind:
        raise FhirRefused([f"resourceType: {kind} expected"])
    try:
        return shapes[kind].model_validate(sent)
    except (KeyError, TypeError):
        # So the library answers a resource whose type it does not know, deep inside a bundle.
        raise FhirRefused(["resourceType: unknown"]) from None
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False, include_input=False)
        raise FhirRefused([_issue(fault["loc"], fault["type"], fault["msg"]) for fault in faults[:20]]) from None


def _issue(where: tuple[int | str, ...], kind: str, message: str) -> str:
    # The name of an unknown field is the sender's word, and no answer repeats those.
    steps = (*where[:-1], "*") if kind == "extra_forbidden" else where
    return f"{'.'.join(map(str, steps))}: {message}"[:200]


def sessions_of(bundle: Bundle) -> list[GivenSession]:
    """Return the sessions of a bundle; its slots may refer to schedules in it, by `fullUrl` or by id."""
    resources = [(entry.fullUrl, entry.resource) for entry in bundle.entry or [] if entry.resource is not None]
    if not resources:
        raise FhirRefused(["entry: nothing was sent"])
    if len(resources) > MOST_ENTRIES:
        raise FhirRefused([f"entry: more than {MOST_ENTRIES}"])
    other = [r.get_resource_type() for _, r in resources if not isinstance(r, Schedule | Slot)]
    if other:
        raise FhirRefused([f"entry: {name} is not taken" for name in sorted(set(other))])
    schedules: dict[str, tuple[str, str]] = {}
    for url, resource in resources:
        if isinstance(resource, Schedule):
            people = people_of(resource)
            schedules |= {name: people for name in (url, f"Schedule/{resource.id}") if name}
    slots = [(line, r) for line, (_, r) in enumerate(resources, start=1) if isinstance(r, Slot)]
    return [given_session(slot, schedules=schedules, line=line) for line, slot in slots]


def people_of(schedule: Schedule) -> tuple[str, str]:
    """Return department and doctor of a schedule by its actors, else by its id."""
    department = doctor = ""
    for actor in schedule.actor or []:
        kind, _, name = (actor.reference or "").rpartition("/")
        if kind.endswith("Practitioner"):
            doctor = name or actor.display or ""
        elif kind.endswith(("HealthcareService", "Location")):
            department = name or actor.display or ""
    if not department and schedule.id:
        department, doctor = people_of_schedule(schedule.id)
    return department, doctor


def given_session(slot: Slot, *, schedules: Mapping[str, tuple[str, str]], line: int = 1) -> GivenSession:
    """Return a slot as a session. One slot is one session; `busy-unavailable` is a session that was cancelled."""
    # The library lets an explicit null stand where the standard wants a reference.
    reference = getattr(slot.schedule, "reference", None) or ""
    people = schedules.get(reference) or people_of_schedule(reference.rpartition("Schedule/")[2])
    number = number_of(slot)
    if not number:
        raise FhirRefused([f"entry {line}: a Slot needs an identifier or an id"])
    if slot.start is None or slot.end is None or slot.start.tzinfo is None or slot.end.tzinfo is None:
        raise FhirRefused([f"entry {line}: start and end need an offset"])
    if slot.status not in _STATUSES:
        raise FhirRefused([f"entry {line}: status is none of {', '.join(sorted(_STATUSES))}"])
    status = "cancelled" if slot.status in _DOES_NOT_TAKE_PLACE else "added" if slot.overbooked else "scheduled"
    return GivenSession(
        line=line,
        number=number,
        department=people[0],
        doctor=people[1],
        starts_at=slot.start,
        ends_at=slot.end,
        status=status,
        slots=_slots_of(slot),
        note=_tidy(slot.comment or "", limit=200),
    )


def number_of(slot: Slot) -> str:
    """Return the number under which the other system knows a slot: its first identifier, else its id."""
    for identifier in slot.identifier or []:
        if identifier.value:
            whole = f"{identifier.system}|{identifier.value}" if identifier.system else identifier.value
            return _tidy(whole, limit=120)
    return _tidy(slot.id or "", limit=120)


def _tidy(words: str, *, limit: int) -> str:
    return tidy_text(words[:limit])[:limit]


def _slots_of(slot: Slot) -> int | None:
    for extension in slot.extension or []:
        if extension.url == SLOTS and extension.valueInteger is not None and 0 <= extension.valueInteger < 1_000_000:
            return int(extension.valueInteger)
    return None


# ---- out -------------------------------------------------------------------------------------------------


def slot_json(kept: KeptSession) -> Json:
    """Return a session as a Slot."""
    row = kept.row
    slot: Json = {
        "resourceType": "Slot",
        "id": row.id,
        "schedule": {"reference": f"Schedule/{kept.schedule}"},
        "status": "busy-unavailable" if row.status == "cancelled" else "free",
        "start": clinic_time(row.starts_at).isoformat(),
        "end": clinic_time(row.ends_at).isoformat(),
    }
    if row.external_id:
        system, _, value = row.external_id.rpartition("|")
        slot["identifier"] = [{**({"system": system} if system else {}), "value": value}]
    if row.status == "added":
        slot["overbooked"] = True
    if row.slots is not None:
        slot["extension"] = [{"url": SLOTS, "valueInteger": row.slots}]
    if row.note:
        slot["comment"] = row.note
    return slot


def schedule_json(id: str, names: tuple[str, str, str]) -> Json:
    """Return a schedule with its actors."""
    department, doctor, doctor_id = names
    actors = [{"reference": f"HealthcareService/{people_of_schedule(id)[0]}", "display": department}]
    if doctor_id:
        actors.append({"reference": f"Practitioner/{doctor_id}", "display": doctor})
    return {"resourceType": "Schedule", "id": id, "active": True, "actor": actors}


def bundle_json(kind: str, resources: Iterable[Json]) -> Json:
    """Return a bundle of resources."""
    entries = [{"fullUrl": f"{one['resourceType']}/{one['id']}", "resource": one} for one in resources]
    return {"resourceType": "Bundle", "type": kind, "total": len(entries), "entry": entries}


def outcome_json(issues: Iterable[tuple[str, str]], *, severity: str = "error") -> Json:
    """Return an OperationOutcome: each issue by its code and what it says."""
    told = [{"severity": severity, "code": code, "diagnostics": words} for code, words in issues]
    return {"resourceType": "OperationOutcome", "issue": told}


def refused_issues(refused: Iterable[RefusedRow]) -> list[tuple[str, str]]:
    """Return what is wrong with sessions, as issues."""
    return [("business-rule", f"entry {row.line}: {_words(fault)}") for row in refused for fault in row.faults]


def _words(fault: RowFault) -> str:
    words = f"{fault.en} · {fault.zh}"
    # The entry's number leads whoever sent it to what stands there; no answer repeats it.
    return words.replace(fault.value, "…") if fault.value else words


def first_day(word: str) -> date:
    """Return the date of a search such as `ge2026-11-30`."""
    try:
        day = date.fromisoformat(word.removeprefix("ge")[:10])
    except ValueError:
        raise FhirRefused(["start: a date such as ge2026-11-30 expected"]) from None
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise FhirRefused([f"start: a year from {FIRST_YEAR} to {LAST_YEAR} expected"])
    return day
