"""What surrounds the knowledge editor's entries: advice, the try-it box, and files."""

from __future__ import annotations

from urllib.parse import quote

from flask import Response, request
from flask.typing import ResponseReturnValue
from flask_openapi3.blueprint import APIBlueprint

from caredesk.accounts.rules import Permission
from caredesk.actions import knowledge_files
from caredesk.actions.knowledge_advice import Advice, Tried, advise, try_question
from caredesk.console.knowledge_routes import TAG
from caredesk.console.knowledge_schemas import (
    AdviseOn,
    FileForm,
    FilePath,
    KeptFile,
    TryQuery,
)
from caredesk.edge.guards import current_actor, open_to_all, staff_guard
from caredesk.edge.limits import limited
from caredesk.edge.respond import answer, current_services
from caredesk.edge.scans import scanned
from caredesk.edge.transactions import read, write

api = APIBlueprint("knowledge_desk", __name__, url_prefix="/api/console/kb", abp_tags=[TAG])
public = APIBlueprint("knowledge_files", __name__, url_prefix="/api/knowledge", abp_tags=[TAG])


@api.post("/advice", responses={200: Advice})
@staff_guard(Permission.EDIT_KNOWLEDGE)
@limited("search", by="staff")
def post_advice(body: AdviseOn) -> ResponseReturnValue:
    """Look-alikes, contradictions and missed questions of an entry, saved or not."""
    services = current_services()
    bot = services.bot.current()
    with read(services) as session:
        shown = advise(session, body.content.content(body.id), bot=bot, at=services.clock.now())
    return answer(shown)


@api.post("/try", responses={200: Tried})
@staff_guard(Permission.EDIT_KNOWLEDGE)
@limited("search", by="staff")
def post_try(body: TryQuery) -> ResponseReturnValue:
    """What the bot would do with a question now, view by view."""
    return answer(try_question(body.text, bot=current_services().bot.current()))


@api.post("/files", responses={200: KeptFile})
@staff_guard(Permission.EDIT_KNOWLEDGE)
@limited("picture.upload", by="staff")
def post_file(form: FileForm) -> ResponseReturnValue:
    """Keep a picture or a PDF for an answer."""
    services = current_services()
    limit = services.settings.picture_bytes
    content = form.file.read(limit + 1)
    file = knowledge_files.checked_file(content, name=form.file.filename or "", limit_bytes=limit)
    knowledge_files.refuse_unless_clean(scanned(services, content))
    file_id = knowledge_files.new_file_id()
    services.files.put(file_id, file.content)
    with write(services, actor=current_actor()) as work:
        row = knowledge_files.store_file(work, file_id=file_id, file=file)
        address = f"/api/knowledge/files/{row.id}"
        shown = KeptFile(id=row.id, name=row.name, media_type=row.media_type, size=row.size, address=address)
    return answer(shown)


@public.get("/files/<file_id>")
@open_to_all(reason="Published answers are public, and so is what they show.")
def get_file(path: FilePath) -> ResponseReturnValue:
    """A picture of an answer, or a file beside it."""
    services = current_services()
    with read(services) as session:
        row = knowledge_files.get_file(session, file_id=path.file_id)
    response = Response(services.files.get(row.id), mimetype=row.media_type)
    shown = "inline" if row.media_type.startswith("image/") else "attachment"
    response.headers["Content-Disposition"] = f"{shown}; filename*=UTF-8''{quote(row.name)}"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    # Bytes never change under their id; what is not referred to any more is simply not asked for.
    response.headers["Cache-Control"] = "private, max-age=86400, immutable"
    response.set_etag(row.sha256)
    response.make_conditional(request)
    return response
