"""The console's API of one conversation: open, catch up, reply, note, transfer, close."""

from __future__ import annotations

from dataclasses import asdict

from flask.typing import ResponseReturnValue
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag

from caredesk.accounts.rules import Permission
from caredesk.actions import closing, decisions, desk, holds, replies, transfers, visits
from caredesk.actions.auditing import note_view
from caredesk.actions.families import family_card
from caredesk.actions.guardrails import SecondThought
from caredesk.actions.summaries import summary_of
from caredesk.console.answers import appended, changed
from caredesk.console.schemas import (
    AfterQuery,
    Appended,
    Changed,
    Close,
    ConversationPath,
    ConversationView,
    Decisions,
    EntriesQuery,
    EntryPage,
    MarkSeen,
    PostNote,
    PostReply,
    PutDraft,
    ReplyAnswer,
    ReplyPicture,
    StaffCatchUp,
    Transfer,
)
from caredesk.console.who import as_staff
from caredesk.edge.guards import current_actor, staff_guard
from caredesk.edge.respond import answer, current_services, no_content
from caredesk.edge.transactions import read, write
from caredesk.events.catalogue import EntryAppended
from caredesk.guardrails.schemas import DraftFinding, DraftKept

TAG = Tag(name="conversations", description="One conversation, as staff see it.")
api = APIBlueprint("conversations", __name__, url_prefix="/api/console/conversations", abp_tags=[TAG])


@api.get("/<conversation_id>", responses={200: ConversationView})
@staff_guard(Permission.WORK)
def get_conversation(path: ConversationPath) -> ResponseReturnValue:
    """Open a conversation: its whole state at one number."""
    services, who = current_services(), as_staff()
    with read(services) as session:
        conversation = desk.get_visible(session, conversation_id=path.conversation_id, who=who)
        entries, has_earlier = desk.entries_of(session, conversation_id=conversation.id, before=None)
        guardian_id = conversation.guardian_id
        shown = ConversationView(
            conversation=summary_of(session, conversation),
            entries=entries,
            has_earlier=has_earlier,
            head=conversation.staff_seq,
            family=family_card(session, guardian_id=guardian_id, at=services.clock.now()) if guardian_id else None,
            rating=desk.rating_of(session, conversation_id=conversation.id),
            bot_turns=desk.turns_of(session, conversation_id=conversation.id),
            viewers=desk.viewers_of(session, conversation_id=conversation.id),
            draft=desk.draft_of(session, conversation_id=conversation.id, staff_id=who.staff_id),
            earlier=desk.earlier_of(session, conversation, who=who),
            can_reply=replies.may_reply(session, conversation, who=who),
            holds=holds.holds_of(session, conversation, who=who),
        )
    if conversation.status == "closed" or conversation.assignee_id != who.staff_id:
        with write(services, actor=current_actor()) as work:
            note_view(work, conversation_id=conversation.id)
    return answer(shown)


@api.get("/<conversation_id>/entries", responses={200: EntryPage})
@staff_guard(Permission.WORK)
def get_entries(path: ConversationPath, query: EntriesQuery) -> ResponseReturnValue:
    """Entries before a number."""
    with read(current_services()) as session:
        conversation = desk.get_visible(session, conversation_id=path.conversation_id, who=as_staff())
        entries, has_earlier = desk.entries_of(session, conversation_id=conversation.id, before=query.before)
    return answer(EntryPage(entries=entries, has_earlier=has_earlier))


@api.get("/<conversation_id>/events", responses={200: StaffCatchUp})
@staff_guard(Permission.WORK)
def get_events(path: ConversationPath, query: AfterQuery) -> ResponseReturnValue:
    """Exactly the events after a number: the same cursor as the socket's."""
    with read(current_services()) as session:
        conversation = desk.get_visible(session, conversation_id=path.conversation_id, who=as_staff())
        missed = visits.missed_by_staff(session, conversation=conversation, after=query.after)
        shown = StaffCatchUp(
            events=[EntryAppended.model_validate(event) for event in missed.events],
            head=missed.head,
            more=missed.more,
            conversation=summary_of(session, conversation),
        )
    return answer(shown)


