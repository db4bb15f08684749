"""Decides what may enter the knowledge base and what is served; knows no database, no file and no clock."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, timedelta

import numpy as np
from rapidfuzz import fuzz, process

from caredesk.knowledge_base.errors import MissingColumns
from caredesk.knowledge_base.schemas import (
    AUDIENCES,
    Audience,
    CheckedRow,
    CheckedTable,
    DueMark,
    EntryContent,
    Stage,
    Table,
    TableRow,
)

REQUIRED_COLUMNS = ("id", "category", "question", "similar", "answer")
OPTIONAL_COLUMNS = ("source", "owner", "valid_from", "valid_until", "popular", "live", "audience", "recheck_on")
COLUMNS = (*REQUIRED_COLUMNS, *OPTIONAL_COLUMNS)
LIVE_PROVIDERS = (
    "clinic_sessions",
    "clinic_overview",
    "service_hours",
    "queue_place",
    "parcels",
    "fees",
    "steps",
    "documents",
    "holidays",
)
"""Sources of live data that an entry may be bound to; what they say is decided in the actions."""
SIMILAR_SEPARATOR = "|"

# Control characters except tab and line ends, and what can make a text lie about its order.
_NEVER_STORED = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb]")

LONGEST = {"id": 80, "category": 60, "question": 200, "answer": 8000, "source": 200, "owner": 60}
LONGEST_SIMILAR = 200
MOST_SIMILAR = 100
# From this likeness on (of 100) two questions read the same to a person.
NEARLY_THE_SAME = 96
# Comparing everything with everything is worth its time for a base that people wrote by hand.
MOST_COMPARED = 4000
LIKE_ENOUGH = 0.6
"""From this likeness on what is for staff is shown for a question."""
SOON = timedelta(days=30)
"""So long before its end an entry is listed as ending soon."""
RECHECK_AHEAD = timedelta(days=14)
"""So long before its day a re-check is listed as due."""
_DATE = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[ T]00:00(?::00)?)?")
_YES = frozenset({"1", "y", "yes", "true", "是"})
_NO = frozenset({"", "0", "n", "no", "false", "否"})


def check_table(table: Table) -> CheckedTable:
    """Check every row and the rows against each other. Raises MissingColumns when a required column is not there."""
    missing = [column for column in REQUIRED_COLUMNS if column not in table.columns]
    if missing:
        raise MissingColumns(columns=missing)
    seen = Counter(row.cells.get("id", "").strip() for row in table.rows)
    rows = tuple(_check_row(row, times_seen=seen[row.cells.get("id", "").strip()]) for row in table.rows)
    contents = [row.content for row in rows if row.content is not None]
    notices = (*_unknown_columns(table.columns), *near_duplicates(contents))
    absent = tuple(column for column in OPTIONAL_COLUMNS if column not in table.columns)
    return CheckedTable(rows=rows, notices=notices, absent=absent)


def problems_of(content: EntryContent) -> list[str]:
    """Return what keeps a content from entering the base; the same checks as for the rows of a file."""
    return [problem for check in _CHECKS for problem in check(cells_of(content))]


def cells_of(content: EntryContent) -> dict[str, str]:
    """Return a content as the cells of a table."""
    values = content.model_dump()
    values["similar"] = SIMILAR_SEPARATOR.join(content.similar)
    values["popular"] = "yes" if content.popular else ""
    return {column: "" if values[column] is None else str(values[column]) for column in COLUMNS}


def stage_of(*, state: str, pending: str, in_review: bool) -> Stage:
    """Tell how far an entry's newest version has come."""
    if state == "retired":
        return "retired"
    if pending == "update":
        return "review" if in_review else "draft"
    if pending == "retire" and state == "published":
        return "leaving"
    return "published" if state == "published" else "draft"


def is_second_person(*, writers: Collection[str], approvers: Collection[str]) -> bool:
    """Tell whether not only its writer stands behind a change: an approver wrote none of it, or there are two."""
    return len(set(approvers)) > 1 or bool(set(approvers) - set(writers))


