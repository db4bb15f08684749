"""How far somebody reaches now: the table, their roles, queues and departments, asked at the one rule (ADR 0042)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from sqlalchemy.orm import Session

from caredesk.accounts import access_queries
from caredesk.accounts import access_rules as rules
from caredesk.accounts.access_rules import AccessTable, Reach, Scope, Service, Thing
from caredesk.accounts.rules import Role
from caredesk.queue import queries as queue_queries


class Looker(Protocol):
    """Who looks, as far as this is concerned; `replies.AsStaff` is one."""

    @property
    def staff_id(self) -> str: ...
    @property
    def sees_floor(self) -> bool: ...
    @property
    def roles(self) -> frozenset[str]: ...
    @property
    def at(self) -> datetime | None: ...


def scope_of(session: Session, *, who: Looker, thing: Thing = Thing.CONVERSATION) -> Scope:
    """Return what somebody may open of a thing without a purpose."""
    _, table = access_queries.table_now(session)
    roles = roles_of(who)
    service = Service(
        staff_id=who.staff_id,
        roles=roles,
        queue_ids=frozenset(queue_queries.queue_ids_of(session, staff_id=who.staff_id)),
        departments_of=_departments(session, table, roles=roles, thing=thing),
    )
    return rules.scope_of(table, service=service, thing=thing)


def reaches_own(session: Session, *, who: Looker, thing: Thing = Thing.CONVERSATION) -> bool:
    """Tell whether somebody reaches their own talks; that takes nothing but the table, and is asked at each reply."""
    _, table = access_queries.table_now(session)
    return rules.reach_of(table, roles=roles_of(who), thing=thing) is not Reach.NONE


def _departments(session: Session, table: AccessTable, *, roles: frozenset[str], thing: Thing) -> dict[str, list[str]]:
    # Every message asks how far its writer reaches; for whom departments count for nothing they are not read.
    if rules.reach_of(table, roles=roles, thing=thing) is not Reach.DEPARTMENT:
        return {}
    return queue_queries.departments_by_queue(session)


def is_opened(session: Session, *, conversation_id: str, who: Looker, thing: Thing) -> bool:
    """Tell whether somebody has a talk open for a purpose now; what their roles never open stays shut."""
    return opened_until(session, conversation_id=conversation_id, who=who, thing=thing) is not None


def opened_until(
    session: Session, *, conversation_id: str, who: Looker, thing: Thing = Thing.CONVERSATION
) -> datetime | None:
    """Return until when somebody has a talk open for a purpose; None when they have not."""
    if who.at is None or scope_of(session, who=who, thing=thing).nothing:
        return None
    return access_queries.opened_until(session, staff_id=who.staff_id, conversation_id=conversation_id, now=who.at)


def opened_by(session: Session, *, who: Looker) -> Sequence[str]:
    """Return the talks that somebody has open for a purpose now."""
    if who.at is None:
        return ()
    opened = access_queries.list_open_of(session, staff_id=who.staff_id, now=who.at)
    return [one.conversation_id for one in opened]


def roles_of(who: Looker) -> frozenset[str]:
    """Return as what somebody looks."""
    return who.roles or frozenset({Role.SUPERVISOR.value if who.sees_floor else Role.AGENT.value})
