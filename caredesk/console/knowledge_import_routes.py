"""Bringing files into the knowledge base and taking it out: first the difference, then all of it or nothing."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Literal

from flask import Response
from flask.typing import ResponseReturnValue
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.file import FileStorage
from pydantic import BaseModel, Field

from caredesk.accounts.rules import Permission
from caredesk.actions.knowledge import list_contents
from caredesk.actions.knowledge_imports import ImportPlan, apply_import, plan_import, read_upload
from caredesk.console.knowledge_routes import TAG
from caredesk.edge.guards import current_actor, staff_guard
from caredesk.edge.limits import limited
from caredesk.edge.respond import answer, current_services
from caredesk.edge.transactions import read, write
from caredesk.knowledge_base import queries
from caredesk.knowledge_base.files import write_table
from caredesk.knowledge_base.schemas import ImportReport

api = APIBlueprint("knowledge_imports", __name__, url_prefix="/api/console/kb", abp_tags=[TAG])

MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
}


class ImportForm(BaseModel):
    """A table or a manual; `replace` makes the file the whole base."""

    file: FileStorage
    replace: bool = False


class ApplyForm(ImportForm):
    """The same file once more, with the fingerprint of the difference that was shown."""

    fingerprint: str = Field(max_length=64)


class ExportQuery(BaseModel):
    form: Literal["csv", "xlsx", "json"] = "xlsx"


@api.post("/imports/check", responses={200: ImportPlan})
@staff_guard(Permission.EDIT_KNOWLEDGE)
@limited("picture.upload", by="staff")
def post_import_check(form: ImportForm) -> ResponseReturnValue:
    """Show what a file would change; nothing is applied."""
    name = _name(form)
    table = read_upload(form.file.read(), name=name)
    with read(current_services()) as session:
        plan = plan_import(session, table, name=name, replace=form.replace)
    return answer(plan)


@api.post("/imports", responses={200: ImportReport})
@staff_guard(Permission.EDIT_KNOWLEDGE)
@limited("picture.upload", by="staff")
def post_import(form: ApplyForm) -> ResponseReturnValue:
    """Bring a file in as drafts, exactly as it was shown, all rows or none."""
    name = _name(form)
    table = read_upload(form.file.read(), name=name)
    with write(current_services(), actor=current_actor()) as work:
        report = apply_import(work, table, name=name, replace=form.replace, fingerprint=form.fingerprint)
    return answer(report)


@api.get("/export")
@staff_guard(Permission.EDIT_KNOWLEDGE)
def get_export(query: ExportQuery) -> ResponseReturnValue:
    """Take the base out, drafts included, as a table that can be imported again."""
    with read(current_services()) as session:
        contents = list_contents(queries.list_entries(session), drafts=queries.latest_versions(session))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"knowledge.{query.form}"
        write_table(path, contents)
        content = path.read_bytes()
    response = Response(content, content_type=MEDIA_TYPES[query.form])
    response.headers["Content-Disposition"] = f"attachment; filename=knowledge.{query.form}"
    return response


def _name(form: ImportForm) -> str:
    return Path(form.file.filename or "").name[-200:]