def due_of(content: EntryContent, *, state: str, today: date) -> list[DueMark]:
    """Return what somebody should see to: an end that is near or past, and a day to check again."""
    marks: list[DueMark] = []
    if state == "published" and content.valid_until is not None and content.valid_until <= today + SOON:
        marks.append("expired" if content.valid_until < today else "expiring")
    if state != "retired" and content.recheck_on is not None and content.recheck_on <= today + RECHECK_AHEAD:
        marks.append("recheck")
    return marks


def rank_by_words(question: str, phrases: Mapping[str, Sequence[str]]) -> list[tuple[str, float]]:
    """Return the ids whose phrases are like a question, with the likeness from 0 to 1, likest first."""
    asked = bare(question)
    best = {
        entry_id: max(fuzz.partial_ratio(asked, bare(text)) for text in texts) / 100
        for entry_id, texts in phrases.items()
        if texts
    }
    near = [(entry_id, round(score, 4)) for entry_id, score in best.items() if score >= LIKE_ENOUGH]
    return sorted(near, key=lambda one: (-one[1], one[0]))


def search_words(content: EntryContent) -> str:
    """Return everything of a content that somebody may look for."""
    parts = (content.id, content.question, *content.similar, content.category, content.owner, content.source)
    return "\n".join((*parts, content.answer)).lower()


def is_served(content: EntryContent, *, today: date) -> bool:
    """Tell whether an entry is within its validity on a day of the clinic; both ends are included."""
    started = content.valid_from is None or content.valid_from <= today
    return started and (content.valid_until is None or today <= content.valid_until)


def near_duplicates(contents: Sequence[EntryContent]) -> list[str]:
    """Return a notice for each pair of entries that share a question, word for word or nearly."""
    phrases = [(content.id, text) for content in contents for text in (content.question, *content.similar)]
    if len(phrases) > MOST_COMPARED:
        return _exact_duplicates(phrases)
    plain = [bare(text) for _, text in phrases]
    likeness = process.cdist(plain, plain, scorer=fuzz.ratio, score_cutoff=NEARLY_THE_SAME, dtype=np.uint8)
    pairs: dict[tuple[str, str], str] = {}
    for first, second in zip(*likeness.nonzero(), strict=True):
        ids = (phrases[first][0], phrases[second][0])
        if first < second and ids[0] != ids[1]:
            pairs.setdefault(ids, f"{ids[0]} and {ids[1]} ask nearly the same: {phrases[first][1]}")
    return list(pairs.values())


def _exact_duplicates(phrases: Sequence[tuple[str, str]]) -> list[str]:
    owners: dict[str, list[str]] = defaultdict(list)
    for entry_id, text in phrases:
        if entry_id not in owners[bare(text)]:
            owners[bare(text)].append(entry_id)
    return [f"{' and '.join(ids)} ask the same: {text}" for text, ids in owners.items() if len(ids) > 1]


def _unknown_columns(columns: Sequence[str]) -> list[str]:
    unknown = [column for column in columns if column and column not in COLUMNS]
    return [f"ignored columns: {', '.join(unknown)}"] if unknown else []


def _check_row(row: TableRow, *, times_seen: int) -> CheckedRow:
    cells = {column: row.cells.get(column, "").strip() for column in COLUMNS}
    problems = [problem for check in _CHECKS for problem in check(cells)]
    if times_seen > 1 and cells["id"]:
        problems.append(f"id {cells['id']} stands in {times_seen} rows")
    if row.surplus:
        problems.append(f"{row.surplus} cells more than the header has")
    content = None if problems else _content(cells)
    return CheckedRow(number=row.number, entry_id=cells["id"], content=content, problems=tuple(problems))


def _check_presence(cells: Mapping[str, str]) -> list[str]:
    return [f"{column} is empty" for column in ("id", "question", "answer") if not cells[column]]


def _check_id(cells: Mapping[str, str]) -> list[str]:
    broken = any(character.isspace() or character == SIMILAR_SEPARATOR for character in cells["id"])
    return ["id contains a space or a |"] if broken else []


