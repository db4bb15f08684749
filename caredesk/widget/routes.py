"""The parent's API: parse, call one action, answer. Who asks is settled by the guard."""

from __future__ import annotations

from flask.typing import ResponseReturnValue
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag

from caredesk.actions import chat, visits
from caredesk.actions.names import Names
from caredesk.actions.summaries import patient_view
from caredesk.actions.timeline import patient_message
from caredesk.conversations import queries
from caredesk.conversations.plain import AnyConversation
from caredesk.core.work import SYSTEM, Work
from caredesk.edge.guards import actor_of_visitor_token, bearer_token, current_actor, open_to_all, visitor_guard
from caredesk.edge.identity import external_id_of
from caredesk.edge.limits import limited
from caredesk.edge.respond import answer, current_services, no_content
from caredesk.edge.transactions import read, write
from caredesk.edge.waiting_topic import topic_waiting
from caredesk.events.catalogue import PATIENT_EVENTS, StatusChanged
from caredesk.events.shapes import PatientConversation
from caredesk.widget.families import known_family
from caredesk.widget.posting import contents_of
from caredesk.widget.schemas import (
    AfterQuery,
    AskForPerson,
    CatchUp,
    ConversationPath,
    Feedback,
    History,
    LeaveMessage,
    MarkRead,
    MessagePath,
    OpenVisit,
    Posted,
    PostMessage,
    Rate,
    Transcript,
    Visit,
    Welcome,
)
from caredesk.widget.welcome import welcome

TAG = Tag(name="chat", description="The parent's page and widget. Bearer token, no cookies.")
api = APIBlueprint("chat", __name__, url_prefix="/api/chat", abp_tags=[TAG])


@api.get("/welcome", responses={200: Welcome})
@open_to_all(reason="the first screen, before there is a visit")
def get_welcome() -> ResponseReturnValue:
    """What the first screen shows."""
    return answer(welcome(current_services()))


@api.post("/visit", responses={200: Visit})
@open_to_all(reason="this is where a visitor gets the token")
@limited("visit.open", by="address")
def post_visit(body: OpenVisit) -> ResponseReturnValue:
    """Start a visit, or resume the one of the bearer token."""
    services = current_services()
    external_id = external_id_of(services, identity=body.identity) if body.identity else None
    with read(services) as session:
        known = actor_of_visitor_token(session, token=bearer_token())
    with write(services, actor=known or SYSTEM) as work:
        opened = visits.open_visit(
            work, visitor_id=known.id if known else None, external_id=external_id, language=body.language
        )
        visitor = opened.visitor
        view = visits.open_conversation_of(work.session, visitor_id=visitor.id, now=work.now)
        family = known_family(work.session, guardian_id=visitor.guardian_id, at=work.now)
    return answer(Visit(visitor_id=visitor.id, token=opened.token, family=family, conversation=view))


@api.get("/conversations", responses={200: History})
@visitor_guard
def get_history() -> ResponseReturnValue:
    """The visitor's conversations, newest first."""
    services = current_services()
    with read(services) as session:
        visitor = queries.get_visitor(session, visitor_id=current_actor().id)
        found = visits.history_of(session, visitor=visitor, now=services.clock.now())
    return answer(History(conversations=found))


@api.get("/conversations/<conversation_id>", responses={200: Transcript})
@visitor_guard
def get_transcript(path: ConversationPath) -> ResponseReturnValue:
    """All messages of one of the visitor's conversations."""
    services = current_services()
    with read(services) as session:
        conversation = queries.get_conversation_of(
            session, conversation_id=path.conversation_id, visitor_id=current_actor().id
        )
        view = patient_view(session, conversation, now=services.clock.now())
        messages = visits.transcript_of(session, conversation=conversation)
    return answer(Transcript(conversation=view, messages=messages))


@api.get("/conversations/<conversation_id>/events", responses={200: CatchUp})
@visitor_guard
def get_events(path: ConversationPath, query: AfterQuery) -> ResponseReturnValue:
    """Exactly the events after a number: the same cursor as the socket's."""
    services = current_services()
    with read(services) as session:
        conversation = queries.get_conversation_of(
            session, conversation_id=path.conversation_id, visitor_id=current_actor().id
        )
        missed = visits.missed_by_patient(session, conversation=conversation, after=query.after)
        view = patient_view(session, conversation, now=services.clock.now())
    events = [PATIENT_EVENTS.validate_python(event) for event in missed.events]
    return answer(CatchUp(events=events, head=missed.head, more=missed.more, conversation=view))