@api.post("/<conversation_id>/replies", responses={200: Appended})
@staff_guard(Permission.WORK)
def post_reply(path: ConversationPath, body: PostReply) -> ResponseReturnValue:
    """Send a reply; held with 409 when the visitor has written since, or when it should be looked at again."""
    services = current_services()
    with write(services, actor=current_actor()) as work:
        said = replies.reply(
            work,
            conversation_id=path.conversation_id,
            who=as_staff(),
            client_key=body.client_key,
            says=_says(body),
            seen_seq=body.seen_seq,
            confirmed=body.confirmed,
            limit=services.settings.message_characters,
        )
        shown = appended(work, said)
    return answer(shown)


def _says(body: PostReply) -> replies.Says:
    if isinstance(body.body, ReplyPicture):
        return replies.Says(picture_id=body.body.picture_id)
    if isinstance(body.body, ReplyAnswer):
        return replies.Says(entry_id=body.body.entry_id)
    thought = SecondThought(in_spite=body.in_spite, changed_after=body.changed_after)
    return replies.Says(text=body.body.text, thought=thought)


@api.post("/<conversation_id>/notes", responses={200: Appended})
@staff_guard(Permission.WORK)
def post_note(path: ConversationPath, body: PostNote) -> ResponseReturnValue:
    """Write an internal note; it never reaches the visitor."""
    services = current_services()
    with write(services, actor=current_actor()) as work:
        said = replies.add_note(
            work,
            conversation_id=path.conversation_id,
            who=as_staff(),
            client_key=body.client_key,
            text=body.text,
            limit=services.settings.message_characters,
        )
        shown = appended(work, said)
    return answer(shown)


@api.post("/<conversation_id>/seen")
@staff_guard(Permission.WORK, by_hand=False)
def post_seen(path: ConversationPath, body: MarkSeen) -> ResponseReturnValue:
    """Note how far the owner has read; the visitor is shown it."""
    with write(current_services(), actor=current_actor()) as work:
        replies.mark_seen(work, conversation_id=path.conversation_id, who=as_staff(), up_to=body.up_to)
    return no_content()


@api.put("/<conversation_id>/draft", responses={200: DraftKept})
@staff_guard(Permission.WORK)
def put_draft(path: ConversationPath, body: PutDraft) -> ResponseReturnValue:
    """Keep what has been typed so far, and tell what would be asked about if it were sent."""
    with write(current_services(), actor=current_actor()) as work:
        found = replies.save_draft(work, conversation_id=path.conversation_id, who=as_staff(), text=body.text)
    return answer(DraftKept(findings=[DraftFinding(**asdict(one)) for one in found]))


@api.post("/<conversation_id>/transfer", responses={200: Changed})
@staff_guard(Permission.WORK)
def post_transfer(path: ConversationPath, body: Transfer) -> ResponseReturnValue:
    """Hand over to a colleague or a queue."""
    with write(current_services(), actor=current_actor()) as work:
        conversation = transfers.transfer(
            work,
            conversation_id=path.conversation_id,
            who=as_staff(),
            target_kind=body.target_kind,
            target_id=body.target_id,
            reason=body.reason,
            note=body.note,
        )
        shown = changed(work, conversation)
    return answer(shown)


@api.post("/<conversation_id>/close", responses={200: Changed})
@staff_guard(Permission.WORK)
def post_close(path: ConversationPath, body: Close) -> ResponseReturnValue:
    """Close with category and outcome."""
    with write(current_services(), actor=current_actor()) as work:
        conversation = closing.close_conversation(
            work,
            conversation_id=path.conversation_id,
            who=as_staff(),
            category=body.category,
            outcome=body.outcome,
            note=body.note,
        )
        shown = changed(work, conversation)
    return answer(shown)


@api.get("/<conversation_id>/decisions", responses={200: Decisions})
@staff_guard(Permission.WORK)
def get_decisions(path: ConversationPath) -> ResponseReturnValue:
    """Why each agent was or was not asked."""
    with read(current_services()) as session:
        conversation = desk.get_visible(session, conversation_id=path.conversation_id, who=as_staff())
        found = decisions.decisions_of(session, conversation_id=conversation.id)
    return answer(Decisions(decisions=found))