def _check_lengths(cells: Mapping[str, str]) -> list[str]:
    return [
        f"{column} has {len(cells[column])} characters, {limit} are allowed"
        for column, limit in LONGEST.items()
        if len(cells[column]) > limit
    ]


def _check_similar(cells: Mapping[str, str]) -> list[str]:
    similar = split_similar(cells["similar"])
    problems = [f"{len(similar)} similar questions, {MOST_SIMILAR} are allowed"] if len(similar) > MOST_SIMILAR else []
    longest = max(map(len, similar), default=0)
    if longest > LONGEST_SIMILAR:
        problems.append(f"a similar question has {longest} characters, {LONGEST_SIMILAR} are allowed")
    return problems


def _check_characters(cells: Mapping[str, str]) -> list[str]:
    return [f"{column} contains control characters" for column in COLUMNS if _has_control(cells[column])]


def _check_dates(cells: Mapping[str, str]) -> list[str]:
    problems = [
        f"{column} is no date like 2026-12-31: {cells[column][:40]}"
        for column in ("valid_from", "valid_until", "recheck_on")
        if cells[column] and read_date(cells[column]) is None
    ]
    start, end = read_date(cells["valid_from"]), read_date(cells["valid_until"])
    if start and end and end < start:
        problems.append("valid_until lies before valid_from")
    return problems


def _check_popular(cells: Mapping[str, str]) -> list[str]:
    known = cells["popular"].lower() in _YES | _NO
    return [] if known else [f"popular is neither yes nor no: {cells['popular'][:40]}"]


def _check_live(cells: Mapping[str, str]) -> list[str]:
    known = cells["live"] in ("", *LIVE_PROVIDERS)
    return [] if known else [f"live is none of {', '.join(LIVE_PROVIDERS)}"]


def _check_audience(cells: Mapping[str, str]) -> list[str]:
    known = cells["audience"] in ("", *AUDIENCES)
    return [] if known else [f"audience is none of {', '.join(AUDIENCES)}"]


_CHECKS: tuple[Callable[[Mapping[str, str]], list[str]], ...] = (
    _check_presence,
    _check_id,
    _check_lengths,
    _check_similar,
    _check_characters,
    _check_dates,
    _check_popular,
    _check_live,
    _check_audience,
)


def split_similar(cell: str) -> tuple[str, ...]:
    """Return the similar questions of a cell, each once, in their order."""
    return tuple(dict.fromkeys(part.strip() for part in cell.split(SIMILAR_SEPARATOR) if part.strip()))


def read_date(cell: str) -> date | None:
    """Return the date that a cell names, or None when it names none."""
    found = _DATE.fullmatch(cell)
    if found is None:
        return None
    try:
        return date(*map(int, found.groups()))
    except ValueError:
        return None


def _content(cells: Mapping[str, str]) -> EntryContent:
    cells = {column: one_line_end(text) for column, text in cells.items()}
    return EntryContent(
        id=cells["id"],
        category=cells["category"],
        question=cells["question"],
        similar=split_similar(cells["similar"]),
        answer=cells["answer"],
        source=cells["source"],
        owner=cells["owner"],
        valid_from=read_date(cells["valid_from"]),
        valid_until=read_date(cells["valid_until"]),
        popular=cells["popular"].lower() in _YES,
        live=cells["live"],
        audience=_audience(cells["audience"]),
        recheck_on=read_date(cells["recheck_on"]),
    )


def _audience(cell: str) -> Audience:
    return next((audience for audience in AUDIENCES if audience == cell), "parent")


def one_line_end(text: str) -> str:
    """Return a text whose lines end in one way."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _has_control(text: str) -> bool:
    return _NEVER_STORED.search(text) is not None


def bare(text: str) -> str:
    """Return a text as it is compared: letters and figures only, in one width and case."""
    plain = unicodedata.normalize("NFKC", text).lower()
    return "".join(character for character in plain if character.isalnum())
