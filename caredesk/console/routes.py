"""The console's API: the desk at a glance, own state, offers, lists. One conversation is in `conversation_routes`."""

from __future__ import annotations

from contextlib import suppress

from flask.typing import ResponseReturnValue
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag

from caredesk.accounts.rules import Permission, PresenceState
from caredesk.actions import calls_desk, desk, presence, routing
from caredesk.actions.knowledge import content_of
from caredesk.actions.summaries import agent_views, offer_view, queue_view, summary_of
from caredesk.console.schemas import (
    Changed,
    ClosedQuery,
    Colleagues,
    Decline,
    KnowledgeHit,
    KnowledgeHits,
    KnowledgeQuery,
    OfferPath,
    SetPresence,
    Snapshot,
    SummaryPage,
)
from caredesk.console.who import as_staff
from caredesk.conversations import house_queries
from caredesk.core.paging import read_cursor, write_cursor
from caredesk.edge.guards import current_actor, staff_guard
from caredesk.edge.limits import limited
from caredesk.edge.respond import answer, current_services, no_content
from caredesk.edge.store_faults import StoreUnavailable
from caredesk.edge.transactions import read, write
from caredesk.events.shapes import AgentView
from caredesk.knowledge_base import queries as knowledge
from caredesk.knowledge_base.models import KbEntry
from caredesk.knowledge_base.rules import rank_by_words
from caredesk.queue import policy_queries
from caredesk.queue import queries as queue_queries

TAG = Tag(name="console", description="The agent's console. Session cookie; writes carry X-CSRF-Token.")
api = APIBlueprint("console", __name__, url_prefix="/api/console", abp_tags=[TAG])

CLOSED_PAGE = 50
KNOWLEDGE_SHOWN = 8
INTERNAL_SHOWN = 3


@api.get("/snapshot", responses={200: Snapshot})
@staff_guard(Permission.WORK)
def get_snapshot() -> ResponseReturnValue:
    """Everything the console shows before a conversation is opened."""
    services, who = current_services(), as_staff()
    now = services.clock.now()
    # Only the first look of an agent has something to write; the others look on while nothing can be.
    with suppress(StoreUnavailable), write(services, actor=current_actor()) as work:
        presence.ensure(work, staff_id=who.staff_id)
    with read(services) as session:
        hospital = house_queries.get_hospital(session)
        today = desk.service_today(session, now=now)
        colleagues = agent_views(session)
        shown = Snapshot(
            me=next(view for view in colleagues if view.staff_id == who.staff_id),
            queues=[queue_view(session, queue, at=now) for queue in queue_queries.list_queues(session)],
            mine=desk.mine(session, who=who),
            waiting=desk.waiting(session, who=who),
            offers=[
                offer_view(session, offer)
                for offer in queue_queries.list_pending_offers(session, staff_id=who.staff_id)
            ],
            colleagues=colleagues,
            close_categories=desk.options(session, kind="close_category"),
            close_outcomes=desk.options(session, kind="close_outcome"),
            break_reasons=desk.options(session, kind="break_reason"),
            transfer_reasons=desk.options(session, kind="transfer_reason"),
            rating_reasons=desk.options(session, kind="rating_reason"),
            hospital=hospital.name,
            demo=hospital.demo,
            server_time=now,
            answered_today=today.answered,
            within_service_level_today=today.in_time,
            message_characters=services.settings.message_characters,
            may_claim=policy_queries.active_policy(session).claiming.allowed,
            seen_queue_ids=desk.seen_queue_ids(session, who=who),
        )
    return answer(shown)


@api.get("/colleagues", responses={200: Colleagues})
@staff_guard(Permission.WORK)
def get_colleagues() -> ResponseReturnValue:
    """Who could take a conversation, and which queues are open."""
    services = current_services()
    now = services.clock.now()
    with read(services) as session:
        queues = [queue_view(session, queue, at=now) for queue in queue_queries.list_queues(session)]
        shown = Colleagues(agents=agent_views(session), queues=queues)
    return answer(shown)


@api.put("/presence", responses={200: AgentView})
@staff_guard(Permission.WORK)
def put_presence(body: SetPresence) -> ResponseReturnValue:
    """Change one's own state."""
    actor = current_actor()
    with write(current_services(), actor=actor) as work:
        view = presence.set_presence(work, staff_id=actor.id, state=PresenceState(body.state), reason=body.reason)
    return answer(view)


@api.post("/offers/<offer_id>/accept", responses={200: Changed})
@staff_guard(Permission.WORK)
def post_accept(path: OfferPath) -> ResponseReturnValue:
    """Take the offered conversation; 409 when it is no longer on offer."""
    actor = current_actor()
    with write(current_services(), actor=actor) as work:
        conversation = calls_desk.accept_offer(work, offer_id=path.offer_id, staff_id=actor.id)
        shown = Changed(conversation=summary_of(work.session, conversation))
    return answer(shown)


@api.post("/offers/<offer_id>/decline")
@staff_guard(Permission.WORK)
def post_decline(path: OfferPath, body: Decline) -> ResponseReturnValue:
    """Give the offered conversation back; it keeps its place."""
    actor = current_actor()
    with write(current_services(), actor=actor) as work:
        routing.decline_offer(work, offer_id=path.offer_id, staff_id=actor.id, reason=body.reason)
    return no_content()


@api.get("/closed", responses={200: SummaryPage})
@staff_guard(Permission.WORK)
def get_closed(query: ClosedQuery) -> ResponseReturnValue:
    """Closed conversations, last closed first."""
    before = read_cursor(query.cursor) if query.cursor else None
    with read(current_services()) as session:
        found = desk.closed_page(session, who=as_staff(), before=before, limit=CLOSED_PAGE)
    last = found[-1] if len(found) == CLOSED_PAGE else None
    cursor = write_cursor(last.closed_at, last.id) if last is not None and last.closed_at else None
    return answer(SummaryPage(conversations=found, cursor=cursor))


@api.get("/knowledge", responses={200: KnowledgeHits})
@staff_guard(Permission.READ_KNOWLEDGE)
@limited("search", by="staff")
def get_knowledge(query: KnowledgeQuery) -> ResponseReturnValue:
    """Search the published knowledge base with the bot's own engine, and what is for staff by its words."""
    services = current_services()
    found = services.bot.current().search(query.q, limit=KNOWLEDGE_SHOWN)
    now = services.clock.now()
    with read(services) as session:
        served = [(knowledge.find_served(session, entry_id=one.id, at=now), one.score) for one in found]
        hits = [_hit(row, score=score) for row, score in served if row is not None]
        inside = {row.id: row for row in knowledge.list_for_staff(session, at=now)}
        ranked = rank_by_words(query.q, {row.id: (row.question, *row.similar) for row in inside.values()})
        hits[:0] = [_hit(inside[entry_id], score=score) for entry_id, score in ranked[:INTERNAL_SHOWN]]
    return answer(KnowledgeHits(hits=hits))


def _hit(row: KbEntry, *, score: float) -> KnowledgeHit:
    return KnowledgeHit(
        entry_id=row.id,
        category=row.category,
        question=row.question,
        answer=row.answer,
        source=row.source,
        owner=row.owner,
        valid_until=row.valid_until.isoformat() if row.valid_until else None,
        score=score,
        audience=content_of(row).audience,
    )
