"""Events of trouble; a file beside the catalogue, which lists them, because that is as long as a file may be."""

from __future__ import annotations

from typing import Literal

from caredesk.core.audience import Audience, clinicians, desk, floor
from caredesk.core.event import StaffEvent
from caredesk.events.continuity_shapes import DeskCondition, IncidentView


class ConditionChanged(StaffEvent):
    """Something that the desk depends on fails, or works again; told by each process to its own screens, from memory.

    Doctors' screens hear it too: it is told to whoever of the staff sits here, and stored nowhere.
    """

    type: Literal["condition.changed"] = "condition.changed"
    condition: DeskCondition

    def audiences(self) -> tuple[Audience, ...]:
        return (desk(), floor())


class IncidentChanged(StaffEvent):
    """An incident or a drill was declared, moved on or ended; its page fetches what was done."""

    type: Literal["incident.changed"] = "incident.changed"
    incident: IncidentView

    def audiences(self) -> tuple[Audience, ...]:
        return (desk(), floor(), clinicians())
