"""`caredesk bot`: ask the published base one question, or measure it against labelled ones."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from caredesk.actions.bot_evaluations import public_bot
from caredesk.chatbot.bot import Bot, Turn
from caredesk.chatbot.evaluation import Labelled, ask_all, measure
from caredesk.chatbot.evaluation_report import Sliced, ask_unseen, report
from caredesk.chatbot.replies import Language
from caredesk.cli.desk import open_desk, print_json, settings_from_environment
from caredesk.core.errors import CareDeskError
from caredesk.knowledge_base.files import read_table
from caredesk.knowledge_base.public_set import public_labels

REQUIRED = ("query", "expected")


@click.group("bot", help="Ask the bot, and measure how well it answers.")
def bot() -> None:
    """Group the commands."""


@bot.command("ask", help="Ask one question of the published knowledge base.")
@click.argument("text")
@click.option("--language", type=click.Choice(["zh", "en"]), default="zh", show_default=True, help="Of the reply.")
@click.option("--json", "as_json", is_flag=True, help="Print outcome, entry, confidence, candidates and reply as JSON.")
def ask(*, text: str, language: Language, as_json: bool) -> None:
    """Ask one question."""
    turn = _published_bot().ask(text, language=language)
    if as_json:
        print_json(_for_programs(turn))
        return
    click.echo(f"{turn.outcome}  {turn.entry or '-'}  {turn.confidence:.2f}")
    for candidate in turn.candidates:
        click.echo(f"  {candidate.score:.3f}  {candidate.id}  {candidate.question}")
    click.echo(turn.reply)


@bot.command("evaluate")
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--own", is_flag=True, help="Ask the base its own similar questions, each of an index without it.")
@click.option("--public", is_flag=True, help="Ask the public set: another hospital's base, on which nothing is tuned.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
@click.option("--misses", is_flag=True, help="List every question that came out wrong.")
def evaluate(*, file: Path | None, own: bool, public: bool, as_json: bool, misses: bool) -> None:
    """Measure the bot on FILE, a CSV or XLSX (query, expected[, acceptable, slice]), or with --own or --public."""
    if (file is not None) + own + public != 1:
        raise click.UsageError("Give a file, or --own, or --public.")
    examined = _own_questions() if own else _public_set() if public else _labelled_file(file or Path())
    asked = [one.asked for one in examined.asked]
    figures = measure(asked, known_entries=examined.entries)
    told = report(examined.asked, known_entries=examined.entries)
    figures |= _details(told, has_slices=any(one.slice for one in examined.asked))
    if misses:
        wrong = [one for one in asked if not one.was_right]
        figures["misses"] = [
            {"query": one.label.query, "expected": one.label.expected, **_for_programs(one.turn)} for one in wrong
        ]
    if as_json:
        print_json(figures)
    else:
        _print_figures(figures)


@dataclass(frozen=True)
class _Examined:
    """Questions that were asked, and the entries of the base that was asked."""

    asked: list[Sliced]
    entries: frozenset[str]


def _labelled_file(file: Path) -> _Examined:
    labels, slices = _labelled(file)
    return _examined(_published_bot(), labels, slices=slices)


def _public_set() -> _Examined:
    rows = public_labels()
    labels = [Labelled(row.query, row.expected, frozenset(row.acceptable)) for row in rows]
    precision = settings_from_environment().bot_precision
    return _examined(public_bot(precision), labels, slices=[row.slice for row in rows])


def _examined(bot: Bot, labels: list[Labelled], *, slices: list[str]) -> _Examined:
    asked = ask_all(bot, labels)
    sliced = [Sliced(one, name) for one, name in zip(asked, slices, strict=True)]
    return _Examined(sliced, frozenset(entry.id for entry in bot.index.entries))


def _own_questions() -> _Examined:
    index = _published_bot().index
    entries = list(index.entries)
    if not any(entry.similar for entry in entries):
        raise click.ClickException("No published entry has a similar question.")
    precision = settings_from_environment().bot_precision
    with click.progressbar(length=0, label="Asking", file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:

        def tell(done: int, total: int) -> None:
            bar.length = total
            bar.update(done - bar.pos)

        asked = ask_unseen(entries, version=index.version, precision=precision, tell=tell)
    return _Examined(asked, frozenset(entry.id for entry in entries))


def _details(told: dict[str, Any], *, has_slices: bool) -> dict[str, Any]:
    """Return what goes beyond the plain figures: intervals, slices, and how honest the confidence is."""
    bins = told["reliability"]
    asked = sum(one["questions"] for one in bins)
    gaps = [one["questions"] * abs(one["confidence"] - (one["right"]["value"] or 0.0)) for one in bins]
    return {
        "intervals": {one["name"]: [one["low"], one["high"]] for one in [*told["shares"], _named_coverage(told)]},
        "slices": told["slices"] if has_slices else [],
        "reliability": bins,
        "calibration_error": round(sum(gaps) / asked, 4) if asked else None,
    }


def _named_coverage(told: dict[str, Any]) -> dict[str, Any]:
    return {"name": "coverage_at_95_precision", **told["coverage"]}


def _published_bot() -> Bot:
    with open_desk() as services:
        bot: Bot = services.bot.current()
        return bot


def _for_programs(turn: Turn) -> dict[str, Any]:
    return {
        "outcome": turn.outcome,
        "entry": turn.entry,
        "confidence": turn.confidence,
        "candidates": [{"id": c.id, "question": c.question, "score": c.score} for c in turn.candidates],
        "reply": turn.reply,
    }


def _labelled(file: Path) -> tuple[list[Labelled], list[str]]:
    try:
        table = read_table(file)
    except CareDeskError as error:
        raise click.ClickException(f"Cannot read {file}: {error.fields.get('reason')}.") from error
    missing = [column for column in REQUIRED if column not in table.columns]
    if missing:
        raise click.ClickException(f"{file} lacks the columns: {', '.join(missing)}.")
    blank = [row.number for row in table.rows if not row.cells.get("expected", "").strip()]
    if blank or not table.rows:
        where = f"row {blank[0]} has nothing expected" if blank else "it has no rows"
        raise click.ClickException(f"Cannot evaluate {file}: {where}.")
    labels = [
        Labelled(
            query=row.cells.get("query", ""),
            expected=row.cells["expected"].strip(),
            acceptable=frozenset(part.strip() for part in row.cells.get("acceptable", "").split("|") if part.strip()),
        )
        for row in table.rows
    ]
    return labels, [row.cells.get("slice", "").strip() for row in table.rows]


def _print_figures(figures: dict[str, Any]) -> None:
    for name, value in figures.items():
        if name == "slices":
            for one in value:
                shares = [f"{part} {_range(one[part])}" for part in ("right", "accuracy_at_1", "recall_at_3")]
                click.echo(f"  {one['name']:<20} {one['questions']:>5}  " + "  ".join(shares))
        elif name == "reliability":
            for one in value:
                stretch = f"sure {one['least']:.1f} to {one['most']:.1f}"
                click.echo(f"  {stretch:<20} {one['questions']:>5}  right {_range(one['right'])}")
        elif name == "intervals":
            click.echo(f"{name:<34} " + "  ".join(f"{key} {_shown(a)}-{_shown(b)}" for key, (a, b) in value.items()))
        elif name == "misses":
            for miss in value:
                found = ", ".join(candidate["id"] for candidate in miss["candidates"][:3])
                click.echo(f"  {miss['query']}  expected {miss['expected']}, {miss['outcome']}: {found or '-'}")
        elif isinstance(value, dict):
            click.echo(f"{name:<34} " + "  ".join(f"{key} {_shown(part)}" for key, part in value.items()))
        else:
            click.echo(f"{name:<34} {_shown(value)}")


def _range(share: dict[str, Any]) -> str:
    return f"{_shown(share['value'])} ({_shown(share['low'])}-{_shown(share['high'])})" if share["of"] else "-"


def _shown(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.3f}"
    return "-" if value is None or value == [] else str(value)
