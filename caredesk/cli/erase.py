"""`caredesk erase`: ask for an erasure, see how erasures stand, do them again after a restore, open what is kept.

The second yes is said on the page by somebody who has signed in: a command knows nobody.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import click

from caredesk.actions import erasing
from caredesk.cli.desk import BAD_DATA, CLI_ACTOR, open_desk, print_json, refuse
from caredesk.core.errors import CareDeskError
from caredesk.edge.services import Services
from caredesk.edge.transactions import read, write
from caredesk.retention.errors import ErasureNotYet
from caredesk.retention.schemas import ErasurePreview

GROUNDS = ("request", "consent", "unlawful", "ended")


@click.group(help="Erase families that ask for it.")
def erase() -> None:
    """Group the commands."""


@erase.command()
@click.option("--ground", type=click.Choice(GROUNDS), default="request", show_default=True, help="Why it is erased.")
@click.option("--phone", prompt=True, hide_input=True, help="The whole number; asked for, so that no history has it.")
@click.option("--yes", is_flag=True, help="Ask for it without showing the family first.")
def ask(*, ground: str, phone: str, yes: bool) -> None:
    """Ask that the family of a number be erased; somebody else has to allow it at /console/retention."""
    with open_desk() as services:
        with write(services, actor=CLI_ACTOR) as work:
            found = erasing.preview_erasure(work, phone=phone)
        if len(found) != 1:
            refuse("No family has this number." if not found else "Several families have this number: use the page.")
        [family] = found
        _print(family)
        if not yes:
            click.confirm("Ask for the erasure of this family?", abort=True)
        _ask(services, family, ground=ground)


def _ask(services: Services, family: ErasurePreview, *, ground: str) -> None:
    try:
        with write(services, actor=CLI_ACTOR) as work:
            erasure_id = erasing.ask_erasure(work, guardian_id=family.guardian_id, ground=ground)  # type: ignore[arg-type]
    except ErasureNotYet as barred:
        refuse(f"Not yet: {', '.join(map(str, barred.fields['reasons'] or []))}.")  # type: ignore[arg-type]
    except CareDeskError as error:
        refuse(error.code)
    else:
        click.echo(f"Asked for: {erasure_id}. Somebody else has to allow it at /console/retention.")


def _print(family: ErasurePreview) -> None:
    click.echo(f"{family.name} {family.phone} {' '.join(family.children)}".rstrip())
    for gone in family.goes:
        click.echo(f"goes   {gone.code:<14} {gone.count}")
    for kept in family.stays:
        click.echo(f"stays  {kept.code:<14} {kept.count} until {kept.until:%Y-%m-%d}")
    for code in family.barriers:
        click.echo(f"first  {code}")


@erase.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
def list_them(*, as_json: bool) -> None:
    """List erasures, those that wait for a second yes first. No name and no number stands in them."""
    with open_desk() as services, read(services) as session:
        found = erasing.list_erasures(session, staff_id="")
    if as_json:
        print_json([one.model_dump(mode="json") for one in found])
        return
    for one in found:
        click.echo(f"{one.id} {one.state:<8} {one.ground:<9} {one.asked_at:%Y-%m-%d} {one.certificate[:16]}".rstrip())


@erase.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
def again(folder: Path) -> None:
    """After a restore: erase every family again of which a certificate lies in a folder; others are left alone."""
    certificates = [json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.json"))]
    done = failed = 0
    with open_desk() as services:
        for one in certificates:
            with write(services, actor=CLI_ACTOR) as work:
                erasure_id = erasing.erase_again(
                    work,
                    guardian_id=one["guardian"],
                    ground=one["ground"],
                    asked_by=one["asked_by"],
                    allowed_by=one["allowed_by"],
                )
            if erasure_id is not None:
                ended = _to_the_end(services, erasure_id=erasure_id)
                done, failed = done + ended, failed + (not ended)
    click.echo(f"{len(certificates)} certificates, {done} families erased again, {failed} wait for something to end")
    if failed:
        raise SystemExit(BAD_DATA)


def _to_the_end(services: Services, *, erasure_id: str) -> bool:
    while True:
        with write(services, actor=CLI_ACTOR) as work:
            state = erasing.erase_some(work, erasure_id=erasure_id)
        if state in ("done", "waits"):
            return state == "done"


@erase.command()
@click.argument("erasure_id")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--why", type=click.Choice(("court", "authority")), required=True, help="Who has asked for it by law.")
def kept(erasure_id: str, file: Path, *, why: str) -> None:
    """Write what the law keeps of an erased family into a file, for a court or an authority; it stands in the audit."""
    with open_desk() as services:
        with write(services, actor=CLI_ACTOR) as work:
            bodies = erasing.open_kept(work, erasure_id=erasure_id, why=why)
        with os.fdopen(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8") as out:
            json.dump(bodies, out, ensure_ascii=False, indent=1)
    click.echo(f"{len(bodies)} conversations in {file}")
