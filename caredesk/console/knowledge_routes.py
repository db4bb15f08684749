"""The knowledge editor's API: entries and their life. Publications, advice and files are in `knowledge_desk_routes`."""

from __future__ import annotations

from flask.typing import ResponseReturnValue
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from sqlalchemy.orm import Session

from caredesk.accounts.rules import Permission
from caredesk.actions import knowledge_approval as approval
from caredesk.actions import knowledge_editing as editing
from caredesk.actions import knowledge_views as views
from caredesk.actions.knowledge_views import EntryList, EntryView, Reader, Tally
from caredesk.console.knowledge_schemas import (
    Changes,
    ChangesQuery,
    ChosenEntries,
    EntryPath,
    HowMany,
    ListQuery,
    NewEntry,
    RollBack,
    SaveEntry,
    Seen,
    SendBack,
)
from caredesk.conversations.rules import clean_text
from caredesk.edge.guards import current_actor, staff_guard
from caredesk.edge.respond import answer, current_services
from caredesk.edge.transactions import read, write
from caredesk.knowledge_base.editor_queries import Sought

TAG = Tag(name="knowledge", description="The knowledge base's editor. Session cookie; writes carry X-CSRF-Token.")
api = APIBlueprint("knowledge", __name__, url_prefix="/api/console/kb", abp_tags=[TAG])


@api.get("/entries", responses={200: EntryList})
@staff_guard(Permission.EDIT_KNOWLEDGE)
def get_entries(query: ListQuery) -> ResponseReturnValue:
    """Entries in every stage, last changed first."""
    services = current_services()
    sought = Sought(
        text=query.q, stage=query.stage, category=query.category, audience=query.audience or "", due=query.due
    )
    with read(services) as session:
        shown = views.list_page(session, sought=sought, offset=query.offset, at=services.clock.now())
    return answer(shown)


@api.get("/tally", responses={200: Tally})
@staff_guard(Permission.EDIT_KNOWLEDGE)
def get_tally() -> ResponseReturnValue:
    """How many entries stand where, and what is due."""
    services = current_services()
    with read(services) as session:
        shown = views.tally(session, at=services.clock.now(), four_eyes=services.settings.four_eyes)
    return answer(shown)


@api.post("/entries", responses={200: EntryView})
@staff_guard(Permission.EDIT_KNOWLEDGE)
def post_entry(body: NewEntry) -> ResponseReturnValue:
    """Begin an entry as a draft."""
    with write(current_services(), actor=current_actor()) as work:
        entry = editing.create_entry(work, body.content.content(body.id.strip()))
        work.session.flush()
        shown = _shown(work.session, entry.id)
    return answer(shown)


@api.get("/entries/<path:entry_id>/changes", responses={200: Changes})
@staff_guard(Permission.EDIT_KNOWLEDGE)
def get_changes(path: EntryPath, query: ChangesQuery) -> ResponseReturnValue:
    """What changed from one version to another, word by word."""
    with read(current_services()) as session:
        found = views.changes(session, entry_id=path.entry_id, before=query.before, after=query.after)
    return answer(Changes(changes=found))


@api.get("/entries/<path:entry_id>", responses={200: EntryView})
@staff_guard(Permission.EDIT_KNOWLEDGE)
def get_entry(path: EntryPath) -> ResponseReturnValue:
    """One entry with its history."""
    with read(current_services()) as session:
        shown = _shown(session, path.entry_id)
    return answer(shown)


@api.put("/entries/<path:entry_id>", responses={200: EntryView})
@staff_guard(Permission.EDIT_KNOWLEDGE)
def put_entry(path: EntryPath, body: SaveEntry) -> ResponseReturnValue:
    """Keep a change as the newest version; what is served stays as it is until it is published."""
    with write(current_services(), actor=current_actor()) as work:
        editing.save_entry(work, body.content.content(path.entry_id), base_version=body.base_version)
        shown = _shown(work.session, path.entry_id)
    return answer(shown)


@api.post("/review", responses={200: HowMany})
@staff_guard(Permission.EDIT_KNOWLEDGE)
def post_review(body: ChosenEntries) -> ResponseReturnValue:
    """Ask for a review of drafts."""
    with write(current_services(), actor=current_actor()) as work:
        asked = editing.ask_for_review(work, [one.chosen() for one in body.entries])
    return answer(HowMany(entries=asked))


@api.post("/approve", responses={200: HowMany})
@staff_guard(Permission.PUBLISH_KNOWLEDGE)
def post_approve(body: ChosenEntries) -> ResponseReturnValue:
    """Say that drafts may be served; with a second person behind them, whoever may publish can do so."""
    with write(current_services(), actor=current_actor()) as work:
        approved = approval.approve(work, [one.chosen() for one in body.entries])
    return answer(HowMany(entries=approved))


@api.post("/entries/<path:entry_id>/send-back", responses={200: EntryView})
@staff_guard(Permission.PUBLISH_KNOWLEDGE)
def post_send_back(path: EntryPath, body: SendBack) -> ResponseReturnValue:
    """Give an entry back to its author with what is to be changed."""
    with write(current_services(), actor=current_actor()) as work:
        editing.send_back(work, entry_id=path.entry_id, version=body.version, note=clean_text(body.note, limit=500))
        shown = _shown(work.session, path.entry_id)
    return answer(shown)


@api.post("/entries/<path:entry_id>/retire", responses={200: EntryView})
@staff_guard(Permission.PUBLISH_KNOWLEDGE)
def post_retire(path: EntryPath, body: Seen) -> ResponseReturnValue:
    """Stop serving an entry at once."""
    with write(current_services(), actor=current_actor()) as work:
        editing.retire_entry(work, entry_id=path.entry_id, version=body.version)
        shown = _shown(work.session, path.entry_id)
    return answer(shown)


@api.post("/entries/<path:entry_id>/roll-back", responses={200: EntryView})
@staff_guard(Permission.PUBLISH_KNOWLEDGE)
def post_roll_back(path: EntryPath, body: RollBack) -> ResponseReturnValue:
    """Serve an earlier published version again, at once."""
    with write(current_services(), actor=current_actor()) as work:
        editing.roll_back(work, entry_id=path.entry_id, version=body.version, to=body.to)
        work.session.flush()
        shown = _shown(work.session, path.entry_id)
    return answer(shown)


def _shown(session: Session, entry_id: str) -> EntryView:
    """Return an entry as whoever asks sees it."""
    services = current_services()
    reader = Reader(staff_id=current_actor().id, four_eyes=services.settings.four_eyes)
    return views.view_entry(session, entry_id=entry_id, at=services.clock.now(), reader=reader)
