"""The console's API of records: search, export of one conversation, pictures."""

from __future__ import annotations

from dataclasses import asdict
from typing import Literal

from flask import Response
from flask.typing import ResponseReturnValue
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag

from caredesk.accounts.rules import Permission
from caredesk.actions.auditing import note_search
from caredesk.actions.exports import ExportDocument, ExportForm, export_conversation
from caredesk.actions.pictures import picture_for_staff
from caredesk.actions.records import Question, search_records
from caredesk.console.record_page import page_policy, record_page
from caredesk.console.schemas import ConversationPath, PicturePath, SearchHit, SearchPage, SearchQuery, UploadedPicture
from caredesk.console.who import as_staff
from caredesk.edge.guards import current_actor, staff_guard
from caredesk.edge.limits import limited
from caredesk.edge.picture_files import PictureForm, PictureLink, show_to_staff, take_picture
from caredesk.edge.respond import answer, current_services
from caredesk.edge.transactions import read, write
from caredesk.evidence.schemas import ExportQuery

TAG = Tag(name="records", description="Finding and taking out what was said. Session cookie.")
api = APIBlueprint("records", __name__, url_prefix="/api/console", abp_tags=[TAG])


class PrintQuery(ExportQuery):
    """How the printable page is wanted: in which language, and shown in the browser instead of saved."""

    language: Literal["zh", "en"] = "zh"
    inline: bool = False


@api.get("/search", responses={200: SearchPage})
@staff_guard(Permission.SEARCH_RECORDS)
@limited("search", by="staff")
def get_search(query: SearchQuery) -> ResponseReturnValue:
    """Search by words, person, number and date, within what one may see; newest first."""
    question = Question(text=query.text, person=query.person, number=query.number, since=query.since, until=query.until)
    with read(current_services()) as session:
        found = search_records(session, who=as_staff(), question=question, cursor=query.cursor)
    # Nothing is shown before it stands in the audit that it was.
    with write(current_services(), actor=current_actor()) as work:
        shown = [hit.conversation.id for hit in found.hits]
        note_search(work, fields=[name for name, asked in asdict(question).items() if asked], found=shown)
    hits = [SearchHit(conversation=hit.conversation, snippet=hit.snippet) for hit in found.hits]
    return answer(SearchPage(hits=hits, cursor=found.cursor))


# ---- export ----------------------------------------------------------------------------------------------


@api.get("/conversations/<conversation_id>/export.json", responses={200: ExportDocument})
@staff_guard(Permission.EXPORT_RECORDS)
def get_export_json(path: ConversationPath, query: ExportQuery) -> ResponseReturnValue:
    """Take a conversation out as JSON; its timeline keeps that it was done. Unmasked by two people's word."""
    record = _export(path, form="json", approval_id=query.approval)
    response = Response(record.model_dump_json(indent=2), mimetype="application/json")
    return _download(response, name=f"{record.conversation.number}.json")


@api.get("/conversations/<conversation_id>/export.html")
@staff_guard(Permission.EXPORT_RECORDS)
def get_export_html(path: ConversationPath, query: PrintQuery) -> ResponseReturnValue:
    """Take a conversation out as one printable page; its timeline keeps that it was done."""
    record = _export(path, form="html", approval_id=query.approval)
    response = Response(record_page(record, language=query.language), mimetype="text/html")
    # What patients wrote is on this page: even if it could run a script, it would belong to no site.
    response.headers["Content-Security-Policy"] = f"sandbox allow-modals; {page_policy()}; frame-ancestors 'self'"
    return _download(response, name=f"{record.conversation.number}.html", inline=query.inline)


def _export(path: ConversationPath, *, form: ExportForm, approval_id: str) -> ExportDocument:
    with write(current_services(), actor=current_actor()) as work:
        return export_conversation(
            work, conversation_id=path.conversation_id, who=as_staff(), form=form, approval_id=approval_id
        )


def _download(response: Response, *, name: str, inline: bool = False) -> Response:
    kind = "inline" if inline else "attachment"
    response.headers["Content-Disposition"] = f'{kind}; filename="caredesk-{name}"'
    return response


# ---- pictures --------------------------------------------------------------------------------------------


@api.post("/pictures", responses={200: UploadedPicture})
@staff_guard(Permission.WORK)
@limited("picture.upload", by="staff")
def post_staff_picture(form: PictureForm) -> ResponseReturnValue:
    """Upload a picture, to be sent in a reply by its id."""
    picture = take_picture(form)
    return answer(UploadedPicture(picture_id=picture.id, width=picture.width, height=picture.height))


@api.get("/pictures/<picture_id>")
@staff_guard(Permission.WORK)
def get_staff_picture(path: PicturePath, query: PictureLink) -> ResponseReturnValue:
    """One's own picture, or one in a conversation one may see: a link that is good for this session and two minutes."""
    with read(current_services()) as session:
        picture = picture_for_staff(session, picture_id=path.picture_id, who=as_staff())
    return show_to_staff(picture, link=query)
