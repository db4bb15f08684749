"""What a live screen may hear and what it missed: permission, rooms and catch-up, without any socket."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy.orm import Session

from caredesk.accounts import presence_queries
from caredesk.accounts.access_rules import Scope
from caredesk.accounts.errors import ScreenLocked
from caredesk.accounts.rules import Permission, sign_in_policy
from caredesk.accounts.schemas import SignedIn
from caredesk.actions import access, call_up_watch, desk, idle_lock, presence, request_news, visits
from caredesk.actions.replies import AsStaff
from caredesk.actions.summaries import patient_view, summary_of
from caredesk.conversations import queries
from caredesk.conversations.models import Conversation
from caredesk.core import audience
from caredesk.core.errors import NotFound, SignInNeeded
from caredesk.core.work import SYSTEM, Actor
from caredesk.edge.guards import actor_of_visitor_token, is_csrf_token, is_screen_shut, staff_of_cookies
from caredesk.edge.services import Services
from caredesk.edge.transactions import read, write
from caredesk.events.catalogue import AgentTyped, SomeoneTyped
from caredesk.queue import queries as queue_queries


@dataclass
class Seat:
    """Who is behind a socket, settled at connect; `watching` is the conversation on its screen."""

    kind: Literal["visitor", "staff"]
    id: str
    name: str
    sees_floor: bool
    works: bool
    rooms: tuple[str, ...]
    asks: bool = False
    """Whether it is the page of somebody who asks the assistants, and takes no work."""
    session_id: str | None = None
    watching: str | None = None
    roles: frozenset[str] = frozenset()
    sees_everything: bool = False
    """Whether no talk is beyond this person's reach, so that none can be lost to them."""
    open_until: datetime | None = None
    """Until when what is watched stays open, when it was opened for a purpose."""

    def as_staff(self, *, at: datetime) -> AsStaff:
        """Return the person as conversations know them, who looks at an instant."""
        return AsStaff(staff_id=self.id, sees_floor=self.sees_floor, roles=self.roles, at=at)

    @property
    def actor(self) -> Actor:
        return Actor(kind=self.kind, id=self.id, name=self.name)

    def room_of(self, conversation_id: str) -> str:
        """Return the room of a conversation for this kind of screen."""
        made = audience.patient_of if self.kind == "visitor" else audience.watchers_of
        return made(conversation_id).room


def take_seat(services: Services, *, environ: dict[str, Any], auth: object) -> Seat:
    """Find out who connects: a visitor by token, staff by cookie and CSRF token; everyone else is refused."""
    claims = auth if isinstance(auth, dict) else {}
    with read(services) as session:
        if claims.get("kind") == "visitor":
            return _visitor_seat(session, token=claims.get("token"))
        if claims.get("kind") == "staff":
            return _staff_seat(services, session, environ=environ, csrf=claims.get("csrf"))
    raise SignInNeeded


def _visitor_seat(session: Session, *, token: object) -> Seat:
    actor = actor_of_visitor_token(session, token=token) if isinstance(token, str) else None
    if actor is None:
        raise SignInNeeded
    return Seat(kind="visitor", id=actor.id, name=actor.name, sees_floor=False, works=False, rooms=())


def _staff_seat(services: Services, session: Session, *, environ: dict[str, Any], csrf: object) -> Seat:
    signed_in = staff_of_cookies(
        session,
        cookies=environ.get("HTTP_COOKIE", ""),
        settings=services.settings,
        now=services.clock.now(),
    )
    if signed_in is None or not isinstance(csrf, str) or not is_csrf_token(csrf, signed_in=signed_in):
        raise SignInNeeded
    if is_screen_shut(services, session, screen=signed_in, now=services.clock.now()):
        raise ScreenLocked
    scope = access.scope_of(session, who=_looker(signed_in))
    return Seat(
        kind="staff",
        id=signed_in.staff_id,
        name=signed_in.name,
        sees_floor=signed_in.may(Permission.SEE_FLOOR),
        works=signed_in.may(Permission.WORK),
        asks=signed_in.may(Permission.SEE_DOCTOR_DESK) and not signed_in.may(Permission.WORK),
        rooms=_rooms_of(session, signed_in=signed_in, scope=scope),
        session_id=signed_in.session_id,
        roles=signed_in.roles,
        sees_everything=scope.everything,
    )


