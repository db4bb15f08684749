"""The signed-in person as conversations know them."""

from __future__ import annotations

from caredesk.accounts.rules import Permission
from caredesk.actions.replies import AsStaff
from caredesk.edge.guards import current_staff
from caredesk.edge.respond import current_services


def as_staff() -> AsStaff:
    """Return who asks, with how far they may look."""
    signed_in = current_staff()
    return AsStaff(
        staff_id=signed_in.staff_id,
        sees_floor=signed_in.may(Permission.SEE_FLOOR),
        roles=signed_in.roles,
        at=current_services().clock.now(),
    )
