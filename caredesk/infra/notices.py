"""What parents' pages are told with every beat: which notice of an incident they show."""

from __future__ import annotations

from caredesk.actions import incidents
from caredesk.continuity.journal_rules import followed, notice_of
from caredesk.edge.condition import DATABASE
from caredesk.edge.services import Services
from caredesk.edge.transactions import read


def follow_notice(services: Services) -> None:
    """Keep which notice holds, so that no beat asks for it; while the database is away, the journal says it."""
    deeds = services.journal.deeds() if services.journal else []
    kept = services.standby.last() if services.standby else None
    if deeds:
        services.condition.notice = notice_of(followed(kept.incidents if kept else (), deeds=deeds))
        return
    if services.condition.problem_of(DATABASE) == "away":
        return
    with read(services) as session:
        kind = incidents.told_to_parents(session)
    services.condition.notice = kind.key if kind else ""