def _looker(signed_in: SignedIn) -> AsStaff:
    return AsStaff(signed_in.staff_id, sees_floor=signed_in.may(Permission.SEE_FLOOR), roles=signed_in.roles)


def _rooms_of(session: Session, *, signed_in: SignedIn, scope: Scope) -> tuple[str, ...]:
    rooms = [audience.agent(signed_in.staff_id)]
    if signed_in.may(Permission.WORK):
        rooms.append(audience.desk())
        rooms += [audience.queue(q) for q in queue_queries.queue_ids_of(session, staff_id=signed_in.staff_id)]
    if signed_in.may(Permission.SEE_FLOOR):
        rooms.append(audience.supervisors())
        rooms += [audience.floor()] if scope.everything else [audience.floor_of(q) for q in sorted(scope.queue_ids)]
    if signed_in.may(Permission.SEE_DOCTOR_DESK):
        rooms += [audience.doctor(signed_in.staff_id), audience.clinicians()]
    return tuple(a.room for a in rooms)


def arrive(services: Services, *, sid: str, seat: Seat) -> None:
    """Count a new screen of an agent or a doctor; visitors leave no row."""
    if seat.works:
        with write(services, actor=seat.actor) as work:
            presence.connect(work, sid=sid, node=services.settings.node, staff_id=seat.id)
    elif seat.asks:
        with write(services, actor=seat.actor) as work:
            presence.open_page(work, sid=sid, node=services.settings.node, staff_id=seat.id)


def leave(services: Services, *, sid: str, seat: Seat, in_silence: bool = False) -> None:
    """Count a screen that is gone; one that fell silent may have missed what it was told last."""
    if seat.works or seat.asks:
        grace = services.settings.offer_grace_seconds
        with write(services, actor=seat.actor) as work:
            presence.disconnect(work, sid=sid, grace_seconds=grace)
            if in_silence and seat.asks:
                request_news.doubt_screen(work, staff_id=seat.id)


def room_to_watch(services: Services, *, seat: Seat, conversation_id: str) -> str:
    """Return the room of a conversation that this screen may watch; what it may not see does not exist."""
    with read(services) as session:
        now = services.clock.now()
        _get_watchable(session, seat=seat, conversation_id=conversation_id, now=now)
        if seat.kind == "staff" and not seat.sees_everything:
            who = seat.as_staff(at=now)
            seat.open_until = access.opened_until(session, conversation_id=conversation_id, who=who)
    return seat.room_of(conversation_id)


def _get_watchable(session: Session, *, seat: Seat, conversation_id: str, now: datetime) -> Conversation:
    if seat.kind == "visitor":
        return queries.get_conversation_of(session, conversation_id=conversation_id, visitor_id=seat.id)
    return desk.get_visible(session, conversation_id=conversation_id, who=seat.as_staff(at=now))


def may_watch(services: Services, *, seat: Seat) -> bool:
    """Tell whether the screen may still see the conversation that it shows."""
    with read(services) as session:
        try:
            _get_watchable(session, seat=seat, conversation_id=seat.watching or "", now=services.clock.now())
        except NotFound:
            return False
    return True


def catch_up(services: Services, *, sid: str, seat: Seat, after: int) -> dict[str, Any]:
    """Return exactly what the screen missed; for staff also note that they are looking."""
    conversation_id = seat.watching or ""
    if seat.works:
        with write(services, actor=seat.actor) as work:
            presence.view(work, sid=sid, conversation_id=conversation_id)
    with read(services) as session:
        conversation = _get_watchable(session, seat=seat, conversation_id=conversation_id, now=services.clock.now())
        if seat.kind == "visitor":
            missed = visits.missed_by_patient(session, conversation=conversation, after=after)
            view: Any = patient_view(session, conversation, now=services.clock.now())
            extra: dict[str, Any] = {}
        else:
            missed = visits.missed_by_staff(session, conversation=conversation, after=after)
            view = summary_of(session, conversation)
            viewers = desk.viewers_of(session, conversation_id=conversation_id)
            extra = {"viewers": [viewer.model_dump() for viewer in viewers]}
    return {
        "events": list(missed.events),
        "head": missed.head,
        "more": missed.more,
        "conversation": view.model_dump(mode="json"),
        **extra,
    }


