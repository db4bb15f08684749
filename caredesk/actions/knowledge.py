"""Filling the knowledge base and serving it. Single edits, checked publications and imports by hand live beside."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, time

from caredesk.core.clock import from_clinic
from caredesk.core.ids import new_id
from caredesk.core.work import Work
from caredesk.knowledge_base import queries
from caredesk.knowledge_base.models import KbEntry, KbRelease, KbVersion
from caredesk.knowledge_base.rules import search_words
from caredesk.knowledge_base.schemas import (
    Attachment,
    CheckedTable,
    EntryContent,
    ImportReport,
    RowOutcome,
    RowReport,
)

# What an entry's row and its versions have in common.
CONTENT = (
    *("category", "question", "similar", "answer", "source", "owner", "valid_from", "valid_until", "popular", "live"),
    *("audience", "recheck_on", "attachments"),
)


def import_entries(
    work: Work, table: CheckedTable, *, replace: bool, publish: bool, origin: str = "import"
) -> ImportReport:
    """Bring the rows into the base, all or none of them, and report on each.

    `replace` makes the file the whole base: what it leaves out is retired with the next release. Without `publish`
    everything waits as a draft and what is served stays as it is.
    """
    if table.refused:
        return _refusal(table)
    known = queries.lock_entries(work.session)
    versions = queries.latest_versions(work.session)
    reports: list[RowReport] = []
    kept: set[str] = set()
    for row in table.rows:
        if row.content is not None:
            newest = versions.get(row.entry_id)
            content = filled_up(row.content, newest=newest, absent=table.absent)
            outcome = _bring_in(work, content, entry=known.get(row.entry_id), newest=newest, origin=origin)
            reports.append(RowReport(row=row.number, id=row.entry_id, outcome=outcome))
            kept.add(row.entry_id)
    if replace:
        reports.extend(_retire_all_but(kept, entries=known.values()))
    work.session.flush()
    published = publish_all(work) if publish else None
    return ImportReport(imported=True, published=published, rows=reports, notices=list(table.notices))


def publish_all(work: Work) -> int:
    """Serve everything that waits, make it one release, and have every index rebuilt. Return the release's number."""
    entries = queries.lock_entries(work.session)
    versions = queries.latest_versions(work.session)
    for entry in entries.values():
        if entry.pending:
            serve(work, entry, newest=versions[entry.id])
    return release(work)


def serve(work: Work, entry: KbEntry, *, newest: KbVersion) -> None:
    """Do with an entry what waits to be done: serve its newest version, or retire it."""
    if entry.pending == "retire":
        entry.state = "retired"
    else:
        copy_content(content_of(newest), into=entry)
        entry.state = "published"
        entry.published_version = newest.version
        newest.published_at = work.now
    entry.pending = ""
    close_review(entry)
    entry.updated_at = work.now


def release(work: Work, *, cause: str = "") -> int:
    """Make what is published now a release and have every index rebuilt; return the release's number."""
    work.session.flush()
    number = queries.current_release(work.session) + 1
    served = queries.count_published(work.session)
    row = KbRelease(number=number, published_at=work.now, published_by=work.actor.id, entries=served, cause=cause)
    work.session.add(row)
    work.session.flush()
    work.enqueue("rebuild_index", {"release": number}, key="rebuild_index")
    follow_validity(work)
    return number


def follow_validity(work: Work) -> None:
    """Have the index rebuilt at the next midnight at which an entry begins or ceases to hold by itself."""
    day = queries.next_valid_change(work.session, after=work.now)
    if day is not None:
        midnight = from_clinic(datetime.combine(day, time()))
        work.enqueue("turn_validity", {"day": day.isoformat()}, due_at=midnight, key="turn_validity")


def turn_validity(work: Work) -> None:
    """A day has begun on which something else is served: rebuild, and wait for the next such day."""
    work.enqueue("rebuild_index", {"release": queries.current_release(work.session)}, key="rebuild_index")
    follow_validity(work)


