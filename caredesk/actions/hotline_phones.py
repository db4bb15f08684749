"""The agents' phones as a supervisor sees them: who has which, whether it can be rung, and since when. Reading only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from caredesk.actions import call_engines
from caredesk.actions.summaries import agent_views
from caredesk.events.shapes import AgentView
from caredesk.telephony import phone_queries
from caredesk.telephony.hotline_schemas import AgentPhones, AgentPhoneView
from caredesk.telephony.models import Phone


def list_of_agents(session: Session, *, now: datetime) -> list[AgentPhones]:
    """Return everybody who has a phone, who can be rung first, then by name."""
    phones: dict[str, list[Phone]] = defaultdict(list)
    for phone in phone_queries.list_phones(session):
        phones[phone.staff_id].append(phone)
    up = call_engines.find_up(session, now=now) is not None
    agents = agent_views(session, staff_ids=sorted(phones)) if phones else []
    views = [_view(agent, phones[agent.staff_id], up=up, now=now) for agent in agents]
    return sorted(views, key=lambda one: (not one.can_be_rung, not one.ready, one.name, one.staff_id))


def _view(agent: AgentView, phones: Sequence[Phone], *, up: bool, now: datetime) -> AgentPhones:
    shown = [_phone(phone, now=now) for phone in phones]
    return AgentPhones(
        staff_id=agent.staff_id,
        name=agent.name,
        name_en=agent.name_en,
        state=agent.state,
        state_since=agent.since,
        voice=agent.voice,
        ready=agent.state == "ready" and agent.connected,
        can_be_rung=up and any(one.registered for one in shown),
        phones=shown,
    )


def _phone(phone: Phone, *, now: datetime) -> AgentPhoneView:
    until = phone.registered_until
    registered = until is not None and until > now
    # A registration that ran out told nobody: it ended by its own time.
    return AgentPhoneView(
        user=phone.user,
        kind="browser" if phone.kind == "browser" else "desk",
        has_password=bool(phone.ha1),
        registered=registered,
        since=phone.since if registered or until is None else until,
    )