def look_away(services: Services, *, sid: str, seat: Seat) -> None:
    """Note that a screen shows no conversation any more."""
    if seat.works:
        with write(services, actor=seat.actor) as work:
            presence.view(work, sid=sid, conversation_id=None)


def type_in(services: Services, *, seat: Seat) -> None:
    """Show the other side that somebody is typing; only who has the conversation is shown to the visitor."""
    conversation_id = seat.watching or ""
    with read(services) as session:
        conversation = _get_watchable(session, seat=seat, conversation_id=conversation_id, now=services.clock.now())
    if seat.kind == "visitor":
        services.push.deliver([SomeoneTyped(conversation_id=conversation_id, who="visitor")])
        return
    typed = SomeoneTyped(conversation_id=conversation_id, who="staff", staff_id=seat.id, name=seat.name)
    shown = [AgentTyped(conversation_id=conversation_id, name=seat.name)] if conversation.assignee_id == seat.id else []
    services.push.deliver([typed, *shown])


def heads_of(services: Services, *, conversation_ids: Sequence[str]) -> dict[str, dict[str, int]]:
    """Return the heads of both streams of conversations, by kind of screen."""
    with read(services) as session:
        return queries.heads_of(session, conversation_ids=conversation_ids)


def open_heads_of(services: Services, *, visitor_ids: Sequence[str]) -> dict[str, dict[str, int]]:
    """Return the open conversations of visitors, by which an idle page learns that the desk has begun one."""
    with read(services) as session:
        return queries.open_heads_of(session, visitor_ids=visitor_ids) if visitor_ids else {}


def note_present(services: Services, *, visitor_ids: Sequence[str]) -> None:
    """Note that these visitors are here now; the doctor's list shows them as online."""
    if visitor_ids:
        with write(services, actor=SYSTEM) as work:
            queries.touch_visitors(work.session, visitor_ids=visitor_ids, now=work.now)
            call_up_watch.note_beats(work, visitor_ids=visitor_ids)


def is_shut_out(services: Services, *, seat: Seat) -> bool:
    """Tell whether the session behind a staff screen has ended, or locked, since it connected; one that is due locks.

    Only requests count as use of a session, and only deeds of a person keep it from locking: a screen that is merely
    open does neither.
    """
    if seat.session_id is None:
        return False
    idle, now = sign_in_policy(services.settings).session_idle, services.clock.now()
    with read(services) as session:
        opened = presence_queries.find_open_session(session, session_id=seat.session_id, idle=idle, now=now)
        if opened is None:
            return True
        shut = is_screen_shut(services, session, screen=opened, now=now)
        is_due = shut and opened.locked_at is None
    if is_due:
        with write(services, actor=SYSTEM) as work:
            idle_lock.lock_left_alone(work, session_id=seat.session_id, staff_id=seat.id)
    return shut


def note_alive(services: Services) -> bool:
    """Note the heartbeat of this process; False when the others had taken it for dead."""
    with write(services, actor=SYSTEM) as work:
        return presence.keep_node_alive(work, node=services.settings.node)


def noted_screens(services: Services) -> Sequence[str]:
    """Return the screens that stand in the store as connected to this process."""
    with read(services) as session:
        return presence_queries.list_sids_of_node(session, node=services.settings.node)


def forget_screens(services: Services, *, sids: Sequence[str]) -> None:
    """Drop screens whose leaving could not be noted when they left, so that nobody stays "connected" by one."""
    grace = services.settings.offer_grace_seconds
    with write(services, actor=SYSTEM) as work:
        for sid in sids:
            presence.disconnect(work, sid=sid, grace_seconds=grace)
