"""`caredesk doctor`: looks over an installation, changes nothing, and says what to mend."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import click

from caredesk.cli.desk import BAD_DATA, print_json, settings_from_environment
from caredesk.core.clock import clock_of
from caredesk.core.store import Store
from caredesk.infra.checkup import folder, house, machine, store
from caredesk.infra.checkup.finding import Finding, bad, name_of, verdict_words
from caredesk.settings import Settings


@click.command()
@click.option("--date-from", metavar="URL", help="Compare the clock with the Date that this web server tells.")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def doctor(*, date_from: str | None, as_json: bool) -> None:
    """Look over this installation and say what to mend. Exit code 1: something is wrong."""
    findings = list(look_over(settings_from_environment(), date_from=date_from))
    if as_json:
        print_json({"healthy": _is_healthy(findings), "findings": [_as_json(one) for one in findings]})
    else:
        _print(findings)
    if not _is_healthy(findings):
        raise SystemExit(BAD_DATA)


def look_over(settings: Settings, *, date_from: str | None = None) -> Iterator[Finding]:
    """Yield what each check finds; nothing is made, migrated or changed."""
    yield from machine.check_python()
    yield from machine.check_zone()
    yield from machine.check_settings(settings)
    yield from folder.check_folder(settings)
    if settings.data_dir.is_dir():
        yield from folder.check_secrets(settings)
        yield from folder.check_recordings(settings)
        yield from folder.check_index(settings)
        yield from machine.check_disk(settings.data_dir, is_sqlite=store.is_sqlite(settings))
    yield from machine.check_port(settings)
    yield from machine.check_certificates(settings)
    if date_from:
        yield from machine.check_clock(date_from)
    yield from store.check_redis(settings)
    opened = store.open_patiently(settings)
    if opened is None:
        yield bad("database", "database.bad_url")
        return
    try:
        yield from _rows(settings, opened=opened)
    finally:
        opened.engine.dispose()


def _rows(settings: Settings, *, opened: Store) -> Iterator[Finding]:
    findings = list(store.check_database(settings, store=opened))
    yield from findings
    # An older schema may lack what the next checks read.
    if any(one.code == "schema.newest" for one in findings):
        with opened.reading() as session:
            yield from house.check_accounts(session)
            yield from house.check_hotline(session, clock=clock_of(settings.clock_file))
            yield from house.check_backups(session, settings=settings, clock=clock_of(settings.clock_file))


def _is_healthy(findings: Sequence[Finding]) -> bool:
    return all(one.verdict != "bad" for one in findings)


def _as_json(one: Finding) -> dict[str, object]:
    said = {"zh": one.say(language="zh"), "en": one.say(language="en")}
    return {"check": one.check, "verdict": one.verdict, "code": one.code, "facts": one.facts, "said": said}


def _print(findings: Sequence[Finding]) -> None:
    for one in findings:
        verdict = f"{verdict_words(one.verdict, language='zh')} {verdict_words(one.verdict, language='en')}"
        chinese, english = one.say(language="zh"), one.say(language="en")
        names = dict.fromkeys((name_of(one.check, language="zh"), name_of(one.check, language="en")))
        click.echo(f"{verdict:<8} {' '.join(names)}")
        for said in dict.fromkeys((chinese, english)):
            click.echo(f"         {said}")
    counts = Counter(one.verdict for one in findings)
    click.echo()
    click.echo(f"{counts['bad']} 个问题，{counts['warn']} 处注意 · {counts['bad']} wrong, {counts['warn']} to look at")
