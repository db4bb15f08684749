"""`caredesk staffing`: contacts expected, agents needed, a proposal for a week, and the roster as a file."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from caredesk.actions import staffing as figures
from caredesk.actions import staffing_files, staffing_proposals, staffing_roster
from caredesk.cli.desk import BAD_DATA, CLI_ACTOR, open_desk, print_json, refuse
from caredesk.core.clock import clinic_time
from caredesk.core.errors import CareDeskError
from caredesk.edge.services import Services
from caredesk.edge.transactions import read, write
from caredesk.staffing.files import write_calendar, write_xlsx
from caredesk.staffing.grid import grid_of, monday_of
from caredesk.staffing.proposal import Plan, propose
from caredesk.staffing.rules import spoken

WEEK = click.option("--week", type=click.DateTime(["%Y-%m-%d"]), help="Any date of the week; this week by default.")
JSON = click.option("--json", "as_json", is_flag=True, help="Print as JSON.")


@click.group(help="Forecast contacts, reckon agents, propose and export rosters.")
def staffing() -> None:
    """Group the commands."""


@staffing.command("forecast")
@WEEK
@JSON
def show_forecast(*, week: datetime | None, as_json: bool) -> None:
    """Print the contacts expected per queue and day, and how far held-out weeks were off (WAPE)."""
    with open_desk() as services, read(services) as session:
        monday = _monday(services, week)
        need = figures.need_on(session, grid=grid_of(monday, days=7))
        errors = {one.queue_id: one for one in figures.forecast_errors(session)}
        told: list[dict[str, Any]] = [
            {
                "queue": one.queue.key,
                "contacts_by_day": [round(float(day.sum()), 1) for day in one.contacts.reshape(7, 96)],
                "learned_from": one.learned.contacts,
                "wape_day": errors[one.queue.id].wape_day if one.queue.id in errors else None,
                "naive_wape_day": errors[one.queue.id].naive_day if one.queue.id in errors else None,
            }
            for one in need.queues
        ]
    if as_json:
        print_json({"monday": monday.isoformat(), "queues": told})
        return
    click.echo(f"Contacts expected, {monday} and the six days after")
    for row in told:
        days = " ".join(f"{number:6.1f}" for number in row["contacts_by_day"])
        off = "no held-out week yet" if row["wape_day"] is None else _error_words(row)
        click.echo(f"{row['queue']:<12} {days}   learned from {row['learned_from']} contacts; {off}")


@staffing.command("need")
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="The day; today by default.")
@JSON
def show_need(*, day: datetime | None, as_json: bool) -> None:
    """Print agents needed, rostered and missing for each hour of a day (the most of its quarters)."""
    with open_desk() as services, read(services) as session:
        wanted = day.date() if day else clinic_time(services.clock.now()).date()
        grid = grid_of(wanted, days=1)
        quarters = figures.coverage(session, since=grid.starts_at, until=grid.ends_at)
    if as_json:
        print_json(
            [{"starts_at": q.starts_at, "need": q.need, "rostered": q.rostered, "missing": q.missing} for q in quarters]
        )
        return
    click.echo(f"{wanted}  needed  rostered  missing")
    for hour in range(24):
        some = quarters[hour * 4 : hour * 4 + 4]
        if any(q.need or q.rostered for q in some):
            most, fewest, lack = max(q.need for q in some), min(q.rostered for q in some), max(q.missing for q in some)
            click.echo(f"{hour:02d}:00       {most:6d}  {fewest:8d}  {lack:7d}")


@staffing.command("propose")
@WEEK
@click.option("--seconds", type=click.FloatRange(1, 600), default=15.0, help="How long the solver may think.")
@click.option("--apply", "apply_it", is_flag=True, help="Bring the proposal onto the roster.")
def show_proposal(*, week: datetime | None, seconds: float, apply_it: bool) -> None:
    """Print the shifts that would close a week's gaps, and what can't be closed."""
    with open_desk() as services:
        with read(services) as session:
            task = staffing_proposals.task_for(
                session, week=_monday(services, week), now=services.clock.now(), seconds=seconds
            )
        plan = propose(task)
        names = {agent.staff_id: agent.login for agent in task.agents.values()}
        _print_plan(plan, names=names)
        if apply_it and (plan.added or plan.removed):
            with write(services, actor=CLI_ACTOR) as work:
                change = staffing_roster.change_roster(work, kind="proposal", removed=plan.removed, added=plan.added)
                click.echo(f"applied as change {change.id}")


@staffing.command("export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@WEEK
@click.option("--agent", "login", help="Only this agent's shifts, by login.")
def export(*, file: Path, week: datetime | None, login: str | None) -> None:
    """Write a week's roster to FILE: .xlsx as a table, .ics as a calendar."""
    if file.suffix.lower() not in (".xlsx", ".ics"):
        refuse(f"{file}: only .xlsx and .ics files can be written")
    with open_desk() as services, read(services) as session:
        agents = figures.roster_agents(session)
        chosen = {id for id, agent in agents.items() if login is None or agent.login == login}
        if not chosen:
            refuse(f"{login}: nobody of that login can be rostered")
        shifts = [
            s for s in staffing_roster.shifts_of_week(session, monday=_monday(services, week)) if s.staff_id in chosen
        ]
        now = services.clock.now()
    is_table = file.suffix.lower() == ".xlsx"
    file.write_bytes(write_xlsx(shifts, agents=agents) if is_table else write_calendar(shifts, agents=agents, now=now))
    click.echo(f"{file}: {len(shifts)} shifts")


@staffing.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Only tell every row's fate.")
def bring_in(*, file: Path, dry_run: bool) -> None:
    """Bring the shifts of an XLSX or CSV FILE in: all rows, or none when one is bad."""
    try:
        rows = staffing_files.read_roster_file(file.read_bytes(), name=file.name)
    except CareDeskError as error:
        refuse(f"{file}: {error}")
        raise
    with open_desk() as services, write(services, actor=CLI_ACTOR) as work:
        report = staffing_files.import_roster(work, rows, dry_run=dry_run)
    for row in report.rows:
        if row.fault is not None:
            click.echo(f"line {row.line}: {row.fault.code} {row.fault.value}")
    counted = {outcome: sum(row.outcome == outcome for row in report.rows) for outcome in ("added", "unchanged")}
    click.echo(f"added {counted['added']}, unchanged {counted['unchanged']}, refused {report.refused}")
    if report.refused:
        raise SystemExit(BAD_DATA)


def _monday(services: Services, week: datetime | None) -> date:
    return monday_of(week.date() if week else clinic_time(services.clock.now()).date())


def _error_words(row: dict[str, Any]) -> str:
    return f"WAPE by day {row['wape_day']:.0%}, as last week {row['naive_wape_day']:.0%}"


def _print_plan(plan: Plan, *, names: dict[str, str]) -> None:
    click.echo(f"missing quarters {plan.missing_before} -> {plan.missing_after}")
    for sign, shifts in (("-", plan.removed), ("+", plan.added)):
        for shift in shifts:
            hours = shift.paid / timedelta(hours=1)
            click.echo(f"{sign} {names.get(shift.staff_id, ''):<12} {spoken(shift.stretch)}  {hours:g} h")
    for lack in plan.lacks:
        end = f"{clinic_time(lack.ends_at):%H:%M}"
        click.echo(f"! {clinic_time(lack.starts_at):%Y-%m-%d %H:%M}-{end} lacks {lack.missing}: {lack.reason}")
