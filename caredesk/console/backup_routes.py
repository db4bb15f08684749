"""How backups and restore drills stand, for supervisors and administrators."""

from __future__ import annotations

from flask.typing import ResponseReturnValue
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag

from caredesk.accounts.rules import Permission
from caredesk.actions.backups import backups_state
from caredesk.audit.schemas import BackupsState
from caredesk.edge.guards import staff_guard
from caredesk.edge.respond import answer, current_services
from caredesk.edge.transactions import read

TAG = Tag(name="backups", description="The last backup and the last drill. Session cookie.")
api = APIBlueprint("backups", __name__, url_prefix="/api/console/backups", abp_tags=[TAG])


@api.get("", responses={200: BackupsState})
@staff_guard(Permission.SEE_METRICS)
def get_backups() -> ResponseReturnValue:
    """The last backup and the last drill, with what is overdue."""
    services = current_services()
    wanted = services.backups is not None and services.backups.is_wanted()
    with read(services) as session:
        state = backups_state(
            session, now=services.clock.now(), drill_days=services.settings.backup_drill_days, wanted=wanted
        )
    return answer(state)
