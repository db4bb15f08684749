"""`caredesk clinic template|undo`: the weekly template, its laying out, and the way back; printing of differences."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path

import click

from caredesk.actions import schedule_template
from caredesk.actions.schedule import undo_change
from caredesk.cli.desk import BAD_DATA, CLI_ACTOR, open_desk, print_json, refuse
from caredesk.clinic import schedule_queries
from caredesk.clinic.facts import ImportReport, Outcome
from caredesk.clinic.schemas import ChangedSession, ScheduleDifference
from caredesk.clinic.sheet import read_sheet
from caredesk.clinic.timetable import KnownWindow
from caredesk.clinic.timetable_rows import TEMPLATE_COLUMNS
from caredesk.clinic.words import column_named, fault_words
from caredesk.core.clock import clinic_time
from caredesk.core.errors import CareDeskError
from caredesk.edge.transactions import read, write

SHOWN = 60
DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.group(help="The weekly template that the schedule is laid out from.")
def template() -> None:
    """Group the commands."""


@template.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--from", "first", type=DAY, help="First day on which the file is valid. Default: tomorrow.")
@click.option("--dry-run", is_flag=True, help="Show what would change; change nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
def import_template(*, file: Path, first: datetime | None, dry_run: bool, as_json: bool) -> None:
    """Make a CSV or XLSX file the weekly template of its departments from a day on: all rows, or none.

    Columns: weekday, department, doctor, start, end, kind; slots, holidays (yes, no), swapped (1 to 7, same, rest),
    from, until and note may follow. Weeks before that day keep what was valid then.
    """
    with open_desk() as services:
        try:
            rows = read_sheet(file.read_bytes(), required=TEMPLATE_COLUMNS, column_named=column_named)
            day = first.date() if first else clinic_time(services.clock.now()).date() + timedelta(days=1)
            if dry_run:
                with read(services) as session:
                    outcome, _ = schedule_template.plan_template_import(session, rows, first=day)
            else:
                with write(services, actor=CLI_ACTOR) as work:
                    outcome = schedule_template.import_template(work, rows, first=day)
        except CareDeskError as error:
            refuse(str(error))
            raise
    _tell_template(outcome, about={"file": str(file), "from": day, "dry_run": dry_run}, as_json=as_json)
    if not outcome.report.applied:
        raise SystemExit(BAD_DATA)


def _tell_template(outcome: schedule_template.TemplateOutcome, *, about: dict[str, object], as_json: bool) -> None:
    report, refused = outcome.report, _refused(outcome.report)
    counts: dict[str, object] = {
        "added": report.count("added"),
        "changed": report.count("changed"),
        "cancelled": outcome.cancelled,
        "unchanged": report.count("unchanged") if report.applied else 0,
        "refused": len(refused),
    }
    if as_json:
        rows = refused or [{"row": row.line, "outcome": row.outcome} for row in report.rows]
        print_json({**about, **counts, "rows": rows})
        return
    for row in refused:
        click.echo(f"row {row['row']}: {row['words']}")
    told = ", ".join(f"{count} {name}" for name, count in counts.items())
    click.echo(f"Nothing was imported; rows refused: {len(refused)}." if refused else f"windows: {told}")


def _refused(report: ImportReport) -> list[dict[str, object]]:
    return [
        {
            "row": row.line,
            "codes": [fault.code for fault in row.faults],
            "words": " / ".join(
                f"{fault_words(fault.code, value=fault.value, language='zh')} · "
                f"{fault_words(fault.code, value=fault.value, language='en')}"
                for fault in row.faults
            ),
        }
        for row in report.rows
        if row.faults
    ]


@template.command("show")
@click.option("--on", "day", type=DAY, help="Only windows that are valid on this day. Default: today.")
@click.option("--all", "everything", is_flag=True, help="Also windows that have ended or are still to come.")
@click.option("--json", "as_json", is_flag=True, help="Print the windows as JSON.")
def show(*, day: datetime | None, everything: bool, as_json: bool) -> None:
    """Show the weekly template."""
    with open_desk() as services, read(services) as session:
        windows = schedule_queries.list_template(session)
        on = day.date() if day else clinic_time(services.clock.now()).date()
    shown = [window for window in windows if everything or _is_valid(window, on=on)]
    if as_json:
        print_json([_window(window) for window in shown])
        return
    for window in shown:
        facts = window.facts
        until = f" until {facts.valid_until}" if facts.valid_until else ""
        who = f"{facts.department_id:<20} {facts.doctor_id or '-':<18}"
        rests = "" if facts.on_holidays else "  not on holidays"
        click.echo(
            f"{facts.weekday}  {facts.starts:%H:%M}-{facts.ends:%H:%M}  {who} {facts.kind:<10}"
            f" from {facts.valid_from}{until}{rests}"
        )
    click.echo(f"{len(shown)} windows")


def _is_valid(window: KnownWindow, *, on: date) -> bool:
    facts = window.facts
    return facts.valid_from <= on and (facts.valid_until is None or on <= facts.valid_until)


def _window(window: KnownWindow) -> dict[str, object]:
    facts = window.facts
    return {
        "id": window.id,
        "weekday": facts.weekday,
        "department": facts.department_id,
        "doctor": facts.doctor_id,
        "start": f"{facts.starts:%H:%M}",
        "end": f"{facts.ends:%H:%M}",
        "kind": facts.kind,
        "slots": facts.slots,
        "holidays": facts.on_holidays,
        "swapped": facts.swapped,
        "from": facts.valid_from,
        "until": facts.valid_until,
    }


@template.command("apply")
@click.option("--from", "first", type=DAY, help="First day to lay out. Default: today.")
@click.option("--to", "last", type=DAY, help="Last day to lay out. Default: six weeks ahead.")
@click.option("--dry-run", is_flag=True, help="Show the difference; change nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
def apply(*, first: datetime | None, last: datetime | None, dry_run: bool, as_json: bool) -> None:
    """Lay the template out over the days ahead. Exceptions and changes by hand always win; twice changes nothing."""
    start, end = (first.date() if first else None), (last.date() if last else None)
    if start and end and end < start:
        refuse("--to lies before --from")
    with open_desk() as services:
        if dry_run:
            with read(services) as session:
                shown = schedule_template.preview_layout(session, now=services.clock.now(), first=start, last=end)
            print_difference(shown, as_json=as_json)
            return
        with write(services, actor=CLI_ACTOR) as work:
            done = schedule_template.lay_out_schedule(work, first=start, last=end)
    if as_json:
        print_json(done.model_dump(mode="json"))
    else:
        click.echo(_counts(done.counts))


@click.command("undo", help="Take a change of the schedule back, by the id that the history shows.")
@click.argument("change_id")
def undo(*, change_id: str) -> None:
    """Take a change back; refused when its sessions have changed again since."""
    with open_desk() as services:
        try:
            with write(services, actor=CLI_ACTOR) as work:
                done = undo_change(work, change_id=change_id)
        except CareDeskError as error:
            refuse(str(error))
            raise
    click.echo(_counts(done.counts))


def print_difference(shown: ScheduleDifference, *, as_json: bool) -> None:
    """Print what a change would do and whom it touches; ends the command with 1 when a row is refused."""
    if as_json:
        print_json({"dry_run": True, "applied": False, **shown.model_dump(mode="json")})
    else:
        for row in shown.refused[:SHOWN]:
            for fault in row.faults:
                click.echo(f"row {row.line}: refused\n    {fault.zh} · {fault.en}")
        if not shown.refused:
            for change in shown.changes[:SHOWN]:
                click.echo(_told(change))
        click.echo(_counts(shown.counts))
        touched = shown.affected
        click.echo(
            f"people: {touched.waiting} waiting, {touched.appointments} appointments, {touched.promises} left messages"
        )
    if shown.refused:
        raise SystemExit(BAD_DATA)


def _told(change: ChangedSession) -> str:
    after, before = change.after, change.before
    who = f"{change.department} {change.doctor}".strip()
    was = f" (was {_span(before.starts_at, before.ends_at)})" if before and change.outcome == "changed" else ""
    booked = f", {change.appointments} appointments" if change.appointments else ""
    return f"{change.outcome}: {who} {_span(after.starts_at, after.ends_at)}{was}{booked}"


def _span(start: datetime, end: datetime) -> str:
    return f"{clinic_time(start):%Y-%m-%d %H:%M}-{clinic_time(end):%H:%M}"


def _counts(counts: Mapping[Outcome, int]) -> str:
    return ", ".join(f"{count} {outcome}" for outcome, count in counts.items())
