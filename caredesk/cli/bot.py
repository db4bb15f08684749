"""`caredesk bot`: ask the published base one question, or measure it against labelled ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from caredesk.chatbot.bot import Bot, Turn
from caredesk.chatbot.evaluation import Labelled, ask_all, measure
from caredesk.chatbot.evaluation_report import Sliced, report
from caredesk.chatbot.replies import Language
from caredesk.cli.desk import open_desk, print_json
from caredesk.core.errors import CareDeskError
from caredesk.knowledge_base.files import read_table

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


@bot.command("evaluate", help="Ask every question of a CSV or XLSX file (query, expected[, acceptable, slice]).")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
@click.option("--misses", is_flag=True, help="List every question that came out wrong.")
def evaluate(*, file: Path, as_json: bool, misses: bool) -> None:
    """Measure the bot on labelled questions."""
    labels, slices = _labelled(file)
    bot = _published_bot()
    asked = ask_all(bot, labels)
    known_entries = frozenset(entry.id for entry in bot.index.entries)
    figures = measure(asked, known_entries=known_entries)
    sliced = [Sliced(one, name) for one, name in zip(asked, slices, strict=True)]
    figures |= _details(report(sliced, known_entries=known_entries), has_slices=any(slices))
    if misses:
        wrong = [one for one in asked if not one.was_right]
        figures["misses"] = [
            {"query": one.label.query, "expected": one.label.expected, **_for_programs(one.turn)} for one in wrong
        ]
    if as_json:
        print_json(figures)
    else:
        _print_figures(figures)


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
