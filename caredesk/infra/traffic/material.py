"""What a play is made of, read from the demo hospital's files: its questions, its talks, its people and its week."""

from __future__ import annotations

from dataclasses import dataclass

from caredesk.actions.demo_files import DemoFolder
from caredesk.infra.traffic.plan import Material, SessionHours


@dataclass(frozen=True)
class Logins:
    """Who can sign in at the demo, by what they do."""

    agents: tuple[str, ...]
    assistants: tuple[str, ...]
    doctors: tuple[str, ...]


def read_material(files: DemoFolder) -> Material:
    """Return what parents and agents of the demo say, and its weekly sessions."""
    asked = [said for group in files.entries("bot_history.yaml") for said in group["said"]]
    answered = [words for group in files.entries("bot_history.yaml") for words in group.get("agent", [])]
    talks = [talk["said"] for talk in files.facts("floor.yaml")["talks"]]
    return Material(
        questions=tuple(dict.fromkeys(asked)),
        to_people=tuple(dict.fromkeys(words for said in talks for words in said[::2])),
        replies=tuple(dict.fromkeys([*answered, *(words for said in talks for words in said[1::2])])),
        sessions=tuple(
            _session(int(row.cell("weekday")), begins=_minute(row.cell("start")), ends=_minute(row.cell("end")))
            for row in files.table("clinic_template.csv", required=("weekday", "start", "end"))
        ),
    )


def read_logins(files: DemoFolder) -> Logins:
    """Return the demo's accounts that take part."""
    rows = files.table("staff.csv", required=("login", "roles"))

    def with_role(role: str) -> tuple[str, ...]:
        return tuple(row.cell("login") for row in rows if role in row.cell("roles").split("|"))

    return Logins(with_role("agent"), with_role("assistant"), with_role("doctor"))


def _session(weekday: int, *, begins: int, ends: int) -> SessionHours:
    """Return a session; one that ends at or before the hour of its beginning ends on the next day."""
    return SessionHours(weekday, begins, ends if ends > begins else ends + 24 * 60)


def _minute(clock: str) -> int:
    hours, _, minutes = clock.partition(":")
    return int(hours) * 60 + int(minutes)
