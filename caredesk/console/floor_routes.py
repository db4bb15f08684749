"""The supervisor's floor: the wallboard at a glance, and every deed from it. Alerts and notices are every agent's."""

from __future__ import annotations

from flask.typing import ResponseReturnValue
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag

from caredesk.accounts.rules import Permission, PresenceState
from caredesk.actions import access, alerts, dead_letters, floor_hours, floor_people, floor_views, floor_work
from caredesk.console.answers import appended, changed
from caredesk.console.floor_schemas import (
    AlertPath,
    Because,
    DeliveryPath,
    MoveWork,
    MyAlerts,
    NoticePath,
    PostFloorNotice,
    QueuePath,
    Reprioritise,
    SetAgentState,
    SetHours,
    StaffPath,
    Whisper,
)
from caredesk.console.schemas import Appended, Changed, ConversationPath
from caredesk.console.who import as_staff
from caredesk.edge.guards import current_actor, staff_guard
from caredesk.edge.respond import answer, current_services, no_content
from caredesk.edge.transactions import read, write
from caredesk.events.shapes import AgentView, NoticeView
from caredesk.floor.schemas import FloorView

TAG = Tag(name="floor", description="The supervisor's floor. Every deed needs a reason and leaves a row.")
api = APIBlueprint("floor", __name__, url_prefix="/api/console", abp_tags=[TAG])


@api.get("/floor", responses={200: FloorView})
@staff_guard(Permission.SEE_FLOOR)
def get_floor() -> ResponseReturnValue:
    """Everything the wallboard shows."""
    services = current_services()
    with read(services) as session:
        who = as_staff()
        scope = access.scope_of(session, who=who)
        shown = floor_views.floor_view(session, staff_id=who.staff_id, now=services.clock.now(), scope=scope)
    return answer(shown)


# ---- queues and people -----------------------------------------------------------------------------------


@api.post("/floor/queues/<queue_id>/hours")
@staff_guard(Permission.SEE_FLOOR)
def post_hours(path: QueuePath, body: SetHours) -> ResponseReturnValue:
    """Open or close a queue by hand, with a reason and an end."""
    with write(current_services(), actor=current_actor()) as work:
        floor_hours.set_hours_by_hand(
            work, queue_id=path.queue_id, kind=body.kind, ends_at=body.ends_at, reason=body.reason
        )
    return no_content()


@api.post("/floor/queues/<queue_id>/follow")
@staff_guard(Permission.SEE_FLOOR)
def post_follow(path: QueuePath, body: Because) -> ResponseReturnValue:
    """Let a queue follow its schedule again."""
    with write(current_services(), actor=current_actor()) as work:
        floor_hours.end_hours_by_hand(work, queue_id=path.queue_id, reason=body.reason)
    return no_content()


@api.put("/floor/agents/<staff_id>/state", responses={200: AgentView})
@staff_guard(Permission.SEE_FLOOR)
def put_state(path: StaffPath, body: SetAgentState) -> ResponseReturnValue:
    """Set an agent's state; the agent is told by whom and why."""
    with write(current_services(), actor=current_actor()) as work:
        state = PresenceState(body.state)
        view = floor_people.set_agent_state(work, staff_id=path.staff_id, state=state, reason=body.reason)
    return answer(view)


@api.post("/floor/notices", responses={200: NoticeView})
@staff_guard(Permission.SEE_FLOOR)
def post_notice(body: PostFloorNotice) -> ResponseReturnValue:
    """Say something to all agents or to those of a queue."""
    with write(current_services(), actor=current_actor()) as work:
        view = floor_people.post_notice(work, queue_id=body.queue_id, text=body.text)
    return answer(view)


# ---- work ------------------------------------------------------------------------------------------------


@api.post("/floor/conversations/<conversation_id>/move", responses={200: Changed})
@staff_guard(Permission.SEE_FLOOR)
def post_move(path: ConversationPath, body: MoveWork) -> ResponseReturnValue:
    """Bring waiting or served work to another queue or agent."""
    with write(current_services(), actor=current_actor()) as work:
        moved = floor_work.move_work(
            work,
            conversation_id=path.conversation_id,
            who=as_staff(),
            target_kind=body.target_kind,
            target_id=body.target_id,
            reason=body.reason,
        )
        shown = changed(work, moved)
    return answer(shown)