@api.post("/messages", responses={200: Posted})
@visitor_guard
@limited("message.post", by="visitor")
def post_message(body: PostMessage) -> ResponseReturnValue:
    """Send a message; the same client key twice is one message."""
    services, actor = current_services(), current_actor()
    (content,) = contents_of(services, [body])
    with write(services, actor=actor) as work:
        names = Names(work.session)
        written = chat.post_message(
            work,
            visitor_id=actor.id,
            client_key=body.client_key,
            content=content,
            limit=services.settings.message_characters,
            names=names,
        )
        view = patient_view(work.session, written.conversation, now=work.now, names=names)
        posted = _posted(written, view=view)
    return answer(posted)


def _view_as_told(work: Work, conversation: AnyConversation) -> PatientConversation:
    """Return the view that the page was last told by this transaction; a wait is not reckoned a second time."""
    told = [event.conversation for event in work.events if isinstance(event, StatusChanged)]
    return told[-1] if told else patient_view(work.session, conversation, now=work.now)


def _posted(written: chat.Written, *, view: PatientConversation) -> Posted:
    return Posted(message=patient_message(written.entry), conversation=view)


@api.post("/person", responses={200: Posted})
@visitor_guard
@limited("visitor.act", by="visitor")
def post_person(body: AskForPerson) -> ResponseReturnValue:
    """转人工: join the queue, or hear when it opens."""
    services, actor = current_services(), current_actor()
    topic = topic_waiting(services, visitor_id=actor.id)
    with write(services, actor=actor) as work:
        written = chat.ask_for_person(work, visitor_id=actor.id, client_key=body.client_key, topic=topic)
        posted = _posted(written, view=_view_as_told(work, written.conversation))
    return answer(posted)


@api.post("/conversations/<conversation_id>/message", responses={200: Posted})
@visitor_guard
@limited("message.post", by="visitor")
def post_left_message(path: ConversationPath, body: LeaveMessage) -> ResponseReturnValue:
    """Leave a message while the queue is closed; the answer carries the promised time."""
    services, actor = current_services(), current_actor()
    with write(services, actor=actor) as work:
        written = chat.leave_message(
            work,
            visitor_id=actor.id,
            conversation_id=path.conversation_id,
            client_key=body.client_key,
            text=body.text,
            phone=body.phone,
            limit=services.settings.message_characters,
        )
        posted = _posted(written, view=patient_view(work.session, written.conversation, now=work.now))
    return answer(posted)


@api.post("/conversations/<conversation_id>/read")
@visitor_guard
@limited("visitor.act", by="visitor")
def post_read(path: ConversationPath, body: MarkRead) -> ResponseReturnValue:
    """Note how far the visitor has read."""
    actor = current_actor()
    with write(current_services(), actor=actor) as work:
        chat.mark_read(work, visitor_id=actor.id, conversation_id=path.conversation_id, up_to=body.up_to)
    return no_content()


@api.post("/conversations/<conversation_id>/end", responses={200: PatientConversation})
@visitor_guard
@limited("visitor.act", by="visitor")
def post_end(path: ConversationPath) -> ResponseReturnValue:
    """End a conversation at the visitor's wish."""
    actor = current_actor()
    with write(current_services(), actor=actor) as work:
        conversation = chat.end_conversation(work, visitor_id=actor.id, conversation_id=path.conversation_id)
        view = patient_view(work.session, conversation, now=work.now)
    return answer(view)


@api.post("/conversations/<conversation_id>/rating")
@visitor_guard
@limited("visitor.act", by="visitor")
def post_rating(path: ConversationPath, body: Rate) -> ResponseReturnValue:
    """Rate a closed conversation; the last rating counts."""
    actor = current_actor()
    with write(current_services(), actor=actor) as work:
        chat.rate(
            work,
            visitor_id=actor.id,
            conversation_id=path.conversation_id,
            score=body.score,
            reasons=list(body.reasons),
            comment=body.comment,
        )
    return no_content()


@api.post("/answers/<message_id>/feedback")
@visitor_guard
@limited("visitor.act", by="visitor")
def post_feedback(path: MessagePath, body: Feedback) -> ResponseReturnValue:
    """Was an answer of the bot helpful?"""
    actor = current_actor()
    with write(current_services(), actor=actor) as work:
        chat.give_feedback(work, visitor_id=actor.id, message_id=path.message_id, helpful=body.helpful)
    return no_content()
