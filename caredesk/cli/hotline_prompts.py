"""`caredesk hotline prompts`: what the hotline says, and speaking it beforehand."""

from __future__ import annotations

import click

from caredesk.cli.desk import open_desk, print_json, refuse
from caredesk.edge.prompt_files import list_prompts
from caredesk.telephony.menu_schemas import PromptView
from caredesk.telephony.prompt_catalogue import catalogue

SHORTEST_NAME = 24


@click.command()
@click.option(
    "--make", is_flag=True, help="Speak every prompt now, with the hospital's names, so that no caller waits."
)
@click.option("--json", "as_json", is_flag=True, help="Print the list as JSON.")
def prompts(*, make: bool, as_json: bool) -> None:
    """List what the hotline says; with --make, have the speech program (CAREDESK_TTS_COMMAND) speak all of it.

    Prompts are kept in the data folder by program and words: what was spoken once is not spoken again, and changed
    words are. Without a speech program callers hear tones in the place of words.
    """
    if make:
        _make(as_json=as_json)
        return
    if as_json:
        print_json([{"name": one.name, "kind": one.kind, "zh": one.zh, "en": one.en} for one in catalogue().values()])
        return
    for one in catalogue().values():
        click.echo(f"{one.name:<{SHORTEST_NAME}} {one.zh}")


def _make(*, as_json: bool) -> None:
    with open_desk() as services:
        found = list_prompts(services)
    if as_json:
        print_json(found.model_dump(mode="json"))
    else:
        click.echo(_made(found.prompts))
    if found.speech == "tones":
        refuse("No speech program: callers hear tones instead of words. Install espeak-ng or set CAREDESK_TTS_COMMAND.")


def _made(made: list[PromptView]) -> str:
    seconds = sum(one.seconds for one in made)
    recorded = sum(one.origin == "uploaded" for one in made)
    return f"{len(made)} prompts, {seconds:.0f} seconds of sound, {recorded} of them recorded by people."
