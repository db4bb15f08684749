"""What the bot's dashboard shows: shares with what they are shares of, and what changed since the window before."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from caredesk.conversations import bot_queries
from caredesk.conversations.bot_queries import Counts, Window
from caredesk.core.cells import safe_cell
from caredesk.core.clock import clinic_time, from_clinic
from caredesk.events.shapes import Shape
from caredesk.knowledge_base import review_queries
from caredesk.knowledge_base.models import KbEntry
from caredesk.knowledge_base.review_errors import DaysUnclear

MOST_LISTED = 10
# A share of fewer answers than this says more about chance than about the entry.
FEWEST_JUDGED = 3
MOST_DAYS = 366
EARLIEST, LATEST = date(2000, 1, 1), date(2999, 12, 31)


class Share(Shape):
    """`part` of `of`; a share of nothing has no value."""

    part: int
    of: int
    value: float | None


class Figures(Shape):
    """The figures of one window. What each means stands beside it on the page."""

    messages: int
    conversations: int
    people: int
    questions: int
    hit: Share
    coverage: Share
    abstained: Share
    deflection: Share
    unsettled: int
    satisfaction: Share
    rated: Share
    medical: int
    emergency: int
    human: int


class DayFigures(Shape):
    """One day of the clinic."""

    day: date
    questions: int
    hit: Share
    deflection: Share


class Answered(Shape):
    """A category or an entry; `name` is what people read, `id` the entry's id or the category itself."""

    id: str
    name: str
    category: str
    answered: int
    before: int
    deflection: Share
    satisfaction: Share
    unhelpful: int
    contacted: int


class BotReport(Shape):
    """Everything the dashboard shows."""

    since: datetime
    until: datetime
    figures: Figures
    before: Figures
    days: list[DayFigures]
    categories: list[Answered]
    top: list[Answered]
    worst: list[Answered]
    risen: list[Answered]


@dataclass(frozen=True)
class Days:
    """Whole days of the clinic, both ends included."""

    first: date
    last: date

    @property
    def count(self) -> int:
        """How many days there are."""
        return (self.last - self.first).days + 1

    def window(self, *, now: datetime) -> Window:
        """Return the stretch of time."""
        return Window(since=_midnight(self.first), until=_midnight(self.last + timedelta(days=1)), now=now)

    def before(self) -> Days:
        """Return as many days, right before these."""
        length = timedelta(days=self.count)
        return Days(self.first - length, self.last - length)


def last_days(count: int, *, now: datetime) -> Days:
    """Return the last days up to today."""
    today = clinic_time(now).date()
    return Days(today - timedelta(days=count - 1), today)


def days_asked_for(*, count: int, first: date | None, last: date | None, now: datetime) -> Days:
    """Return the days between two dates, at most a year of them; without dates the last days up to today."""
    if first is None or last is None:
        return last_days(count, now=now)
    if not EARLIEST <= first <= last <= LATEST:
        raise DaysUnclear
    if (last - first).days >= MOST_DAYS:
        raise DaysUnclear(most=MOST_DAYS)
    return Days(first, last)


def bot_report(session: Session, *, days: Days, now: datetime) -> BotReport:
    """Return the figures of some days beside those of as many days before."""
    window, earlier = days.window(now=now), days.before().window(now=now)
    entries = bot_queries.count_by_entry(session, window=window)
    entries_before = bot_queries.count_by_entry(session, window=earlier)
    known = review_queries.entries_by_id(session, entry_ids={*entries, *entries_before})
    listed = [_entry(key, counts, known=known, before=entries_before.get(key)) for key, counts in entries.items()]
    return BotReport(
        since=window.since,
        until=window.until,
        figures=figures_of(bot_queries.count_turns(session, window=window)),
        before=figures_of(bot_queries.count_turns(session, window=earlier)),
        days=_days(days, by_day=bot_queries.count_by_day(session, window=window)),
        categories=_categories(session, window=window, earlier=earlier),
        top=sorted(listed, key=lambda one: (-one.answered, one.id))[:MOST_LISTED],
        worst=_worst(listed),
        risen=_risen(listed),
    )