def content_of(row: KbEntry | KbVersion) -> EntryContent:
    """Return what an editor wrote, from an entry's row or from one of its versions."""
    entry_id = row.id if isinstance(row, KbEntry) else row.entry_id
    values = {name: getattr(row, name) for name in CONTENT}
    values["attachments"] = tuple(Attachment.model_validate(file) for file in row.attachments or ())
    return EntryContent(id=entry_id, **values)


def filled_up(content: EntryContent, *, newest: KbVersion | None, absent: Iterable[str]) -> EntryContent:
    """Return a file's row with what the file cannot say, or has no column for, as the entry has it already."""
    if newest is None:
        return content
    have = content_of(newest)
    return content.model_copy(update={name: getattr(have, name) for name in ("attachments", *absent)})


def add_entry(work: Work, content: EntryContent, *, origin: str = "") -> KbEntry:
    """Begin an entry with its first version, as a draft."""
    entry = KbEntry(
        id=content.id, state="draft", pending="update", published_version=0, created_at=work.now, updated_at=work.now
    )
    copy_content(content, into=entry)
    work.session.add(entry)
    work.session.flush()
    add_version(work, content, entry=entry, origin=origin)
    return entry


def add_version(work: Work, content: EntryContent, *, entry: KbEntry, origin: str = "") -> KbVersion:
    """Append a version to an entry's history and note it as the newest."""
    entry.newest_version += 1
    entry.search_words = search_words(content)
    entry.updated_at = work.now
    row = KbVersion(
        id=new_id(),
        entry_id=content.id,
        version=entry.newest_version,
        origin=origin,
        created_at=work.now,
        created_by=work.actor.id,
    )
    copy_content(content, into=row)
    work.session.add(row)
    return row


def copy_content(content: EntryContent, *, into: KbEntry | KbVersion) -> None:
    """Write a content into a row."""
    for name in CONTENT:
        value = getattr(content, name)
        setattr(into, name, list(value) if name == "similar" else value)
    into.attachments = [file.model_dump() for file in content.attachments]


def close_review(entry: KbEntry) -> None:
    """Forget that somebody was asked to look at an entry."""
    entry.review_asked_at = None
    entry.review_asked_by = ""
    entry.review_note = ""


def list_contents(entries: Sequence[KbEntry], *, drafts: Mapping[str, KbVersion]) -> list[EntryContent]:
    """Return the newest content of the entries, drafts included, for an export."""
    return [content_of(drafts.get(entry.id, entry)) for entry in entries]


def _refusal(table: CheckedTable) -> ImportReport:
    rows = [
        RowReport(row=row.number, id=row.entry_id, outcome="refused", reasons=list(row.problems))
        for row in table.refused
    ]
    return ImportReport(imported=False, published=None, rows=rows, notices=list(table.notices))


def _bring_in(
    work: Work, content: EntryContent, *, entry: KbEntry | None, newest: KbVersion | None, origin: str
) -> RowOutcome:
    if entry is None:
        add_entry(work, content, origin=origin)
        return "added"
    if newest is not None and content_of(newest) == content and entry.state != "retired":
        # A retirement that waits is called off by a file that still has the entry.
        if entry.pending == "retire":
            entry.pending = "" if newest.version == entry.published_version else "update"
        return "unchanged"
    revived = entry.state == "retired"
    change(work, entry, content, origin=origin)
    return "added" if revived else "changed"


def change(work: Work, entry: KbEntry, content: EntryContent, *, origin: str = "") -> KbVersion:
    """Give an entry a new version that waits as a draft; what is served stays as it is."""
    revived = entry.state == "retired"
    if revived:
        entry.state = "draft"
    entry.pending = "update"
    close_review(entry)
    if entry.published_version == 0 or revived:
        copy_content(content, into=entry)
    return add_version(work, content, entry=entry, origin=origin)


def _retire_all_but(kept: set[str], *, entries: Iterable[KbEntry]) -> list[RowReport]:
    dropped = [entry for entry in entries if entry.id not in kept and entry.state != "retired"]
    for entry in dropped:
        entry.pending = "retire"
    return [RowReport(row=None, id=entry.id, outcome="retired") for entry in dropped]
