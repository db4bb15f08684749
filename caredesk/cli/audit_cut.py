"""`caredesk audit cut`: let old entries of the audit go, as the owner of the tables; apart from the looking ones."""

from __future__ import annotations

from dataclasses import asdict

import click
from sqlalchemy.exc import DBAPIError

from caredesk.actions.audit_cutting import LEAST_MONTHS, CutDone, CutPlan, make_cut, plan_cut
from caredesk.actions.auditing import keep_signed
from caredesk.cli.desk import CLI_ACTOR, open_desk, print_json, refuse
from caredesk.edge.audit_jobs import read_chain, sign_head
from caredesk.edge.services import Services
from caredesk.edge.transactions import read, write

Months = click.IntRange(LEAST_MONTHS, 1200)


@click.command()
@click.option("--months", type=Months, default=36, show_default=True, help="All entries older than this go.")
@click.option(
    "--bulk-months", type=Months, default=12, show_default=True, help="Words of messages' entries go earlier."
)
@click.option("--dry-run", is_flag=True, help="Tell what would go; change nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
def cut(*, months: int, bulk_months: int, dry_run: bool, as_json: bool) -> None:
    """Remove entries whose time is over, and sign where the chain begins from now on; it verifies as before.

    At least six months stay. Run as the owner of the tables, when few are at work: the desk waits meanwhile. Take the
    audit out first (`caredesk audit export`).
    """
    with open_desk() as services:
        if read_chain(services, {}).outcome.broken is not None:
            refuse("The chain is broken: nothing was removed. See caredesk audit verify.")
        with read(services) as session:
            plan = plan_cut(session, now=services.clock.now(), months=months, bulk_months=bulk_months)
        done = None if plan is None or dry_run else _cut(services, plan=plan)
    if as_json:
        print_json({"plan": asdict(plan) if plan else None, "done": asdict(done) if done else None})
    elif plan is None:
        click.echo("Nothing is that old.")
    else:
        click.echo(_told(plan, done=done))


def _cut(services: Services, *, plan: CutPlan) -> CutDone:
    anchors = services.anchors
    if anchors is None:
        refuse("There is no key to sign with.")
    try:
        with write(services, actor=CLI_ACTOR) as work:
            done = make_cut(work, plan=plan, sign=anchors.sign_cut)
    except DBAPIError as fault:
        refuse(f"Nothing was removed: {type(fault.orig).__name__}. Only the owner of the tables can.")
    signed = sign_head(services, {})
    with write(services, actor=CLI_ACTOR) as work:
        keep_signed(work, signed=signed)
    return done


def _told(plan: CutPlan, *, done: CutDone | None) -> str:
    said = f"entries up to {plan.gone.number} gone, words of bulk entries up to {plan.emptied_until} emptied"
    return f"{said}: {done.removed} and {done.emptied}" if done else f"would be: {said}"
