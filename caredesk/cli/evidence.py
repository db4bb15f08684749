"""`caredesk evidence`: seal what the desk knows of a conversation, a call or a doctor's request into one file."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import get_args

import click

from caredesk.actions.evidence import find_evidence
from caredesk.actions.export_approvals import COMMAND_LINE
from caredesk.actions.replies import AsStaff
from caredesk.cli.desk import CLI_ACTOR, open_desk, print_json, refuse
from caredesk.console.evidence_page import evidence_pages
from caredesk.core.errors import CareDeskError
from caredesk.edge.evidence_export import CHECKER, Wanted, seal_evidence
from caredesk.edge.services import Services
from caredesk.edge.transactions import read
from caredesk.evidence.rules import Kind, Purpose


@click.command()
@click.argument("kind", type=click.Choice(get_args(Kind)))
@click.argument("thing_id", metavar="ID")
@click.option("--purpose", required=True, type=click.Choice(get_args(Purpose)), help="What it is for; on the record.")
@click.option("--to", "folder", required=True, type=click.Path(path_type=Path), help="Where the file is put.")
@click.option("--approval", default="", help="Id of a request that a second person has allowed: without masks.")
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
def evidence(*, kind: Kind, thing_id: str, purpose: Purpose, folder: Path, approval: str, as_json: bool) -> None:
    """Seal a conversation (by id or number), a call or a request (by id) into a file that proves itself.

    Beside it lies verify_bundle.py, which checks it without caredesk (docs/evidence.md).
    """
    with open_desk() as services:
        try:
            path = _seal(services, kind=kind, thing_id=thing_id, purpose=purpose, folder=folder, approval=approval)
        except CareDeskError as refused:
            refuse(f"Nothing was sealed: {refused.code}.")
        key = services.anchors.public_key if services.anchors else ""
    if as_json:
        print_json({"file": str(path), "size": path.stat().st_size, "public_key": key})
    else:
        click.echo(f"{path}, {path.stat().st_size} bytes; check: python {CHECKER.name} {path.name} --key {key}")


def _seal(services: Services, *, kind: Kind, thing_id: str, purpose: Purpose, folder: Path, approval: str) -> Path:
    with read(services) as session:
        conversation_id = find_evidence(session, kind=kind, thing_id=thing_id)
    who = AsStaff(staff_id=COMMAND_LINE, sees_floor=True)
    wanted = Wanted(conversation_id, who, purpose, approval)
    sealed = seal_evidence(services, actor=CLI_ACTOR, wanted=wanted, pages=evidence_pages)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / sealed.name
    with sealed.file, path.open("wb") as file:
        shutil.copyfileobj(sealed.file, file)
    shutil.copyfile(CHECKER, folder / CHECKER.name)
    return path