def figures_of(counts: Counts) -> Figures:
    """Turn counts into shares. A question is what the knowledge base was asked: no greeting, no guarded matter."""
    questions = counts.answered + counts.suggested + counts.abstained
    judged = counts.helpful + counts.unhelpful
    return Figures(
        messages=counts.messages,
        conversations=counts.conversations,
        people=counts.people,
        questions=questions,
        hit=share(counts.answered, of=questions),
        coverage=share(counts.answered + counts.suggested, of=questions),
        abstained=share(counts.abstained, of=questions),
        deflection=_deflection(counts),
        unsettled=counts.answered - counts.settled,
        satisfaction=share(counts.helpful, of=judged),
        rated=share(judged, of=max(counts.answered, judged)),
        medical=counts.medical,
        emergency=counts.emergency,
        human=counts.human,
    )


def share(part: int, *, of: int) -> Share:
    """Return a share; of nothing it has no value."""
    return Share(part=part, of=of, value=round(part / of, 4) if of else None)


def _deflection(counts: Counts) -> Share:
    return share(counts.settled - counts.contacted, of=counts.settled)


def _days(days: Days, *, by_day: Mapping[date, Counts]) -> list[DayFigures]:
    shown = []
    for ahead in range(days.count):
        day = days.first + timedelta(days=ahead)
        figures = figures_of(by_day.get(day, Counts()))
        shown.append(DayFigures(day=day, questions=figures.questions, hit=figures.hit, deflection=figures.deflection))
    return shown


def _categories(session: Session, *, window: Window, earlier: Window) -> list[Answered]:
    now = bot_queries.count_by_category(session, window=window)
    before = bot_queries.count_by_category(session, window=earlier)
    listed = [_answered(key, key, key, counts, before=before.get(key)) for key, counts in now.items()]
    return sorted(listed, key=lambda one: (-one.answered, one.id))


def _entry(entry_id: str, counts: Counts, *, known: Mapping[str, KbEntry], before: Counts | None) -> Answered:
    entry = known.get(entry_id)
    name, category = (entry.question, entry.category) if entry else (entry_id, "")
    return _answered(entry_id, name, category, counts, before=before)


def _answered(key: str, name: str, category: str, counts: Counts, *, before: Counts | None) -> Answered:
    return Answered(
        id=key,
        name=name,
        category=category,
        answered=counts.answered,
        before=before.answered if before else 0,
        deflection=_deflection(counts),
        satisfaction=share(counts.helpful, of=counts.helpful + counts.unhelpful),
        unhelpful=counts.unhelpful,
        contacted=counts.contacted,
    )


def _worst(listed: list[Answered]) -> list[Answered]:
    """Return the entries after which people had to help most often, among those answered often enough to tell."""
    told = [one for one in listed if one.answered >= FEWEST_JUDGED and one.unhelpful + one.contacted > 0]
    return sorted(told, key=lambda one: (-(one.unhelpful + one.contacted) / one.answered, -one.answered, one.id))[
        :MOST_LISTED
    ]


def _risen(listed: list[Answered]) -> list[Answered]:
    risen = [one for one in listed if one.answered > one.before]
    return sorted(risen, key=lambda one: (one.before - one.answered, one.id))[:MOST_LISTED]


def _midnight(day: date) -> datetime:
    return from_clinic(datetime(day.year, day.month, day.day))  # noqa: DTZ001 (from_clinic adds the zone)


# ---- as a table ------------------------------------------------------------------------------------------

_COLUMNS = ("section", "id", "name", "figure", "value", "part", "of", "before")


def report_table(report: BotReport) -> str:
    """Return the report as CSV: one line for each figure, with what it is a share of."""
    written = io.StringIO()
    table = csv.writer(written, lineterminator="\r\n")
    table.writerow(_COLUMNS)
    for name in Figures.model_fields:
        now, before = getattr(report.figures, name), getattr(report.before, name)
        table.writerow(("total", "", "", name, *_cells(now), _cells(before)[0]))
    for day in report.days:
        for name in ("questions", "hit", "deflection"):
            table.writerow(("day", day.day.isoformat(), "", name, *_cells(getattr(day, name)), ""))
    for section in ("categories", "top", "worst", "risen"):
        for line in getattr(report, section):
            named = (section, safe_cell(line.id), safe_cell(line.name))
            table.writerow((*named, "answered", line.answered, "", "", line.before))
            for name in ("deflection", "satisfaction"):
                table.writerow((*named, name, *_cells(getattr(line, name)), ""))
    return written.getvalue()


def _cells(value: Share | int) -> tuple[object, object, object]:
    if isinstance(value, Share):
        return ("" if value.value is None else value.value, value.part, value.of)
    return value, "", ""
