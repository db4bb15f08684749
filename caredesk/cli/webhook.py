"""`caredesk webhook`: the post to the hospital's own systems, what is dead of it, and a try of the address."""

from __future__ import annotations

import click

from caredesk.actions import webhooks
from caredesk.cli.desk import open_desk, refuse
from caredesk.cli.letters import print_letters, send_again
from caredesk.core.work import SYSTEM
from caredesk.edge.services import Services
from caredesk.edge.transactions import read, write
from caredesk.edge.webhook_jobs import send_next


@click.group(help="Look after the post to the hospital's own systems.")
def webhook() -> None:
    """Group the commands."""


@webhook.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print the post as JSON.")
def list_post(*, as_json: bool) -> None:
    """Print the newest post with its state, newest first."""
    with open_desk() as services, read(services) as session:
        found = webhooks.all_post(session)
    print_letters(
        found,
        name="post",
        line=lambda one: f"{one.id}  {one.state:<9}  {one.attempts}x  {one.type:<20}  {one.subject}  {one.last_error}",
        nothing="No post.",
        as_json=as_json,
    )


@webhook.command()
@click.argument("delivery_id")
def replay(delivery_id: str) -> None:
    """Send dead post again; the running desk does it within a second."""
    send_again(lambda work: webhooks.replay(work, delivery_id=delivery_id))


@webhook.command()
def test() -> None:
    """Send a harmless message now and say how it went."""
    with open_desk() as services:
        if services.webhook is None:
            refuse("no address is set (CAREDESK_WEBHOOK_URL)")
        error = _try(services)
    if error:
        refuse(f"not delivered: {error}")
    click.echo("Delivered.")


def _try(services: Services) -> str:
    with write(services, actor=SYSTEM) as work:
        subject = webhooks.announce_test(work)
    sent = send_next(services, {"subject": subject})
    with write(services, actor=SYSTEM) as work:
        webhooks.keep_sent(work, subject=subject, sent=sent)
    return sent.error
