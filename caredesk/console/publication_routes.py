"""The knowledge editor's publications: asked for, decided, undone, and looked at later."""

from __future__ import annotations

from datetime import datetime

from flask.typing import ResponseReturnValue
from flask_openapi3.blueprint import APIBlueprint
from pydantic import BaseModel

from caredesk.accounts.rules import Permission
from caredesk.actions import knowledge_publishing as publishing
from caredesk.actions.publication_views import PublicationList, PublicationView, list_runs, view_publication
from caredesk.console.knowledge_routes import TAG
from caredesk.console.knowledge_schemas import ChosenAlone, ChosenEntries, Override, PublicationPath
from caredesk.conversations.rules import clean_text
from caredesk.edge.guards import current_actor, staff_guard
from caredesk.edge.respond import answer, current_services
from caredesk.edge.transactions import read, write
from caredesk.knowledge_base import editor_queries as editor

api = APIBlueprint("knowledge_publications", __name__, url_prefix="/api/console/kb", abp_tags=[TAG])


class LatestPublication(BaseModel):
    """The publication that was asked for last, if there was one, and what time it is here."""

    publication: PublicationView | None
    now: datetime


@api.post("/publications", responses={200: PublicationView})
@staff_guard(Permission.PUBLISH_KNOWLEDGE)
def post_publication(body: ChosenEntries) -> ResponseReturnValue:
    """Have entries checked and then served; the page follows the progress."""
    with write(current_services(), actor=current_actor()) as work:
        chosen = [one.chosen() for one in body.entries]
        publication = publishing.ask_publication(work, chosen, four_eyes=current_services().settings.four_eyes)
        shown = view_publication(work.session, publication)
    return answer(shown)


@api.post("/publications/alone", responses={200: PublicationView})
@staff_guard(Permission.OVERRIDE_REGRESSION)
def post_publication_alone(body: ChosenAlone) -> ResponseReturnValue:
    """Publish without a second person; the reason is kept."""
    reason = clean_text(body.reason, limit=500)
    with write(current_services(), actor=current_actor()) as work:
        publication = publishing.publish_alone(work, [one.chosen() for one in body.entries], reason=reason)
        shown = view_publication(work.session, publication)
    return answer(shown)


@api.get("/publications", responses={200: PublicationList})
@staff_guard(Permission.EDIT_KNOWLEDGE)
def get_publications() -> ResponseReturnValue:
    """The last publications, newest first, with what else changed what is served."""
    with read(current_services()) as session:
        shown = list_runs(session)
    return answer(shown)


@api.get("/publications/latest", responses={200: LatestPublication})
@staff_guard(Permission.EDIT_KNOWLEDGE)
def get_latest_publication() -> ResponseReturnValue:
    """How far the last publication is, what it changes, and who decided."""
    with read(current_services()) as session:
        latest = editor.find_latest_publication(session)
        shown = view_publication(session, latest) if latest else None
    return answer(LatestPublication(publication=shown, now=current_services().clock.now()))


@api.get("/publications/<publication_id>", responses={200: PublicationView})
@staff_guard(Permission.EDIT_KNOWLEDGE)
def get_publication(path: PublicationPath) -> ResponseReturnValue:
    """One publication with everything that it made better and worse."""
    with read(current_services()) as session:
        publication = editor.get_publication(session, publication_id=path.publication_id)
        shown = view_publication(session, publication)
    return answer(shown)


@api.post("/publications/<publication_id>/override", responses={200: PublicationView})
@staff_guard(Permission.OVERRIDE_REGRESSION)
def post_override(path: PublicationPath, body: Override) -> ResponseReturnValue:
    """Publish although right answers are lost; the reason is kept."""
    reason = clean_text(body.reason, limit=500)
    with write(current_services(), actor=current_actor()) as work:
        publication = publishing.override(work, publication_id=path.publication_id, reason=reason)
        shown = view_publication(work.session, publication)
    return answer(shown)


@api.post("/publications/<publication_id>/withdraw", responses={200: PublicationView})
@staff_guard(Permission.PUBLISH_KNOWLEDGE)
def post_withdraw(path: PublicationPath) -> ResponseReturnValue:
    """Give a publication up; its entries stay as they are."""
    with write(current_services(), actor=current_actor()) as work:
        publication = publishing.withdraw(work, publication_id=path.publication_id)
        shown = view_publication(work.session, publication)
    return answer(shown)


@api.post("/publications/<publication_id>/undo", responses={200: PublicationView})
@staff_guard(Permission.PUBLISH_KNOWLEDGE)
def post_undo(path: PublicationPath) -> ResponseReturnValue:
    """Serve again what was served before a publication, at once; what it brought waits as drafts."""
    with write(current_services(), actor=current_actor()) as work:
        publication = publishing.undo(work, publication_id=path.publication_id)
        shown = view_publication(work.session, publication)
    return answer(shown)