@api.post("/floor/conversations/<conversation_id>/priority", responses={200: Changed})
@staff_guard(Permission.SEE_FLOOR)
def post_priority(path: ConversationPath, body: Reprioritise) -> ResponseReturnValue:
    """Change the class of waiting work."""
    with write(current_services(), actor=current_actor()) as work:
        sorted_in = floor_work.reprioritise(
            work, conversation_id=path.conversation_id, who=as_staff(), to=body.to, reason=body.reason
        )
        shown = changed(work, sorted_in)
    return answer(shown)


@api.post("/floor/conversations/<conversation_id>/join", responses={200: Changed})
@staff_guard(Permission.SEE_FLOOR)
def post_join(path: ConversationPath) -> ResponseReturnValue:
    """Stand beside the agent; the parent hears of it when one writes."""
    with write(current_services(), actor=current_actor()) as work:
        joined = floor_work.join(work, conversation_id=path.conversation_id, who=as_staff())
        shown = changed(work, joined)
    return answer(shown)


@api.post("/floor/conversations/<conversation_id>/leave", responses={200: Changed})
@staff_guard(Permission.SEE_FLOOR)
def post_leave(path: ConversationPath) -> ResponseReturnValue:
    """Step back from a conversation."""
    with write(current_services(), actor=current_actor()) as work:
        left = floor_work.leave(work, conversation_id=path.conversation_id, who=as_staff())
        shown = changed(work, left)
    return answer(shown)


@api.post("/floor/conversations/<conversation_id>/whisper", responses={200: Appended})
@staff_guard(Permission.SEE_FLOOR)
def post_whisper(path: ConversationPath, body: Whisper) -> ResponseReturnValue:
    """Say something to the agent that the parent never receives."""
    services = current_services()
    with write(services, actor=current_actor()) as work:
        said = floor_work.whisper(
            work,
            conversation_id=path.conversation_id,
            who=as_staff(),
            client_key=body.client_key,
            text=body.text,
            limit=services.settings.message_characters,
        )
        shown = appended(work, said)
    return answer(shown)


@api.post("/floor/conversations/<conversation_id>/take-over", responses={200: Changed})
@staff_guard(Permission.SEE_FLOOR)
def post_take_over(path: ConversationPath, body: Because) -> ResponseReturnValue:
    """Become the owner of a conversation that waits or that an agent has."""
    with write(current_services(), actor=current_actor()) as work:
        taken = floor_work.take_over(work, conversation_id=path.conversation_id, who=as_staff(), reason=body.reason)
        shown = changed(work, taken)
    return answer(shown)


# ---- alerts, notices, post -------------------------------------------------------------------------------


@api.get("/alerts", responses={200: MyAlerts})
@staff_guard(Permission.WORK)
def get_alerts() -> ResponseReturnValue:
    """What calls for me: open alerts that concern me, and the notices of this shift."""
    services, who = current_services(), as_staff()
    now = services.clock.now()
    with read(services) as session:
        scope = access.scope_of(session, who=who)
        mine = (
            alerts.alerts_within(session, scope=scope)
            if who.sees_floor
            else alerts.alerts_of(session, staff_id=who.staff_id)
        )
        notices = floor_people.list_notices(session, now=now, staff_id=None if who.sees_floor else who.staff_id)
        shown = MyAlerts(alerts=mine, notices=notices)
    return answer(shown)


@api.post("/alerts/<alert_id>/acknowledge")
@staff_guard(Permission.WORK)
def post_acknowledge(path: AlertPath) -> ResponseReturnValue:
    """Say that one looks after an alert; it escalates no further."""
    who = as_staff()
    with write(current_services(), actor=current_actor()) as work:
        scope = access.scope_of(work.session, who=who)
        alerts.acknowledge(work, alert_id=path.alert_id, staff_id=who.staff_id, sees_floor=who.sees_floor, scope=scope)
    return no_content()


@api.post("/notices/<notice_id>/acknowledge")
@staff_guard(Permission.WORK)
def post_notice_seen(path: NoticePath) -> ResponseReturnValue:
    """Say that one has read a notice."""
    who = as_staff()
    with write(current_services(), actor=current_actor()) as work:
        floor_people.acknowledge_notice(
            work, notice_id=path.notice_id, staff_id=who.staff_id, sees_floor=who.sees_floor
        )
    return no_content()


@api.post("/floor/post/<delivery_id>/replay")
@staff_guard(Permission.SEE_FLOOR)
def post_replay(path: DeliveryPath) -> ResponseReturnValue:
    """Send dead post to the hospital's systems again."""
    with write(current_services(), actor=current_actor()) as work:
        dead_letters.replay(work, kind="webhook", letter_id=path.delivery_id)
    return no_content()
